"""The one way to change a record: values, conflicts, audit, states and duplicates."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idapp import people
from idapp.database import db
from idapp.models import Change, Person
from idapp.people import membership
from idapp.rules.problem import Problem
from tests.cast import Cast, number_for, pupil


def again(person: Person) -> Person:
    return Person.get_by_id(person.id)


def test_a_change_is_stored_and_audited(cast: Cast) -> None:
    saved = people.change(cast.binh, "address", "  Ấp 3 ", seen="", by=cast.lan)
    row = Change.select().order_by(Change.id.desc()).get()
    assert saved.changed
    assert again(cast.binh).address == "Ấp 3"
    assert (row.event, row.person, row.field, row.old, row.new, row.user, row.source) == (
        "person.changed",
        cast.binh,
        "address",
        "",
        "Ấp 3",
        cast.lan,
        "typed",
    )
    assert row.typed == "  Ấp 3 "
    assert again(cast.binh).version == 2 == row.version


def test_saving_what_stands_there_changes_nothing(cast: Cast) -> None:
    before = Change.select().count()
    saved = people.change(cast.an, "gender", "nữ", seen="Nữ", by=cast.lan)
    assert not saved.changed
    assert Change.select().count() == before
    assert again(cast.an).version == 1


def test_a_value_with_an_error_is_kept_and_blocks_sending(cast: Cast) -> None:
    people.change(cast.an, "date_of_birth", "31/02/2012", seen="20/03/2012", by=cast.lan)
    an = again(cast.an)
    assert an.date_of_birth == "31/02/2012"
    assert an.born is None
    assert an.status == "incomplete"
    assert an.problem_of("date_of_birth")["level"] == "error"


def test_a_text_beyond_reason_is_refused_and_nothing_is_written(cast: Cast) -> None:
    with pytest.raises(Problem) as refused:
        people.change(cast.an, "address", "x" * 5000, seen="", by=cast.lan)
    assert refused.value.code == "too_long"
    assert again(cast.an).address == ""


def test_the_second_of_two_writers_is_told(cast: Cast) -> None:
    people.change(cast.an, "address", "Ấp 1", seen="", by=cast.lan)
    with pytest.raises(people.Conflict) as conflict:
        people.change(cast.an, "address", "Ấp 2", seen="", by=cast.thu)
    assert (conflict.value.theirs, conflict.value.mine, conflict.value.by_name) == (
        "Ấp 1",
        "Ấp 2",
        "Lê Thị Lan",
    )
    assert again(cast.an).address == "Ấp 1"


def test_both_writing_the_same_is_no_conflict(cast: Cast) -> None:
    people.change(cast.an, "address", "Ấp 1", seen="", by=cast.lan)
    assert not people.change(cast.an, "address", "Ấp 1", seen="", by=cast.thu).changed


def test_different_cells_of_one_row_are_both_kept(cast: Cast) -> None:
    first, second = again(cast.an), again(cast.an)
    people.change(first, "address", "Ấp 1", seen="", by=cast.lan)
    people.change(second, "ethnic_group", "Kinh", seen="", by=cast.thu)
    assert (again(cast.an).address, again(cast.an).ethnic_group) == ("Ấp 1", "Kinh")


def test_a_duplicate_marks_both_rows_and_leaves_both(cast: Cast) -> None:
    saved = people.change(
        cast.binh, "identity_number", cast.an.identity_number, seen="", by=cast.lan
    )
    assert [p.id for p in saved.number_sharers] == [cast.an.id]
    assert {again(cast.an).status, again(cast.binh).status} == {"incomplete"}
    assert again(cast.an).number == cast.an.identity_number
    assert again(cast.binh).number is None
    mended = people.change(
        again(cast.binh),
        "identity_number",
        number_for(2012, "Nam", 9),
        seen=cast.an.identity_number,
        by=cast.lan,
    )
    assert [p.status for p in mended.number_sharers] == ["ready"]
    assert again(cast.binh).status == "ready"


def test_a_duplicate_never_names_the_other_class(cast: Cast) -> None:
    people.change(cast.binh, "identity_number", cast.chi.identity_number, seen="", by=cast.lan)
    message = again(cast.binh).problem_of("identity_number")["message"]
    assert "5B" not in message
    assert "Chi" not in message


def test_the_number_index_refuses_two_holders(cast: Cast) -> None:
    """Not a check of ours but of the database, under any interleaving."""
    from peewee import IntegrityError

    with pytest.raises(IntegrityError), db.atomic():
        Person.update(number=cast.an.number).where(Person.id == cast.binh.id).execute()


def test_the_audit_cannot_be_rewritten(cast: Cast) -> None:
    from peewee import PeeweeException

    for statement in (Change.update(new="x"), Change.delete()):
        with pytest.raises(PeeweeException, match="append only"):
            statement.execute()


def test_many_edits_are_one_step_and_leave_conflicts_out(cast: Cast) -> None:
    people.change(cast.an, "address", "Ấp 1", seen="", by=cast.thu)
    edits = [
        people.Edit(cast.an, "address", "Ấp 9", ""),
        people.Edit(cast.an, "ethnic_group", "kinh", ""),
        people.Edit(cast.binh, "identity_number", number_for(2012, "Nam", 2), ""),
    ]
    result = people.change_many(edits, by=cast.lan, source="pasted")
    assert [c.field for c in result.conflicts] == ["address"]
    assert again(cast.an).ethnic_group == "Kinh"
    assert again(cast.binh).status == "ready"
    changesets = {c.changeset for c in Change.select().where(Change.source == "pasted")}
    assert len(changesets) == 1


def test_many_newcomers_with_the_same_number_see_each_other(cast: Cast) -> None:
    twins = [("student", cast.class_5a, pupil(f"Hồ Thị {n}", serial=77)) for n in ("Hai", "Ba")]
    added = people.add_many(twins, by=cast.thu, source="import")
    states = [again(p) for p in added]
    assert [p.status for p in states] == ["incomplete", "incomplete"]
    assert sum(p.number is not None for p in states) == 1


def test_counts_add_up(cast: Cast) -> None:
    counts = people.counts(Person.select())
    assert counts.total == sum(counts.by_status.values()) == 4
    assert counts.errors == 1
    assert counts.verified == 0


def test_a_moved_pupil_is_judged_by_the_new_grade(cast: Cast) -> None:
    from idapp import school

    first = school.add_class("1A", by=cast.thu)
    membership.move(again(cast.an), first, by=cast.thu)
    assert again(cast.an).problem_of("date_of_birth")["level"] == "warning"


def test_who_bears_the_same_number_is_told_where_the_other_went(cast: Cast) -> None:
    people.change(cast.binh, "identity_number", cast.an.identity_number, seen="", by=cast.lan)
    assert "trong lớp" in again(cast.binh).problem_of("identity_number")["message"]
    membership.move(cast.an, cast.class_5b, by=cast.thu)
    assert "trong trường" in again(cast.binh).problem_of("identity_number")["message"]
    assert "trong trường" in again(cast.an).problem_of("identity_number")["message"]


def test_the_second_of_two_movers_starts_where_the_first_left_off(cast: Cast) -> None:
    from idapp import school

    one, other, third, home = (
        again(cast.an),
        again(cast.an),
        again(cast.an),
        school.add_class("4A", by=cast.thu),
    )
    membership.move(one, cast.class_5b, by=cast.thu)
    people.change(one, "date_of_birth", "31/02/2012", seen=cast.an.date_of_birth, by=cast.minh)
    assert membership.move(other, home, by=cast.hoa).school_class == home
    membership.move(third, home, by=cast.thu)
    moves = (
        Change.select(Change.old, Change.new)
        .where(Change.event == "person.moved")
        .order_by(Change.id)
    )
    assert list(moves.tuples()) == [("5A", "5B"), ("5B", "4A")]
    assert again(cast.an).problem_of("date_of_birth")["level"] == "error"
    assert again(cast.an).status == "incomplete"


def test_who_comes_back_is_weighed_by_what_stands_there_by_then(cast: Cast) -> None:
    old = again(cast.an)
    membership.set_state(old, "Chuyển đi", active=False, by=cast.thu)
    mended = number_for(2012, "Nữ", 8)
    people.change(cast.an, "identity_number", mended, seen=cast.an.identity_number, by=cast.lan)
    membership.set_state(old, "Đang học", active=True, by=cast.hoa)
    assert again(cast.an).number == again(cast.an).identity_number == mended
    last = Change.select().where(Change.event == "person.state").order_by(Change.id.desc()).get()
    assert (last.old, last.new) == ("Chuyển đi", "Đang học")


def test_leaving_frees_the_number(cast: Cast) -> None:
    people.change(cast.binh, "identity_number", cast.an.identity_number, seen="", by=cast.lan)
    membership.set_state(again(cast.an), "Chuyển đi", active=False, by=cast.thu)
    assert again(cast.an).number is None
    assert again(cast.binh).number == cast.an.identity_number


FIELDS = (
    "full_name",
    "date_of_birth",
    "gender",
    "identity_number",
    "commune",
    "nationality",
    "ministry_code",
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    edits=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(FIELDS), st.text(max_size=40)), max_size=6
    )
)
def test_any_texts_keep_the_invariants(cast: Cast, edits: list[tuple[str, str, str]]) -> None:
    """Whatever is typed: one state, one holder a number, versions equal audited versions, stored equals audited."""
    everybody = {"a": cast.an, "b": cast.binh, "c": cast.chi}
    for who, field, text in edits:
        person = again(everybody[who])
        people.change(person, field, text, seen=getattr(person, field), by=cast.thu)
    numbers = [p.number for p in Person.select().where(Person.active, Person.number.is_null(False))]
    assert len(numbers) == len(set(numbers))
    for person in Person.select():
        versions = {
            c.version
            for c in person.changes.where(
                Change.event == "person.changed", Change.source == "typed"
            )
        } - {1}
        assert person.version - 1 == len(versions)
        assert person.errors + person.warnings == len(person.problems)
        json.dumps(person.problems)
        last = {c.field: c.new for c in person.changes.order_by(Change.id)}
        assert all(getattr(person, field) == new for field, new in last.items())


def test_a_number_is_read_by_the_nationality_that_comes_with_it(cast: Cast) -> None:
    """In whatever order a form sends them: a passport of Laos is no badly typed identity number."""
    edits = [
        people.Edit(cast.binh, "identity_number", "e 1234567", ""),
        people.Edit(cast.binh, "nationality", "Lào", ""),
    ]
    people.change_many(edits, by=cast.thu, source="typed")
    binh = Person.get_by_id(cast.binh.id)
    assert (binh.nationality, binh.identity_number) == ("Lào", "E1234567")
