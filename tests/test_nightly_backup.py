"""Backups by the clock: one a day, made up when the machine was off, never at the cost of an older one."""

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest
from flask.testing import FlaskClient

from idapp import accounts, audit, backup, data_folder, doctor, jobs
from idapp.backup import copies, keys, nightly, plan, sealing
from idapp.backup.standing import is_worth_a_word, standing
from idapp.database import db, open_database
from idapp.models import BackupRun, Change, Person, User, utc_now
from idapp.rules.problem import Problem
from idapp.settings import Settings, use
from tests import postgresql
from tests.cast import PASSWORD, Cast

FORM = {"is_on": "1", "hour": "16", "daily": "7", "weekly": "4", "monthly": "6"}
DAY = timedelta(days=1)
Moved = Callable[[timedelta], None]


@pytest.fixture
def paper(cast: Cast, settings: Settings) -> str:
    """The secret half of a key that the school has printed, four letters and four letters."""
    use(settings)
    key = plan.propose_key()
    plan.take_key(key.secret[-6:].lower(), by=cast.hoa)
    return "age-secret-key-1 " + " ".join(key.groups).lower()


@pytest.fixture
def usb(tmp_path: Path) -> Path:
    folder = tmp_path / "usb"
    folder.mkdir()
    return folder


def _make(settings: Settings) -> BackupRun:
    made = nightly.begin(by=None)
    nightly.run(made.id, settings)
    return BackupRun.get_by_id(made.id)


def _older(days: float) -> None:
    """What has been done so far was done that long ago."""
    for run in BackupRun.select():
        run.started_at -= timedelta(days=days)
        run.save()
    since = plan.stored().since
    assert since is not None
    plan._store({"since": (since - timedelta(days=days)).isoformat()})


def test_the_drill(paper: str, cast: Cast, settings: Settings, tmp_path: Path) -> None:
    """Backup, empty folder, restore with the paper: the invariants hold and the clerk signs in."""
    names = [person.full_name for person in Person.select().order_by(Person.id)]
    made = _make(settings)
    assert (made.state, made.people) == ("done", len(names))
    file = nightly.file_of(made)
    assert file is not None
    assert (file.stat().st_mode & 0o777, file.parent) == (0o600, settings.data / "backups")
    other = use(replace(settings, data=tmp_path / "other", database_url=postgresql.fresh_or_file()))
    db.close()
    open_database(other)
    backup.restore(file, paper, other)
    db.connect(reuse_if_open=True)
    assert [person.full_name for person in Person.select().order_by(Person.id)] == names
    assert {finding.level for finding in doctor.invariants()} == {"ok"}
    assert accounts.user_with_password("thu", PASSWORD) == cast.thu
    assert not (other.data / "backups").exists(), "a backup holds no backups"
    assert not BackupRun.select().where(BackupRun.state == "running").exists()
    assert plan.stored().recipient, "the restored school goes on with the same paper"


def test_the_secret_is_nowhere_on_the_machine(paper: str, settings: Settings) -> None:
    made = _make(settings)
    secret = keys._tidied(paper).removeprefix("AGE-SECRET-KEY-1").encode()
    for path in settings.data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert secret not in content, path
            assert secret.lower() not in content, path
    file = nightly.file_of(made)
    assert file is not None
    assert b"SQLite format" not in file.read_bytes()


def test_one_a_day_and_no_more(paper: str, settings: Settings) -> None:
    now = utc_now()
    due = plan.stored().last_due(now)
    assert timedelta(0) <= now - due < DAY
    assert nightly.owed(settings) == [], "the key is younger than the last moment"
    _older(1)
    (first,) = nightly.owed(settings)
    assert nightly.owed(settings) == [], "one is under way"
    nightly.run(first, settings)
    nightly.run(first, settings)  # its job was there twice
    assert BackupRun.get_by_id(first).state == "done"
    assert nightly.owed(settings) == []
    _older(3.5)  # the machine was off for three nights: one backup, not three
    (second,) = nightly.owed(settings)
    nightly.run(second, settings)
    assert nightly.owed(settings) == []
    assert Change.select().where(Change.event == "backup.made").count() == 2


def test_none_without_a_key_or_when_turned_off(cast: Cast, settings: Settings) -> None:
    assert nightly.owed(settings) == []
    with pytest.raises(Problem, match="Chưa có khóa"):
        nightly.begin(by=cast.thu)
    plan.bring_key(keys.new_key().recipient, by=cast.thu)
    _older(9)
    plan.change(FORM | {"is_on": ""}, by=cast.thu, settings=settings)
    assert nightly.owed(settings) == []
    assert standing().state == "off"


