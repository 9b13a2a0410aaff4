"""Backups: one encrypted file with the database, the keys and whatever else the data folder keeps.

``make`` copies a living installation (a consistent copy, no pause for anybody; of a server's database ``on_server``
makes the same file); ``restore`` reads the whole
file, checks every byte and the database inside, and only then puts it in place. What stood there before is moved aside,
never deleted.

Inside is a gzipped tar: ``backup.json`` (what the backup says about itself), ``idapp.db``, and the other files of the
data folder. ``sealing`` puts it under the passphrase or for a key (``keys``), ``version_1`` reads the backups of
earlier versions. ``plan`` says when the app makes one by itself, ``nightly`` makes it, ``copies`` knows the folders
and which old ones go, ``standing`` says whether all is well.
"""

import errno
import io
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

from peewee import SQL, OperationalError

from idapp import (
    audit,
    data_folder,
    database,
    disclosures,
    history_chain,
    history_heads,
    school,
)
from idapp.backup import copies, on_server, placing
from idapp.backup.placing import ASIDE, DATABASE, is_left_out
from idapp.backup.refusal import BackupRefused, words_of
from idapp.backup.sealing import opened, sealed, sealed_for
from idapp.database import (
    PreparedStatement,
    connected,
    db,
    is_sqlite,
    linked_sqlite,
    writing,
)
from idapp.models import BackupRun, Change, Person, Session, User, utc_now
from idapp.settings import Settings

__all__ = [
    "SHORTEST_PASSPHRASE",
    "BackupRefused",
    "Content",
    "finish_restoring",
    "last_made",
    "make",
    "make_for",
    "restore",
]
SHORTEST_PASSPHRASE = 12
_MANIFEST = "backup.json"


@dataclass(frozen=True)
class Content:
    """What a backup says about itself."""

    made_at: str
    school: str
    people: int
    changes: int
    files: int
    head: str = ""  # of the history, from which on a backup has one


def make(target: Path, passphrase: str, settings: Settings) -> Content:
    """Write the backup; the target appears only when it is complete. Raises BackupRefused."""
    _check_passphrase(passphrase)
    return _make(target, lambda archive: sealed(archive, passphrase), settings)


def make_for(target: Path, recipient: str, settings: Settings, *, by: User | None) -> Content:
    """The same for whoever has the key to this recipient: nothing secret is needed to make it. Raises BackupRefused."""
    return _make(target, lambda archive: sealed_for(archive, recipient), settings, by)


def _make(
    target: Path, seal: Callable[[bytes], bytes], settings: Settings, by: User | None = None
) -> Content:
    if target.exists():
        raise BackupRefused(f"Tệp {target} đã có. Hãy chọn tên khác để không mất bản sao lưu cũ.")
    try:
        content = _written(target, seal, settings)
    except OSError as error:
        raise BackupRefused(words_of(error, target.parent)) from error
    except OperationalError as error:  # of SQLite, which copies the database
        if "full" not in str(error):
            raise
        raise BackupRefused(words_of(OSError(errno.ENOSPC, ""), settings.data)) from error
    disclosures.record("backup.made", by=by, count=content.people)
    return content


def _written(target: Path, seal: Callable[[bytes], bytes], settings: Settings) -> Content:
    with tempfile.TemporaryDirectory(dir=settings.data, prefix="backup-") as folder:
        snapshot = Path(folder) / DATABASE
        head = history_heads.as_text(history_chain.head())  # before the copy, which has it for sure
        _copy_database(snapshot)
        # before anything older makes room for it
        _check_database(snapshot, "Cơ sở dữ liệu bị hỏng nên chưa sao lưu. Hãy chạy flask doctor.")
        others = list(_files_of(settings.data))
        content = _content(len(others) + 1, head)
        _write(target, seal, _members(snapshot, others, settings.data, content))
    return content


def restore(source: Path, passphrase: str, settings: Settings, *, force: bool = False) -> Content:
    """Put a backup in place. Raises BackupRefused, also while the app works on this folder.

    A folder in which there was nothing is left as it was when the backup is refused.
    """
    was_there = settings.data.exists()
    was_empty = not was_there or not any(settings.data.iterdir())
    try:
        return _restore_alone(source, passphrase, settings, force=force)
    except BackupRefused:
        if was_empty:
            (settings.data / data_folder.LOCK).unlink(missing_ok=True)
        if not was_there:
            with suppress(OSError):  # somebody else has begun to use it
                settings.data.rmdir()
        raise


