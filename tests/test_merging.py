"""Two records made one: nothing of either is lost, and all of it goes back; in any order of events."""

import io
from datetime import date
from typing import Any

import pytest
from PIL import Image

from idapp import doctor, imports, notices, people, verification
from idapp.database import db
from idapp.doubles import merging, pairs, sides
from idapp.doubles.merging import ChangedMeanwhile, Decision
from idapp.models import (
    Appointment,
    BatchItem,
    Change,
    DistinctPair,
    Explanation,
    ImportRow,
    PaperCase,
    Person,
    RecordMerge,
    Scan,
    User,
    utc_now,
)
from idapp.notices import explanations, papers, visits
from idapp.people import membership
from idapp.people.states import RuleContext, recompute_all
from idapp.people.survivors import ids_of_one
from idapp.rules.problem import Problem
from idapp.settings import Settings
from tests.cast import Cast, pupil
from tests.test_imports import book, line, newcomer

pytestmark = pytest.mark.usefixtures("few_places")
OF_CHANGES = {"version"}  # counts up and never down


@pytest.fixture
def double(cast: Cast) -> Person:
    """A second record of An, in 5B, with another number."""
    values = pupil("Nguyễn Thị An", serial=9, father_name="Nguyễn Văn Ba", address="Ấp 3")
    return people.add(kind="student", school_class=cast.class_5b, values=values, by=cast.minh)


def again(person: Person) -> Person:
    return Person.get_by_id(person.id)


def decide(survivor: Person, other: Person, **chosen: str) -> Decision:
    compared = sides.side_by_side(again(survivor), again(other))
    picked = {choice.group: choice.proposal for choice in compared.choices}
    return Decision(picked | chosen, sides.fingerprint(again(survivor), again(other)))


def join(survivor: Person, other: Person, by: User, **chosen: str) -> RecordMerge:
    return merging.merge(survivor, other, decide(survivor, other, **chosen), by=by)


