"""The school goes into its next year: as one deed, in parts, and back to the letter."""

import subprocess
import sys
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from idapp import (
    doctor,
    homeroom,
    imports,
    people,
    permissions,
    progress,
    school,
    school_years,
    verification,
)
from idapp.database import writing
from idapp.models import (
    Batch,
    Campaign,
    Change,
    ClassTeacher,
    Explanation,
    ImportRow,
    PaperCase,
    Person,
    School,
    SchoolClass,
    Table,
    User,
    YearChange,
)
from idapp.notices import explanations, open_by_hand
from idapp.people import epochs, history, membership
from idapp.rules.problem import Problem
from idapp.school_years import COMPLETED, ClassPlan, Destination, Plan, steps
from idapp.school_years.plans import proposal
from tests.cast import Cast, pupil
from tests.workbooks import xlsx

UNDONE = (School, SchoolClass, ClassTeacher, Person, Campaign, PaperCase, Explanation)


def rows_of(tables: tuple[type[Table], ...] = UNDONE) -> dict[str, list[dict[str, Any]]]:
    """Every value of every row."""
    return {table.__name__: list(table.select().order_by(table.id).dicts()) for table in tables}


def proposed() -> Plan:
    return proposal(school_years.present_classes(), range(1, 6))


def carry_out(plan: Plan, cast: Cast) -> YearChange:
    change = school_years.begin(plan, by=cast.hoa)
    school_years.go_on(change.id)
    return YearChange.get_by_id(change.id)


def undo(cast: Cast) -> YearChange:
    change = school_years.begin_undo(by=cast.hoa)
    school_years.go_on(change.id)
    return YearChange.get_by_id(change.id)


@pytest.fixture
def dung(cast: Cast) -> Person:
    """A pupil of 4A, a class of its own."""
    School.update(level="TH").execute()
    class_4a = school.add_class("4A", by=cast.thu, homeroom_teacher=cast.minh)
    values = pupil("Phan Văn Dũng", sex="Nam", born="02/02/2013", serial=41)
    return people.add(kind="student", school_class=class_4a, values=values, by=cast.thu)


def now(person: Person) -> Person:
    return Person.get_by_id(person.id)


def test_each_class_goes_up_and_the_last_leaves(cast: Cast, dung: Person) -> None:
    change = carry_out(proposed(), cast)
    assert (change.state, change.counts) == ("done", {"up": 1, "completed": 3})
    assert school.the_school().school_year == 2023
    risen = now(dung)
    assert (risen.school_class.name, risen.school_class.school_year) == ("5A", 2023)
    gone = now(cast.an)
    assert (gone.state, gone.active, gone.school_class_id) == (
        COMPLETED,
        False,
        cast.class_5a.id,
    )
    assert now(cast.giang).active
    assert (gone.school_class.title, risen.school_class.title) == ("5A (2022-2023)", "5A")
    assert [each.name for each in SchoolClass.present()] == ["5A"]


def test_whoever_is_verified_stays_verified(cast: Cast, dung: Person) -> None:
    hash_ = people.states.record.identity_hash(people.values_of(dung), people.around(dung))
    Person.update(outcome="verified", outcome_hash=hash_).where(Person.id == dung.id).execute()
    people.recompute(now(dung))
    assert now(dung).status == "verified"
    carry_out(proposed(), cast)
    assert now(dung).status == "verified"
    assert now(dung).problems == dung.problems


def test_every_sum_is_right_at_every_moment(
    cast: Cast, dung: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "PART", 1)
    seen = []

    def look(_: YearChange) -> None:
        board = progress.board(cast.hoa)
        active = Person.select().where(Person.active).count()
        present = {each.id for each in SchoolClass.present()}
        homeless = Person.select().where(
            Person.active, Person.kind == "student", Person.school_class.not_in(present)
        )
        seen.append((board.whole.total == active, homeless.count()))

    change = school_years.begin(proposed(), by=cast.hoa)
    school_years.go_on(change.id, look)
    assert seen == [(True, 0)] * 4


