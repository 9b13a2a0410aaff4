"""Values in several columns, and lines that are nobody."""

import pytest

from idapp.rosters import find_tables
from idapp.workbook import Cell
from tests.test_rosters_cases import MAI, case, lines, names, numbers, only, sheet, values


def test_a_date_in_three_columns() -> None:
    (table,) = case("date_in_three_columns.xlsx")
    assert [row.text("date_of_birth") for row in table.rows] == ["02/03/2016"]
    assert table.notes == ("Ngày sinh được ghép từ ba cột ngày, tháng, năm (cột C, D, E).",)


def test_a_date_in_two_columns_is_told_as_such() -> None:
    heading = ("Họ và tên", "Ngày tháng", "Năm", "Giới tính")
    table = only(heading, ("Lê Thị An", "2/3", "2016", "Nữ"))
    assert table.notes == ("Ngày sinh được ghép từ hai cột ngày tháng và năm (cột B, C).",)


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


def test_the_homeroom_class_beside_a_position_is_kept_in_it() -> None:
    table = only(
        ("Họ và tên", "Ngày sinh", "Chức vụ", "Chủ nhiệm lớp"),
        ("Đỗ Văn Khang", "02/03/1980", "Giáo viên", "6A1"),
        ("Đỗ Thị Lài", "25/03/1981", "GVCN 6A2", "6A2"),
        ("Lý Thị Mai", "26/03/1981", "Giáo viên", "không"),
    )
    positions = [row.text("position") for row in table.rows]
    assert positions == ["Giáo viên, chủ nhiệm lớp 6A1", "GVCN 6A2", "Giáo viên"]
    assert "Lớp chủ nhiệm ở cột D" in table.notes[0]
    assert not table.unknown


@pytest.mark.parametrize(
    ("heading", "texts"),
    [
        # the teacher of a pupil's class; a post in a list without posts
        (("Họ và tên", "Lớp", "Chủ nhiệm lớp"), ("Lý Thị Mai", "6A1", "Đỗ Văn Khang")),
        (("Họ và tên", "Chức vụ", "Chủ nhiệm"), ("Lý Thị Mai", "Lớp trưởng", "Đỗ Văn Khang")),
        (("Họ và tên", "Dân tộc", "Chủ nhiệm lớp"), ("Lý Thị Mai", "Kinh", "6A1")),
    ],
)
def test_other_columns_of_homeroom_teachers_are_of_no_use(
    heading: tuple[str, ...], texts: tuple[str, ...]
) -> None:
    table = only(heading, texts)
    assert table.rows[0].text("position") in ("", "Lớp trưởng")
    assert names(table) == ["Lý Thị Mai"]
    assert table.unused == {2}
