"""What goes by itself, and when: each kind has a time, and ``due`` says how many would go at a moment to come.

What somebody may still need is no kind here: the records, also of those who have left, the history, the results of the
batches and the campaigns stay until a person decides.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from peewee import ModelDelete, ModelSelect, fn

from idapp import accounts, audit, draft_keys, first_passwords, stored_settings
from idapp.card_photos import KEPT as CARD_PHOTOS_KEPT
from idapp.database import empty_journal, rows, writing
from idapp.models import (
    IN_PARTS,
    CardPhoto,
    Change,
    DraftKey,
    Import,
    ImportRow,
    PasswordSheet,
    Person,
    SchoolClass,
    Session,
    User,
    utc_now,
)
from idapp.notices import papers
from idapp.rules.problem import Problem
from idapp.settings import Settings

_COPIES = ("*.before-*.db", "before-restore-*")  # kept before a migration, before a restore
_LEFTOVERS = ("backup-*/", "restore-*/", "uploads/*")  # of a process that was killed
_DAY = timedelta(days=1)
_EVERY = _DAY  # often enough for days, seldom enough for one row of the history
_PREFIX = "retention."
_RAN_AT = f"{_PREFIX}ran_at"
_CHANGED = "retention.changed"


@dataclass(frozen=True)
class Purged:
    """How many of each were deleted."""

    sessions: int
    import_rows: int
    copies: int
    scans: int
    draft_keys: int = 0


@dataclass(frozen=True)
class Kind:
    """``shortest``, ``usual``, ``longest``: days the school may choose from; 0 where the time is fixed (``words``).

    ``due``: how many would be gone at that moment (UTC) with these days.
    """

    key: str
    title: str
    words: str
    due: Callable[[Settings, datetime, int], int]
    usual: int = 0
    shortest: int = 0
    longest: int = 0


def purge(settings: Settings, *, days: int | None = None) -> Purged:
    """Everything whose time is over. ``days``: instead of what the school has chosen for workbooks and copies."""
    import_days = days or days_of("import_rows")
    copy_days = days or days_of("copies")
    with writing():
        sessions = int(Session.delete().where(_ended_sessions(utc_now())).execute())
        keys = int(_delete_keys().execute())
        forgotten = _forget_uploads(utc_now() - timedelta(days=import_days))
        copies = sum(_remove(path) for path in _old_files(settings.data, utc_now(), copy_days))
        words = (
            f"{sessions} phiên, {forgotten} dòng tệp nhập, {copies} bản sao, {keys} khóa chữ gõ dở"
        )
        audit.record("purge", by=None, new=words)
    empty_journal()
    # the photos after the transaction: a file that is gone does not come back with a rollback
    scans = papers.erase_done(settings)
    return Purged(sessions, forgotten, copies, scans=scans, draft_keys=keys)


def purge_daily(settings: Settings) -> None:
    """Part of the maintenance: once a day, the first time a day after the installation has begun."""
    ran_at = last_run()
    if ran_at is not None and utc_now() - ran_at < _EVERY:
        return
    # not at once: after an update the principal sees a day ahead what will go
    if ran_at is not None:
        purge(settings)
    with writing():
        stored_settings.store(_RAN_AT, utc_now().isoformat(timespec="seconds"))


def last_run() -> datetime | None:
    """When it was last looked at, in UTC; None before the first day."""
    text = stored_settings.text_of(_RAN_AT)
    return datetime.fromisoformat(text) if text else None


def next_run() -> datetime:
    """When it is looked at next, in UTC: now, if that is overdue."""
    ran_at = last_run() or utc_now()
    return max(ran_at + _EVERY, utc_now())


def days_of(key: str) -> int:
    """For how many days the school keeps this kind; whatever stands in the database, within the bounds."""
    kind = KIND[key]
    days = stored_settings.number_of(_PREFIX + key, kind.usual)
    return min(max(days, kind.shortest), kind.longest)


def change_days(texts: dict[str, str], *, by: User) -> None:
    """Keep these kinds for so many days; audited. Raises Problem (its field is the kind) and then changes nothing."""
    # all of them first: one wrong text changes nothing
    wanted = {key: _days_in(KIND[key], text) for key, text in texts.items()}
    with writing():
        for key, days in wanted.items():
            before = days_of(key)
            if days == before:
                continue
            stored_settings.store(_PREFIX + key, str(days))
            audit.record(_CHANGED, by=by, subject=key, old=str(before), new=str(days))


def _days_in(kind: Kind, text: str) -> int:
    digits = text.strip()
    # other scripts have digits too, and int() would read them
    days = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 5 else 0
    if kind.shortest <= days <= kind.longest:
        return days
    raise Problem(
        kind.key,
        "out_of_bounds",
        f"{kind.title}: hãy ghi số ngày từ {kind.shortest} đến {kind.longest}.",
    )


def leavers_by_year() -> list[tuple[int | None, int]]:
    """(school year of the last class, None for no class; how many who have left), the latest first."""
    query = Person.select(SchoolClass.school_year, fn.COUNT(Person.id)).left_outer_join(SchoolClass)
    query = query.where(~Person.active).group_by(SchoolClass.school_year)
    return sorted(rows(query), key=lambda line: line[0] or 0, reverse=True)


def last_purge() -> Change | None:
    """The newest row of the history about this; None before the first."""
    newest: Change | None = (
        Change.select().where(Change.event == "purge").order_by(Change.id.desc()).first()
    )
    return newest


# what is over at a moment


def _ended_sessions(moment: datetime) -> object:
    too_old = Session.created_at < moment - accounts.ABSOLUTE
    return too_old | (Session.seen_at < moment - accounts.IDLE)


def _delete_keys() -> ModelDelete:
    return DraftKey.delete().where(draft_keys.unused())


def _uploads_before(limit: datetime) -> ModelSelect[Import]:
    written = (Import.state == "confirmed") & (Import.confirmed_at < limit)
    # what is being written or taken back still needs its rows
    at_rest = Import.state.not_in(("confirmed", *IN_PARTS))
    forgotten = at_rest & (Import.created_at < limit)
    return Import.select(Import.id).where(written | forgotten)


def _forget_uploads(limit: datetime) -> int:
    """The upload itself stays: who, when, which file, with which SHA-256."""
    ids = [id_ for (id_,) in rows(_uploads_before(limit))]
    unwritten = Import.state.in_(("reading", "asking", "checked"))
    Import.update(state="dropped", questions=[]).where(Import.id.in_(ids), unwritten).execute()
    Import.update(addresses={}).where(Import.id.in_(ids)).execute()
    return int(ImportRow.delete().where(ImportRow.upload.in_(ids)).execute())


def _old_files(data: Path, moment: datetime, days: int) -> Iterator[Path]:
    ahead = (moment - utc_now()).total_seconds()
    yield from _older(data, _COPIES, time.time() + ahead - days * _DAY.total_seconds())
    yield from _older(data, _LEFTOVERS, time.time() + ahead - _DAY.total_seconds())


def _older(data: Path, patterns: Iterable[str], limit: float) -> Iterator[Path]:
    for pattern in patterns:
        for path in data.glob(pattern):
            if path.stat().st_mtime < limit:
                yield path


def _remove(path: Path) -> int:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    return 1


# how many that would be


def _due_scans(settings: Settings, moment: datetime, days: int) -> int:
    return papers.due_at(settings, moment, days).count()


def _due_card_photos(_: Settings, moment: datetime, days: int) -> int:
    return CardPhoto.select().where(CardPhoto.added_at < moment - CARD_PHOTOS_KEPT).count()


def _due_import_rows(_: Settings, moment: datetime, days: int) -> int:
    uploads = _uploads_before(moment - timedelta(days=days))
    return ImportRow.select().where(ImportRow.upload.in_(uploads)).count()


def _due_copies(settings: Settings, moment: datetime, days: int) -> int:
    return len(list(_old_files(settings.data, moment, days)))


def _due_password_sheets(_: Settings, moment: datetime, days: int) -> int:
    limit = moment - first_passwords.KEPT_FOR
    return PasswordSheet.select().where(PasswordSheet.made_at <= limit).count()


def _due_sessions(_: Settings, moment: datetime, days: int) -> int:
    return Session.select().where(_ended_sessions(moment)).count()


def _due_keys(_: Settings, moment: datetime, days: int) -> int:
    return DraftKey.select().where(DraftKey.used_at < moment - draft_keys.KEPT_FOR).count()


KINDS = (
    Kind(
        "scans",
        "Ảnh giấy tờ của gia đình",
        "khi hồ sơ được xác thực, chậm nhất sau số ngày này",
        _due_scans,
        usual=papers.KEEP_DAYS,
        shortest=7,
        longest=papers.KEEP_DAYS,
    ),
    Kind(
        "import_rows",
        "Dòng của tệp Excel đã nhập",
        "sau số ngày này kể từ lúc lưu; quá hạn thì không hoàn tác cả tệp được nữa",
        _due_import_rows,
        usual=90,
        shortest=30,
        longest=365,
    ),
    Kind(
        "copies",
        "Bản sao trước khi nâng cấp, khôi phục; tệp tạm bỏ dở",
        "sau số ngày này; tệp tạm sau một ngày",
        _due_copies,
        usual=90,
        shortest=7,
        longest=365,
    ),
    Kind("card_photos", "Ảnh thẻ chụp để nhập nhanh", "một ngày", _due_card_photos),
    Kind("password_sheets", "Phiếu mật khẩu lần đầu", "một giờ", _due_password_sheets),
    Kind(
        "sessions", "Phiên đăng nhập", "tới khi 30 phút không dùng, lâu nhất 12 giờ", _due_sessions
    ),
    Kind(
        "draft_keys",
        "Khóa của chữ gõ dở trong trình duyệt",
        "tới khi 30 ngày không dùng",
        _due_keys,
    ),
)
KIND = {kind.key: kind for kind in KINDS}
