"""Good values that a paste or a fill would replace by worse ones: asked about, with both sides in sight."""

from collections.abc import Sequence

import pytest

from idapp import people
from idapp.models import Change, Person
from idapp.people import epochs, losses, pasting, undoing
from idapp.people.aligning import ConfirmationRequired
from idapp.people.pasting import Paste
from tests.cast import Cast, number_for
from tests.pasted import COLUMNS, asked, column, confirm, paste, seven_pupils, table

PDF = """DANH SÁCH HỌC SINH LỚP 5A
STT Họ và tên Ngày sinh
1 Nguyễn Thị An 20/03/2012 Nữ
2 Trần Văn Bình 05/06/2012 Nam
Trang 1/2
"""
CHAT = """Cô Lan: các mẹ gửi giúp em số định danh ạ
[10:42, 05/10/2022] Mẹ Cường: dạ 100212000077 cô ơi
Mẹ Dung 🌸: e gửi cô nhé
👍
[10:51, 05/10/2022] Bố Em: mai em gửi
"""
SIGNATURE = """--
Trân trọng,
Nguyễn Thị B
Phòng GDĐT huyện Thủ Thừa | ĐT: 0912 345 678
https://example.vn
"""


@pytest.fixture
def rows(cast: Cast) -> list[Person]:
    """All but Bình have a number of their own."""
    return seven_pupils(cast)


def offers(question: ConfirmationRequired) -> list[dict[str, str]]:
    return [dict(values) for _, values in question.offers]


# free text


@pytest.mark.parametrize("text", [PDF, CHAT, SIGNATURE], ids=["pdf", "chat", "signature"])
@pytest.mark.parametrize("field", ["full_name", "date_of_birth", "gender", "identity_number"])
def test_free_text_replaces_nothing_good_without_a_question(
    cast: Cast, rows: list[Person], text: str, field: str
) -> None:
    before = column(cast, field)
    question = asked(cast, text, 0, field, match="position", sure=True)
    assert column(cast, field) == before
    assert "Chưa lưu gì" in question.sentence
    assert question.offers[-2:] == [("Bỏ, không dán", {}), ("Vẫn dán tất cả", {"worse": "all"})]
    assert before[0] in question.sides[0].ours


def test_both_sides_and_the_reason_are_shown(cast: Cast, rows: list[Person]) -> None:
    question = asked(cast, "Trang 1/2\nTrang 2/2\n", 1, "identity_number", sure=True)
    assert question.title == "Dán đè lên 1 ô đang đúng?"  # Bình has no number yet
    [side] = question.sides
    assert (side.row, side.ours) == (3, f"Bùi Văn Cường: {rows[2].identity_number}")
    assert side.pasted == "Trang 2/2 (không phải số định danh)"


def test_eight_sides_are_shown_and_all_are_counted(cast: Cast, rows: list[Person]) -> None:
    text = "x\ty\n" * 7
    question = asked(cast, text, 0, "gender", sure=True)
    assert "7 giới tính, 6 số định danh cá nhân" in question.sentence
    assert (len(question.sides), question.more) == (8, 5)


def test_names_halved_by_breaks_in_word_are_asked_about(cast: Cast, rows: list[Person]) -> None:
    """Word puts a break inside a cell on a line of its own."""
    text = "Nguyễn\nThị An\nTrần Văn\nBình\n"
    question = asked(cast, text, 0, "full_name", match="position")
    assert [side.ours for side in question.sides] == [p.full_name for p in rows[:4]]


def test_text_that_could_be_a_name_is_asked_about_where_nothing_says_whose(
    cast: Cast, rows: list[Person]
) -> None:
    text = "Cảm Ơn Cô\n10:42\n5/10\n👍\n"
    question = asked(cast, text, 0, "full_name")
    assert "Cảm Ơn Cô (tên khác)" in [side.pasted for side in question.sides]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Trang 2/5", "có lỗi"),
        ("Dạ em gửi cô ạ", "không đúng dạng họ tên"),
        ("DANH SÁCH LỚP", "không đúng dạng họ tên"),
        ("Cường", "không đúng dạng họ tên"),
        ("Học Sinh Của Lớp Năm A Ạ", "không đúng dạng họ tên"),
        ("Bui Van Cuong", "mất dấu"),
        ("BÙI VĂN CƯỜNG", "viết khác lạ"),
    ],
)
def test_what_is_worse_than_a_good_name(
    cast: Cast, rows: list[Person], name: str, why: str
) -> None:
    question = asked(cast, name, 2, "full_name")
    assert [side.pasted for side in question.sides] == [f"{name} ({why})"]


def test_an_odd_name_gives_way_to_no_odder_one_unasked(cast: Cast, rows: list[Person]) -> None:
    people.change(rows[2], "full_name", "BÙI VĂN CƯỜNG", seen="Bùi Văn Cường", by=cast.lan)
    assert "không đúng dạng" in asked(cast, "Dạ em gửi cô ạ", 2, "full_name").sides[0].pasted
    assert paste(cast, "BÙI VĂN KƯỜNG", 2, "full_name").written == 1


