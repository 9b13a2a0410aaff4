"""Everything about one person is shown, of nobody else; what has served its purpose goes, and nothing more."""

import json
import os
import time
from datetime import timedelta

import pytest

from idapp import accounts, notices, people, privacy, verification
from idapp.models import Attempt, BatchItem, Change, Import, ImportRow, Person, Session, utc_now
from idapp.settings import Settings
from tests.cast import Cast


def test_everything_about_one_person(cast: Cast):
    people.change(cast.an, "address", "Ấp 7", seen="", by=cast.lan)
    verification.start("school", by=cast.hoa)
    item = BatchItem.get(BatchItem.person == cast.an)
    Attempt.create(item=item, request_code="2022101600000000000001")
    notices.set_progress(Person.get_by_id(cast.an.id), "asked", by=cast.lan)
    everything = json.loads(
        json.dumps(privacy.everything_about(Person.get_by_id(cast.an.id)), ensure_ascii=False)
    )
    assert (everything["person"]["full_name"], everything["class"]) == ("Nguyễn Thị An", "5A")
    edit = next(row for row in everything["change"] if row["field"] == "address")
    assert (edit["new"], edit["user"], edit["source"]) == ("Ấp 7", "Lê Thị Lan", "typed")
    assert everything["batch_item"][0]["values"]["full_name"] == "Nguyễn Thị An"
    assert everything["batch_item"][0]["attempt"][0]["request_code"] == "2022101600000000000001"
    assert everything["paper_case"][0]["state"] == "asked"
    assert {"import_row", "explanation"} <= everything.keys()


def test_nobody_else_is_in_it_and_it_is_audited(cast: Cast):
    everything = json.dumps(privacy.everything_about(cast.an), ensure_ascii=False)
    for other in (cast.binh, cast.chi, cast.giang):
        assert other.full_name not in everything
    assert (
        Change.select().where(Change.event == "person.exported", Change.person == cast.an).count()
        == 1
    )


def _upload(cast: Cast, state: str, days_ago: int) -> Import:
    then = utc_now() - timedelta(days=days_ago)
    upload = Import.create(
        file_name="a.xlsx",
        sha256="0" * 64,
        user=cast.thu,
        state=state,
        created_at=then,
        confirmed_at=then if state == "confirmed" else None,
    )
    ImportRow.create(upload=upload, row=2, verdict="new", values={"full_name": "Lê Thị Chi"})
    return upload


def test_purge_forgets_old_rows_and_keeps_the_rest(cast: Cast, settings: Settings):
    gone = [_upload(cast, state, 100) for state in ("confirmed", "checked", "dropped")]
    kept = [_upload(cast, state, 80) for state in ("confirmed", "checked")]
    people_before, changes = list(Person.select().dicts()), Change.select().count()
    done = privacy.purge(settings, days=90)
    assert done.import_rows == len(gone)
    assert {row.upload_id for row in ImportRow.select()} == {upload.id for upload in kept}
    assert Import.select().count() == 5  # who uploaded which file, and when, stays
    assert (
        Import.get_by_id(gone[1].id).state == "dropped"
    )  # nothing is left that could be confirmed
    assert Import.get_by_id(kept[1].id).state == "checked"
    assert list(Person.select().dicts()) == people_before
    assert Change.select().count() == changes + 1
    assert privacy.purge(settings, days=90).import_rows == 0


def test_purge_ends_what_has_run_out(cast: Cast, settings: Settings):
    living = accounts.start_session(cast.lan)
    accounts.start_session(cast.minh)
    old = utc_now() - accounts.IDLE - timedelta(minutes=1)
    Session.update(seen_at=old).where(Session.user == cast.minh).execute()
    assert privacy.purge(settings, days=90).sessions == 1
    assert accounts.session_of(living) is not None


@pytest.mark.sqlite("copies of the file")
def test_purge_removes_old_copies_only(cast: Cast, settings: Settings):
    old, new = settings.data / "idapp.before-0002_x.db", settings.data / "idapp.before-0003_y.db"
    aside, killed = settings.data / "before-restore-20220101-000000", settings.data / "backup-abc"
    for folder in (aside, killed):
        folder.mkdir()
        (folder / "idapp.db").write_text("x")
    for file in (old, new, settings.data / "secret_key"):
        file.write_text("x")
    for path in (old, aside, killed, settings.data / "secret_key", settings.data / "idapp.db"):
        os.utime(path, (time.time() - 100 * 86400,) * 2)
    assert privacy.purge(settings, days=90).copies == 3
    assert {path.name for path in settings.data.iterdir()} >= {new.name, "secret_key", "idapp.db"}
    assert not any(path.exists() for path in (old, aside, killed))
