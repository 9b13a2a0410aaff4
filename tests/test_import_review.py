"""What the check page tells before anything is written: odd values, both sides changed, who is missing."""

import io

import pytest
from openpyxl import load_workbook

from idapp import imports, people, school
from idapp.models import Import, ImportRow, Person
from tests.cast import Cast, number_for
from tests.statements import counted
from tests.test_import_decisions import asked, columns_of, edited
from tests.test_imports import (
    book,
    codes,
    fresh,
    judged,
    line,
    newcomer,
    read,
    verdicts,
)

pytestmark = pytest.mark.usefixtures("few_places")


def test_what_is_odd_about_somebody_new_is_told(cast: Cast) -> None:
    upload = read(
        [newcomer(gender="Nam", date_of_birth="17/09/2009", full_name="bùi thị dung")], cast.thu
    )
    (row,) = judged(upload)
    assert row.verdict == "new"
    assert {"number_disagrees"} < codes(row)
    views = imports.review(upload, by=cast.thu).totals.views
    assert (views["warned"], views["look"], views["errors"]) == (1, 1, 0)


def test_a_column_of_numbers_shifted_by_a_row_is_noticed(cast: Cast) -> None:
    number = number_for(2012, "Nữ", 9)
    people.change(cast.binh, "identity_number", number, seen="", by=cast.thu)
    rows = [
        line(school_class="5A", ministry_code="1000000001", identity_number=number),
        line(
            school_class="5A", ministry_code="1000000002", identity_number=cast.an.identity_number
        ),
    ]
    upload = read(rows, cast.thu)
    an, binh = judged(upload)
    assert codes(an) == {"others_number"}
    assert "Trần Văn Bình" in str(an.problems)
    assert "others_number" in codes(binh)
    assert imports.review(upload, by=cast.thu).totals.views["look"] == 2


def test_an_oddity_that_was_there_before_is_no_news(cast: Cast) -> None:
    people.change(cast.an, "gender", "Nam", seen="Nữ", by=cast.thu)
    (row,) = judged(
        read([line(school_class="5A", ministry_code="1000000001", address="Ấp 1")], cast.thu)
    )
    assert (row.verdict, codes(row)) == ("changed", set())


def test_a_warning_stands_at_its_cell_or_with_its_row(cast: Cast) -> None:
    rows = [line(school_class="5A", ministry_code="1000000001", gender="Nam", address="Ấp 1")]
    (row,) = judged(read(rows, cast.thu))
    view = imports.row_view(row)
    told = [p["message"] for cell in view.cells for p in cell.problems] + [
        note.message for note in view.general
    ]
    assert len(told) == 1
    assert all(cell.written for cell in view.cells)


# both sides changed


def test_an_edit_that_was_put_back_is_no_conflict(cast: Cast) -> None:
    data = edited(cast, {"Nguyễn Thị An": "Ấp 1"})
    people.change(cast.an, "address", "Ấp 2", seen="", by=cast.thu)
    people.change(cast.an, "address", "", seen="Ấp 2", by=cast.thu)
    upload = imports.read_bytes(data, "5a.xlsx", by=cast.lan)
    assert (imports.totals_of(upload).counts["conflict"], imports.totals_of(upload).to_write) == (
        0,
        1,
    )


def test_a_file_taken_back_can_come_again_without_conflicts(cast: Cast) -> None:
    data = edited(cast, {"Nguyễn Thị An": "Ấp 1"})
    upload = imports.read_bytes(data, "5a.xlsx", by=cast.lan)
    imports.confirm(upload, by=cast.lan)
    imports.undo(Import.get_by_id(upload.id), by=cast.lan)
    again = imports.read_bytes(data, "5a.xlsx", by=cast.lan)
    assert sorted(set(verdicts(again))) == ["changed", "same"]


