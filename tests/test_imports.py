"""Workbooks of people: what is judged, what is shown, what is written. Real workbooks, a real database."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook

from idapp import imports, people
from idapp.imports.decisions import cells_to_write
from idapp.models import Change, Import, ImportRow, Person, User
from idapp.people import membership
from tests.cast import HOME, Cast, number_for

pytestmark = pytest.mark.usefixtures("few_places")

SAMPLES = Path(__file__).parent / "samples" / "workbooks"
PROFILE = (
    "STT", "Mã lớp", "Mã định danh Bộ GD&ĐT", "Họ tên", "Ngày sinh", "Giới tính", "Trạng thái HS", "Số CCCD",
    "Số định danh cá nhân", "Tỉnh/Thành phố (Theo địa chỉ thường trú)", "Quận/Huyện (Theo địa chỉ thường trú)",
    "Xã/Phường (Theo địa chỉ thường trú)", "Tổ/Thôn/Xóm (Theo địa chỉ thường trú)",
)  # fmt: skip
_KEYS = (
    "stt", "school_class", "ministry_code", "full_name", "date_of_birth", "gender", "state", "card", "identity_number",
    "province", "district", "commune", "address",
)  # fmt: skip


def book(rows: Sequence[Sequence[object]], heading: Sequence[str] = PROFILE) -> bytes:
    sheet_of = Workbook()
    sheet_of.active.append(list(heading))
    for row in rows:
        sheet_of.active.append(list(row))
    target = io.BytesIO()
    sheet_of.save(target)
    return target.getvalue()


def line(**values: object) -> list[object]:
    return [{"stt": "1", **values}.get(key) for key in _KEYS]


def newcomer(**values: object) -> list[object]:
    new = {
        "school_class": "5A",
        "full_name": "Bùi Thị Dung",
        "date_of_birth": "17/09/2012",
        "gender": "Nữ",
        "identity_number": number_for(2012, "Nữ", 77),
        **HOME,
    }
    return line(**new | values)


def read(rows: Sequence[Sequence[object]], by: User, heading: Sequence[str] = PROFILE) -> Import:
    return imports.read_bytes(book(rows, heading), "danh-sach.xlsx", by=by)


def judged(upload: Import) -> list[ImportRow]:
    return list(
        ImportRow.select()
        .where(ImportRow.upload == upload, ImportRow.verdict != "")
        .order_by(ImportRow.id)
    )


def verdicts(upload: Import) -> list[str]:
    return [row.verdict for row in judged(upload)]


def everything() -> tuple[list[dict[str, str]], int]:
    """All values of all people, and how many changes of people the history holds."""
    values = [people.values_of(p) for p in Person.select().order_by(Person.id)]
    # that a file of the ministry has these values is written down too, and changes nobody
    changes = Change.select().where(
        Change.person.is_null(False), Change.event != "ministry.entered"
    )
    return values, changes.count()


def codes(row: ImportRow) -> set[str]:
    said = [*row.problems, *row.choices.values()]
    return {entry["code"] for entry in said}


def fresh(person: Person) -> Person:
    return Person.get_by_id(person.id)


# nothing is written before confirming, exactly what was shown is written after


def test_reading_touches_nobody(cast: Cast) -> None:
    before = everything()
    upload = read(
        [newcomer(), line(school_class="5A", ministry_code="1000000001", gender="Nam")], cast.thu
    )
    assert verdicts(upload) == ["new", "changed"]
    assert everything() == before


def test_confirming_writes_new_and_changed_rows_once(cast: Cast) -> None:
    upload = read(
        [newcomer(), line(school_class="5A", ministry_code="1000000002", address="Ấp 3")], cast.thu
    )
    assert imports.confirm(upload, by=cast.thu) == {"created": 1, "changed": 1}
    assert imports.confirm(upload, by=cast.thu) == {"created": 1, "changed": 1}
    dung = Person.get(Person.full_name == "Bùi Thị Dung")
    assert (dung.school_class, dung.status, dung.date_of_birth) == (
        cast.class_5a,
        "ready",
        "17/09/2012",
    )
    assert fresh(cast.binh).address == "Ấp 3"
    written = list(
        Change.select().where(
            Change.source == "import", Change.person == cast.binh, Change.field == "address"
        )
    )
    assert [(c.old, c.new, c.user) for c in written] == [("", "Ấp 3", cast.thu)]
    changeset = Import.get_by_id(upload.id).changeset
    assert changeset
    assert {c.changeset for c in Change.select().where(Change.person == dung)} == {changeset}


def test_what_was_shown_is_what_is_written(cast: Cast) -> None:
    rows = [
        newcomer(
            gender="NU", date_of_birth="41159", commune="my an", identity_number="100 312 000 077"
        )
    ]
    upload = read(rows, cast.thu)
    (row,) = judged(upload)
    imports.confirm(upload, by=cast.thu)
    dung = Person.get(Person.full_name == "Bùi Thị Dung")
    stored = people.values_of(dung)
    assert {name: stored[name] for name in cells_to_write(row)} == {
        n: row.values[n] for n in cells_to_write(row)
    }
    assert dung.gender == "Nữ"
    assert dung.commune == "Xã Mỹ An"
    assert dung.identity_number == "100312000077"
    assert set(row.repairs) >= {"gender", "date_of_birth", "commune", "identity_number"}


def test_the_same_file_again_changes_nothing_and_says_when(cast: Cast) -> None:
    data = book([newcomer()])
    first = imports.read_bytes(data, "a.xlsx", by=cast.thu)
    assert imports.previous_of(first) is None
    imports.confirm(first, by=cast.thu)
    again = imports.read_bytes(data, "b.xlsx", by=cast.thu)
    assert verdicts(again) == ["same"]
    assert imports.previous_of(again) == first


def test_a_row_edited_after_the_preview_is_refused_as_stale(cast: Cast) -> None:
    upload = read(
        [line(school_class="5A", ministry_code="1000000002", address="Ấp 3", gender="Nữ")], cast.thu
    )
    people.change(cast.binh, "address", "Ấp 9", seen="", by=cast.lan)
    assert imports.confirm(upload, by=cast.thu) == {"stale": 1}
    assert (fresh(cast.binh).address, fresh(cast.binh).gender) == ("Ấp 9", "Nam")


def test_somebody_added_meanwhile_is_not_added_again(cast: Cast) -> None:
    upload = read([newcomer(ministry_code="1000000050")], cast.thu)
    people.add(
        kind="student",
        school_class=cast.class_5a,
        by=cast.lan,
        values={"full_name": "Bùi Thị Dung", "ministry_code": "1000000050"},
    )
    assert imports.confirm(upload, by=cast.thu) == {"stale": 1}
    assert Person.select().where(Person.full_name == "Bùi Thị Dung").count() == 1


def test_a_fault_while_writing_leaves_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = read(
        [line(school_class="5A", ministry_code="1000000002", address="Ấp 3"), newcomer()], cast.thu
    )
    monkeypatch.setattr(people, "add_many", lambda *a, **k: 1 / 0)
    assert imports.confirm(upload, by=cast.thu) == {}
    assert fresh(cast.binh).address == ""
    upload = Import.get_by_id(upload.id)
    assert upload.state == "checked"
    assert "chưa có gì được lưu" in upload.sentence


# whose row it is


def test_a_record_is_found_by_code_even_under_a_corrected_name(cast: Cast) -> None:
    upload = read(
        [line(school_class="5A", ministry_code="1000000001", full_name="Nguyễn Thị Ân")], cast.thu
    )
    assert [(r.verdict, r.person) for r in judged(upload)] == [("changed", cast.an)]


def test_a_code_under_another_name_and_birth_date_is_somebody_else(cast: Cast) -> None:
    upload = read([newcomer(ministry_code="1000000001")], cast.thu)
    assert [(r.verdict, codes(r)) for r in judged(upload)] == [("wrong", {"other_person"})]


@pytest.mark.parametrize(
    "name", ["Nguyễn Thị An", "NGUYỄN THỊ AN", "Nguye\u0302\u0303n Thi\u0323 An"]
)
def test_a_record_is_found_by_name_and_birth_date_within_the_class(cast: Cast, name: str) -> None:
    upload = read(
        [line(school_class="5A", full_name=name, date_of_birth="20-3-2012", address="Ấp 1")],
        cast.thu,
    )
    assert judged(upload)[0].person == cast.an


def test_the_name_alone_only_where_the_row_has_no_birth_date(cast: Cast) -> None:
    alone = read([line(school_class="5A", full_name="Nguyễn Thị An", address="Ấp 1")], cast.thu)
    assert judged(alone)[0].person == cast.an
    other = read(
        [line(school_class="5A", full_name="Nguyễn Thị An", date_of_birth="21/03/2012")], cast.thu
    )
    assert verdicts(other) == ["new"]


@pytest.mark.parametrize(("school_class", "verdict"), [("5C", "new"), (None, "wrong")])
def test_a_name_alone_is_not_searched_for_in_the_whole_school(
    cast: Cast, school_class: str | None, verdict: str
) -> None:
    number = number_for(2012, "Nữ", 88)  # of another An, of a class that is not entered yet
    upload = read(
        [line(school_class=school_class, full_name="Nguyễn Thị An", identity_number=number)],
        cast.thu,
    )
    assert [(r.verdict, r.person, r.writes) for r in judged(upload)] == [(verdict, None, 0)]


@pytest.mark.parametrize("known", ["", "2012"])
def test_in_the_whole_school_only_the_whole_birth_date_tells_who_it_is(
    cast: Cast, known: str
) -> None:
    people.change(cast.an, "date_of_birth", known, seen="20/03/2012", by=cast.thu)
    namesake = line(
        school_class="5C", full_name="Nguyễn Thị An", date_of_birth="21/03/2012"
    )  # a class not entered yet
    (row,) = judged(read([namesake], cast.thu))
    assert (row.verdict, row.person, row.writes, "asked" in codes(row)) == ("new", None, 0, True)


def test_a_birth_date_nobody_can_read_makes_no_second_child(cast: Cast) -> None:
    (row,) = judged(
        read(
            [line(school_class="5A", full_name="Nguyễn Thị An", date_of_birth="31/02/2012")],
            cast.thu,
        )
    )
    assert (row.verdict, row.person, row.writes) == ("conflict", cast.an, 0)


def test_a_year_agrees_with_every_day_in_it_and_blunts_none(cast: Cast) -> None:
    an = {"school_class": "5A", "full_name": "Nguyễn Thị An", "address": "Ấp 1"}
    (row,) = judged(read([line(**an, date_of_birth="2012")], cast.thu))
    assert (row.person, row.seen) == (cast.an, {"address": ""})
    for before, now in (("20/03/2012", "2012"), ("2012", "")):
        people.change(cast.an, "date_of_birth", now, seen=before, by=cast.thu)
        (row,) = judged(read([line(**an, date_of_birth="21/03/2012")], cast.thu))
        assert (row.person, row.seen["date_of_birth"]) == (cast.an, now)


@pytest.mark.parametrize(
    ("school_class", "birth", "mend"),
    [
        ("5A", "21/03/2012", "sửa ngày sinh"),
        ("5B", "20/03/2012", "chuyển lớp"),
        ("5B", None, "chuyển lớp"),
    ],
)
def test_a_namesake_whom_no_other_row_means_is_asked_about(
    cast: Cast, school_class: str, birth: str | None, mend: str
) -> None:
    other = line(school_class=school_class, full_name="Nguyễn Thị An", date_of_birth=birth)
    upload, before = read([other], cast.thu), everything()[0]
    (row,) = judged(upload)
    assert (row.verdict, row.writes) == ("new", 0)
    assert "sinh 20/03/2012, ở lớp 5A" in str(row.problems)
    told = imports.totals_of(upload)
    assert mend in str(row.problems)
    assert (
        told.views["asked"],
        told.odd_to_write,
        told.undecided_in,
    ) == (1, 0, "asked")
    imports.confirm(upload, by=cast.thu)
    assert everything()[0] == before
    both = [
        line(
            school_class="5A", ministry_code="1000000001", full_name="Nguyễn Thị An", address="Ấp 1"
        ),
        other,
    ]
    rows = judged(read(both, cast.thu))
    assert [(r.verdict, r.writes > 0) for r in rows] == [("changed", True), ("new", True)]
    assert ("namesake" in codes(rows[1])) is (
        birth == "20/03/2012"
    )  # added in the new class, not taken off the old


def test_a_newcomer_in_two_lists_of_the_file_is_doubted(cast: Cast) -> None:
    rows = judged(
        read([newcomer(school_class=name, identity_number=None) for name in ("5A", "5C")], cast.thu)
    )
    assert [(r.verdict, codes(r)) for r in rows] == [("new", {"namesake"})] * 2
    assert "Lớp 5C trong tệp cũng có" in str(rows[0].problems)
    assert "namesake" not in codes(judged(read([newcomer()], cast.thu))[0])


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ({}, {"full_name": "Bui Thi Dung", "school_class": "5B"}, "có họ tên chỉ khác dấu"),
        ({}, {"date_of_birth": "2012"}, "cùng họ tên và năm sinh"),
        ({}, {"date_of_birth": None}, "cùng họ tên:"),
        ({"date_of_birth": None}, {"date_of_birth": None}, "cùng họ tên:"),
        ({}, {"date_of_birth": None, "school_class": "5B"}, ""),
        ({}, {"date_of_birth": "08/09/2012"}, ""),
    ],
)
def test_new_rows_that_may_be_of_one_person_are_doubted(
    cast: Cast, one: dict[str, str], other: dict[str, str], words: str
) -> None:
    rows = [newcomer(**{"identity_number": None} | marks) for marks in (one, other)]
    for order in (rows, rows[::-1]):
        verdict = judged(read(order, cast.thu))
        assert [row.verdict for row in verdict] == ["new", "new"]
        assert all(words in str(row.problems) for row in verdict)
        assert all(("namesake" in codes(row)) is bool(words) for row in verdict)


def test_a_code_in_groups_is_one_row_too_many(cast: Cast) -> None:
    rows = [newcomer(ministry_code=text) for text in ("1000000009", "1000 000 009")]
    assert [codes(row) & {"twice"} for row in judged(read(rows, cast.thu))] == [set(), {"twice"}]


def test_a_good_code_or_number_is_not_replaced_by_a_worse_writing_of_it(cast: Cast) -> None:
    people.change(cast.binh, "ministry_code", "0100000002", seen="1000000002", by=cast.thu)
    people.change(cast.binh, "identity_number", "001212000002", seen="", by=cast.thu)
    rows = [
        line(school_class="5A", full_name="Nguyễn Thị An", ministry_code="1000 000 001"),
        line(
            school_class="5A",
            full_name="Trần Văn Bình",
            ministry_code="100000002",
            identity_number="1212000002",
        ),
    ]
    upload = read(rows, cast.thu)
    found = [(row.verdict, row.person, codes(row)) for row in judged(upload)]
    assert found == [("same", cast.an, set()), ("same", cast.binh, set())]


def test_a_worse_code_is_mended_by_a_good_writing_of_it(cast: Cast) -> None:
    Person.update(ministry_code="100000001").where(Person.id == cast.an.id).execute()
    row = line(school_class="5A", full_name="Nguyễn Thị An", ministry_code="0100000001")
    (found,) = judged(read([row], cast.thu))
    assert (found.verdict, found.seen) == ("changed", {"ministry_code": "100000001"})


def test_no_code_in_words_makes_two_children_no_one(cast: Cast) -> None:
    names = ("Bùi Thị Dung", "Hồ Thị Em")
    rows = [newcomer(ministry_code="chưa có", full_name=n, identity_number=None) for n in names]
    assert verdicts(read(rows, cast.thu)) == ["new", "new"]


def test_namesakes_without_a_birth_date_are_ambiguous(cast: Cast) -> None:
    people.add(
        kind="student",
        school_class=cast.class_5a,
        by=cast.thu,
        values={"full_name": "Nguyễn Thị An", "date_of_birth": "01/02/2012"},
    )
    upload = read([line(school_class="5A", full_name="Nguyễn Thị An", address="Ấp 1")], cast.thu)
    assert [(r.verdict, codes(r)) for r in judged(upload)] == [("wrong", {"ambiguous"})]


def test_somebody_who_left_is_not_entered_a_second_time_unasked(cast: Cast) -> None:
    membership.set_state(cast.an, "Chuyển đi kỳ 1", active=False, by=cast.thu)
    (row,) = judged(
        read(
            [line(school_class="5A", full_name="Nguyễn Thị An", date_of_birth="20/03/2012")],
            cast.thu,
        )
    )
    assert (row.verdict, row.writes) == ("new", 0)
    assert "(chuyển đi kỳ 1)" in str(row.problems)


def test_a_list_without_diacritics_neither_doubles_children_nor_bares_their_names_silently(
    cast: Cast,
) -> None:
    rows = [
        line(school_class="5A", full_name="Nguyen Thi An", date_of_birth="20/03/2012"),
        line(school_class="5A", full_name="Tran Van Binh", ministry_code="1000000002"),
    ]
    an, binh = judged(read(rows, cast.thu))
    assert (an.verdict, an.writes, codes(an)) == (
        "new",
        0,
        {"namesake", "asked"},
    )
    assert "họ tên trong tệp" in str(an.problems)
    assert (binh.person, codes(binh), binh.writes) == (cast.binh, {"bare_name", "worse"}, 0)


def test_a_code_does_not_give_a_child_the_name_of_another(cast: Cast) -> None:
    row = line(
        school_class="5A", full_name="Trần Văn Bình", ministry_code="1000000001", address="Ấp 1"
    )
    assert [(r.verdict, codes(r)) for r in judged(read([row], cast.thu))] == [
        ("wrong", {"other_person"})
    ]
    upload = read(
        [line(school_class="5A", full_name="Bùi Thị Dung", ministry_code="1000000001")], cast.thu
    )
    assert codes(judged(upload)[0]) == {"other_name"}
    assert imports.totals_of(upload).views["look"] == 1


def test_the_same_number_under_the_same_name_is_a_change_of_class(cast: Cast) -> None:
    upload = read(
        [
            line(
                school_class="5B",
                full_name="Nguyễn Thị An",
                identity_number=cast.an.identity_number,
            )
        ],
        cast.thu,
    )
    (row,) = judged(upload)
    assert (row.person, row.seen) == (cast.an, {"school_class": "5A"})
    imports.confirm(upload, by=cast.thu)
    assert fresh(cast.an).school_class == cast.class_5b


def test_two_rows_for_one_record_use_the_first_and_show_the_second(cast: Cast) -> None:
    rows = [
        line(school_class="5A", ministry_code="1000000001", address=a) for a in ("Ấp 1", "Ấp 2")
    ]
    upload = read(rows, cast.thu)
    assert verdicts(upload) == ["changed", "wrong"]
    assert "dòng 2" in judged(upload)[1].problems[0]["message"]


# what is in the cells


def test_an_empty_cell_never_erases_and_the_word_does(cast: Cast) -> None:
    upload = read([line(school_class="5A", ministry_code="1000000001", commune="xóa")], cast.thu)
    imports.confirm(upload, by=cast.thu)
    an = fresh(cast.an)
    assert (an.commune, an.district, an.full_name) == ("", "Huyện Thủ Thừa", "Nguyễn Thị An")
    assert judged(upload)[0].repairs == {"commune": "xóa"}


def test_a_name_is_not_erased(cast: Cast) -> None:
    upload = read([line(school_class="5A", ministry_code="1000000001", full_name="xoá")], cast.thu)
    assert [(r.verdict, codes(r)) for r in judged(upload)] == [("wrong", {"may_not_erase"})]


def test_one_bad_cell_leaves_the_rest_of_its_row(cast: Cast) -> None:
    upload = read([newcomer(date_of_birth="31/02/2012", ministry_code="1000000060")], cast.thu)
    (row,) = judged(upload)
    assert row.verdict == "new"
    assert codes(row) == {"impossible_date"}
    imports.confirm(upload, by=cast.thu)
    dung = Person.get(Person.ministry_code == "1000000060")
    assert (dung.date_of_birth, dung.gender, dung.errors) == ("31/02/2012", "Nữ", 1)


def test_a_bad_cell_never_replaces_a_good_one(cast: Cast) -> None:
    upload = read(
        [line(school_class="5A", ministry_code="1000000001", identity_number="12345")], cast.thu
    )
    assert verdicts(upload) == ["conflict"]
    imports.confirm(upload, by=cast.thu)
    assert fresh(cast.an).identity_number == cast.an.identity_number


@pytest.mark.parametrize("number", ["10031200000.2", "1003120000,02", 10031200000.2])
def test_a_number_with_decimals_is_no_other_number(cast: Cast, number: object) -> None:
    rows = [line(school_class="5A", ministry_code="1000000001", identity_number=number)]
    upload = read(rows, cast.thu)
    assert "not_digits" in codes(judged(upload)[0])
    imports.confirm(upload, by=cast.thu)
    assert fresh(cast.an).identity_number == cast.an.identity_number


def test_a_lost_zero_comes_back_only_where_the_row_confirms_it(cast: Cast) -> None:
    rows = [
        newcomer(full_name="Bùi Thị Hạnh", identity_number=80312000012),
        newcomer(full_name="Bùi Văn Khoa", gender="Nam", identity_number=80312000013),
    ]
    sure, unsure = judged(read(rows, cast.thu))
    assert (sure.values["identity_number"], sure.repairs["identity_number"]) == (
        "080312000012",
        "80312000012",
    )
    assert unsure.values["identity_number"] == "80312000013"
    assert codes(unsure) == {"not_12_digits"}


def test_a_formula_without_result_is_a_bad_cell_not_an_empty_one(cast: Cast) -> None:
    upload = read([newcomer(address="=A1&B1")], cast.thu)
    (row,) = judged(upload)
    assert row.verdict == "new"
    assert codes(row) == {"formula"}
    assert "address" not in row.seen


def test_the_card_column_counts_where_the_identity_number_column_is_empty(cast: Cast) -> None:
    other = number_for(2012, "Nữ", 88)
    own = number_for(2012, "Nữ", 77)
    upload = read(
        [
            newcomer(card=own),
            newcomer(full_name="Bùi Thị Em", card=other, identity_number=None),
        ],
        cast.thu,
    )
    assert [row.values["identity_number"] for row in judged(upload)] == [own, other]
    assert "Cột “Số định danh cá nhân” trống ở 1 dòng: ở đó lấy theo cột “Số CCCD”." in upload.notes


def test_a_number_of_another_class_says_nothing_of_its_holder(cast: Cast) -> None:
    upload = read([newcomer(identity_number=cast.chi.identity_number)], cast.lan)
    (row,) = judged(upload)
    assert row.verdict == "new"
    assert codes(row) == {"duplicate"}
    assert not any(word in str(row.problems) for word in ("Chi", "5B"))


def test_one_number_twice_in_the_file_names_both_rows(cast: Cast) -> None:
    one, two = judged(read([newcomer(), newcomer(full_name="Bùi Thị Em")], cast.thu))
    assert "dòng 3" in str(one.problems)
    assert "dòng 2" in str(two.problems)


def test_two_numbers_swapped_in_the_file_are_put_right(cast: Cast) -> None:
    people.change(cast.binh, "gender", "Nữ", seen="Nam", by=cast.thu)
    people.change(cast.binh, "identity_number", number_for(2012, "Nữ", 9), seen="", by=cast.thu)
    mine, theirs = cast.an.identity_number, number_for(2012, "Nữ", 9)
    rows = [
        line(school_class="5A", ministry_code="1000000001", identity_number=theirs),
        line(school_class="5A", ministry_code="1000000002", identity_number=mine),
    ]
    imports.confirm(read(rows, cast.thu), by=cast.thu)
    assert (fresh(cast.an).number, fresh(cast.binh).number) == (theirs, mine)


def test_36_stands_for_nothing(cast: Cast) -> None:
    (row,) = judged(read([newcomer(identity_number="36", address="36")], cast.thu))
    assert "identity_number" not in row.values
    assert row.values["address"] == "36"
