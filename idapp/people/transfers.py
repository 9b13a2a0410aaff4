"""Coming and going, of one or of many in one step: to another class, away, back again, here from another school.

The class and the state are changed by ``membership``; beside its audit rows stands a ``Transfer`` with the same
changeset: the day in the world outside, the other school, a note. One undo takes all of it back (``people.undoing``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from peewee import chunked

from idapp import audit
from idapp.database import writing
from idapp.models import Person, SchoolClass, Transfer, User
from idapp.people import membership
from idapp.people.changing import new_changeset
from idapp.people.membership import MISTAKEN
from idapp.rules import catalogues, states
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

AWAY = "Tạm nghỉ học"  # for long: still a pupil of the school, in every list and sum
MAX_LENGTH = 200
_PART_OF_ROWS = 100


@dataclass(frozen=True)
class Circumstances:
    """What is known beside the class or the state itself. school: the other one; texts as they were written."""

    day: date
    school: str = ""
    province: str = ""
    note: str = ""

    @property
    def place(self) -> str:
        """The other school and its province, "" if neither is known."""
        if self.school and self.province:
            return f"{self.school} ({self.province})"
        return self.school or self.province

    @property
    def in_words(self) -> str:
        """
        >>> Circumstances(date(2022, 9, 5), "Trường TH Mỹ An", "Tỉnh Long An").in_words
        '05/09/2022, Trường TH Mỹ An (Tỉnh Long An)'
        """
        parts = (f"{self.day:%d/%m/%Y}", self.place, self.note)
        return ", ".join(part for part in parts if part)


def circumstances(
    day: date, *, today: date, school: str = "", province: str = "", note: str = ""
) -> Circumstances:
    """The texts of a form, tidied. Raises ``Problem`` for a day that has not come, or a text that is too long."""
    if day > today:
        sentence = "Ngày này chưa đến. Hãy ghi khi em đã đến hoặc đã đi, hoặc sửa lại ngày."
        raise Problem("day", "in_future", sentence)
    texts = {"school": tidy(school), "province": tidy(province), "note": tidy(note)}
    for name, text in texts.items():
        if len(text) > MAX_LENGTH:
            raise Problem(name, "too_long", f"Hãy viết ngắn hơn {MAX_LENGTH} ký tự.")
    return Circumstances(day, **texts)


def is_present(kind: str, state: str) -> bool:
    """Does somebody in this state stand in the lists and sums?"""
    return state != MISTAKEN and catalogues.is_present(kind, state)


def is_away(person: Person) -> bool:
    """At the school, and absent for long."""
    return states.meaning_of(person.kind, person.state) == "away"


def change_class(
    people: Sequence[Person], school_class: SchoolClass, about: Circumstances, *, by: User
) -> list[Person]:
    """Put pupils into a class. Returns those who were elsewhere before; nothing is written about the others."""
    with writing():
        moving = [person for person in people if person.school_class_id != school_class.id]
        if moving:
            changeset = new_changeset()
            membership.move_many(moving, school_class, by=by, changeset=changeset)
            _note("class", moving, about, changeset, by)
    return moving


def change_state(
    people: Sequence[Person], state: str, about: Circumstances, *, by: User
) -> list[Person]:
    """Left, away, back again. Returns those whose state is another now; nothing is written about the others."""
    with writing():
        changing = [person for person in people if person.state != state]
        if changing:
            changeset = new_changeset()
            for kind in {person.kind for person in changing}:
                of_kind = [person for person in changing if person.kind == kind]
                membership.set_state_of_many(
                    of_kind,
                    state,
                    active=is_present(kind, state),
                    by=by,
                    source="typed",
                    changeset=changeset,
                )
            _note("state", changing, about, changeset, by)
    return changing


def note_arrival(
    person: Person, about: Circumstances, *, by: User, changeset: str = ""
) -> Transfer | None:
    """Where a pupil has come from and when; the newest counts. None if just that is known already.

    changeset  of the deed that brought the record here, which takes this along when it is undone
    """
    with writing():
        known = arrival_of(person)
        if known is not None and circumstances_of(known) == about:
            return None
        [noted] = _note("arrival", [person], about, changeset or new_changeset(), by)
    return noted


def arrival_of(person: Person) -> Transfer | None:
    """The newest arrival that was not taken back."""
    arrivals = Transfer.select().where(
        Transfer.person == person, Transfer.kind == "arrival", ~Transfer.undone
    )
    return arrivals.order_by(Transfer.id.desc()).first()


def set_undone(changeset: str, *, undone: bool) -> None:
    """The changeset was taken back, or done again; inside the transaction that does it."""
    Transfer.update(undone=undone).where(Transfer.changeset == changeset).execute()


def circumstances_of(transfer: Transfer) -> Circumstances:
    """What was written down."""
    return Circumstances(transfer.day, transfer.school, transfer.province, transfer.note)


def _note(
    kind: str, people: Iterable[Person], about: Circumstances, changeset: str, by: User
) -> list[Transfer]:
    noted = [
        Transfer(
            person=person,
            kind=kind,
            day=about.day,
            school=about.school,
            province=about.province,
            note=about.note,
            changeset=changeset,
            user=by,
        )
        for person in people
    ]
    for part in chunked(noted, _PART_OF_ROWS):
        Transfer.bulk_create(part)
    audit.record_many(
        "person.transfer",
        [(transfer.person_id, "", about.in_words) for transfer in noted],
        by=by,
        field=kind,
        source="typed",
        changeset=changeset,
    )
    return noted
