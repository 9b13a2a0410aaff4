"""The doctor: a healthy installation is told so, and each kind of damage is found."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from idapp import backup, doctor, jobs, notices, people, scans
from idapp.database import db, is_sqlite, journal_mode
from idapp.models import Batch, BatchItem, Change, Person, Scan
from idapp.people import membership
from idapp.registry.vocabulary import Answer
from idapp.settings import Settings, use
from idapp.verification import runs, start
from tests.cast import Cast


def _levels(findings: list[doctor.Finding]) -> dict[str, str]:
    return {finding.name: finding.level for finding in findings}


def _verify(cast: Cast) -> Batch:
    """One batch over the school in which the register confirms everybody."""
    batch = start("school", by=cast.hoa)

    class Confirming:
        def ask(self, question):  # type: ignore[no-untyped-def]
            return Answer(question.item, question.request_code, "verified")

        def collect(self, items):  # type: ignore[no-untyped-def]
            return ()

        def close(self) -> None:
            pass

    runs.run(batch.id, Confirming(), runs.Pace())
    return Batch.get_by_id(batch.id)


# the data


def test_a_living_school_holds_all_invariants(cast: Cast):
    _verify(cast)
    people.change(cast.an, "full_name", "Nguyễn Thị Ân", seen="Nguyễn Thị An", by=cast.lan)
    people.change(
        cast.binh,
        "identity_number",
        Person.get_by_id(cast.chi.id).identity_number,
        seen="",
        by=cast.lan,
    )
    membership.set_state(Person.get_by_id(cast.chi.id), "Chuyển đi kỳ 1", active=False, by=cast.thu)
    assert Person.get_by_id(cast.an.id).status == "changed"
    assert set(_levels(doctor.invariants()).values()) == {"ok"}


def test_a_case_that_outlived_its_record_and_a_photo_without_its_file_are_found(
    cast: Cast, settings: Settings
):
    notices.set_progress(cast.binh, "received", by=cast.lan)
    case = notices.open_case(cast.binh)
    Scan.create(case=case, name="0" * 32, added_by=cast.lan)
    Person.update(active=False).where(Person.id == cast.binh.id).execute()
    levels = _levels(doctor.invariants())
    assert (levels["cases"], levels["papers"]) == ("warning", "bad")
    Scan.delete().execute()
    scans.keep([b"x"], settings)
    assert _levels(doctor.invariants())["papers"] == "warning"


def test_an_empty_installation_is_fine_too(database: Settings):
    assert set(_levels(doctor.invariants()).values()) == {"ok"}


def _status_by_hand(cast: Cast) -> None:
    Person.update(status="verified").where(Person.id == cast.binh.id).execute()


def _text_by_hand(cast: Cast) -> None:
    Person.update(full_name="Người Khác").where(Person.id == cast.an.id).execute()


def _version_by_hand(cast: Cast) -> None:
    Person.update(version=Person.version + 1).where(Person.id == cast.an.id).execute()


def _two_holders(cast: Cast) -> None:
    db.execute_sql("DROP INDEX person_number")
    Person.update(number=cast.an.number).where(Person.id == cast.chi.id).execute()


def _item_lost(cast: Cast) -> None:
    BatchItem.delete().where(BatchItem.id == _verify(cast).items[0].id).execute()


def _item_left_open(cast: Cast) -> None:
    BatchItem.update(state="sending").where(BatchItem.batch == _verify(cast)).execute()


def _trigger_gone(cast: Cast) -> None:
    _drop_trigger("change_no_delete")


def _trigger_hollow(cast: Cast) -> None:
    _drop_trigger("change_no_update")
    body = "BEGIN SELECT 1; END"
    if not is_sqlite():
        body = "FOR EACH ROW EXECUTE FUNCTION nothing_at_all()"
        db.execute_sql(
            "CREATE FUNCTION nothing_at_all() RETURNS trigger LANGUAGE plpgsql"
            " AS 'BEGIN RETURN NEW; END'"
        )
    db.execute_sql(f"CREATE TRIGGER change_no_update BEFORE UPDATE ON change {body}")


def _drop_trigger(name: str) -> None:
    db.execute_sql(f"DROP TRIGGER {name}" + ("" if is_sqlite() else " ON change"))


@pytest.mark.parametrize(
    ("damage", "found_by"),
    [
        (_status_by_hand, {"states", "verified"}),
        (_text_by_hand, {"states", "history"}),
        (_version_by_hand, {"versions"}),
        (_two_holders, {"states", "numbers"}),
        (_item_lost, {"batches"}),
        (_item_left_open, {"open items"}),
        (_trigger_gone, {"audit"}),
        (_trigger_hollow, {"audit"}),
    ],
)
def test_damage_is_found_and_nothing_is_changed(
    cast: Cast, damage: Callable[[Cast], None], found_by: set[str]
):
    damage(cast)
    before = (
        list(Person.select().order_by(Person.id).dicts()),
        list(Change.select().order_by(Change.id).dicts()),
    )
    levels = _levels(doctor.invariants())
    assert found_by <= {name for name, level in levels.items() if level == "bad"}
    after = (
        list(Person.select().order_by(Person.id).dicts()),
        list(Change.select().order_by(Change.id).dicts()),
    )
    assert after == before


def test_findings_name_records_by_id_only(cast: Cast):
    _text_by_hand(cast)
    told = " ".join(finding.sentence for finding in doctor.invariants())
    assert f"mã {cast.an.id}" in told
    for private in ("Nguyễn", "Người Khác", cast.an.identity_number):
        assert private not in told


# the machine


@pytest.mark.sqlite("SQLite's journal")
def test_it_says_which_journal_and_why(cast: Cast, settings: Settings):
    (finding,) = [f for f in doctor.examine(settings) if f.name == "sqlite"]
    assert finding.level == "ok"
    assert f"journal_mode={journal_mode()}" in finding.sentence
    assert "WAL-reset" in finding.sentence


@pytest.mark.sqlite("SQLite's pragmas")
def test_the_parts_of_a_quiet_installation(cast: Cast, settings: Settings):
    """No Redis runs in this test: that is a warning, not a fault of the data."""
    assert settings.secret_key
    levels = _levels(doctor.examine(settings))
    for name in (
        "sqlite",
        "integrity",
        "foreign keys",
        "pragmas",
        "registry",
        "serving",
        "data folder",
        "secret key file",
    ):
        assert levels[name] == "ok", name
    assert (levels["redis"], levels["worker"], levels["backup"]) == (
        "warning",
        "warning",
        "warning",
    )


def test_a_queue_without_a_worker_must_be_mended(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(jobs, "health", lambda settings: {"queue": "ok", "worker": "down"})
    (finding,) = [f for f in doctor.examine(settings) if f.name == "worker"]
    assert finding.level == "bad"
    assert "Chưa có tiến trình chạy nền" in finding.sentence


@pytest.mark.sqlite("modes of the file")
def test_a_database_beside_the_folder_that_others_can_read_is_found(
    cast: Cast, settings: Settings, tmp_path: Path
):
    file = tmp_path / "idapp.db"
    file.touch(mode=0o644)
    levels = _levels(doctor.examine(replace(settings, database_url=f"sqlite:///{file}")))
    assert levels["database file"] == "bad"


def test_an_open_folder_and_an_open_key_are_found(cast: Cast, settings: Settings):
    assert settings.secret_key
    settings.data.chmod(0o755)
    (settings.data / "secret_key").chmod(0o644)
    levels = _levels(doctor.examine(settings))
    assert (levels["data folder"], levels["secret key file"]) == ("bad", "bad")


@pytest.mark.sqlite("switches foreign keys off")
def test_a_row_that_points_nowhere_is_found(cast: Cast, settings: Settings):
    db.execute_sql("PRAGMA foreign_keys = 0")
    db.execute_sql("UPDATE person SET school_class_id = 999 WHERE id = ?", (cast.an.id,))
    levels = _levels(doctor.examine(settings))
    assert (levels["foreign keys"], levels["pragmas"]) == ("bad", "bad")


_FULL = {
    "REGISTRY": "soap", "REGISTRY_URL": "https://dancu.invalid/v1", "REGISTRY_USER": "u", "REGISTRY_SECRET": "s",
    "REGISTRY_PROCEDURE": "p", "REGISTRY_OFFICER": "o", "REGISTRY_HASH_PATH": "/v1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("registry", "name", "level"),
    [
        ({}, "registry", "ok"),
        (_FULL, "registry", "ok"),
        (_FULL, "registry line", "ok"),
        (_FULL | {"REGISTRY_SECRET": ""}, "registry", "bad"),
        (_FULL | {"REGISTRY_OFFICER": ""}, "registry", "bad"),
        (_FULL | {"REGISTRY_AUTH": "lgsp"}, "registry", "bad"),
        (_FULL | {"REGISTRY_URL": "http://dancu.invalid/v1"}, "registry line", "bad"),
        (_FULL | {"REGISTRY_URL": "http://127.0.0.1:8100/v1"}, "registry line", "ok"),
        (_FULL | {"REGISTRY_RATE": "fast"}, "registry", "bad"),
        ({"REGISTRY": "mail"}, "registry", "bad"),
    ],
)
def test_registry_settings(
    cast: Cast, settings: Settings, registry: dict[str, str], name: str, level: str
):
    assert _levels(doctor.examine(replace(settings, registry=registry)))[name] == level


def test_the_secret_is_never_printed(cast: Cast, settings: Settings):
    registry = _FULL | {"REGISTRY_SECRET": "rat-bi-mat", "REGISTRY_OFFICER": ""}
    assert "rat-bi-mat" not in " ".join(
        f.sentence for f in doctor.examine(replace(settings, registry=registry))
    )


def test_plain_http_for_everybody_is_found(cast: Cast, settings: Settings):
    assert _levels(doctor.examine(replace(settings, host="0.0.0.0")))["serving"] == "bad"


@pytest.mark.usefixtures("quickly_sealed")
def test_a_fresh_backup_is_noted(
    cast: Cast, settings: Settings, tmp_path, monkeypatch: pytest.MonkeyPatch
):  # type: ignore[no-untyped-def]
    backup.make(tmp_path / "b", "bốn từ ghép lại", use(settings))
    assert _levels(doctor.examine(settings))["backup"] == "ok"
