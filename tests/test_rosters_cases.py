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


# --- several columns for one value ---


def test_a_date_in_three_columns() -> None:
    (table,) = case("date_in_three_columns.xlsx")
    assert [row.text("date_of_birth") for row in table.rows] == ["02/03/2016"]
    assert table.notes == ("Ngày sinh được ghép từ ba cột ngày, tháng, năm (cột C, D, E).",)


@pytest.mark.parametrize(
    ("heading", "parts", "date"),
    [
        (("Ngày", "Tháng", "Năm"), ("2", "3", "2016"), "02/03/2016"),
        (("Ngày sinh", "Tháng sinh", "Năm sinh"), ("02", "03", "2016"), "02/03/2016"),
        (("NGAY", "THANG", "NAM"), ("31", "12", "2016"), "31/12/2016"),
        (("Năm", "Tháng", "Ngày"), ("2016", "3", "2"), "02/03/2016"),
        (("Ngày", "Tháng", "Năm"), ("", "", "2016"), "2016"),
        (("Ngày sinh", "", ""), ("2", "3", "2016"), "02/03/2016"),
        (("Sinh ngày", "Tháng", "Năm"), ("2", "3", "2016"), "02/03/2016"),
        (("Tháng sinh", "Ngày sinh", "Năm sinh"), ("3", "2", "2016"), "02/03/2016"),
        (("Ngày tháng", "Năm"), ("2/3", "2016"), "2/3/2016"),
        (("Ngày tháng", "Năm"), (Cell("02/03/2026", "date"), "2016"), "02/03/2016"),
        (("Ngày, tháng sinh", "Năm sinh"), ("", "2016"), "2016"),
    ],
)
def test_day_month_and_year_in_one_row_of_headings(
    heading: tuple[str, ...], parts: tuple[str | Cell, ...], date: str
) -> None:
    table = only(("Lớp", "Họ và tên", *heading), ("5A", "Lý Thị Mai", *parts))
    assert [row.text("date_of_birth") for row in table.rows] == [date]
    assert not table.unknown


def test_bare_columns_of_a_date_get_headings_for_the_way_back() -> None:
    table = only(("Họ và tên", "Ngày sinh", "", ""), ("Lý Thị Mai", "2", "3", "2016"))
    heading = ("Họ và tên", "Ngày sinh: Ngày", "Ngày sinh: Tháng", "Ngày sinh: Năm")
    assert table.all_headings == heading
    again = only(heading, ("Lý Thị Mai", "31", "2", "2016"))
    assert again.rows[0].text("date_of_birth") == "31/02/2016"


def test_birth_dates_under_men_and_women() -> None:
    (table,) = case("staff_dates_under_nam_nu.xlsx")
    told = [
        (row.text("full_name"), row.text("date_of_birth"), row.text("gender")) for row in table.rows
    ]
    assert told == [("Đỗ Văn Khang", "02/03/1980", "Nam"), ("Đỗ Thị Lài", "25/03/1981", "Nữ")]
    assert (table.kind, numbers(table)) == ("staff", ["100080000301", "100181000302"])
    assert "“Nam” và “Nữ” (cột C, D)" in table.notes[0]


def test_dates_under_men_and_women_without_a_group() -> None:
    heading = ("Họ và tên", "Nam", "Nữ", "Chức vụ")
    table = only(
        heading, ("Đỗ Văn Khang", "1980", "", "GV"), ("Đỗ Thị Lài", "", "25/03/1981", "GV")
    )
    told = [(row.text("date_of_birth"), row.text("gender")) for row in table.rows]
    assert told == [("1980", "Nam"), ("25/03/1981", "Nữ")]


@pytest.mark.parametrize(
    "heading", [("Năm sinh nam", "Năm sinh nữ"), ("Ngày sinh (Nam)", "Ngày sinh (Nữ)")]
)
def test_dates_of_men_and_women_under_one_row_of_headings(heading: tuple[str, str]) -> None:
    table = only(
        ("Họ và tên", *heading, "Chức vụ"),
        ("Đỗ Văn Khang", "1980", "", "Giáo viên"),
        ("Đỗ Thị Lài", "", "1981", "Giáo viên"),
    )
    read = [(row.text("date_of_birth"), row.text("gender")) for row in table.rows]
    assert read == [("1980", "Nam"), ("1981", "Nữ")]


