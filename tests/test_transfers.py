"""Coming and going: one step for many, one way back, and what is left unsaid by the state alone."""

from datetime import date

import pytest

from idapp import people, permissions, verification
from idapp.models import BatchItem, Change, EntryPaper, Person, Transfer
from idapp.notices import cases
from idapp.people import entry_papers, newcomers, transfers, undoing
from idapp.people.newcomers import Arrival
from idapp.people.transfers import Circumstances
from idapp.people.undoing import OutOfReach, UndoConflict
from idapp.rules.problem import Problem
from tests.cast import Cast, pupil

TODAY = date(2022, 10, 16)
ABOUT = Circumstances(date(2022, 10, 14), "Trường TH Mỹ An", "Tỉnh Long An")


def again(person: Person) -> Person:
    return Person.get_by_id(person.id)


def places(*persons: Person) -> list[tuple[str, str, bool]]:
    return [(p.school_class.name, p.state, p.active) for p in map(again, persons)]


def everybody(cast: Cast):  # type: ignore[no-untyped-def]
    return permissions.people_of(cast.thu, include_inactive=True)


def test_many_move_in_one_step_and_come_back_in_one(cast: Cast) -> None:
    moved = transfers.change_class([cast.an, cast.binh], cast.class_5b, ABOUT, by=cast.thu)
    assert moved == [cast.an, cast.binh]
    assert places(cast.an, cast.binh) == [("5B", "Đang học", True)] * 2
    assert len({c.changeset for c in Change.select().where(Change.event == "person.moved")}) == 1
    undone = undoing.undo(everybody(cast), by=cast.thu)
    assert undone
    assert {p.id for p in undone.placed} == {cast.an.id, cast.binh.id}
    assert places(cast.an, cast.binh) == [("5A", "Đang học", True)] * 2
    assert all(t.undone for t in Transfer.select())
    undoing.redo(everybody(cast), by=cast.thu)
    assert places(cast.an, cast.binh) == [("5B", "Đang học", True)] * 2
    assert not any(t.undone for t in Transfer.select())


def test_who_left_comes_back_with_one_undo(cast: Cast) -> None:
    transfers.change_state([cast.an, cast.binh], "Chuyển đi kỳ 1", ABOUT, by=cast.thu)
    assert places(cast.an, cast.binh) == [("5A", "Chuyển đi kỳ 1", False)] * 2
    undoing.undo(everybody(cast), by=cast.thu)
    assert places(cast.an, cast.binh) == [("5A", "Đang học", True)] * 2
    assert again(cast.an).status == "ready"


def test_who_comes_back_to_no_class_is_judged_without_a_grade(cast: Cast) -> None:
    """The warning about an age that does not fit the class went with nobody (seed 340 of the season)."""
    Person.update(school_class=None).where(Person.id == cast.an.id).execute()
    people.change(again(cast.an), "date_of_birth", "20/03/1980", seen="20/03/2012", by=cast.thu)
    before = again(cast.an).problems
    transfers.change_class([again(cast.an)], cast.class_5b, ABOUT, by=cast.thu)
    assert "age_for_grade" in [problem["code"] for problem in again(cast.an).problems]
    undoing.undo(everybody(cast), by=cast.thu)
    assert again(cast.an).school_class is None
    assert again(cast.an).problems == before


def test_long_absence_keeps_the_place_in_the_list(cast: Cast) -> None:
    transfers.change_state([cast.an], transfers.AWAY, ABOUT, by=cast.thu)
    assert places(cast.an) == [("5A", "Tạm nghỉ học", True)]
    assert transfers.is_away(again(cast.an))


def test_what_somebody_else_moved_since_stays(cast: Cast) -> None:
    transfers.change_class([cast.an, cast.binh], cast.class_5b, ABOUT, by=cast.thu)
    transfers.change_class([again(cast.an)], cast.class_5a, ABOUT, by=cast.hoa)
    with pytest.raises(UndoConflict) as refusal:
        undoing.undo(everybody(cast), by=cast.thu)
    assert [(c.person.id, c.by_name) for c in refusal.value.cells] == [
        (cast.an.id, "Nguyễn Thị Hoa")
    ]
    undoing.undo(everybody(cast), by=cast.thu, rest=True)
    assert places(cast.an, cast.binh) == [("5A", "Đang học", True)] * 2
    assert undoing.undo(everybody(cast), by=cast.thu) is None


def test_a_teacher_takes_back_nothing_of_the_office(cast: Cast) -> None:
    transfers.change_class([cast.an], cast.class_5b, ABOUT, by=cast.thu)
    assert undoing.undo(permissions.people_of(cast.lan, include_inactive=True), by=cast.lan) is None


def test_who_is_brought_back_goes_again_in_one_step(cast: Cast) -> None:
    transfers.change_state([cast.chi], "Chuyển đi kỳ 1", ABOUT, by=cast.hoa)
    typed = pupil("Lê Thị Chi", serial=3, address="Ấp 7")
    arrival = Arrival(
        "student", cast.class_5a, typed, about=ABOUT, papers=frozenset({"school_report"})
    )
    with pytest.raises(newcomers.Known) as known:
        newcomers.receive(arrival, move=None, by=cast.thu)
    assert known.value.offer == cast.chi
    newcomers.receive(arrival, move=cast.chi.id, by=cast.thu)
    assert places(cast.chi) == [("5A", "Đang học", True)]
    assert again(cast.chi).address == "Ấp 7"
    undoing.undo(everybody(cast), by=cast.thu)
    assert places(cast.chi) == [("5B", "Chuyển đi kỳ 1", False)]
    assert again(cast.chi).address == ""
    assert transfers.arrival_of(cast.chi) is None
    undoing.redo(everybody(cast), by=cast.thu)
    assert places(cast.chi) == [("5A", "Đang học", True)]
    assert again(cast.chi).address == "Ấp 7"


