"""Opening a class and what our own script weighs (bars N1), the board of the school (D2), the list of cases."""

import functools
import re
from collections.abc import Iterator

from flask.testing import FlaskClient
from jinja2 import Template
from peewee import fn

from idapp import notices
from idapp.database import connected
from idapp.models import Person
from tests.bench.figures import Figure, p50
from tests.bench.ground import Ground, get

SCRIPT_BAR = 25_000  # bytes, packed
BARS = (f"the scripts of the table at most {SCRIPT_BAR:,} bytes, packed",)


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
    yield from _of_the_school(ground)


def own_script(client: FlaskClient, path: str) -> int:
    """Bytes on the line of the scripts that the page names, now or for later; htmx and the search of the header aside.

    Modules come with the script that imports them.
    """
    page = get(client, path).decode()
    named = re.findall(r'<(?:script[^>]+src|meta name="later" content)="([^"]+)"', page)
    ours = [one for one in named if not re.search(r"/htmx-|/search\.js$", one)]
    packed = [client.get(one, headers={"Accept-Encoding": "gzip"}) for one in ours]
    return sum(len(answer.data) for answer in packed)


def _of_the_school(ground: Ground) -> Iterator[Figure]:
    """What the principal opens; the floor is a bare count of everybody by class and state."""
    client = ground.client(ground.cast.hoa)
    with connected():
        people = Person.select().count()
        wanting = [
            person.id for person in Person.select(Person.id).where(Person.kind == "student")
        ][::7]
        Person.update(status="not_found").where(Person.id.in_(wanting)).execute()
        cases = notices.sync_cases()
        count = Person.select(Person.school_class, Person.status, fn.COUNT(Person.id))
        floor = p50(lambda: list(count.group_by(Person.school_class, Person.status).tuples()))
    for name, path in (
        (f"board of {people} in 46 classes", "/progress"),
        (f"list of {cases} cases", "/notices"),
    ):
        size, measured = len(get(client, path)), p50(functools.partial(get, client, path))
        yield Figure(
            f"{name}, p50", measured, floor, "bare GROUP BY class, state", f"{size:,} bytes"
        )
