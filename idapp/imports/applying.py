"""Writing what the check page showed: the stored rows, as one step, in parts that are each whole.

``queue`` notes who asked for it; from then on the rows are being written, by whichever process has the time: ``write``
does what is left. Each part is one transaction of some hundred rows that holds the lock for less than a tenth of a
second, so that whoever saves meanwhile does not wait; what became of its rows is stored with it. A crash in between
leaves the parts before it; ``overdue`` finds the file, and the rest is written as if nothing had been.

With ``all_or_nothing`` a single row that cannot be written keeps all of them out. Up to ``AT_ONCE`` rows are then one
part: looked through and written under one lock. More would keep everybody waiting for seconds: they are looked through
right before the first part, and a row whose record somebody edits while the parts are written is told like any other.

What happens when it is broken off: nothing written yet, the file goes back to its check page and says so. Otherwise it
is tried again by itself, and after the third try at one part it stops: the page says how far it came, and offers to
write the rest or to take back what there is (``under_way``).
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Iterable

from peewee import chunked, fn

from idapp import audit, database, faults, people
from idapp.database import writing
from idapp.imports import address_questions, under_way
from idapp.imports.collector import paused_collector
from idapp.imports.decisions import cannot_be_read, is_undecided
from idapp.imports.marks import BROUGHT
from idapp.imports.row_writer import SOURCE, RowWriter
from idapp.models import IN_PARTS, Import, ImportRow, User, utc_now
from idapp.stepwise import PartSize, pause

log = logging.getLogger(__name__)
PART = 300  # rows at most; on a slow machine fewer
AT_ONCE = 1500  # rows that one lock may hold: half a second
_PARAMETERS = 500  # ids in one query: SQLite allows 999 parameters in old builds
_IDLE = 0.1  # what a row costs that writes nothing, beside one that does
_FAULT = (
    "Máy chủ gặp lỗi khi lưu nên chưa có gì được lưu. Hãy bấm lưu lại; nếu vẫn lỗi, báo kỹ thuật."
)
_GIVEN_UP = "Việc lưu đã bị ngắt nhiều lần nên đã dừng; chưa có gì được lưu. Hãy bấm lưu lại."
_SAME_FILE = (
    "Chính tệp này đang được lưu hoặc hoàn tác ở một lần tải lên khác: hãy đợi việc ấy xong rồi "
    "xem lại."
)


class NotAllWritten(Exception):
    """All or nothing was asked for, and not all of it can be written. The message is for the user."""


def confirm(upload: Import, *, by: User) -> dict[str, int]:
    """Write the rows now; answers how many were created, changed, unchanged, stale, left_out. Twice writes once.

    Where not all of it was written the state of the upload is not ``confirmed``, and its ``sentence`` says why.
    """
    queue(upload, by=by)
    write(upload.id)
    return applied(upload)


def queue(upload: Import, *, by: User) -> bool:
    """From now on the file is being written, or goes on being, where that had stopped; False if it was at work before,
    or there is nothing to ask for.

    The very same file in another upload is not written beside it: a sentence says so.
    """
    claim = Import.update(
        state="writing",
        confirmed_by=by,
        changeset=people.new_changeset(),
        sentence="",
        attempts=0,
        heartbeat_at=utc_now(),
    )
    is_checked = (Import.id == upload.id) & (Import.state == "checked")
    with writing():
        if _is_at_work_elsewhere(upload):
            Import.update(sentence=_SAME_FILE).where(is_checked).execute()
            return False
        return bool(claim.where(is_checked).execute()) or under_way.resume(upload, "writing")


def _is_at_work_elsewhere(upload: Import) -> bool:
    same = Import.select().where(Import.sha256 == upload.sha256, Import.id != upload.id)
    return bool(same.where(Import.state.in_(IN_PARTS)).exists())


def write(upload_id: int) -> None:
    """Write what is left of a file that is being written. May be called at any moment, also by several at once."""
    upload = Import.get_or_none(Import.id == upload_id)
    if upload is None or upload.state != "writing" or upload.is_stopped:
        return
    if not under_way.has_tries_left(upload):
        if not _put_back(upload, _GIVEN_UP):
            under_way.stop_after_crashes(upload)
        return
    try:
        with under_way.one_try(upload):
            _write_parts(upload)
    except NotAllWritten as refused:
        _put_back(upload, str(refused))
    except Exception as fault:
        if _put_back(upload, _FAULT):
            log.error("import %s was not written: %s", upload_id, faults.redacted_traceback(fault))
        else:
            under_way.note_fault(upload, fault)


def applied(upload: Import) -> dict[str, int]:
    """What became of the rows of a file so far: {word of ``ImportRow.applied``: rows}."""
    query = ImportRow.select(ImportRow.applied, fn.COUNT(ImportRow.id)).where(
        ImportRow.upload == upload, ImportRow.applied != ""
    )
    return dict(database.rows(query.group_by(ImportRow.applied)))


def _put_back(upload: Import, sentence: str) -> bool:
    """To the check page, with a sentence; False where something of it is written already."""
    rows = ImportRow.upload == upload
    with writing():
        if ImportRow.select().where(rows, ImportRow.applied.in_(("created", "changed"))).exists():
            return False
        ImportRow.update(applied="").where(rows, ImportRow.applied != "").execute()
        back = Import.update(state="checked", sentence=sentence, changeset="", attempts=0)
        back.where(Import.id == upload.id, Import.state == "writing").execute()
    return True


# --- the parts ---


@paused_collector()
def _write_parts(upload: Import) -> None:
    """Raises ``NotAllWritten`` before anything is written."""
    writer = RowWriter(upload, upload.confirmed_by or upload.user)
    waiting = _Waiting(upload)
    size = PartSize(PART)
    if upload.all_or_nothing and waiting.writing <= AT_ONCE:
        _write_next(upload, writer, waiting.take(None), size, waiting, whole=True)
        return
    if upload.all_or_nothing:
        _check_whole(upload, writer)
    while _write_next(upload, writer, waiting.take(size.records), size, waiting):
        pause(size.pause())
        if waiting.is_empty:  # somebody else, who has rows of it, has not written them
            waiting = _Waiting(upload)


def _write_next(
    upload: Import,
    writer: RowWriter,
    rows: list[ImportRow],
    size: PartSize,
    waiting: _Waiting,
    *,
    whole: bool = False,
) -> bool:
    """One part: is there more to be done? ``whole``: all of these rows or none of them."""
    writer.prepare(rows)
    with writing():
        if under_way.still(upload) is None:
            return False
        with size.measured(len(rows)):
            _write_part(rows, writer, whole=whole)
        under_way.beat(upload)
        if not waiting.is_empty or _is_any_open(upload):
            return True
        _end(upload)
    return False


def _write_part(rows: list[ImportRow], writer: RowWriter, *, whole: bool) -> None:
    open_rows = writer.foresee(rows)
    if whole:
        _refuse_what_is_not_whole(open_rows)
    writer.write(open_rows)


def _is_any_open(upload: Import) -> bool:
    return bool(
        ImportRow.select().where(ImportRow.upload == upload, ImportRow.applied == "").exists()
    )


class _Waiting:
    """The rows that nobody has written yet: the new records, then the changed ones, then those that write nothing.

    The new ones first: who takes the file up again after a crash looks for them among all but those it has brought,
    and no row of it has changed anybody yet. The last ones last: as long as nothing is written, nothing is settled.
    """

    def __init__(self, upload: Import) -> None:
        query = ImportRow.select(ImportRow.id, ImportRow.verdict, ImportRow.writes)
        is_open = (ImportRow.upload == upload) & (ImportRow.applied == "")
        groups: dict[str, list[int]] = {"new": [], "changed": [], "idle": []}
        for id_, verdict, writes in database.rows(query.where(is_open).order_by(ImportRow.id)):
            groups[_group_of(verdict, writes)].append(id_)
        bringing = [*groups["new"], *groups["changed"]]
        self.writing = len(bringing)
        self._costs = deque([(id_, 1.0) for id_ in bringing])
        self._costs.extend((id_, _IDLE) for id_ in groups["idle"])

    @property
    def is_empty(self) -> bool:
        """Has each of them been taken?"""
        return not self._costs

    def take(self, most: int | None) -> list[ImportRow]:
        """The next rows that cost as much as ``most`` that write something; None: all of them."""
        ids = []
        cost = 0.0
        while self._costs and (most is None or cost < most):
            id_, of_row = self._costs.popleft()
            ids.append(id_)
            cost += of_row
        return _rows_with(ids)


def _group_of(verdict: str, writes: int) -> str:
    """
    >>> _group_of("new", 5), _group_of("conflict", 1), _group_of("new", 0)
    ('new', 'changed', 'idle')
    """
    if not writes:
        return "idle"
    return "new" if verdict == "new" else "changed"


def _rows_with(ids: list[int]) -> list[ImportRow]:
    rows: list[ImportRow] = []
    for part in chunked(ids, _PARAMETERS):
        rows += list(ImportRow.select().where(ImportRow.id.in_(part)).order_by(ImportRow.id))
    return rows


def _end(upload: Import) -> None:
    """The file is written; in the transaction of its last part."""
    by = upload.confirmed_by or upload.user
    counts = applied(upload)
    Import.update(state="confirmed", confirmed_at=utc_now()).where(Import.id == upload.id).execute()
    address_questions.remember_choices(upload, by=by)
    audit.record(
        "import.confirmed",
        by=by,
        subject=f"import {upload.id}",
        source=SOURCE,
        changeset=upload.changeset,
        new=", ".join(f"{outcome} {n}" for outcome, n in sorted(counts.items())),
    )


# --- all or nothing ---


def _check_whole(upload: Import, writer: RowWriter) -> None:
    """Before the first part: a row with an error, one nobody decided, or one that somebody changed since keeps
    everything out. Raises ``NotAllWritten``."""
    if applied(upload):
        return
    looked_at = Counter[str]()
    waiting = _Waiting(upload)
    while not waiting.is_empty:
        rows = waiting.take(PART)
        writer.prepare(rows)
        looked_at += _what_is_not_whole(writer.foresee(rows))
    _refuse(looked_at)


def _refuse_what_is_not_whole(rows: Iterable[ImportRow]) -> None:
    _refuse(_what_is_not_whole(rows))


def _what_is_not_whole(rows: Iterable[ImportRow]) -> Counter[str]:
    """{words: rows}"""
    counts = Counter[str]()
    for row in rows:
        counts["dòng có ô lỗi"] += BROUGHT in row.marks or cannot_be_read(row)
        counts["dòng cần quyết định"] += is_undecided(row)
        counts["dòng vừa có người sửa hồ sơ"] += row.applied == "stale"
    return counts


def _refuse(counts: Counter[str]) -> None:
    left = [f"{n} {words}" for words, n in (+counts).items()]
    if left:
        raise NotAllWritten(
            f"Chưa lưu gì: còn {', '.join(left)}, mà đã chọn “chỉ lưu khi lưu được tất cả”."
        )