def test_needed_papers_are_owed_until_ticked(cast: Cast) -> None:
    arrival = Arrival(
        "student",
        cast.class_5a,
        pupil("Phạm Thị Dung", serial=9),
        about=ABOUT,
        papers=frozenset({"school_report", "identity"}),
    )
    dung = newcomers.receive(arrival, move=None, by=cast.lan).person
    owed = {row.paper for row in EntryPaper.select() if row.received_on is None}
    assert owed == {"transfer_letter", "application", "birth_certificate"}
    for user, count in ((cast.lan, 1), (cast.thu, 1), (cast.minh, 0), (cast.phong, 0)):
        assert entry_papers.owing(user, TODAY).people == count
    assert entry_papers.owing(cast.lan, date(2022, 11, 16)).overdue == 1
    assert entry_papers.owing(cast.lan, date(2022, 11, 15)).overdue == 0
    assert entry_papers.receive(dung, owed, by=cast.lan, today=TODAY)
    assert not entry_papers.receive(dung, owed, by=cast.lan, today=TODAY)
    assert entry_papers.owing(cast.thu, TODAY) == entry_papers.Owing()
    assert not entry_papers.note(
        dung, {*owed, "school_report", "identity"}, due_on=None, by=cast.lan, today=TODAY
    )


def test_who_left_owes_nothing(cast: Cast) -> None:
    entry_papers.note(cast.an, [], due_on=TODAY, by=cast.lan, today=TODAY)
    assert entry_papers.owing(cast.thu, TODAY).people == 1
    transfers.change_state([cast.an], "Chuyển đi kỳ 1", ABOUT, by=cast.thu)
    assert entry_papers.owing(cast.thu, TODAY).people == 0


def test_nobody_is_asked_about_who_has_left(cast: Cast) -> None:
    batch = verification.start("school", by=cast.hoa)
    transfers.change_state([cast.an], "Chuyển đi kỳ 1", ABOUT, by=cast.thu)
    item = BatchItem.get(BatchItem.person == cast.an)
    assert (item.state, item.reason) == ("skipped", "left")
    assert batch.total == batch.items.count()
    undoing.undo(everybody(cast), by=cast.thu)
    assert BatchItem.get(BatchItem.person == cast.an).state == "waiting"
    assert again(cast.an).status == "sent"


def test_a_day_that_has_not_come_is_refused() -> None:
    with pytest.raises(Problem, match="chưa đến"):
        transfers.circumstances(date(2022, 10, 17), today=TODAY)


def test_a_changed_cell_of_who_was_moved_stays_out_of_reach_for_the_teacher(cast: Cast) -> None:
    people.change_many([people.Edit(cast.an, "address", "Ấp 1")], by=cast.lan, source="typed")
    transfers.change_class([again(cast.an)], cast.class_5b, ABOUT, by=cast.thu)
    with pytest.raises(OutOfReach):
        undoing.undo(everybody(cast), by=cast.lan)


def test_the_case_of_who_left_goes_on_after_the_return(cast: Cast) -> None:
    cases.sync_cases()
    case = cases.set_progress(again(cast.binh), "police", by=cast.lan, today=TODAY)
    cases.describe(case, note="Mẹ hẹn thứ sáu", due_on=case.due_on, owner=None, by=cast.lan)
    cases.open_by_hand(cast.an, by=cast.lan)
    both = [cast.an, cast.binh]
    transfers.change_state(both, "Chuyển đi kỳ 1", ABOUT, by=cast.thu)
    cases.sync_cases()
    assert cases.cases_of(both) == {}
    undoing.undo(everybody(cast), by=cast.thu)
    cases.sync_cases()
    back = cases.cases_of(both)
    assert (back[cast.binh.id].state, back[cast.binh.id].note) == ("police", "Mẹ hẹn thứ sáu")
    assert back[cast.an.id].reason == "by_hand"
    assert cases.sync_cases() == 0


def test_a_step_that_others_overtook_is_passed_over_also_of_who_has_left(cast: Cast) -> None:
    transfers.change_class([cast.binh], cast.class_5b, ABOUT, by=cast.thu)
    transfers.change_state([cast.an], transfers.AWAY, ABOUT, by=cast.thu)
    transfers.change_state([again(cast.an)], "Chuyển đi kỳ 1", ABOUT, by=cast.hoa)
    with pytest.raises(UndoConflict):
        undoing.undo(everybody(cast), by=cast.thu)
    undoing.undo(everybody(cast), by=cast.thu, rest=True)
    undoing.undo(everybody(cast), by=cast.thu)
    assert places(cast.an, cast.binh) == [("5A", "Chuyển đi kỳ 1", False), ("5A", "Đang học", True)]
