"""Pasting a block: what goes where, what is said, and that a list in another order cannot shift a number."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idapp import people
from idapp.models import Change, Person
from idapp.people import clipboard, pasting
from idapp.people.aligning import ConfirmationRequired
from idapp.people.bulk_edits import Report
from idapp.people.pasting import Paste
from idapp.rules.problem import Problem
from idapp.rules.record import fields_of
from tests.cast import Cast, number_for, pupil

COLUMNS = [f.name for f in fields_of("student") if f.in_table]
NAMES = [
    ("Bùi Văn Cường", "Nam", "01/02/2012"), ("Đỗ Thị Dung", "Nữ", "11/03/2012"), ("Hồ Văn Em", "Nam", "12/04/2012"),
    ("Lê Thị Giàu", "Nữ", "13/05/2011"), ("Mai Văn Hòa", "Nam", "14/06/2012"), ("Ngô Thị Hoa", "Nữ", "15/07/2012"),
    ("Phan Văn Khôi", "Nam", "16/08/2012"), ("Tạ Thị Lan", "Nữ", "17/09/2012"), ("Võ Văn Minh", "Nam", "18/10/2012"),
    ("Võ Thị Ngọc", "Nữ", "19/11/2012"),
]  # fmt: skip


@pytest.fixture
def rows(cast: Cast) -> list[Person]:
    """Twelve pupils of 5A as the table shows them; ten of them without a number."""
    newcomers = [
        (
            "student",
            cast.class_5a,
            pupil(name, sex=sex, born=born) | {"identity_number": "", "ministry_code": str(code)},
        )
        for code, (name, sex, born) in enumerate(NAMES, start=2000000000)
    ]
    people.add_many(newcomers, by=cast.thu, source="import")
    return table(cast)


def table(cast: Cast) -> list[Person]:
    return people.table_of(
        Person.select().where(Person.school_class == cast.class_5a, Person.active)
    )


def numbers(rows: Sequence[Person]) -> list[str]:
    """A number that agrees with each row."""
    return [number_for(int(p.date_of_birth[-4:]), p.gender, 500 + at) for at, p in enumerate(rows)]


def paste(
    cast: Cast,
    text: str,
    at: tuple[int, str],
    *,
    rows: Sequence[Person] | None = None,
    **more: object,
) -> Report:
    shown = rows if rows is not None else table(cast)
    wanted = Paste("student", shown, table(cast), COLUMNS, (shown[at[0]].id, at[1]), text, **more)  # type: ignore[arg-type]
    return pasting.paste(wanted, by=cast.lan)


def asked(cast: Cast, text: str, at: tuple[int, str], **more: object) -> ConfirmationRequired:
    before = Change.select().count()
    with pytest.raises(ConfirmationRequired) as question:
        paste(cast, text, at, **more)  # type: ignore[arg-type]
    assert Change.select().count() == before, "a question writes nothing"
    return question.value


def column(cast: Cast, name: str) -> list[str]:
    return [getattr(p, name) for p in table(cast)]


# the text of the clipboard


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("a\tb\r\nc\td\r\n", [["a", "b"], ["c", "d"]]),  # Excel
        ("a\tb\nc\td", [["a", "b"], ["c", "d"]]),  # Sheets
        ('"Ấp 3\nXã ""Mỹ"" An"\tb\n', [['Ấp 3\nXã "Mỹ" An', "b"]]),
        ('"a\tb"\tc', [["a\tb", "c"]]),
        ('"a', [['"a']]),
        ('5" ống\tb', [['5" ống', "b"]]),
        ("a\n\nb\n", [["a"], [""], ["b"]]),
        ("a\tb\tc\nd", [["a", "b", "c"], ["d", "", ""]]),
        ("\ufeffa", [["a"]]),
        ("\t\n\t\n", [["", ""], ["", ""]]),
    ],
)
def test_what_spreadsheets_put_on_the_clipboard(text: str, cells: list[list[str]]) -> None:
    assert clipboard.cells_of(text) == cells


@given(
    st.lists(
        st.lists(st.text(alphabet='ab"\t\n ', max_size=5), min_size=2, max_size=3),
        min_size=1,
        max_size=4,
    )
)
def test_any_cells_survive_the_clipboard(cells: list[list[str]]) -> None:
    width = max(map(len, cells))
    cells = [row + ["x"] * (width - len(row)) for row in cells]
    text = "".join(
        "\t".join('"' + c.replace('"', '""') + '"' for c in row) + "\r\n" for row in cells
    )
    assert clipboard.cells_of(text) == cells


def test_a_heading_row_is_no_data() -> None:
    block = clipboard.read(
        "STT\tHọ và tên\tSố\nđịnh danh\n".replace("Số\n", '"Số\n').replace("danh\n", 'danh"\n')
        + "1\tAn\t5\n",
    )
    assert block.headings == ["", "full_name", "identity_number"]
    assert block.rows == [["1", "An", "5"]]
    assert clipboard.read("Tỉnh Long An\nTỉnh Long An\n").headings is None
    among_unknown = clipboard.read("Họ và tên\tTổ\tĐiểm\tHạnh kiểm\nAn\t1\t9\tTốt\n")
    assert among_unknown.headings == ["full_name", "", "", ""]
    assert clipboard.read("Nam\tTổ\tĐiểm\nNam\t1\t9\n").headings is None


HALVES = [(name.rsplit(" ", 1), born) for name, _, born in NAMES]


def pasted(*lines: Sequence[str]) -> str:
    return "\n".join("\t".join(line) for line in lines) + "\n"


@pytest.mark.parametrize(
    "heading",
    [
        ("Số định danh cá nhân", "Họ và tên đệm", "Tên"),
        ("CCCD", "Họ", "Tên"),
        ("Số CCCD (12 số)", "Họ và tên", "Họ và tên"),
    ],
)
def test_names_in_halves_are_joined_and_matched_by_name(
    cast: Cast, rows: list[Person], heading: tuple[str, ...]
) -> None:
    wanted = {p.full_name: number for p, number in zip(rows, numbers(rows), strict=True)}
    lines = [(wanted[" ".join(name)], *name) for name, _ in reversed(HALVES)]
    report = paste(cast, pasted(heading, *lines), (0, "identity_number"))
    assert (report.how, report.written, report.unmatched) == ("name", 10, [])
    told = {p.full_name: p.identity_number for p in table(cast)}
    assert {name: told[name] for name, *_ in NAMES} == {name: wanted[name] for name, *_ in NAMES}


def test_a_heading_is_one_with_what_explains_it(cast: Cast, rows: list[Person]) -> None:
    lines = [(name, "01/02/2012") for name, *_ in NAMES]
    report = paste(cast, pasted(("Họ tên", "Ngày sinh (dd/mm/yyyy)"), *lines), (0, "full_name"))
    assert report.how == "name"
    assert set(column(cast, "date_of_birth")) >= {"01/02/2012"}


def test_two_rows_of_headings_in_a_paste(cast: Cast, rows: list[Person]) -> None:
    top = ("Họ và tên", "", "Ngày sinh", "", "", "Mẹ", "")
    low = ("Họ đệm", "Tên", "Ngày", "Tháng", "Năm", "Họ tên", "Số CCCD")
    lines = [(*name, "7", "9", "2012", "Bùi Thị Mẹ", "100188000202") for name, _ in HALVES]
    report = paste(cast, pasted(top, low, *lines), (0, "full_name"))
    assert (report.how, report.written) == ("name", 10)
    told = {p.full_name: (p.date_of_birth, p.identity_number) for p in table(cast)}
    assert all(told[name] == ("07/09/2012", "") for name, *_ in NAMES)
    assert report.unknown == ["Mẹ: Họ tên", "Mẹ: Số CCCD"]


def test_titles_above_the_headings_of_a_paste_are_no_lines(cast: Cast, rows: list[Person]) -> None:
    wanted = numbers(rows)[0]
    titles = (("DANH SÁCH LỚP 5A", ""), ("", ""), ("Số ĐDCN", "Họ tên"))
    text = pasted(*titles, (wanted, NAMES[0][0]), (wanted, "Ai Đó"))
    report = paste(cast, text, (3, "identity_number"))
    assert (report.how, report.written) == ("name", 1)
    assert [(one.line, one.text) for one in report.unmatched] == [(5, "Ai Đó")]


def test_the_mothers_number_in_a_paste_is_not_the_childs(cast: Cast, rows: list[Person]) -> None:
    heading = ("Họ và tên", "Số CCCD", "Họ tên mẹ", "Số CCCD")
    own = numbers(rows)[0]
    report = paste(
        cast, pasted(heading, (NAMES[0][0], own, "Lê Thị Mẹ", "100188000202")), (0, "full_name")
    )
    assert report.written == 1
    assert own in column(cast, "identity_number")


def test_one_heading_twice_in_a_paste_is_asked_about(cast: Cast, rows: list[Person]) -> None:
    own, other = numbers(rows)[:2]
    text = pasted(("Họ và tên", "Số CCCD", "Dân tộc", "Số CCCD"), (NAMES[0][0], other, "", own))
    question = asked(cast, text, (0, "full_name"))
    assert question.title == "Cột nào là Số định danh cá nhân?"
    assert [(one.row, one.ours, one.pasted) for one in question.sides] == [
        (2, "Số CCCD", other),
        (4, "Số CCCD", own),
    ]
    words, values = question.offers[1]
    assert (words, values) == ("Lấy cột thứ 4", {"which": "identity_number:3"})
    report = paste(cast, text, (0, "full_name"), which={"identity_number": 3})
    assert report.written == 1
    assert own in column(cast, "identity_number")


def test_two_headings_of_one_field_in_a_paste_are_asked_about_only_if_they_differ(
    cast: Cast, rows: list[Person]
) -> None:
    own, other = numbers(rows)[:2]
    heading = ("Họ và tên", "Số CMND/CCCD", "Số định danh cá nhân")
    question = asked(cast, pasted(heading, (NAMES[0][0], other, own)), (0, "full_name"))
    assert question.title == "Cột nào là Số định danh cá nhân?"
    old_card = pasted(heading, (NAMES[0][0], "024135678", own))
    assert paste(cast, old_card, (0, "full_name")).written == 1
    assert own in column(cast, "identity_number")


def test_an_only_number_behind_a_parents_name_in_a_paste_is_asked_about(
    cast: Cast, rows: list[Person]
) -> None:
    text = pasted(("Họ và tên", "Họ tên mẹ", "Số CCCD"), (NAMES[0][0], "Lê Mẹ", "100188000202"))
    question = asked(cast, text, (0, "full_name"))
    assert "có thể là của cha mẹ" in question.sentence
    assert question.offers[-1][1] == {}


def test_a_number_and_a_card_that_differ_in_a_paste_are_asked_about(
    cast: Cast, rows: list[Person]
) -> None:
    own, other = numbers(rows)[:2]
    heading = ("Họ và tên", "Số định danh cá nhân", "Số CCCD")
    asked(cast, pasted(heading, (NAMES[0][0], own, other)), (0, "full_name"))
    report = paste(
        cast, pasted(heading, (NAMES[0][0], "", own), (NAMES[1][0], "", "")), (0, "full_name")
    )
    assert report.written == 1
    assert own in column(cast, "identity_number")


def test_two_lists_beside_each_other_in_a_paste_are_refused(cast: Cast, rows: list[Person]) -> None:
    text = pasted(("Họ tên", "Ngày sinh") * 2, ("A B", "1/2/2012", "C D", "1/3/2012"))
    with pytest.raises(Problem, match="hai danh sách nằm cạnh nhau"):
        paste(cast, text, (0, "full_name"))


def test_a_code_in_groups_is_the_same_code(cast: Cast, rows: list[Person]) -> None:
    own = numbers(rows)[0]
    first = next(p for p in rows if p.full_name == NAMES[0][0])
    grouped = f"{first.ministry_code[:4]} {first.ministry_code[4:7]} {first.ministry_code[7:]}"
    heading = ("Số ĐDCN", "Mã định danh Bộ GD&ĐT")
    report = paste(cast, pasted(heading, (own, grouped)), (5, "identity_number"), match="code")
    assert report.written == 1
    assert Person.get_by_id(first.id).identity_number == own


# by position


def test_a_column_of_numbers_is_one_step(cast: Cast, rows: list[Person]) -> None:
    wanted = numbers(rows)
    report = paste(cast, "\r\n".join(wanted) + "\r\n", (0, "identity_number"))
    assert column(cast, "identity_number") == wanted
    assert report.how == "position"
    changes = list(Change.select().where(Change.changeset == report.changeset))
    assert len(changes) == report.written == 12
    assert {(c.source, c.user) for c in changes} == {("pasted", cast.lan)}
    assert not report.repairs
    assert not report.wrong


def test_a_block_goes_right_and_down_from_the_cell(cast: Cast, rows: list[Person]) -> None:
    paste(cast, "Nam\t1\nNữ\t2\n", (3, "gender"))
    assert [(p.gender, p.identity_number) for p in table(cast)[3:5]] == [("Nam", "1"), ("Nữ", "2")]


def test_too_long_and_too_wide_is_said_and_creates_nobody(cast: Cast, rows: list[Person]) -> None:
    text = "x1\ty1\nx2\ty2\nx3\ty3\n"
    report = paste(cast, text, (len(rows) - 2, COLUMNS[-1]), worse="all")
    assert report.beyond == 1
    assert report.too_wide == ["y1"]
    assert len(table(cast)) == len(rows)
    assert column(cast, COLUMNS[-1])[-2:] == ["x1", "x2"]


def test_the_empty_end_of_a_whole_column_is_no_line(cast: Cast, rows: list[Person]) -> None:
    """As Google Sheets copies a column, and LibreOffice rows: to the end of the sheet."""
    wanted = numbers(rows)
    lines_of = ("\t" * 300 + "\n").join(wanted)
    report = paste(cast, lines_of + "\n" * 9_000, (0, "identity_number"))
    assert (report.written, report.beyond, report.empty) == (12, 0, 0)


def test_an_empty_cell_never_erases(cast: Cast, rows: list[Person]) -> None:
    old = column(cast, "commune")
    report = paste(cast, "Xã Mỹ Lạc\n\n \u00a0\nXã Long Thuận\n", (0, "commune"))
    assert report.empty == 2
    assert column(cast, "commune")[1:3] == old[1:3]
    assert column(cast, "commune")[:4:3] == ["Xã Mỹ Lạc", "Xã Long Thuận"]


def test_rows_a_filter_hides_are_passed_over(cast: Cast, rows: list[Person]) -> None:
    shown = rows[::2]
    paste(cast, "Ấp 1\nẤp 2\n", (0, "address"), rows=shown)
    assert [p.address for p in table(cast)[:3]] == ["Ấp 1", "", "Ấp 2"]


def test_everything_pasted_is_checked_with_its_whole_row(cast: Cast, rows: list[Person]) -> None:
    report = paste(cast, number_for(2012, "Nữ", 900), (0, "identity_number"))
    at = rows[0].id
    boy = rows[0].gender == "Nam"
    assert boy == bool(Person.get_by_id(at).warnings)
    report = paste(cast, number_for(2012, "Nữ", 900), (1, "identity_number"))
    assert report.wrong == 1
    assert at in {
        p.id for saved in report.saved for p in saved.number_sharers
    }  # both show the duplicate


def test_one_value_fills_the_selection(cast: Cast, rows: list[Person]) -> None:
    ids = [p.id for p in rows[2:6]]
    report = paste(cast, "ấp 3", (2, "address"), selection=(ids, ["address"]))
    assert column(cast, "address") == [""] * 2 + ["ấp 3"] * 4 + [""] * 6
    assert report.how == "fill"


def test_a_small_block_repeats_only_if_it_divides_the_selection(
    cast: Cast, rows: list[Person]
) -> None:
    ids = [p.id for p in rows[:4]]
    paste(cast, "a\nb", (0, "address"), selection=(ids, ["address"]))
    assert column(cast, "address")[:5] == ["a", "b", "a", "b", ""]
    paste(cast, "c\nd\ne", (0, "address"), selection=(ids, ["address"]))
    assert column(cast, "address")[:5] == ["c", "d", "e", "b", ""]


def test_codes_for_as_many_rows_as_were_chosen_are_each_for_one(
    cast: Cast, rows: list[Person]
) -> None:
    chosen = ([p.id for p in rows[:2]], ["ministry_code", "address"])
    report = paste(cast, "8012345601\n8012345602", (0, "ministry_code"), selection=chosen)
    assert (report.how, column(cast, "ministry_code")[:2]) == (
        "fill",
        ["8012345601", "8012345602"],
    )


def test_one_number_for_many_is_asked_about(cast: Cast, rows: list[Person]) -> None:
    chosen: tuple[list[int], list[str]] = ([p.id for p in rows[:3]], ["identity_number"])
    assert "3 người" in asked(cast, "100212000001", (0, "identity_number"), selection=chosen).title
    assert (
        paste(
            cast, "100212000001", (0, "identity_number"), selection=chosen, sure=True, worse="all"
        ).written
        == 3
    )


def test_a_text_without_end_stays_out_alone(cast: Cast, rows: list[Person]) -> None:
    report = paste(cast, "Ấp 1\n" + "x" * 300 + "\nẤp 3\n", (0, "address"))
    assert column(cast, "address")[:3] == ["Ấp 1", "", "Ấp 3"]
    [(person, field, _, sentence)] = report.refused
    assert (person.id, field) == (rows[1].id, "address")
    assert "300 ký tự" in sentence


def test_what_others_changed_meanwhile_is_not_overwritten(cast: Cast, rows: list[Person]) -> None:
    seen = {p.id: {"address": ""} for p in rows}
    people.change(rows[1], "address", "Của Thư", seen="", by=cast.thu)
    report = paste(cast, "a\nb\nc\n", (0, "address"), seen=seen)
    assert column(cast, "address")[:3] == ["a", "Của Thư", "c"]
    [clash] = report.conflicts
    assert (clash.person.id, clash.theirs, clash.mine, clash.by_name) == (
        rows[1].id,
        "Của Thư",
        "b",
        "Võ Thị Thư",
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "empty"), ("\t\r\n", "empty"), ("x" * 500_000, "too_much"), ("Ghi chú\tMã lớp\n", "")],
    ids=["nothing", "empty cells", "too much", "headings"],
)
def test_nothing_to_paste(cast: Cast, rows: list[Person], text: str, code: str) -> None:
    if code:
        with pytest.raises(Problem) as refused:
            paste(cast, text, (0, "address"))
        assert refused.value.code == code
    else:
        assert paste(cast, text, (0, "address")).written == 2  # two texts like any others


def test_a_line_too_long_for_a_message_is_not_searched_for_a_number(
    cast: Cast, rows: list[Person]
) -> None:
    """The pattern would need minutes for it."""
    report = paste(cast, ("a" + " :" * 40_000 + "\n") * 2, (0, "address"))
    assert (report.written, len(report.refused)) == (0, 2)
