"""Backups: one encrypted file with the database, the keys and whatever else the data folder keeps.

``make`` copies a living installation (SQLite's own consistent copy, no pause for anybody); ``restore`` reads the whole
file, checks every byte and the database inside, and only then puts it in place. What stood there before is moved aside,
never deleted.

Format, version 1::

    8 bytes   b"IDAPPBK1"
    1 byte    log2 of scrypt's N (r = 8, p = 1)
    16 bytes  salt
    7 bytes   nonce prefix
    then chunks: AES-256-GCM over 64 KiB of a gzipped tar, nonce = prefix + 4-byte counter + 1 byte (1: the last chunk),
    the 32 bytes above as additional data

so that a chunk that is changed, moved, repeated or missing is noticed (the STREAM construction, Hoang, Reyhanitabar,
Rogaway and Vizár 2015). The passphrase is nowhere on this machine: the head of the school keeps it.
"""

import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from peewee import SqliteDatabase

from idapp import audit, data_folder, database, school
from idapp.database import connected, db, linked_sqlite, writing
from idapp.models import Change, Person, Session, User, utc_now
from idapp.settings import Settings

SHORTEST_PASSPHRASE = 12
_MAGIC = b"IDAPPBK1"
_HEADER = len(_MAGIC) + 1 + 16 + 7
_CHUNK, _TAG = 64 * 1024, 16
_LOG2_N, _LARGEST_LOG2_N = 17, 20
_DATABASE, _MANIFEST = "idapp.db", "backup.json"
_LEFT_OUT = {data_folder.LOCK, "redis.sock", "redis", "leases"}  # of this run of this machine
_LEFT_OUT_ENDINGS = (".db", ".db-journal", ".db-wal", ".db-shm", ".log", ".part", ".pid")
_ASIDE = "before-restore-"


class BackupRefused(Exception):
    """Nothing was changed. The message is a Vietnamese sentence: why, and what to do."""


@dataclass(frozen=True)
class Content:
    """What a backup says about itself."""

    made_at: str
    school: str
    people: int
    changes: int
    files: int


def make(target: Path, passphrase: str, settings: Settings) -> Content:
    """Write the backup; the target appears only when it is complete. Raises BackupRefused."""
    _check_passphrase(passphrase)
    _sqlite_file()
    if target.exists():
        raise BackupRefused(f"Tệp {target} đã có. Hãy chọn tên khác để không mất bản sao lưu cũ.")
    with tempfile.TemporaryDirectory(dir=settings.data, prefix="backup-") as folder:
        snapshot = Path(folder) / _DATABASE
        _copy_database(snapshot)
        others = list(_files_of(settings.data))
        content = _content(len(others) + 1)
        _write(target, passphrase, _members(snapshot, others, settings.data, content))
    with writing():
        audit.record("backup.made", by=None, new=f"{content.people} hồ sơ")
    return content


def restore(source: Path, passphrase: str, settings: Settings, *, force: bool = False) -> Content:
    """Put a backup in place. Raises BackupRefused, also while the app works on this folder."""
    with closing(_alone_on(settings)):
        if not force and _holds_a_school():
            raise BackupRefused(
                f"Thư mục {settings.data} đang có dữ liệu. Hãy khôi phục vào thư mục trống (đặt IDAPP_DATA), hoặc thêm "
                f"--force: dữ liệu hiện có được dời vào thư mục con {_ASIDE}..., không bị xóa."
            )
        target = _sqlite_file()
        with tempfile.TemporaryDirectory(dir=settings.data, prefix="restore-") as folder:
            content = _unpack(source, passphrase, Path(folder))
            _check_database(Path(folder) / _DATABASE)
            _put_in_place(Path(folder), target, settings.data)
        _greet(content)
    return content


def last_made() -> datetime | None:
    """When the newest backup was made, by the audit."""
    last = Change.select().where(Change.event == "backup.made").order_by(Change.id.desc()).first()
    return last.at if last else None


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


def _sqlite_file() -> Path:
    if not isinstance(db.obj, SqliteDatabase):
        raise BackupRefused(
            "Cơ sở dữ liệu này là PostgreSQL: hãy sao lưu và khôi phục bằng pg_dump và pg_restore."
        )
    return Path(db.obj.database)


def _holds_a_school() -> bool:
    """A start alone makes an empty database and a key; nobody would miss them."""
    with connected():
        return school.is_set_up() or User.select().exists()