def _restore_alone(source: Path, passphrase: str, settings: Settings, *, force: bool) -> Content:
    with closing(_alone_on(settings)):
        finish_restoring(settings)
        if not settings.sqlite_file:
            database.open_database(settings)
            on_server.check_nobody_else()
        if not force and data_folder.has_data(settings) and _holds_a_school():
            raise BackupRefused(
                f"Thư mục {settings.data} đang có dữ liệu. Hãy khôi phục vào thư mục trống (đặt "
                f"IDAPP_DATA), hoặc thêm --force: dữ liệu hiện có được dời vào thư mục con "
                f"{ASIDE}..., không bị xóa."
            )
        with tempfile.TemporaryDirectory(dir=settings.data, prefix="restore-") as folder:
            content = unpack(source, passphrase, placing.content_in(Path(folder)))
            placing.decide(Path(folder), content.made_at, settings)
        finish_restoring(settings)
    return content


def finish_restoring(settings: Settings) -> bool:
    """What was decided to be put in place is there afterwards, however often a crash cut that off. Was there something?

    Before anything opens the database; whoever calls it holds the lock of the folder.
    """
    return placing.carry_through(settings, _greet)


def unpack(source: Path, secret: str, folder: Path) -> Content:
    """Everything of a backup into this folder, every byte and the database checked. Raises BackupRefused."""
    content = _unpack(source, secret, folder)
    _check_database(
        folder / DATABASE, "Cơ sở dữ liệu trong bản sao lưu bị hỏng. Hãy dùng một bản khác."
    )
    _check_history(folder / DATABASE, content)
    return content


def last_made() -> datetime | None:
    """When the newest backup was made, by the audit."""
    made: list[Change] = _MADE.rows()
    if not made:
        return None
    return made[0].at


# Asked by every page of the office. Not as a value: only a condition word for word finds the index.
_MADE = PreparedStatement(
    lambda: (
        Change.select(Change.at)
        .where(SQL("event = 'backup.made'"))
        .order_by(Change.id.desc())
        .limit(1)
    )
)


def _alone_on(settings: Settings) -> IO[str]:
    try:
        return data_folder.lock(settings)
    except data_folder.AlreadyRunning:
        raise BackupRefused(
            f"Ứng dụng đang chạy trên thư mục {settings.data}. Hãy tắt ứng dụng rồi khôi phục."
        ) from None


def _check_passphrase(passphrase: str) -> None:
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise BackupRefused(
            f"Cụm mật khẩu cần ít nhất {SHORTEST_PASSPHRASE} ký tự, ví dụ bốn từ ghép lại."
        )


def _holds_a_school() -> bool:
    """A start alone makes an empty database and a key; nobody would miss them."""
    with connected():
        if not db.get_tables():  # a database that somebody has just made on a server
            return False
        return school.is_set_up() or User.select().exists()


# making


def _copy_database(snapshot: Path) -> None:
    """Through our own connection: a second SQLite library in this process would take away our locks and WAL file."""
    if not is_sqlite():
        on_server.copy_to_file(snapshot)
        return
    db.execute_sql("VACUUM INTO ?", (str(snapshot),))
    snapshot.chmod(0o600)


def _files_of(data: Path) -> Iterator[Path]:
    """Regular files beside the database: keys, uploads, and what later versions will keep here."""
    for entry in sorted(data.iterdir()):
        if is_left_out(entry):
            continue
        inside = [entry]
        if entry.is_dir():
            inside = sorted(entry.rglob("*"))
        yield from (path for path in inside if path.is_file() and not path.is_symlink())


def _content(files: int, head: str) -> Content:
    name = ""
    if school.is_set_up():
        name = school.the_school().name
    made_at = utc_now().isoformat(timespec="seconds") + "Z"
    return Content(made_at, name, Person.select().count(), Change.select().count(), files, head)


def _members(
    snapshot: Path, others: list[Path], data: Path, content: Content
) -> Iterator[tuple[str, bytes | Path]]:
    manifest = {**content.__dict__, "migrations": _migrations_here()}
    yield _MANIFEST, json.dumps(manifest, ensure_ascii=False).encode()
    yield DATABASE, snapshot
    for path in others:
        with suppress(FileNotFoundError):  # an upload or a photo that has just served its purpose
            yield path.relative_to(data).as_posix(), path.read_bytes()


def _migrations_here() -> list[str]:
    folder = Path(database.__file__).parent / "migrations"
    return sorted(path.stem for path in folder.glob("[0-9]*.py"))


