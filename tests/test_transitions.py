"""Which state of a batch or a case may follow which, and the page that shows it."""

from pathlib import Path

import pytest

from idapp.models import OPEN_BATCH, Batch
from idapp.notices import transitions as cases
from idapp.verification import transitions as batches
from tests.cast import Cast

PAGE = Path(__file__).parents[1] / "docs" / "states.md"


def test_the_page_shows_the_tables_as_they_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for table, first in [
        (batches.BATCH, "prepared"),
        (cases.CASE, "open"),
        (cases.REGISTER_ERROR, "prepared"),
    ]:
        assert batches.as_mermaid(table, first) in page, f"write it anew: {first}"


def test_every_state_has_a_word_for_people() -> None:
    from idapp.notices.cases import STATE_WORDS as CASE_WORDS
    from idapp.notices.register_errors import STATE_WORDS as REQUEST_WORDS
    from idapp.verification import STATE_WORDS as BATCH_WORDS

    assert set(batches.BATCH) <= set(BATCH_WORDS)
    assert set(cases.CASE) - {"closed"} == set(CASE_WORDS)
    assert set(cases.REGISTER_ERROR) == set(REQUEST_WORDS)


def test_open_batches_can_end_and_nothing_leads_nowhere() -> None:
    for state in OPEN_BATCH:
        assert "stopped" in batches.BATCH[state], state
    for followers in batches.BATCH.values():
        assert followers <= set(batches.BATCH)


def test_a_move_that_is_not_in_the_table_is_a_fault_of_ours(cast: Cast) -> None:
    batch = Batch.create(scope="school", state="finished", started_by=cast.hoa)
    with pytest.raises(ValueError, match="never goes from finished to running"):
        batches.move(batch.id, "running", seen=["finished"])


def test_whoever_comes_second_moves_nothing(cast: Cast) -> None:
    batch = Batch.create(scope="school", state="queued", started_by=cast.hoa)
    assert batches.move(batch.id, "paused", seen=["queued"], reason="by_hand")
    assert not batches.move(batch.id, "paused", seen=["queued"], reason="outage")
    assert Batch.get_by_id(batch.id).reason == "by_hand"
