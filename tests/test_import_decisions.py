"""What an import asks, what the user decides about it, the writing in the background, and taking it all back."""

import io
import json
import os
import stat
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules_of
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from playhouse.migrations import Runner

from idapp import exports, imports, jobs, notices, people, school
from idapp.database import _MIGRATIONS, connected, db, migrate, open_database
from idapp.imports import intake, uploads
from idapp.imports.import_context import _LEANS_ON
from idapp.imports.judging import judge
from idapp.models import Change, HeadingMeaning, Import, ImportRow, Person
from idapp.rules import record
from idapp.settings import Settings
from tests.cast import HOME, Cast, number_for
from tests.excel_rules import faults
from tests.statements import counted
from tests.test_imports import (
    PROFILE,
    SAMPLES,
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
    older = [
        newcomer(full_name=f"Bùi Thị {n}", date_of_birth="17/09/2011", identity_number=None)
        for n in names
    ]
    assert "level" in [q["kind"] for q in asked(cast, book(high)).questions]
    assert [q["kind"] for q in asked(cast, book(older)).questions] == ["year"]
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


# in the background


def test_what_is_asked_for_twice_is_written_once_and_a_crash_leaves_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = read(
        [newcomer(), line(school_class="5A", ministry_code="1000000002", address="Ấp 3")], cast.thu
    )
    assert imports.queue(upload, by=cast.thu)
    assert not imports.queue(upload, by=cast.thu)
    with monkeypatch.context() as patched:
        patched.setattr(
            people, "add_many", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):  # the worker is killed
            imports.write(upload.id)
    assert Import.get_by_id(upload.id).state == "writing"
    assert fresh(cast.binh).address == ""
    assert imports.overdue() == [upload.id]
    jobs.go_on_with_import(upload.id)
    jobs.go_on_with_import(upload.id)
    upload = Import.get_by_id(upload.id)
    assert (upload.state, imports.applied(upload)) == ("confirmed", {"created": 1, "changed": 1})
    assert Person.select().where(Person.full_name == "Bùi Thị Dung").count() == 1
    assert imports.overdue() == []


def test_a_fault_puts_the_file_back_and_says_so(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = read([newcomer()], cast.thu)
    imports.queue(upload, by=cast.thu)
    monkeypatch.setattr(people, "add_many", lambda *a, **k: 1 / 0)
    imports.write(upload.id)
    upload = Import.get_by_id(upload.id)
    assert upload.state == "checked"
    assert "chưa có gì được ghi" in upload.sentence


def test_after_three_crashes_it_stops(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = read([newcomer()], cast.thu)
    imports.queue(upload, by=cast.thu)
    monkeypatch.setattr(
        people, "add_many", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            imports.write(upload.id)
    imports.write(upload.id)
    assert Import.get_by_id(upload.id).state == "checked"


def large(cast: Cast, monkeypatch: pytest.MonkeyPatch, data: bytes) -> Import:
    """Sent from the browser, and too long for the page to wait."""
    monkeypatch.setattr(intake, "LARGE_BYTES", 100)
    upload = asked(cast, data)
    assert (upload.state, ImportRow.select().count()) == ("reading", 0)
    assert imports.overdue() == []
    return upload


def test_a_large_file_is_read_by_the_worker_once(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = large(cast, monkeypatch, book([newcomer()]))
    with monkeypatch.context() as patched:
        patched.setattr(intake, "judge", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):  # the worker is killed
            jobs.go_on_with_import(upload.id)
    assert imports.overdue() == [upload.id]
    jobs.go_on_with_import(upload.id)
    jobs.go_on_with_import(upload.id)
    upload = Import.get_by_id(upload.id)
    assert (upload.state, verdicts(upload), imports.overdue()) == ("checked", ["new"], [])
    assert list((settings.data / "uploads").iterdir()) == []


def test_a_large_file_asks_too_and_is_read_on_after_the_answer(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = large(cast, monkeypatch, book([CHILD], OWN_WORDS))
    imports.go_on(upload.id)
    upload = Import.get_by_id(upload.id)
    assert upload.state == "asking"
    keys = {c["key"]: c["guess"] for c in upload.questions[0]["columns"]}
    assert imports.answer(upload, columns=keys, anyway=(), by=cast.thu).state == "reading"
    imports.go_on(upload.id)
    assert Import.get_by_id(upload.id).state == "checked"


def test_a_large_file_that_cannot_be_read_says_why_and_goes(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = large(cast, monkeypatch, book([["1", "2"]], ("Món ăn", "Giá")))
    imports.go_on(upload.id)
    upload = Import.get_by_id(upload.id)
    assert upload.state == "dropped"
    assert "không có cột Họ tên" in upload.sentence
    assert list((settings.data / "uploads").iterdir()) == []


def test_a_large_file_dropped_meanwhile_stays_dropped(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = large(cast, monkeypatch, book([newcomer()]))

    def drops_first(*said: Any) -> Any:
        imports.drop(upload, by=cast.thu)
        return judge(*said)

    monkeypatch.setattr(intake, "judge", drops_first)
    imports.go_on(upload.id)
    assert (Import.get_by_id(upload.id).state, ImportRow.select().count()) == ("dropped", 0)


# taking it back


def test_a_whole_file_is_taken_back_and_can_come_again(cast: Cast) -> None:
    rows = [newcomer(), line(school_class="5B", ministry_code="1000000002", address="Ấp 3")]
    upload = read(rows, cast.thu)
    imports.confirm(upload, by=cast.thu)
    assert fresh(cast.binh).school_class == cast.class_5b
    imports.undo(Import.get_by_id(upload.id), by=cast.thu)
    upload, binh = Import.get_by_id(upload.id), fresh(cast.binh)
    assert upload.state == "undone"
    assert "1 hồ sơ mới" in upload.sentence
    assert (binh.address, binh.school_class) == ("", cast.class_5a)
    assert not Person.get(Person.full_name == "Bùi Thị Dung").active
    with pytest.raises(imports.NotUndone):
        imports.undo(upload, by=cast.thu)
    again = read(rows, cast.thu)
    imports.confirm(again, by=cast.thu)
    assert Person.select().where(Person.full_name == "Bùi Thị Dung").count() == 1
    assert Person.get(Person.full_name == "Bùi Thị Dung").active
    assert fresh(cast.binh).address == "Ấp 3"


def test_what_somebody_edited_since_stays_and_is_told(cast: Cast) -> None:
    upload = read(
        [line(school_class="5A", ministry_code="1000000002", address="Ấp 3", gender="Nữ")], cast.thu
    )
    imports.confirm(upload, by=cast.thu)
    people.change(cast.binh, "address", "Ấp 9", seen="Ấp 3", by=cast.lan)
    imports.undo(Import.get_by_id(upload.id), by=cast.thu)
    binh = fresh(cast.binh)
    assert (binh.address, binh.gender) == ("Ấp 9", "Nam")
    assert "Trần Văn Bình (Tổ/Thôn/Xóm)" in Import.get_by_id(upload.id).sentence
    assert Change.select().where(Change.event == "import.undone").count() == 1


def applied(upload: Import) -> dict[str, str]:
    return {row.values["full_name"]: row.applied for row in judged(upload)}


def test_a_notice_the_system_opened_by_itself_keeps_nobody(cast: Cast) -> None:
    names = ("Bùi Thị Dung", "Bùi Thị Em")
    upload = read([newcomer(full_name=name, identity_number=None) for name in names], cast.thu)
    imports.confirm(upload, by=cast.thu)
    dung, em = (Person.get(Person.full_name == name) for name in names)
    notices.sync_cases()  # the worker, a second later
    assert notices.open_case(dung)
    assert notices.open_case(em)
    notices.set_progress(em, "asked", by=cast.lan)
    imports.undo(Import.get_by_id(upload.id), by=cast.thu)
    assert not fresh(dung).active
    assert fresh(em).active
    upload = Import.get_by_id(upload.id)
    assert "1 hồ sơ mới" in upload.sentence
    assert "Bùi Thị Em" in upload.sentence
    assert applied(upload) == {"Bùi Thị Dung": "created", "Bùi Thị Em": "created_kept"}


def test_a_file_of_which_nothing_goes_back_is_not_called_undone(cast: Cast) -> None:
    upload = read([newcomer(identity_number=None)], cast.thu)
    imports.confirm(upload, by=cast.thu)
    people.change(
        Person.get(Person.full_name == "Bùi Thị Dung"), "address", "Ấp 9", seen="", by=cast.lan
    )
    with pytest.raises(imports.NotUndone, match="Bùi Thị Dung"):
        imports.undo(Import.get_by_id(upload.id), by=cast.thu)
    assert Import.get_by_id(upload.id).state == "confirmed"
    assert not Change.select().where(Change.event == "import.undone").exists()


def test_a_row_of_which_some_cells_stayed_says_so(cast: Cast) -> None:
    upload = read(
        [line(school_class="5A", ministry_code="1000000002", address="Ấp 3", gender="Nữ")], cast.thu
    )
    imports.confirm(upload, by=cast.thu)
    people.change(cast.binh, "address", "Ấp 9", seen="Ấp 3", by=cast.lan)
    imports.undo(Import.get_by_id(upload.id), by=cast.thu)
    assert [row.applied for row in judged(upload)] == ["changed_part"]


# the workbook of errors, and what is told of a file


def two_sheets() -> bytes:
    file = Workbook()
    file.active.title = "5A"
    file.create_sheet("Lớp 5B")
    for name in ("5A", "Lớp 5B"):
        file[name].append(
            ["STT", "Họ tên", "Ghi chú của cô", "Ngày sinh", "Giới tính", "Số định danh cá nhân"]
        )
    file["5A"].append(
        ["1", "Bùi Thị Dung", "hay ốm", "31/02/2012", "Nữ", number_for(2012, "Nữ", 77)]
    )
    file["5A"].append(["2", "Bùi Thị Em", "", "17/09/2012", "Nữ", number_for(2012, "Nữ", 78)])
    file["Lớp 5B"].append(["1", "Bùi Văn Khoa", "ngồi bàn đầu", "17/09/2012", "Nam", "12345"])
    file["Lớp 5B"].append(["2", "Bùi Thị Hoa", "", "17/09/2012", "Nữ", number_for(2012, "Nữ", 78)])
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def test_rows_of_several_sheets_are_named_with_their_sheet(cast: Cast) -> None:
    upload = asked(cast, two_sheets())
    rows = judged(upload)
    assert [(r.sheet, r.row, r.class_name) for r in rows[:3]] == [
        ("5A", 2, "5A"),
        ("5A", 3, "5A"),
        ("Lớp 5B", 2, "5B"),
    ]
    assert "dòng 3 của sheet “Lớp 5B”" in str(rows[1].problems)
    assert imports.totals_of(upload).views["twice"] == 2


def test_the_workbook_of_errors_has_the_users_own_shape_and_finishes_the_job(cast: Cast) -> None:
    upload = asked(cast, two_sheets())
    imports.confirm(upload, by=cast.thu)
    file = load_workbook(io.BytesIO(imports.errors_workbook(upload)))
    assert file.sheetnames == ["5A", "Lớp 5B"]
    one, other = file.worksheets
    heading = ["STT", "Họ tên", "Ghi chú của cô", "Ngày sinh", "Giới tính", "Số định danh cá nhân"]
    assert [c.value for c in one[1]] == ["Cần sửa", "Dòng trong tệp", *heading, "Lớp"]
    assert [c.value for c in one[2]][1:6] == ["2", "1", "Bùi Thị Dung", None, "31/02/2012"]
    assert one.max_row + other.max_row - 2 == imports.totals_of(upload).views["errors"] == 4
    assert "Không có ngày 31/02/2012" in one["F2"].comment.text
    assert "Đã đọc: 31/02/2012" in one["F2"].comment.text
    one["F2"], one["H3"] = "28/02/2012", number_for(2012, "Nữ", 79)
    other["H2"] = number_for(2012, "Nam", 80)
    out = io.BytesIO()
    file.save(out)
    mended = asked(cast, out.getvalue())
    assert mended.unknown_headings == ["Ghi chú của cô"]
    assert imports.totals_of(mended).views["errors"] == 0
    imports.confirm(mended, by=cast.thu)
    born = {p.full_name: (p.date_of_birth, p.identity_number) for p in Person.select()}
    assert born["Bùi Thị Dung"] == ("28/02/2012", number_for(2012, "Nữ", 77))
    assert (
        born["Bùi Thị Em"][1][-2:] + born["Bùi Văn Khoa"][1][-2:] + born["Bùi Thị Hoa"][1][-2:]
        == "798078"
    )


def test_two_columns_of_one_name_that_differ_are_asked_about(cast: Cast) -> None:
    heading = ("Lớp", "Họ tên", "Ngày sinh", "Giới tính", "Ngày sinh")
    rows = [["5A", "Bùi Thị Dung", "17/09/2012", "Nữ", "18/09/2012"]]
    upload = asked(cast, book(rows, heading))
    (question,) = upload.questions
    assert "2 cột “Ngày sinh” (C, E)" in question["sentence"]
    (shown,) = imports.questions_of(upload)
    assert [column["samples"] for column in shown["columns"]] == [["17/09/2012"], ["18/09/2012"]]
    first, second = (column["key"] for column in question["columns"])
    imports.answer(upload, columns={first: "", second: "date_of_birth"}, anyway=(), by=cast.thu)
    assert [row.values["date_of_birth"] for row in judged(upload)] == ["18/09/2012"]
    assert HeadingMeaning.select().count() == 0, (
        "what is said of one column is true of no other file"
    )


@pytest.mark.parametrize(
    ("first", "second", "guesses"),
    [
        ("", CHILD[-1], ["", "identity_number"]),
        (MOTHERS, CHILD[-1], ["", "identity_number"]),
        (CHILD[-1], MOTHERS, ["identity_number", ""]),
        (MOTHERS, MOTHERS[:-1] + "9", ["", ""]),
        ("", MOTHERS, ["identity_number", ""]),
    ],
)
def test_of_two_columns_of_numbers_the_one_of_the_birth_years_is_proposed(
    cast: Cast, first: str, second: str, guesses: list[str]
) -> None:
    heading = ("Lớp", "Họ tên", "Ngày sinh", "Số CCCD", "Dân tộc", "Số CCCD")
    rows = [["5A", "Bùi Thị Dung", "17/09/2012", first, "Kinh", second]]
    (question,) = asked(cast, book(rows, heading)).questions
    assert [column["guess"] for column in question["columns"]] == guesses


@pytest.mark.parametrize("heading", ["Số thẻ BHYT", "Mã số BHXH", "Số CCCD mẹ", "Bảo hiểm"])
@pytest.mark.parametrize("every", [False, True])
def test_another_ones_number_is_not_even_proposed(cast: Cast, heading: str, *, every: bool) -> None:
    headings = ("Lớp", "Họ tên", "Ngày sinh", "Giới tính", heading, "Nhóm máu")
    data = book([["5A", "Bùi Thị Dung", "17/09/2012", "Nữ", CHILD[-1], "O"]], headings)
    stream = io.BytesIO(data)
    upload = imports.read_stream(stream, "tep.xlsx", by=cast.thu, every_column=every)
    shown = [column["heading"] for question in upload.questions for column in question["columns"]]
    assert shown == (["Nhóm máu"] if every else [])


def test_two_columns_of_one_name_that_say_the_same_are_no_question(cast: Cast) -> None:
    heading = ("Lớp", "Họ tên", "Ngày sinh", "Giới tính", "Ngày sinh")
    upload = asked(cast, book([["5A", "Bùi Thị Dung", "17/09/2012", "Nữ", "17/09/2012"]], heading))
    assert upload.state == "checked"


def test_without_anybody_to_answer_two_columns_of_one_name_refuse_the_file(cast: Cast) -> None:
    heading = ("Lớp", "Họ tên", "Số CCCD", "Số CCCD")
    with pytest.raises(imports.FileRefused, match=r"2 cột “Số CCCD” \(C, D\)"):
        read([["5A", "Bùi Thị Dung", "", CHILD[-1]]], cast.thu, heading)


def test_a_hidden_row_is_told(cast: Cast) -> None:
    file = load_workbook(
        io.BytesIO(book([newcomer(), newcomer(full_name="Bùi Thị Em", identity_number=None)]))
    )
    file.active.row_dimensions[3].hidden = True
    out = io.BytesIO()
    file.save(out)
    upload = imports.read_bytes(out.getvalue(), "a.xlsx", by=cast.thu)
    assert imports.totals_of(upload).views["hidden"] == 1
    assert "hidden_row" in codes(judged(upload)[1])


def test_the_staff_export_of_the_ministry(cast: Cast) -> None:
    upload = imports.read_file(
        SAMPLES / "can-bo.xlsx", "can-bo.xlsx", by=cast.thu, anyway=["school"]
    )
    told = imports.totals_of(upload)
    assert (upload.shape, told.counts["new"], told.aside) == ("staff", 5, {"left": 1})
    imports.confirm(upload, by=cast.thu)
    luc = Person.get(Person.full_name == "Phạm Văn Lực")
    assert (luc.kind, luc.position, luc.identity_number) == (
        "staff",
        "Giáo viên",
        "100760104",
    )  # the old card comes in with its error
    assert Person.get(Person.full_name == "Trần Quốc Khải").identity_number == "100085000102"
    again = imports.read_file(
        SAMPLES / "can-bo.xlsx", "can-bo.xlsx", by=cast.thu, anyway=["school"]
    )
    assert imports.totals_of(again).to_write == 0


# whatever the file


CELL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.times(),
    st.text(max_size=12),
    st.sampled_from(
        [
            "=1+1",
            "=A1",
            "#N/A",
            "xoá",
            "36",
            "5A",
            "Nam",
            "17/09/2012",
            "100312000077",
            "Lớp: 5A",
            "STT",
        ]
    ),
)
HEADINGS = st.sampled_from([*PROFILE, "Ghi chú", "", "Phiên bản idapp", "Mã hồ sơ idapp", "Cột lạ"])


@rules_of(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    heading=st.lists(HEADINGS, min_size=2, max_size=8),
    rows=st.lists(st.lists(CELL, max_size=8), max_size=6),
)
def test_any_workbook_ends_in_a_classified_result_and_twice_changes_nothing(
    cast: Cast, heading: list[str], rows: list[list[object]]
) -> None:
    def attempt() -> Import | None:
        try:
            return asked(cast, data)
        except imports.FileRefused as refused:
            assert len(refused.message) > 20
            return None

    file = Workbook()
    for row in [heading, *rows]:
        file.active.append(
            [str(v)[:0] if isinstance(v, str) and _unwritable(v) else v for v in row]
        )
    out = io.BytesIO()
    file.save(out)
    data = out.getvalue()
    with db.atomic() as undone:
        upload = attempt()
        if upload is not None and upload.state == "checked":
            told = imports.totals_of(upload)
            assert sum(told.counts.values()) == len(judged(upload))
            assert faults(imports.errors_workbook(upload)) == []
            outcome = imports.confirm(upload, by=cast.thu)
            assert sum(outcome.values()) == len(judged(upload))
            assert not outcome.get("stale")
            again = attempt()
            assert again is not None
            assert imports.totals_of(again).to_write == 0
        undone.rollback()


def _unwritable(text: str) -> bool:
    return any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 or c in "\ufffe\uffff" for c in text)


@rules_of(max_examples=60, deadline=None)
@given(
    name=st.sampled_from([f.name for f in record.FIELDS]),
    text=st.text(max_size=20)
    | st.sampled_from(["Tỉnh Long An", "Thủ Thừa", "Mỹ An", "100312000077", "B1234567"]),
    others=st.dictionaries(
        st.sampled_from([f.name for f in record.FIELDS]), st.sampled_from(["", "Lào", "5", "Nam"])
    ),
)
def test_a_text_is_read_by_no_other_fields_than_an_import_thinks(
    name: str, text: str, others: dict[str, str]
) -> None:
    """An import keeps what ``normalise`` answered, under the fields it is said to lean on."""
    around = record.RecordContext(today=date(2022, 10, 16))
    leaning = {field: others.get(field, "") for field in _LEANS_ON.get(name, ())}
    assert record.normalise(name, text, others, around) == record.normalise(
        name, text, leaning, around
    )


def test_nothing_of_an_upload_is_left_in_the_data_folder(cast: Cast, settings: Settings) -> None:
    upload = asked(cast, book([newcomer(**HOME)]))
    imports.confirm(upload, by=cast.thu)
    assert list(Path(settings.data, "uploads").glob("*")) == []


def test_imports_of_the_first_schema_are_carried_over(tmp_path: Path, settings: Settings) -> None:
    """A file that was checked before the update can be looked at, mended and written after it."""
    open_database(settings)
    with connected():
        runner = Runner(db.obj, str(_MIGRATIONS))
        runner.up("0001_first_schema")
        db.execute_sql(
            "INSERT INTO user (id, username, full_name, role, password_hash, must_change_password, disabled,"
            " created_at) VALUES (1, 'thu', 'Thư', 'clerk', 'x', 0, 0, '2022-10-01')"
        )
        db.execute_sql(
            "INSERT INTO import (id, file_name, sha256, user_id, created_at, state, shape, skipped, unknown_headings,"
            " step) VALUES (1, 'a.xlsx', 'x', 1, '2022-10-01', 'checked', 'profile', '{}', '[]', '')"
        )
        row = (
            'INSERT INTO import_row (upload_id, row, verdict, class_name, "values", seen, repairs, problems, applied)'
            " VALUES (1, ?, ?, '5A', ?, ?, '{}', ?, '')"
        )
        bad = '[{"field":"date_of_birth","code":"x","message":"m","suggestion":"","level":"error"}]'
        db.execute_sql(
            row, (1, "heading", '{"full_name":"Họ tên","date_of_birth":"Ngày sinh"}', "{}", "[]")
        )
        db.execute_sql(
            row,
            (2, "new", '{"full_name":"A","date_of_birth":"31/02/2012"}', '{"full_name":""}', bad),
        )
        migrate()
        upload = Import.get()
        assert upload.tables[0]["columns"] == {"full_name": 0, "date_of_birth": 1}
        told = imports.totals_of(upload)
        assert (told.counts["new"], told.views["errors"], told.to_write) == (1, 1, 1)
        assert upload.counts == {"full_name": [1, 0, 0], "date_of_birth": [0, 0, 1]}
        sheet = load_workbook(io.BytesIO(imports.errors_workbook(upload))).active
        assert [c.value for c in sheet[2]][2:4] == ["A", "31/02/2012"]


def test_decisions_of_the_version_before_get_a_column_of_their_own(settings: Settings) -> None:
    choice = {"field": "commune", "code": "worse", "message": "m", "level": "choice", "take": True}
    error = {"field": "commune", "code": "x", "message": "m", "suggestion": "", "level": "error"}
    problems = json.dumps([error, choice])
    address = json.dumps({"key": "k", "open": {"problems": [error, choice]}})
    open_database(settings)
    with connected():
        Runner(db.obj, str(_MIGRATIONS)).up("0017_field_words")
        db.execute_sql(
            "INSERT INTO user (id, username, full_name, role, password_hash, must_change_password, disabled,"
            " created_at) VALUES (1, 'thu', 'Thư', 'clerk', 'x', 0, 0, '2022-10-01')"
        )
        db.execute_sql(
            "INSERT INTO import (id, file_name, sha256, user_id, created_at, state, shape, skipped, unknown_headings,"
            " changeset) VALUES (1, 'a.xlsx', 'x', 1, '2022-10-01', 'checked', 'profile', '{}', '[]', '')"
        )
        db.execute_sql(
            'INSERT INTO import_row (upload_id, row, verdict, class_name, "values", seen, repairs, problems, applied,'
            " address, marks) VALUES (1, 2, 'conflict', '5A', '{}', '{}', '{}', ?, '', ?, ' errors undecided ')",
            (problems, address),
        )
        migrate()
        row = ImportRow.get()
    made = {"code": "worse", "message": "m", "take": True}
    assert (row.problems, row.choices) == ([error], {"commune": made})
    assert row.address["open"] == {"problems": [error], "choices": {"commune": made}}
    assert row.marks == ["errors", "undecided"]


# what is odd, and told before it is written


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
    school.assign_teacher(made, cast.minh, by=cast.thu)
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