def _write(
    target: Path, seal: Callable[[bytes], bytes], members: Iterator[tuple[str, bytes | Path]]
) -> None:
    """The archive is put together in memory: in the clear it never lies on a disk."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in members:
            _add(tar, name, content)
    write_whole(target, seal(archive.getvalue()))


def write_whole(target: Path, content: bytes) -> None:
    """A file that is there whole or not at all, also after a power cut; for its owner only. Raises OSError."""
    part = target.with_name(target.name + copies.PART)
    try:
        data_folder.write_durably(part, content)
        if part.read_bytes() != content:
            raise OSError(errno.EIO, "đọc lại không đúng")
        part.replace(target)
        data_folder.keep_names(target.parent)
    finally:
        part.unlink(missing_ok=True)


def _add(tar: tarfile.TarFile, name: str, content: bytes | Path) -> None:
    info = tarfile.TarInfo(name)
    info.mode = 0o600
    if isinstance(content, bytes):
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
        return
    info.size = content.stat().st_size
    with content.open("rb") as file:
        tar.addfile(info, file)


# restoring


def _unpack(source: Path, passphrase: str, folder: Path) -> Content:
    """Everything into ``folder``; only regular files with names that stay inside."""
    with _archive(source, passphrase) as tar:
        for member in tar:
            path = _inside(folder, member)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            content = tar.extractfile(member) or io.BytesIO()
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                shutil.copyfileobj(content, file)
    return _manifest(folder / _MANIFEST)


@contextmanager
def _archive(source: Path, passphrase: str) -> Iterator[tarfile.TarFile]:
    try:
        with (
            source.open("rb") as file,
            opened(file, passphrase) as archive,
            tarfile.open(fileobj=archive, mode="r:gz") as tar,
        ):
            yield tar
    except FileNotFoundError:
        raise BackupRefused(f"Không có tệp {source}.") from None
    except (tarfile.TarError, EOFError, FileExistsError, zlib.error) as error:
        raise BackupRefused("Bản sao lưu bị hỏng. Hãy dùng một bản khác.") from error


def _inside(folder: Path, member: tarfile.TarInfo) -> Path:
    name = PurePosixPath(member.name)
    if not member.isreg() or name.is_absolute() or ".." in name.parts:
        raise BackupRefused("Bản sao lưu có nội dung lạ nên không được mở ra.")
    return folder / name


def _manifest(path: Path) -> Content:
    try:
        manifest = json.loads(path.read_text())
        newer = set(manifest.pop("migrations")) - set(_migrations_here())
        content = Content(**manifest)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BackupRefused("Bản sao lưu thiếu phần mô tả nên không dùng được.") from None
    path.unlink()
    if newer:
        raise BackupRefused(
            "Bản sao lưu này của một phiên bản idapp mới hơn. Hãy nâng cấp idapp rồi khôi phục."
        )
    return content


def _check_database(path: Path, sentence: str) -> None:
    """Raises BackupRefused with this sentence unless SQLite and its foreign keys find nothing wrong."""
    try:
        with closing(linked_sqlite.connect(path)) as connection:
            is_sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    except linked_sqlite.DatabaseError:
        is_sound = False
        orphans = []
    if not is_sound or orphans:
        raise BackupRefused(sentence)


def _check_history(path: Path, content: Content) -> None:
    """Raises BackupRefused unless the database has the row of the history that the backup names."""
    head = history_heads.from_text(content.head)
    if head is None:  # made by an earlier version
        return
    with closing(linked_sqlite.connect(path)) as connection:
        query = "SELECT id, link FROM change WHERE id = ?"
        if connection.execute(query, (head.id,)).fetchall() != [head]:
            raise BackupRefused("Nhật ký trong bản sao lưu thiếu dòng. Hãy dùng một bản khác.")


def _was_greeted(made_at: str) -> bool:
    """Cut off between this row and the end of the restoring: no backup holds the moment of its own making."""
    newest = Change.select().order_by(Change.id.desc()).first()
    return newest is not None and (newest.event, newest.new) == ("backup.restored", made_at)


def _greet(made_at: str, settings: Settings) -> None:
    """Newer tables if the backup is older than this version; everybody signs in anew."""
    database.open_database(settings)
    with connected():
        database.migrate()
        with writing():
            if not _was_greeted(made_at):
                _begin_anew(made_at)
        history_heads.keep(settings)


def _begin_anew(made_at: str) -> None:
    Session.delete().execute()
    # of the machine that made it, at the very moment of the copy
    BackupRun.delete().where(BackupRun.state.in_(("waiting", "running"))).execute()
    audit.record("backup.restored", by=None, new=made_at)
