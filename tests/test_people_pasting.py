"""Pasting a block: what goes where, what is said, and that a list in another order cannot shift a number."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idapp import people
from idapp.models import Change, Person
from idapp.people import bulk_edits, clipboard, pasting
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


# by name and by code


def lines(rows: Sequence[Person], *fields: str) -> str:
    return "".join("\t".join(getattr(p, f) for f in fields) + "\r\n" for p in rows)


def with_numbers(rows: Sequence[Person], key: str = "full_name") -> str:
    return "".join(f"{getattr(p, key)}\t{n}\r\n" for p, n in zip(rows, numbers(rows), strict=True))


def test_names_in_the_same_order_are_just_pasted(cast: Cast, rows: list[Person]) -> None:
    report = paste(cast, with_numbers(rows), (0, "identity_number"))
    assert report.how == "position"
    assert column(cast, "identity_number") == numbers(rows)


@pytest.mark.parametrize("key", ["full_name", "ministry_code"])
@pytest.mark.parametrize("anchor", ["identity_number", "full_name"])
def test_another_order_cannot_shift_a_number(
    cast: Cast, rows: list[Person], key: str, anchor: str
) -> None:
    if (key, anchor) == ("ministry_code", "full_name"):
        return  # codes stand beside the numbers, never under the names
    shuffled = rows.copy()
    random.Random(5).shuffle(shuffled)
    text = with_numbers(shuffled, key)
    if anchor == "full_name":
        text = "".join(
            f"{p.full_name}\t{p.date_of_birth}\t{p.gender}\t{n}\n"
            for p, n in zip(shuffled, numbers(shuffled), strict=True)
        )
    report = paste(cast, text, (0, anchor))
    stored = {p.id: p.identity_number for p in table(cast)}
    assert report.how == {"full_name": "name", "ministry_code": "code"}[key]
    assert stored == dict(zip((p.id for p in shuffled), numbers(shuffled), strict=True))
    assert column(cast, "full_name") == [p.full_name for p in rows]


def test_a_row_missing_in_the_source_is_noticed(cast: Cast, rows: list[Person]) -> None:
    source = rows[:4] + rows[5:]
    report = paste(cast, with_numbers(source), (0, "identity_number"))
    assert [p.id for p in report.absent] == [rows[4].id]
    assert Person.get_by_id(rows[4].id).identity_number == ""
    assert report.written == 11


def test_a_line_too_many_in_the_source_is_listed(cast: Cast, rows: list[Person]) -> None:
    text = with_numbers(rows[:6]) + "Bùi Văn Cườn\t100212009999\r\n" + with_numbers(rows[6:])
    report = paste(cast, text, (0, "identity_number"), worse="all")
    [unmatched] = report.unmatched
    assert (unmatched.line, unmatched.text, unmatched.near) == (7, "Bùi Văn Cườn", "Bùi Văn Cường")
    assert "100212009999" not in column(cast, "identity_number")


def test_names_of_another_class_stop_the_paste(cast: Cast, rows: list[Person]) -> None:
    text = "Trịnh Văn Ất\t100212000001\nTrịnh Thị Bính\t100312000002\n"
    question = asked(cast, text, (0, "identity_number"))
    assert [(s.row, s.ours, s.pasted) for s in question.sides] == [
        (1, rows[0].full_name, "Trịnh Văn Ất"),
        (2, rows[1].full_name, "Trịnh Thị Bính"),
    ]
    assert "lớp khác" in question.sentence
    assert [words for words, _ in question.offers] == ["Bỏ, không dán"]


def test_by_position_names_that_differ_stop_and_show(cast: Cast, rows: list[Person]) -> None:
    moved = rows[1:] + rows[:1]
    question = asked(cast, with_numbers(moved), (0, "identity_number"), match="position")
    assert question.sides[0].ours == rows[0].full_name
    assert question.sides[0].pasted == rows[1].full_name
    assert ("Ghép theo tên (12/12 dòng)", {"match": "name"}) in question.offers
    report = paste(cast, with_numbers(moved), (0, "identity_number"), match="name")
    assert report.written == 12
    assert report.how == "name"


def test_names_without_marks_and_in_capitals_match(cast: Cast, rows: list[Person]) -> None:
    text = "BUI VAN CUONG\t100212000777\nĐỖ THỊ DUNG\t100312000778\n"
    report = paste(cast, text, (0, "identity_number"))
    assert report.written == 2
    assert not report.unmatched
    assert Person.get(Person.full_name == "Bùi Văn Cường").identity_number == "100212000777"


def test_hoa_is_not_taken_for_hoa_with_a_mark(cast: Cast, rows: list[Person]) -> None:
    people.change(rows[-1], "full_name", "Mai Văn Hoa", seen=rows[-1].full_name, by=cast.thu)
    paste(
        cast,
        "Mai Văn Hoà\t100212000001\nMai Văn Hoa\t100212000002\nBùi Văn Cường\t100212000003\n",
        (0, "identity_number"),
    )
    assert Person.get(Person.full_name == "Mai Văn Hòa").identity_number == "100212000001"
    assert Person.get(Person.full_name == "Mai Văn Hoa").identity_number == "100212000002"


def test_namesakes_need_the_birth_date(cast: Cast, rows: list[Person]) -> None:
    twin = people.add(
        kind="student",
        school_class=cast.class_5a,
        values=pupil("Bùi Văn Cường", sex="Nam", born="09/09/2012", serial=55),
        by=cast.thu,
    )
    text = "Bùi Văn Cường\t100212000001\nĐỗ Thị Dung\t100312000002\nHồ Văn Em\t100212000003\n"
    report = paste(cast, text, (5, "identity_number"), match="name")
    assert [u.text for u in report.unmatched] == ["Bùi Văn Cường"]
    assert "Ngày sinh" in report.unmatched[0].why
    text = "Họ tên\tNgày sinh\tSố ĐDCN\nBùi Văn Cường\t09/09/2012\t100212000009\n"
    paste(cast, text, (5, "identity_number"), match="name")
    assert Person.get_by_id(twin.id).identity_number == "100212000009"


def test_the_number_of_one_namesake_says_which(cast: Cast, rows: list[Person]) -> None:
    duplicate = pupil("Bùi Văn Cường", sex="Nam", born="09/09/2012", serial=55)
    same_name = people.add(
        kind="student", school_class=cast.class_5a, values=duplicate, by=cast.thu
    )
    line = f"Bùi Văn Cường\tẤp 9\t{same_name.identity_number}\n"
    text = f"Họ tên\tThôn/Xóm\tSố ĐDCN\n{line}"
    paste(cast, text, (5, "identity_number"), match="name")
    assert [p.full_name for p in table(cast) if p.address == "Ấp 9"] == ["Bùi Văn Cường"]
    assert Person.get_by_id(same_name.id).address == "Ấp 9"


@pytest.mark.parametrize("turned", [False, True])
def test_a_name_without_its_diacritics_never_takes_the_place_of_the_name_itself(
    cast: Cast, rows: list[Person], turned: bool
) -> None:
    lines = ["Ho Văn Em\t100212000001", "Hồ Văn Em\t100212000002", "Bùi Văn Cường\t100212000003"]
    text = "\n".join(lines[::-1] if turned else lines)
    report = paste(cast, text, (5, "identity_number"), match="name")
    assert Person.get(Person.full_name == "Hồ Văn Em").identity_number == "100212000002"
    assert [(u.text, "Hồ Văn Em" in u.why) for u in report.unmatched] == [("Ho Văn Em", True)]


def test_of_two_names_that_both_lack_something_neither_is_guessed(
    cast: Cast, rows: list[Person]
) -> None:
    text = "Bui Van Cuong\t100212000001\nBùi Vạn Cường\t100212000002\nHồ Văn Em\t100212000003\n"
    report = paste(cast, text, (5, "identity_number"), match="name")
    assert [u.text for u in report.unmatched] == ["Bui Van Cuong", "Bùi Vạn Cường"]
    assert Person.get(Person.full_name == "Bùi Văn Cường").identity_number == ""


def test_a_name_without_diacritics_and_of_another_birth_date_is_somebody_else(
    cast: Cast, rows: list[Person]
) -> None:
    text = "Họ tên\tNgày sinh\tSố ĐDCN\nHo Van Em\t13/04/2012\t100212000001\nTạ Thị Lan\t\t100312000002\n"
    report = paste(cast, text, (5, "identity_number"), match="name")
    assert [u.text for u in report.unmatched] == ["Ho Van Em"]
    assert report.written == 1


def test_a_code_in_groups_is_the_code(cast: Cast, rows: list[Person]) -> None:
    wanted = numbers(rows)
    text = "".join(
        f"{p.ministry_code[:4]} {p.ministry_code[4:7]} {p.ministry_code[7:]}\t{number}\n"
        for p, number in list(zip(rows, wanted, strict=True))[::-1]
    )
    report = paste(cast, text, (0, "identity_number"))
    assert report.how == "code"
    assert [p.identity_number for p in table(cast)] == wanted


def test_codes_in_groups_one_row_too_low_are_seen(cast: Cast, rows: list[Person]) -> None:
    codes = [f"{p.ministry_code[:5]} {p.ministry_code[5:]}" for p in rows]
    text = "".join(f"Việt Nam\t{code}\n" for code in codes[:-1])
    question = asked(cast, text, (1, "nationality"))
    assert "lệch một dòng" in question.title


def test_a_name_and_a_code_of_two_people_are_told_and_not_written(
    cast: Cast, rows: list[Person]
) -> None:
    text = "Họ tên\tMã định danh Bộ GD&ĐT\tSố ĐDCN\nHồ Văn Em\t2000000000\t100212000001\n"
    text += "Hồ Văn Én\t2000000002\t100212000001\nBùi Văn Khang\t2000000000\t100212000003\n"
    report = paste(cast, text, (5, "identity_number"), match="name")
    assert "của Bùi Văn Cường" in report.unmatched[0].why
    assert Person.get(Person.full_name == "Hồ Văn Em").identity_number == "100212000001"
    assert Person.get(Person.full_name == "Bùi Văn Cường").identity_number == "100212000003"


def test_a_row_of_nearly_the_same_name_is_not_taken_for_the_other_by_position(
    cast: Cast, rows: list[Person]
) -> None:
    people.change(rows[-1], "full_name", "Mai Văn Hoa", seen=rows[-1].full_name, by=cast.thu)
    names = [p.full_name for p in table(cast)]
    both = sorted(names.index(name) for name in ("Mai Văn Hoa", "Mai Văn Hòa"))
    turned = [(names[both[1]], "100212000001"), (names[both[0]], "100212000002")]
    text = "\n".join("\t".join(line) for line in turned)
    shown = [table(cast)[at] for at in both]
    report = paste(cast, text, (0, "identity_number"), rows=shown)
    assert report.how == "name"
    assert {
        p.full_name: p.identity_number for p in table(cast) if p.id in {s.id for s in shown}
    } == dict(turned)


def test_the_same_name_twice_in_the_source_counts_once(cast: Cast, rows: list[Person]) -> None:
    text = "Bùi Văn Cường\t100212000001\nBùi Văn Cường\t100212000002\nHồ Văn Em\t100212000003\n"
    report = paste(cast, text, (3, "identity_number"), match="name")
    assert [u.why for u in report.unmatched] == ["trùng với dòng 1 đã dán"]
    assert report.written == 2


def test_headings_decide_the_columns(cast: Cast, rows: list[Person]) -> None:
    text = "STT\tSố CCCD\tGhi chú\tHọ và tên\tMã định danh Bộ GD&ĐT\n" + "".join(
        f"{at}\t{n}\tx\t{p.full_name}\t{p.ministry_code}\n"
        for at, (p, n) in enumerate(zip(rows[::-1], numbers(rows[::-1]), strict=True), 1)
    )
    report = paste(cast, text, (4, "address"))
    assert report.written == 12
    assert report.unknown == ["Ghi chú"]
    assert report.how == "name"
    assert [p.identity_number for p in table(cast)[::-1]] == numbers(rows[::-1])


def test_row_numbers_before_the_names_are_passed_over(cast: Cast, rows: list[Person]) -> None:
    text = "".join(
        f"{at}\t{p.full_name}\t{n}\n"
        for at, (p, n) in enumerate(zip(rows[::-1], numbers(rows[::-1]), strict=True), 1)
    )
    assert paste(cast, text, (0, "identity_number")).written == 12


def test_a_note_behind_a_name_is_told_and_not_stored(cast: Cast, rows: list[Person]) -> None:
    wanted = numbers(rows)
    notes = {2: " (bỏ học)", 5: " - KT", 7: " *"}
    named = [p.full_name + notes.get(at, "") for at, p in enumerate(rows)]
    text = "\n".join(f"{name}\t{n}" for name, n in zip(named, wanted, strict=True))
    for heading in ("", "Họ và tên\tSố CCCD\n"):
        for anchor in ("full_name", "identity_number"):
            report = paste(cast, heading + text, (0, anchor))
            assert column(cast, "identity_number") == wanted
            assert report.noted == [named[2], named[5], named[7]]
            assert not report.unmatched
    assert column(cast, "full_name") == [p.full_name for p in rows]


def test_all_names_may_have_a_note(cast: Cast, rows: list[Person]) -> None:
    text = "\n".join(f"{p.full_name} (5A)\t{n}" for p, n in zip(rows, numbers(rows), strict=True))
    assert len(paste(cast, text, (0, "full_name")).noted) == len(rows)


def test_brackets_elsewhere_are_no_notes(cast: Cast, rows: list[Person]) -> None:
    report = paste(cast, "Ấp Bình An (cũ)\nẤp Hòa Hưng (cũ)\n", (0, "address"))
    assert column(cast, "address")[:2] == ["Ấp Bình An (cũ)", "Ấp Hòa Hưng (cũ)"]
    assert report.noted == []


@pytest.mark.parametrize(
    "written", ["{at}. {name}", "{at}) {name}", "{at}.{name}", "{at} - {name}"]
)
def test_numbered_names_are_names(cast: Cast, rows: list[Person], written: str) -> None:
    wanted = numbers(rows)
    named = [written.format(at=at, name=p.full_name) for at, p in enumerate(rows[3:], start=4)]
    text = "\n".join(f"{name}\t{n}" for name, n in zip(named, wanted[3:], strict=True))
    report = paste(cast, text, (0, "full_name"))
    assert report.how == "name"
    assert column(cast, "identity_number")[3:] == wanted[3:]
    assert column(cast, "full_name") == [p.full_name for p in rows]


@pytest.mark.parametrize(
    "written",
    [
        "{at}. {name}: {n}",
        "{name} - {n}",
        "{name} {n}",
        "{at}/ {name}, số CCCD {n}",
        "{name} ({n})",
        "{name} – {born} – {n}",
        "{name}:'{n}",
    ],
)
@pytest.mark.parametrize("anchor", ["full_name", "identity_number"])
def test_names_with_their_numbers_in_one_cell(
    cast: Cast, rows: list[Person], written: str, anchor: str
) -> None:
    """As parents write in a message: in any order, with a greeting above."""
    wanted = numbers(rows)
    told = [
        written.format(at=at, name=p.full_name, born=p.date_of_birth, n=n)
        for at, (p, n) in enumerate(zip(rows[::-1], wanted[::-1], strict=True), 1)
    ]
    report = paste(cast, "\n".join(["Em gửi cô danh sách ạ:", *told]), (0, anchor))
    assert column(cast, "identity_number") == wanted
    assert report.how == "name"
    assert [(u.line, u.text) for u in report.unmatched] == [(1, "Em gửi cô danh sách ạ:")]
    assert column(cast, "full_name") == [p.full_name for p in rows]


def test_telephone_numbers_are_nobodys_number(cast: Cast, rows: list[Person]) -> None:
    phones = [f"0912 345 6{at:02d}" for at in range(len(rows))]
    asked_about = asked(cast, "\n".join(phones), (0, "identity_number"))
    assert "trông như Số điện thoại" in asked_about.sentence
    assert asked_about.offers[0][1] == {}
    for between in ("\t", ": "):
        text = "\n".join(
            f"{p.full_name}{between}{phone}" for p, phone in zip(rows, phones, strict=True)
        )
        with pytest.raises(Problem) as refused:
            paste(cast, text, (0, "identity_number"))
        report = paste(cast, text, (0, "full_name"))
        assert "chỉ có họ tên" in refused.value.message
        assert (report.written, report.too_wide) == (0, [phones[0]])
    text = "\n".join(
        f"{p.full_name}\t{phone}\t{n}"
        for p, phone, n in zip(rows, phones, numbers(rows), strict=True)
    )
    report = paste(cast, text, (0, "full_name"))
    assert column(cast, "identity_number") == numbers(rows)
    assert report.too_wide == [phones[0]]


def test_addresses_that_end_in_a_number_stay_one_text(cast: Cast, rows: list[Person]) -> None:
    paste(cast, "Ấp Bình An 0912345679\nKhu phố Hòa Hưng 0912345678\n", (0, "address"))
    assert column(cast, "address")[:2] == ["Ấp Bình An 0912345679", "Khu phố Hòa Hưng 0912345678"]


def test_numbers_beside_names_go_to_the_column_of_numbers_wherever_they_are_pasted(
    cast: Cast, rows: list[Person]
) -> None:
    """Two columns copied from another list: names and numbers, without what stands between them in our table."""
    wanted = numbers(rows)
    text = "\n".join(f"{p.full_name}\t{n}" for p, n in zip(rows, wanted, strict=True))
    report = paste(cast, text, (0, "full_name"))
    assert [p.identity_number for p in table(cast)] == wanted
    assert report.looked == ["identity_number"]
    assert [p.date_of_birth for p in table(cast)] == [p.date_of_birth for p in rows]


def test_a_column_without_a_look_that_lost_its_place_is_left_out_and_said(
    cast: Cast, rows: list[Person]
) -> None:
    wanted = numbers(rows)
    text = "\n".join(f"{p.full_name}\tghi chú\t{n}" for p, n in zip(rows, wanted, strict=True))
    report = paste(cast, text, (0, "full_name"))
    assert [p.identity_number for p in table(cast)] == wanted
    assert report.too_wide == ["ghi chú"]


def test_columns_that_stand_right_keep_their_places(cast: Cast, rows: list[Person]) -> None:
    text = "\n".join(f"{p.full_name}\t{p.date_of_birth}\t{p.gender}" for p in rows)
    assert paste(cast, text, (0, "full_name")).looked == []


def test_only_names_write_nothing_beside_them(cast: Cast, rows: list[Person]) -> None:
    with pytest.raises(Problem) as refused:
        paste(cast, lines(rows[::-1], "full_name"), (0, "identity_number"))
    assert "chỉ có họ tên" in refused.value.message


def test_other_names_over_names_are_asked_about(cast: Cast, rows: list[Person]) -> None:
    text = lines(rows[1:4], "full_name")
    assert "Vẫn ghi đè họ tên" in dict(asked(cast, text, (0, "full_name")).offers)
    paste(cast, text, (0, "full_name"), sure=True, match="position")
    assert Person.get_by_id(rows[0].id).full_name == rows[1].full_name


def test_one_name_into_one_cell_is_a_plain_change(cast: Cast, rows: list[Person]) -> None:
    assert paste(cast, "Bùi Văn Kường", (0, "full_name")).written == 1


def test_match_by_name_without_names(cast: Cast, rows: list[Person]) -> None:
    with pytest.raises(Problem) as refused:
        paste(cast, "1\n2\n", (0, "address"), match="name")
    assert refused.value.code == "no_key"


# numbers without names


def test_a_list_shifted_by_a_row_is_noticed(cast: Cast, rows: list[Person]) -> None:
    text = "\n".join(numbers(rows)[1:])
    question = asked(cast, text, (0, "identity_number"))
    assert "lệch một dòng" in question.title
    assert len(question.sides) >= 3
    assert any("(nam, 2012)" in side.pasted for side in question.sides)
    assert (
        f"Dời xuống 1 dòng, bắt đầu từ {rows[1].full_name}",
        {"anchor_person": str(rows[1].id)},
    ) in question.offers
    assert paste(cast, text, (1, "identity_number")).written == 11
    assert paste(cast, text, (0, "identity_number"), sure=True, worse="all").written == 11


def test_numbers_that_simply_disagree_are_no_shift(cast: Cast, rows: list[Person]) -> None:
    odd = [number_for(2001, "Nam", at) for at in range(len(rows))]
    report = paste(cast, "\n".join(odd), (0, "identity_number"))
    assert report.written == 12
    assert sum(p.warnings > 0 for p in table(cast)) == 12


def test_numbers_of_the_parents_generation_are_asked_about(cast: Cast, rows: list[Person]) -> None:
    mothers = [number_for(1988, "Nữ", at) for at in range(len(rows))]
    for text in (
        "\n".join(mothers),
        "\n".join(f"{p.full_name}\tLê Thị Mẹ\t{n}" for p, n in zip(rows, mothers, strict=True)),
    ):
        question = asked(cast, text, (0, "identity_number" if "\t" not in text else "full_name"))
        assert question.title == "Có phải số của cha mẹ?"
        assert question.sides[0].pasted == f"{mothers[0]} (nữ, 1988)"
    assert paste(cast, "\n".join(mothers), (0, "identity_number"), sure=True).written == 12


def test_one_number_of_an_adult_among_others_is_only_marked(cast: Cast, rows: list[Person]) -> None:
    wanted = [number_for(1988, "Nữ", 1), *numbers(rows)[1:]]
    assert paste(cast, "\n".join(wanted), (0, "identity_number")).odd == 1


def test_a_line_missing_in_the_middle_is_noticed_by_what_the_numbers_say(
    cast: Cast, rows: list[Person]
) -> None:
    source = numbers(rows)
    question = asked(cast, "\n".join(source[:4] + source[5:]), (0, "identity_number"))
    assert question.title == "Có vẻ danh sách thiếu một dòng ở giữa"
    assert "Họ và tên" in question.sentence
    assert all(side.row >= 5 for side in question.sides)
    assert len(question.sides) >= 3
    extra = number_for(2001, "Nam", 700)
    question = asked(cast, "\n".join([*source[:3], extra, *source[3:]]), (0, "identity_number"))
    assert question.title == "Có vẻ danh sách thừa một dòng ở giữa"


def test_numbers_of_other_rows_are_asked_about(cast: Cast, rows: list[Person]) -> None:
    """All of one sex and year: only the table itself can tell whose number it is."""
    alike = [number_for(2012, "Nam", 600 + at) for at in range(len(rows))]
    paste(cast, "\n".join(alike), (0, "identity_number"), sure=True)
    for at in (4, len(rows) - 2):
        question = asked(cast, "\n".join(alike[:at] + alike[at + 1 :]), (0, "identity_number"))
        assert question.title == "Có số của người khác trong bảng"
        assert len(question.sides) == min(8, len(rows) - 1 - at)
        first = question.sides[0]
        assert first.ours == rows[at].full_name
        assert f"đang là của {rows[at + 1].full_name}" in first.pasted
    moved = asked(cast, "\n".join(alike[1:]), (0, "identity_number"))
    assert moved.offers[0] == (
        f"Dời xuống 1 dòng, bắt đầu từ {rows[1].full_name}",
        {"anchor_person": str(rows[1].id)},
    )
    assert paste(cast, "\n".join(alike), (0, "identity_number")).same == 12
    assert paste(cast, "\n".join(alike[:5]), (0, "identity_number")).same == 5


def test_a_list_shorter_than_the_table_is_asked_about(cast: Cast, rows: list[Person]) -> None:
    source = numbers(rows)
    question = asked(cast, "\n".join(source[:11]) + "\n" * 900, (0, "identity_number"))
    assert question.title == "Danh sách dán ngắn hơn bảng"
    assert "11 dòng, bảng có 12 dòng" in question.sentence
    assert paste(cast, "\n".join(source[:11]), (0, "identity_number"), sure=True).written == 11
    assert (
        paste(cast, "\n".join(source[:11]), (0, "identity_number")).same == 11
    )  # it ends where the table has it


def test_a_column_under_a_field_of_another_kind_is_asked_about(
    cast: Cast, rows: list[Person]
) -> None:
    question = asked(cast, "\n".join(numbers(rows)), (0, "date_of_birth"))
    assert "Ngày sinh trông như Số định danh" in question.sentence
    assert question.offers[0][1] == {"anchor_field": "identity_number"}
    assert (
        paste(cast, "\n".join(numbers(rows)), (0, "date_of_birth"), sure=True, worse="all").wrong
        == 12
    )


def test_numbers_that_excel_has_shortened_replace_nothing_unasked(
    cast: Cast, rows: list[Person]
) -> None:
    text = f"1.00312E+11\n{numbers(rows)[1]}\n"
    question = asked(cast, text, (0, "identity_number"))
    assert "1 số đã bị Excel rút gọn, như 1.00312E+11" in question.sentence
    assert [values for _, values in question.offers] == [{}, {"confirm": "1"}]
    assert (
        asked(cast, f"{rows[1].full_name}\t1,00312E+11\n", (0, "identity_number")).title
        == question.title
    )
    assert paste(cast, text, (0, "identity_number"), sure=True, worse="all").wrong == 1


def test_two_numbers_change_places_in_one_step(cast: Cast, rows: list[Person]) -> None:
    """Each is a duplicate for a moment; at the end nobody is, and each holds the other's number."""
    one, two = [p for p in rows if p.gender == "Nam" and p.date_of_birth.endswith("2012")][:2]
    first, second = number_for(2012, "Nam", 801), number_for(2012, "Nam", 802)
    for a, b in ((first, second), (second, first)):
        cells = [(one, {"identity_number": a}), (two, {"identity_number": b})]
        bulk_edits.write(cells, {}, by=cast.lan, source="pasted", how="position")
    now = [Person.get_by_id(p.id) for p in (one, two)]
    assert [p.number for p in now] == [second, first]
    assert [p.problems for p in now] == [[], []]


