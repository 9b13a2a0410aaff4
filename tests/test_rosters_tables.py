"""The lists of people in a workbook: which are found, which lines of them are people, what becomes of the others."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idapp.rosters import FoundTable, find_roster, find_tables
from idapp.workbook import Cell, Sheet, WorkbookRefused, read_bytes
from idapp.workbook.cells import EMPTY
from tests import make_samples

SAMPLES = Path(__file__).parent / "samples" / "workbooks"


def sample(name: str) -> list[Sheet]:
    return read_bytes((SAMPLES / name).read_bytes(), file_name=name)


def find_table(sheets: list[Sheet]) -> FoundTable:
    """The one list of the sheets."""
    (table,) = find_tables(sheets)
    return table


def sheet_of(*rows: list[str], name: str = "Sheet1", hidden: bool = False) -> Sheet:
    return Sheet(
        name, hidden, [tuple(Cell(text, "text") if text else EMPTY for text in row) for row in rows]
    )


@pytest.mark.parametrize("name", ["ho-so-hoc-sinh.xlsx", "ho-so-hoc-sinh.xls"])
def test_the_profile_export_is_understood(name: str) -> None:
    pupils = [
        one
        for one in make_samples.invented_pupils()
        if name.endswith("x") or one.class_name != "5C"
    ]
    sheets = sample(name)
    table = find_table(sheets)
    assert len(sheets) == 17
    assert (table.sheet, table.heading_row) == ("Sheet1", 7)
    assert len(find_roster(sheets).unread) == 16
    assert [row.class_hint for row in table.rows] == [one.class_name for one in pupils]
    assert [row.text("school_class") for row in table.rows] == [one.class_name for one in pupils]
    classes = len({one.class_name for one in pupils})
    counts = {
        "title": 3,
        "class": classes,
        "heading": classes,
        "empty": classes,
        "signature": 5,
    }
    assert table.skipped_counts == counts
    third = table.rows[2]
    assert third.cells["identity_number"] == Cell(pupils[2].number, "number")
    assert table.rows[3].cells["date_of_birth"] == Cell(f"{pupils[3].born:%d/%m/%Y}", "date")
    assert table.rows[7].text("identity_number") == pupils[7].number  # under "Số CCCD"
    assert table.rows[4].text("full_name") == unicodedata.normalize("NFD", pupils[4].name)
    assert table.headings["full_name"] == "Họ tên (*)"
    assert "Tỉnh/Thành phố (Nơi sinh)" in table.unknown
    assert all(row.text("province").endswith("Long An") for row in table.rows)


def test_form_416_is_understood_without_names() -> None:
    table = find_table(sample("mau-4-1-6.xlsx"))
    assert (table.sheet, table.heading_row, len(table.rows)) == (
        "DANH_SACH",
        1,
        18,
    )
    assert table.rows[0].text("ministry_code") == "1000520001"
    assert "full_name" not in table.columns
    assert table.skipped_counts == {"heading": 1}


def test_the_samples_are_what_their_builder_builds(tmp_path: Path) -> None:
    pytest.importorskip("xlwt")
    make_samples.main(tmp_path)
    for path in SAMPLES.glob("*.xls*"):
        assert sample(path.name) == read_bytes(
            (tmp_path / path.name).read_bytes(), file_name=path.name
        )


def test_columns_in_any_order_with_hints_stars_and_decomposed_letters() -> None:
    heading = [
        unicodedata.normalize("NFD", "Ngày sinh\n(dd/mm/yyyy)"),
        "",
        "HO VA TEN *",
        "Giới tính: (Nam/Nữ)",
    ]
    table = find_table([sheet_of([], heading, ["20/03/2012", "", "Lê A", "Nam"])])
    assert table.columns == {"date_of_birth": 0, "full_name": 2, "gender": 3}
    assert table.rows[0].number == 3


def test_a_place_of_birth_is_not_taken_for_the_residence() -> None:
    table = find_table(
        [sheet_of(["Họ tên", "Giới tính", "Tỉnh/Thành phố (Nơi sinh)"], ["Lê A", "Nam", "Tỉnh X"])],
    )
    assert "province" not in table.columns
    assert table.unknown == ["Tỉnh/Thành phố (Nơi sinh)"]


def test_of_two_columns_of_one_field_that_agree_the_filled_one_is_read() -> None:
    card = "024135678"
    table = find_table(
        [
            sheet_of(
                ["Họ tên", "Số CMND/CCCD", "Số định danh cá nhân"],
                ["A B", "080212000012", ""],
                ["C D", card, "080212000013"],
                ["E F", "80 212 000014", "080212000014"],
                ["G H", "080212000015", card],
                ["I K", "36", "080212000016"],
            )
        ],
    )
    numbers = [row.text("identity_number")[-2:] for row in table.rows]
    assert numbers == ["12", "13", "14", "15", "16"]
    assert table.rows[1].more == {"identity_number": (Cell(card, "text"),)}
    assert not table.ambiguous


@pytest.mark.parametrize(
    ("headings", "one", "other"),
    [
        (("Số CCCD", "Số định danh cá nhân"), "080212000012", "080212000013"),
        (("Số CCCD", "Số định danh cá nhân"), "080212000012", "chưa có"),
        (("Lớp", "Mã lớp"), "5A", "K5-01"),
        (("Hộ khẩu thường trú", "Nơi thường trú"), "Xã A", "Xã B"),
        (("Ngày sinh", "Ngày tháng năm sinh"), "13/04/2016", "14/04/2016"),
    ],
)
def test_two_columns_of_one_field_that_differ_are_asked_about_and_not_read(
    headings: tuple[str, str], one: str, other: str
) -> None:
    rows = [["A B", one, one, "Nam"], ["C D", one, other, "Nữ"]]
    table = find_table([sheet_of(["Họ tên", *headings, "Giới tính"], *rows)])
    ((name, columns),) = table.ambiguous.items()
    assert sorted(columns) == [1, 2]
    assert name not in table.columns
    assert all(name not in row.cells for row in table.rows)


def test_a_heading_twice_that_differs_far_down_is_asked_about() -> None:
    rows = [[f"A {n}", "13/04/2016", "13/04/2016"] for n in range(700)]
    heading = ["Họ tên", "Ngày sinh", "Ngày sinh"]
    table = find_table([sheet_of(heading, *rows, ["B C", "13/04/2016", "14/04/2016"])])
    assert table.ambiguous == {"date_of_birth": (1, 2)}


def test_catalogue_and_hidden_sheets_are_not_the_table() -> None:
    rows = (["Họ tên", "Ngày sinh", "Giới tính"], ["Lê A", "20/03/2012", "Nam"])
    sheets = [
        sheet_of(*rows, name="Cũ", hidden=True),
        sheet_of(["Tên trường dữ liệu"], ["Nam"], name="GIOI_TINH"),
    ]
    with pytest.raises(WorkbookRefused) as refused:
        find_table(sheets)
    assert refused.value.code == "no_table"
    assert "“Họ tên”" in refused.value.message
    assert find_table([*sheets, sheet_of(*rows, name="5B")]).sheet == "5B"


def test_one_sheet_for_each_class() -> None:
    rows = (["Họ tên", "Ngày sinh"], ["Lê A", "20/03/2012"])
    tables = find_tables(
        [
            sheet_of(*rows, name="Lớp 5A"),
            sheet_of(*rows, name="5B"),
            sheet_of(["x"], name="Ghi chú"),
        ],
    )
    assert [(table.sheet, table.rows[0].class_hint) for table in tables] == [
        ("Lớp 5A", "5A"),
        ("5B", "5B"),
    ]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Lớp: 5A", "5A"),
        ("LỚP 6/2 - GVCN: Lê Thị Minh Họa", "6/2"),
        ("lop: Mầm 1 (sĩ số 25)", "Mầm 1"),
        ("DANH SÁCH HỌC SINH LỚP 5A1 NĂM HỌC 2022-2023", "5A1"),
        ("Khối lớp 5", ""),
    ],
)
def test_class_names_above_the_heading(text: str, hint: str) -> None:
    table = find_table([sheet_of([text], ["Họ tên", "Ngày sinh"], ["Lê A", "20/03/2012"])])
    assert table.rows[0].class_hint == hint


def test_rows_that_only_look_like_a_footer_stay() -> None:
    table = find_table(
        [
            sheet_of(
                ["STT", "Họ tên", "Giới tính", "Vị trí việc làm"],
                ["(1)", "(2)", "(3)", "(4)"],
                ["1", "Lê Thị Ngày", "", "Hiệu trưởng"],
                ["", "Trần Văn B", "", "Văn thư"],
                ["2", "Lý Thường"],
                ["3"],
                ["", "", "", "Ngày 1 tháng 10 năm 2022"],
                ["", "", "", "HIỆU TRƯỞNG"],
                ["", "", "", "Lê Thị Ngày"],
            )
        ],
    )
    assert [row.number for row in table.rows] == [3, 4, 5]
    assert table.skipped_counts == {"heading": 2, "empty": 1, "signature": 3}


CELLS = st.sampled_from(
    [
        "",
        "36",
        "1",
        "Lớp: 5A",
        "Họ tên",
        "Hiệu trưởng",
        "Lê A",
        "20/03/2012",
        "Tổng số: 3",
        "Năm học",
        "(1)",
    ]
)


@given(st.lists(st.lists(CELLS, max_size=4), max_size=12))
def test_every_row_is_data_or_accounted_for(rows: list[list[str]]) -> None:
    table = find_table([sheet_of(["STT", "Họ tên", "Ngày sinh", "Ghi chú"], *rows)])
    seen = [row.number for row in table.rows] + [row.number for row in table.skipped]
    assert len(seen) == len(set(seen))
    filled = {number for number, row in enumerate(rows, start=2) if any(row)}
    assert filled <= set(seen) | {table.heading_row}


# --- a name in two columns --------------------------------------------------------------------------------------------

CHILDREN = (("Nguyễn Thị Bảo", "An"), ("Trần Gia", "Bình"), ("Lê", "Chi"))


def names_of(heading: list[str], *rows: list[str]) -> tuple[list[str], list[str]]:
    """The names read, and the columns that are told to be of no use."""
    (table,) = find_tables([sheet_of(heading, *rows)])
    return [row.text("full_name") for row in table.rows], table.unknown


@pytest.mark.parametrize(
    "words",
    [
        ("Họ và tên", ""),
        ("Họ và tên", "Họ và tên"),
        ("Họ và tên đệm", "Tên"),
        ("Họ đệm", "Tên"),
        ("Họ và tên", "Tên"),
    ],
)
def test_a_name_in_two_columns_is_read_as_one(words: tuple[str, str]) -> None:
    rows = [
        [str(n), "5A", family, given, "20/03/2012"]
        for n, (family, given) in enumerate(CHILDREN, start=1)
    ]
    names, unknown = names_of(["STT", "Lớp", *words, "Ngày sinh"], *rows)
    assert names == ["Nguyễn Thị Bảo An", "Trần Gia Bình", "Lê Chi"]
    assert unknown == []


def test_headings_in_two_rows_are_read_as_one() -> None:
    rows = [
        ["STT", "Họ và tên", "Ngày sinh", "Nơi thường trú", "", ""],
        ["", "", "", "Tỉnh", "Huyện", "Xã"],
        ["1", "Bùi Văn Một", "01/02/2012", "Tỉnh Long An", "Huyện Thủ Thừa", "Xã Mỹ An"],
        ["Nam", "Nữ", "Kinh", "", "", ""],
    ]
    cells = [tuple(Cell(text, "text") if text else EMPTY for text in row) for row in rows]
    (table,) = find_tables([Sheet("5A", False, cells)])
    assert [row.text("commune") for row in table.rows if row.number == 3] == ["Xã Mỹ An"]
    assert table.skipped_counts["heading"] == 2
    assert "Nơi thường trú" not in table.unknown


def test_the_second_row_of_headings_is_nobody() -> None:
    names, _ = names_of(
        ["STT", "Họ và tên", "", "Lớp"], ["", "Họ đệm", "Tên", ""], ["1", "Lê Gia", "Chi", "5A"]
    )
    assert names == ["Lê Gia Chi"]


@pytest.mark.parametrize(
    ("word", "texts", "told"),
    [
        ("", ["Nam", "Nữ", "Nam"], ["cột B (không có tiêu đề)"]),
        ("", ["hộ nghèo", "", ""], ["cột B (không có tiêu đề)"]),
        ("", ["Kinh", "Kinh", "Kinh"], ["cột B (không có tiêu đề)"]),
        ("", ["Phú Hòa Đông", "Tân Thạnh Tây", "Hòa Mỹ Trên"], ["cột B (không có tiêu đề)"]),
        (
            "",
            ["An", "Bình", "Chi"],
            ["cột B (không có tiêu đề)"],
        ),  # the given name once more, for sorting
        ("Tên", ["An", "Bình", "Chi"], ["Tên"]),
        ("Tên", ["", "", ""], ["Tên"]),
    ],
)
def test_what_stands_beside_whole_names_is_not_joined(
    word: str, texts: list[str], told: list[str]
) -> None:
    whole = ["Nguyễn Thị Bảo An", "Trần Gia Bình", "Lê Chi"]
    rows = [[name, text, "20/03/2012"] for name, text in zip(whole, texts, strict=True)]
    assert names_of(["Họ và tên", word, "Ngày sinh"], *rows) == (whole, told)
