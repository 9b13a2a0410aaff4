"""Backups of a living school: all comes back, nothing is read without the passphrase, nothing half is kept."""

import io
import json
import os
import re
import stat
import tarfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest

from idapp import accounts, backup, data_folder, people
from idapp.backup import sealing
from idapp.database import db, linked_sqlite, migrate, open_database
from idapp.models import Change, Person, Session, User
from idapp.settings import Settings, use
from tests import age_files, postgresql
from tests.cast import PASSWORD, Cast

PHRASE = "con trâu đi trước cái cày"
pytestmark = pytest.mark.usefixtures("quickly_sealed")
OLD_BACKUP = Path(__file__).parent / "samples" / "backup-version-1.idbak"  # the cast, cheap key


@pytest.fixture
def made(cast: Cast, settings: Settings, tmp_path: Path) -> Path:
    """A backup of the cast's school with its key and an upload."""
    assert settings.secret_key
    (settings.data / "uploads" / "deep").mkdir(parents=True)
    (settings.data / "uploads" / "deep" / "giấy.bin").write_bytes(
        os.urandom(300_000)
    )  # several chunks
    (settings.data / "redis").mkdir()
    (settings.data / "redis" / "dump.rdb").write_bytes(b"of this run")
    (settings.data / "app.lock").write_text("")
    target = tmp_path / "truong.idbak"
    backup.make(target, PHRASE, settings)
    return target


@pytest.fixture
def some_backup(cast: Cast, settings: Settings, tmp_path: Path) -> Path:
    """A backup of such a school, only to be spoilt or refused."""
    (settings.data / "app.lock").write_text("")  # as a start leaves it
    (settings.data / "paper.bin").write_bytes(os.urandom(300_000))  # several chunks
    target = tmp_path / "truong.idbak"
    backup.make(target, PHRASE, settings)
    return target


def _elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    """Another machine: an installation that has been started once and holds nobody."""
    other = use(replace(settings, data=tmp_path / "other", database_url=postgresql.fresh_or_file()))
    db.close()
    open_database(other)
    db.connect()
    migrate()
    return other


def test_everything_comes_back_on_another_machine(
    made: Path, cast: Cast, settings: Settings, tmp_path: Path
):
    people_before = sorted(Person.select().dicts(), key=lambda row: row["id"])
    changes_before, key = Change.select().count(), settings.secret_key
    upload = (settings.data / "uploads" / "deep" / "giấy.bin").read_bytes()
    other = _elsewhere(settings, tmp_path)
    assert other.secret_key != key  # a start alone makes a key; it gives way
    content = backup.restore(made, PHRASE, other)
    assert (content.school, content.people) == ("Trường TH Thử Nghiệm", len(people_before))
    assert sorted(Person.select().dicts(), key=lambda row: row["id"]) == people_before
    assert (
        Change.select().count() == changes_before
    )  # backup.made came after the copy, backup.restored after the return
    assert (other.data / "secret_key").read_text() == key
    assert (other.data / "uploads" / "deep" / "giấy.bin").read_bytes() == upload
    assert accounts.user_with_password("lan", PASSWORD) == cast.lan
    assert not (other.data / "redis").exists()


def test_a_restored_school_can_be_worked_in(made: Path, settings: Settings, tmp_path: Path):
    backup.restore(made, PHRASE, _elsewhere(settings, tmp_path))
    binh = Person.get(Person.full_name == "Trần Văn Bình")
    assert people.change(
        binh, "address", "Ấp 3", seen="", by=User.get(User.username == "lan")
    ).changed


def test_a_cookie_from_before_opens_nothing_after_a_restore(
    cast: Cast, settings: Settings, tmp_path: Path
):
    token = accounts.start_session(cast.lan)
    target = tmp_path / "b"
    backup.make(target, PHRASE, settings)
    backup.restore(target, PHRASE, settings, force=True)
    assert accounts.session_of(token) is None
    assert not Session.select().exists()


@pytest.mark.own_sealing
def test_nothing_can_be_read_without_the_passphrase(made: Path):
    """With it a public tool opens the archive, an age file around a gzipped tar: nothing of this program is needed."""
    sealed = made.read_bytes()
    for secret in ("Nguyễn", "SQLite format 3", "100312", "secret_key", PHRASE):
        assert secret.encode() not in sealed
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    archive = pyrage.passphrase.decrypt(sealed, PHRASE)
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        names = set(tar.getnames())
    assert {"backup.json", "idapp.db", "secret_key", "uploads/deep/giấy.bin"} <= names


@pytest.mark.parametrize("phrase", ["con trâu đi trước cái cầy", PHRASE + " "])
def test_a_wrong_passphrase_changes_nothing(some_backup: Path, settings: Settings, phrase: str):
    before = _everything_in(settings.data)
    with pytest.raises(backup.BackupRefused, match="Cụm mật khẩu không đúng"):
        backup.restore(some_backup, phrase, settings, force=True)
    assert _everything_in(settings.data) == before