def test_what_nobody_decided_is_counted_until_somebody_does(cast: Cast) -> None:
    data = edited(cast, {"Nguyễn Thị An": "Ấp 1", "Trần Văn Bình": "Ấp 1"})
    for person in (cast.an, cast.binh):
        people.change(person, "address", "Ấp 2", seen="", by=cast.thu)
    upload = imports.read_bytes(data, "5a.xlsx", by=cast.lan)
    one, _ = judged(upload)
    assert (imports.totals_of(upload).undecided, imports.totals_of(upload).undecided_in) == (
        2,
        "conflict",
    )
    imports.decide(
        one, "", take=False
    )  # left out whole there is nothing to choose, and taken in again there is
    assert imports.totals_of(upload).undecided == 1
    imports.decide(ImportRow.get_by_id(one.id), "", take=True)
    assert imports.totals_of(upload).undecided == 2
    imports.decide(ImportRow.get_by_id(one.id), "address", take=False)
    assert imports.totals_of(upload).undecided == 1
    imports.decide_all(upload, "conflict", take=True)
    assert imports.totals_of(upload).undecided == 0


def test_a_choice_for_our_side_satisfies_all_or_nothing(cast: Cast) -> None:
    data = edited(cast, {"Nguyễn Thị An": "Ấp 1", "Trần Văn Bình": "Ấp 3"})
    people.change(cast.an, "address", "Ấp 2", seen="", by=cast.thu)
    upload = imports.read_bytes(data, "5a.xlsx", by=cast.lan)
    imports.set_all_or_nothing(upload, wanted=True)
    imports.confirm(upload, by=cast.lan)
    assert "1 dòng cần quyết định" in Import.get_by_id(upload.id).sentence
    imports.decide_all(upload, "conflict", take=False)
    imports.confirm(upload, by=cast.lan)
    assert (fresh(cast.an).address, fresh(cast.binh).address) == ("Ấp 2", "Ấp 3")


def test_only_what_is_not_understood_is_asked_about_and_all_of_it(cast: Cast) -> None:
    heading = ("Lớp", "Cháu", "Ngày tháng", "Giới tính", "Ngày nhập học", "Mã số")
    row = ["5A", "Bùi Thị Dung", "17/09/2012", "Nữ", "01/09/2018", number_for(2012, "Nữ", 77)]
    upload = asked(cast, book([row], heading))
    (question,) = upload.questions
    assert question["missing"] == ["full_name", "date_of_birth", "identity_number"]
    assert question["known"] == {"school_class": "Lớp", "gender": "Giới tính"}
    assert columns_of(upload) == {
        "Cháu": "full_name",
        "Ngày tháng": "date_of_birth",
        "Ngày nhập học": "",
        "Mã số": "identity_number",
    }


def test_half_a_name_is_proposed_beside_the_other_half(cast: Cast) -> None:
    heading = ("Lớp", "Họ cùng tên đệm", "Tên gọi", "Ngày sinh", "Giới tính")
    proposed = columns_of(
        asked(cast, book([["5A", "Bùi Thị", "Dung", "17/09/2012", "Nữ"]], heading))
    )
    assert proposed == {"Họ cùng tên đệm": "family_name", "Tên gọi": "given_name"}


def test_no_whole_name_is_proposed_beside_both_halves(cast: Cast) -> None:
    heading = ("Lớp", "Họ cùng tên đệm", "Tên gọi", "Cháu", "Ngày sinh", "Giới tính")
    row = ["5A", "Bùi Thị", "Dung", "Bùi Thị Dung", "17/09/2012", "Nữ"]
    proposed = columns_of(asked(cast, book([row], heading)))
    assert proposed == {
        "Họ cùng tên đệm": "family_name",
        "Tên gọi": "given_name",
        "Cháu": "",
    }


# who is not in the file


def classmates(cast: Cast, n: int) -> None:
    names = [f"Vũ Thị {name}" for name in ("Một", "Hai", "Ba", "Bốn")[:n]]
    people.add_many(
        [("student", cast.class_5b, {"full_name": name}) for name in names],
        by=cast.thu,
        source="import",
    )


