"""What happens by itself."""

import os

import pytest

from idapp import maintenance, notices, verification
from idapp.models import Batch, PaperCase, Person, Snapshot
from idapp.notices import explanations
from idapp.settings import Settings
from tests.cast import Cast


def test_one_round_opens_cases_and_keeps_the_day(cast: Cast) -> None:
    notices.cases._newest_synced = -1
    maintenance.run()
    maintenance.run()
    assert [c.person_id for c in PaperCase.select()] == [cast.binh.id]
    assert [(s.reason, len(s.lines)) for s in Snapshot.select()] == [("day", 3)]


def test_a_forgotten_upload_goes(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "_tidied_at", float("-inf"))
    folder = settings.data / "uploads"
    folder.mkdir()
    for name in ("import-1", "import-2"):
        (folder / name).write_bytes(b"x")
    os.utime(folder / "import-1", (0, 0))
    maintenance.run()
    assert [file.name for file in folder.iterdir()] == ["import-2"]


def test_explanations_withdraw_however_the_answers_came(cast: Cast) -> None:
    explanations.propose(cast.an, reason="other", note="Chờ", evidence="", by=cast.lan)
    Person.update(status="verified").where(Person.id == cast.an.id).execute()
    maintenance.run()
    assert explanations.of(cast.an) is None


def test_before_the_school_is_set_up_there_is_nothing_to_do(database: object) -> None:
    maintenance.run()


def test_after_a_batch_cases_explanations_and_the_board_follow(cast: Cast) -> None:
    explanations.propose(cast.an, reason="other", note="Chờ", evidence="", by=cast.lan)
    batch = verification.start("school", by=cast.hoa)
    maintenance.after_batch(batch.id)
    assert not Snapshot.select().exists()  # it is still running
    Batch.update(state="finished").where(Batch.id == batch.id).execute()
    Person.update(status="verified").where(Person.id == cast.an.id).execute()
    Person.update(status="not_found").where(Person.id == cast.chi.id).execute()
    maintenance.after_batch(batch.id)
    assert explanations.of(cast.an) is None
    assert {c.person_id for c in PaperCase.select()} == {cast.binh.id, cast.chi.id}
    kept = Snapshot.get(Snapshot.reason == "batch")
    assert kept.subject == f"batch {batch.id}"
    assert sum(line["done"] for line in kept.lines) == 1
