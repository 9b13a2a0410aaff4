"""People of another nationality: a state of their own, in no percentage and no batch, named in the report."""

import io
import json
from datetime import date
from importlib import import_module

import openpyxl
import pytest

from idapp import database, imports, notices, people, progress, verification
from idapp.database import db
from idapp.models import Change, Explanation, PaperCase, Person, SchoolFigures
from idapp.notices import explanations
from idapp.people import undoing
from idapp.progress import report, schools
from idapp.progress.board import ProgressRow, with_foreigners_apart
from idapp.rules.problem import Problem
from idapp.verification.preflight import excluded_people
from tests.cast import Cast, pupil
from tests.test_imports import read
from tests.test_notices import answered

TODAY = date(2022, 10, 16)


def again(person: Person) -> Person:
    return Person.get_by_id(person.id)


def become(person: Person, nationality: str, cast: Cast) -> str:
    """The state afterwards."""
    seen = again(person).nationality
    people.change(again(person), "nationality", nationality, seen=seen, by=cast.thu)
    return again(person).status


@pytest.mark.parametrize("outcome", ["verified", "mismatch", "not_found", "unanswered", ""])
def test_there_and_back_the_record_stands_where_its_values_say(cast: Cast, outcome: str) -> None:
    answered(cast.an, outcome)
    before = again(cast.an).status
    assert become(cast.an, "Lào", cast) == "foreign"
    assert become(cast.an, "Việt Nam", cast) == before


def test_what_was_confirmed_of_other_values_is_not_confirmed_afterwards(cast: Cast) -> None:
    answered(cast.an, "verified")
    become(cast.an, "Lào", cast)
    number = again(cast.an).identity_number
    people.change(again(cast.an), "identity_number", "E1234567", seen=number, by=cast.thu)
    assert become(cast.an, "Việt Nam", cast) == "incomplete"
    people.change(again(cast.an), "identity_number", number, seen="E1234567", by=cast.thu)
    assert again(cast.an).status == "verified"
    people.change(again(cast.an), "gender", "Nam", seen="Nữ", by=cast.thu)
    assert again(cast.an).status == "changed"


@pytest.mark.parametrize("nationality", ["", "Vịt Nam", "VN", "Việt Nam"])
def test_an_empty_or_unknown_nationality_is_not_foreign(cast: Cast, nationality: str) -> None:
    become(cast.binh, "Lào", cast)
    assert become(cast.binh, nationality, cast) == "incomplete"


def test_undo_brings_the_state_back(cast: Cast) -> None:
    become(cast.an, "Lào", cast)
    undoing.undo(Person.select(), by=cast.thu)
    assert (again(cast.an).nationality, again(cast.an).status) == ("", "ready")


def test_an_open_case_closes_with_a_word_and_an_explanation_ends(cast: Cast) -> None:
    notices.sync_cases()
    proposed = explanations.propose(
        cast.binh, reason="other", note="Đang làm giấy", evidence="", by=cast.lan
    )
    explanations.approve([proposed], by=cast.hoa)
    assert become(cast.binh, "Lào", cast) == "foreign"
    notices.sync_cases()
    assert explanations.withdraw_needless() == 1
    assert PaperCase.get().closed_because == "foreign"
    assert Explanation.get().state == "withdrawn"
    assert {"notice.closed", "explanation.withdrawn"} <= {c.event for c in Change.select()}
    with pytest.raises(Problem, match="ngoài diện"):
        explanations.propose(
            again(cast.binh), reason="foreign", note="Hộ chiếu", evidence="", by=cast.lan
        )
    assert become(cast.binh, "Việt Nam", cast) == "incomplete"
    assert notices.sync_cases() == 1


def test_nobody_sends_a_foreigner(cast: Cast) -> None:
    become(cast.an, "Lào", cast)  # with a number that could be asked about
    for which in verification.WHICH_WORDS:
        before = verification.preflight("school", which)
        assert before.excluded["foreign"] == 1
        assert before.total == 4
        left_out = excluded_people("school", which, "foreign")
        assert [person.id for person in left_out] == [cast.an.id]
    batch = verification.start("school", by=cast.hoa)
    assert cast.an.id not in [item.person_id for item in batch.items]


