"""``python -m tests.bench`` runs every section but the hours, ``python -m tests.bench saving opening`` only those.

``python -m tests.bench hour --minutes 2 --users 20``: a shorter or smaller hour; ``--database postgresql`` plays it
on a cluster of its own. ``larger-hour`` is that of 200 people on a larger installation. ``--write`` puts the figures
into ``docs/performance.md``, ``--redraw`` only its texts anew.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from tests import postgresql
from tests.bench import (
    batch,
    beside,
    growth,
    hour,
    importing,
    larger_hour,
    memory,
    opening,
    page,
    photos,
    places,
    saving,
    search,
    server,
    slow,
    teachers,
    writing,
    years,
)
from tests.bench.figures import Figure, show
from tests.bench.ground import Ground

# importing comes first: its people are there for the others; places, search and growth last: they
# leave the school in two levels, and with ten times as many people
SECTIONS: dict[str, Callable[[Ground], Iterator[Figure]]] = {
    "importing": importing.figures, "opening": opening.figures, "saving": saving.figures,
    "beside": beside.figures, "teachers": teachers.figures, "memory": memory.figures, "batch": batch.figures,
    "writing": writing.figures, "year": years.figures, "photos": photos.figures,
    "server": server.figures,
    "places": places.figures, "search": search.figures,
    "growth": growth.figures, "slow": slow.figures, "hour": hour.figures,
    "larger-hour": larger_hour.figures,
}  # fmt: skip
_ONLY_IF_NAMED = ("hour", "larger-hour")  # each takes ten minutes


def main(arguments: list[str]) -> int:
    told = _parser().parse_args(arguments)
    if unknown := set(told.sections) - set(SECTIONS):
        sys.exit(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    if told.redraw:
        page.write(modules(), {})
        return 0
    for module in (hour, larger_hour):
        users = told.users or module.asked.users
        module.asked = hour.Asked(told.minutes, users)
    chosen = told.sections or [name for name in SECTIONS if name not in _ONLY_IF_NAMED]
    with tempfile.TemporaryDirectory() as folder, _database(told.database) as address:
        with_people = "importing" not in chosen
        ground = Ground.laid(Path(folder), with_people=with_people, database_url=address)
        return int(_measure(chosen, ground, write=told.write) > 0)


def modules() -> dict[str, ModuleType]:
    """The module of each section: its docstring is the method, its ``BARS`` are what it is held to."""
    return {name: sys.modules[figures.__module__] for name, figures in SECTIONS.items()}


def _measure(chosen: list[str], ground: Ground, *, write: bool) -> int:
    """How many answers were wrong. Each section is written as soon as it is measured."""
    wrong = 0
    for name in chosen:
        load, begun = page.load(), time.perf_counter()
        figures = list(SECTIONS[name](ground))
        show(name, figures)
        wrong += sum(one.wrong for one in figures)
        if write:
            page.write(modules(), {name: page.table(figures, time.perf_counter() - begun, load)})
    return wrong


@contextmanager
def _database(kind: str) -> Iterator[str]:
    """Its address; "" for the file in the data folder."""
    if kind == "sqlite":
        yield ""
        return
    with postgresql.cluster(durable=True) as address:
        yield address


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="section")
    parser.add_argument("--minutes", type=float, default=hour.Asked.minutes)
    parser.add_argument("--users", type=int, default=0)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--redraw", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
