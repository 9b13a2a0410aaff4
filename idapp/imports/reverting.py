"""Taking a whole imported file back, as one step, as far as nobody has worked on it since."""

from collections import defaultdict

from idapp import audit
from idapp.database import writing
from idapp.imports.decisions import cells_to_write
from idapp.imports.headings import label_of
from idapp.models import Change, Import, ImportRow, Person, SchoolClass, User, utc_now
from idapp.people import membership, reverting
from idapp.permissions import may_import
from idapp.school import take_back_class

_NAMED = 10


class NotUndone(Exception):
    """The import cannot be taken back; the message is a Vietnamese sentence."""


def undo(upload: Import, *, by: User) -> None:
    """State ``undone``; ``sentence`` of the upload says what became of it, and its rows what stayed. Raises
    ``NotUndone``, and leaves everything as it is, where nothing can go back."""
    with writing():
        now = Import.get_by_id(upload.id)
        if now.state != "confirmed" or not now.changeset or not may_import(by):
            raise NotUndone("Tệp này chưa lưu hoặc đã được hoàn tác rồi, không còn gì để hoàn tác.")
        reverted = reverting.revert(now.changeset, by=by)
        if not reverted.anything:
            stayed = _what_stayed(reverted)
            raise NotUndone(f"Chưa hoàn tác gì: không còn gì để trả về như trước.{stayed}")
        gone = _take_back_classes(now.changeset, reverted.changeset, by)
        now.state = "undone"
        now.undone_at = utc_now()
        now.sentence = _summary(reverted, gone)
        now.save(only=[Import.state, Import.undone_at, Import.sentence])
        _mark_rows(now, reverted)
        audit.record(
            "import.undone",
            by=by,
            subject=f"import {now.id}",
            source="undo",
            changeset=reverted.changeset,
            new=f"{len(reverted.put_aside)} hồ sơ gỡ ra, {reverted.values} ô trả về, "
            f"{len(reverted.moved_back) + len(reverted.restored)} người về lớp, trạng thái cũ, "
            f"{len(reverted.kept) + len(reverted.kept_people)} giữ lại",
        )


def _take_back_classes(changeset: str, undo_step: str, by: User) -> list[str]:
    """Classes the file made go again, unless somebody is in them by now; who was put aside is in none.

    Returns the names of those that went.
    """
    made = Change.select(Change.subject).where(
        Change.changeset == changeset, Change.event == "class.added"
    )
    # the history keeps what was made as text
    ids = [int(change.subject.split()[1]) for change in made]  # "class 17"
    gone = []
    for school_class in SchoolClass.select().where(SchoolClass.id.in_(ids)):
        if _is_in_use(school_class):
            continue
        inside = (
            Person.select(Person, SchoolClass)
            .join(SchoolClass)
            .where(Person.school_class == school_class)
        )
        aside = list(inside.where(Person.state == membership.MISTAKEN))
        membership.take_out_of_class(aside, by=by, source="undo", changeset=undo_step)
        if take_back_class(school_class, by=by, changeset=undo_step):
            gone.append(school_class.name)
    return gone


def _is_in_use(school_class: SchoolClass) -> bool:
    if school_class.teachers.exists():
        return True
    return bool(school_class.people.where(Person.active).exists())


def _mark_rows(upload: Import, reverted: reverting.Reverted) -> None:
    """``applied`` of the rows that stayed as the file wrote them, or of which some cells did."""
    stayed_of: dict[int, set[str]] = defaultdict(set)
    for cell in reverted.kept:
        stayed_of[cell.person.id].add(cell.field)
    newcomers = {person.id for person in reverted.kept_people}
    written = ImportRow.select().where(
        ImportRow.upload == upload, ImportRow.applied.in_(("created", "changed"))
    )
    for row in written:
        if row.applied == "created":
            stays = row.person_id in newcomers
            outcome = "created_kept"
        else:
            stayed = stayed_of.get(row.person_id or 0, set())
            stays = bool(stayed)
            outcome = _outcome_of_change(row, stayed, upload)
        if stays:
            row.applied = outcome
            row.save(only=[ImportRow.applied])


def _outcome_of_change(row: ImportRow, stayed: set[str], upload: Import) -> str:
    if stayed.issuperset(cells_to_write(row, upload.left_out)):
        return "changed_kept"
    return "changed_part"


def _summary(reverted: reverting.Reverted, gone: list[str]) -> str:
    done = []
    if reverted.put_aside:
        done.append(f"{len(reverted.put_aside)} hồ sơ mới được gỡ khỏi danh sách")
    if reverted.values:
        done.append(f"{reverted.values} ô trở về như trước")
    if reverted.moved_back:
        done.append(f"{len(reverted.moved_back)} người về lớp cũ")
    if reverted.restored:
        done.append(f"{len(reverted.restored)} người về trạng thái cũ")
    if gone:
        done.append(f"bỏ lớp {_listed(gone, 'lớp')} do tệp tạo ra")
    return f"Đã hoàn tác: {', '.join(done)}.{_what_stayed(reverted)}"


def _what_stayed(reverted: reverting.Reverted) -> str:
    names = [f"{cell.person.full_name} ({label_of(cell.field)})" for cell in reverted.kept]
    names += [person.full_name for person in reverted.kept_people]
    if not names:
        return ""
    return f" Giữ nguyên vì sau khi nhập đã có người làm tiếp: {_listed(names, 'chỗ')}."


def _listed(names: list[str], what: str) -> str:
    listed = ", ".join(names[:_NAMED])
    if len(names) > _NAMED:
        listed += f" và {len(names) - _NAMED} {what} khác"
    return listed