def test_a_class_that_only_a_pupil_on_the_move_names_is_not_in_the_file(cast: Cast) -> None:
    classmates(cast, 3)
    upload = read([line(school_class="5B", ministry_code="1000000001")], cast.thu)
    roll = imports.review(upload, by=cast.thu).coverage
    assert {p.full_name for p in roll.absent} == {"Trần Văn Bình"}
    assert roll.parts == []


def test_a_few_corrections_are_no_list_of_a_class(cast: Cast) -> None:
    classmates(cast, 3)
    upload = read([line(school_class="5B", ministry_code="1000000003", address="Ấp 1")], cast.thu)
    roll = imports.review(upload, by=cast.thu).coverage
    assert roll.absent == []
    assert [(p.class_name, p.named, p.total) for p in roll.parts] == [("5B", 1, 4)]


@pytest.mark.parametrize(("named", "doubtful"), [(0, True), (2, True), (3, False)])
def test_a_list_of_others_for_a_class_that_has_its_own_is_doubted(
    cast: Cast, named: int, doubtful: bool
) -> None:
    classmates(cast, 4)
    old = [
        line(school_class="5B", full_name=f"Vũ Thị {name}") for name in ("Một", "Hai", "Ba")[:named]
    ]
    new = [
        newcomer(school_class="5B", full_name=f"Bùi Thị {name}", identity_number=None)
        for name in "ABCDE"
    ]
    roll = imports.review(read([*old, *new], cast.thu), by=cast.thu).coverage
    assert [(p.class_name, p.named, p.total, p.new) for p in roll.doubtful] == [
        ("5B", named, 5, 5)
    ] * doubtful
    assert not (doubtful and roll.absent)


def test_the_workbook_of_errors_sent_again_names_nobody_absent_and_tells_once(cast: Cast) -> None:
    upload = read(
        [line(school_class="5A", ministry_code="1000000001", identity_number="12345")], cast.thu
    )
    again = asked(cast, imports.errors_workbook(upload))
    roll = imports.review(again, by=cast.thu).coverage
    assert (roll.absent, roll.parts) == ([], [])
    file = load_workbook(io.BytesIO(imports.errors_workbook(again)))
    words = [c.value for c in file.worksheets[0][1]]
    assert words[:2] == ["Cần sửa", "Dòng trong tệp"]
    assert words.count("Cần sửa") == 1
    assert file.worksheets[0]["K2"].comment  # the bad number, where it stands now


@pytest.mark.parametrize(
    ("between", "frozen", "told"), [(0, "E2", "Họ và tên: "), (9, "C2", "Trần Văn Bình9; Họ")]
)
def test_what_to_mend_stays_in_sight_and_says_whose_row_it_is(
    cast: Cast, between: int, frozen: str, told: str
) -> None:
    heading = ("Lớp", *(f"Cột {n}" for n in range(between)), "Họ tên", "Ngày sinh")
    upload = read([["5A", *"x" * between, "Trần Văn Bình9", "05/06/2012"]], cast.thu, heading)
    sheet = load_workbook(io.BytesIO(imports.errors_workbook(upload))).worksheets[0]
    assert sheet.freeze_panes == frozen
    assert str(sheet["A2"].value).startswith(told)


def test_more_than_a_cell_of_excel_holds_is_cut_and_said_so(cast: Cast) -> None:
    text = f"Lớp,Họ tên,Ngày sinh,Tổ/Thôn/Xóm\n5A,Bùi Thị Dung,31/02/2012,{'😀' * 20_000}\n"
    upload = imports.read_bytes(text.encode(), "a.csv", by=cast.thu)
    (cell,) = load_workbook(io.BytesIO(imports.errors_workbook(upload))).worksheets[0]["F"][1:]
    assert cell.value == "😀" * 16_383 + "…"


def test_a_bad_number_is_marked_in_the_column_it_was_read_from(cast: Cast) -> None:
    upload = read([line(school_class="5A", ministry_code="1000000001", card="12345")], cast.thu)
    sheet = load_workbook(io.BytesIO(imports.errors_workbook(upload))).worksheets[0]
    (marked,) = [cell for row in sheet.iter_rows() for cell in row if cell.comment]
    assert sheet.cell(1, marked.column).value == "Số CCCD"
    assert "Đã đọc: 12345" in marked.comment.text