# making


def _copy_database(snapshot: Path) -> None:
    """Through our own connection: a second SQLite library in this process would take away our locks and WAL file."""
    db.execute_sql("VACUUM INTO ?", (str(snapshot),))
    snapshot.chmod(0o600)


def _files_of(data: Path) -> Iterator[Path]:
    """Regular files beside the database: keys, uploads, and what later versions will keep here."""
    for entry in sorted(data.iterdir()):
        if _is_left_out(entry):
            continue
        inside = sorted(entry.rglob("*")) if entry.is_dir() else [entry]
        yield from (path for path in inside if path.is_file() and not path.is_symlink())


def _is_left_out(entry: Path) -> bool:
    temporary = entry.name.startswith((_ASIDE, "backup-", "restore-"))
    return (
        entry.is_symlink()
        or temporary
        or entry.name in _LEFT_OUT
        or entry.name.endswith(_LEFT_OUT_ENDINGS)
    )


def _content(files: int) -> Content:
    name = school.the_school().name if school.is_set_up() else ""
    made_at = utc_now().isoformat(timespec="seconds") + "Z"
    return Content(made_at, name, Person.select().count(), Change.select().count(), files)


def _members(
    snapshot: Path, others: list[Path], data: Path, content: Content
) -> Iterator[tuple[str, bytes | Path]]:
    manifest = {**content.__dict__, "migrations": _migrations_here()}
    yield _MANIFEST, json.dumps(manifest, ensure_ascii=False).encode()
    yield _DATABASE, snapshot
    for path in others:
        with suppress(FileNotFoundError):  # an upload or a photo that has just served its purpose
            yield path.relative_to(data).as_posix(), path.read_bytes()


def _migrations_here() -> list[str]:
    folder = Path(database.__file__).parent / "migrations"
    return sorted(path.stem for path in folder.glob("[0-9]*.py"))


