"""Which records may be of one person. Only records are compared that share a key (blocking): time grows with the
school, not with its square.

What counts, strongest first: one number (with its lost zeros, or a former number of the other), one ministry's code,
name and birth date, name and birth date with day and month the wrong way round, name and parents, one number under
another name and another birth date. Names are compared
without their diacritics. The same birth date and the same parents under names that differ a little are twins, or one
name written wrongly: those come last. Two records that the register has confirmed under two numbers are two people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

from peewee import fn

from idapp.database import rows
from idapp.models import Change, DistinctPair, FormerNumber, Person
from idapp.people.former_numbers import FormerNumbers, all_former_numbers
from idapp.people.membership import NOBODY
from idapp.rosters.dates import is_swapped
from idapp.rosters.linkage import code_key, number_key
from idapp.rules.folding import fold, tone_key

# how surely a mark means one person; each further mark adds a little
_WEIGHTS = {
    "number": 90,
    "former_number": 85,
    "code": 80,
    "name_and_birth": 70,
    "folded_name_and_birth": 65,
    "name_and_swapped_birth": 60,
    "name_and_parents": 55,
    "number_alone": 50,
    "twins": 20,
}
REASON_WORDS = {
    "number": "cùng số định danh",
    "number_alone": "cùng số định danh nhưng khác họ tên, ngày sinh: có thể một bên ghi nhầm số",
    "former_number": "số của hồ sơ này là số cũ của hồ sơ kia",
    "code": "cùng mã định danh Bộ GD&ĐT",
    "name_and_birth": "cùng họ tên và ngày sinh",
    "folded_name_and_birth": "họ tên chỉ khác dấu, cùng ngày sinh",
    "name_and_swapped_birth": "cùng họ tên, ngày và tháng sinh đổi chỗ",
    "name_and_parents": "cùng họ tên và tên cha mẹ",
    "twins": "cùng ngày sinh và cha mẹ, tên gần giống: sinh đôi, hoặc một tên ghi sai",
}
_EACH_MARK_MORE = 3
_LARGEST_BLOCK = (
    12  # in a larger one each is compared with the first only: a text copied down a column
)
_ALIKE = 0.7  # of two given names; "Minh An" and "Minh Anh" are 0.93
_A_DAY = len("2012-03-20")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records, the smaller id first; ``reasons`` are keys of ``REASON_WORDS``, strongest first."""

    first: int
    second: int
    reasons: tuple[str, ...]

    @property
    def weight(self) -> int:
        """For the order of the list."""
        return _WEIGHTS[self.reasons[0]] + _EACH_MARK_MORE * (len(self.reasons) - 1)


@dataclass(frozen=True, slots=True)
class _Marks:
    """What a record is compared by."""

    id: int
    number: str
    former: tuple[str, ...]
    code: str
    name: str
    folded: str
    born: str
    parents: tuple[str, str]
    confirmed: bool


_COLUMNS = (
    Person.id,
    Person.identity_number,
    Person.ministry_code,
    Person.full_name,
    Person.search_key,
    Person.born,
    Person.father_name,
    Person.mother_name,
    Person.status,
)
_remembered: tuple[Hashable, tuple[Pair, ...]] = (None, ())


def likely_doubles() -> tuple[Pair, ...]:
    """All pairs of the school but those that somebody has told apart, strongest first. Also of who has left.

    Kept in memory until the history or the pairs go on: whatever is compared here is changed with an audit row.
    """
    global _remembered
    moment = _moment()
    if _remembered[0] != moment:
        _remembered = (moment, _find())
    return _remembered[1]


def _moment() -> Hashable:
    """Differs as soon as anything has changed. The database too: tests and a restore open another one."""
    database = Person._meta.database
    newest = Change.select(fn.MAX(Change.id)).scalar()
    pairs = DistinctPair.select(fn.MAX(DistinctPair.id), fn.COUNT(DistinctPair.id))
    numbers = FormerNumber.select(fn.MAX(FormerNumber.id))
    return str(database.database), newest, rows(pairs)[0], rows(numbers)[0]


def _find() -> tuple[Pair, ...]:
    marks = list(_read(all_former_numbers()))
    by_id = {mark.id: mark for mark in marks}
    told_apart = set(rows(DistinctPair.select(DistinctPair.first, DistinctPair.second)))
    pairs = []
    for first, second in sorted(_candidates(marks) - told_apart):
        reasons = _reasons(by_id[first], by_id[second])
        if reasons:
            pairs.append(Pair(first, second, reasons))
    return tuple(sorted(pairs, key=lambda pair: (-pair.weight, pair.first, pair.second)))