def test_a_class_the_file_made_goes_with_it_and_comes_again(cast: Cast) -> None:
    rows = [newcomer(school_class="5C"), line(school_class="5C", ministry_code="1000000002")]
    for _ in range(2):
        upload = read(rows, cast.thu)
        imports.confirm(upload, by=cast.thu)
        assert school.class_named("5C")
        imports.undo(Import.get_by_id(upload.id), by=cast.thu)
        sentence = Import.get_by_id(upload.id).sentence
        assert school.class_named("5C") is None
        assert "bỏ lớp 5C" in sentence
        assert "Giữ nguyên" not in sentence
        assert fresh(cast.binh).school_class == cast.class_5a
        assert [p.active for p in Person.select().where(Person.full_name == "Bùi Thị Dung")] == [
            False
        ]


def test_a_class_is_taken_back_without_asking_for_the_class_of_each_pupil(cast: Cast) -> None:
    def questions(n: int) -> int:
        names = (f"Bùi {'Thị' if n == 3 else 'Ngọc'} {letter}" for letter in "ABCDEFGHIKLM"[:n])
        rows = [newcomer(school_class="5C", full_name=name, identity_number=None) for name in names]
        upload = read(rows, cast.thu)
        imports.confirm(upload, by=cast.thu)
        with counted() as sent:
            imports.undo(Import.get_by_id(upload.id), by=cast.thu)
        assert school.class_named("5C") is None
        return sum('FROM "school_class"' in sql for sql in sent)

    assert questions(3) == questions(12)


def test_a_class_somebody_uses_by_now_stays(cast: Cast) -> None:
    upload = read([newcomer(school_class="5C")], cast.thu)
    imports.confirm(upload, by=cast.thu)
    made = school.class_named("5C")
    assert made
    school.assign_teachers(made, [cast.minh], by=cast.thu)
    imports.undo(Import.get_by_id(upload.id), by=cast.thu)
    assert school.class_named("5C")
    assert "bỏ lớp" not in Import.get_by_id(upload.id).sentence


# what the page says


def test_a_row_somebody_edited_meanwhile_says_who_what_and_what_to_do(cast: Cast) -> None:
    upload = read(
        [line(school_class="5A", ministry_code="1000000002", address="Ấp 3", gender="Nữ")], cast.thu
    )
    people.change(cast.binh, "address", "Ấp 9", seen="", by=cast.lan)
    imports.confirm(upload, by=cast.thu)
    (item,) = imports.review(Import.get_by_id(upload.id), by=cast.thu, view="stale").rows
    told = [f"{note.label}: {note.message}" for note in item.general if note.label]
    assert told == ["Tổ/Thôn/Xóm: nay là “Ấp 9”, Lê Thị Lan sửa sau khi xem trước."]
    assert "tải tệp lên lại" in item.general[-1].message


def test_somebody_new_without_a_name_is_not_shown_as_written(cast: Cast) -> None:
    upload = read([newcomer()], cast.thu)
    imports.leave_out_columns(upload, ["full_name"])
    (item,) = imports.review(upload, by=cast.thu).rows
    assert item.cells == []
    assert "không tạo hồ sơ" in item.general[0].message


def test_an_empty_file_is_called_empty(cast: Cast) -> None:
    with pytest.raises(imports.FileRefused, match="Tệp trống"):
        asked(cast, book([], ()))


def test_a_column_once_of_no_use_is_shown_again_when_a_name_is_missing(cast: Cast) -> None:
    rows, heading = [["5A", "Bùi Thị Dung", "Nữ"]], ("Lớp", "Cháu", "Giới tính")
    first = asked(cast, book(rows, heading))
    with pytest.raises(imports.FileRefused):
        imports.answer(first, columns={"chau": ""}, anyway=(), by=cast.thu)
    again = asked(cast, book(rows, heading))
    assert again.state == "asking"
    assert columns_of(again) == {"Cháu": "full_name"}
