"""Saving a cell (bars S3), and pasting the numbers of a class: rules, audit and counters through Flask."""

import itertools
import sys
from collections.abc import Iterator

from flask.testing import FlaskClient

from idapp import people
from idapp.database import connected, db, writing
from idapp.models import Person
from tests.bench.figures import Figure, p50
from tests.bench.ground import Ground
from tests.cast import number_for


def figures(ground: Ground) -> Iterator[Figure]:
    """Each save writes another text, so that each is a real change with its audit row."""
    client = ground.client()
    with connected():
        person = Person.select().where(Person.school_class == ground.opened_class).first()
    sizes, last = [0], [person.address]

    def save() -> None:
        typed = f"Ấp {len(sizes)}"
        sent = {"value": typed, "seen": last[0]}
        answer = client.post(
            f"/people/{person.id}/cells/address", data=sent, headers={"HX-Request": "true"}
        )
        if answer.status_code != 200:
            sys.exit(f"saving a cell answered {answer.status_code}: {answer.text[:500]}")
        sizes.append(len(answer.data))
        last[0] = typed

    measured = p50(save)
    with connected():
        floor = commit_p50(person.id)
    yield Figure(
        "save a cell, p50", measured, floor, "one synced commit", f"answer {sizes[-1]:,} bytes"
    )
    yield _paste(ground, client, floor)


def _paste(ground: Ground, client: FlaskClient, floor: float) -> Figure:
    """Each time other numbers, so that all of them are real changes."""
    with connected():
        rows = people.table_of(Person.select().where(Person.school_class == ground.opened_class))
    path, rounds = f"/classes/{ground.opened_class.id}/paste", itertools.count(1)

    def paste() -> None:
        first = next(rounds) * len(rows)
        numbers = [
            number_for(2012, person.gender, (first + at) % 10_000 + 80_000)
            for at, person in enumerate(rows)
        ]
        sent = {
            "anchor_person": rows[0].id,
            "anchor_field": "identity_number",
            "tsv": "\r\n".join(numbers),
        }
        answer = client.post(path, data=sent, headers={"HX-Request": "true"})
        if answer.status_code != 200 or answer.text.count("data-status=") < len(rows):
            sys.exit(f"pasting answered {answer.status_code}: {answer.text[:500]}")

    return Figure(f"paste {len(rows)} numbers, p50", p50(paste), floor, "one synced commit")


def commit_p50(person_id: int) -> float:
    """The least a save can take here: one small UPDATE that is on the disk when it returns."""
    return p50(lambda: _commit(person_id))


def _commit(person_id: int) -> None:
    with writing():
        db.execute_sql("UPDATE person SET version = version + 1 WHERE id = ?", (person_id,))