def test_a_date_under_both_is_no_date() -> None:
    heading = ("Họ và tên", "Nam", "Nữ")
    table = only(heading, ("Đỗ A", "02/03/1980", "25/03/1981"), ("Đỗ B", "02/03/1980", ""))
    assert table.rows[0].text("date_of_birth") == "02/03/1980; 25/03/1981"


def test_a_sex_as_a_tick() -> None:
    (table,) = case("gender_as_x.xlsx")
    assert [row.text("gender") for row in table.rows] == ["Nam", "Nữ"]
    note = "Cột “Nữ” (cột E) có dấu ở 1 dòng: các dòng ấy được hiểu là Nữ, 1 dòng còn lại là Nam."
    assert table.notes == (note,)


@pytest.mark.parametrize(
    "mark", ["+", "☑", "x", "X", "1", "v", "✓", "nữ", "Nữ", Cell("TRUE", "bool")]
)
def test_every_usual_tick_is_a_tick(mark: object) -> None:
    table = only(("Họ và tên", "Ngày sinh", "Nữ"), (*MAI, mark), ("Lý Văn Tâm", "02/03/2016", ""))
    assert [row.text("gender") for row in table.rows] == ["Nữ", "Nam"]


@pytest.mark.parametrize(
    "heading", ["Nữ (x)", "Nữ (đánh dấu x)", "Giới tính (Nữ: x)", "NU", "GT nữ"]
)
def test_a_heading_that_explains_the_tick(heading: str) -> None:
    table = only(("Họ và tên", "Ngày sinh", heading), (*MAI, "x"), ("Lý Văn Tâm", "02/03/2016", ""))
    assert [row.text("gender") for row in table.rows] == ["Nữ", "Nam"]


def test_a_tick_for_boys_alone() -> None:
    table = only(("Họ và tên", "Ngày sinh", "Nam"), (*MAI, ""), ("Lý Văn Tâm", "02/03/2016", "x"))
    assert [row.text("gender") for row in table.rows] == ["Nữ", "Nam"]


def test_a_year_is_no_tick() -> None:
    table = only(("Họ và tên", "Lớp", "Năm"), ("Lý Thị Mai", "5A", "2016"))
    assert "gender" not in table.columns
    assert table.unknown == ["Năm"]


def test_a_column_of_women_without_any_tick_says_nothing() -> None:
    table = only(("Họ và tên", "Ngày sinh", "Nữ"), (*MAI, ""), ("Lý Văn Tâm", "02/03/2016", ""))
    assert "gender" not in table.columns
    assert table.unknown == ["Nữ"]


def test_ticks_under_both_sexes() -> None:
    table = only(
        ("Họ và tên", "Ngày sinh", "Giới tính", ""),
        ("", "", "Nam", "Nữ"),
        (*MAI, "", "x"),
        ("Lý Văn Tâm", "02/03/2016", "x", ""),
        ("Lý Văn Tân", "02/03/2016", "", ""),
    )
    assert [row.text("gender") for row in table.rows] == ["Nữ", "Nam", ""]


def test_true_is_nobodys_name() -> None:
    table = only(("Họ và tên", "Ngày sinh"), (Cell("TRUE", "bool"), "02/03/2016"), MAI)
    assert [row.cells["full_name"].kind for row in table.rows] == ["error", "text"]


@pytest.mark.parametrize("half", [Cell("TRUE", "bool"), Cell("#N/A", "error"), "TRUE", "#N/A"])
def test_half_a_name_that_is_no_text_makes_no_name(half: Cell | str) -> None:
    table = only(("Họ và tên đệm", "Tên", "Ngày sinh"), ("Lý Thị", half, "02/03/2016"))
    assert table.rows[0].text("full_name") in ("TRUE", "#N/A")


@pytest.mark.parametrize(
    "heading", ["Hộ khẩu thường trú", "HKTT", "Nơi thường trú", "Địa chỉ thường trú"]
)
def test_a_whole_residence_is_carried_and_is_no_hamlet(heading: str) -> None:
    home = "Ấp 3, xã Mỹ An, huyện Thủ Thừa, tỉnh Long An"
    table = only(("Họ và tên", "Ngày sinh", heading), (*MAI, home))
    assert values(table.rows[0])["residence"] == home
    assert "address" not in table.columns
    assert table.columns["residence"] == 2


