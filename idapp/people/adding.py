"""New records: every value goes through the same rules as a change and leaves its audit row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from idapp import audit
from idapp.audit import Entry
from idapp.database import writing
from idapp.models import Person, SchoolClass, User
from idapp.people import place_choices
from idapp.people.changing import (
    Author,
    entry_of,
    mark_repairs,
    new_changeset,
    remember_choice,
)
from idapp.people.field_texts import FieldTexts
from idapp.people.residence_edits import Surroundings, handed_of, places_of_edits
from idapp.people.states import (
    RuleContext,
    compute,
    insert,
    people_with_class,
    recompute_all,
    values_of,
)
from idapp.rules import catalogues, record

Newcomer = tuple[str, SchoolClass | None, FieldTexts]  # kind, class or None, {field: text}


def add(
    *,
    kind: str,
    school_class: SchoolClass | None,
    values: FieldTexts,
    by: User | None,
    source: str = "typed",
    changeset: str = "",
    state: str = "",
) -> Person:
    """One new record with the texts ``values``, {field: text}; the rest as in ``add_many``."""
    newcomers = [(kind, school_class, values)]
    [person] = add_many(newcomers, by=by, source=source, changeset=changeset, state=state)
    return person


def add_many(
    newcomers: Iterable[Newcomer],
    *,
    by: User | None,
    source: str,
    changeset: str = "",
    state: str = "",
    exact: bool = False,
    handed: Sequence[FieldTexts] = (),
) -> list[Person]:
    """New records in one transaction, as one changeset. Raises ``Problem`` for a text that no cell takes.

    1. Normalise the texts of each newcomer, unless ``exact``; weigh it beside those before it.
    2. Write the records and their audit rows.
    3. Compute the state of those again who share an identity number with one of them.

    state    "" is the usual one of their kind
    exact    the texts have been normalised already, when the file that holds them was judged
    handed   then for each newcomer in turn {field: what the file said otherwise}
    """
    author = Author(by, source, changeset or new_changeset())
    entries: list[Entry] = []
    with writing():
        context = RuleContext()
        added = []
        texts_of = []
        came_in_of = []
        for serial, (kind, school_class, values) in enumerate(newcomers, start=1):
            person = Person(
                id=-serial,  # until it is written; the rules must tell the newcomers apart
                kind=kind,
                school_class=school_class,
                epoch=context.epoch,
                state=state or catalogues.PRESENT[kind],
            )
            added.append(person)
            texts_of.append(values if exact else _normalised(person, values, context, author))
            came_in_of.append({**values, **handed[serial - 1]} if handed else values)
        context.read_ahead(added, (texts.get("identity_number", "") for texts in texts_of))
        for person, texts, came_in in zip(added, texts_of, came_in_of, strict=True):
            entries += _fill(person, texts, came_in, context, author)
        # only now: the audit rows below need the ids, and the rules above none
        for person in added:
            context.assign_id(person, insert(person))
        audit.record_changes(entries)
        _recompute_sharers(added, context)
    return added


def _normalised(
    person: Person,
    values: FieldTexts,
    context: RuleContext,
    author: Author,
) -> dict[str, str]:
    """The texts to store, read in the order in which the rules lean on each other."""
    normalised = values_of(person)
    around = context.around(person)
    surroundings = Surroundings(around.epoch, around.today, place_choices.remembered)
    read = places_of_edits(values, normalised, "typed", surroundings)
    remember_choice(read, around.epoch, author.by)
    texts = {**values, **read.texts}
    for name in record.NORMALISING_ORDER:
        if texts.get(name):
            normalised[name] = record.normalise(name, texts[name], normalised, around)
    return normalised


def _fill(
    person: Person,
    texts: FieldTexts,
    came_in: FieldTexts,
    context: RuleContext,
    author: Author,
) -> list[Entry]:
    """The values of a new record, and their audit rows. A whole address in one cell fills the others too."""
    names = [name for name in record.NORMALISING_ORDER if texts.get(name)]
    for name in names:
        setattr(person, name, texts[name])
    handed = {}
    for name in names:
        handed[name] = handed_of(name, came_in.get(name, ""), texts[name], came_in)
    mark_repairs(person, handed)
    compute(person, context)
    return [entry_of(person, name, "", handed[name], author) for name in names]


def _recompute_sharers(added: Sequence[Person], context: RuleContext) -> None:
    """Newcomers may bear a number that stood in the school already; then the older record shows it too."""
    new_ids = {person.id for person in added}
    bearers = context.bearers({person.identity_number for person in added})
    older = people_with_class(Person.id.in_(bearers - new_ids)) if bearers - new_ids else []
    # a newcomer was weighed before those behind it were there
    doubled = [person for person in added if context.is_shared(person)]
    recompute_all([*older, *doubled], context)
