"""Names that a module keeps to itself go over the line as short ones.

A module is read sign by sign, and a name that it declares is exchanged everywhere in it, whatever the scope: one name
for one other, so nothing comes together that was apart. After a dot, and before the colon of an object, a name is that
of a property and is never touched. A name stays as it is where

- others know it: what the module imports or exports, and what the browser calls so;
- it stands inside a text in backticks, or is the short form of a property, ``{name}``.

What is not understood is refused at the start.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise, product
from string import ascii_letters

_SIGN = re.compile(
    r"""(?P<aside>\s+|//[^\n]*|/\*.*?\*/)"""
    r"""|(?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|\d[\w.]*)"""
    r"""|(?P<name>[A-Za-z_$][\w$]*)"""
    r"""|(?P<sign>\.\.\.|\?\.|\?\?|=>|[^'"`])""",
    re.DOTALL,
)
_EXPRESSION = re.compile(r"(?P<text>/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\[\n])+/[a-z]*)")
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_BEFORE_EXPRESSION = frozenset(("return", *"(,=:[!&|?{};", "=>"))
_BEFORE_OBJECT = frozenset(("const", "let", "return", "??", *"(,=:[?"))
_BEFORE_BLOCK = frozenset(("else", "try", "finally", "catch", "=>", *");{}"))
_KEYWORDS = frozenset(
    """
    arguments async await break case catch class const continue default delete do else false finally
    for function if in instanceof let new null of return static super switch this throw true try
    typeof undefined var void while
    """.split()  # noqa: SIM905 - a word a line says no more
)
_CLOSING = {")": "(", "]": "[", "}": "{"}


class NamesError(Exception):
    """A module says something that is not understood here."""


@dataclass
class Sign:
    """``within``: the bracket around it: '(', '[', '{' of a block, 'object', or '' outside of all.

    ``start``: of a closing bracket, the place of the one it closes.
    """

    kind: str  # aside, text, name, sign
    text: str
    within: str = ""
    start: int = -1
    is_variable: bool = False


def shortened(source: str, known: Iterable[str]) -> tuple[str, dict[str, str]]:
    """The source with short names, and {its name: the short one}; none of ``known`` is touched.

    Raises NamesError.
    """
    everything = list(_signs(source))
    signs = [sign for sign in everything if sign.kind != "aside"]
    _note_brackets(signs)
    kept = _KEYWORDS.union(known, _in_backticks(signs), _note_variables(signs))
    short = _short_for(signs, kept)
    for sign in signs:
        if sign.is_variable:
            sign.text = short.get(sign.text, sign.text)
    return "".join(sign.text for sign in everything), short


def _short_for(signs: list[Sign], kept: frozenset[str]) -> dict[str, str]:
    """{name that the module declares: its short one}; what is said most often gets the shortest."""
    counts = Counter(sign.text for sign in signs if sign.is_variable)
    unknown = _declared(signs) - kept
    wanted = [name for name, _ in counts.most_common() if name in unknown and len(name) > 1]
    return dict(zip(wanted, _short_names(kept.union(counts)), strict=False))


def _signs(source: str) -> Iterator[Sign]:
    """The source in pieces, which together are the source again."""
    place = 0
    before = "("
    while place < len(source):
        match = before in _BEFORE_EXPRESSION and _EXPRESSION.match(source, place)
        is_comment = source.startswith(("//", "/*"), place)
        if not match or is_comment:
            match = _SIGN.match(source, place)
        if not match:
            raise NamesError(f"no end of {source[place : place + 40]!r}")
        place = match.end()
        kind = str(match.lastgroup)
        if kind != "aside":
            before = match[0]
        yield Sign(kind, match[0])


