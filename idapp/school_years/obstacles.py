"""What must be over before a school may go into another year; and the one line that says which year it is in."""

from idapp import audit
from idapp.models import (
    IN_PARTS,
    OPEN_BATCH,
    UNDER_WAY,
    Batch,
    EpochChange,
    Import,
    School,
    YearChange,
)
from idapp.rules.problem import Problem
from idapp.school import the_school


def check_nothing_is_under_way() -> None:
    """Raises ``Problem`` while a batch is open, a file is read or written, or everybody is being rewritten."""
    if YearChange.select().where(YearChange.state.in_(UNDER_WAY)).exists():
        sentence = "Trường đang chuyển sang năm học mới: hãy đợi việc này xong đã."
        raise Problem("year", "under_way", sentence)
    if Batch.select().where(Batch.state.in_(OPEN_BATCH)).exists():
        sentence = (
            "Đang có đợt xác thực chưa xong: hãy đợi đợt ấy kết thúc hoặc dừng đợt ấy, rồi mới "
            "chuyển năm học."
        )
        raise Problem("year", "open_batch", sentence)
    if EpochChange.select().where(EpochChange.state.in_(UNDER_WAY)).exists():
        sentence = "Danh mục địa chỉ đang được đổi: hãy đợi việc ấy xong rồi mới chuyển năm học."
        raise Problem("year", "epoch", sentence)
    if Import.select().where(Import.state.in_(("reading", *IN_PARTS))).exists():
        sentence = (
            "Một tệp Excel đang được đọc, lưu hoặc hoàn tác: hãy đợi xong rồi mới chuyển năm học."
        )
        raise Problem("year", "import", sentence)
    waiting = Import.get_or_none(Import.state == "checked")
    if waiting is not None:  # its class names are those of the year in which it was checked
        raise WaitingFile(waiting)


class WaitingFile(Problem):
    """A checked file that nobody has written or dropped; ``import_id`` leads to it."""

    def __init__(self, upload: Import) -> None:
        self.import_id = upload.id
        sentence = (
            f"Tệp “{upload.file_name}” đang chờ ở trang kiểm tra: hãy lưu hoặc bỏ tệp ấy ở trang "
            "Nhập tệp Excel, rồi mới chuyển năm học."
        )
        super().__init__("year", "checked_import", sentence)


def set_school_year(year: int, change: YearChange) -> None:
    """The school is in this year from now on. Inside the caller's transaction."""
    school = the_school()
    audit.record(
        "school.changed",
        by=change.user,
        subject=f"school {school.id}",
        field="school_year",
        old=str(school.school_year),
        new=str(year),
        changeset=change.changeset,
    )
    School.update(school_year=year).where(School.id == school.id).execute()
