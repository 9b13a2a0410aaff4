"""Opening a class: the whole page through Flask, and what our own script weighs on the line (bars N1)."""

import re
from collections.abc import Iterator

from flask.testing import FlaskClient
from jinja2 import Template

from idapp.database import connected
from idapp.models import Person
from tests.bench.figures import Figure, p50
from tests.bench.ground import Ground, get

SCRIPT_BAR = 25_000  # bytes, packed


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
    script = own_script(client, f"/classes/{class_id}")
    more = f"{size:,} bytes; own script sent in {script:,} (bar {SCRIPT_BAR:,})"
    yield Figure(
        f"open a class of {found}, p50",
        measured,
        floor,
        "bare SELECT of its rows",
        more,
        wrong=int(script > SCRIPT_BAR),
    )


def own_script(client: FlaskClient, path: str) -> int:
    """Bytes on the line of all scripts the page names, htmx aside; modules come with the script that imports them."""
    named = re.findall(r'<script[^>]+src="([^"]+)"', get(client, path).decode())
    packed = [client.get(one, headers={"Accept-Encoding": "gzip"}) for one in named if "htmx" not in one]
    return sum(len(answer.data) for answer in packed)
