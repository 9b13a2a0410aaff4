"""Searching from anywhere (bars W8, L4): the fragment below the field, among 2,000 people and ten times as many."""

import functools
import random
import sys
from collections.abc import Iterator

from flask.testing import FlaskClient
from peewee import chunked

from idapp.database import connected, writing
from idapp.models import Person
from idapp.people import searching
from idapp.rules.folding import fold, sort_key
from tests.bench.figures import Figure, p50
from tests.bench.ground import FAMILY, GIVEN, MIDDLE, Ground

BAR = 0.1  # seconds
MANY = 20_000
BARS = (f"an answer within {BAR * 1000:.0f} ms among {MANY:,} people",)
TEXTS = ("an nguyen", "nguyen", "xuyen", "5c an", "000123", "nguyeenx")
_AT_ONCE = 20  # rows of one INSERT: SQLite allows 999 values in old builds


def figures(ground: Ground) -> Iterator[Figure]:
    client = ground.client(ground.cast.thu)
    before = {text: _search_p50(client, text) for text in TEXTS}
    with connected():
        few = Person.select().count()
        _multiply()
        many = Person.select().count()
        in_database = {text: _without_web(ground, text) for text in TEXTS}
    for text in TEXTS:
        after = _search_p50(client, text)
        growth = after / before[text]
        without_web = f"{in_database[text] * 1000:.2f} ms of it without the web"
        more = f"{after * 1000:.2f} ms among {many:,} ({growth:.1f} x), {without_web}"
        too_slow = max(before[text], after) > BAR
        yield Figure(f'"{text}" among {few:,}, p50', before[text], 0, "", more, int(too_slow))


def _search_p50(client: FlaskClient, text: str) -> float:
    return p50(functools.partial(_search, client, text))


def _search(client: FlaskClient, text: str) -> None:
    answer = client.post("/search", data={"q": text}, headers={"HX-Request": "true"})
    if answer.status_code != 200 or "data-search-summary" not in answer.text:
        sys.exit(f"searching answered {answer.status_code}: {answer.text[:500]}")


def _without_web(ground: Ground, text: str) -> float:
    return p50(functools.partial(searching.search, ground.cast.thu, text))


def _multiply() -> None:
    """Copies of everybody under other names, so that the rows are as wide as real ones."""
    chance = random.Random(4)
    originals = list(Person.select().dicts())
    copies = [_copy(chance, originals, serial) for serial in range(len(originals), MANY)]
    with writing():
        for some in chunked(copies, _AT_ONCE):
            Person.insert_many(some).execute()


def _copy(
    chance: random.Random, originals: list[dict[str, object]], serial: int
) -> dict[str, object]:
    name = " ".join(map(chance.choice, (FAMILY, MIDDLE, GIVEN)))
    copy = chance.choice(originals) | {"full_name": name, "number": None}
    copy |= {"search_key": fold(name), "sort_key": sort_key(name)}
    copy |= {"identity_number": f"1009{serial:08d}", "ministry_code": f"19{serial:08d}"}
    del copy["id"]
    return copy
