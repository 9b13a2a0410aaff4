"""From SQLite to a PostgreSQL server, by one command: all rows, compared one by one; whole, or nothing is there.

Everything happens in one transaction of the server: killed at any moment it leaves an empty database, and the command
is given again. The file is only read. Afterwards the data folder says that the school has moved, so that nobody goes on
with the old file by mistake; keys, photos and waiting workbooks stay in that folder. The way back is a backup.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from peewee import Database, PeeweeException

from idapp import audit, data_folder, database, table_copies
from idapp.database import close_database, connected, db, writing
from idapp.settings import Settings


class MoveRefused(Exception):
    """Nothing was changed on either side. The message is a Vietnamese sentence."""


@dataclass(frozen=True)
class Moved:
    """What was copied, and compared."""

    tables: int
    rows: int


def move(address: str, settings: Settings, told: Callable[[str, int], None]) -> Moved:
    """Copy the installation of ``settings`` to the empty database at ``address`` and mark the folder as moved.

    ``told`` hears the name and the number of rows of each table. Raises MoveRefused, and SettingsError while the app
    runs on this folder. Afterwards this process works on the new database.
    """
    if not settings.sqlite_file:
        raise MoveRefused("Dữ liệu đang ở PostgreSQL rồi; không có gì để chuyển.")
    with closing(data_folder.lock(settings)):
        counts = _copy_to(address, told)
        data_folder.mark_moved(settings, place_of(address))
        moved = Moved(len(counts), sum(counts.values()))
        _say_so(replace(settings, database_url=address), moved)
    return moved


def place_of(address: str) -> str:
    """Server and database, without account and password.

    >>> place_of("postgresql://idapp:secret@db.invalid:5432/idapp"), place_of("postgresql:///idapp")
    ('db.invalid:5432/idapp', 'máy này/idapp')
    """
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2] or "máy này"
    return host + parts.path


def _copy_to(address: str, told: Callable[[str, int], None]) -> dict[str, int]:
    target = _opened(address)
    try:
        _check(target, address)
        # the source's lock keeps every other writer away until all is compared
        with writing(), target.atomic():
            database.build_schema(target)
            return table_copies.copy_everything(db.obj, target, told)
    except table_copies.CopyFailed as fault:
        raise MoveRefused(f"{fault} Cơ sở dữ liệu cũ còn nguyên, chỗ mới để trống.") from None
    finally:
        target.close()


def _opened(address: str) -> Database:
    """Raises MoveRefused where nobody answers."""
    try:
        target = database.server_database(address)
        target.connect()
    except (PeeweeException, ValueError) as fault:
        raise MoveRefused(
            f"Không mở được cơ sở dữ liệu ở {place_of(address)}: hãy xem máy chủ có đang chạy, tên "
            f"cơ sở dữ liệu, tài khoản và mật khẩu ({type(fault).__name__})."
        ) from None
    return target


def _check(target: Database, address: str) -> None:
    """Raises MoveRefused where Vietnamese cannot be written, or something is there already."""
    (encoding,) = target.execute_sql("SHOW server_encoding").fetchone()
    if encoding != "UTF8":
        raise MoveRefused(
            f"Cơ sở dữ liệu ở {place_of(address)} dùng bảng mã {encoding}, không giữ được chữ "
            "Việt: hãy tạo lại với ENCODING 'UTF8'."
        )
    if target.get_tables():
        raise MoveRefused(
            f"Cơ sở dữ liệu ở {place_of(address)} đã có bảng bên trong. Hãy tạo một cơ sở dữ liệu "
            "trống rồi chạy lại; chương trình không đè lên thứ gì."
        )


def _say_so(settings: Settings, moved: Moved) -> None:
    """The history of the new database begins with how it came there."""
    close_database()
    database.open_database(settings)
    with connected(), writing():
        audit.record("database.moved", by=None, new=f"{moved.tables} bảng, {moved.rows} dòng")