@pytest.mark.parametrize("name", ["Bùi Văn Kường", "H'Hen Niê", "Bùi Văn Cường Em"])
def test_another_good_name_into_one_cell_is_a_plain_change(
    cast: Cast, rows: list[Person], name: str
) -> None:
    assert paste(cast, name, 2, "full_name").written == 1


@pytest.mark.parametrize(
    ("field", "old", "new", "why"),
    [
        ("date_of_birth", "20/03/2012", "31/02/2012", "không có ngày này"),
        ("date_of_birth", "20/03/2012", "2012", "chỉ còn năm sinh"),
        ("gender", "Nam", "x", "có lỗi"),
        ("identity_number", number_for(2012, "Nam", 100), "10021200007", "không phải 12 chữ số"),
        (
            "identity_number",
            number_for(2012, "Nam", 100),
            number_for(2012, "Nữ", 1),
            "trùng số của người khác",
        ),
        ("commune", "Xã Mỹ An", "Xã Không Có", "không có trong danh mục"),
        ("ethnic_group", "Kinh", "Kinh tộc", "ngoài danh mục"),
        ("nationality", "Việt Nam", "Việt", "ngoài danh mục"),
        ("ministry_code", "1000000077", "10 00", "không phải mã của Bộ"),
    ],
)
def test_what_is_worse_than_a_good_value(
    cast: Cast, rows: list[Person], field: str, old: str, new: str, why: str
) -> None:
    person = rows[2]
    people.change(person, field, old, seen=getattr(person, field), by=cast.lan)
    question = asked(cast, new, 2, field)
    assert [side.pasted for side in question.sides] == [f"{new} ({why})"]


def test_a_value_that_is_wrong_already_may_be_replaced_by_anything(
    cast: Cast, rows: list[Person]
) -> None:
    people.change(rows[2], "date_of_birth", "31/02/2012", seen="20/03/2012", by=cast.lan)
    assert paste(cast, "32/02/2012", 2, "date_of_birth").wrong == 1


def test_an_empty_cell_takes_what_comes_with_its_mark(cast: Cast, rows: list[Person]) -> None:
    assert rows[1].identity_number == ""
    assert paste(cast, "Trang 1/2", 1, "identity_number").wrong == 1


def test_two_numbers_that_change_places_are_no_loss(cast: Cast, rows: list[Person]) -> None:
    one, two = rows[2], rows[4]
    text = f"{two.identity_number}\n{rows[3].identity_number}\n{one.identity_number}\n"
    assert paste(cast, text, 2, "identity_number", sure=True).wrong == 0


# the answers


MIXED = f"{number_for(2012, 'Nữ', 71)}\n{number_for(2012, 'Nam', 72)}\nTrang 1/2\n"


def test_only_the_lines_that_are_good(cast: Cast, rows: list[Person]) -> None:
    question = asked(cast, MIXED, 0, "identity_number", sure=True)
    assert question.offers[0] == ("Chỉ dán 2 dòng tốt", {"worse": "lines"})
    report = paste(cast, MIXED, 0, "identity_number", sure=True, worse="lines")
    assert column(cast, "identity_number")[:2] == MIXED.splitlines()[:2]
    assert column(cast, "identity_number")[2] == rows[2].identity_number
    assert [person.full_name for person in report.left_out] == ["Bùi Văn Cường"]


def test_a_line_is_left_out_whole(cast: Cast, rows: list[Person]) -> None:
    text = "21/03/2012\tNữ\n22/03/2012\tx\n"
    report = paste(cast, text, 0, "date_of_birth", sure=True, worse="lines")
    assert (report.written, column(cast, "date_of_birth")[1]) == (1, "05/06/2012")


def test_a_line_left_out_may_make_another_one_worse(cast: Cast, rows: list[Person]) -> None:
    """Cường's number goes to Dung, and Cường himself keeps it: then it would be there twice."""
    text = f"x\n{rows[2].identity_number}\n{number_for(2012, 'Nam', 90)}\n"
    report = paste(cast, text, 2, "identity_number", sure=True, worse="lines")
    assert [person.full_name for person in report.left_out] == ["Bùi Văn Cường", "Đỗ Thị Dung"]
    assert report.written == 1


def test_only_into_empty_cells(cast: Cast, rows: list[Person]) -> None:
    before = column(cast, "identity_number")
    question = asked(cast, MIXED, 0, "identity_number", sure=True)
    assert ("Chỉ điền vào 1 ô trống", {"worse": "empty"}) in question.offers
    report = paste(cast, MIXED, 0, "identity_number", sure=True, worse="empty")
    after = column(cast, "identity_number")
    assert report.written == 1
    assert after == [before[0], MIXED.splitlines()[1], *before[2:]]