def _write(target: Path, passphrase: str, members: Iterator[tuple[str, bytes | Path]]) -> None:
    part = target.with_name(target.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            sealed = _Sealed(file, passphrase)
            with tarfile.open(fileobj=sealed, mode="w|gz") as tar:  # type: ignore[call-overload]
                for name, what in members:
                    _add(tar, name, what)
            sealed.finish()
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _add(tar: tarfile.TarFile, name: str, what: bytes | Path) -> None:
    info = tarfile.TarInfo(name)
    info.mode, info.size = 0o600, len(what) if isinstance(what, bytes) else what.stat().st_size
    if isinstance(what, bytes):
        tar.addfile(info, io.BytesIO(what))
        return
    with what.open("rb") as file:
        tar.addfile(info, file)


# sealing


class _Sealed:
    """A file object to write to: cuts into chunks and encrypts each."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        salt, prefix = os.urandom(16), os.urandom(7)
        self._header = _MAGIC + bytes([_LOG2_N]) + salt + prefix
        self._file, self._waiting, self._counter = file, bytearray(), 0
        self._cipher = AESGCM(_key(passphrase, salt, _LOG2_N))
        file.write(self._header)

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) > _CHUNK:  # one chunk is kept back: the last one is marked
            self._seal(bytes(self._waiting[:_CHUNK]), last=False)
            del self._waiting[:_CHUNK]
        return len(data)

    def finish(self) -> None:
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        nonce = _nonce(self._header[-7:], self._counter, last)
        self._file.write(self._cipher.encrypt(nonce, chunk, self._header))
        self._counter += 1


class _Opened(io.RawIOBase):
    """A file object to read from: every chunk is checked before a byte of it is given away."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        super().__init__()
        header = file.read(_HEADER)
        if len(header) < _HEADER or not header.startswith(_MAGIC):
            raise BackupRefused("Tệp này không phải bản sao lưu của idapp.")
        if header[8] > _LARGEST_LOG2_N:
            raise BackupRefused("Bản sao lưu bị hỏng ở phần đầu. Hãy dùng một bản khác.")
        self._file, self._header, self._counter = file, header, 0
        self._cipher = AESGCM(_key(passphrase, header[9:25], header[8]))
        self._ahead, self._plain, self._ended = file.read(_CHUNK + _TAG), b"", False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._plain and not self._ended:
            self._open_next()
        given = self._plain[: len(buffer)]
        buffer[: len(given)] = given
        self._plain = self._plain[len(given) :]
        return len(given)

    def _open_next(self) -> None:
        sealed, self._ahead = self._ahead, self._file.read(_CHUNK + _TAG)
        self._ended = not self._ahead
        try:
            self._plain = self._cipher.decrypt(
                _nonce(self._header[-7:], self._counter, self._ended), sealed, self._header
            )
        except InvalidTag:
            raise BackupRefused(
                "Cụm mật khẩu không đúng, hoặc tệp không phải bản sao lưu nguyên vẹn."
                if self._counter == 0
                else "Bản sao lưu bị hỏng hoặc bị cắt ngắn. Hãy dùng một bản khác."
            ) from None
        self._counter += 1


def _key(passphrase: str, salt: bytes, log2_n: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**log2_n, r=8, p=1).derive(passphrase.encode())


def _nonce(prefix: bytes, counter: int, last: bool) -> bytes:
    return prefix + counter.to_bytes(4, "big") + bytes([last])


# restoring


def _unpack(source: Path, passphrase: str, folder: Path) -> Content:
    """Everything into ``folder``; only regular files with names that stay inside."""
    with _reading(source, passphrase) as (opened, tar):
        for member in tar:
            path = _inside(folder, member)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            stream = tar.extractfile(member)
            with os.fdopen(
                os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
            ) as file:
                shutil.copyfileobj(stream or io.BytesIO(), file)
        while opened.read(
            _CHUNK
        ):  # the rest after the archive: the last chunk must be there and whole
            pass
    return _manifest(folder / _MANIFEST)


@contextmanager
def _reading(source: Path, passphrase: str) -> Iterator[tuple[_Opened, tarfile.TarFile]]:
    try:
        with source.open("rb") as file:
            opened = _Opened(file, passphrase)
            with tarfile.open(fileobj=opened, mode="r|gz") as tar:
                yield opened, tar
    except FileNotFoundError:
        raise BackupRefused(f"Không có tệp {source}.") from None
    except (tarfile.TarError, EOFError, FileExistsError) as error:
        raise BackupRefused("Bản sao lưu bị hỏng. Hãy dùng một bản khác.") from error


def _inside(folder: Path, member: tarfile.TarInfo) -> Path:
    name = PurePosixPath(member.name)
    if not member.isreg() or name.is_absolute() or ".." in name.parts:
        raise BackupRefused("Bản sao lưu có nội dung lạ nên không được mở ra.")
    return folder / name


def _manifest(path: Path) -> Content:
    try:
        told = json.loads(path.read_text())
        newer = set(told.pop("migrations")) - set(_migrations_here())
        content = Content(**told)
    except (OSError, ValueError, KeyError, TypeError):
        raise BackupRefused("Bản sao lưu thiếu phần mô tả nên không dùng được.") from None
    path.unlink()
    if newer:
        raise BackupRefused(
            "Bản sao lưu này của một phiên bản idapp mới hơn. Hãy nâng cấp idapp rồi khôi phục."
        )
    return content


def _check_database(path: Path) -> None:
    try:
        with closing(linked_sqlite.connect(path)) as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    except linked_sqlite.DatabaseError:
        sound, orphans = False, []
    if not sound or orphans:
        raise BackupRefused("Cơ sở dữ liệu trong bản sao lưu bị hỏng. Hãy dùng một bản khác.")


def _put_in_place(folder: Path, target: Path, data: Path) -> None:
    """What stood there goes aside first; on the same disk, so each step is a rename."""
    db.close()
    aside = data / f"{_ASIDE}{utc_now():%Y%m%d-%H%M%S}"
    aside.mkdir(mode=0o700)
    others = [path for path in data.iterdir() if not _is_left_out(path) and path != aside]
    parts = [target.with_name(target.name + ending) for ending in ("", "-journal", "-wal", "-shm")]
    for path in {*others, *parts}:
        if path.exists():
            shutil.move(path, aside / path.name)
    shutil.move(folder / _DATABASE, target)
    for path in list(folder.iterdir()):
        shutil.move(path, data / path.name)


def _greet(content: Content) -> None:
    """Newer tables if the backup is older than this version; everybody signs in anew."""
    with connected():
        database.migrate()
        with writing():
            Session.delete().execute()
            audit.record("backup.restored", by=None, new=content.made_at)