def test_a_failure_is_tried_again_after_an_hour(
    paper: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make(settings)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(data_folder, "write_durably", full)
    failed = _make(settings)
    assert failed.state == "failed"
    assert "đã đầy" in failed.problem
    assert len(list((settings.data / "backups").iterdir())) == 1, "the older one is still there"
    assert (standing().state, nightly.owed(settings)) == ("failed", [])
    assert "đã đầy" in standing().sentence
    monkeypatch.undo()
    use(settings)
    _older(2 / 24)
    (again,) = nightly.owed(settings)
    nightly.run(again, settings)
    assert standing().state == "ok"


def test_a_backup_that_was_cut_off_is_noted(paper: str, settings: Settings) -> None:
    BackupRun.create(state="running")
    assert nightly.owed(settings) == []
    assert BackupRun.get().state == "failed"
    assert "ngắt giữa chừng" in BackupRun.get().problem


def test_a_backup_that_runs_is_left_alone(paper: str, settings: Settings) -> None:
    BackupRun.create(state="running")
    with nightly._alone(settings) as is_alone:
        assert is_alone
        assert nightly.owed(settings) == []
        assert BackupRun.get().state == "running"


def test_a_broken_database_takes_the_place_of_no_good_backup(
    paper: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_copy_database", lambda path: path.write_bytes(b"x" * 9000))
    failed = _make(settings)
    assert (failed.state, failed.size) == ("failed", 0)
    assert "bị hỏng" in failed.problem
    assert list((settings.data / "backups").iterdir()) == []


def test_the_second_folder(paper: str, cast: Cast, settings: Settings, usb: Path) -> None:
    plan.change(FORM | {"second_folder": str(usb)}, by=cast.thu, settings=settings)
    made = _make(settings)
    assert (made.state, made.second_folder) == ("done", str(usb))
    file = nightly.file_of(made)
    assert file is not None
    assert (usb / made.file_name).read_bytes() == file.read_bytes()
    (usb / "thư.docx").write_bytes(b"of somebody")
    shutil.move(usb, usb.with_name("pulled"))
    without = _make(settings)
    assert (without.state, without.second_folder) == ("partly", "")
    assert "cắm lại" in without.problem
    assert standing().state == "partly"
    assert not usb.exists(), "no folder is made where a disk should be"
    file = nightly.file_of(without)
    assert file is not None
    shutil.move(usb.with_name("pulled"), usb)
    assert (usb / "thư.docx").exists()
    assert (_make(settings).state, standing().state) == ("done", "ok")


def test_an_empty_mount_point_is_no_disk(
    paper: str, cast: Cast, settings: Settings, usb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(copies, "on_other_disk", lambda *_: True)
        plan.change(FORM | {"second_folder": str(usb)}, by=cast.thu, settings=settings)
        assert _make(settings).state == "done"
    without = _make(settings)  # now the folder lies on the disk of the data
    assert without.state == "partly"
    assert "chưa được cắm" in without.problem
    assert len(list(usb.iterdir())) == 1


def test_old_backups_go_and_nothing_else(paper: str, cast: Cast, settings: Settings) -> None:
    folder = settings.data / "backups"
    folder.mkdir()
    mark = plan.stored().mark
    stay = ["idapp-20200101-220000-aaaaaa.age", "của thầy.age", "idapp-20200101-220000.db"]
    for name in stay:
        (folder / name).write_bytes(b"")
    for day in range(1, 21):
        (folder / f"idapp-202001{day:02}-220000-{mark}.age").write_bytes(b"old")
    plan.change(
        FORM | {"daily": "3", "weekly": "0", "monthly": "0"}, by=cast.thu, settings=settings
    )
    made = _make(settings)
    kept = {path.name for path in folder.iterdir()}
    newest = {f"idapp-202001{day}-220000-{mark}.age" for day in (19, 20)}
    assert kept == {*stay, *newest, made.file_name}


def test_what_a_crash_left_of_a_backup_goes_after_a_day(
    paper: str, cast: Cast, settings: Settings, usb: Path
) -> None:
    """In the second folder too: on a school's disk each would take the place of a backup for good."""
    plan.change(FORM | {"second_folder": str(usb)}, by=cast.thu, settings=settings)
    own = settings.data / "backups"
    own.mkdir()
    mark = plan.stored().mark
    cut_off = f"idapp-20200101-220000-{mark}.age.part"
    stay = [f"idapp-20200102-220000-{mark}.age.part", "idapp-20200101-220000-aaaaaa.age.part"]
    for folder in (own, usb):
        for name in (cut_off, *stay):
            (folder / name).write_bytes(b"half of it")
            if name != stay[0]:  # that one is only just being written
                os.utime(folder / name, (0, 0))
    made = _make(settings)
    assert made.state == "done"
    for folder in (own, usb):
        assert {path.name for path in folder.iterdir()} == {*stay, made.file_name}


def test_the_backup_of_a_clock_put_back_stays(paper: str, cast: Cast, settings: Settings) -> None:
    folder = settings.data / "backups"
    folder.mkdir()
    later = [f"idapp-209901{day}-220000-{plan.stored().mark}.age" for day in (10, 11, 12)]
    for name in later:
        (folder / name).write_bytes(b"made while the clock was ahead")
    wanted = FORM | {"daily": "2", "weekly": "0", "monthly": "0"}
    plan.change(wanted, by=cast.thu, settings=settings)
    made = _make(settings)
    assert {path.name for path in folder.iterdir()} == {*later[1:], made.file_name}


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({"hour": "24"}, "hour"),
        ({"hour": "٣"}, "hour"),
        ({"hour": ""}, "hour"),
        ({"daily": "0"}, "daily"),
        ({"monthly": "9999999999999"}, "monthly"),
        ({"folder": "saoluu"}, "folder"),
        ({"folder": "/no/such/folder"}, "folder"),
        ({"folder": "/tmp/\0"}, "folder"),
        ({"second_folder": "{data}"}, "second_folder"),
        ({"second_folder": "{data}/uploads"}, "second_folder"),
        ({"folder": "{program}/static"}, "folder"),
        ({"folder": "{usb}", "second_folder": "{usb}/."}, "second_folder"),
    ],
)
def test_what_cannot_be_is_said(
    cast: Cast, settings: Settings, usb: Path, texts: dict[str, str], field: str
) -> None:
    (settings.data / "uploads").mkdir(exist_ok=True)
    places = {"data": settings.data, "usb": usb, "program": Path(backup.__file__).parents[2]}
    filled = {name: text.format(**places) for name, text in texts.items()}
    before = plan.stored()
    with pytest.raises(Problem) as refusal:
        plan.change(FORM | filled, by=cast.thu, settings=settings)
    assert refusal.value.field == field
    assert plan.stored() == before


def test_a_key_counts_only_with_its_paper(cast: Cast, settings: Settings) -> None:
    first = plan.propose_key()
    with pytest.raises(Problem, match="chưa đúng"):
        plan.take_key("ABCDEF", by=cast.thu)
    second = plan.propose_key()
    with pytest.raises(Problem):
        plan.take_key(first.secret[-6:], by=cast.thu)
    assert plan.stored().recipient == ""
    plan.take_key(f" {second.secret[-6:]} ", by=cast.thu)
    assert plan.stored().recipient == second.recipient
    with pytest.raises(Problem, match="Tạo khóa"):
        plan.take_key(second.secret[-6:], by=cast.thu)
    with pytest.raises(Problem, match="age1"):
        plan.bring_key(second.secret, by=cast.thu)


def test_each_wrong_secret_has_its_sentence(paper: str, settings: Settings, tmp_path: Path) -> None:
    file = nightly.file_of(_make(settings))
    assert file is not None
    sentences = {
        "con trâu đi trước": "khóa trên giấy",
        paper[:-1]: "gõ chưa đúng",
        keys.new_key().secret: "tờ khóa của lần khác",
    }
    for secret, sentence in sentences.items():
        with pytest.raises(backup.BackupRefused, match=sentence), file.open("rb") as sealed:
            sealing.opened(sealed, secret)
    by_hand = tmp_path / "by-hand"
    by_hand.write_bytes(b"age-encryption.org/v1\n-> scrypt xx 18\n")
    with pytest.raises(backup.BackupRefused, match="cụm mật khẩu"), by_hand.open("rb") as sealed:
        sealing.opened(sealed, paper)


@pytest.mark.parametrize("at", [5, 25, 30, 60, 100, 180, 400, -3])
def test_a_tampered_backup_is_one_sentence(paper: str, settings: Settings, at: int) -> None:
    file = nightly.file_of(_make(settings))
    assert file is not None
    sealed = bytearray(file.read_bytes())
    sealed[at] ^= 1
    file.write_bytes(sealed)
    with pytest.raises(backup.BackupRefused), file.open("rb") as tampered:
        sealing.opened(tampered, paper)


def test_any_tool_that_knows_the_format_opens_it(paper: str, settings: Settings) -> None:
    file = nightly.file_of(_make(settings))
    assert file is not None
    identity = pyrage.x25519.Identity.from_str(keys._tidied(paper))
    assert pyrage.decrypt(file.read_bytes(), [identity]).startswith(b"\x1f\x8b"), "a gzipped tar"


# what people read


def test_who_should_know_reads_it(
    paper: str, cast: Cast, settings: Settings, client_of: Callable[[User], FlaskClient]
) -> None:
    _make(settings)
    clerk = client_of(cast.thu)
    assert "data-backup-trouble" not in clerk.get("/classes").text
    assert clerk.get("/healthz").json["backup"] == "ok"
    _older(3)
    assert "Đã 3 ngày không có bản sao lưu mới" in clerk.get("/classes").text
    assert clerk.get("/healthz").json["backup"] == "late"
    assert "data-backup-trouble" in client_of(cast.hoa).get("/classes").text
    for other in (cast.lan, cast.phong):
        assert "data-backup-trouble" not in client_of(other).get("/classes").text
    (finding,) = [one for one in doctor.examine(settings) if one.name == "backup"]
    assert (finding.level, "3 ngày" in finding.sentence) == ("warning", True)


def test_a_school_without_backups_hears_of_it_after_a_week(cast: Cast, settings: Settings) -> None:
    audit.record("school.set_up", by=cast.thu)
    assert standing().state == "off"
    assert not is_worth_a_word(standing())
    later = utc_now() + 8 * DAY
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("idapp.backup.standing.utc_now", lambda: later)
        assert is_worth_a_word(standing())


def test_the_page_from_the_key_to_the_file(
    cast: Cast,
    settings: Settings,
    client_of: Callable[[User], FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "back_up_later", lambda run_id: nightly.run(run_id, settings) or True)
    clerk, principal = client_of(cast.thu), client_of(cast.hoa)
    assert "chỉ hiệu trưởng tạo khóa" in clerk.get("/settings/backup").text
    page = principal.post("/settings/backup/key").text
    letters = "".join(page.split("<b>AGE-SECRET-KEY-1</b>")[1].split("</p>")[0].split())
    letters = letters.replace("<span>", "").replace("</span>", "")
    wrong = principal.post("/settings/backup/key/kept", data={"last_letters": "QQQQQQ"})
    assert (wrong.status_code, "chưa đúng" in wrong.text) == (422, True)
    assert letters not in wrong.text
    right = principal.post("/settings/backup/key/kept", data={"last_letters": letters[-6:]})
    assert right.status_code == 303
    made = BackupRun.get()
    assert (made.state, made.user) == ("done", cast.hoa)
    answer = clerk.post(f"/settings/backup/{made.id}/download")
    identity = keys.identity_of(f"AGE-SECRET-KEY-1{letters}")
    assert pyrage.decrypt(answer.data, [identity])
    assert made.file_name in answer.headers["Content-Disposition"]
    assert Change.select().where(Change.event == "backup.downloaded").count() == 1
    refused = clerk.post("/settings/backup", data=FORM | {"hour": "99", "folder": "/tmp"})
    assert (refused.status_code, 'value="99"' in refused.text) == (422, True)
    assert clerk.post("/settings/backup", data=FORM).status_code == 303
    assert letters not in clerk.get("/settings/backup").text


def test_an_old_machine_asks_for_the_password(
    cast: Cast, settings: Settings, client_of: Callable[[User], FlaskClient]
) -> None:
    from idapp.models import Session

    principal = client_of(cast.hoa)
    Session.update(password_typed_at=utc_now() - DAY).execute()
    for path in ("", "/key", "/1/download"):
        answer = principal.post(f"/settings/backup{path}", data=FORM)
        assert (answer.status_code, "Nhập lại mật khẩu" in answer.text) == (403, True), path


def test_a_folder_without_rights(cast: Cast, usb: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    usb.chmod(0o500)
    with pytest.raises(backup.BackupRefused, match="không có quyền"):
        copies.check_there(usb, away_from=None)