def test_an_empty_cell_that_somebody_filled_meanwhile_is_a_conflict(
    cast: Cast, rows: list[Person]
) -> None:
    shown = table(cast)
    people.change(rows[1], "identity_number", "100212000099", seen="", by=cast.thu)
    wanted = Paste(
        "student", shown, shown, COLUMNS, (shown[0].id, "identity_number"), MIXED,
        sure=True, worse="empty",
    )  # fmt: skip
    report = pasting.paste(wanted, by=cast.lan)
    assert report.written == 0
    assert [c.theirs for c in report.conflicts] == ["100212000099"]


def test_nothing_safe_is_offered_where_nothing_is(cast: Cast, rows: list[Person]) -> None:
    assert offers(asked(cast, "x", 2, "identity_number")) == [{}, {"worse": "all"}]


def test_anyway_is_one_step_that_is_undone_together(cast: Cast, rows: list[Person]) -> None:
    before = column(cast, "identity_number")
    report = paste(cast, MIXED, 0, "identity_number", sure=True, worse="all")
    assert report.written == 3
    undoing.undo(Person.select(), by=cast.lan)
    assert column(cast, "identity_number") == before


# verified records


def test_records_that_would_lose_their_verification_are_counted(
    cast: Cast, rows: list[Person]
) -> None:
    for person in rows[2:4]:
        confirm(person)
    question = asked(cast, "21/03/2012\n22/03/2012\n", 2, "date_of_birth", sure=True)
    assert question.sentence.startswith("2 hồ sơ đã xác thực sẽ phải xác thực lại.")
    assert [side.ours for side in question.sides] == [
        "Bùi Văn Cường: 20/03/2012 (đã xác thực)",
        "Đỗ Thị Dung: 20/03/2012 (đã xác thực)",
    ]
    paste(cast, "21/03/2012\n22/03/2012\n", 2, "date_of_birth", sure=True, worse="all")
    assert [person.status for person in table(cast)[2:4]] == ["changed", "changed"]


def test_the_number_of_somebody_else_is_only_odd_on_the_record_that_the_register_confirmed(
    cast: Cast, rows: list[Person]
) -> None:
    def level(person: Person) -> str:
        return Person.get_by_id(person.id).problem_of("identity_number")["level"]

    an, binh, cuong = rows[:3]
    for person in (an, cuong):
        confirm(person)
        people.change(person, "full_name", "Lê Văn Xuân", seen=person.full_name, by=cast.thu)
    people.change(cuong, "full_name", cuong.full_name, seen="Lê Văn Xuân", by=cast.thu)
    for person, holder in ((binh, an), (rows[3], cuong)):
        number = holder.identity_number
        people.change(person, "identity_number", number, seen=person.identity_number, by=cast.thu)
    assert [level(person) for person in (an, binh)] == ["error", "error"]
    assert [level(person) for person in (cuong, rows[3])] == ["warning", "error"]


def test_residence_costs_nobody_the_verification(cast: Cast, rows: list[Person]) -> None:
    confirm(rows[2])
    assert paste(cast, "Xã Mỹ Lạc\nXã Mỹ Lạc\n", 2, "commune").written == 2


# cells that a pasted address says something about


def test_what_an_address_brings_along_is_counted_and_shown(cast: Cast, rows: list[Person]) -> None:
    change = epochs.begin("2level", by=cast.hoa)
    epochs.go_on(change.id)
    text = "Ấp 3, xã Mỹ Lạc, huyện Thủ Thừa, tỉnh Long An"
    report = paste(cast, text, 2, "commune")
    assert (table(cast)[2].commune, table(cast)[2].address) == ("Xã Mỹ Thạnh", "Ấp 3")
    assert (
        report.written == Change.select().where(Change.changeset == report.changeset).count() == 2
    )
    assert ("address", text, "Ấp 3") in [(r.field, r.typed, r.stored) for r in report.repairs]


# filling down


def test_a_fill_asks_too(cast: Cast, rows: list[Person]) -> None:
    cells = [(person, {"ethnic_group": "Kinh tộc"}) for person in with_groups(cast, rows)]
    deed = losses.BulkEdit(cells, {}, cast.lan, "fill", "filled", rows, verb="điền")
    with pytest.raises(ConfirmationRequired) as question:
        losses.write_unless_worse(deed)
    assert question.value.title == "Điền đè lên 2 ô đang đúng?"
    assert [words for words, _ in question.value.offers] == [
        "Chỉ điền 1 dòng tốt",
        "Chỉ điền vào 1 ô trống",
        "Bỏ, không điền",
        "Vẫn điền tất cả",
    ]
    assert losses.write_unless_worse(deed, "empty").written == 1


def with_groups(cast: Cast, rows: Sequence[Person]) -> list[Person]:
    """Two with a group, one without."""
    for person in rows[:2]:
        people.change(person, "ethnic_group", "Kinh", seen="", by=cast.lan)
    return table(cast)[:3]