@pytest.mark.parametrize(
    "damage", ["flip_first", "flip_late", "cut", "cut_at_chunk", "swap", "append", "cost"]
)
def test_a_damaged_file_is_noticed_and_changes_nothing(
    some_backup: Path, settings: Settings, damage: str
):
    some_backup.write_bytes(_damaged(bytearray(some_backup.read_bytes()), damage))
    before = _everything_in(settings.data)
    with pytest.raises(backup.BackupRefused):
        backup.restore(some_backup, PHRASE, settings, force=True)
    assert _everything_in(settings.data) == before


def _damaged(sealed: bytearray, damage: str) -> bytes:
    head, chunk = sealed.index(b"\n--- ") + 49 + 16, 64 * 1024 + 16  # header, its code, a nonce
    assert len(sealed) > head + 3 * chunk
    if damage.startswith("flip"):
        sealed[60 if damage == "flip_first" else head + 2 * chunk + 5] ^= 1
    if damage == "swap":
        first, second = sealed[head : head + chunk], sealed[head + chunk : head + 2 * chunk]
        sealed[head : head + 2 * chunk] = second + first
    if damage == "cost":  # would take years
        sealed = bytearray(re.sub(rb"(scrypt \S+ )[0-9]+", rb"\g<1>40", bytes(sealed), count=1))
    cuts = {"cut": len(sealed) - 7, "cut_at_chunk": head + 2 * chunk}
    return bytes(sealed[: cuts.get(damage, len(sealed))]) + (b"more" if damage == "append" else b"")


@pytest.mark.parametrize("junk", [b"", b"IDAPPBK1", b"PK\x03\x04 a workbook", b"\0" * 5000])
def test_another_file_is_not_a_backup(cast: Cast, settings: Settings, tmp_path: Path, junk: bytes):
    (tmp_path / "junk").write_bytes(junk)
    with pytest.raises(backup.BackupRefused):
        backup.restore(tmp_path / "junk", PHRASE, settings, force=True)


@pytest.mark.sqlite("reads the file that went aside")
def test_a_folder_with_a_school_is_not_overwritten_unless_asked(
    made: Path, cast: Cast, settings: Settings
):
    people.change(cast.binh, "address", "Ấp 9", seen="", by=cast.lan)
    with pytest.raises(backup.BackupRefused, match="--force"):
        backup.restore(made, PHRASE, settings)
    assert Person.get_by_id(cast.binh.id).address == "Ấp 9"
    backup.restore(made, PHRASE, settings, force=True)
    assert Person.get_by_id(cast.binh.id).address == ""
    (aside,) = settings.data.glob("before-restore-*")
    with closing(linked_sqlite.connect(aside / "idapp.db")) as old:  # moved aside, not lost
        assert old.execute(
            "SELECT address FROM person WHERE id = ?", (cast.binh.id,)
        ).fetchone() == ("Ấp 9",)
    assert (aside / "secret_key").exists()


def test_not_while_the_app_runs(some_backup: Path, settings: Settings):
    with (
        closing(data_folder.lock(settings)),
        pytest.raises(backup.BackupRefused, match="Hãy tắt ứng dụng"),
    ):
        backup.restore(some_backup, PHRASE, settings, force=True)


def test_an_existing_file_is_not_overwritten(some_backup: Path, settings: Settings):
    before = some_backup.read_bytes()
    with pytest.raises(backup.BackupRefused):
        backup.make(some_backup, PHRASE, settings)
    assert some_backup.read_bytes() == before