def _note_brackets(signs: list[Sign]) -> None:
    """Each sign gets the bracket around it. Raises NamesError."""
    opened: list[tuple[str, int]] = []
    for place, sign in enumerate(signs):
        if sign.kind == "sign" and sign.text in _CLOSING:
            if not opened or opened[-1][0].replace("object", "{") != _CLOSING[sign.text]:
                raise NamesError(f"nothing opens the {sign.text} after {_words(signs, place)}")
            sign.start = opened.pop()[1]
        sign.within = opened[-1][0] if opened else ""
        if sign.kind == "sign" and sign.text in _CLOSING.values():
            opened.append((_kind_of_bracket(signs, place), place))
    if opened:
        raise NamesError(f"nothing closes {opened[-1][0]}")


def _kind_of_bracket(signs: list[Sign], place: int) -> str:
    """As in ``Sign.within``. Raises NamesError where it could be a block or an object."""
    text = signs[place].text
    before = signs[place - 1].text if place else ";"
    if text != "{" or before in _BEFORE_BLOCK:
        return text
    if before in _BEFORE_OBJECT:
        return "object"
    raise NamesError(f"a block or an object? {_words(signs, place)} {{")


def _note_variables(signs: list[Sign]) -> set[str]:
    """Which names are variables; returns those that are also the short form of a property."""
    short_forms = set()
    end = Sign("sign", "")
    for before, sign, after in zip([end, *signs], signs, [*signs[1:], end], strict=False):
        if sign.kind != "name" or before.text in (".", "?."):
            continue
        _check_name(before, sign)
        begins_property = sign.within == "object" and before.text in ("{", ",")
        if not begins_property:
            sign.is_variable = True
        elif after.text in (",", "}", "="):
            short_forms.add(sign.text)
        elif after.text != ":":
            raise NamesError(f"no property: {sign.text} {after.text}")
    return short_forms


def _check_name(before: Sign, sign: Sign) -> None:
    """`get size() {}` and the like are not understood: NamesError."""
    if before.kind == "name" and not {before.text, sign.text} & _KEYWORDS:
        raise NamesError(f"two names side by side: {before.text} {sign.text}")


def _declared(signs: list[Sign]) -> set[str]:
    """Names that the module declares: of constants, variables, functions and their parameters."""
    declared = set()
    for place, sign in enumerate(signs[:-1]):
        following = signs[place + 1]
        if sign.text in ("const", "let", "function") and following.kind == "name":
            declared.add(following.text)
        elif sign.text == "=>" and signs[place - 1].kind == "name":
            declared.add(signs[place - 1].text)
        elif sign.text in _CLOSING and _declares(signs, sign.start, following):
            declared |= _names_in(signs[sign.start : place])
    return declared


def _declares(signs: list[Sign], start: int, following: Sign) -> bool:
    """Parameters stand in the bracket from ``start``, or names for the parts of a value."""
    before = [sign.text for sign in signs[max(0, start - 2) : start]]
    if signs[start].text == "(":
        return following.text == "=>" or "function" in before
    return bool(before) and before[-1] in ("const", "let")


def _names_in(signs: list[Sign]) -> set[str]:
    """The variables in a list of parameters, without what they are if nothing is given."""
    pairs = pairwise(signs)
    return {sign.text for before, sign in pairs if sign.is_variable and before.text != "="}


def _in_backticks(signs: list[Sign]) -> set[str]:
    """Raises NamesError for a text in backticks inside of another: its end would be taken for a beginning."""
    texts = [sign.text for sign in signs if sign.text.startswith("`")]
    for text in texts:
        if text.count("{") != text.count("}"):
            raise NamesError(f"a text inside of another: {text}")
    return set(chain.from_iterable(_NAME.findall(text) for text in texts))


def _short_names(taken: frozenset[str]) -> Iterator[str]:
    for length in (1, 2, 3):
        for letters in product(ascii_letters, repeat=length):
            if "".join(letters) not in taken:
                yield "".join(letters)


def _words(signs: list[Sign], place: int) -> str:
    return " ".join(sign.text for sign in signs[max(0, place - 8) : place])
