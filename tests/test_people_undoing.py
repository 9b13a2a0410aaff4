"""Undo and redo from the audit alone: two stacks, exact texts, and never over somebody else's edit."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import ModelSelect

from idapp import people, verification
from idapp.models import Change, Person, User
from idapp.people import Edit, membership, reverting, undoing
from idapp.people.undoing import OutOfReach, UndoConflict
from idapp.rules import record
from tests.cast import Cast, number_for, pupil
from tests.statements import counted


def again(person: Person) -> Person:
    return Person.get_by_id(person.id)


def table(cast: Cast) -> ModelSelect[Person]:
    return Person.select().where(Person.school_class == cast.class_5a, Person.active)


def write(person: Person, by: User, source: str = "typed", **texts: str) -> str:
    changeset = people.new_changeset()
    people.change_many(
        [Edit(person, name, text) for name, text in texts.items()],
        by=by,
        source=source,
        changeset=changeset,
    )
    return changeset


def test_a_typed_cell_goes_back_and_forth(cast: Cast) -> None:
    write(cast.an, cast.lan, address="Ấp 1")
    done = undoing.undo(table(cast), by=cast.lan)
    assert done
    assert (done.cells, done.source) == (1, "typed")
    assert again(cast.an).address == ""
    undoing.redo(table(cast), by=cast.lan)
    assert again(cast.an).address == "Ấp 1"


def test_a_paste_is_one_step(cast: Cast) -> None:
    changeset = people.new_changeset()
    edits = [Edit(p, "address", f"Ấp {p.id}") for p in (cast.an, cast.binh)]
    people.change_many(
        [*edits, Edit(cast.an, "identity_number", "1")],
        by=cast.lan,
        source="pasted",
        changeset=changeset,
    )
    done = undoing.undo(table(cast), by=cast.lan)
    assert done
    assert done.of == changeset
    assert done.cells == 3
    assert (again(cast.an).address, again(cast.binh).address) == ("", "")
    assert again(cast.an).identity_number == cast.an.identity_number
    assert again(cast.an).status == "ready"


def test_the_audit_says_undo_of_which_step(cast: Cast) -> None:
    changeset = write(cast.an, cast.lan, address="Ấp 1")
    done = undoing.undo(table(cast), by=cast.lan)
    assert done
    [row] = Change.select().where(Change.changeset == done.changeset)
    assert (row.source, row.verb, row.undoes) == ("undo", "undo", changeset)
    assert row.subject == f"undo {changeset}", "for people who read the history"
    assert (row.old, row.new, row.user) == ("Ấp 1", "", cast.lan)
    undoing.redo(table(cast), by=cast.lan)
    row = Change.select().order_by(Change.id.desc()).get()
    assert (row.verb, row.undoes) == ("redo", changeset)


def test_steps_go_back_from_the_newest_to_the_oldest(cast: Cast) -> None:
    for text in ("a", "b", "c"):
        write(cast.an, cast.lan, address=text)
    seen = []
    while undoing.undo(table(cast), by=cast.lan):
        seen.append(again(cast.an).address)
    assert seen == ["b", "a", ""]
    while undoing.redo(table(cast), by=cast.lan):
        seen.append(again(cast.an).address)
    assert seen[3:] == ["a", "b", "c"]


def test_something_new_ends_redoing(cast: Cast) -> None:
    write(cast.an, cast.lan, address="a")
    undoing.undo(table(cast), by=cast.lan)
    write(cast.an, cast.lan, address="b")
    assert undoing.redo(table(cast), by=cast.lan) is None
    assert again(cast.an).address == "b"


def test_somebody_elses_edit_is_never_undone_away(cast: Cast) -> None:
    people.change_many(
        [Edit(cast.an, "address", "Của Lan"), Edit(cast.binh, "address", "Của Lan")],
        by=cast.lan,
        source="pasted",
    )
    write(cast.an, cast.thu, address="Của Thư")
    before = Change.select().count()
    with pytest.raises(UndoConflict) as stale:
        undoing.undo(table(cast), by=cast.lan)
    [cell] = stale.value.cells
    assert (cell.person.id, cell.field, cell.now, cell.by_name) == (
        cast.an.id,
        "address",
        "Của Thư",
        "Võ Thị Thư",
    )
    assert Change.select().count() == before
    assert again(cast.binh).address == "Của Lan"


def test_the_other_cells_can_be_undone_all_the_same(cast: Cast) -> None:
    write(cast.an, cast.lan, address="a")
    people.change_many(
        [Edit(p, "address", "b") for p in (cast.an, cast.binh)], by=cast.lan, source="pasted"
    )
    write(cast.an, cast.thu, address="c")
    done = undoing.undo(table(cast), by=cast.lan, rest=True)
    assert done
    assert done.cells == 1
    assert [c.now for c in done.kept] == ["c"]
    assert (again(cast.an).address, again(cast.binh).address) == ("c", "")


def test_a_step_of_which_nothing_is_left_does_not_block_the_pile(cast: Cast) -> None:
    write(cast.binh, cast.lan, address="a")
    write(cast.an, cast.lan, address="a")
    write(cast.an, cast.thu, address="c")
    done = undoing.undo(table(cast), by=cast.lan, rest=True)
    assert done
    assert done.cells == 0
    assert again(cast.an).address == "c"
    undoing.undo(table(cast), by=cast.lan)
    assert again(cast.binh).address == ""


def test_only_own_deeds_and_only_of_this_table(cast: Cast) -> None:
    write(cast.an, cast.thu, address="a")
    write(cast.chi, cast.thu, address="a")
    assert undoing.undo(table(cast), by=cast.lan) is None
    assert undoing.undo(Person.select().where(Person.kind == "staff"), by=cast.thu) is None
    undoing.undo(table(cast), by=cast.thu)
    assert again(cast.an).address == ""
    assert again(cast.chi).address == "a"


def test_files_and_papers_are_no_steps_of_a_table(cast: Cast) -> None:
    people.add(
        kind="student",
        school_class=cast.class_5a,
        values=pupil("Vũ Mới", serial=9),
        by=cast.lan,
        source="import",
    )
    write(cast.an, cast.lan, source="import", address="a")
    write(cast.an, cast.lan, source="notice", gender="Nam")
    assert undoing.undo(table(cast), by=cast.lan) is None


def ever(cast: Cast) -> ModelSelect[Person]:
    """The table with those who left."""
    return Person.select().where(Person.school_class == cast.class_5a)


def test_somebody_added_by_mistake_leaves_again_and_comes_back(cast: Cast) -> None:
    write(cast.an, cast.lan, address="a")
    added = people.add(
        kind="student", school_class=cast.class_5a, values=pupil("Vũ Mới", serial=9), by=cast.lan
    )
    write(added, cast.lan, address="b")
    undoing.undo(ever(cast), by=cast.lan)
    assert again(added).active
    assert again(added).address == ""
    for _ in range(2):
        done = undoing.undo(ever(cast), by=cast.lan)
        assert done
        assert done.people == [added]
        assert again(cast.an).address == "a"
        assert (again(added).active, again(added).state, again(added).number) == (
            False,
            membership.MISTAKEN,
            None,
        )
        done = undoing.redo(ever(cast), by=cast.lan)
        assert done
        assert again(added).active
        assert again(added).state == "Đang học"
        assert again(added).status == "ready"
    undoing.redo(ever(cast), by=cast.lan)
    assert again(added).address == "b"
    assert [c.user for c in Change.select().where(Change.event == "person.state")] == [cast.lan] * 4


def test_somebody_added_stays_once_others_worked_on_the_record(cast: Cast) -> None:
    added = people.add(
        kind="student", school_class=cast.class_5a, values=pupil("Vũ Mới", serial=9), by=cast.lan
    )
    write(added, cast.thu, address="của Thư")
    with pytest.raises(undoing.UndoConflict) as stale:
        undoing.undo(ever(cast), by=cast.lan)
    assert [(cell.field, cell.by_name) for cell in stale.value.cells] == [
        ("address", cast.thu.full_name)
    ]
    done = undoing.undo(ever(cast), by=cast.lan, rest=True)
    assert done
    assert not done.people
    assert again(added).active
    assert undoing.undo(ever(cast), by=cast.lan) is None


def test_somebody_added_stays_once_asked_about(cast: Cast) -> None:
    added = people.add(
        kind="student", school_class=cast.class_5a, values=pupil("Vũ Mới", serial=9), by=cast.lan
    )
    verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
    with pytest.raises(undoing.InUse):
        undoing.undo(ever(cast), by=cast.lan)
    assert again(added).active


def test_texts_go_back_to_the_letter(cast: Cast) -> None:
    """Typed when nothing stood above it, "my an" was stored as it was; undo must not make "Xã Mỹ An" of it."""
    write(cast.an, cast.lan, province="", district="", commune="")
    write(cast.an, cast.lan, commune="my an")
    home = {"district": "Huyện Thủ Thừa", "commune": "Xã Mỹ An"}
    write(cast.an, cast.lan, province="Tỉnh Long An", **home)
    undoing.undo(table(cast), by=cast.lan)
    assert (again(cast.an).district, again(cast.an).commune) == ("", "my an")


def test_an_undone_verified_record_must_be_asked_again_or_is_verified_again(cast: Cast) -> None:
    """Invariant 1 holds through undo: the confirmed values are back, so the confirmation counts again."""
    values = people.values_of(again(cast.an))
    hash_ = record.identity_hash(values, people.around(again(cast.an)))
    Person.update(outcome="verified", outcome_hash=hash_).where(Person.id == cast.an.id).execute()
    people.recompute(again(cast.an))
    write(again(cast.an), cast.lan, full_name="Nguyễn Thị Ân")
    assert again(cast.an).status == "changed"
    undoing.undo(table(cast), by=cast.lan)
    assert again(cast.an).status == "verified"


def test_a_pupil_who_left_the_class_is_out_of_reach(cast: Cast) -> None:
    people.change_many(
        [Edit(p, "address", "a") for p in (cast.an, cast.binh)], by=cast.lan, source="pasted"
    )
    membership.move(again(cast.an), cast.class_5b, by=cast.thu)
    with pytest.raises(OutOfReach):
        undoing.undo(table(cast), by=cast.lan)
    undoing.undo(table(cast), by=cast.lan, rest=True)
    assert (again(cast.an).address, again(cast.binh).address) == ("a", "")


def test_the_same_text_written_by_somebody_else_is_theirs(cast: Cast) -> None:
    for by, text in ((cast.lan, "a"), (cast.thu, "b"), (cast.thu, "a")):
        write(cast.an, by, address=text)
    with pytest.raises(UndoConflict) as stale:
        undoing.undo(table(cast), by=cast.lan)
    assert stale.value.cells[0].by_name == "Võ Thị Thư"
    assert again(cast.an).address == "a"


def test_what_somebody_else_took_back_is_no_change(cast: Cast) -> None:
    write(cast.an, cast.lan, address="a")
    write(cast.an, cast.thu, address="b")
    undoing.undo(table(cast), by=cast.thu)
    undoing.undo(table(cast), by=cast.lan)
    assert again(cast.an).address == ""
    with pytest.raises(UndoConflict):
        undoing.redo(table(cast), by=cast.thu)  # the "a" under it is gone


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["lan", "thu"]),
        st.sampled_from(["type", "undo", "redo"]),
        st.sampled_from(["an", "binh"]),
        st.sampled_from("abc"),
    ),
    max_size=10,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deeds=DEEDS)
def test_any_order_of_deeds_keeps_the_audit_true(
    cast: Cast, deeds: list[tuple[str, str, str, str]]
) -> None:
    """Whatever two people do, each cell holds what its last audit row says; what is refused changes nothing."""
    for who, deed, whom, text in deeds:
        by, person, before = getattr(cast, who), again(getattr(cast, whom)), Change.select().count()
        try:
            if deed == "type":
                people.change(person, "address", text, seen=person.address, by=by)
            else:
                getattr(undoing, deed)(table(cast), by=by)
        except UndoConflict as stale:
            assert stale.cells
            assert Change.select().count() == before
    for person in (again(cast.an), again(cast.binh)):
        rows = list(
            Change.select()
            .where(Change.person == person, Change.field == "address")
            .order_by(Change.id)
        )
        assert person.address == (rows[-1].new if rows else "")
        assert all(earlier.new == later.old for earlier, later in itertools.pairwise(rows))


# a whole file back


def test_a_file_is_reverted_where_nobody_worked_since(cast: Cast) -> None:
    changeset = people.new_changeset()
    people.change_many(
        [Edit(cast.an, "address", "tệp"), Edit(cast.binh, "address", "tệp")],
        by=cast.thu,
        source="import",
        changeset=changeset,
    )
    added = people.add_many(
        [
            ("student", cast.class_5a, pupil(f"Vũ {name}", serial=at))
            for at, name in ((11, "Một"), (12, "Hai"))
        ],
        by=cast.thu,
        source="import",
        changeset=changeset,
    )
    membership.move(
        again(cast.chi), cast.class_5a, by=cast.thu, source="import", changeset=changeset
    )
    write(cast.an, cast.lan, address="Lan sửa")
    write(added[0], cast.lan, address="Lan sửa")

    done = reverting.revert(changeset, by=cast.thu)

    assert done.values == 1
    assert again(cast.binh).address == ""
    assert again(cast.an).address == "Lan sửa"
    assert [(c.person.id, c.by_name) for c in done.kept] == [(cast.an.id, "Lê Thị Lan")]
    assert [p.id for p in done.put_aside] == [added[1].id]
    assert [p.id for p in done.kept_people] == [added[0].id]
    gone = again(added[1])
    assert (gone.active, gone.state, gone.full_name) == (False, membership.MISTAKEN, "Vũ Hai")
    assert [p.id for p in done.moved_back] == [cast.chi.id]
    assert again(cast.chi).school_class == cast.class_5b
    cells = Change.select().where(
        Change.changeset == done.changeset, Change.event == "person.changed"
    )
    assert {(row.verb, row.undoes) for row in cells} == {("undo", changeset)}


def test_a_large_file_goes_back_with_few_statements(cast: Cast) -> None:
    """Two thousand newcomers must not keep everybody else from saving for ten seconds."""
    changeset = people.new_changeset()
    newcomers = [("student", cast.class_5b, pupil(f"Vũ {n}", serial=20 + n)) for n in range(60)]
    people.add_many(newcomers, by=cast.thu, source="import", changeset=changeset)
    with counted() as statements:
        done = reverting.revert(changeset, by=cast.thu)
    assert len(done.put_aside) == 60
    assert (
        Person.select()
        .where(Person.state == membership.MISTAKEN, ~Person.active, Person.number.is_null())
        .count()
        == 60
    )
    assert 0 < len(statements) < 60 + 40  # one for each record's new state, and a few for all


def test_reverting_twice_does_no_harm(cast: Cast) -> None:
    changeset = write(cast.an, cast.thu, source="import", address="tệp")
    reverting.revert(changeset, by=cast.thu)
    write(cast.an, cast.lan, address="Lan sửa")
    assert reverting.revert(changeset, by=cast.thu).values == 0
    assert again(cast.an).address == "Lan sửa"


def test_states_of_a_file_go_back(cast: Cast) -> None:
    changeset = people.new_changeset()
    membership.set_state(
        again(cast.an),
        "Chuyển đi kỳ 1",
        active=False,
        by=cast.thu,
        source="import",
        changeset=changeset,
    )
    reverting.revert(changeset, by=cast.thu)
    assert (again(cast.an).active, again(cast.an).state) == (True, "Đang học")


def test_a_newcomer_who_was_sent_to_the_register_stays(cast: Cast) -> None:
    changeset = people.new_changeset()
    added = people.add(
        kind="student",
        school_class=cast.class_5a,
        by=cast.thu,
        source="import",
        changeset=changeset,
        values=pupil("Vũ Một", serial=11),
    )
    verification.start("school", by=cast.hoa)
    done = reverting.revert(changeset, by=cast.thu)
    assert [p.id for p in done.kept_people] == [added.id]
    assert again(added).active


def test_a_number_goes_back_although_somebody_else_took_it(cast: Cast) -> None:
    number = cast.an.identity_number
    write(cast.an, cast.lan, identity_number=number_for(2012, "Nữ", 77))
    write(cast.binh, cast.lan, source="import", identity_number=number)
    undoing.undo(table(cast), by=cast.lan)
    assert again(cast.an).identity_number == number
    assert again(cast.an).problem_of("identity_number")["code"] == "duplicate"
