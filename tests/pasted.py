"""Pasting into the table of 5A as cô Lan does it, and the questions that it gives rise to."""

import pytest

from idapp import people
from idapp.models import Change, Person
from idapp.people import pasting
from idapp.people.aligning import ConfirmationRequired
from idapp.people.bulk_edits import Report
from idapp.people.pasting import Paste
from idapp.rules import record
from tests.cast import Cast, pupil

COLUMNS = [f.name for f in record.fields_of("student") if f.in_table]
NAMES = ["Bùi Văn Cường", "Đỗ Thị Dung", "Hồ Văn Em", "Lê Thị Giàu", "Mai Văn Hòa"]


def seven_pupils(cast: Cast) -> list[Person]:
    """5A as the table shows it: An, Bình and five more with numbers, all born on 20/03/2012 but Bình."""
    newcomers = [
        ("student", cast.class_5a, pupil(name, sex=sex_of(name), serial=100 + serial))
        for serial, name in enumerate(NAMES)
    ]
    people.add_many(newcomers, by=cast.thu, source="import")
    return table(cast)


def sex_of(name: str) -> str:
    return "Nữ" if " Thị " in name else "Nam"


def table(cast: Cast) -> list[Person]:
    return people.table_of(
        Person.select().where(Person.school_class == cast.class_5a, Person.active)
    )


def column(cast: Cast, name: str) -> list[str]:
    return [getattr(person, name) for person in table(cast)]


def paste(cast: Cast, text: str, row: int, field: str, **more: object) -> Report:
    shown = table(cast)
    wanted = Paste("student", shown, shown, COLUMNS, (shown[row].id, field), text, **more)  # type: ignore[arg-type]
    return pasting.paste(wanted, by=cast.lan)


def asked(cast: Cast, text: str, row: int, field: str, **more: object) -> ConfirmationRequired:
    before = Change.select().count()
    with pytest.raises(ConfirmationRequired) as question:
        paste(cast, text, row, field, **more)
    assert Change.select().count() == before, "a question writes nothing"
    return question.value


def confirm(person: Person) -> None:
    """The register has confirmed the record as it stands."""
    hash_ = record.identity_hash(people.values_of(person), people.around(person))
    Person.update(outcome="verified", outcome_hash=hash_).where(Person.id == person.id).execute()
    people.recompute(Person.get_by_id(person.id))
    assert Person.get_by_id(person.id).status == "verified"