def test_a_whole_residence_beside_its_parts_is_told_as_not_read() -> None:
    heading = ("Họ và tên", "Ngày sinh", "HKTT", "Tỉnh", "Xã", "Chỗ ở hiện nay")
    table = only(heading, (*MAI, "Ấp 3, xã Mỹ An", "Long An", "Mỹ An", "Ấp 4"))
    assert table.unknown == ["HKTT", "Chỗ ở hiện nay"]


def test_a_plain_hamlet_under_the_residence_stays_the_address() -> None:
    table = only(("Họ và tên", "Ngày sinh", "Địa chỉ thường trú"), (*MAI, "Ấp 3"))
    assert values(table.rows[0])["address"] == "Ấp 3"


def test_beside_places_of_their_own_the_residence_is_the_address() -> None:
    heading = ("Họ và tên", "Ngày sinh", "Tỉnh", "Huyện", "Xã", "Địa chỉ thường trú")
    table = only(heading, (*MAI, "Long An", "Thủ Thừa", "Mỹ An", "Ấp 3, xã Mỹ An, huyện Thủ Thừa"))
    assert table.columns["address"] == 5


# --- lines that are nobody ---


def test_what_was_filled_down_below_the_list_is_empty() -> None:
    (table,) = case("filled_down.xlsx")
    assert names(table) == ["Lý Văn Tâm"]
    assert table.skipped_counts == {"heading": 1, "empty": 398}
    assert lines(table) == 400


def test_a_line_without_a_name_in_the_middle_is_somebody_unless_it_repeats_the_one_above() -> None:
    heading = ("STT", "Lớp", "Họ và tên", "Ngày sinh", "Giới tính")
    table = only(
        heading,
        ("1", "5A", *MAI, "Nữ"),
        ("2", "5A", "", "", "Nữ"),
        ("3", "5A", "", "", "Nam"),
        ("4", "5A", "Lý Văn Tâm", "02/03/2016", "Nam"),
    )
    assert [row.number for row in table.rows] == [2, 4, 5]
    assert table.skipped_counts == {"heading": 1, "empty": 1}


def test_what_formulas_leave_in_empty_lines_is_nobody() -> None:
    heading = ("STT", "Lớp", "Họ và tên", "Ngày sinh", "Giới tính")
    table = only(
        heading, ("1", "5A", *MAI, "Nữ"), ("2", "5A", "0", "0", "Nam"), ("3", "", "-", "", "Nữ")
    )
    assert names(table) == ["Lý Thị Mai"]
    assert table.skipped_counts == {"heading": 1, "empty": 2}


def test_a_line_with_anything_of_its_own_stays() -> None:
    heading = ("STT", "Lớp", "Họ và tên", "Ngày sinh", "Số điện thoại")
    table = only(heading, ("1", "5A", *MAI, ""), ("2", "5A", "", "", "0901234567"))
    assert [row.number for row in table.rows] == [2, 3]


def test_a_section_row_is_a_title_and_holds_for_those_below() -> None:
    (table,) = case("section_rows.xlsx")
    assert [(row.number, row.section) for row in table.rows] == [(2, ""), (4, "HỌC SINH CHUYỂN ĐI")]
    assert table.skipped_counts == {"heading": 1, "title": 1}
    assert lines(table) == 4


@pytest.mark.parametrize(
    ("title", "section"),
    [
        ("II. Bỏ học", "II. Bỏ học"),
        ("HS chuyển trường: 2 em", "HS chuyển trường: 2 em"),
        ("Danh sách cán bộ nghỉ hưu", "Danh sách cán bộ nghỉ hưu"),
        ("Sĩ số: 35", ""),
        ("Học sinh chuyển đến", ""),
        ("Tổ Toán - Tin", ""),
        ("BAN GIÁM HIỆU", ""),
        ("Trong đó nữ: 12", ""),
    ],
)
def test_titles_of_sections_in_the_column_of_names(title: str, section: str) -> None:
    table = only(("Họ và tên", "Ngày sinh"), MAI, (title, ""), ("Lý Thị Lan", "25/03/2016"))
    assert [(row.text("full_name"), row.section) for row in table.rows] == [
        ("Lý Thị Mai", ""),
        ("Lý Thị Lan", section),
    ]
    assert table.skipped_counts == {"heading": 1, "title": 1}