def verify(person: Person) -> None:
    """As an answer of the register leaves it."""
    fresh = again(person)
    fresh.outcome = "verified"
    fresh.outcome_hash = RuleContext().identity_hash_of(fresh)
    fresh.outcome_at = utc_now()
    fresh.save()
    recompute_all([fresh], RuleContext())
    assert again(person).status == "verified"


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that a merge may touch, but for what only counts up."""
    tables = (
        Person,
        PaperCase,
        Scan,
        Explanation,
        BatchItem,
        Appointment,
        ImportRow,
        DistinctPair,
        User,
    )
    contents = {}
    for table in tables:
        query = table.select().order_by(table.id)
        contents[table._meta.table_name] = [
            {name: value for name, value in row.__data__.items() if name not in OF_CHANGES}
            for row in query
        ]
    numbers = db.execute_sql("SELECT person_id, number FROM former_number ORDER BY id").fetchall()
    return contents | {"former": numbers}


def assert_sound() -> None:
    notices.sync_cases()
    assert not [finding for finding in doctor.invariants() if finding.level != "ok"]


def lead_a_life(cast: Cast, double: Person, settings: Settings) -> None:
    """Cases with photos, explanations, appointments, answers, an import row, of both."""
    picture = io.BytesIO()
    Image.new("RGB", (40, 30)).save(picture, "PNG")
    for person, state in ((cast.an, "asked"), (double, "received")):
        notices.set_progress(person, state, by=cast.thu)
        papers.add(person, picture.getvalue(), evidence="card", by=cast.thu, settings=settings)
        explanations.propose(person, reason="foreign", note="", evidence="Hộ chiếu", by=cast.lan)
    visit = visits.plan(date(2022, 10, 18), place="", note="", by=cast.thu, today=settings.today())
    visits.invite(visit, [double], by=cast.thu)
    batch = verification.start("school", by=cast.hoa)
    for item in batch.items:
        item.state = "not_found"
        item.save()
    batch.state = "finished"
    batch.save()
    people.recompute(*Person.select())
    imports.read_bytes(book([newcomer()]), "lop.xlsx", by=cast.thu)
    ImportRow.update(person=double).execute()
    pairs.tell_apart(double, cast.chi, reason="twins", by=cast.thu)


def test_all_of_both_is_kept_under_one_and_goes_back_to_the_letter(
    cast: Cast, double: Person, settings: Settings
) -> None:
    lead_a_life(cast, double, settings)
    before = everything()
    history = Change.select().count()
    merge = join(cast.an, double, cast.thu, identity_number="other", residence="other")

    assert again(double).state == "Đã gộp" and not again(double).active
    assert again(cast.an).identity_number == double.identity_number
    assert again(cast.an).address == "Ấp 3"
    for table in (PaperCase, Explanation, BatchItem, Appointment, ImportRow):
        assert not table.select().where(table.person == double).exists(), table
    [open_case] = PaperCase.select().where(PaperCase.state != "closed")
    assert open_case.state == "received"  # the one that came further
    assert open_case.scans.count() == 2
    assert Explanation.select().where(Explanation.state == "proposed").count() == 1
    assert pairs.pair_of(cast.an, cast.chi) is not None
    assert ids_of_one(cast.an) == [cast.an.id, double.id]
    assert Change.select().count() > history

    merging.undo_merge(merge, by=cast.thu)
    assert everything() == before


def test_the_invariants_hold_before_and_after(
    cast: Cast, double: Person, settings: Settings
) -> None:
    lead_a_life(cast, double, settings)
    merge = join(cast.an, double, cast.thu, identity_number="other")
    assert_sound()
    merging.undo_merge(merge, by=cast.thu)
    assert_sound()


def test_the_number_is_free_at_once_and_remembered(cast: Cast, double: Person) -> None:
    old = cast.an.identity_number
    join(cast.an, double, cast.thu, identity_number="other")
    an = again(cast.an)
    assert (an.number, again(double).number) == (double.identity_number, None)
    assert [former.number for former in an.former_numbers] == [old]


def test_of_two_with_one_number_the_one_that_goes_on_holds_it(cast: Cast, double: Person) -> None:
    people.change(
        double, "identity_number", cast.an.identity_number, seen=double.identity_number, by=None
    )
    before = everything()
    assert (again(cast.an).number, again(double).number) == (cast.an.identity_number, None)
    merge = join(double, cast.an, cast.thu)  # the one without goes on
    assert again(double).number == cast.an.identity_number
    assert again(double).errors == 0
    merging.undo_merge(merge, by=cast.thu)
    assert everything() == before


def test_what_was_confirmed_is_proposed_and_stays_confirmed(cast: Cast, double: Person) -> None:
    verify(double)
    compared = sides.side_by_side(again(cast.an), again(double))
    number = next(d for d in compared.differences if d.group == "identity_number")
    assert (number.proposal, number.why) == ("other", "đã xác thực")
    merge = join(cast.an, double, cast.thu)
    assert again(cast.an).status == "verified"  # the answer was about these very values
    merging.undo_merge(merge, by=cast.thu)
    assert (again(cast.an).status, again(double).status) == ("ready", "verified")


def test_a_verified_record_whose_number_changes_is_no_longer_verified(
    cast: Cast, double: Person
) -> None:
    verify(cast.an)
    join(cast.an, double, cast.thu, identity_number="other")
    assert again(cast.an).status == "changed"


def test_class_and_state_are_chosen_together(cast: Cast, double: Person) -> None:
    membership.set_state(cast.an, "Chuyển đi", active=False, by=cast.thu)
    merge = join(cast.an, double, cast.thu)  # proposed: where the child is now
    an = again(cast.an)
    assert (an.active, an.state, an.school_class) == (True, "Đang học", cast.class_5b)
    merging.undo_merge(merge, by=cast.thu)
    an = again(cast.an)
    assert (an.active, an.state, an.school_class) == (False, "Chuyển đi", cast.class_5a)


def test_who_waits_for_an_answer_is_not_merged(cast: Cast, double: Person) -> None:
    decision = decide(cast.an, double)
    batch = verification.start("school", by=cast.hoa)
    with pytest.raises(Problem, match=f"đợt xác thực số {batch.id}"):
        merging.merge(cast.an, double, decision, by=cast.thu)
    assert again(double).active


def test_who_was_edited_meanwhile_is_not_merged(cast: Cast, double: Person) -> None:
    decision = decide(cast.an, double)
    people.change(double, "address", "Ấp 4", seen="Ấp 3", by=cast.minh)
    with pytest.raises(ChangedMeanwhile):
        merging.merge(cast.an, double, decision, by=cast.thu)
    assert again(double).active
    assert not RecordMerge.select().exists()


def test_a_value_about_which_nobody_decided_is_asked_for(cast: Cast, double: Person) -> None:
    decision = decide(cast.an, double)
    silent = Decision({**decision.sides, "father_name": ""}, decision.seen)
    with pytest.raises(Problem, match="Chọn một bên cho mục"):
        merging.merge(cast.an, double, silent, by=cast.thu)


def test_who_are_two_people_are_not_merged(cast: Cast, double: Person) -> None:
    pairs.tell_apart(cast.an, double, reason="twins", by=cast.thu)
    with pytest.raises(Problem, match="hai người khác nhau"):
        join(cast.an, double, cast.thu)


def test_a_merged_record_is_edited_and_merged_no_more(cast: Cast, double: Person) -> None:
    join(cast.an, double, cast.thu)
    with pytest.raises(Problem, match="không còn dùng"):
        join(double, cast.binh, cast.thu)
    with pytest.raises(Problem, match="một hồ sơ"):
        join(cast.an, cast.an, cast.thu)
    membership.set_state(double, "Đang học", active=True, by=cast.thu)
    assert (again(double).state, again(double).active) == ("Đã gộp", False)


@pytest.mark.parametrize("edited", ["survivor", "batch", "again"])
def test_after_later_work_the_merge_stays(edited: str, cast: Cast, double: Person) -> None:
    merge = join(cast.an, double, cast.thu)
    if edited == "survivor":
        people.change(again(cast.an), "address", "Ấp 9", seen=again(cast.an).address, by=cast.lan)
    elif edited == "batch":
        verification.start("school", by=cast.hoa)
    else:
        join(cast.binh, cast.an, cast.thu)
    after = everything()
    with pytest.raises(Problem):
        merging.undo_merge(merge, by=cast.thu)
    assert everything() == after


def test_an_older_file_finds_the_record_that_goes_on(cast: Cast, double: Person) -> None:
    people.change(double, "ministry_code", "1000000009", seen="", by=cast.thu)
    join(cast.an, double, cast.thu, ministry_code="survivor", full_name="survivor")
    join(cast.binh, cast.an, cast.thu, full_name="survivor")  # and through a second merge
    upload = imports.read_bytes(
        book([line(ministry_code="1000000009", full_name="Nguyễn Thị An", school_class="5B")]),
        "cu.xlsx",
        by=cast.thu,
    )
    [row] = upload.rows
    assert row.person_id == cast.binh.id


def test_a_residence_of_other_places_stays_with_its_record(cast: Cast, double: Person) -> None:
    Person.update(epoch="2level").where(Person.id == double.id).execute()
    compared = sides.side_by_side(again(cast.an), again(double))
    residence = next(d for d in compared.differences if d.group == "residence")
    assert residence.survivor_only
    with pytest.raises(Problem, match="chỉ giữ được"):
        join(cast.an, double, cast.thu, residence="other")
    join(cast.an, double, cast.thu)
    assert again(cast.an).epoch == "3level"


def test_killed_anywhere_the_merge_is_whole_or_absent(
    cast: Cast, double: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_a_life(cast, double, settings)
    before, decision = everything(), decide(cast.an, double, identity_number="other")
    history = Change.select().count()
    real, left = db.obj.execute_sql, [0]

    def execute_sql(sql: str, *rest: Any, **more: Any) -> Any:
        if sql.startswith(("UPDATE", "INSERT", "DELETE")):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
        return real(sql, *rest, **more)

    monkeypatch.setattr(db.obj, "execute_sql", execute_sql)
    for writes in range(200):
        left[0] = writes
        try:
            merging.merge(cast.an, double, decision, by=cast.thu)
        except KeyboardInterrupt:
            assert (everything(), Change.select().count()) == (before, history)
        else:
            break
    assert writes > 15
    assert again(double).state == "Đã gộp"
