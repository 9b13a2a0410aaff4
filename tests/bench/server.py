"""The same school in its file and on a server of PostgreSQL, by turns: what the server costs, and the way there.

Processor time, which other work on the machine does not change: of this process, which is the web server's, and of the
server's own process for this connection. The server writes to a disk, as a school's would.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from idapp import server_move
from idapp.database import close_database, connected, db, is_sqlite, open_database
from idapp.models import Person
from idapp.settings import Settings, current, use
from tests import postgresql
from tests.bench.figures import Figure
from tests.bench.ground import Ground

_TURNS = 4
_SAVES = 40


def figures(ground: Ground) -> Iterator[Figure]:
    """The move comes first; afterwards both are asked in turn."""
    file = use(current())
    with postgresql.cluster("--locale=C", durable=True) as address:
        home = postgresql.fresh(server=address)
        yield _move(home, file)
        server = replace(file, database_url=home)
        spent = {"file": [0.0, 0.0], "server": [0.0, 0.0]}
        for turn in range(_TURNS):
            for name, settings in (("file", file), ("server", server)):
                saving, opening = _work(ground, settings, turn)
                spent[name][0] += saving
                spent[name][1] += opening
        close_database()
    times = _TURNS * _SAVES
    for place, deed in enumerate(("save a cell", "open a class of 45")):
        ours, floor = spent["server"][place] / times, spent["file"][place] / times
        yield Figure(f"{deed} on a server, CPU", ours, floor, "the same in the file")


def _move(address: str, settings: Settings) -> Figure:
    open_database(settings)
    with connected():
        begun = time.process_time()
        moved = server_move.move(address, settings, lambda *_: None)
        spent = time.process_time() - begun
    close_database()
    (settings.data / "moved_to_postgresql").unlink()
    return Figure(
        "move to a server, CPU", spent, 0, f"{moved.rows:,} rows of {moved.tables} tables"
    )


def _work(ground: Ground, settings: Settings, turn: int) -> tuple[float, float]:
    """Seconds of processor time for so many saves, and for so many class pages."""
    open_database(use(settings))
    os.environ["DATABASE_URL"] = settings.database_url
    client = ground.client()
    with connected():
        person = Person.select().where(Person.school_class == ground.opened_class).first()
        class_id = ground.opened_class.id
    last = [person.address]

    def save(number: int) -> None:
        typed = f"Ấp {turn}-{number}"
        sent = {"value": typed, "seen": last[0]}
        path = f"/people/{person.id}/cells/address"
        answer = client.post(path, data=sent, headers={"HX-Request": "true"})
        assert answer.status_code == 200, answer.text[:300]
        last[0] = typed

    saving = _cpu_of(save)
    opening = _cpu_of(lambda _: client.get(f"/classes/{class_id}"))
    os.environ.pop("DATABASE_URL")
    return saving, opening


def _cpu_of(deed: Callable[[int], object]) -> float:
    deed(_SAVES)  # warm
    begun = time.process_time() + _of_server()
    for number in range(_SAVES):
        deed(number)
    return time.process_time() + _of_server() - begun


def _of_server() -> float:
    """What the server's process of our connection has used so far; it is the same one all the time."""
    if is_sqlite():
        return 0.0
    with connected():
        (number,) = db.execute_sql("SELECT pg_backend_pid()").fetchone()
    ticks = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")
