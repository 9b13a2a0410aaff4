"""People by what a user types anywhere: parts of a name, the end of a number, a class; within what the user may see.

Everybody found fits every part of the text. A part is, in this order:

- the name of a class ("5A", "lớp 5 a", "Mầm 1"), the beginning of one ("6a") or a grade ("khối 5");
- the end of an identity number, also of a former one, or of a ministry code, of four digits or more;
- else the beginning of a word of the name, with or without diacritics: "an nguy" finds Nguyễn Văn An.

Measured by ``tests.bench search``. The index ``person_search`` holds all that the conditions on names ask about, in the
order of a class list: a frequent name stops at the first candidates, a rare one reads the index and no record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_

from peewee import Expression, ModelCompoundSelectQuery, ModelSelect, Value

from idapp import permissions
from idapp.database import rows
from idapp.models import FormerNumber, Person, SchoolClass, User
from idapp.rules.class_name import class_key
from idapp.rules.folding import fold, tidy, tone_key, without_telex

LIMIT = 12  # so many are shown; who is not among them types on
LONGEST = 100  # letters of the text that count
_MOST_WORDS = 8
_CANDIDATES = 200  # so many are weighed against each other
_WORDS_OF_A_CLASS = 3  # "lớp 5 a"
_END_OF_NUMBER = re.compile("[0-9]{4}")
_SPACED_NUMBER = re.compile("[0-9][0-9 .-]*")


@dataclass(frozen=True)
class Query:
    """What a text asks for.

    words    beginnings of words of the name, folded
    marked   the words of the text that have diacritics, as ``tone_key`` writes them: who has the same comes first
    numbers  ends of numbers
    classes  for each class in the text, the ids of those it may mean
    """

    words: tuple[str, ...] = ()
    marked: frozenset[str] = frozenset()
    numbers: tuple[str, ...] = ()
    classes: tuple[frozenset[int], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing to look for."""
        return not (self.words or self.numbers or self.classes)


@dataclass(frozen=True)
class SearchResult:
    """Whom a text finds, the likeliest first.

    words         what to mark in their names, see ``marked_pieces``
    others        how many more there are; ``is_more``: at least so many
    hides_number  the text has a number, by which this user may not search
    """

    people: Sequence[Person] = ()
    words: tuple[str, ...] = ()
    others: int = 0
    is_more: bool = False
    hides_number: bool = False
    query: Query = field(default_factory=Query)


def search(user: User, text: str) -> SearchResult:
    """Everybody whom the text means, also who has left; only of those whom the user may see."""
    query = understand(text, _classes_in(user, text))
    if query.is_empty:
        return SearchResult()
    # neither people nor a count: both would tell whose number ends so
    if query.numbers and not permissions.sees_numbers(user):
        return SearchResult(query=query, hides_number=True)
    candidates = _candidates(user, query)
    plain_words = tuple(map(without_telex, query.words))
    if not candidates and plain_words != query.words:
        # a keyboard without Vietnamese: "nguyeenx vawn an"
        query = replace(query, words=plain_words)
        candidates = _candidates(user, query)
    likeliest = sorted(candidates, key=lambda candidate: _rank(candidate, query))
    return SearchResult(
        people=_records([candidate.id for candidate in likeliest[:LIMIT]]),
        words=query.words,
        others=max(0, min(len(candidates), _CANDIDATES) - LIMIT),
        is_more=len(candidates) > _CANDIDATES,
        query=query,
    )


def marked_pieces(name: str, words: Iterable[str]) -> list[tuple[str, bool]]:
    """A name in pieces, (text, is it what was looked for); ``words`` as in ``Query``.

    >>> marked_pieces("Nguyễn Văn An", ["an", "nguy"])
    [('Nguy', True), ('ễn', False), (' Văn', False), (' ', False), ('An', True)]
    """
    pieces: list[tuple[str, bool]] = []
    for word in name.split(" "):
        space = " " if pieces else ""
        length = _length_of_match(word, words)
        pieces += [(space, False), (word[:length], True), (word[length:], False)]
    return _joined(pieces)


def _length_of_match(word: str, beginnings: Iterable[str]) -> int:
    folded = fold(word)
    lengths = [len(beginning) for beginning in beginnings if folded.startswith(beginning)]
    if not lengths:
        return 0
    if len(folded) != len(word):  # no letter for each letter: the whole word, then
        return len(word)
    return max(lengths)


