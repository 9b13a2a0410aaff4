"""``python -m tests.bench`` runs every section, ``python -m tests.bench saving opening`` only those."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import (
    batch,
    beside,
    growth,
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
    "growth": growth.figures,
}  # fmt: skip


def main(chosen: list[str]) -> int:
    if unknown := set(chosen) - set(SECTIONS):
        sys.exit(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground.laid(Path(folder), with_people=bool(chosen) and "importing" not in chosen)
        for name in chosen or SECTIONS:
            figures = list(SECTIONS[name](ground))
            show(name, figures)
            wrong += sum(one.wrong for one in figures)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
