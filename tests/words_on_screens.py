"""Everything that may stand on a screen, piece by piece: what a guide calls a button must be among it.

A piece is what stands between two tags of a template, or a text in a script or in a Python module. What is only known
when the page is drawn (a number, a name) is a gap, and a gap may be anything short.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path

ROOT = Path(__file__).parent.parent
GAP = "…"
_MARKS = " ‹›↶↷↻→·:;,.()"  # what stands around a word on a button and is not said in a sentence
_LETTERS_BESIDE_A_GAP = 4
_LONGEST_IN_A_GAP = 25
_LONGEST = 120  # characters of what a guide would put in bold; longer pieces are sentences


def is_on_a_screen(words: str) -> bool:
    """Do these words stand on a screen, all of a piece or as its beginning?"""
    wanted = words.strip(_MARKS)
    return wanted in _whole_pieces() or any(pattern.match(wanted) for pattern in _patterns())


@cache
def _all_pieces() -> frozenset[str]:
    pieces = (" ".join(unescape(piece).split()).strip(_MARKS) for piece in _pieces())
    return frozenset(piece for piece in pieces if 0 < len(piece) <= _LONGEST)


@cache
def _whole_pieces() -> frozenset[str]:
    # "Chọn cột để lưu (12 cột)": the first part is how one says it
    beginnings = {re.split(r" [(…]|: ", piece)[0].strip(_MARKS) for piece in _all_pieces()}
    return _all_pieces() | beginnings


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    with_gaps = [
        piece.split(GAP)
        for piece in _all_pieces()
        if GAP in piece[1:]
        and not piece.startswith(GAP)
        and len(re.sub(r"[\W_]", "", piece)) >= _LETTERS_BESIDE_A_GAP
    ]
    gap = f".{{1,{_LONGEST_IN_A_GAP}}}"
    return tuple(
        re.compile(gap.join(re.escape(part) for part in parts) + "$") for parts in with_gaps
    )


def _pieces() -> Iterator[str]:
    for template in (ROOT / "templates").rglob("*.html"):
        if template.parent.name != "help":
            yield from _of_template(template.read_text("utf-8"))
    for module in (ROOT / "idapp").rglob("*.py"):
        if "simulator" not in module.parts:
            yield from _of_module(module.read_text("utf-8"))
    for script in (ROOT / "static").rglob("*.js"):
        if not script.name.endswith(".min.js"):
            yield from _of_script(script.read_text("utf-8"))


def _of_template(text: str) -> Iterator[str]:
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    for tag in re.findall(r"\{[{%].*?[%}]\}", text, flags=re.DOTALL):
        yield from re.findall(r'"([^"]+)"', tag)
    text = re.sub(r"\{\{.*?\}\}", GAP, text, flags=re.DOTALL)
    text = re.sub(r"\{%.*?%\}", "\0", text, flags=re.DOTALL)
    yield from re.findall(r'(?:aria-label|placeholder|title|alt)="([^"]*)"', text)
    yield from re.split(r"<[^>]*>|\0", text)
    # words of a button that a phone leaves out stand in a span, and are read with the others
    yield from re.split(r"<[^>]*>|\0", re.sub(r"</?span[^>]*>", "", text))


def _of_script(text: str) -> Iterator[str]:
    for plain, filled in re.findall(r"'([^'\n]+)'|`([^`]+)`", text):
        yield plain or re.sub(r"\$\{[^}]*\}", GAP, filled)


def _of_module(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else GAP for part in node.values]
            yield "".join(str(part) for part in parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.replace("{}", GAP)