def _read(former: FormerNumbers) -> Iterator[_Marks]:
    query = Person.select(*_COLUMNS).where(Person.state.not_in(NOBODY))
    for id_, number, code, name, folded, born, father, mother, status in rows(query):
        yield _Marks(
            id=id_,
            number=number_key(number),
            former=former.get(id_, ()),
            code=code_key(code) if code else "",
            name=name,
            folded=folded,
            born=born or "",
            parents=(fold(father), fold(mother)),
            confirmed=status == "verified",
        )


def _candidates(marks: Sequence[_Marks]) -> set[tuple[int, int]]:
    """The pairs of ids that share a key."""
    pairs: set[tuple[int, int]] = set()
    for keys_of in _KEYS:
        for block in _blocks(marks, keys_of):
            pairs.update(_pairs_in(block))
    return pairs


def _blocks(
    marks: Sequence[_Marks], keys_of: Callable[[_Marks], Iterable[Hashable]]
) -> Iterable[list[int]]:
    blocks: dict[Hashable, list[int]] = defaultdict(list)
    for mark in marks:
        for key in keys_of(mark):
            blocks[key].append(mark.id)
    return [block for block in blocks.values() if len(block) > 1]


def _pairs_in(block: list[int]) -> Iterable[tuple[int, int]]:
    ids = sorted(set(block))
    if len(ids) > _LARGEST_BLOCK:
        return [(ids[0], id_) for id_ in ids[1:]]
    return combinations(ids, 2)


def _number_keys(mark: _Marks) -> Iterable[Hashable]:
    return filter(None, (mark.number, *mark.former))


def _code_keys(mark: _Marks) -> Iterable[Hashable]:
    return filter(None, (mark.code,))


def _name_keys(mark: _Marks) -> Iterable[Hashable]:
    """The birth date whichever way round day and month stand."""
    if not mark.folded or len(mark.born) != _A_DAY:
        return ()
    year, month, day = mark.born.split("-")
    return ((mark.folded, year, *sorted((month, day))),)


def _parent_keys(mark: _Marks) -> Iterable[Hashable]:
    if not mark.folded or not any(mark.parents):
        return ()
    return ((mark.folded, mark.parents),)


def _twin_keys(mark: _Marks) -> Iterable[Hashable]:
    if not all(mark.parents) or len(mark.born) != _A_DAY:
        return ()
    return ((mark.born, mark.parents),)


_KEYS = (_number_keys, _code_keys, _name_keys, _parent_keys, _twin_keys)


def _reasons(mark: _Marks, other: _Marks) -> tuple[str, ...]:
    """Why they may be one; () where they are not after all."""
    if mark.confirmed and other.confirmed and mark.number != other.number:
        return ()
    reasons = [*_reasons_by_number(mark, other), *_reasons_by_name(mark, other)]
    if not reasons and _may_be_twins(mark, other):
        reasons.append("twins")
    return tuple(reasons)


def _reasons_by_number(mark: _Marks, other: _Marks) -> list[str]:
    reasons = []
    if mark.number and mark.number == other.number:
        reasons.append("number_alone" if _are_unlike(mark, other) else "number")
    if mark.number in other.former or other.number in mark.former:
        reasons.append("former_number")
    if mark.code and mark.code == other.code:
        reasons.append("code")
    return reasons


def _are_unlike(mark: _Marks, other: _Marks) -> bool:
    """Another name and another birth date: probably somebody's number in the wrong row."""
    return mark.folded != other.folded and mark.born != other.born


def _reasons_by_name(mark: _Marks, other: _Marks) -> list[str]:
    if not mark.folded or mark.folded != other.folded:
        return []
    reasons = []
    has_day = len(mark.born) == _A_DAY
    if has_day and mark.born == other.born:
        is_same = tone_key(mark.name) == tone_key(other.name)
        reasons.append("name_and_birth" if is_same else "folded_name_and_birth")
    elif has_day and is_swapped(mark.born, other.born):
        reasons.append("name_and_swapped_birth")
    if any(mark.parents) and mark.parents == other.parents:
        reasons.append("name_and_parents")
    return reasons


def _may_be_twins(mark: _Marks, other: _Marks) -> bool:
    """Two good numbers under two names are two people, and nobody need say so."""
    if mark.born != other.born or mark.parents != other.parents or not all(mark.parents):
        return False
    if len(mark.number) == 12 and len(other.number) == 12:
        return False
    return SequenceMatcher(None, mark.folded, other.folded).ratio() >= _ALIKE


def words_of(pair: Pair) -> str:
    """
    >>> words_of(Pair(1, 2, ("number", "name_and_birth")))
    'Cùng số định danh; cùng họ tên và ngày sinh'
    """
    words = "; ".join(REASON_WORDS[reason] for reason in pair.reasons)
    return words[:1].upper() + words[1:]
