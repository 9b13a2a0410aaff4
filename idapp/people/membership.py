"""Which class a record is in, and whether its person still belongs to the school.

The values of a record are not touched; but the rules look at the class, and at all active holders of a number.
"""

from collections.abc import Iterable, Sequence

from peewee import chunked

from idapp import audit
from idapp.database import writing
from idapp.models import Person, SchoolClass, User
from idapp.people.states import RuleContext, people_with_class, recompute_all

MISTAKEN = "Nhập nhầm"  # the state of somebody whose addition was undone
_MANY = 50  # above so many records the whole school is read at once
_PARAMETERS = 500  # ids in one query: SQLite allows 999 parameters in old builds


def move(
    person: Person,
    school_class: SchoolClass,
    *,
    by: User,
    source: str = "typed",
    changeset: str = "",
) -> Person:
    """Put a pupil into another class; returns the record as it stands then.

    1. Read the record again; stop if it is in the class already.
    2. Write the class and the audit row.
    3. Compute its state for the new grade, and that of those who share its number: one of them is in another class now.
    """
    with writing():
        [current] = people_with_class(Person.id == person.id)
        if current.school_class_id == school_class.id:
            return current  # somebody else has moved the pupil here meanwhile
        audit.record(
            "person.moved",
            by=by,
            person=current,
            field="school_class",
            source=source,
            changeset=changeset,
            old=_class_name(current),
            new=school_class.name,
        )
        current.school_class = school_class
        current.save(only=[Person.school_class])
        context = RuleContext()
        sharers = context.number_sharers(current, {current.identity_number})
        recompute_all([current, *sharers], context)
    return current


def take_out_of_class(
    aside: Sequence[Person],
    *,
    by: User,
    source: str,
    changeset: str = "",
) -> None:
    """Of records that were put aside: their class goes. No state is computed again, an inactive record has none."""
    moves = [(person.id, _class_name(person), "") for person in aside]
    with writing():
        audit.record_many(
            "person.moved", moves, by=by, field="school_class", source=source, changeset=changeset
        )
        for ids in chunked([person.id for person in aside], _PARAMETERS):
            Person.update(school_class=None).where(Person.id.in_(ids)).execute()


def set_state(
    person: Person,
    state: str,
    *,
    active: bool,
    by: User,
    source: str = "typed",
    changeset: str = "",
    undoes: str = "",
    verb: str = "",
) -> None:
    """Studying, transferred out, on leave ...: an inactive record leaves all tables and sums, never the database.

    ``undoes`` and ``verb``: the changeset that this takes back ("undo") or does again ("redo").
    """
    set_state_of_many(
        [person],
        state,
        active=active,
        by=by,
        source=source,
        changeset=changeset,
        undoes=undoes,
        verb=verb,
    )


def set_state_of_many(
    people: Iterable[Person],
    state: str,
    *,
    active: bool,
    by: User,
    source: str,
    changeset: str = "",
    undoes: str = "",
    verb: str = "",
) -> None:
    """The same for many with few statements.

    1. Read the records again; write the audit rows with the states they have now.
    2. Write the new state.
    3. Compute the status of each, and of those who share a number with one of them: a holder came or went.
    """
    with writing():
        # read inside the transaction: the audit must say which state they really had
        ids = [person.id for person in people]
        records = _records(ids)
        states = [(record.id, record.state, state) for record in records]
        audit.record_many(
            "person.state",
            states,
            by=by,
            undoes=undoes,
            verb=verb,
            field="state",
            source=source,
            changeset=changeset,
        )
        for part in chunked(ids, _PARAMETERS):
            new_state = Person.update(state=state, active=active)
            new_state.where(Person.id.in_(part)).execute()
        for record in records:
            record.state = state
            record.active = active
        _recompute_with_sharers(records)


def _records(ids: Sequence[int]) -> list[Person]:
    records: list[Person] = []
    for part in chunked(ids, _PARAMETERS):
        records += people_with_class(Person.id.in_(part))
    return records


def _recompute_with_sharers(records: Sequence[Person]) -> None:
    """Each record once, though it may share a number with several others."""
    context = RuleContext(bulk=len(records) > _MANY)
    sharers: dict[int, Person] = {}
    for record in records:
        for sharer in context.number_sharers(record, {record.identity_number}):
            sharers[sharer.id] = sharer
    ids = {record.id for record in records}
    others = [sharer for id_, sharer in sharers.items() if id_ not in ids]
    recompute_all([*records, *others], context)


def _class_name(person: Person) -> str:
    return person.school_class.name if person.school_class else ""
