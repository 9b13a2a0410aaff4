"""Which class a record is in, and whether its person still belongs to the school.

The values of a record are not touched; but the rules look at the class, and at all active bearers of a number.
"""

from collections.abc import Iterable, Sequence

from peewee import chunked

from idapp import audit
from idapp.database import writing
from idapp.models import Person, SchoolClass, User
from idapp.people.states import RuleContext, people_with_class, restate_all


def move(
    person: Person,
    school_class: SchoolClass,
    *,
    by: User,
    source: str = "typed",
    changeset: str = "",
) -> Person:
    """A pupil changes class; the rules look at the new grade, and those with the same number are told of a bearer in
    another class now. Answers the record as it stands then."""
    with writing():
        [now] = people_with_class(Person.id == person.id)
        if now.school_class_id == school_class.id:
            return now  # somebody else has moved the pupil here meanwhile
        audit.record(
            "person.moved",
            by=by,
            person=now,
            field="school_class",
            source=source,
            changeset=changeset,
            old=now.school_class.name if now.school_class else "",
            new=school_class.name,
        )
        now.school_class = school_class
        now.save(only=[Person.school_class])
        context = RuleContext()
        restate_all([now, *context.number_sharers(now, {now.identity_number})], context)
    return now


def take_out_of_class(
    aside: Sequence[Person], *, by: User, source: str, changeset: str = ""
) -> None:
    """Of records that were put aside: their class goes."""
    with writing():
        told = [
            (person.id, person.school_class.name if person.school_class else "", "")
            for person in aside
        ]
        audit.record_many(
            "person.moved", told, by=by, field="school_class", source=source, changeset=changeset
        )
        for part in chunked([person.id for person in aside], 500):
            Person.update(school_class=None).where(Person.id.in_(part)).execute()


def set_state(
    person: Person,
    state: str,
    *,
    active: bool,
    by: User,
    source: str = "typed",
    changeset: str = "",
    subject: str = "",
) -> None:
    """Studying, transferred out, on leave ...: an inactive record leaves all tables and sums, never the database."""
    set_state_of_many(
        [person], state, active=active, by=by, source=source, changeset=changeset, subject=subject
    )


def set_state_of_many(
    people: Iterable[Person],
    state: str,
    *,
    active: bool,
    by: User,
    source: str,
    changeset: str = "",
    subject: str = "",
) -> None:
    """The same for many with few statements; the records that share a number with one of them are weighed again."""
    with writing():
        ids = [person.id for person in people]
        now = [one for part in chunked(ids, 500) for one in people_with_class(Person.id.in_(part))]
        told = [(one.id, one.state, state) for one in now]
        audit.record_many(
            "person.state",
            told,
            by=by,
            subject=subject,
            field="state",
            source=source,
            changeset=changeset,
        )
        for part in chunked(ids, 500):
            Person.update(state=state, active=active).where(Person.id.in_(part)).execute()
        context = RuleContext(bulk=len(now) > 50)
        for one in now:
            one.state, one.active = state, active
        number_sharers = {
            peer.id: peer
            for one in now
            for peer in context.number_sharers(one, {one.identity_number})
        }
        restate_all(
            [*now, *(number_sharers[id_] for id_ in number_sharers.keys() - set(ids))], context
        )