# repairs


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        ("identity_number", "100 212 000 012", "100212000012"),
        ("identity_number", "100.212.000.012", "100212000012"),
        ("identity_number", "100212000012\u00a0", "100212000012"),
        ("identity_number", "１００２１２００００１２", "100212000012"),
        ("identity_number", "'100212000012", "100212000012"),
        ("date_of_birth", "40988", "20/03/2012"),
        ("address", "Âp  Mỹ".replace("Â", "A\u0302"), "Âp Mỹ"),
        ("gender", "NU", "Nữ"),
        ("commune", "my an", "Xã Mỹ An"),
    ],
)
def test_every_repair_is_listed_with_the_way_back(
    cast: Cast, rows: list[Person], field: str, typed: str, stored: str
) -> None:
    person = rows[0]
    people.change(person, field, "khác", seen=getattr(person, field), by=cast.lan)
    report = paste(cast, typed, (0, field))
    [repair] = report.repairs
    assert (repair.typed, repair.stored, repair.before) == (typed, stored, "khác")
    people.change(repair.person, field, repair.before, seen=repair.stored, by=cast.lan)
    assert getattr(Person.get_by_id(person.id), field) == "khác"


def test_numbers_with_decimals_are_pasted_as_they_stand(cast: Cast, rows: list[Person]) -> None:
    spoilt = [f"{number[:8]}.{number[8:]}" for number in numbers(rows)[:2]]
    paste(cast, "\n".join(spoilt), (0, "identity_number"), worse="all")
    assert column(cast, "identity_number")[:2] == spoilt
    assert all(person.problems for person in table(cast)[:2])


