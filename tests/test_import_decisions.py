"""What an import asks, what the user decides about it, the writing in the background, and taking it all back."""

import io
import os
import stat

import pytest
from openpyxl import Workbook, load_workbook

from idapp import exports, imports, people, school
from idapp.imports import uploads
from idapp.models import HeadingMeaning, Import, ImportRow, Person
from idapp.settings import Settings
from tests.cast import Cast, number_for
from tests.test_imports import (
    PROFILE,
    book,
    fresh,
    judged,
    line,
    newcomer,
    read,
    verdicts,
)

pytestmark = pytest.mark.usefixtures("few_places")
OWN_WORDS = ("TT", "Lớp", "Cháu", "Ra đời", "Trai gái", "Mã trên giấy báo")
MOTHERS = "100188000202"
CHILD = ["1", "5A", "Bùi Thị Dung", "17/09/2012", "Nữ", number_for(2012, "Nữ", 77)]


def asked(cast: Cast, data: bytes) -> Import:
    return imports.read_stream(io.BytesIO(data), "tep.xlsx", by=cast.thu)


def columns_of(upload: Import) -> dict[str, str]:
    """{heading: what is proposed}"""
    (question,) = (q for q in upload.questions if q["kind"] == "columns")
    return {c["heading"]: c["guess"] for c in question["columns"]}


def titled(title: str) -> bytes:
    file = Workbook()
    for row in ([title], [], list(PROFILE), newcomer()):
        file.active.append(row)
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


# headings nobody recognises


def test_unknown_headings_are_asked_about_with_proposals_and_then_remembered(
    cast: Cast, settings: Settings
) -> None:
    upload = asked(cast, book([CHILD], OWN_WORDS))
    assert (upload.state, ImportRow.select().count()) == ("asking", 0)
    proposed = columns_of(upload)
    assert proposed == {
        "Cháu": "full_name",
        "Ra đời": "date_of_birth",
        "Trai gái": "gender",
        "Mã trên giấy báo": "identity_number",
    }
    (kept,) = (settings.data / "uploads").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    keys = {c["key"]: c["guess"] for c in upload.questions[0]["columns"]}
    imports.answer(upload, columns=keys, anyway=(), by=cast.thu)
    assert upload.state == "checked"
    assert verdicts(upload) == ["new"]
    assert not kept.exists()
    imports.confirm(upload, by=cast.thu)
    assert Person.get(Person.full_name == "Bùi Thị Dung").identity_number == CHILD[-1]
    again = asked(cast, book([[*CHILD[:2], "Bùi Thị Em", *CHILD[3:5], ""]], OWN_WORDS))
    assert again.state == "checked"
    assert verdicts(again) == ["new"]
    teachers = imports.read_stream(io.BytesIO(book([CHILD], OWN_WORDS)), "tep.xlsx", by=cast.lan)
    assert teachers.state == "checked"  # what the office explained holds for everybody


def test_a_teachers_explanation_is_the_teachers_own_and_can_be_taken_back(cast: Cast) -> None:
    upload = imports.read_stream(io.BytesIO(book([CHILD], OWN_WORDS)), "tep.xlsx", by=cast.lan)
    keys = {c["key"]: c["guess"] for c in upload.questions[0]["columns"]}
    imports.answer(upload, columns=keys, anyway=(), by=cast.lan)
    assert asked(cast, book([CHILD], OWN_WORDS)).state == "asking"
    meaning = HeadingMeaning.get(HeadingMeaning.field == "full_name")
    assert not imports.forget(meaning.id, by=cast.minh)
    assert imports.forget(meaning.id, by=cast.lan)
    again = imports.read_stream(io.BytesIO(book([CHILD], OWN_WORDS)), "tep.xlsx", by=cast.lan)
    assert columns_of(again) == {"Cháu": "full_name"}


def test_only_a_needed_column_is_asked_about(cast: Cast) -> None:
    heading = ("Lớp", "Họ tên", "Ngày sinh", "Giới tính", "Bán trú", "Số trên thẻ")
    told = asked(
        cast, book([["5A", "Bùi Thị Dung", "17/09/2012", "Nữ", "bán trú", CHILD[-1]]], heading)
    )
    assert columns_of(told) == {"Bán trú": "", "Số trên thẻ": "identity_number"}
    without = asked(
        cast, book([["5A", "Bùi Thị Dung", "17/09/2012", "Nữ", "bán trú"]], heading[:5])
    )
    assert without.state == "checked"
    assert without.unknown_headings == ["Bán trú"]


def test_columns_that_do_not_help_leave_the_question_open(cast: Cast) -> None:
    upload = asked(cast, book([CHILD], OWN_WORDS))
    with pytest.raises(imports.FileRefused, match="Họ tên"):
        imports.answer(
            upload,
            columns={c["key"]: "" for c in upload.questions[0]["columns"]},
            anyway=(),
            by=cast.thu,
        )


