"""Taking a whole imported file back, as one step, as far as nobody has worked on it since."""

from idapp import audit
from idapp.database import writing
from idapp.imports.headings import label_of
from idapp.models import Import, User, utc_now
from idapp.people import undoing
from idapp.permissions import may_import

_NAMED = 10


class NotUndone(Exception):
    """The import cannot be taken back; the message is a Vietnamese sentence."""


def undo(upload: Import, *, by: User) -> None:
    """State ``undone``; ``sentence`` of the upload says what became of it. Raises ``NotUndone`` if nothing is left."""
    with writing():
        now = Import.get_by_id(upload.id)
        if now.state != "confirmed" or not now.step or not may_import(by):
            raise NotUndone("Tệp này chưa ghi hoặc đã được hoàn tác rồi, không còn gì để hoàn tác.")
        reverted = undoing.revert(now.step, by=by)
        now.state, now.undone_at, now.sentence = "undone", utc_now(), _told(reverted)
        now.save(only=[Import.state, Import.undone_at, Import.sentence])
        audit.record(
            "import.undone", by=by, subject=f"import {now.id}", door="undo", step=reverted.step,
            new=f"{len(reverted.put_aside)} hồ sơ gỡ ra, {reverted.values} ô trả về, "
            f"{len(reverted.kept) + len(reverted.kept_people)} giữ lại",
        )  # fmt: skip


def _told(reverted: undoing.Reverted) -> str:
    done = []
    if reverted.put_aside:
        done.append(f"{len(reverted.put_aside)} hồ sơ mới được gỡ khỏi danh sách")
    if reverted.values:
        done.append(f"{reverted.values} ô trở về như trước")
    if reverted.moved_back:
        done.append(f"{len(reverted.moved_back)} người về lớp cũ")
    sentence = f"Đã hoàn tác: {', '.join(done)}." if done else "Không còn gì để trả về như trước."
    kept = [f"{cell.person.full_name} ({label_of(cell.field)})" for cell in reverted.kept]
    kept += [person.full_name for person in reverted.kept_people]
    if kept:
        more = f" và {len(kept) - _NAMED} chỗ khác" if len(kept) > _NAMED else ""
        sentence += f" Giữ nguyên vì sau khi nhập đã có người làm tiếp: {', '.join(kept[:_NAMED])}{more}."
    return sentence
