"""Which column of a workbook means what, and what kind of file it is.

Four shapes are read, told apart by their headings alone (never by position, file name or sheet name):

    profile  the ministry's pupil profile export (4.1.1): names, and often two number columns, of which the identity
             number counts before the card number
    form416  the ministry's entry form (4.1.6): no names, rows keyed by the ministry's pupil code
    staff    a staff export
    own      a workbook this system wrote: carries the record's id and version in two hidden columns
"""

from collections.abc import Sequence
from dataclasses import dataclass

from idapp.rules import record
from idapp.workbook import Row, Sheet, Table, find_tables, read_meta

RECORD_ID = "Mã hồ sơ idapp"
RECORD_VERSION = "Phiên bản idapp"
WORDS = {
    "profile": "Hồ sơ học sinh (4.1.1)",
    "form416": "Mẫu nhập số định danh (4.1.6)",
    "staff": "Danh sách cán bộ, giáo viên, nhân viên",
    "own": "Tệp xuất từ hệ thống này",
}
_MARKS: dict[str, tuple[str, ...]] = {
    "school_class": ("Mã lớp", "Lớp", "Tên lớp", "Lớp học"),
    "state": ("Trạng thái HS", "Trạng thái học sinh", "Trạng thái", "Trạng thái cán bộ"),
    "pupil_code": ("Mã học sinh", "Mã HS"),
    "staff_code": ("Mã cán bộ", "Mã giáo viên", "Mã CB"),
    "position_group": ("Nhóm chức vụ",),
    "record_id": (RECORD_ID,),
    "version": (RECORD_VERSION,),
}
_STAFF_MARKS = {"staff_code", "position", "position_group"}
_PUPIL_MARKS = {"school_class", "pupil_code", "father_name", "mother_name"}
_KEYS = {"full_name", "ministry_code", "record_id"}


@dataclass(frozen=True)
class Reading:
    """A workbook understood: its rows, its shape, whether they are pupils or staff, and our own marks in it."""

    tables: list[Table]
    shape: str
    kind: str
    headings: dict[str, str]  # {field or mark: heading as it stands in the file}, from left to right
    meta: dict[str, str]

    @property
    def rows(self) -> list[Row]:
        return [row for table in self.tables for row in table.rows]

    @property
    def skipped(self) -> dict[str, int]:
        """Rows that are no person, by kind."""
        counts: dict[str, int] = {}
        for table in self.tables:
            for kind, n in table.skipped_counts.items():
                counts[kind] = counts.get(kind, 0) + n
        return counts

    @property
    def unknown(self) -> list[str]:
        return list(dict.fromkeys(heading for table in self.tables for heading in table.unknown))


class NoTable(Exception):
    """The file opens, but holds no list of people. The text is a Vietnamese sentence."""


def understand(sheets: Sequence[Sheet]) -> Reading:
    """Raises ``NoTable``, or ``WorkbookRefused`` where not even two known headings stand in one row."""
    tables = [t for t in find_tables(sheets, _wanted()) if _KEYS & set(t.columns)]
    if not tables:
        raise NoTable(
            "Tệp không có cột Họ tên hay Mã định danh Bộ GD&ĐT nên không biết dòng nào là của ai: "
            "hãy tải tệp mẫu ở trang này rồi điền vào đó."
        )
    columns = set().union(*(t.columns for t in tables))
    meta = read_meta(sheets)
    kind = meta["kind"] if meta.get("kind") in ("student", "staff") else _kind(columns)
    return Reading(tables, _shape(columns, kind), kind, _headings(tables[0]), meta)


def _wanted() -> dict[str, tuple[str, ...]]:
    return {field.name: field.headings for field in record.FIELDS} | _MARKS


def _kind(columns: set[str]) -> str:
    return "staff" if len(_STAFF_MARKS & columns) > len(_PUPIL_MARKS & columns) else "student"


def _shape(columns: set[str], kind: str) -> str:
    if "record_id" in columns:
        return "own"
    if kind == "staff":
        return "staff"
    return "profile" if "full_name" in columns else "form416"


def _headings(table: Table) -> dict[str, str]:
    return {field: table.headings[field] for field, _ in sorted(table.columns.items(), key=lambda item: item[1])}