def _joined(pieces: Iterable[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Without empty pieces; a space goes with the plain text behind it."""
    joined: list[tuple[str, bool]] = []
    for text, is_match in pieces:
        if text and not is_match and joined and joined[-1] == (" ", False):
            joined[-1] = (f" {text}", False)
        elif text:
            joined.append((text, is_match))
    return joined


# --- what a text means ---


def understand(text: str, classes: Sequence[SchoolClass] = ()) -> Query:
    """What the text asks for; ``classes``: those it may name.

    >>> understand("Nguyễn an 100 212").words, understand("100 212 000 001").numbers
    (('nguyen', 'an', '100', '212'), ('100212000001',))
    """
    tidied = tidy(text[: 4 * LONGEST])[:LONGEST]  # decomposed, it may have three marks for a letter
    left = _words_of(fold(tidied))
    query = Query()
    while left:
        ids, length = _class_in_front(left, classes)
        if ids:
            query = replace(query, classes=(*query.classes, ids))
        elif _END_OF_NUMBER.search(left[0]):
            query = replace(query, numbers=(*query.numbers, left[0]))
        else:
            query = replace(query, words=(*query.words, left[0]))
        left = left[length:]
    marked = [word for word in tidied.lower().split() if fold(word) != word]
    return replace(query, marked=frozenset(map(tone_key, marked)))


def _words_of(folded: str) -> list[str]:
    """Its words; a number in groups is one."""
    joined = re.sub("[ .-]", "", folded)
    if _SPACED_NUMBER.fullmatch(folded) and _END_OF_NUMBER.search(joined):
        return [joined]
    return folded.split()[:_MOST_WORDS]


def _class_in_front(
    words: Sequence[str], classes: Sequence[SchoolClass]
) -> tuple[frozenset[int], int]:
    """The classes that the first words mean, and how many words those are; none and 1 if they mean no class."""
    for length in range(min(_WORDS_OF_A_CLASS, len(words)), 0, -1):
        ids = _classes_called(words[:length], classes)
        if ids:
            return ids, length
    return frozenset(), 1


def _classes_called(words: Sequence[str], classes: Sequence[SchoolClass]) -> frozenset[int]:
    key = class_key("".join(words).removeprefix("khoi"))
    is_named = words[0] in ("lop", "khoi")
    if not key or not (is_named or re.search("[0-9]", key)):
        return frozenset()  # "an" is a name, also where a nursery group is called so
    exact = _where(classes, lambda other: class_key(fold(other.name)) == key)
    if exact:
        return exact
    if key.isdecimal():
        return _where(classes, lambda other: str(other.grade) == key)
    if len(words) > 1 + is_named or not key[0].isdecimal():
        return frozenset()  # "5 an" is Ân of grade 5, not somebody of the class 5ANH
    return _where(classes, lambda other: class_key(fold(other.name)).startswith(key))


def _where(classes: Sequence[SchoolClass], fits: Callable[[SchoolClass], bool]) -> frozenset[int]:
    return frozenset(school_class.id for school_class in classes if fits(school_class))


def _classes_in(user: User, text: str) -> list[SchoolClass]:
    """The classes that the text may name."""
    if not re.search("[0-9]|l[oơớ]p", text, re.IGNORECASE):
        return []
    return list(permissions.classes_of(user))


# --- who fits ---


@dataclass(frozen=True)
class _Candidate:
    id: int
    full_name: str
    search_key: str
    active: bool


def _candidates(user: User, query: Query) -> list[_Candidate]:
    """Who fits, at most one more than ``_CANDIDATES``, in the order of a class list, who has left at the end."""
    everybody = permissions.people_of(user, include_inactive=True)
    conditions = _conditions(query)
    candidates = _read(everybody.where(*conditions))
    if len(candidates) <= _CANDIDATES or not query.words:
        return candidates
    # a name of many: whoever is called exactly so by the given name must be among them
    given = reduce(or_, (Person.search_key.endswith(f" {word}") for word in query.words))
    called_so = _read(everybody.where(given, *conditions))  # first what is true of the fewest
    ids = {candidate.id for candidate in called_so}
    others = [candidate for candidate in candidates if candidate.id not in ids]
    return [*called_so, *others][: _CANDIDATES + 1]


def _read(query: ModelSelect[Person]) -> list[_Candidate]:
    columns = (Person.id, Person.full_name, Person.search_key, Person.active)
    in_order = query.order_by(Person.active.desc(), Person.sort_key)
    return [_Candidate(*row) for row in rows(in_order.select(*columns).limit(_CANDIDATES + 1))]


def _conditions(query: Query) -> list[Expression]:
    conditions: list[Expression] = []
    for number in query.numbers:
        conditions.append(Person.id.in_(_whose_number_ends(number)))
    names = Value(" ").concat(Person.search_key)
    for word in query.words:
        # Peewee escapes what LIKE would take for a wildcard
        conditions.append(names.contains(f" {word}"))
    for ids in query.classes:
        conditions.append(Person.school_class.in_(ids))
    return conditions


def _whose_number_ends(digits: str) -> list[int] | ModelCompoundSelectQuery:
    """Ids. Several questions rather than one with OR: each reads only the index of its column."""
    by_number = Person.select(Person.id).where(Person.identity_number.endswith(digits))
    by_code = Person.select(Person.id).where(Person.ministry_code.endswith(digits))
    by_former = FormerNumber.select(FormerNumber.person).where(FormerNumber.number.endswith(digits))
    either = by_number | by_code | by_former
    ids = [id_ for (id_,) in rows(either.limit(_CANDIDATES))]
    if len(ids) < _CANDIDATES:
        return ids  # a few: they are looked up, without reading the whole order of names
    return either.limit(None)


def _rank(candidate: _Candidate, query: Query) -> tuple[bool, bool, bool, bool]:
    """Who is here before who has left; then the same diacritics, whole words, the given name."""
    words = candidate.search_key.split()
    has_marks = query.marked <= set(tone_key(candidate.full_name).split())
    is_whole = all(word in words for word in query.words)
    is_called_so = bool(words) and words[-1] in query.words
    return not candidate.active, not has_marks, not is_whole, not is_called_so


def _records(ids: Sequence[int]) -> list[Person]:
    """The records with their classes, in this order."""
    query = Person.select(Person, SchoolClass).left_outer_join(SchoolClass)
    by_id = {person.id: person for person in query.where(Person.id.in_(ids))}
    return [by_id[id_] for id_ in ids]
