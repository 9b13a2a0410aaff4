"""Taking a whole imported file back, as one step, as far as nobody has worked on it since; in parts, each whole.

``queue_undo`` notes who asked for it; ``take_back`` does what is left, by whichever process has the time. How far it is
(``UndoProgress``) is stored with each part; the parts follow the ids of the records, so that whoever takes it up again
knows where. What was edited since stays, also what is edited between two parts.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field

from idapp import audit, people
from idapp.database import writing
from idapp.imports import under_way
from idapp.imports.collector import paused_collector
from idapp.imports.decisions import cells_to_write
from idapp.imports.headings import label_of
from idapp.imports.row_writer import classes_made_by
from idapp.models import Import, ImportRow, Person, SchoolClass, User, utc_now
from idapp.people import membership, reverting
from idapp.people.changesets import people_of
from idapp.permissions import may_import
from idapp.school import take_back_class
from idapp.stepwise import PartSize, pause

log = logging.getLogger(__name__)
PART = 300  # records at most; on a slow machine fewer
_NAMED = 10


class NotUndone(Exception):
    """The import cannot be taken back; the message is a Vietnamese sentence."""


@dataclass
class UndoProgress:
    """How far the way back is, and what has gone back so far.

    changeset  of the undo itself              person, school_class  the last ids that are done
    done       records, of ``total``           names  the first of what stayed, in words
    gone       names of the classes that went
    """

    changeset: str = ""
    total: int = 0
    done: int = 0
    person: int = 0
    school_class: int = 0
    put_aside: int = 0
    values: int = 0
    moved_back: int = 0
    restored: int = 0
    stayed: int = 0
    names: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """False if all of it had to stay."""
        return self.put_aside + self.values + self.moved_back + self.restored > 0

    def note(self, ids: Sequence[int], reverted: reverting.Reverted) -> None:
        """One more part is done, of these records."""
        self.done += len(ids)
        self.person = ids[-1]
        self.put_aside += len(reverted.put_aside)
        self.values += reverted.values
        self.moved_back += len(reverted.moved_back)
        self.restored += len(reverted.restored)
        self.stayed += len(reverted.kept) + len(reverted.kept_people)
        names = [f"{cell.person.full_name} ({label_of(cell.field)})" for cell in reverted.kept]
        names += [person.full_name for person in reverted.kept_people]
        self.names = [*self.names, *names][:_NAMED]


def undo(upload: Import, *, by: User) -> None:
    """Take the file back now: state ``undone``; ``sentence`` of the upload says what became of it, and its rows what
    stayed. Raises ``NotUndone``, and leaves everything as it is, where nothing can go back."""
    queue_undo(upload, by=by)
    take_back(upload.id)
    now = Import.get_by_id(upload.id)
    if now.state == "confirmed":
        raise NotUndone(now.sentence)


def queue_undo(upload: Import, *, by: User) -> None:
    """From now on the file is being taken back, or goes on being, where that had stopped.

    Raises ``NotUndone`` for a file that is not written, or is gone already.
    """
    with writing():
        now = Import.get_by_id(upload.id)
        if now.state == "undoing" and may_import(by):
            under_way.resume(now, "undoing")
            return
        may_begin = now.state == "confirmed" or (now.state == "writing" and now.is_stopped)
        if not may_begin or not now.changeset or not may_import(by):
            raise NotUndone("Tệp này chưa lưu hoặc đã được hoàn tác rồi, không còn gì để hoàn tác.")
        now.state = "undoing"
        now.undone_by = by
        now.confirmed_at = now.confirmed_at or utc_now()
        now.sentence = ""
        now.attempts = 0
        now.heartbeat_at = utc_now()
        now.undo_progress = asdict(UndoProgress(people.new_changeset()))
        now.save()


def take_back(upload_id: int) -> None:
    """Do what is left of a file that is being taken back. May be called at any moment, also by several at once."""
    upload = Import.get_or_none(Import.id == upload_id)
    if upload is None or upload.state != "undoing" or upload.is_stopped:
        return
    if not under_way.has_tries_left(upload):
        under_way.stop_after_crashes(upload)
        return
    try:
        with under_way.one_try(upload):
            _take_back_parts(upload)
    except Exception as fault:
        under_way.note_fault(upload, fault)


# --- the parts ---


@paused_collector()
def _take_back_parts(upload: Import) -> None:
    ids = people_of(upload.changeset)
    made = classes_made_by(upload.changeset)
    size = PartSize(PART)
    while True:
        with writing():
            now = under_way.still(upload)
            if now is None:
                return
            progress = UndoProgress(**now.undo_progress)
            progress.total = len(ids)
            part = _after(ids, progress.person)[: size.records]
            with size.measured(len(part)):
                _take_back_people(now, part, progress)
                has_ended = _take_back_classes(now, made, progress, size.records - len(part))
            Import.update(undo_progress=asdict(progress)).where(Import.id == now.id).execute()
            under_way.beat(now)
            if has_ended:
                _end(now, progress)
        if has_ended:
            return
        pause(size.pause())


def _after(ids: Sequence[int], last: int) -> Sequence[int]:
    """
    >>> _after([3, 5, 8], 5), _after([3, 5, 8], 0), _after([3, 5, 8], 9)
    ([8], [3, 5, 8], [])
    """
    return ids[bisect_right(ids, last) :]


def _take_back_people(upload: Import, ids: Sequence[int], progress: UndoProgress) -> None:
    if not ids:
        return
    reverted = reverting.revert_part(
        upload.changeset, ids, by=_by(upload), undo_step=progress.changeset
    )
    progress.note(ids, reverted)
    _mark_rows(upload, ids, reverted)


def _by(upload: Import) -> User:
    by: User = upload.undone_by or upload.user
    return by


def _take_back_classes(
    upload: Import, made: Sequence[int], progress: UndoProgress, most: int
) -> bool:
    """Once everybody is back, the classes the file made go again, unless somebody is in them by now; who was put aside
    is in none. ``most``: so many records may still be written to in this part. Has the last one been looked at?"""
    if progress.done < progress.total:
        return False
    for id_ in _after(made, progress.school_class):
        if most <= 0:
            return False
        most -= 1 + _take_back_class(id_, upload, progress)
        progress.school_class = id_
    return True


def _take_back_class(id_: int, upload: Import, progress: UndoProgress) -> int:
    """Returns how many records were taken out of it."""
    school_class = SchoolClass.get_or_none(SchoolClass.id == id_)
    if school_class is None or _is_in_use(school_class):
        return 0
    inside = (
        Person.select(Person, SchoolClass)
        .join(SchoolClass)
        .where(Person.school_class == school_class)
    )
    aside = list(inside.where(Person.state == membership.MISTAKEN))
    by = _by(upload)
    membership.take_out_of_class(aside, by=by, source="undo", changeset=progress.changeset)
    if take_back_class(school_class, by=by, changeset=progress.changeset):
        progress.gone.append(school_class.name)
    return len(aside)


def _is_in_use(school_class: SchoolClass) -> bool:
    if school_class.teachers.exists():
        return True
    return bool(school_class.people.where(Person.active).exists())


def _mark_rows(upload: Import, ids: Collection[int], reverted: reverting.Reverted) -> None:
    """``applied`` of the rows that stayed as the file wrote them, or of which some cells did."""
    stayed_of: dict[int, set[str]] = defaultdict(set)
    for cell in reverted.kept:
        stayed_of[cell.person.id].add(cell.field)
    newcomers = {person.id for person in reverted.kept_people}
    stayed = stayed_of.keys() | newcomers
    if not stayed:
        return
    written = ImportRow.select().where(
        ImportRow.upload == upload,
        ImportRow.person.in_(sorted(stayed)),
        ImportRow.applied.in_(("created", "changed")),
    )
    for row in written:
        if row.applied == "changed":
            row.applied = _outcome_of_change(row, stayed_of.get(row.person_id or 0, set()), upload)
        elif row.person_id in newcomers:
            row.applied = "created_kept"
        row.save(only=[ImportRow.applied])


def _outcome_of_change(row: ImportRow, stayed: set[str], upload: Import) -> str:
    if stayed.issuperset(cells_to_write(row, upload.left_out)):
        return "changed_kept"
    return "changed_part"


# --- the end ---


def _end(upload: Import, progress: UndoProgress) -> None:
    """Everybody is back who can be; in the transaction of the last part."""
    if not progress.anything:
        _leave_as_it_is(upload, progress)
        return
    ended = Import.update(state="undone", undone_at=utc_now(), sentence=_summary(progress))
    ended.where(Import.id == upload.id).execute()
    audit.record(
        "import.undone",
        by=_by(upload),
        subject=f"import {upload.id}",
        source="undo",
        changeset=progress.changeset,
        new=f"{progress.put_aside} hồ sơ gỡ ra, {progress.values} ô trả về, "
        f"{progress.moved_back + progress.restored} người về lớp, trạng thái cũ, "
        f"{progress.stayed} giữ lại",
    )


def _leave_as_it_is(upload: Import, progress: UndoProgress) -> None:
    """All of it had to stay: the file is not called undone."""
    sentence = f"Chưa hoàn tác gì: không còn gì để trả về như trước.{_what_stayed(progress)}"
    back = Import.update(state="confirmed", sentence=sentence, undone_by=None, undo_progress={})
    back.where(Import.id == upload.id).execute()
    for outcome in ("created", "changed"):
        rows = (ImportRow.upload == upload) & (ImportRow.applied == f"{outcome}_kept")
        ImportRow.update(applied=outcome).where(rows).execute()


def _summary(progress: UndoProgress) -> str:
    done = []
    if progress.put_aside:
        done.append(f"{progress.put_aside} hồ sơ mới được gỡ khỏi danh sách")
    if progress.values:
        done.append(f"{progress.values} ô trở về như trước")
    if progress.moved_back:
        done.append(f"{progress.moved_back} người về lớp cũ")
    if progress.restored:
        done.append(f"{progress.restored} người về trạng thái cũ")
    if progress.gone:
        gone = _listed(progress.gone, len(progress.gone), "lớp")
        done.append(f"bỏ lớp {gone} do tệp tạo ra")
    return f"Đã hoàn tác: {', '.join(done)}.{_what_stayed(progress)}"


def _what_stayed(progress: UndoProgress) -> str:
    if not progress.stayed:
        return ""
    names = _listed(progress.names, progress.stayed, "chỗ")
    return f" Giữ nguyên vì sau khi nhập đã có người làm tiếp: {names}."


def _listed(names: Sequence[str], count: int, what: str) -> str:
    """
    >>> _listed(["5A", "5B"], 2, "lớp")
    '5A, 5B'
    """
    listed = ", ".join(names[:_NAMED])
    if count > _NAMED:
        listed += f" và {count - _NAMED} {what} khác"
    return listed
