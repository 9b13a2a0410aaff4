"""How the name of a place may be written, and when two writings are the same name.

The catalogue writes a name with its prefix ("Xã Mỹ An"). Read as well: without prefix, with an abbreviated one
("TT", "P.", "T.X."), with the tone mark elsewhere (òa/oà), with another apostrophe or hyphen, "Phường 06" for
"Phường 6". What is never done: to compare a text that bears diacritics by its bare letters. "Xã Phú Đông" and
"Xã Phù Đổng" are two places; only a text without any diacritics may mean either.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Generic, TypeVar

from idapp.rules.folding import fold, tidy, tone_key

T = TypeVar("T")
Thing = TypeVar("Thing", covariant=True)

LEVELS = ("province", "district", "commune")
_PREFIXES = {
    "province": {
        "tinh": "tỉnh",
        "t": "tỉnh",
        "thanh pho": "thành phố",
        "tp": "thành phố",
    },
    "district": {
        "quan": "quận",
        "q": "quận",
        "huyen": "huyện",
        "h": "huyện",
        "thi xa": "thị xã",
        "tx": "thị xã",
        "thanh pho": "thành phố",
        "tp": "thành phố",
    },
    "commune": {
        "xa": "xã",
        "x": "xã",
        "phuong": "phường",
        "p": "phường",
        "f": "phường",
        "thi tran": "thị trấn",
        "tt": "thị trấn",
        "dac khu": "đặc khu",
        "dk": "đặc khu",
    },
}


def _abbreviated(level: str) -> re.Pattern[str]:
    """A short prefix counts only before a full stop, a space or a number."""
    short = [prefix for prefix in _PREFIXES[level] if len(prefix) < 3]
    return re.compile(f"({'|'.join(short)})(?:[. ]+|(?=[0-9]))", re.IGNORECASE)


_ABBREVIATED = {level: _abbreviated(level) for level in LEVELS}
_GLUED_NUMBER = re.compile(r"(phường|phuong|quận|quan)(?=[0-9])", re.IGNORECASE)
_DOTTED = re.compile(r"t\.\s?([pxt])(?:\.\s*|\s+)(?=\w)", re.IGNORECASE)  # "T.P. Tân An"


def full_name(level: str, text: str) -> str:
    """The text with an abbreviated prefix written out.

    >>> full_name("commune", "TT Thủ Thừa"), full_name("district", "T.P. Tân An")
    ('thị trấn Thủ Thừa', 'thành phố Tân An')
    """
    if _DOTTED.match(text):
        text = _DOTTED.sub(r"t\1 ", text, count=1)
    if _GLUED_NUMBER.match(text):
        text = _GLUED_NUMBER.sub(r"\1 ", text, count=1)
    match = _ABBREVIATED[level].match(text)
    if not match or match.end() == len(text):
        return text
    return f"{_PREFIXES[level][match[1].lower()]} {text[match.end() :]}"


def bare_name(level: str, name: str) -> str:
    """The name without its prefix.

    >>> bare_name("district", "Thị xã Kỳ Anh"), bare_name("commune", "Phường 06")
    ('Kỳ Anh', '06')
    """
    words = name.split()
    for count in (2, 1):
        if len(words) > count and fold(" ".join(words[:count])) in _PREFIXES[level]:
            return " ".join(words[count:])
    return name


def has_prefix(level: str, text: str) -> bool:
    """Whether a text begins with a word for a place of this level, written out or abbreviated.

    >>> has_prefix("commune", "P. 6"), has_prefix("commune", "Mỹ An")
    (True, False)
    """
    name = full_name(level, tidy(text))
    return bare_name(level, name) != name


@lru_cache(maxsize=16384)
def exact_key(text: str) -> str:
    """Equal for two writings of one name with its diacritics.

    >>> exact_key("Phường 06, Hoà") == exact_key("phường 6 HÒA")
    True
    """
    return _joined(tone_key(text))


@lru_cache(maxsize=16384)
def folded_key(text: str) -> str:
    """Equal for two names with the same letters, whatever their diacritics."""
    return _joined(fold(text))


def has_diacritics(text: str) -> bool:
    """Does a text hold a letter that a plain keyboard has not? An apostrophe is none.

    >>> has_diacritics("Đak Lak"), has_diacritics("Dak Lak"), has_diacritics("Ia H’Drai")
    (True, False, False)
    """
    return any(letter.isalpha() and not letter.isascii() for letter in text)


def one_letter_apart(first: str, second: str) -> bool:
    """At most one letter more, less or another between two folded keys. A digit is no letter: a number differs because
    another place is meant.

    >>> one_letter_apart("my an", "my ann"), one_letter_apart("my an", "ma nn"), one_letter_apart("1", "11")
    (True, False, False)
    """
    if first == second:
        return True
    start = _common_start(first, second)
    left = first[start:]
    right = second[start:]
    if left[1:] == right[1:]:
        changed = left[:1] + right[:1]
    elif left[1:] == right:
        changed = left[:1]
    elif left == right[1:]:
        changed = right[:1]
    else:
        return False
    return not any(letter.isdigit() for letter in changed)


class NameIndex(Generic[Thing]):
    """Finds things by any writing of their names.

    ``named``: each thing with its own name and other names it goes by. A name is understood with its prefix, without
    one and, where another name has none ("BR-VT"), with the prefix of the thing's own.
    """

    __slots__ = ("_exact", "_folded", "level")

    def __init__(self, level: str, named: Iterable[tuple[Thing, str, Iterable[str]]]) -> None:
        self.level = level
        self._exact: dict[str, tuple[Thing, ...]] = {}
        self._folded: dict[str, tuple[Thing, ...]] = {}
        for thing, name, others in named:
            for writing in _writings(level, name, others):
                _add(self._exact, exact_key(writing), thing)
                _add(self._folded, folded_key(writing), thing)

    def matches(self, text: str) -> tuple[Thing, ...]:
        """Whatever may be meant by a tidied text: with diacritics the same diacritics, without any the same letters."""
        # "Xa Lý" and "P Rao" are names that begin like an abbreviated prefix
        name = full_name(self.level, text)
        if has_diacritics(text):
            things = self._exact.get(exact_key(name))
            return things or self._exact.get(exact_key(text), ())
        things = self._folded.get(folded_key(name))
        return things or self._folded.get(folded_key(text), ())

    def near(self, text: str) -> list[Thing]:
        """What is named within one letter of the text, prefixes and diacritics aside, nearest names first."""
        key = folded_key(bare_name(self.level, full_name(self.level, text)))
        near = dict.fromkeys(self._folded.get(key, ()))  # each once, in order
        for name, things in self._folded.items():
            # the lengths first: they cost nothing, and rule out most names
            if abs(len(name) - len(key)) < 2 and one_letter_apart(name, key):
                near.update(dict.fromkeys(things))
        return list(near)


def _writings(
    level: str,
    name: str,
    others: Iterable[str],
) -> list[str]:
    """Everything a place is understood by: its name and other names, each with a prefix and without."""
    bare = bare_name(level, name)
    prefix = name[: len(name) - len(bare)]
    writings = [name, bare]
    for other in others:
        other_name = full_name(level, other)
        other_bare = bare_name(level, other_name)
        if other_bare == other_name:  # "BR-VT": it has no prefix of its own
            other_bare = prefix + other_name
        writings += [other_name, other_bare]
    return list(dict.fromkeys(writings))


def _add(
    index: dict[str, tuple[T, ...]],
    key: str,
    thing: T,
) -> None:
    things = index.get(key, ())
    if thing not in things:
        index[key] = (*things, thing)


def _common_start(first: str, second: str) -> int:
    for index, (left, right) in enumerate(zip(first, second, strict=False)):
        if left != right:
            return index
    return min(len(first), len(second))


def _joined(text: str) -> str:
    """One writing of hyphens, dots, apostrophes ("K' Dang") and zeros ("Phường 06")."""
    text = re.sub(r"'\s*", "", text)
    text = re.sub(r"[-‐‑–.,()]+", " ", text)
    return " ".join(map(_without_zeros, text.split()))


def _without_zeros(word: str) -> str:
    if not word.isdecimal():
        return word
    return word.lstrip("0") or "0"


def is_same_name(level: str, text: str, name: str) -> bool:
    """Is a text only another writing of a name: prefix, diacritics, case and hyphens aside?

    >>> is_same_name("commune", "my lac", "Xã Mỹ Lạc"), is_same_name("commune", "Xã Mỹ Lạc", "Xã Mỹ Thạnh")
    (True, False)
    """
    text_key = folded_key(bare_name(level, full_name(level, text)))
    name_key = folded_key(bare_name(level, full_name(level, name)))
    return text_key == name_key