def test_a_class_of_another_year_is_another_class(cast: Cast, dung: Person) -> None:
    membership.move(cast.binh, cast.class_5b, by=cast.thu)
    [last_move] = Change.select().where(Change.event == "person.moved")
    carry_out(replace(proposed(), apart={cast.an.id: Destination("5A")}), cast)
    new_5a = school.class_named("5A")
    new_5b = school.add_class("5B", by=cast.thu)
    assert school.class_called("5A", last_move.id) is None  # its year is over
    assert school.class_called("5A", Change.select().count()) == new_5a
    membership.move(now(dung), new_5b, by=cast.thu)

    def moved_in(school_class: SchoolClass) -> set[int]:
        wanted = history.Wanted(school_class=school_class, events=["person.moved"])
        return {change.person_id for change in history.search(cast.thu, wanted, limit=50)}

    assert moved_in(new_5a) == {cast.an.id, dung.id}
    assert moved_in(new_5b) == {dung.id}
    assert moved_in(cast.class_5a) == {cast.an.id, cast.binh.id}
    assert moved_in(cast.class_5b) == {cast.binh.id}


def test_who_repeats_stays_in_a_class_of_the_grade(cast: Cast, dung: Person) -> None:
    plan = replace(proposed(), apart={cast.an.id: Destination("5A")})
    assert school_years.outcome_of(plan).counts == {"up": 1, "stay": 1, "completed": 2}
    carry_out(plan, cast)
    assert now(cast.an).school_class == now(dung).school_class
    assert now(cast.an).active


def test_the_undo_gives_every_row_back(cast: Cast, dung: Person) -> None:
    open_by_hand(cast.an, by=cast.lan)
    explained = explanations.propose(
        cast.binh, reason="waiting_for_police", note="hẹn", evidence="giấy", by=cast.lan
    )
    explanations.approve([explained], by=cast.hoa)
    plan = replace(proposed(), apart={cast.chi.id: Destination("5A")}, new_classes=("1A", "1B"))
    before = rows_of()
    carry_out(plan, cast)
    assert PaperCase.get().state == "closed"
    assert Explanation.get().state == "withdrawn"
    assert Campaign.get().closed_at is not None
    assert undo(cast).state == "undone"
    assert rows_of() == before
    offered = school_years.planned()
    assert offered is not None
    assert Plan.of_json(offered.plan) == plan  # nobody types it twice
    # and the whole once more: nothing of the first time is in the way
    carry_out(plan, cast)
    undo(cast)
    assert rows_of() == before


def test_it_is_taken_up_again_wherever_it_was_killed(
    cast: Cast, dung: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "PART", 1)
    before = rows_of()
    change = school_years.begin(proposed(), by=cast.hoa)
    _killed_after_each_part(change)
    assert YearChange.get_by_id(change.id).state == "done"
    after = rows_of()
    undoing = school_years.begin_undo(by=cast.hoa)
    _killed_after_each_part(undoing)
    assert rows_of() == before
    monkeypatch.setattr(steps, "PART", 50)
    carry_out(proposed(), cast)
    assert [(row["name"], row["is_past"]) for row in rows_of()["SchoolClass"]] == [
        (row["name"], row["is_past"]) for row in after["SchoolClass"]
    ]


_WORKER = """
import sys
from idapp import school_years, stepwise
from idapp.database import connected, open_database
from idapp.school_years import steps
from idapp.settings import from_environment, use
open_database(use(from_environment()))
steps.PART = 1
stepwise._PAUSE = 0.2
with connected():
    school_years.go_on(int(sys.argv[1]), lambda change: print("part", flush=True))
"""


def test_a_worker_that_is_killed_leaves_whole_parts(cast: Cast, dung: Person) -> None:
    before = rows_of()
    change = school_years.begin(proposed(), by=cast.hoa)
    worker = subprocess.Popen(
        [sys.executable, "-c", _WORKER, str(change.id)], stdout=subprocess.PIPE
    )
    assert worker.stdout is not None
    worker.stdout.readline()
    worker.kill()
    worker.wait()
    worker.stdout.close()
    assert 0 < school_years.done_of(YearChange.get_by_id(change.id)) < 4
    school_years.go_on(change.id)
    assert YearChange.get_by_id(change.id).state == "done"
    undo(cast)
    assert rows_of() == before


class _Killed(BaseException):
    pass


