"""Lists as people really make them: whose a column is, several values in one, rows that are nobody. No database."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from idapp.rosters import FoundRow, FoundTable, HeadingBook, find_roster, find_tables
from idapp.workbook import Cell, Sheet, read_bytes
from idapp.workbook.cells import EMPTY

CASES = Path(__file__).parent / "samples" / "workbooks" / "cases"
CHILD, MOTHERS, FATHERS = "100316000101", "100188000202", "100086000303"
MAI = ("Lý Thị Mai", "02/03/2016")


def case(name: str) -> list[FoundTable]:
    return find_tables(read_bytes((CASES / name).read_bytes(), file_name=name))


def sheet(*rows: Sequence[object], name: str = "Sheet1", hidden: bool = False) -> Sheet:
    return Sheet(name, hidden, [tuple(map(cell, row)) for row in rows])


def cell(value: object) -> Cell:
    if isinstance(value, Cell):
        return value
    return Cell(str(value), "text") if str(value) else EMPTY


def only(*rows: Sequence[object], name: str = "Sheet1") -> FoundTable:
    (table,) = find_tables([sheet(*rows, name=name)])
    return table


def names(table: FoundTable) -> list[str]:
    return [row.text("full_name") for row in table.rows]


def numbers(table: FoundTable) -> list[str]:
    return [row.text("identity_number") for row in table.rows]


def values(row: FoundRow) -> dict[str, str]:
    return {name: found.text for name, found in row.cells.items() if found.text}


def lines(table: FoundTable) -> int:
    """People and all others: what must be the lines of the sheet."""
    return len(table.rows) + len(table.skipped)


# --- whose column it is ---


def test_the_mothers_number_behind_her_name_is_not_the_childs() -> None:
    (table,) = case("parents_number.xlsx")
    assert numbers(table) == [""]
    assert table.unknown == ["Số CCCD (cột F, sau cột “Họ tên mẹ”)"]
    assert table.columns["mother_name"] == 4
    assert not table.ambiguous


@pytest.mark.parametrize(
    "heading",
    [
        ("Họ và tên", "Ngày sinh", "Số CCCD", "Họ tên cha", "Số CCCD", "Họ tên mẹ", "Số CCCD"),
        ("Họ và tên", "Ngày sinh", "Số CCCD", "Họ tên cha", "CCCD cha", "Họ tên mẹ", "CCCD mẹ"),
        ("Họ và tên", "Ngày sinh", "Số CCCD", "Họ tên bố", "CCCD bố", "Họ tên mẹ", "CCCD của mẹ"),
        ("Họ và tên", "Ngày sinh", "Số ĐDCN", "Họ tên cha", "Số CCCD", "Họ tên mẹ", "Số căn cước"),
        ("HO VA TEN", "NGAY SINH", "SO CCCD", "HO TEN CHA", "SO CCCD", "HO TEN ME", "CCCD ME"),
    ],
)
def test_of_three_numbers_only_the_first_is_the_childs(heading: tuple[str, ...]) -> None:
    row = (*MAI, CHILD, "Lý Văn Cha", FATHERS, "Trần Thị Mẹ", MOTHERS)
    table = only(heading, row)
    assert numbers(table) == [CHILD]
    assert not table.rows[0].more
    assert not table.ambiguous


def test_numbers_behind_both_parents_names_leave_the_child_without_one() -> None:
    heading = ("Họ và tên", "Ngày sinh", "Họ tên cha", "Số CCCD", "Họ tên mẹ", "Số CCCD")
    table = only(heading, (*MAI, "Lý Văn Cha", FATHERS, "Trần Thị Mẹ", MOTHERS))
    assert "identity_number" not in table.columns
    assert not table.ambiguous


def test_an_only_number_behind_a_parents_name_is_asked_about() -> None:
    table = only(("Họ và tên", "Ngày sinh", "Họ tên mẹ", "Số CCCD"), (*MAI, "Trần Thị Mẹ", MOTHERS))
    assert table.ambiguous == {"identity_number": (3,)}
    assert numbers(table) == [""]


@pytest.mark.parametrize(
    "group", ["Mẹ", "Thông tin mẹ", "MẸ", "Cha/Mẹ", "Người giám hộ", "Anh chị em"]
)
def test_what_stands_below_another_person_is_hers(group: str) -> None:
    table = only(
        ("Họ và tên", "Ngày sinh", "Số CCCD", group, "", ""),
        ("", "", "", "Họ tên", "Năm sinh", "Số CCCD"),
        (*MAI, "", "Trần Thị Mẹ", "1988", MOTHERS),
    )
    (row,) = table.rows
    assert row.text("full_name") == "Lý Thị Mai"
    assert row.text("identity_number") == ""
    assert table.skipped_counts == {"heading": 2}
    assert not table.ambiguous


def test_both_parents_below_their_groups() -> None:
    table = only(
        ("STT", "Họ và tên", "Ngày sinh", "Số ĐDCN", "Cha", "", "Mẹ", ""),
        ("", "", "", "", "Họ tên", "Năm sinh", "Họ tên", "Năm sinh"),
        ("1", *MAI, CHILD, "Lý Văn Cha", "1986", "Trần Thị Mẹ", "1988"),
    )
    (row,) = table.rows
    assert row.text("father_name") == "Lý Văn Cha"
    assert row.text("mother_birth_year") == "1988"
    assert row.text("identity_number") == CHILD
    assert row.text("full_name") == "Lý Thị Mai"


def test_cells_merged_downwards_make_the_same_groups() -> None:
    above = ("Họ và tên", "Ngày sinh", "Số CCCD", "Mẹ", "")
    below = ("Họ và tên", "Ngày sinh", "Số CCCD", "Họ tên", "Số CCCD")
    table = only(above, below, (*MAI, CHILD, "Trần Thị Mẹ", MOTHERS))
    assert numbers(table) == [CHILD]
    assert table.rows[0].text("mother_name") == "Trần Thị Mẹ"


def test_persons_below_what_is_asked_about_them() -> None:
    table = only(
        ("STT", "Họ và tên", "", "", "Ngày sinh", "Số CCCD", "", ""),
        ("", "Học sinh", "Cha", "Mẹ", "", "Học sinh", "Cha", "Mẹ"),
        ("1", "Lý Thị Mai", "Lý Văn Cha", "Trần Thị Mẹ", "02/03/2016", CHILD, FATHERS, MOTHERS),
    )
    (row,) = table.rows
    assert (row.text("full_name"), row.text("identity_number")) == ("Lý Thị Mai", CHILD)
    assert row.text("father_name") == "Lý Văn Cha"
    assert row.text("date_of_birth") == "02/03/2016"
    assert not row.more
    assert not table.ambiguous


def test_the_first_person_of_a_list_is_no_second_row_of_headings() -> None:
    heading = ("Mã định danh Bộ GD&ĐT", "Họ và tên", "Lớp")
    table = only(heading, ("A1", "Nguyễn Lan Anh", "5A"), ("A2", "Lê Cha Mẹ", "5A"))
    assert names(table) == ["Nguyễn Lan Anh", "Lê Cha Mẹ"]


PARENTS_BELOW = ("Họ tên", "CCCD", "Họ tên", "CCCD")


@pytest.mark.parametrize(
    "rows",
    [
        (
            ("THÔNG TIN HỌC SINH", "", "", "THÔNG TIN GIA ĐÌNH", "", "", ""),
            ("Họ và tên", "Ngày sinh", "Số CCCD", "Cha", "", "Mẹ", ""),
            ("", "", "", *PARENTS_BELOW),
        ),
        (
            ("Họ và tên", "Ngày sinh", "Số CCCD", "THÔNG TIN GIA ĐÌNH", "", "", ""),
            ("", "", "", "Cha", "", "Mẹ", ""),
            ("", "", "", *PARENTS_BELOW),
        ),
        (
            ("Họ và tên", "Ngày sinh", "Số CCCD", "THÔNG TIN GIA ĐÌNH", "", "", ""),
            ("Họ và tên", "Ngày sinh", "Số CCCD", "Cha", "", "Mẹ", ""),
            ("Họ và tên", "Ngày sinh", "Số CCCD", *PARENTS_BELOW),
        ),
        (
            ("THÔNG TIN HỌC SINH", "", "", "THÔNG TIN CHA", "", "THÔNG TIN MẸ", ""),
            ("Họ và tên", "Ngày sinh", "Số CCCD", *PARENTS_BELOW),
        ),
    ],
)
def test_headings_in_three_rows(rows: tuple[tuple[str, ...], ...]) -> None:
    table = only(*rows, (*MAI, CHILD, "Lý Văn Cha", FATHERS, "Trần Thị Mẹ", MOTHERS))
    (row,) = table.rows
    assert (row.text("full_name"), row.text("identity_number")) == ("Lý Thị Mai", CHILD)
    assert (row.text("father_name"), row.text("mother_name")) == ("Lý Văn Cha", "Trần Thị Mẹ")
    assert not table.ambiguous
    assert lines(table) == len(rows) + 1


def test_a_number_behind_a_parents_phone_is_asked_about_if_its_years_are_others() -> None:
    heading = ("Họ và tên", "Ngày sinh", "SĐT mẹ", "Số CCCD")
    assert only(heading, (*MAI, "0901", MOTHERS)).ambiguous == {"identity_number": (3,)}
    assert numbers(only(heading, (*MAI, "0901", CHILD))) == [CHILD]


def test_in_the_ministrys_form_one_number_of_another_year_is_an_error_of_its_own() -> None:
    heading = ("Họ và tên", "Ngày sinh", "Họ tên mẹ", "Năm sinh mẹ", "Số ĐDCN")
    line = (*MAI, "Trần Thị Mẹ", "1988", MOTHERS)
    assert numbers(only(heading, line)) == [MOTHERS]
    assert only(heading, line, line, line).ambiguous == {"identity_number": (4,)}


@pytest.mark.parametrize(
    "heading",
    [
        "CCCD của cha", "Số CCCD (mẹ)", "Mẹ - Số CCCD", "CCCD Ba", "SO CCCD CHA", "CCCD ME", "CCCD PH", "Số CCCD Bố/Mẹ",
        "Số ĐDCN phụ huynh", "Số CCCD người nuôi dưỡng", "Số CCCD anh/chị/em", "Số CCCD ông ngoại", "Số CCCD bà",
        "Số CCCD chủ hộ", "Số CCCD GVCN", "Số thẻ BHYT/CCCD", "Số BH",
    ],
)  # fmt: skip
def test_whoever_else_is_named_owns_the_column(heading: str) -> None:
    table = only(("Họ và tên", "Ngày sinh", heading), (*MAI, CHILD))
    assert "identity_number" not in table.columns
    assert table.foreign == {2}
    assert not table.ambiguous


def test_mr_and_mrs_are_the_teachers_themselves() -> None:
    table = only(("Họ và tên Ông/Bà", "Ngày sinh", "Chức vụ"), ("Đỗ Thị Lài", "25/03/1981", "GV"))
    assert names(table) == ["Đỗ Thị Lài"]


def test_a_place_of_birth_above_the_places_is_no_residence() -> None:
    table = only(
        ("Họ và tên", "Ngày sinh", "Nơi sinh", "", "Nơi thường trú", ""),
        ("", "", "Tỉnh", "Huyện", "Tỉnh", "Huyện"),
        (*MAI, "Tỉnh Đồng Tháp", "Huyện Cao Lãnh", "Tỉnh Long An", "Huyện Thủ Thừa"),
    )
    (row,) = table.rows
    assert (row.text("province"), row.text("district")) == ("Tỉnh Long An", "Huyện Thủ Thừa")


@pytest.mark.parametrize(
    "heading", ["Số thẻ BHYT", "Mã số BHXH", "Bảo hiểm y tế", "Mã BHXH (10 số)"]
)
def test_an_insurance_number_is_never_the_identity_number(heading: str) -> None:
    explained = HeadingBook({"so the bhyt": "identity_number", "bao hiem y te": "identity_number"})
    rows = sheet(("Họ và tên", "Ngày sinh", heading), (*MAI, CHILD))
    (table,) = find_tables([rows], explained)
    assert "identity_number" not in table.columns
    assert table.foreign == {2}


def test_two_headings_of_one_field_are_both_read() -> None:
    heading = ("Họ tên", "Ngày sinh", "Số CCCD", "Số định danh cá nhân")
    table = only(heading, (*MAI, "024135678", "080212000012"), (*MAI, "080212000013", ""))
    assert numbers(table) == ["080212000012", "080212000013"]
    assert table.rows[0].more == {"identity_number": (Cell("024135678", "text"),)}


def test_one_heading_twice_is_asked_about() -> None:
    heading = ("Họ tên", "Ngày sinh", "Số CCCD", "Dân tộc", "Số CCCD")
    table = only(heading, (*MAI, "", "Kinh", CHILD))
    assert table.ambiguous == {"identity_number": (2, 4)}
    assert numbers(table) == [""]


def test_an_answer_holds_for_its_column_of_this_file_alone() -> None:
    heading = ("Họ tên", "Ngày sinh", "Số CCCD", "Dân tộc", "Số CCCD")
    rows = sheet(heading, (*MAI, MOTHERS, "Kinh", CHILD))
    (asked,) = find_tables([rows])
    answers = {asked.keys[2]: "", asked.keys[4]: "identity_number"}
    (table,) = find_tables([rows], HeadingBook(answers))
    assert numbers(table) == [CHILD]
    assert not table.ambiguous
    other = sheet(("Lớp", *heading), ("5A", *MAI, MOTHERS, "Kinh", CHILD))
    (table,) = find_tables([other], HeadingBook(answers))
    assert table.ambiguous == {"identity_number": (3, 5)}


# --- lists beside each other, below each other, on other sheets ---


def test_lists_beside_each_other_are_both_read() -> None:
    left, right = case("side_by_side.xlsx")
    assert (names(left), names(right)) == (["Lý Văn Tấn"], ["Lý Văn Vàng"])
    assert (numbers(left), numbers(right)) == ([""], ["100216000107"])
    assert [row.number for row in right.rows] == [2]
    assert (left.sheet, right.sheet) == ("Sheet, cột A-C", "Sheet, cột D-F")


def test_lists_beside_each_other_of_other_length_with_a_gap_and_a_class_each() -> None:
    left, right = find_tables(
        [
            sheet(
                ("Lớp 5A", "", "", "", "Lớp 5B"),
                ("STT", "Họ và tên", "Ngày sinh", "", "STT", "Họ và tên", "Ngày sinh"),
                ("1", "Lý Văn Một", "02/03/2016", "", "1", "Lý Văn Ba", "02/05/2016"),
                ("2", "Lý Văn Hai", "02/04/2016"),
            )
        ]
    )
    assert [(row.number, row.text("full_name"), row.class_hint) for row in left.rows] == [
        (3, "Lý Văn Một", "5A"),
        (4, "Lý Văn Hai", "5A"),
    ]
    assert [(row.number, row.text("full_name"), row.class_hint) for row in right.rows] == [
        (3, "Lý Văn Ba", "5B")
    ]


def test_a_title_over_both_lists_names_the_class_of_both() -> None:
    tables = find_tables(
        [
            sheet(
                ("DANH SÁCH LỚP 5A",),
                ("Họ đệm", "Tên", "Ngày sinh", "Họ đệm", "Tên", "Ngày sinh"),
                ("Lý Văn", "Một", "02/03/2016", "Lý Văn", "Ba", "02/05/2016"),
            )
        ]
    )
    assert [row.class_hint for table in tables for row in table.rows] == ["5A", "5A"]
    assert [names(table) for table in tables] == [["Lý Văn Một"], ["Lý Văn Ba"]]


def test_a_second_name_alone_makes_no_second_list() -> None:
    table = only(("Họ và tên", "Ngày sinh", "Họ và tên"), (*MAI, "Trần Thị Mẹ"))
    assert table.ambiguous == {"full_name": (0, 2)}


def test_lists_below_each_other_with_other_headings_are_both_read() -> None:
    first, second = find_tables(
        [
            sheet(
                ("Lớp: 5A",),
                ("STT", "Họ và tên", "Ngày sinh", "Giới tính"),
                ("1", *MAI, "Nữ"),
                ("Lớp: 5B",),
                ("STT", "Ngày sinh", "Số CCCD", "Họ tên"),
                ("1", "25/03/2016", CHILD, "Lý Thị Lan"),
            )
        ]
    )
    assert (names(first), names(second)) == (["Lý Thị Mai"], ["Lý Thị Lan"])
    assert (numbers(second), second.rows[0].number) == ([CHILD], 6)
    assert [row.class_hint for row in (*first.rows, *second.rows)] == ["5A", "5B"]
    assert lines(first) + lines(second) == 6


def test_a_second_sheet_with_fewer_columns_is_read_too() -> None:
    full = sheet(("Lớp", "Họ tên", "Ngày sinh", "Giới tính", "Số CCCD"), ("5A", *MAI, "Nữ", CHILD))
    short = sheet(("Họ tên", "Ngày sinh"), ("Lý Thị Lan", "25/03/2016"), name="5B")
    assert [names(table) for table in find_tables([full, short])] == [
        ["Lý Thị Mai"],
        ["Lý Thị Lan"],
    ]


def test_sheets_without_a_list_and_hidden_ones_are_named() -> None:
    listed = sheet(("Họ tên", "Ngày sinh"), MAI)
    hidden = sheet(("Họ tên", "Ngày sinh"), MAI, name="Cũ", hidden=True)
    roster = find_roster([listed, hidden, sheet(("Kinh",), ("Hoa",), name="DAN_TOC")])
    told = [(one.name, one.lines, one.hidden, one.is_list) for one in roster.unread]
    assert told == [("Cũ", 2, True, True), ("DAN_TOC", 2, False, False)]
    strange = sheet(("A", "B", "C"), *(("Lê A", "1", "2"),) * 3, name="Lớp khác")
    assert [one.is_wide for one in find_roster([listed, hidden, strange]).unread] == [False, True]
