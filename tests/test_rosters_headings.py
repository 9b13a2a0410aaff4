"""Every real heading means the same in a paste, an upload and a result file, for pupils and for staff."""

import csv
from pathlib import Path

import pytest

from idapp.imports.columns import detect_columns
from idapp.people import clipboard
from idapp.registry.result_rows import result_rows
from idapp.rosters.fields import UNUSED, HeadingBook, Line, heading_key, real_headings, whose_is
from idapp.rules import record
from idapp.workbook import Cell, Sheet
from idapp.workbook.cells import EMPTY

LINES = real_headings()
DATA = Path(__file__).parent.parent / "idapp" / "data" / "headings.csv"
# what stands under a heading, so that it can be seen where it arrives
VALUE = {
    "full_name": "Lý Thị Mai", "family_name": "Lý Thị", "middle_name": "Thị", "given_name": "Mai",
    "date_of_birth": "02/03/2016", "gender": "Nữ", "female_mark": "x", "identity_number": "100316000101",
    "residence": "Ấp 3, xã Mỹ An, huyện Thủ Thừa, tỉnh Long An", "ministry_code": "1000007118",
}  # fmt: skip
ARRIVES = {"female_mark": ("gender", "Nữ")}
# beside what a heading is read: a list needs somebody's name, half a name needs the other half
BESIDE = {
    "family_name": (("Tên", "Mai"),),
    "middle_name": (("Họ", "Lý"), ("Tên", "Mai")),
    "given_name": (("Họ và tên đệm", "Lý Thị"),),
}
NAME = (("Họ và tên", "Lý Thị Mai"),)
CODE = (("Mã định danh Bộ GD&ĐT", "1000007118"),)


def columns_with(line: Line) -> list[tuple[str, str]]:
    """The column of a heading between others that make it a list: (heading, value)."""
    value = VALUE.get(line.field, "100188000202")
    beside = CODE if line.field == "full_name" else NAME
    before = BESIDE.get(line.field, beside)
    if line.field == "given_name":
        return [*before, (line.heading, value), ("Dân tộc", "Kinh")]
    if line.field in BESIDE:
        columns = [*before]
        columns.insert(1 if line.field == "middle_name" else 0, (line.heading, value))
        return [*columns, ("Dân tộc", "Kinh")]
    other = ("Quốc tịch", "Việt Nam") if line.field == "ethnic_group" else ("Dân tộc", "Kinh")
    return [*before, ("Nhóm máu", "O"), (line.heading, value), other]


def expected(line: Line) -> dict[str, str]:
    """What of the column arrives as a field of a record."""
    if line.field in BESIDE:
        return {"full_name": "Lý Thị Mai"}
    name, value = ARRIVES.get(line.field, (line.field, VALUE.get(line.field, "100188000202")))
    is_read = name in record.FIELD and not record.FIELD[name].optional
    return {name: value} if is_read else {}


def sheet_of(columns: list[tuple[str, str]]) -> Sheet:
    rows = [[text for text, _ in columns], [value for _, value in columns]]
    cells = [tuple(Cell(text, "text") if text else EMPTY for text in row) for row in rows]
    return Sheet("Sheet1", False, cells)


def beside(line: Line) -> set[str]:
    """The fields of the other columns."""
    others = {"full_name", "ministry_code", "ethnic_group", "nationality"}
    return others - set(expected(line))


def only_new(line: Line, found: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in found.items() if name not in beside(line) and text}


def test_the_list_is_the_one_of_the_data() -> None:
    with DATA.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == len(LINES) > 190
    assert {row["kind"] for row in rows} == {"student", "staff", "both"}


def test_every_field_has_a_heading_and_its_own_label_is_one() -> None:
    known = {(heading_key(line.heading), line.field) for line in LINES}
    for field in record.FIELDS:
        assert (heading_key(field.label), field.name) in known
        assert not field.form416 or (heading_key(field.form416), field.name) in known


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.heading}-{line.kind}")
def test_an_upload_reads_the_heading(line: Line) -> None:
    reading = detect_columns([sheet_of(columns_with(line))])
    assert reading is not None
    (row,) = reading.rows
    found = {name: cell.text for name, cell in row.cells.items() if name in record.FIELD}
    assert only_new(line, found) == expected(line)
    if [other.kind for other in LINES if other.heading == line.heading] == ["staff"]:
        assert reading.kind == "staff"
    if line.field in ("school_class", "state", "school_code", "residence"):
        assert row.text(line.field)


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.heading}-{line.kind}")
def test_a_paste_reads_the_heading(line: Line) -> None:
    columns = columns_with(line)
    lines = ["\t".join(f'"{text}"' for text, _ in columns), "\t".join(text for _, text in columns)]
    block = clipboard.read("\n".join(lines))
    assert block.headings is not None
    found = dict(zip(block.headings, block.rows[0], strict=True))
    found = {name: text for name, text in found.items() if name in record.FIELD}
    assert only_new(line, found) == expected(line)


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.heading}-{line.kind}")
def test_a_result_file_reads_the_heading(line: Line) -> None:
    columns = [*columns_with(line), ("Kết quả xác thực", "Khớp")]
    (row,) = result_rows([sheet_of(columns)])
    found = {
        "full_name": row.name, "date_of_birth": row.born, "gender": row.sex, "ministry_code": row.code,
        "identity_number": "".join(row.numbers),
    }  # fmt: skip
    told = {name: text for name, text in expected(line).items() if name in found}
    assert only_new(line, found) == told


@pytest.mark.parametrize(
    "line", [line for line in LINES if line.field == UNUSED], ids=lambda line: line.heading
)
def test_what_is_never_kept_is_never_asked_about_as_a_field(line: Line) -> None:
    reading = detect_columns([sheet_of(columns_with(line))])
    assert reading is not None
    assert reading.asked is None
    (table,) = reading.tables
    assert 2 in table.unused
    assert not whose_is(line.heading) or 2 in table.foreign


@pytest.mark.parametrize(
    ("heading", "group", "field", "whose"),
    [
        ("Hä vµ tªn", "", "full_name", ""),
        ("Líp", "", "school_class", ""),
        ("Ngaøy sinh", "", "date_of_birth", ""),
        ("Sè ®Þnh danh c¸ nh©n", "", "identity_number", ""),
        ("Hä tªn cha", "", "father_name", "father"),
        ("Sè CCCD mÑ", "", "unused", "mother"),
        ("CCCD", "MÑ", "unused", "mother"),
        ("Soá CCCD", "Meï", "unused", "mother"),
        ("Há»\x8d vÃ  tÃªn", "", "full_name", ""),
        ("NguyÔn V¨n Minh", "", "", ""),
    ],
)
def test_a_heading_in_an_old_font_is_the_heading(
    heading: str, group: str, field: str, whose: str
) -> None:
    meaning = HeadingBook().meaning(heading, group)
    assert (meaning.field, meaning.whose) == (field, whose)
