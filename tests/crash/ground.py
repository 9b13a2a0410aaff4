"""The small school on which every deed is done, and its register: a process of its own that answers over HTTP."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from idapp import doctor, people, school
from idapp.database import connected, db, migrate, open_database
from idapp.models import Person, School
from tests import cast as the_cast
from tests.cast import pupil
from tests.crash.deeds import Ground, in_small_parts
from tests.crash.walking import settings_of

ROOT = Path(__file__).parents[2]


@contextmanager
def laid(place: Path) -> Iterator[Ground]:
    """The folder of the school and its register, below ``place``."""
    folder = place / "ground"
    # in this process: what it has read of lists and templates, its children need not read again
    citizens = _founded(folder)
    people_file = place / "people.json"
    people_file.write_text(json.dumps(citizens), encoding="utf-8")
    command = [sys.executable, "-m", "idapp.registry.simulator", "--people", str(people_file)]
    register = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert register.stdout is not None
        with in_small_parts():
            yield Ground(folder, register.stdout.readline().strip() + "tracuu")
    finally:
        register.terminate()
        register.wait(10)


def _founded(folder: Path) -> list[dict[str, object]]:
    """The cast and a few more, in three classes; returns what the register says of them."""
    settings = settings_of(folder, {})
    open_database(settings)
    with connected():
        migrate()
        cast = the_cast.assemble()
        School.update(level="TH").execute()
        class_4a = school.add_class("4A", by=cast.thu, homeroom_teacher=cast.minh)
        crowd = [
            ("student", class_4a, pupil(f"Hồ Thị {name}", born="02/02/2013", serial=40 + rank))
            for rank, name in enumerate(("Lan", "Mai", "Cúc", "Đào"))
        ]
        people.add_many(crowd, by=cast.thu, source="import")
        citizens = [_citizen(one) for one in Person.select().where(Person.identity_number != "")]
        doctor.invariants()
        db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    # of two the register knows otherwise
    citizens[1]["born"] = "2012-03-21"
    return citizens[:-1]


def _citizen(person: Person) -> dict[str, object]:
    return {
        "number": person.identity_number,
        "full_name": person.full_name,
        "born": "-".join(reversed(person.date_of_birth.split("/"))),
        "sex": {"Nam": 1, "Nữ": 2}[person.gender],
    }
