"""The same hour on a larger installation (bar L7): 200 people at several web processes, which no two deeds of a person
find the same, with workers beside them, on one PostgreSQL that writes to a disk and one Redis.

The school is moved there by ``flask move-to-postgresql``'s own verb. At the end, besides every save, the chain of the
history must hold: it is what writers of several processes would tear first.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from idapp import history_chain, server_move
from idapp.database import close_database, connected, open_database
from idapp.settings import Settings, current, use
from tests import larger, postgresql
from tests.bench import hour
from tests.bench.figures import Figure
from tests.bench.ground import Ground

WEBS, WORKERS = 4, 2
BARS = hour.BARS
asked = hour.Asked(users=200)


def figures(ground: Ground) -> Iterator[Figure]:
    with moved(current()):
        played = hour.play(ground.folder, asked, several_processes)
        yield from hour.of_hour(played)
        with connected():
            torn = history_chain.examine()
        yield Figure("the history", 0, 0, "", f"its chain: {torn or 'whole'}", int(bool(torn)))


@contextmanager
def several_processes(_: Path, register: str) -> Iterator[list[str]]:
    """As many web processes and workers as an office would start; their addresses."""
    told = {"IDAPP_DEMO": "0", **hour.line_to(register)}
    with larger.installation(current(), webs=WEBS, workers=WORKERS, **told) as site:
        yield site.addresses


@contextmanager
def moved(file: Settings) -> Iterator[None]:
    """The school is on a server until the block ends; whoever comes after it works in the file again."""
    with postgresql.cluster(durable=True) as server, larger.redis_server() as redis:
        home = postgresql.fresh(server=server)
        open_database(file)
        with connected():
            server_move.move(home, file, lambda *_: None)
        (file.data / "moved_to_postgresql").unlink()
        os.environ.update(DATABASE_URL=home, REDIS_URL=redis)
        open_database(use(replace(file, database_url=home, redis_url=redis)))
        try:
            yield
        finally:
            close_database()
            del os.environ["DATABASE_URL"], os.environ["REDIS_URL"]
            open_database(use(file))
