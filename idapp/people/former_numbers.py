"""Numbers by which older lists know somebody: the old card's nine digits, a number corrected since, a merged record's.

A former number finds its person (``identifiers``) and is never the number itself: what somebody holds now, the same
person or another, counts as no former number of anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from peewee import Expression, chunked, fn

from idapp.audit import Entry
from idapp.database import PreparedForMany, PreparedStatement, rows
from idapp.models import FormerNumber, Person, utc_now
from idapp.rules import identity_number

FIELD = "identity_number"
_PARAMETERS = 500  # values in one query: SQLite allows 999 parameters in old builds
ORIGIN_WORDS = {
    "replaced": "số ghi trước đây",
    "merged": "số của hồ sơ đã gộp vào",
    "card": "số cũ ghi trên thẻ",
}
FormerNumbers = Mapping[int, tuple[str, ...]]  # {person id: numbers, oldest first}
_NUMBER = re.compile("[0-9]{9}|[0-9]{12}")


def former_key(text: str) -> str:
    """The number as it is remembered, "" where the text is no number that anybody could have had.

    >>> former_key("100 212 000 012"), former_key("241356780"), former_key("123456789"), former_key("B1234567")
    ('100212000012', '241356780', '', '')
    """
    number = identity_number.compact(text)
    if not _NUMBER.fullmatch(number) or identity_number.is_invented(number):
        return ""
    return number


def remember_replaced(entries: Iterable[Entry]) -> None:
    """Keep each good number that the deed replaced by another good one; in the transaction of the deed.

    What is undone was never so: the numbers that the undone changeset left behind are forgotten again.
    """
    replaced: list[tuple[object, ...]] = []
    now = utc_now()
    for entry in entries:
        if entry.field != FIELD:
            continue
        if entry.verb == "undo":
            _forget(entry.person.id, entry.undoes)
            continue
        old = former_key(entry.old)
        new = former_key(entry.new)
        if old and new and old != new:
            # done again, it is the changeset of the first time that would be undone
            changeset = entry.undoes or entry.changeset
            replaced.append((entry.person.id, old, "replaced", changeset, now))
    if replaced:
        _REMEMBER.run_many(replaced)


def remember(person_id: int, number: str, *, origin: str, changeset: str) -> None:
    """Keep one number, a ``former_key``; a number that is known already stays as it is."""
    _REMEMBER.run(person_id, number, origin, changeset, utc_now())


# one for each number of a pasted column
_REMEMBER = PreparedStatement(
    lambda person, number, origin, changeset, at: FormerNumber.insert(
        {
            FormerNumber.person: person,
            FormerNumber.number: number,
            FormerNumber.origin: origin,
            FormerNumber.changeset: changeset,
            FormerNumber.noted_at: at,
        }
    ).on_conflict_ignore()
)


def _forget(person_id: int, changeset: str) -> None:
    of_person = FormerNumber.person == person_id
    FormerNumber.delete().where(of_person, FormerNumber.changeset == changeset).execute()


def all_former_numbers(people: Iterable[int] | None = None) -> dict[int, tuple[str, ...]]:
    """What ``FormerNumbers`` says, of everybody or of the people with these ids."""
    query = FormerNumber.select(FormerNumber.person, FormerNumber.number).where(_is_of_before())
    if people is not None:
        query = query.where(FormerNumber.person.in_(list(people)))
    numbers: dict[int, tuple[str, ...]] = {}
    for person_id, number in rows(query.order_by(FormerNumber.id)):
        numbers[person_id] = (*numbers.get(person_id, ()), number)
    return numbers


def former_numbers_of(person: Person) -> list[FormerNumber]:
    """For the page of a record, newest first."""
    query = FormerNumber.select().where(FormerNumber.person == person, _is_of_before())
    return list(query.order_by(FormerNumber.id.desc()))


def people_with_former(numbers: Iterable[str]) -> Expression:
    """The condition on a record that one of these numbers was its former one."""
    known = FormerNumber.select(FormerNumber.person)
    matching = known.where(FormerNumber.number.in_(list(numbers)), _is_of_before())
    return Person.id.in_(matching)


def were_numbers_of(texts: Mapping[int, str]) -> set[int]:
    """Whose former number the text is, even if it is the number again by now; ``texts``: {person id: text}."""
    keys = {id_: former_key(text) for id_, text in texts.items()}
    # by the numbers: somebody may have had many, but hardly anybody the same one
    matching: set[int] = set()
    for some_numbers in chunked(set(keys.values()), _PARAMETERS):
        for id_, number in _WITH_NUMBERS.raw(some_numbers):
            if keys.get(id_) == number:
                matching.add(id_)
    return matching


_WITH_NUMBERS = PreparedForMany(
    lambda numbers: FormerNumber.select(FormerNumber.person, FormerNumber.number).where(
        FormerNumber.number.in_(numbers)
    )
)


def is_former(number: str, stored: str, former: Iterable[str]) -> bool:
    """Is ``number`` only an older one of somebody whose good number is ``stored``?

    >>> is_former("241356780", "100212000012", ["241356780"]), is_former("241356780", "", ["241356780"])
    (True, False)
    """
    key = former_key(number)
    return bool(key) and len(former_key(stored)) == 12 and key in former


def _is_of_before() -> Expression:
    """Nobody at the school has the number now, nor the person."""
    holder = Person.alias()
    is_alive = holder.active | (holder.id == FormerNumber.person)
    holders = holder.select(holder.id).where(
        holder.identity_number == FormerNumber.number, is_alive
    )
    return ~fn.EXISTS(holders)