def test_lost_zeros_are_proposed_and_put_back_as_one_step(cast: Cast, rows: list[Person]) -> None:
    eaten = [
        f"{'099'}{2 + (p.gender == 'Nữ')}{p.date_of_birth[-2:]}{at:06d}"[1:]
        for at, p in enumerate(rows)
    ]
    report = paste(cast, "\n".join(eaten), (0, "identity_number"), worse="all")
    assert column(cast, "identity_number") == eaten
    assert len(report.zeros) == 12
    assert report.wrong == 12
    fixed = bulk_edits.put_zeros_back(report.zeros, by=cast.lan, source="pasted")
    assert column(cast, "identity_number") == ["0" + text for text in eaten]
    assert Change.select().where(Change.changeset == fixed.changeset).count() == fixed.written == 12


# anything at all


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.text(alphabet='\t\n\r" aĂ1|0123456789/', max_size=60),
    field=st.sampled_from(COLUMNS),
    match=st.sampled_from(["auto", "position", "name", "code"]),
    sure=st.booleans(),
)
def test_any_text_is_written_or_refused_and_nobody_appears(
    cast: Cast, text: str, field: str, match: str, sure: bool
) -> None:
    before = Person.select().count()
    try:
        report = paste(cast, text, (0, field), match=match, sure=sure)
    except (ConfirmationRequired, Problem):
        pass
    else:
        assert report.written == Change.select().where(Change.changeset == report.changeset).count()
    assert Person.select().count() == before