@pytest.mark.parametrize(
    "title",
    [
        ("II. Bỏ học", "", "", ""),  # merged from the column of the numbers on
        ("II. Bỏ học",) * 4,
        ("II", "", "Bỏ học", ""),
        ("", "", "Bỏ học", "5A"),
        ("II. Bỏ học", "", "", "5A"),
        ("Danh sách học sinh đã chuyển trường năm học 2022-2023", "", "", ""),
        ("* HS nghỉ học:", "", "", ""),
    ],
)
def test_a_title_holds_for_those_below_wherever_its_cell_begins(title: tuple[str, ...]) -> None:
    table = only(
        ("STT", "Ngày sinh", "Họ và tên", "Lớp"),
        ("1", "02/03/2016", "Lý Thị Mai", "5A"),
        title,
        ("2", "25/03/2016", "Lý Thị Lan", "5A"),
    )
    assert [bool(row.section) for row in table.rows] == [False, True]
    assert table.skipped_counts == {"heading": 1, "title": 1}
    assert not table.skipped[1].outside  # its words may be shown to the user


def test_titles_of_staff_in_the_column_of_numbers() -> None:
    table = only(
        ("STT", "Họ và tên", "Ngày sinh", "Chức vụ"),
        ("BAN GIÁM HIỆU", "", "", ""),
        ("1", "Đỗ Văn Khang", "02/03/1980", "Hiệu trưởng"),
        ("CÁN BỘ ĐÃ NGHỈ HƯU", "", "", ""),
        ("2", "Đỗ Thị Lài", "25/03/1961", "Giáo viên"),
        ("Tổng cộng: 2 người", "", "", ""),
    )
    assert [row.section for row in table.rows] == ["", "CÁN BỘ ĐÃ NGHỈ HƯU"]
    assert table.skipped_counts == {"heading": 1, "title": 2, "signature": 1}


def test_numbers_of_rows_without_anybody_are_no_titles() -> None:
    table = only(("STT", "Họ và tên", "Ngày sinh"), ("1", *MAI), ("2.", "", ""), ("a)", "", ""))
    assert table.skipped_counts == {"heading": 1, "empty": 2}


def test_a_section_ends_with_those_who_are_here_and_with_the_class() -> None:
    table = only(
        ("Họ và tên", "Ngày sinh"),
        ("Lớp 5A", ""),
        ("Lý Văn Một", "02/03/2016"),
        ("Chuyển đi", ""),
        ("Lý Văn Hai", "02/03/2016"),
        ("Lớp 5B", ""),
        ("Lý Văn Ba", "02/03/2016"),
        ("Nghỉ học", ""),
        ("Lý Văn Bốn", "02/03/2016"),
        ("Học sinh đang học", ""),
        ("Lý Văn Năm", "02/03/2016"),
    )
    assert [row.section for row in table.rows] == ["", "Chuyển đi", "", "Nghỉ học", ""]


def test_a_section_above_classes_holds_for_all_of_them() -> None:
    table = only(
        ("Họ và tên", "Ngày sinh"),
        ("HỌC SINH BỎ HỌC", ""),
        ("Lớp 5A", ""),
        ("Lý Văn Một", "02/03/2016"),
        ("Lớp 5B", ""),
        ("Lý Văn Hai", "02/03/2016"),
    )
    assert [row.section for row in table.rows] == ["HỌC SINH BỎ HỌC"] * 2


def test_a_title_or_a_sheet_of_those_who_left() -> None:
    table = only(("DANH SÁCH HỌC SINH THÔI HỌC",), ("Họ và tên", "Ngày sinh"), MAI)
    assert [row.section for row in table.rows] == ["DANH SÁCH HỌC SINH THÔI HỌC"]
    table = only(("Họ và tên", "Ngày sinh"), MAI, name="Chuyển trường")
    assert [row.section for row in table.rows] == ["Chuyển trường"]


def test_people_with_names_like_titles_stay_people() -> None:
    people = ("Tô Văn Ba", "Bàn Thị Nghỉ", "Y", "Đinh Hưu", "Tống Văn Số", "Điền Thị Lan")
    table = only(("Họ và tên", "Ngày sinh"), *((name, "") for name in people), MAI)
    assert names(table) == [*people, "Lý Thị Mai"]


def test_a_struck_out_row_is_told() -> None:
    listed = sheet(("Họ và tên", "Ngày sinh"), MAI, ("Lý Thị Lan", "25/03/2016"))
    object.__setattr__(listed, "struck_rows", frozenset({3}))  # until the reader of files tells it
    (table,) = find_tables([listed])
    assert [row.struck for row in table.rows] == [False, True]
