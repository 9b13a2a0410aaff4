"""The last hour in small, on the real process tree: people at their desks, a batch, a file with its undo and a backup.

How fast that is says ``python -m tests.bench hour``; here only whether everything is answered and kept.
"""

import pytest

from idapp import people, school
from idapp.models import Batch, Import
from idapp.settings import Settings
from tests.bench import crowd, hour
from tests.bench.hour import Asked
from tests.cast import Cast, pupil

pytestmark = pytest.mark.timeout(300)  # many processes, on a machine that may be busy

_CLASSES, _PUPILS = 3, 8


def _school_of_three_classes(cast: Cast) -> None:
    classes = [school.add_class(f"5T{rank}", by=cast.thu) for rank in range(_CLASSES)]
    newcomers = []
    for serial in range(_CLASSES * _PUPILS):
        values = pupil("Lê Thị Sáu", serial=100 + serial, ministry_code=f"20000{serial:05d}")
        newcomers.append(("student", classes[serial % _CLASSES], values))
    people.add_many(newcomers, by=cast.thu, source="import")


def test_nothing_fails_and_nothing_is_lost_in_the_last_hour(cast: Cast, settings: Settings) -> None:
    _school_of_three_classes(cast)
    wanted = Asked(minutes=0.12, users=5, pause=0.25, latency_ms=50, least=len(crowd.ROUND))
    played = hour.play(settings.data.parent, wanted)
    assert [done for done in played.done if done.is_error] == []
    assert played.faults == []
    assert {done.deed for done in played.done} == set(crowd.ROUND)
    assert played.lost == 0
    assert sum(one.saves for one in played.people) > 2 * wanted.users
    _what_the_office_did(played.spans)


def _what_the_office_did(spans: list[hour.Span]) -> None:
    names = {span.name for span in spans}
    assert names == {"batch", "file checked", "file written", "file undone", "backup"}
    assert [batch.state for batch in Batch.select()] == ["finished"]
    assert [upload.state for upload in Import.select()] == ["undone"]
