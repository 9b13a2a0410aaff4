"""What a workbook of people is: what kind of file, whose people, and our own marks in it.

Four shapes are read, told apart by their headings alone (never by position, file name or sheet name):

    profile  the ministry's pupil profile export (4.1.1): names, and often two number columns, of which the identity
             number counts before the card number
    form416  the ministry's entry form (4.1.6): no names, rows keyed by the ministry's pupil code
    staff    a staff export
    own      a workbook this system wrote: carries the record's id and version in two hidden columns

What the headings mean is known to ``idapp.rosters``. A heading nobody knows can be explained by the user
(``headings``); ``meanings`` carries what was said, now or before.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from idapp.rosters import (
    PERSON_KEYS,
    FoundRow,
    FoundTable,
    HeadingBook,
    UnreadSheet,
    find_roster,
    heading_key,
)
from idapp.workbook import Sheet, WorkbookRefused, read_meta

RECORD_ID = "Mã hồ sơ idapp"
RECORD_VERSION = "Phiên bản idapp"
# what our workbook of errors adds
FILE_ROW = "Dòng trong tệp"
WHY = "Cần sửa"
SHAPE_WORDS = {
    "profile": "Hồ sơ học sinh",
    "form416": "Mẫu nhập số định danh (4.1.6)",
    "staff": "Danh sách cán bộ, giáo viên, nhân viên",
    "own": "Tệp xuất từ hệ thống này",
}
KEYS = PERSON_KEYS
_SHEETS_NAMED = 10
OF_OUR_OWN = {heading_key(FILE_ROW), heading_key(WHY)}


@dataclass(frozen=True)
class ParsedWorkbook:
    """A workbook understood: its rows, its shape, whether they are pupils or staff, and our own marks in it.

    ``unread``: the sheets without a list; ``other_kind``: lists of staff in a file of pupils, or the other way round,
    which are not read. ``date_order``: what comes first in birth dates that do not prove it themselves, day or month
    ("" nobody has said), with the sentence why (``date_order``). ``classes_said``: {text that is no class's name: the
    class the user said it is} (``class_questions``).
    """

    tables: list[FoundTable]
    shape: str
    kind: str
    meta: dict[str, str]
    unread: list[UnreadSheet] = field(default_factory=list)
    other_kind: list[FoundTable] = field(default_factory=list)
    date_order: str = ""
    date_sentence: str = ""
    classes_said: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[FoundRow]:
        """The rows of all lists."""
        return list(chain.from_iterable(table.rows for table in self.tables))

    @property
    def has_sheets(self) -> bool:
        """Must a row number be told with its sheet?"""
        return len(self.tables) > 1

    @property
    def asked(self) -> FoundTable | None:
        """The first list of which somebody has to say what a column is."""
        return next((table for table in self.tables if table.ambiguous), None)

    @property
    def columns(self) -> set[str]:
        """The fields that any of the lists has."""
        return set().union(*(table.columns for table in self.tables))

    @property
    def skipped(self) -> dict[str, int]:
        """Rows that are no person, by kind; with the lines of what is no list, or not a list of these people."""
        counts = Counter[str]()
        for table in self.tables:
            counts.update(table.skipped_counts)
        for sheet in self.unread:
            if not sheet.hidden:
                counts["other_sheet"] += sheet.lines
        for table in self.other_kind:
            counts["other_kind"] += len(table.rows)
        # + leaves out what there is none of
        return dict(+counts)

    @property
    def notes(self) -> list[str]:
        """Sentences about what was read in an unusual way, and about lists that were not read."""
        notes = list(chain.from_iterable(table.notes for table in self.tables))
        notes += [self._note_about_other_kind(table) for table in self.other_kind]
        notes += [_note_about_hidden(sheet) for sheet in self.unread if sheet.is_list]
        return notes + self._notes_about_wide_sheets()

    def _note_about_other_kind(self, table: FoundTable) -> str:
        whom = "cán bộ, giáo viên"
        if self.kind == "staff":
            whom = "học sinh"
        return (
            f"“{table.sheet}” là danh sách {whom} ({len(table.rows)} dòng) nên không đọc cùng: "
            "hãy lưu danh sách ấy thành tệp riêng rồi nhập."
        )

    def _notes_about_wide_sheets(self) -> list[str]:
        wide = []
        for sheet in self.unread:
            if sheet.is_wide and not sheet.hidden:
                wide.append(f"“{sheet.name}” ({sheet.lines} dòng)")
        if not wide:
            return []
        names = ", ".join(wide[:_SHEETS_NAMED])
        return [
            f"Không đọc sheet {names}: không có dòng tiêu đề với cột Họ tên hoặc Mã định danh. "
            "Nếu là danh sách, hãy sửa tiêu đề cột rồi tải lên lại."
        ]

    @property
    def titles(self) -> list[str]:
        """The texts above and between the tables."""
        skipped = chain.from_iterable(table.skipped for table in self.tables)
        return [line.text for line in skipped if line.kind == "title"]

    @property
    def unknown(self) -> list[str]:
        """The headings that nobody knows, each once."""
        headings = chain.from_iterable(table.unknown for table in self.tables)
        unknown = list(dict.fromkeys(headings))
        return [heading for heading in unknown if heading_key(heading) not in OF_OUR_OWN]


def _note_about_hidden(sheet: UnreadSheet) -> str:
    return (
        f"Sheet ẩn “{sheet.name}” có danh sách ({sheet.lines} dòng) nhưng không được đọc: "
        "muốn nhập thì bỏ ẩn sheet trong Excel rồi tải tệp lên lại."
    )


def detect_columns(
    sheets: Sequence[Sheet],
    meanings: Mapping[str, str] | None = None,
    *,
    with_present: bool = False,
) -> ParsedWorkbook | None:
    """None where no row of any sheet reads like the headings of a list of people.

    ``meanings`` is {folded heading: field}, as explained by the user. ``with_present``: the campaign asks for the
    present residence; else its columns are not read.
    """
    try:
        roster = find_roster(sheets, HeadingBook(meanings, with_present=with_present))
    except WorkbookRefused:
        return None
    meta = read_meta(sheets)
    kind = meta.get("kind", "")
    tables = roster.tables
    others: list[FoundTable] = []
    if kind not in ("student", "staff"):  # no file of ours, which says it itself
        kind = _kind(tables)
        others = [table for table in tables if table.kind not in ("", kind)]
        tables = [table for table in tables if table.kind in ("", kind)]
    columns = set().union(*(table.columns for table in tables))
    return ParsedWorkbook(tables, _shape(columns, kind), kind, meta, roster.unread, others)


def _kind(tables: Sequence[FoundTable]) -> str:
    """Whom the file is about: the lists of the other kind are told, not read."""
    lines = Counter[str]()
    for table in tables:
        lines[table.kind] += len(table.rows)
    if lines["staff"] > lines["student"]:
        return "staff"
    return "student"


def _shape(columns: set[str], kind: str) -> str:
    if "record_id" in columns:
        return "own"
    if kind == "staff":
        return "staff"
    if "full_name" in columns:
        return "profile"
    return "form416"
