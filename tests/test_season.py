"""A short season of a school: everybody's deeds, crashes, a register with faults, and a model that keeps count.

Longer ones, from any seed: ``make soak`` (docs/soak.md).
"""

import logging
from pathlib import Path

import pytest

from idapp.database import db
from idapp.rules import record
from tests.crash.walking import forked
from tests.season.model import TEXTS
from tests.season.playing import Broken, Season

_DEEDS = 500  # about 30 ms of work each
_LOOKS = 40  # deeds from one close look, 0.4 s of work, to the next
# Seasons in which something was once broken: (seed, deeds until then).
_FOUND: tuple[tuple[int, int], ...] = ()


def _broken(seed: int, deeds: int, place: Path) -> str:
    """What is broken after so many deeds, "" for nothing."""
    logging.disable(logging.CRITICAL)
    season = Season(seed, place, every=_LOOKS)
    try:
        season.play(deeds)
    except Broken as broken:
        return str(broken)
    finally:
        season.campus.close()
    return ""


def test_the_model_watches_every_text_of_a_record() -> None:
    assert set(TEXTS) == {field.name for field in record.FIELDS}


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("seed", "deeds"), [(1, _DEEDS), *_FOUND])
def test_nothing_is_broken_after_a_season(seed: int, deeds: int, tmp_path: Path) -> None:
    if db.obj is not None:
        db.close()
    # in a process of its own: the season has its own clock and its own queue
    _, said = forked(lambda: _broken(seed, deeds, tmp_path))
    assert said == ""