def test_a_backup_that_fails_leaves_no_half_file(
    cast: Cast, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(backup, "_add", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        backup.make(tmp_path / "b", PHRASE, settings)
    assert [path.name for path in tmp_path.iterdir()] == ["var"]
    assert not list(settings.data.glob("backup-*"))


def test_a_short_passphrase_is_refused(cast: Cast, settings: Settings, tmp_path: Path):
    with pytest.raises(backup.BackupRefused, match="12 ký tự"):
        backup.make(tmp_path / "b", "ngắn quá", settings)


@pytest.mark.sqlite("writes through SQLite")
def test_a_backup_is_taken_while_somebody_writes(cast: Cast, settings: Settings, tmp_path: Path):
    """A consistent copy: the writer's open transaction is not in it, and is not disturbed."""
    with closing(linked_sqlite.connect(settings.data / "idapp.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE person SET address = 'đang ghi' WHERE id = ?", (cast.an.id,))
        backup._copy_database(tmp_path / "copy.db")
        writer.execute("COMMIT")
    with closing(linked_sqlite.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute(
            "SELECT address FROM person WHERE id = ?", (cast.an.id,)
        ).fetchone() == ("",)
    assert Person.get_by_id(cast.an.id).address == "đang ghi"


def test_a_file_that_goes_meanwhile_is_left_out(
    cast: Cast, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The app goes on: uploads and photos go when they are done with."""
    for name in ("goes", "stays"):
        (settings.data / "uploads" / name).parent.mkdir(exist_ok=True)
        (settings.data / "uploads" / name).write_text(name)
    add = backup._add

    def slowly(tar: tarfile.TarFile, name: str, what: bytes | Path) -> None:
        (settings.data / "uploads" / "goes").unlink(missing_ok=True)
        add(tar, name, what)

    monkeypatch.setattr(backup, "_add", slowly)
    backup.make(tmp_path / "b", PHRASE, settings)
    other = _elsewhere(settings, tmp_path)
    backup.restore(tmp_path / "b", PHRASE, other)
    assert [path.name for path in (other.data / "uploads").iterdir()] == ["stays"]


@pytest.mark.parametrize("name", ["../out", "/etc/out", "a/../../out"])
def test_a_name_never_leaves_the_folder(tmp_path: Path, name: str):
    with pytest.raises(backup.BackupRefused):
        backup._inside(tmp_path, tarfile.TarInfo(name))


@pytest.mark.parametrize("text", ["", "[1]", '"x"', "7", "{}", "[" * 100_000, '{"migrations": 5}'])
def test_a_description_that_is_none_is_a_sentence(tmp_path: Path, text: str):
    (tmp_path / "backup.json").write_text(text)
    with pytest.raises(backup.BackupRefused, match="thiếu phần mô tả"):
        backup._manifest(tmp_path / "backup.json")


def test_a_link_is_not_followed(tmp_path: Path):
    link = tarfile.TarInfo("secret_key")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with pytest.raises(backup.BackupRefused):
        backup._inside(tmp_path, link)


def test_a_backup_of_a_newer_version_is_refused(cast: Cast, settings: Settings, tmp_path: Path):
    manifest = {
        "made_at": "2030-01-01",
        "school": "",
        "people": 0,
        "changes": 0,
        "files": 0,
        "migrations": ["0999_future"],
    }
    target = tmp_path / "newer"
    backup._write(
        target,
        lambda archive: age_files.sealed(archive, PHRASE),
        iter([("backup.json", json.dumps(manifest).encode())]),
    )
    with pytest.raises(backup.BackupRefused, match="mới hơn"):
        backup.restore(target, PHRASE, settings, force=True)


def test_a_broken_database_inside_is_refused(
    made: Path, cast: Cast, settings: Settings, tmp_path: Path
):
    manifest = {
        "made_at": "2022-01-01",
        "school": "",
        "people": 0,
        "changes": 0,
        "files": 0,
        "migrations": [],
    }
    target = tmp_path / "broken"
    members = [
        ("backup.json", json.dumps(manifest).encode()),
        ("idapp.db", b"SQLite format 3\0" + b"x" * 9000),
    ]
    backup._write(target, lambda archive: age_files.sealed(archive, PHRASE), iter(members))
    with pytest.raises(backup.BackupRefused, match="bị hỏng"):
        backup.restore(target, PHRASE, settings, force=True)
    assert Person.get_by_id(cast.an.id).full_name == "Nguyễn Thị An"


def test_a_backup_of_an_earlier_version_still_restores(settings: Settings, tmp_path: Path):
    other = _elsewhere(settings, tmp_path)
    content = backup.restore(OLD_BACKUP, PHRASE, other)
    assert (content.school, content.people) == ("Trường TH Thử Nghiệm", Person.select().count())
    assert Person.select().where(Person.full_name == "Nguyễn Thị An").exists()
    assert (other.data / "uploads" / "note.bin").read_bytes() == b"kept"
    assert accounts.user_with_password("lan", PASSWORD) is not None


@pytest.mark.parametrize("damage", ["phrase", "flip", "cut", "append", "cost", "free", "head"])
def test_a_damaged_backup_of_an_earlier_version_is_noticed(tmp_path: Path, damage: str):
    stored = bytearray(OLD_BACKUP.read_bytes())
    if damage == "flip":
        stored[-40] ^= 1
    if damage == "cost":  # would take terabytes of memory
        stored[8] = 40
    if damage == "free":  # no cost at all, which scrypt does not know
        stored[8] = 0
    lengths = {"cut": len(stored) - 7, "head": 20}
    stored = stored[: lengths.get(damage, len(stored))]
    if damage == "append":
        stored += b"more"
    phrase = PHRASE + "!" if damage == "phrase" else PHRASE
    with pytest.raises(backup.BackupRefused):
        sealing.opened(io.BytesIO(stored), phrase)


def _everything_in(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
