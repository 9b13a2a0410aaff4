"""Whose row is it? The marks by which the row of a list and a person are linked (record linkage).

Every mark has one normal form, its key, whichever way the row came in:

code    the ministry's code without spaces, points and the ".0" of a number, in small letters, its lost
        zero put back; a text without a digit ("chưa có"), or of zeros only, is no code
number  the digits without grouping, 12 of them once the zeros that Excel ate are put back (to compare
        only, nothing is stored of it); nine, of the old card (CMND), stay nine; a passport has letters;
        an invented number is nobody's. A person may have several: former ones, or the old card's
name    ``name_key`` with diacritics, where only the place of a tone mark does not matter,
        ``name_in_letters`` where that names nobody, and ``folded_name`` without diacritics
birth   ISO text, or a year alone, which agrees with every day in it; "" where no date can be read
class   any text that is the same for the same class

Two marks *agree*, *differ*, or are *silent* where either side says nothing: silence links nobody.

Pure and generic: knows no stored person. *Policy* stays with each caller: which marks suffice, who may
see whom, what is said.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Generic, Literal, TypeVar

from idapp.rules import birth_date, catalogues, identity_number
from idapp.rules.folding import fold, tidy, tone_key
from idapp.rules.problem import Problem

T = TypeVar("T")
Verdict = Literal["agree", "differ", "silent"]
_BETWEEN_LETTERS = re.compile(r"[\s'’-]")  # of a passport; a point may be a decimal one
_PERHAPS_A_NUMBER = re.compile("[0-9a-z]{6,}")
_FEWEST_DIGITS = 4  # fewer are no passport, and no number somebody mistyped
_CODE_LENGTH = 10
_COUNTS = re.compile("[1-9]")
_JOINERS = " '’-"  # as in H'Hen Niê


@dataclass(frozen=True)
class Identifiers:
    """What a row or a record says about who it is; "" and () where it is silent.

    record_id  our own hidden id        birth  a key already: see ``birth_key``
    numbers    as they are written      class_key  of the caller's choosing
    """

    record_id: str = ""
    code: str = ""
    numbers: tuple[str, ...] = ()
    name: str = ""
    birth: str = ""
    class_key: str = ""

    @cached_property
    def code_key(self) -> str:
        """The normal form of the code."""
        return code_key(self.code)

    @cached_property
    def number_keys(self) -> tuple[str, ...]:
        """The normal forms of all numbers."""
        return tuple(filter(None, dict.fromkeys(map(number_key, self.numbers))))

    @cached_property
    def name_key(self) -> str:
        """The name with its diacritics."""
        return tone_key(self.name)

    @cached_property
    def name_in_letters(self) -> str:
        """The same without digits and signs, which came in with an error: "Lê An 9*" means Lê An.

        >>> Identifiers(name="Lê Hoà 9*").name_in_letters == Identifiers(name="LÊ HÒA").name_key
        True
        """
        if self.name.replace(" ", "").isalpha():
            return self.name_key
        letters = filter(_belongs_to_a_name, self.name)
        return tone_key("".join(letters))

    @cached_property
    def folded_name(self) -> str:
        """The name without its diacritics."""
        return fold(self.name)


SILENT = Identifiers()


def _belongs_to_a_name(c: str) -> bool:
    """
    >>> "".join(filter(_belongs_to_a_name, "H'Hen Niê 9*"))
    "H'Hen Niê "
    """
    return c.isalpha() or c in _JOINERS or unicodedata.combining(c) != 0


# --- normal forms ---


def code_key(text: str) -> str:
    """The key of a ministry's code, "" where the text is none.

    >>> code_key("1000 000 001") == code_key("'1000000001.0") == "1000000001"
    True
    >>> code_key("120000001"), code_key("Ab-77"), code_key("chưa có"), code_key("0")
    ('0120000001', 'ab-77', '', '')
    >>> code_key("100000000.1")
    '100000000.1'
    """
    compact = catalogues.compact_code(text)
    code = compact.lower() if compact.isascii() else fold(compact)
    if not _COUNTS.search(code):
        return ""
    has_lost_zero = len(code) == _CODE_LENGTH - 1 and code.isdigit()
    return code.zfill(_CODE_LENGTH) if has_lost_zero else code


@lru_cache(maxsize=8192)
def number_key(text: str) -> str:
    """The key of an identity number, of an old card's number or of a passport; "" where the text is none.

    >>> number_key("100 212 000 012") == number_key("100212000012.0")
    True
    >>> number_key("1212000012"), number_key("99212000012"), number_key("24135678"), number_key("c 1234567")
    ('001212000012', '099212000012', '024135678', 'c1234567')
    >>> number_key("123456789012"), number_key("000000000"), number_key("chưa có")
    ('', '', '')
    """
    if len(text) == 12 and text.isascii() and text.isdigit():  # most are, and a list has thousands
        number = text
    else:
        number = _number_as_typed(text)
    if not number or identity_number.is_invented(number):
        return ""
    return number


def _number_as_typed(text: str) -> str:
    """The digits of a number with the zeros it lost, or the letters and digits of a passport."""
    number = identity_number.compact(text).casefold()
    if any(map(str.isalpha, number)):  # a passport; digits alone go by their own rule of groups
        number = _BETWEEN_LETTERS.sub("", number)
    if not _PERHAPS_A_NUMBER.fullmatch(number):
        return ""
    if number.isdigit():
        return _with_lost_zeros(number)
    if sum(map(str.isdigit, number)) < _FEWEST_DIGITS:
        return ""
    return number


def _with_lost_zeros(digits: str) -> str:
    """No number begins with three zeros, and no old card's with two: 9 digits have lost none.

    >>> _with_lost_zeros("1212000012"), _with_lost_zeros("24135678"), _with_lost_zeros("123456789")
    ('001212000012', '024135678', '123456789')
    """
    if len(digits) in (10, 11):
        return digits.zfill(12)
    if len(digits) == 8:
        return digits.zfill(9)
    return digits


@lru_cache(maxsize=8192)
def birth_key(text: str, today: date) -> str:
    """ISO text or a year of a birth date however it is written, "" where none can be read.

    >>> [birth_key(text, date(2022, 10, 16)) for text in ("20/3/2012", "2012", "31/02/2012")]
    ['2012-03-20', '2012', '']
    """
    if not tidy(text):
        return ""
    try:
        return birth_date.validate(text, today)
    except Problem:
        return ""


# --- agree, differ, silent ---


def compare_codes(marks: Identifiers, other: Identifiers) -> Verdict:
    """Of the ministry's code.

    >>> compare_codes(Identifiers(code="1000000001"), Identifiers(code="1000000002"))
    'differ'
    """
    if not marks.code_key:  # most lines bring no code
        return "silent"
    return _compare(marks.code_key, other.code_key)


def compare_numbers(marks: Identifiers, other: Identifiers) -> Verdict:
    """Any number in common agrees.

    >>> compare_numbers(Identifiers(numbers=("024135678", "080212000012")), Identifiers(numbers=("80212000012",)))
    'agree'
    """
    if not marks.number_keys or not other.number_keys:
        return "silent"
    if set(marks.number_keys).isdisjoint(other.number_keys):
        return "differ"
    return "agree"


def compare_names(marks: Identifiers, other: Identifiers) -> Verdict:
    """With diacritics.

    >>> compare_names(Identifiers(name="Lê Hoà"), Identifiers(name="LÊ HÒA")), compare_names(SILENT, SILENT)
    ('agree', 'silent')
    """
    return _compare(marks.name_key, other.name_key)


def compare_births(marks: Identifiers, other: Identifiers) -> Verdict:
    """A year alone is the birth date of whoever was born in that year.

    >>> day, year = Identifiers(birth="2012-03-20"), Identifiers(birth="2012")
    >>> compare_births(day, year), compare_births(day, Identifiers(birth="2012-03-21"))
    ('agree', 'differ')
    """
    verdict = _compare(marks.birth, other.birth)
    if verdict != "differ":
        return verdict
    shorter = min(len(marks.birth), len(other.birth))
    if shorter > len("2012"):
        return verdict
    return _compare(marks.birth[:4], other.birth[:4])


def compare_classes(marks: Identifiers, other: Identifiers) -> Verdict:
    """Of the class."""
    return _compare(marks.class_key, other.class_key)


def _compare(key: str, other: str) -> Verdict:
    """Of two keys, "" where a side is silent."""
    if not key or not other:
        return "silent"
    if key == other:
        return "agree"
    return "differ"


# --- finding ---


class LinkageIndex(Generic[T]):
    """Any objects, found by the marks they carry. Answers come in the order of ``items``."""

    def __init__(self, items: Iterable[T], identifiers_of: Callable[[T], Identifiers]) -> None:
        self.items: Sequence[T] = list(items)
        # by identity of the object: the list keeps all of them alive
        self._identifiers: dict[int, Identifiers] = {}
        for item in self.items:
            self._identifiers[id(item)] = identifiers_of(item)

    def identifiers(self, item: T) -> Identifiers:
        """The marks of one of the objects. Raises KeyError for any other object."""
        return self._identifiers[id(item)]

    def with_record_id(self, row: Identifiers) -> list[T]:
        """Those with the hidden id of the row."""
        return list(self._by_record_id.get(row.record_id, ()))

    def with_code(self, row: Identifiers) -> list[T]:
        """Those with the code of the row."""
        return list(self._by_code.get(row.code_key, ()))

    def with_number(self, row: Identifiers) -> list[T]:
        """Those with any of the numbers of the row, each of them once."""
        holders_of = [self._by_number[key] for key in row.number_keys if key in self._by_number]
        if len(holders_of) < 2:
            return list(*holders_of)
        wanted: set[int] = set()
        for holders in holders_of:
            wanted.update(map(id, holders))
        return [item for item in self.items if id(item) in wanted]

    def with_name(self, row: Identifiers) -> list[T]:
        """Those of the name of the row, with its diacritics; failing that, of the same name in letters."""
        holders = self._by_name.get(row.name_key)
        if not holders:
            holders = self._by_name_in_letters.get(row.name_in_letters)
        return list(holders or ())

    def with_folded_name(self, row: Identifiers) -> list[T]:
        """Those of the name of the row, whatever diacritics either has."""
        return list(self._by_folded_name.get(row.folded_name, ()))

    def with_name_and_birth(self, row: Identifiers) -> list[T]:
        """Those of the name and the birth date of the row; failing that, of the name without diacritics."""
        namesakes = self.born_like(row, self.with_name(row))
        return namesakes or self.born_like(row, self.with_folded_name(row))

    def holders_of_number(self, number: str) -> list[T]:
        """Everybody who has this number, or had it."""
        return list(self._by_number.get(number_key(number), ()))

    def born_like(self, row: Identifiers, candidates: Iterable[T]) -> list[T]:
        """Of the candidates those with the birth date of the row; failing that, whom a year alone fits."""
        fitting: list[T] = []
        on_the_day: list[T] = []
        for candidate in candidates:
            marks = self.identifiers(candidate)
            if compare_births(marks, row) == "agree":
                fitting.append(candidate)
                if marks.birth == row.birth:
                    on_the_day.append(candidate)
        return on_the_day or fitting

    def singled_out(self, row: Identifiers, candidates: Sequence[T]) -> list[T]:
        """Of several candidates those with whom every mark of the row that tells them apart agrees.

        All of them where no mark does, or where the marks mean different people: a caller who gets more
        than one back knows that nobody can tell.
        """
        remaining = list(candidates)
        if len(remaining) < 2:
            return remaining
        agreeing = [
            self._agreeing(compare_codes, row, candidates),
            self._agreeing(compare_numbers, row, candidates),
            self._agreeing(compare_names, row, candidates),
            self.born_like(row, candidates),
        ]
        for by_one_mark in filter(None, agreeing):  # a mark with which nobody agrees says nothing
            ids = set(map(id, by_one_mark))
            remaining = [item for item in remaining if id(item) in ids]
        return remaining or list(candidates)

    def _agreeing(
        self,
        compare: Callable[[Identifiers, Identifiers], Verdict],
        row: Identifiers,
        candidates: Iterable[T],
    ) -> list[T]:
        """The candidates with whom one mark of the row agrees."""
        agreeing: list[T] = []
        for candidate in candidates:
            if compare(self.identifiers(candidate), row) == "agree":
                agreeing.append(candidate)
        return agreeing

    @cached_property
    def _by_record_id(self) -> dict[str, list[T]]:
        return self._map(lambda marks: (marks.record_id,))

    @cached_property
    def _by_code(self) -> dict[str, list[T]]:
        return self._map(lambda marks: (marks.code_key,))

    @cached_property
    def _by_number(self) -> dict[str, list[T]]:
        return self._map(lambda marks: marks.number_keys)

    @cached_property
    def _by_name(self) -> dict[str, list[T]]:
        return self._map(lambda marks: (marks.name_key,))

    @cached_property
    def _by_name_in_letters(self) -> dict[str, list[T]]:
        return self._map(lambda marks: (marks.name_in_letters,))

    @cached_property
    def _by_folded_name(self) -> dict[str, list[T]]:
        return self._map(lambda marks: (marks.folded_name,))

    def _map(self, keys_of: Callable[[Identifiers], Collection[str]]) -> dict[str, list[T]]:
        """{key: the objects that have it}; ``keys_of`` gives the keys of one object by its marks."""
        items_of: dict[str, list[T]] = defaultdict(list)
        for item in self.items:
            for key in keys_of(self._identifiers[id(item)]):
                if key:  # silence links nobody
                    items_of[key].append(item)
        return dict(items_of)
