"""``python -m tests.bench`` runs every section but the hour, ``python -m tests.bench saving opening`` only those.

``python -m tests.bench hour --minutes 2 --users 20``: a shorter or smaller hour.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import (
    batch,
    beside,
    growth,
    hour,
    importing,
    opening,
    photos,
    places,
    saving,
    search,
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
    "beside": beside.figures, "teachers": teachers.figures, "batch": batch.figures,
    "writing": writing.figures, "year": years.figures, "photos": photos.figures,
    "places": places.figures, "search": search.figures,
    "growth": growth.figures, "hour": hour.figures,
}  # fmt: skip
_ONLY_IF_NAMED = ("hour",)  # it takes ten minutes


def main(arguments: list[str]) -> int:
    told = _parser().parse_args(arguments)
    if unknown := set(told.sections) - set(SECTIONS):
        sys.exit(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    hour.asked = hour.Asked(told.minutes, told.users)
    chosen = told.sections or [name for name in SECTIONS if name not in _ONLY_IF_NAMED]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground.laid(Path(folder), with_people="importing" not in chosen)
        for name in chosen:
            figures = list(SECTIONS[name](ground))
            show(name, figures)
            wrong += sum(one.wrong for one in figures)
    return int(wrong > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="section")
    parser.add_argument("--minutes", type=float, default=hour.Asked.minutes)
    parser.add_argument("--users", type=int, default=hour.Asked.users)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
