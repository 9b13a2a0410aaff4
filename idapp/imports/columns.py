"""Which column of a workbook means what, and what kind of file it is.

Four shapes are read, told apart by their headings alone (never by position, file name or sheet name):

    profile  the ministry's pupil profile export (4.1.1): names, and often two number columns, of which the identity
             number counts before the card number
    form416  the ministry's entry form (4.1.6): no names, rows keyed by the ministry's pupil code
    staff    a staff export
    own      a workbook this system wrote: carries the record's id and version in two hidden columns

A name may stand in two columns (``PARTS``); it is read as one. A heading nobody knows can be explained by the user
(``headings``); ``meanings`` carries what was said, now or before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idapp.rosters import FoundRow, FoundTable, find_tables, heading_key
from idapp.rules import record
from idapp.workbook import Sheet, WorkbookRefused, read_meta

RECORD_ID = "Mã hồ sơ idapp"
RECORD_VERSION = "Phiên bản idapp"
FILE_ROW, WHY = "Dòng trong tệp", "Cần sửa"  # what our workbook of errors adds on the right
SHAPE_WORDS = {
    "profile": "Hồ sơ học sinh",
    "form416": "Mẫu nhập số định danh (4.1.6)",
    "staff": "Danh sách cán bộ, giáo viên, nhân viên",
    "own": "Tệp xuất từ hệ thống này",
}
MARKS: dict[str, tuple[str, ...]] = {
    "school_class": ("Mã lớp", "Lớp", "Tên lớp", "Lớp học"),
    "state": ("Trạng thái HS", "Trạng thái học sinh", "Trạng thái", "Trạng thái cán bộ"),
    "pupil_code": ("Mã học sinh", "Mã HS"),
    "staff_code": ("Mã cán bộ", "Mã giáo viên", "Mã CB"),
    "position_group": ("Nhóm chức vụ",),
    "record_id": (RECORD_ID,),
    "version": (RECORD_VERSION,),
}
PARTS = {
    "full_name": {
        "family_name": (
            "Họ và tên đệm", "Họ tên đệm", "Họ, tên đệm", "Họ đệm", "Họ và đệm", "Họ và chữ đệm", "Họ lót", "Họ và lót",
            "Họ và chữ lót", "Họ và tên lót", "Họ chữ lót", "Họ và", "Họ",
        ),
        "middle_name": ("Tên đệm", "Chữ đệm", "Đệm", "Tên lót", "Chữ lót", "Lót"),
        "given_name": ("Tên", "Tên HS", "Tên học sinh", "Tên riêng"),
    }
}  # fmt: skip
KEYS = {"full_name", "ministry_code", "record_id"}
_STAFF_MARKS = {"staff_code", "position", "position_group"}
_PUPIL_MARKS = {"school_class", "pupil_code", "father_name", "mother_name"}
OF_OUR_OWN = {heading_key(FILE_ROW), heading_key(WHY)}


@dataclass(frozen=True)
class Reading:
    """A workbook understood: its rows, its shape, whether they are pupils or staff, and our own marks in it."""

    tables: list[FoundTable]
    shape: str
    kind: str
    meta: dict[str, str]

    @property
    def rows(self) -> list[FoundRow]:
        return [row for table in self.tables for row in table.rows]

    @property
    def has_sheets(self) -> bool:
        """Must a row number be told with its sheet?"""
        return len(self.tables) > 1

    @property
    def columns(self) -> set[str]:
        return set().union(*(table.columns for table in self.tables))

    @property
    def skipped(self) -> dict[str, int]:
        """Rows that are no person, by kind."""
        counts: dict[str, int] = {}
        for table in self.tables:
            for kind, n in table.skipped_counts.items():
                counts[kind] = counts.get(kind, 0) + n
        return counts

    @property
    def titles(self) -> list[str]:
        """The texts above and between the tables."""
        return [row.text for table in self.tables for row in table.skipped if row.kind == "title"]

    @property
    def unknown(self) -> list[str]:
        found = dict.fromkeys(heading for table in self.tables for heading in table.unknown)
        return [heading for heading in found if heading_key(heading) not in OF_OUR_OWN]


def understand(
    sheets: Sequence[Sheet], meanings: Mapping[str, str] | None = None
) -> Reading | None:
    """None where no row of any sheet reads like the headings of a list of people.

    ``meanings`` is {folded heading: field}, as explained by the user.
    """
    try:
        found = find_tables(sheets, _wanted(meanings or {}), _parts(meanings or {}))
    except WorkbookRefused:
        return None
    tables = [t for t in found if KEYS & set(t.columns)]
    if not tables:
        return None
    columns = set().union(*(t.columns for t in tables))
    meta = read_meta(sheets)
    kind = meta["kind"] if meta.get("kind") in ("student", "staff") else _kind(columns)
    return Reading(tables, _shape(columns, kind), kind, meta)


def known_in(sheet: Sheet, heading_row: int, meanings: Mapping[str, str]) -> dict[str, str]:
    """{field: heading} of what is understood in a row of headings, also where nobody can be read by it yet."""
    try:
        (table,) = find_tables([sheet], _wanted(meanings), _parts(meanings))
    except WorkbookRefused:
        return {}
    return table.headings if table.heading_row == heading_row else {}


def _wanted(meanings: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    wanted = {field.name: field.headings for field in record.FIELDS} | MARKS
    for key, field in meanings.items():
        if field in wanted:
            wanted[field] = (*wanted[field], key)
    return wanted


def _parts(meanings: Mapping[str, str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """An explained column counts before the usual headings."""
    said = {
        part: tuple(k for k, field in meanings.items() if field == part)
        for of in PARTS.values()
        for part in of
    }
    return {
        field: {part: (*said[part], *words) for part, words in of.items()}
        for field, of in PARTS.items()
    }


def _kind(columns: set[str]) -> str:
    return "staff" if len(_STAFF_MARKS & columns) > len(_PUPIL_MARKS & columns) else "student"


def _shape(columns: set[str], kind: str) -> str:
    if "record_id" in columns:
        return "own"
    if kind == "staff":
        return "staff"
    return "profile" if "full_name" in columns else "form416"
