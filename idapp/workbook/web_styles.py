"""What the styles of a web page say about its cells: number format, struck out, not shown. Child
process only.

Excel keeps the number format of a cell as ``mso-number-format`` in its HTML, and web systems copy
the trick, so that their numbers keep their zeros when Excel opens the page: in a class of a style
sheet or at the cell itself. Of style sheets only plain selectors are understood: ``.xl65``, ``td``,
``td.xl65``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from idapp.workbook.display_text import GENERAL, NumberFormat, number_format

_STYLE_SHEET = re.compile(r"<style\b[^<>]*+>(.*?)(?:</style|\Z)", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_SELECTOR = re.compile(r"[a-z0-9]*(?:\.[\w-]+)?", re.IGNORECASE)
_MOST_RULES = 5_000  # Excel writes one for each look of a cell, some dozens
_LONGEST = 2_000  # letters of declarations at one place
_NUMBER_FORMAT = re.compile(
    r"""mso-number-format\s*+:\s*+(?:"([^"]*+)"|'([^']*+)'|([^;]++))""", re.IGNORECASE
)
_STRUCK = re.compile(r"text-decoration(?:-line)?\s*+:[^;]*?line-through", re.IGNORECASE)
_NOT_SHOWN = re.compile(r"display\s*+:\s*+none", re.IGNORECASE)
_DISPLAY = re.compile(r"display\s*+:\s*+table(-row|-cell)?\s*+(?:;|!|\Z)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([0-9a-f]{4})|\\(.)", re.IGNORECASE | re.DOTALL)
_TAG_SHOWN_AS = {"": "table", "-row": "tr", "-cell": "td"}


@dataclass(frozen=True)
class Look:
    """``shown_as`` is the tag of a table that a ``div`` stands for, "" for none."""

    number_format: NumberFormat = GENERAL
    struck: bool = False
    hidden: bool = False
    shown_as: str = ""


class Styles:
    """The style sheets of one page."""

    def __init__(self, markup: str) -> None:
        self._rules: dict[str, str] = {}
        for selectors, declarations in _rules(markup):
            for selector in selectors.split(",")[:_MOST_RULES]:
                self._add(selector.strip().lower(), declarations)

    def _add(self, selector: str, declarations: str) -> None:
        """A rule for one selector; only a tag, a class, or a tag with a class are of use here."""
        if not _SELECTOR.fullmatch(selector) or len(self._rules) >= _MOST_RULES:
            return
        so_far = self._rules.get(selector, "")
        self._rules[selector] = f"{so_far};{declarations[:_LONGEST]}"[-_LONGEST:]

    def look(self, tag: str, attributes: dict[str, str]) -> Look:
        """Of an element with this name and these attributes; what stands nearer to it counts
        more."""
        declarations = self._rules.get(tag, "")
        for class_name in attributes.get("class", "").lower().split()[:10]:
            declarations += f";{self._rules.get('.' + class_name, '')}"
            declarations += f";{self._rules.get(f'{tag}.{class_name}', '')}"
        look = look_of(f"{declarations};{attributes.get('style', '')[:_LONGEST]}")
        if "hidden" in attributes:
            return replace(look, hidden=True)
        return look


def _rules(markup: str) -> Iterator[tuple[str, str]]:
    """(selectors, declarations) of each rule in the style sheets of a page."""
    for sheet in _STYLE_SHEET.finditer(markup):
        for rule in _COMMENT.sub("", sheet[1]).split("}"):
            selectors, _, declarations = rule.partition("{")
            yield selectors, declarations


def look_of(declarations: str) -> Look:
    r"""How declarations of CSS make a cell look; of several number formats the last one counts.

    >>> look_of('''mso-number-format:"000000";text-decoration:line-through''').struck
    True
    >>> look_of('''mso-number-format:"0\\.00"''').number_format.decimals
    2
    """
    form = GENERAL
    for match in _NUMBER_FORMAT.finditer(declarations):
        form = number_format(_unescaped("".join(match.groups(default=""))))
    shown_as = ""
    if display := _DISPLAY.search(declarations):
        shown_as = _TAG_SHOWN_AS[(display[1] or "").lower()]
    return Look(
        number_format=form,
        struck=bool(_STRUCK.search(declarations)),
        hidden=bool(_NOT_SHOWN.search(declarations)),
        shown_as=shown_as,
    )


def _unescaped(text: str) -> str:
    """A string of CSS: ``\\0022`` is a letter by its number, ``\\@`` the letter itself."""
    return _ESCAPED.sub(_letter, text.strip())


def _letter(match: re.Match[str]) -> str:
    """The letter an escape stands for, "" for half a letter."""
    if not match[1]:
        return match[2]
    letter = chr(int(match[1], 16))
    if "\ud800" <= letter <= "\udfff":  # half a letter is none
        return ""
    return letter
