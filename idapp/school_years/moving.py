"""One part of the step: some pupils into their classes of the next year, or out of the school; and back to the letter.

The caller holds the transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from idapp import audit
from idapp.models import Person, SchoolClass, User, YearChange, YearMove
from idapp.notices import leavers
from idapp.people import membership
from idapp.people.states import people_with_class

SOURCE = "year"
_LEFT_COMMENT = "Học sinh rời trường khi kết thúc năm học {year}."
People = Mapping[int, Person]  # the records of the moves, by id


def year_words(school_year: int) -> str:
    """
    >>> year_words(2023)
    '2023-2024'
    """
    return f"{school_year}-{school_year + 1}"


def named(school_class: SchoolClass | None) -> str:
    """A class with its year, as the history tells the step: "2A (2023-2024)"; "" for none."""
    if school_class is None:
        return ""
    return f"{school_class.name} ({year_words(school_class.school_year)})"


def people_of(moves: Iterable[YearMove]) -> dict[int, Person]:
    """The records of the moves as they are now."""
    ids = [move.person_id for move in moves]
    return {person.id: person for person in people_with_class(Person.id.in_(ids))}


def take_along(change: YearChange, moves: Sequence[YearMove]) -> None:
    """Each pupil from wherever they are at this moment to where the move says; who has left meanwhile stays out.

    Fills ``from_class``, ``from_state`` and ``kept`` of the moves.
    """
    people = people_of(moves)
    going = [move for move in moves if people[move.person_id].active]
    for move in going:
        person = people[move.person_id]
        move.from_class = person.school_class
        move.from_state = person.state
    _seat([move for move in going if not move.to_state], change, people)
    _let_go([move for move in going if move.to_state], change, people)
    membership.recompute_with_sharers([people[move.person_id] for move in going])
    columns = [YearMove.from_class, YearMove.from_state, YearMove.kept]
    if going:
        YearMove.bulk_update(going, columns, batch_size=len(going))


def _seat(moves: Sequence[YearMove], change: YearChange, people: People) -> None:
    """Into the classes of the next year."""
    goals = _classes({move.to_class_id for move in moves})
    _write_classes(change, people, {move.person_id: goals[move.to_class_id] for move in moves})


def _let_go(moves: Sequence[YearMove], change: YearChange, people: People) -> None:
    """Out of the school; what was open for them is closed."""
    _write_states(change, people, {move.person_id: (move.to_state, False) for move in moves})
    comment = _LEFT_COMMENT.format(year=year_words(change.from_year))
    closed = leavers.set_aside([people[move.person_id] for move in moves], comment, by=change.user)
    for move in moves:
        move.kept = closed.get(move.person_id, {})


def take_back(change: YearChange, moves: Sequence[YearMove], by: User | None) -> None:
    """Each pupil to the class and the state of before; whom the step left alone is left alone again."""
    people = people_of(moves)
    back = [move for move in moves if move.from_state]
    origins = _classes({move.from_class_id for move in back})
    to_class = {move.person_id: origins[move.from_class_id] for move in back}
    _write_classes(change, people, to_class, by=by, undoes=change.changeset)
    states = {}
    for move in back:
        if move.to_state:
            states[move.person_id] = (move.from_state, True)
            leavers.put_back(people[move.person_id], move.kept, by=by)
    _write_states(change, people, states, by=by, undoes=change.changeset)
    membership.recompute_with_sharers([people[move.person_id] for move in back])


def _classes(ids: set[int | None]) -> dict[int | None, SchoolClass | None]:
    """The classes of these ids; None for who sits in none."""
    wanted = [id_ for id_ in ids if id_ is not None]
    by_id: dict[int | None, SchoolClass | None] = {None: None}
    for school_class in SchoolClass.select().where(SchoolClass.id.in_(wanted)):
        by_id[school_class.id] = school_class
    return by_id


def _write_classes(
    change: YearChange,
    people: People,
    goals: Mapping[int, SchoolClass | None],
    *,
    by: User | None = None,
    undoes: str = "",
) -> None:
    """``goals``: {person id: class}. Who sits there already is left out."""
    entries = []
    ids_by_class: dict[int | None, list[int]] = defaultdict(list)
    for id_, goal in goals.items():
        person = people[id_]
        if person.school_class == goal:
            continue
        entries.append((id_, named(person.school_class), named(goal)))
        ids_by_class[goal.id if goal else None].append(id_)
        person.school_class = goal
    for class_id, ids in ids_by_class.items():
        Person.update(school_class=class_id).where(Person.id.in_(ids)).execute()
    _record(change, "person.moved", "school_class", entries, by, undoes)


def _write_states(
    change: YearChange,
    people: People,
    states: Mapping[int, tuple[str, bool]],
    *,
    by: User | None = None,
    undoes: str = "",
) -> None:
    """``states``: {person id: (state, is the pupil at the school?)}."""
    entries = []
    ids_by_state: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for id_, (state, active) in states.items():
        person = people[id_]
        entries.append((id_, person.state, state))
        ids_by_state[state, active].append(id_)
        person.state = state
        person.active = active
    for (state, active), ids in ids_by_state.items():
        Person.update(state=state, active=active).where(Person.id.in_(ids)).execute()
    _record(change, "person.state", "state", entries, by, undoes)


def _record(
    change: YearChange,
    event: str,
    field: str,
    entries: Sequence[tuple[int, str, str]],
    by: User | None,
    undoes: str,
) -> None:
    if undoes:
        changeset = f"{undoes}-undo"
        origin = {"undoes": undoes, "verb": "undo", "source": "undo", "changeset": changeset}
    else:
        by = change.user
        origin = {"source": SOURCE, "changeset": change.changeset}
    audit.record_many(event, entries, by=by, field=field, **origin)
