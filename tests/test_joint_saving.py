"""Cells that are saved at the same moment share a transaction, and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest
from peewee import IntegrityError
from werkzeug.local import LocalProxy

from idapp import database, history_chain, people
from idapp.audit import remote_address
from idapp.database import connected, writing
from idapp.models import Change, Person, User
from idapp.people import Conflict, Saved, joint_saving
from idapp.rules.problem import Problem
from tests.cast import Cast, pupil

Outcome = Saved | Exception


@contextmanager
def together(*saves: Callable[[], Saved]) -> Iterator[list[Outcome]]:
    """All of them wait in the line, in this order, before the first can write; what became of each, after the block.

    Inside the block nothing of them is written yet.
    """
    outcomes: list[Any] = [None] * len(saves)

    def save(rank: int) -> None:
        with connected():
            try:
                outcomes[rank] = saves[rank]()
            except Exception as fault:
                outcomes[rank] = fault

    threads = [threading.Thread(target=save, args=(rank,)) for rank in range(len(saves))]
    with database.turn_to_write():
        for rank, thread in enumerate(threads, start=1):
            thread.start()
            wait_for(lambda rank=rank: len(joint_saving._line._waiting) == rank)
        yield outcomes
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert not joint_saving._line._waiting


def wait_for(fact: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not fact():
        assert time.monotonic() < end
        time.sleep(0.002)


def saves(
    person: Person, text: str, *, by: Any, seen: str = "", field: str = "address", place: str = ""
) -> Callable[[], Saved]:
    def save() -> Saved:
        remote_address.set(place)
        return people.change(person, field, text, seen=seen, by=by)

    return save


def class_of(cast: Cast, count: int) -> list[Person]:
    newcomers = [
        ("student", cast.class_5a, pupil(f"Nguyễn Thị {letter}", serial=300 + at))
        for at, letter in enumerate("BCDEGHIKLMNOPQRSTUVXY"[:count])
    ]
    return people.add_many(newcomers, by=cast.thu, source="import")


def typed_changes() -> list[Change]:
    """By record, each in the order of its own: which of several goes first within a transaction is not said."""
    changes = Change.select().where(Change.source == "typed")
    return list(changes.order_by(Change.person, Change.id))


def test_who_waits_is_written_with_who_comes_first_each_in_the_own_name(cast: Cast) -> None:
    pupils = class_of(cast, 5)
    authors = [cast.lan, cast.minh, cast.thu, cast.hoa, cast.thu]
    deeds = [
        saves(one, f"Ấp {at}", by=by, place=f"10.0.0.{at}")
        for at, (one, by) in enumerate(zip(pupils, authors, strict=True))
    ]
    with together(*deeds) as outcomes:
        assert not typed_changes()
    assert [saved.person.address for saved in outcomes] == [f"Ấp {at}" for at in range(5)]
    assert [saved.person.id for saved in outcomes] == [one.id for one in pupils]
    changes = typed_changes()
    assert [change.new for change in changes] == [f"Ấp {at}" for at in range(5)]
    assert [change.user_id for change in changes] == [by.id for by in authors]
    assert [change.address for change in changes] == [f"10.0.0.{at}" for at in range(5)]
    assert len({change.at for change in changes}) == 1, "one transaction"
    assert len({change.changeset for change in changes}) == 5, "each can be undone alone"
    assert {Person.get_by_id(one.id).version for one in pupils} == {2}
    assert history_chain.examine() is None


def test_one_in_conflict_leaves_the_others_alone(cast: Cast) -> None:
    first, second, third = class_of(cast, 3)
    people.change(second, "address", "Ấp của người khác", seen="", by=cast.minh)
    deeds = [
        saves(first, "Ấp 1", by=cast.lan),
        saves(second, "Ấp 2", by=cast.thu),
        saves(third, "x" * 300, by=cast.lan),
        saves(cast.an, "Ấp 4", by=cast.lan, seen=cast.an.address),
    ]
    with together(*deeds) as outcomes:
        pass
    saved, conflict, problem, last = outcomes
    assert isinstance(saved, Saved)
    assert isinstance(last, Saved)
    assert isinstance(conflict, Conflict)
    assert (conflict.theirs, conflict.mine) == ("Ấp của người khác", "Ấp 2")
    assert conflict.by_name == cast.minh.full_name
    assert isinstance(problem, Problem)
    assert problem.code == "too_long"
    stored = [Person.get_by_id(one.id).address for one in (first, second, third, cast.an)]
    assert stored == ["Ấp 1", "Ấp của người khác", "", "Ấp 4"]
    assert [change.new for change in typed_changes()] == ["Ấp 4", "Ấp 1", "Ấp của người khác"]
    assert history_chain.examine() is None


def test_a_fault_of_one_is_told_to_that_one_alone(cast: Cast) -> None:
    first, second, third = class_of(cast, 3)
    nobody = User(id=9999, username="khong-co", full_name="Không có", role="clerk")
    deeds = [
        saves(first, "Ấp 1", by=cast.lan),
        saves(second, "Ấp 2", by=nobody),
        saves(third, "Ấp 3", by=cast.lan),
    ]
    with together(*deeds) as outcomes:
        pass
    assert isinstance(outcomes[1], IntegrityError)
    assert [change.new for change in typed_changes()] == ["Ấp 1", "Ấp 3"]
    assert Person.get_by_id(second.id).address == ""
    assert history_chain.examine() is None


def test_cells_of_one_record_are_written_one_after_the_other(cast: Cast) -> None:
    """In the order in which they came: the later one saw what the earlier one wrote, or is in conflict."""
    [person] = class_of(cast, 1)
    deeds = [
        saves(person, "Ấp 1", by=cast.lan),
        saves(person, "Ấp 2", by=cast.lan, seen="Ấp 1"),
        saves(person, "Ấp 3", by=cast.thu, seen="Ấp 1"),
        saves(person, "Tày", by=cast.thu, seen=person.ethnic_group, field="ethnic_group"),
    ]
    with together(*deeds) as outcomes:
        pass
    assert isinstance(outcomes[2], Conflict)
    assert outcomes[2].theirs == "Ấp 2"
    stored = Person.get_by_id(person.id)
    assert (stored.address, stored.ethnic_group, stored.version) == ("Ấp 2", "Tày", 4)
    assert [change.version for change in typed_changes()] == [2, 3, 4]


def test_one_number_for_two_at_the_same_moment_marks_both(cast: Cast) -> None:
    first, second = class_of(cast, 2)
    number = "100212000987"
    deeds = [
        saves(one, number, by=cast.lan, seen=one.identity_number, field="identity_number")
        for one in (first, second)
    ]
    with together(*deeds) as outcomes:
        pass
    assert all(isinstance(outcome, Saved) for outcome in outcomes)
    for one in (first, second):
        stored = Person.get_by_id(one.id)
        assert stored.identity_number == number
        assert "duplicate" in {problem["code"] for problem in stored.problems}


def test_an_author_who_stands_in_the_request_is_that_of_the_own_request(cast: Cast) -> None:
    """Views hand on ``current_user``, which is somebody else in the thread that writes."""
    present: ContextVar[User] = ContextVar("present")
    current_user = LocalProxy(present)
    pupils = class_of(cast, 3)
    authors = [cast.lan, cast.thu, cast.hoa]

    def saves_as(at: int) -> Callable[[], Saved]:
        def save() -> Saved:
            present.set(authors[at])
            return people.change(pupils[at], "address", f"Ấp {at}", seen="", by=current_user)

        return save

    with together(*map(saves_as, range(3))) as outcomes:
        pass
    assert all(isinstance(outcome, Saved) for outcome in outcomes)
    assert [change.user_id for change in typed_changes()] == [by.id for by in authors]


def test_more_than_one_transaction_takes_come_in_the_next(cast: Cast) -> None:
    pupils = class_of(cast, 18)  # a server gives a process twenty connections
    deeds = [saves(one, f"Ấp {at}", by=cast.lan) for at, one in enumerate(pupils)]
    with together(*deeds) as outcomes:
        pass
    assert all(isinstance(outcome, Saved) for outcome in outcomes)
    changes = typed_changes()
    assert [change.new for change in changes] == [f"Ấp {at}" for at in range(18)]
    moments = [change.at for change in changes]
    assert [moments.count(moment) for moment in sorted(set(moments))] == [16, 2]


def test_within_a_transaction_a_cell_goes_with_it(cast: Cast) -> None:
    before = cast.an.address
    with pytest.raises(ZeroDivisionError), writing():
        people.change(cast.an, "address", "Ấp 1", seen=before, by=cast.lan)
        raise ZeroDivisionError
    assert Person.get_by_id(cast.an.id).address == before
    assert not typed_changes()
