"""Long deeds killed on their way: whole, absent, or carried through afterwards. A few points of each deed; all of them
by ``make crash``."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from idapp.database import db
from tests.crash import page
from tests.crash.deeds import DEEDS, Deed, Ground
from tests.crash.ground import laid
from tests.crash.walking import Walk, evenly

_POINTS = 2  # of each deed: half a second of work for its ground, a fifth for each of them
# Steps at which a deed was once found in pieces afterwards.
_FOUND = {
    "backup": ("write the rest of descriptor",),
    "backup by itself": ("os.rename /var/backups",),
    "restore": ("os.rename /var/idapp.db", "os.rename /var/restoring", "os.rmdir /var/restore-"),
    "newer lists of places": ("os.rename /var/places/in-use", 'UPDATE "person"'),
    "take results of a file": ('INSERT INTO "change"',),
    "ask the register": ("os.remove /var/leases",),
}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One small school for all deeds; no connection is open in this process, which forks."""
    if db.obj is not None:
        db.close()
    with laid(tmp_path_factory.mktemp("crash")) as ground:
        yield ground


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
def test_a_deed_is_whole_after_any_crash(deed: Deed, ground: Ground, tmp_path: Path) -> None:
    logging.disable(logging.WARNING)
    try:
        walk = Walk(deed, ground, tmp_path)
        points = {*evenly(_met_each_time(walk), _POINTS), *_found_points(walk)}
        walked = walk.go(sorted(points))
    finally:
        logging.disable(logging.NOTSET)
    assert walked.tried == len(points)
    assert not walked.faults


def test_the_page_tells_of_complete_walks_without_a_fault() -> None:
    told = page.rows()
    assert told.keys() <= {deed.name for deed in DEEDS}
    for deed, (points, killed, _, _, absent, whole, at_fault, *_) in told.items():
        # the turn of a thread decides whether a last point is met
        assert 0.97 * int(points) <= int(killed) <= int(points), deed
        assert int(absent) + int(whole) >= int(killed), deed
        assert at_fault == "0", deed


def _met_each_time(walk: Walk) -> int:
    """Points of the walk; where threads ask the register, their turn decides whether the last ones are met."""
    return len(walk.points) * 97 // 100 if walk.deed.is_asked else len(walk.points)


def _found_points(walk: Walk) -> list[int]:
    """The last step of each of these names."""
    numbered = list(enumerate(walk.points, start=1))
    names = _FOUND.get(walk.deed.name, ())
    return [max(number for number, step in numbered if step.startswith(name)) for name in names]