def test_a_name_in_two_columns_is_joined_after_asking_too(cast: Cast) -> None:
    heading = ("Lớp", "Họ trong sổ", "Tên gọi", "Ngày sinh", "Giới tính")
    upload = asked(cast, book([["5A", "Bùi Thị", "Dung", "17/09/2012", "Nữ"]], heading))
    said = {"ho trong so": "family_name", "ten goi": "given_name"}
    imports.answer(upload, columns=said, anyway=(), by=cast.thu)
    assert [row.values["full_name"] for row in judged(upload)] == ["Bùi Thị Dung"]
    assert imports.review(upload, by=cast.thu).columns[0].heading == "Họ trong sổ + Tên gọi"


def test_both_columns_of_a_name_come_back_in_the_workbook_of_errors(cast: Cast) -> None:
    heading = ("Lớp", "Họ và tên", "", "Ngày sinh", "Giới tính")
    upload = read([["5A", "Bùi Thị", "Dung", "31/02/2012", "Nữ", "hay ốm"]], cast.thu, heading)
    assert upload.unknown_headings == ["cột F (không có tiêu đề)"]
    file = load_workbook(io.BytesIO(imports.errors_workbook(upload)))
    assert [c.value for c in file.worksheets[0][2]][2:] == [
        "5A",
        "Bùi Thị",
        "Dung",
        "31/02/2012",
        "Nữ",
    ]  # and nothing of what was in the column that nobody asked for
    file.worksheets[0]["F2"] = "28/02/2012"
    out = io.BytesIO()
    file.save(out)
    (row,) = judged(asked(cast, out.getvalue()))
    assert (row.verdict, row.values["full_name"], row.values["date_of_birth"]) == (
        "new",
        "Bùi Thị Dung",
        "28/02/2012",
    )


# another school, year, level


@pytest.mark.parametrize(
    ("title", "kinds"),
    [
        ("TRƯỜNG TIỂU HỌC AN LẠC", ["school"]),
        ("TRƯỜNG TH THỬ NGHIỆM - NĂM HỌC 2021-2022", ["year"]),
        ("Trường tiểu học Thử Nghiệm, năm học 2022 - 2023", []),
        ("DANH SÁCH HỌC SINH", []),
    ],
)
def test_another_school_or_year_stops_with_a_choice(
    cast: Cast, title: str, kinds: list[str]
) -> None:
    data = titled(title)
    upload = asked(cast, data)
    assert [q["kind"] for q in upload.questions] == kinds
    if kinds:
        with pytest.raises(imports.FileRefused):  # nobody there to answer: the command line
            imports.read_bytes(data, "tep.xlsx", by=cast.thu)
        imports.answer(upload, columns={}, anyway=kinds, by=cast.thu)
    assert (upload.state, verdicts(upload)) == ("checked", ["new"])


def test_an_export_of_last_year_is_asked_about_not_lost(cast: Cast) -> None:
    data = exports.class_workbook(cast.class_5a, by=cast.lan)
    school.the_school().__class__.update(school_year=2023, name="Trường TH Khác").execute()
    upload = asked(cast, data)
    assert {q["kind"] for q in upload.questions} == {"school", "year"}


def test_classes_of_another_level_and_pupils_of_another_age_are_noticed(cast: Cast) -> None:
    names = ["An", "Bình", "Chi", "Dung", "Em", "Giang", "Hạnh", "Khoa", "Lan", "My"]
    high = [
        newcomer(school_class="10A1", full_name=f"Bùi Thị {name}", identity_number=None)
        for name in names
    ]
    older, younger = (
        [
            newcomer(full_name=f"Bùi Thị {n}", date_of_birth=f"17/09/{year}", identity_number=None)
            for n in names
        ]
        for year in (2011, 2014)
    )
    assert "level" in [q["kind"] for q in asked(cast, book(high)).questions]
    for rows, age in ((older, "lớn hơn tuổi {} 1 năm"), (younger, "nhỏ hơn tuổi {} 2 năm")):
        [question] = asked(cast, book(rows)).questions
        assert question["kind"] == "year"
        assert age.format("thường của khối khoảng") in question["sentence"]
    assert asked(cast, book(older[:9])).state == "checked"  # too few to tell


def test_a_file_that_waits_for_an_answer_goes_when_dropped_or_old(
    cast: Cast, settings: Settings
) -> None:
    upload = asked(cast, titled("TRƯỜNG TIỂU HỌC AN LẠC"))
    imports.drop(upload, by=cast.thu)
    assert not list((settings.data / "uploads").iterdir())
    other = asked(cast, titled("TRƯỜNG TIỂU HỌC AN LẠC"))
    (kept,) = (settings.data / "uploads").iterdir()
    os.utime(kept, (0, 0))
    uploads.forget_old()
    with pytest.raises(imports.FileRefused, match="tải tệp lên lại"):
        imports.answer(other, columns={}, anyway=["school"], by=cast.thu)


# what is decided on the check page


