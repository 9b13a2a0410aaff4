"""What the doctor says of the history itself: nothing can rewrite it, nothing has, nothing is missing at its end."""

from peewee import DatabaseError, SqliteDatabase, fn

from idapp import history_chain, history_heads
from idapp.database import db
from idapp.doctor.finding import Finding, verdict
from idapp.history_chain import Break
from idapp.models import Change
from idapp.settings import current

_SQLITE = ("SELECT name FROM sqlite_master WHERE type = 'trigger'", "change_no_replace")
_POSTGRESQL = (
    "SELECT tgname FROM pg_trigger WHERE tgrelid = 'change'::regclass AND tgenabled <> 'D'",
    "change_no_truncate",
)
_HOW = {
    "changed": "Dòng {id} của nhật ký không khớp với dòng trước nó: dòng này hoặc dòng ngay trước "
    "đã bị sửa hay chèn vào.",
    "removed": "Trước dòng {id} của nhật ký có dòng đã bị xóa.",
    "foreign": "Dòng {id} của nhật ký không do chương trình này ghi.",
    "erased": "Nội dung dòng {id} của nhật ký đã bị xóa mà không có dòng nào cho biết ai xóa.",
}
_SHOWN = 12  # of the 64 letters of a link


def is_append_only() -> Finding:
    """The database itself refuses to change the history."""
    return verdict(
        "audit",
        _has_triggers() and _refuses_rewriting(),
        "Nhật ký chỉ ghi thêm, không sửa, không xóa được.",
        "Thiếu khóa chống sửa nhật ký: cơ sở dữ liệu đã bị can thiệp.",
    )


def _has_triggers() -> bool:
    """The names alone prove little; they are for what cannot be tried without harm."""
    question, of_its_own = _POSTGRESQL
    if isinstance(db.obj, SqliteDatabase):
        question, of_its_own = _SQLITE
    names = {name for (name,) in db.execute_sql(question).fetchall()}
    return names >= {"change_no_update", "change_no_delete", of_its_own}


def _refuses_rewriting() -> bool:
    """By trying: a trigger of the right name could be an empty one. The transaction is rolled back either way."""
    if not Change.select().exists():
        return True
    for rewrite in (Change.update(new=Change.new), Change.delete()):
        with db.atomic() as transaction:
            try:
                # the newest row alone: if nothing refuses, no more than that was touched
                rewrite.where(Change.id == Change.select(fn.MAX(Change.id))).execute()
                transaction.rollback()
                return False
            except DatabaseError:
                transaction.rollback()
    return True


def is_one_chain() -> Finding:
    """Each row of the history fits the one before it; the first that does not is named."""
    where = history_chain.examine()
    return verdict(
        "chain",
        where is None,
        f"Nhật ký liền mạch từ dòng đầu đến dòng cuối ({_newest()}).",
        _sentence(where),
    )


def _sentence(where: Break | None) -> str:
    return _HOW[where.how].format(id=where.id) if where else ""


def _newest() -> str:
    head = history_chain.head()
    return f"dòng {head.id}, dấu {head.link[:_SHOWN]}" if head.id else "chưa có dòng nào"


def ends_where_it_did() -> Finding:
    """What was kept of the history outside of the database is in it still."""
    written = history_heads.kept_head(current())
    if written is None:
        return Finding("head", "ok", "Chưa có dấu cuối nhật ký nào được giữ riêng để so.")
    return verdict(
        "head",
        history_chain.is_whole_since(written),
        "Nhật ký còn đủ đến dấu cuối đã giữ riêng.",
        f"Nhật ký không còn như lúc giữ dấu: dòng {written.id} đã mất hoặc khác đi. Nếu vừa chép "
        f"tệp cơ sở dữ liệu cũ vào, hãy xóa tệp {history_heads.FILE} trong thư mục dữ liệu.",
    )
