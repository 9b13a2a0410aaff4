"""What the law on personal data asks of an installation (Law 91/2025, Decree 356/2025): show all, keep no longer.

``everything_about`` follows the foreign keys of the models, so that a table added later is never forgotten.
``purge`` removes what has served its purpose; the records themselves, the audit and the results of the batches stay.
"""

import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from peewee import ForeignKeyField, Model

from idapp import accounts, audit, disclosures
from idapp.database import empty_journal, rows, writing
from idapp.models import Import, ImportRow, Person, Session, Table, User, utc_now
from idapp.notices import papers
from idapp.people import survivors
from idapp.settings import Settings

_COPIES = ("*.before-*.db", "before-restore-*")  # kept before a migration, before a restore
_LEFTOVERS = ("backup-*/", "restore-*/", "uploads/*")  # of a process that was killed
_A_DAY = 24 * 3600


@dataclass(frozen=True)
class Purged:
    """How many of each were deleted."""

    sessions: int
    import_rows: int
    copies: int
    scans: int


def everything_about(person: Person) -> dict[str, Any]:
    """One person's record, class and every row of any table that speaks of it; audited."""
    disclosures.record("person.exported", by=None, person=person)
    class_name = ""
    if person.school_class is not None:
        class_name = person.school_class.name
    return {"class": class_name} | _record_and_rows(person)


def _record_and_rows(person: Person) -> dict[str, Any]:
    """The record, the rows that name it, and the same of each record that was merged into it."""
    contents: dict[str, Any] = {"person": _row(person)}
    for foreign_key, model in Person._meta.backrefs.items():
        name = model._meta.table_name
        # a table may name two people, as a merge does
        contents[name] = contents.get(name, []) + _rows(model, foreign_key, [person.id])
    merges = survivors.merged_into(person)
    contents["merged"] = [_record_and_rows(merge.other) for merge in merges]
    return contents


def _rows(model: type[Table], foreign_key: ForeignKeyField, ids: list[int]) -> list[dict[str, Any]]:
    """Rows of a table, each with the rows that hang on it (the calls of a question)."""
    contents = []
    for row in model.select().where(foreign_key.in_(ids)).order_by(model.id):
        content = _row(row)
        for other_key, other in model._meta.backrefs.items():
            content[other._meta.table_name] = _rows(other, other_key, [row.id])
        contents.append(content)
    return contents


def _row(row: Model) -> dict[str, Any]:
    return {name: _plain(row, name, value) for name, value in row.__data__.items()}


def _plain(row: Model, name: str, value: Any) -> Any:
    """JSON; users by their name, because a number says nothing to the person who asks."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    field = row._meta.fields[name]
    if value is not None and isinstance(field, ForeignKeyField) and field.rel_model is User:
        return User.get_by_id(value).full_name
    return value


def purge(settings: Settings, *, days: int) -> Purged:
    """Photos of papers that are due; sessions that have ended; old copies; rows of workbooks that were written, dropped
    or forgotten more than ``days`` ago."""
    limit = utc_now() - timedelta(days=days)
    with writing():
        sessions = _end_sessions()
        forgotten = _forget_uploads(limit)
        copies = sum(_remove(path) for path in _old_files(settings.data, days))
        audit.record(
            "purge", by=None, new=f"{sessions} phiên, {forgotten} dòng tệp nhập, {copies} bản sao"
        )
    empty_journal()
    # the photos after the transaction: a file that is gone does not come back with a rollback
    return Purged(sessions, forgotten, copies, scans=papers.erase_done(settings))


def _end_sessions() -> int:
    now = utc_now()
    ended = (Session.created_at < now - accounts.ABSOLUTE) | (Session.seen_at < now - accounts.IDLE)
    return int(Session.delete().where(ended).execute())


def _forget_uploads(limit: datetime) -> int:
    """The upload itself stays: who, when, which file, with which SHA-256."""
    written = (Import.state == "confirmed") & (Import.confirmed_at < limit)
    forgotten = (Import.state != "confirmed") & (Import.created_at < limit)
    ids = [id_ for (id_,) in rows(Import.select(Import.id).where(written | forgotten))]
    unwritten = Import.state.in_(("reading", "asking", "checked"))
    Import.update(state="dropped", questions=[]).where(Import.id.in_(ids), unwritten).execute()
    Import.update(addresses={}).where(Import.id.in_(ids)).execute()
    return int(ImportRow.delete().where(ImportRow.upload.in_(ids)).execute())


def _old_files(data: Path, days: int) -> Iterator[Path]:
    yield from _older(data, _COPIES, days * _A_DAY)
    yield from _older(data, _LEFTOVERS, _A_DAY)


def _older(data: Path, patterns: Iterable[str], seconds: float) -> Iterator[Path]:
    for pattern in patterns:
        for path in data.glob(pattern):
            if time.time() - path.stat().st_mtime > seconds:
                yield path


def _remove(path: Path) -> int:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    return 1