def test_a_column_is_left_out_and_taken_back(cast: Cast) -> None:
    upload = read([newcomer(), newcomer(full_name="Bùi Thị Em", identity_number=None)], cast.thu)
    imports.leave_out_columns(upload, ["father_name", "province", "nonsense"])
    assert upload.left_out == ["province"]  # the file has no father, and nonsense is no column
    before = imports.totals_of(upload).cells
    imports.leave_out_columns(upload, [])
    assert imports.totals_of(upload).cells == before + 2
    imports.leave_out_columns(upload, ["province"])
    imports.confirm(upload, by=cast.thu)
    dung = Person.get(Person.full_name == "Bùi Thị Dung")
    assert (dung.province, dung.district) == ("", "Huyện Thủ Thừa")


def test_only_what_was_brought_into_form_is_left_out_of_a_column(cast: Cast) -> None:
    upload = read(
        [newcomer(gender="NU"), newcomer(full_name="Bùi Thị Em", identity_number=None)], cast.thu
    )
    imports.leave_out_columns(upload, ["gender:repaired"])
    imports.confirm(upload, by=cast.thu)
    assert [Person.get(Person.full_name == n).gender for n in ("Bùi Thị Dung", "Bùi Thị Em")] == [
        "",
        "Nữ",
    ]


def test_without_the_column_of_names_nobody_new_is_written(cast: Cast) -> None:
    upload = read(
        [newcomer(), line(school_class="5A", ministry_code="1000000002", address="Ấp 3")], cast.thu
    )
    imports.leave_out_columns(upload, ["full_name"])
    assert imports.totals_of(upload).to_write == 1
    assert imports.confirm(upload, by=cast.thu) == {"left_out": 1, "changed": 1}


def test_a_whole_list_is_left_out_at_once(cast: Cast) -> None:
    upload = read(
        [newcomer(), line(school_class="5A", ministry_code="1000000002", address="Ấp 3")], cast.thu
    )
    assert imports.decide_all(upload, "new", take=False) == 1
    assert imports.totals_of(upload).to_write == 1
    assert imports.decide_all(upload, "new", take=True) == 1
    assert imports.totals_of(upload).to_write == 2


def test_all_conflicts_are_decided_at_once(cast: Cast) -> None:
    data = edited(cast, {"Nguyễn Thị An": "Ấp 1", "Trần Văn Bình": "Ấp 1"})
    for person in (cast.an, cast.binh):
        people.change(person, "address", "Ấp 2", seen="", by=cast.thu)
    upload = imports.read_bytes(data, "5a.xlsx", by=cast.lan)
    assert imports.totals_of(upload).counts["conflict"] == 2
    assert imports.totals_of(upload).to_write == 0
    imports.decide_all(upload, "conflict", take=True)
    assert imports.confirm(upload, by=cast.lan) == {"changed": 2}
    assert {fresh(cast.an).address, fresh(cast.binh).address} == {"Ấp 1"}


def edited(cast: Cast, addresses: dict[str, str], form: str = "") -> bytes:
    """5A as exported, with addresses (in the form: names of the father) written into it."""
    file = load_workbook(io.BytesIO(exports.class_workbook(cast.class_5a, by=cast.lan, form=form)))
    sheet = file.worksheets[0]
    label = "Họ tên cha" if form else "Tổ/Thôn/Xóm"
    heading = next(row for row in sheet.iter_rows() if any(c.value == label for c in row))
    at = {c.value: c.column for c in heading}
    name = at["Họ tên" if form else "Họ và tên"]
    for row in sheet.iter_rows(min_row=heading[0].row + 1):
        if row[name - 1].value in addresses:
            sheet.cell(row[0].row, at[label], addresses[row[name - 1].value])
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def test_the_ministrys_form_carries_versions_too(cast: Cast) -> None:
    data = edited(cast, {"Nguyễn Thị An": "Nguyễn Văn Một"}, form="416")
    people.change(cast.an, "father_name", "Nguyễn Văn Hai", seen="", by=cast.thu)
    upload = imports.read_bytes(data, "5a.xlsx", by=cast.lan)
    assert imports.totals_of(upload).counts["conflict"] == 1


def test_all_or_nothing_writes_nothing_while_a_cell_is_wrong(cast: Cast) -> None:
    wrong = newcomer(full_name="Bùi Thị Em", date_of_birth="31/02/2012", identity_number=None)
    upload = read([newcomer(), wrong], cast.thu)
    imports.set_all_or_nothing(upload, True)
    imports.confirm(upload, by=cast.thu)
    upload = Import.get_by_id(upload.id)
    assert upload.state == "checked"
    assert "1 dòng có ô lỗi" in upload.sentence
    assert not Person.select().where(Person.full_name.startswith("Bùi")).exists()
    assert {row.applied for row in judged(upload)} == {""}
    imports.set_all_or_nothing(upload, False)
    assert imports.confirm(upload, by=cast.thu)["created"] == 2
    assert Import.get_by_id(upload.id).sentence == ""
