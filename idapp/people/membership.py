"""Which class a record is in, and whether its person still belongs to the school.

The values of a record are not touched; but the rules look at the class, and at all active holders of a number.
"""

from collections.abc import Iterable, Sequence

from peewee import chunked

from idapp import audit
from idapp.database import writing
from idapp.models import (
    OPEN_BATCH,
    Batch,
    BatchItem,
    Person,
    SchoolClass,
    User,
    utc_now,
)
from idapp.people.states import RuleContext, people_with_class, recompute_all
from idapp.permissions import MERGED

MISTAKEN = "Nhập nhầm"  # the state of somebody whose addition was undone
LEFT = "left"  # why an item of a batch was skipped
NOBODY = (MISTAKEN, MERGED)  # states of records that are no person beside the others
_PARAMETERS = 500  # ids in one query: SQLite allows 999 parameters in old builds


def move(
    person: Person,
    school_class: SchoolClass,
    *,
    by: User,
    source: str = "typed",
    changeset: str = "",
) -> Person:
    """Put a pupil into another class; returns the record as it stands then. The rest as in ``move_many``."""
    [moved] = move_many([person], school_class, by=by, source=source, changeset=changeset)
    return moved


def move_many(
    people: Iterable[Person],
    school_class: SchoolClass,
    *,
    by: User,
    source: str = "typed",
    changeset: str = "",
    undoes: str = "",
    verb: str = "",
) -> list[Person]:
    """Put pupils into another class; returns the records as they stand then.

    1. Read the records again; leave out who is in the class already, by somebody else's hand.
    2. Write the audit rows with the classes they come from, and the class.
    3. Compute their state for the new grade, and that of those who share a number: one of them is in another class now.

    ``undoes`` and ``verb``: the changeset that this takes back ("undo") or does again ("redo").
    """
    with writing():
        records = _living([person.id for person in people])
        moving = [record for record in records if record.school_class_id != school_class.id]
        audit.record_many(
            "person.moved",
            [(record.id, _class_name(record), school_class.name) for record in moving],
            by=by,
            undoes=undoes,
            verb=verb,
            field="school_class",
            source=source,
            changeset=changeset,
        )
        for part in chunked([record.id for record in moving], _PARAMETERS):
            Person.update(school_class=school_class).where(Person.id.in_(part)).execute()
        for record in moving:
            record.school_class = school_class
        recompute_with_sharers(moving)
    return records


def take_out_of_class(
    aside: Sequence[Person],
    *,
    by: User,
    source: str,
    changeset: str = "",
    undoes: str = "",
    verb: str = "",
) -> None:
    """Their class goes: of records that were put aside, or that come back to where they were in no class.

    Who is at the school is computed again, for the rules ask for the grade; an inactive record has no state.
    """
    moves = [(person.id, _class_name(person), "") for person in aside]
    with writing():
        audit.record_many(
            "person.moved",
            moves,
            by=by,
            undoes=undoes,
            verb=verb,
            field="school_class",
            source=source,
            changeset=changeset,
        )
        for ids in chunked([person.id for person in aside], _PARAMETERS):
            Person.update(school_class=None).where(Person.id.in_(ids)).execute()
        taken_out = [record for record in _records([id_ for id_, _, _ in moves]) if record.active]
        if taken_out:
            recompute_with_sharers(taken_out)


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
    3. Take who leaves out of the questions that nobody has sent yet, and who comes back into them again.
    4. Who comes back to a class whose year is over is in no class until somebody chooses one.
    5. Compute the status of each, and of those who share a number with one of them: a holder came or went.
    """
    with writing():
        # read inside the transaction: the audit must say which state they really had
        records = _living([person.id for person in people])
        ids = [record.id for record in records]
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
        _follow_in_batches(ids, active)
        if active:
            _leave_past_classes(records, by=by, source=source, changeset=changeset)
        recompute_with_sharers(records)


def _follow_in_batches(ids: Sequence[int], active: bool) -> None:
    """Nobody is asked about who has left: the waiting item ends with that word, and waits again after the return.

    An item on its way is answered: the register has the question already.
    """
    open_batches = Batch.select(Batch.id).where(Batch.state.in_(OPEN_BATCH))
    asked_again = BatchItem.alias()
    for part in chunked(ids, _PARAMETERS):
        of_part = BatchItem.person.in_(part) & BatchItem.batch.in_(open_batches)
        if not active:
            left = BatchItem.update(state="skipped", reason=LEFT, settled_at=utc_now())
            left.where(of_part, BatchItem.state == "waiting").execute()
            continue
        elsewhere = asked_again.select(asked_again.person).where(
            asked_again.is_open(), asked_again.person.in_(part)
        )
        back = BatchItem.update(state="waiting", reason="", settled_at=None)
        is_skipped = (BatchItem.state == "skipped") & (BatchItem.reason == LEFT)
        back.where(of_part, is_skipped, BatchItem.person.not_in(elsewhere)).execute()


def _living(ids: Sequence[int]) -> list[Person]:
    """Without those that were merged: they come back with their merge undone, and not otherwise."""
    return [record for record in _records(ids) if record.state != MERGED]


def _records(ids: Sequence[int]) -> list[Person]:
    records: list[Person] = []
    for part in chunked(ids, _PARAMETERS):
        records += people_with_class(Person.id.in_(part))
    return records


def _leave_past_classes(
    records: Iterable[Person], *, by: User, source: str, changeset: str
) -> None:
    in_past = []
    for record in records:
        if record.school_class is not None and record.school_class.is_past:
            in_past.append(record)
    if in_past:
        take_out_of_class(in_past, by=by, source=source, changeset=changeset)
    for record in in_past:
        record.school_class = None


def recompute_with_sharers(records: Sequence[Person]) -> None:
    """Each record once, though it may share a number with several others."""
    context = RuleContext()
    context.read_ahead(records)
    ids = {record.id for record in records}
    others_ids = context.bearers({record.identity_number for record in records}) - ids
    others = people_with_class(Person.id.in_(others_ids)) if others_ids else []
    recompute_all([*records, *others], context)


def _class_name(person: Person) -> str:
    return person.school_class.name if person.school_class else ""
