"""Opening a class: the whole page through Flask (bars N1)."""

from collections.abc import Iterator

from jinja2 import Template

from idapp.database import connected
from idapp.models import Person
from tests.bench.figures import Figure, p50
from tests.bench.ground import Ground, get


def figures(ground: Ground) -> Iterator[Figure]:
    client = ground.client()
    with connected():
        class_id = ground.opened_class.id
    size = len(get(client, f"/classes/{class_id}"))
    measured = p50(lambda: get(client, f"/classes/{class_id}"))
    query, nothing = Person.select().where(Person.school_class == class_id), Template("")
    with connected():
        found = len(list(query.tuples()))
        floor = p50(lambda: (list(query.tuples()), nothing.render()))
    yield Figure(f"open a class of {found}, p50", measured, floor, "bare SELECT of its rows", f"{size:,} bytes")