def test_an_import_may_make_somebody_a_foreigner(cast: Cast) -> None:
    heading = ("Mã lớp", "Họ và tên", "Ngày sinh", "Quốc tịch", "Số định danh cá nhân")
    row = ("5A", cast.binh.full_name, cast.binh.date_of_birth, "Hàn Quốc", "M12345678")
    upload = read([row], cast.thu, heading)
    assert imports.totals_of(upload).views["warned"] == 1
    imports.confirm(upload, by=cast.thu)
    binh = again(cast.binh)
    assert (binh.status, binh.identity_number, binh.errors) == ("foreign", "M12345678", 0)


def test_the_figures_leave_foreigners_out_and_every_sum_is_right(cast: Cast) -> None:
    values = pupil("Kim Ana") | {"nationality": "Hàn Quốc", "identity_number": "ABCDEFGHI"}
    people.add(kind="student", school_class=cast.class_5a, values=values, by=cast.thu)
    file = progress.progress_file(cast.hoa)
    for line in (file["school"], *file["kinds"].values(), *file["groups"]):
        assert line["total"] == line["to_do"] + line["foreign"]
        assert line["total"] == sum(with_foreigners_apart(line).values())
    assert (file["school"]["foreign"], file["school"]["incomplete"]) == (1, 1)
    assert progress.banner(cast.hoa, TODAY).total == 4
    counted = people.counts(Person.select().where(Person.school_class == cast.class_5a))
    assert (counted.total, counted.to_do, counted.errors) == (3, 2, 1)


def test_the_report_names_them_with_the_passport(cast: Cast) -> None:
    become(cast.an, "Lào", cast)
    become(cast.binh, "Lào", cast)
    people.change(again(cast.binh), "identity_number", "e 1234567", seen="", by=cast.thu)
    book = openpyxl.load_workbook(
        io.BytesIO(report.workbook(progress.board(cast.hoa), by=cast.hoa))
    )
    texts = [[cell or "" for cell in row] for row in book["Ngoài diện"].iter_rows(values_only=True)]
    assert report.FOREIGN_TITLE in [row[0] for row in texts]
    named = {row[1]: (row[3], row[4]) for row in texts if row[3] == "Lào"}
    assert named[cast.binh.full_name] == ("Lào", "E1234567")
    assert "•" in named[cast.an.full_name][1], "a citizen's number does not leave the house"
    masked = report.workbook(progress.board(cast.phong), by=cast.phong)
    sheet = openpyxl.load_workbook(io.BytesIO(masked))["Ngoài diện"]
    assert "E1234567" not in [cell.value for row in sheet for cell in row]


OLD_LINE = {
    "total": 10, "to_do": 7, "done": 5, "verified": 4, "explained": 2, "incomplete": 3,
    "ready": 1, "foreign": 3,
}  # fmt: skip
NEW_LINE = OLD_LINE | {"explained": 1, "incomplete": 1}


def test_days_and_files_of_before_are_parted(cast: Cast) -> None:
    place = {"kind": "student", "name": "5A", "grade": 5, "class_id": 1}
    rest = {"with_number": 6, "notice_open": 0, "holders": {"teacher": 1, "principal": 1}}
    for line in (OLD_LINE, NEW_LINE):
        row = ProgressRow.of(place | rest | line)
        assert (row.done, row.to_do, row.left, row.foreign) == (5, 7, 2, 3)
        assert sum(row.by_status.values()) == row.total
        assert row.by_status["incomplete"] == 1
    file = progress.progress_file(cast.hoa)
    file["school"] = OLD_LINE
    del file["signature"]
    file["signature"] = progress.exchange.sign(file)
    schools.receive("x.json", json.dumps(file).encode(), by=cast.phong)
    counts = SchoolFigures.get().counts
    assert {name: counts[name] for name in NEW_LINE} == NEW_LINE


def test_the_migration_parts_what_stands_there(cast: Cast) -> None:
    become(cast.an, "Lào", cast)
    Person.update(status="incomplete").where(Person.id == cast.an.id).execute()
    SchoolFigures.create(
        key="k", name="x", as_of="2022-10-16", counts=OLD_LINE, figures={"school": OLD_LINE}
    )
    migration = import_module("idapp.migrations.0024_foreign_state")
    with database.writing():
        for index in (
            "person_standing",
            "person_in_need",
        ):  # of later versions; they hold the column
            db.execute_sql(f"DROP INDEX {index}")
        migration.up(None, db.obj)
    assert again(cast.an).status == "foreign"
    assert again(cast.chi).status == "ready"
    kept = SchoolFigures.get()
    assert kept.counts == kept.figures["school"] == NEW_LINE