def _killed_after_each_part(change: YearChange) -> None:
    def die(_: YearChange) -> None:
        raise _Killed

    for _ in range(10):
        try:
            school_years.go_on(change.id, die)
        except _Killed:
            continue
        return
    raise AssertionError("it never ends")


def test_a_fault_within_a_part_leaves_nothing_of_it(
    cast: Cast, dung: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = school_years.begin(proposed(), by=cast.hoa)
    before = rows_of()
    monkeypatch.setattr(membership, "recompute_with_sharers", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        school_years.go_on(change.id)
    assert rows_of() == before
    monkeypatch.undo()
    school_years.go_on(change.id)
    assert YearChange.get_by_id(change.id).state == "done"


def test_teachers_follow_stay_or_neither(cast: Cast, dung: Person) -> None:
    class_4a = dung.school_class
    plan = proposed()
    plan = replace(plan, classes=dict(plan.classes) | {cast.class_5a.id: ClassPlan("", "stay")})
    carry_out(plan, cast)
    class_5a = school.class_named("5A")
    assert class_5a is not None
    assert {user.username for user in homeroom.teachers_of(class_5a)} == {"lan", "minh"}
    assert permissions.classes_of(cast.lan).get() == class_5a
    assert not permissions.may_edit_class(cast.hoa, SchoolClass.get_by_id(class_4a.id))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"names": {"4A": "6A"}}, "no_such_grade"),
        ({"names": {"4A": "3A"}}, "wrong_step"),
        ({"names": {"4A": "5" * 31}}, "bad_class_name"),
        ({"new_classes": ("5A",)}, "taken"),
        ({"new_classes": ("1A", "1 a")}, "taken"),
        ({"new_classes": ("10A",)}, "no_such_grade"),
        ({"apart": Destination("5C")}, "no_class"),
        ({"apart": None}, "undecided"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_done(
    changes: dict[str, Any], code: str, cast: Cast, dung: Person
) -> None:
    plan = proposed()
    names = {dung.school_class_id: ClassPlan(changes.get("names", {}).get("4A", "5A"))}
    plan = replace(plan, classes=dict(plan.classes) | names)
    plan = replace(plan, new_classes=changes.get("new_classes", plan.new_classes))
    if "apart" in changes:
        plan = replace(plan, apart={dung.id: changes["apart"]})
    before = rows_of()
    with pytest.raises(Problem) as refused:
        school_years.begin(plan, by=cast.hoa)
    assert refused.value.code == code
    assert rows_of() == before
    assert school_years.last_change() is None


def test_two_classes_into_one_are_asked_about(cast: Cast, dung: Person) -> None:
    school.add_class("4B", by=cast.thu)
    plan = proposed()
    into_one = {
        id_: replace(each, name="5A") if each.name else each for id_, each in plan.classes.items()
    }
    plan = replace(plan, classes=into_one)
    with pytest.raises(school_years.MergeQuestion, match="4A và 4B cùng lên lớp 5A"):
        school_years.begin(plan, by=cast.hoa)
    carry_out(replace(plan, merged=frozenset({"5A"})), cast)
    assert [each.name for each in SchoolClass.present()] == ["5A"]


def test_not_while_a_batch_is_open(cast: Cast, dung: Person) -> None:
    verification.start("school", by=cast.hoa)
    with pytest.raises(Problem, match="đợt xác thực chưa xong"):
        school_years.begin(proposed(), by=cast.hoa)
    Batch.update(state="stopped").execute()
    assert carry_out(proposed(), cast).state == "done"


def test_no_batch_and_no_other_places_while_it_goes_on(cast: Cast, dung: Person) -> None:
    school_years.begin(proposed(), by=cast.hoa)
    with pytest.raises(Problem) as batch:
        verification.start("school", by=cast.hoa)
    assert batch.value.code == "under_way"
    with pytest.raises(Problem) as places:
        epochs.begin("2level", by=cast.hoa)
    assert places.value.code == "year"
    assert not Batch.select().exists()


def test_not_two_years_ahead(cast: Cast, dung: Person) -> None:
    carry_out(proposed(), cast)
    with pytest.raises(Problem, match="Hôm nay còn thuộc năm học 2022-2023"):
        school_years.begin(proposed(), by=cast.hoa)


def test_no_undo_once_somebody_has_worked_on_it(cast: Cast, dung: Person) -> None:
    carry_out(proposed(), cast)
    people.change(now(dung), "address", "Ấp 3", seen=dung.address, by=cast.thu)
    change = school_years.last_change()
    assert change is not None
    assert school_years.edited_since(change) == []  # a cell is not what the step changed
    membership.set_state(now(dung), "Chuyển đi", active=False, by=cast.thu)
    with pytest.raises(Problem, match="1 học sinh đã được xếp lớp hoặc đổi trạng thái lại"):
        school_years.begin_undo(by=cast.hoa)
    assert school.the_school().school_year == 2023


def test_what_was_taken_back_since_does_not_stand_in_the_way(cast: Cast, dung: Person) -> None:
    before = rows_of()
    carry_out(proposed(), cast)
    steps_taken = school_years.last_change()
    assert steps_taken is not None
    membership.set_state(now(dung), "Chuyển đi", active=False, by=cast.thu)
    assert len(school_years.edited_since(steps_taken)) == 1
    membership.set_state(now(dung), dung.state, active=True, by=cast.thu)
    assert school_years.edited_since(steps_taken) == []
    undo(cast)
    assert rows_of() == before


@pytest.mark.parametrize("deed", ["newcomer", "teacher", "class", "campaign"])
def test_what_else_stands_in_the_way_of_an_undo(deed: str, cast: Cast, dung: Person) -> None:
    carry_out(proposed(), cast)
    class_5a = school.class_named("5A")
    assert class_5a is not None
    if deed == "newcomer":
        people.add(
            kind="student", school_class=class_5a, values={"full_name": "Đỗ Na"}, by=cast.thu
        )
    elif deed == "teacher":
        homeroom.assign_teachers(class_5a, [cast.lan], by=cast.thu)
    elif deed == "class":
        school.add_class("5B", by=cast.thu)
    else:
        _open_campaign(cast.hoa)
    with pytest.raises(Problem, match="Không hoàn tác được nữa: 1 "):
        school_years.begin_undo(by=cast.hoa)


def _open_campaign(by: User) -> None:
    progress.closing.open_next(
        title="Đợt 2",
        letter="",
        opens_on=date(2022, 10, 16),
        deadline=date(2022, 12, 16),
        today=date(2022, 10, 16),
        by=by,
    )


def test_who_comes_into_an_old_class_meanwhile_goes_up_with_it(cast: Cast, dung: Person) -> None:
    change = school_years.begin(proposed(), by=cast.hoa)
    values = pupil("Hồ Văn Muộn", sex="Nam", born="03/03/2013", serial=77)
    late = people.add(kind="student", school_class=dung.school_class, values=values, by=cast.thu)
    gone = people.add(
        kind="student", school_class=cast.class_5b, values={"full_name": "Hồ Na"}, by=cast.thu
    )
    school_years.go_on(change.id)
    assert now(late).school_class.school_year == 2023
    assert (now(gone).school_class, now(gone).active) == (None, True)  # nobody leaves unasked


def test_who_comes_back_is_in_no_class_of_the_past(cast: Cast, dung: Person) -> None:
    carry_out(proposed(), cast)
    membership.set_state(now(cast.an), "Đang học", active=True, by=cast.thu)
    assert now(cast.an).school_class is None


def test_the_past_keeps_its_state_and_the_doctor_agrees(cast: Cast, dung: Person) -> None:
    before = rows_of((Person,))["Person"]
    carry_out(proposed(), cast)
    people.recompute(*people.states.people_with_class(Person.id == cast.binh.id))
    after = {row["id"]: row for row in rows_of((Person,))["Person"]}
    for row in before:
        assert after[row["id"]]["problems"] == row["problems"]
    states = doctor.data.states(people.states.people_with_class(True))
    assert states.level == "ok"
    assert doctor.data.pupils_sit_in_present_classes().level == "ok"
    Person.update(active=True).where(Person.id == cast.an.id).execute()
    assert doctor.data.pupils_sit_in_present_classes().level == "bad"


def test_each_move_is_in_the_history_with_both_years(cast: Cast, dung: Person) -> None:
    change = carry_out(proposed(), cast)
    moved = Change.get(Change.person == dung, Change.event == "person.moved")
    assert (moved.old, moved.new, moved.source, moved.changeset) == (
        "4A (2022-2023)",
        "5A (2023-2024)",
        "year",
        change.changeset,
    )


def workbook(rows: list[list[str]]) -> bytes:
    def fill(_: object, sheet: Any) -> None:
        for at, row in enumerate(rows):
            for column, text in enumerate(row):
                sheet.write_string(at, column, text)

    return xlsx(lambda book, sheet: fill(book, sheet))


def _list_of_next_year(cast: Cast, dung: Person, *more: list[str], title: str = "") -> bytes:
    rows = [["Họ tên", "Ngày sinh", "Giới tính", "Mã định danh Bộ GD&ĐT", "Lớp"]]
    for person, name in ((dung, "5A"), (cast.an, "5A")):
        row = [person.full_name, person.date_of_birth, person.gender, person.ministry_code]
        rows.append([*row, name])
    return workbook([[title], *rows, *more])


def test_the_lists_of_the_new_year_make_the_plan(cast: Cast, dung: Person) -> None:
    """Dũng goes up, An repeats, Bình and Chi were in the last grade, Na is missing, Mới is new."""
    na = people.add(
        kind="student",
        school_class=dung.school_class,
        values=pupil("Lý Thị Na", born="07/07/2013", serial=55),
        by=cast.thu,
    )
    newcomer = ["Hồ Văn Mới", "01/01/2017", "Nam", "", "1A"]
    data = _list_of_next_year(cast, dung, newcomer, title="NĂM HỌC 2023-2024")
    upload = imports.read_bytes(data, "lop-moi.xlsx", by=cast.hoa, ask=True)
    assert [question.get("next_year") for question in upload.questions] == [True]
    plan = school_years.plan_from(upload, cast.hoa)
    assert plan.apart == {cast.an.id: Destination("5A"), na.id: None}
    assert plan.missing == {na.id}
    assert plan.new_classes == ("1A",)
    with pytest.raises(Problem, match="Còn 1 học sinh không có trong danh sách năm mới"):
        school_years.begin(plan, by=cast.hoa)
    answered = {**plan.apart, na.id: Destination(state="Chuyển đi trong hè")}
    carry_out(replace(plan, apart=answered), cast)
    upload = imports.answer(upload, columns={}, anyway=[], by=cast.hoa)
    assert upload.state == "checked"
    assert [row.verdict for row in upload.rows.order_by(ImportRow.row)] == [
        "same",
        "same",
        "new",
    ]
    imports.confirm(upload, by=cast.hoa)
    states = {
        person.full_name: person.school_class.name
        for person in Person.select().where(Person.active, Person.kind == "student")
    }
    assert states == {"Phan Văn Dũng": "5A", "Nguyễn Thị An": "5A", "Hồ Văn Mới": "1A"}


@pytest.mark.parametrize(
    ("title", "sentence"),
    [
        ("NĂM HỌC 2021-2022", "năm học khác (2021-2022)"),
        ("NĂM HỌC 2024-2025", "năm học khác (2024-2025)"),
    ],
)
def test_a_list_of_another_year_is_no_list_of_the_next(
    title: str, sentence: str, cast: Cast, dung: Person
) -> None:
    data = _list_of_next_year(cast, dung, title=title)
    upload = imports.read_bytes(data, "lop.xlsx", by=cast.hoa, ask=True)
    [question] = upload.questions
    assert sentence in question["sentence"]
    assert "next_year" not in question


def test_a_column_names_the_year_too(cast: Cast, dung: Person) -> None:
    rows = [["Họ tên", "Ngày sinh", "Giới tính", "Lớp", "Năm học"]]
    rows += [[dung.full_name, dung.date_of_birth, "Nam", "5A", "2023 - 2024"]]
    upload = imports.read_bytes(workbook(rows), "lop.xlsx", by=cast.hoa, ask=True)
    assert [question["kind"] for question in upload.questions if question.get("next_year")] == [
        "year"
    ]


def test_the_year_is_not_set_back_by_hand(cast: Cast, dung: Person) -> None:
    carry_out(proposed(), cast)
    with pytest.raises(Problem, match="đã kết thúc trong hệ thống"), writing():
        school.change_school(
            school.the_school(),
            name="A",
            office="",
            reviewer_title="",
            school_year=2022,
            by=cast.hoa,
        )
