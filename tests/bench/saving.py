"""Saving a cell: rules, audit and counters through Flask (bars S3)."""

import sys
from collections.abc import Iterator

from idapp.database import connected, db, writing
from idapp.models import Person
from tests.bench.figures import Figure, p50
from tests.bench.ground import Ground


def figures(ground: Ground) -> Iterator[Figure]:
    """Each save writes another text, so that each is a real change with its audit row."""
    client = ground.client()
    with connected():
        person = Person.select().where(Person.school_class == ground.opened_class).first()
    sizes, last = [0], [person.address]

    def save() -> None:
        typed = f"Ấp {len(sizes)}"
        sent = {"value": typed, "seen": last[0]}
        answer = client.post(f"/people/{person.id}/cells/address", data=sent, headers={"HX-Request": "true"})
        if answer.status_code != 200:
            sys.exit(f"saving a cell answered {answer.status_code}: {answer.text[:500]}")
        sizes.append(len(answer.data))
        last[0] = typed

    measured = p50(save)
    with connected():
        floor = commit_p50(person.id)
    yield Figure("save a cell, p50", measured, floor, "one synced commit", f"answer {sizes[-1]:,} bytes")


def commit_p50(person_id: int) -> float:
    """The least a save can take here: one small UPDATE that is on the disk when it returns."""
    return p50(lambda: _commit(person_id))


def _commit(person_id: int) -> None:
    with writing():
        db.execute_sql("UPDATE person SET version = version + 1 WHERE id = ?", (person_id,))
