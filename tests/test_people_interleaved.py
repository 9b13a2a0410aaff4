"""Two people at one table, their deeds mixed at random (1,000 times): nothing is lost silently.

The model is small: what stands in each cell, what each of the two last saw of it, who wrote what. A text is accepted
exactly if its author saw what stands there, or wants what stands there already; every other one comes back to its
author as a conflict. At the end the audit must tell the very same story, each change beginning where the one before it
ended.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idapp import people
from idapp.database import db
from idapp.models import Change, Person, User
from idapp.people import undoing
from idapp.rules import record
from idapp.rules.record import RecordContext
from tests import postgresql
from tests.cast import Cast

TEXTS = {
    "address": ["Ấp 1", " Ấp  1", "Ấp 2", ""],
    "ethnic_group": ["Kinh", "kinh", "Khmer", "không rõ"],
    "date_of_birth": ["20/03/2012", "20-3-2012", "31/02/2012"],
}
Cell = tuple[int, str]  # (which of the two pupils, field)
FILTERS = [((at, name), text) for at in (0, 1) for name, texts in TEXTS.items() for text in texts]
SETTLED = {
    text: record.normalise(name, text, {}, RecordContext(today=date(2022, 10, 16)))
    for (_, name), text in FILTERS
}
_block = st.lists(st.sampled_from(FILTERS), min_size=2, max_size=4, unique_by=lambda wish: wish[0])
_deed = st.one_of(
    st.tuples(st.just("type"), st.sampled_from(FILTERS)),
    st.tuples(st.just("paste"), _block),
    st.sampled_from([("look", None), ("undo", None), ("redo", None)]),
)
_evening = st.lists(st.tuples(st.integers(0, 1), _deed), min_size=3, max_size=7)


@dataclass
class Evening:
    """One table, two users, and what the model knows."""

    users: list[User]
    pupils: list[Person]
    stands: dict[Cell, str]
    saw: list[dict[Cell, str]]
    story: list[tuple[int, Cell, str, str]] = field(default_factory=list)  # (user, cell, old, new)

    def now(self) -> dict[Cell, str]:
        """What the database holds."""
        columns = [getattr(Person, name) for name in TEXTS]
        query = Person.select(*columns).where(Person.id.in_([pupil.id for pupil in self.pupils]))
        rows = query.order_by(Person.id).tuples()
        return {
            (at, name): text
            for at, row in enumerate(rows)
            for name, text in zip(TEXTS, row, strict=True)
        }

    def accept(self, who: int, cell: Cell, new: str) -> None:
        if new != self.stands[cell]:
            self.story.append((who, cell, self.stands[cell], new))
        self.stands[cell] = self.saw[who][cell] = new

    def met(self, who: int, cell: Cell, mine: str, conflict: people.Conflict) -> None:
        """The author is told what stands there and by whom; now he has seen it."""
        assert (conflict.theirs, conflict.mine) == (self.stands[cell], mine)
        last = next((u for u, c, _, _ in reversed(self.story) if c == cell), None)
        assert last is None or conflict.by_name == self.users[last].full_name
        self.saw[who][cell] = self.stands[cell]

    def may_write(self, who: int, cell: Cell, new: str) -> bool:
        return self.saw[who][cell] == self.stands[cell] or new == self.stands[cell]


@pytest.fixture
def quick(cast: Cast) -> Iterator[Callable[[], Evening]]:
    """Nobody pulls the plug in this test: the disk need not be waited for."""
    if not postgresql.is_used():
        for pragma in ("synchronous=OFF", "journal_mode=MEMORY"):
            db.execute_sql(f"PRAGMA {pragma}")
    pool = list[Person]()
    yield lambda: _table_for(cast, pool)


@pytest.mark.timeout(240)
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deeds=_evening)
def test_nothing_is_lost_silently(quick: Callable[[], Evening], deeds: list[tuple[int, tuple]]):
    evening = quick()
    for who, (deed, what) in deeds:
        _DEEDS[deed](evening, who, what)
        assert evening.now() == evening.stands
    _audit_tells_the_same(evening)


def _table_for(cast: Cast, pool: list[Person]) -> Evening:
    """Two pupils nobody has touched yet, newborn forty at a time."""
    if not pool:
        values = {"full_name": "Nguyễn Thị An", "ethnic_group": "Tày"}
        pool += people.add_many(
            [("student", cast.class_5b, values)] * 40, by=cast.lan, source="import"
        )
    pupils = [pool.pop(0), pool.pop(0)]
    stands = {(i, name): str(getattr(pupils[i], name)) for i in (0, 1) for name in TEXTS}
    return Evening([cast.thu, cast.hoa], pupils, stands, [dict(stands), dict(stands)])


def _look(evening: Evening, who: int, _: None) -> None:
    evening.saw[who] = dict(evening.stands)


def _type(evening: Evening, who: int, wish: tuple[Cell, str]) -> None:
    (at, name), text = cell, _ = wish
    new, user = SETTLED[text], evening.users[who]
    if evening.may_write(who, cell, new):
        saved = people.change(evening.pupils[at], name, text, seen=evening.saw[who][cell], by=user)
        assert saved.changed == (new != evening.stands[cell])
        evening.accept(who, cell, new)
    else:
        with pytest.raises(people.Conflict) as met:
            people.change(evening.pupils[at], name, text, seen=evening.saw[who][cell], by=user)
        evening.met(who, cell, text, met.value)


def _paste(evening: Evening, who: int, block: list[tuple[Cell, str]]) -> None:
    edits = [
        people.Edit(evening.pupils[at], name, text, evening.saw[who][at, name])
        for (at, name), text in block
    ]
    result = people.change_many(edits, by=evening.users[who], source="pasted")
    conflicts = {(c.person.id, c.field): c for c in result.conflicts}
    assert result.refused == []
    for cell, text in block:
        new, conflict = SETTLED[text], conflicts.pop((evening.pupils[cell[0]].id, cell[1]), None)
        assert (conflict is None) == evening.may_write(who, cell, new)
        if conflict:
            evening.met(who, cell, text, conflict)
        else:
            evening.accept(who, cell, new)
    assert not conflicts


def _step(evening: Evening, who: int, _: None, *, verb: str) -> None:
    """Back or forth: all cells of one own step, each from exactly what stood there; or nothing, with the reason."""
    table = Person.select().where(Person.id.in_([pupil.id for pupil in evening.pupils]))
    try:
        undone = getattr(undoing, verb)(table, by=evening.users[who])
    except undoing.UndoConflict as stale:
        assert stale.cells
        assert all(
            c.now == evening.stands[_cell(evening, c.person.id, c.field)] for c in stale.cells
        )
        return
    if undone is None:
        return
    assert undone.result.conflicts == [] == undone.result.refused
    own = list(Change.select().where(Change.changeset == undone.of).order_by(Change.id))
    assert own, "only one's own steps"
    assert {c.user_id for c in own} == {evening.users[who].id}, "only one's own steps"
    for change in (
        Change.select()
        .where(Change.changeset == undone.changeset, Change.event == "person.changed")
        .order_by(Change.id)
    ):
        cell = _cell(evening, change.person_id, change.field)
        pair = (change.new, change.old) if verb == "undo" else (change.old, change.new)
        assert pair in {
            (c.old, c.new)
            for c in own
            if (c.person_id, c.field) == (change.person_id, change.field)
        }
        assert change.old == evening.stands[cell]
        evening.accept(who, cell, change.new)


def _cell(evening: Evening, person_id: int | None, name: str) -> Cell:
    return [p.id for p in evening.pupils].index(person_id), name


def _audit_tells_the_same(evening: Evening) -> None:
    query = Change.select().where(
        Change.person.in_(evening.pupils), Change.event == "person.changed", Change.version > 1
    )
    told = [
        (
            [u.id for u in evening.users].index(c.user_id),
            _cell(evening, c.person_id, c.field),
            c.old,
            c.new,
        )
        for c in query.order_by(Change.id)
    ]
    for cell in (
        evening.stands
    ):  # cells of one paste may be written in another order than they were asked for
        assert [one for one in told if one[1] == cell] == [
            one for one in evening.story if one[1] == cell
        ]
        chain = [(old, new) for _, c, old, new in told if c == cell]
        assert all(new == old for (_, new), (old, _) in pairwise(chain))
        assert not chain or chain[-1][1] == evening.stands[cell]


_DEEDS = {
    "look": _look, "type": _type, "paste": _paste,
    "undo": partial(_step, verb="undo"), "redo": partial(_step, verb="redo"),
}  # fmt: skip
