"""Where a record stands: clean values, problems and the one state, computed from the texts and what surrounds them."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from peewee import JOIN, CharField, DoesNotExist, TextField, chunked

from idapp import present_residence
from idapp.database import ONE_ROW, PreparedForMany, PreparedStatement, rows, writing
from idapp.models import BatchItem, Campaign, Explanation, Person, School, SchoolClass
from idapp.people.field_texts import FieldTexts
from idapp.rules import record
from idapp.rules.folding import fold, sort_key
from idapp.settings import current

_PARAMETERS = 500  # values in one query: SQLite allows 999 parameters in old builds
_FIELD_NAMES = tuple(f.name for f in record.FIELDS)
COMPUTED = (
    "number",
    "born",
    "sex",
    "province_code",
    "district_code",
    "commune_code",
    "foreign_national",
    "sort_key",
    "search_key",
    "status",
    "problems",
    "errors",
    "warnings",
)


_NOTHING_SEEN: FieldTexts = {}


class NumberHolder(NamedTuple):
    """Somebody with a certain text in the number cell; ``number`` only for the one who holds it."""

    class_id: int | None
    number: str | None


class RuleContext:
    """What the state of a record depends on outside the record. ``bulk`` reads it once, for many records.

    Raises ``DoesNotExist`` as long as the school has not been set up.
    """

    def __init__(self, *, bulk: bool = False) -> None:
        frame = _FRAME.raw()
        if not frame:
            raise DoesNotExist("this installation has no school yet")
        [(self.school_year, self.epoch, groups)] = frame
        self._present_groups = present_residence.groups_in(groups)
        self.today = current().today()
        self._all = SchoolSnapshot() if bulk else None
        self._ahead: Neighbourhood | None = None
        # most records of a deed stand in the same class, and few in a way of their own
        self._surroundings: dict[tuple[object, ...], record.RecordContext] = {}
        self._reading: dict[tuple[str, str], record.RecordContext] = {}
        # what was read for this change, by number text
        self._near: dict[str, dict[int, NumberHolder]] = {}

    def read_ahead(self, people: Sequence[Person], texts: Iterable[str] = ()) -> None:
        """What the change of these records needs, with three statements and not with six for each of them.

        ``texts``: what their numbers will be. Only where each change of a record meanwhile goes through ``compute``.
        Takes as long in a large school as in a small one; ``bulk`` is for who computes nearly everybody.
        """
        if not self._all:
            self._ahead = Neighbourhood(people, texts)

    def around(self, person: Person) -> record.RecordContext:
        """What the rules must know beside the values."""
        grade = None
        level = ""
        school_year = self.school_year
        school_class = person.school_class
        if school_class:
            grade = school_class.grade
            level = school_class.level
            school_year = school_class.school_year  # who left keeps the age of then
        same_number = self._same_number(person)
        confirmed = self._is_confirmed(person)
        with_present = present_residence.is_asked_of(person, self._present_groups)
        key = (person.kind, grade, level, school_year, person.epoch, same_number, confirmed)
        surroundings = self._surroundings.get((*key, with_present))
        if surroundings is None:
            surroundings = self._surroundings[*key, with_present] = record.RecordContext(
                kind=person.kind,
                grade=grade,
                level=level,
                school_year=school_year,
                epoch=person.epoch,
                today=self.today,
                same_number=same_number,
                confirmed=confirmed,
                with_present=with_present,
            )
        return surroundings

    def _is_confirmed(self, person: Person) -> bool:
        return person.outcome == "verified" and self.is_answered(person)

    def is_answered(self, person: Person) -> bool:
        """Was the register's last word about the very values that stand there now?"""
        return bool(person.outcome_hash == self.identity_hash_of(person))

    def identity_hash_of(self, person: Person) -> str:
        """``record.identity_hash`` of the values that stand there now."""
        return record.identity_hash(values_of(person), self.reading(person))

    def reading(self, person: Person) -> record.RecordContext:
        """What the rules must know to read the texts of a record, and not to judge them."""
        key = (person.kind, person.epoch)
        reading = self._reading.get(key)
        if reading is None:
            reading = self._reading[key] = record.RecordContext(
                kind=person.kind, school_year=self.school_year, epoch=person.epoch, today=self.today
            )
        return reading

    def _same_number(self, person: Person) -> str:
        """`class`, `school` or "": does somebody else bear this number? Says where, never who."""
        if not person.identity_number or not person.active:
            return ""
        classes = set()
        for id_, holder in self._holders(person.identity_number).items():
            if id_ != person.id:
                classes.add(holder.class_id)
        if not classes:
            return ""
        class_id = person.school_class_id
        return "class" if class_id and class_id in classes else "school"

    def _holders(self, text: str) -> dict[int, NumberHolder]:
        """Active people whose number cell reads like this."""
        if self._all:
            return self._all.holders.get(text, {})
        if self._ahead and text in self._ahead.holders:
            return self._ahead.holders[text]
        if text not in self._near:
            holders = self._near.setdefault(text, {})
            for id_, class_id, number in _HOLDERS.raw(text):
                holders[id_] = NumberHolder(class_id, number)
        return self._near[text]

    def may_hold(self, person: Person, number: str | None) -> bool:
        """One active person holds a number; a second one with the same text shows the duplicate and waits."""
        if number is None:
            return False
        for id_, holder in self._holders(number).items():
            if id_ != person.id and holder.number == number:
                return False
        return True

    def is_sent(self, person: Person, hash_of_values: Callable[[], str]) -> bool:
        """Do values of this ``record.identity_hash`` wait for an answer in an open batch?"""
        if self._all:
            sent = self._all.sent.get(person.id)
        elif self._ahead and person.id in self._ahead.ids:
            sent = self._ahead.sent.get(person.id)
        else:
            sent = dict(_SENT.raw(person.id)).get(person.id)
        return sent is not None and sent == hash_of_values()

    def is_explained(self, person: Person) -> bool:
        """Has the principal approved why there is no answer?"""
        if self._all:
            return person.id in self._all.explained
        if self._ahead and person.id in self._ahead.ids:
            return person.id in self._ahead.explained
        return bool(_EXPLAINED.raw(person.id))

    def number_sharers(self, person: Person, texts: set[str]) -> list[Person]:
        """Other active records that bear one of these numbers: their duplicate problem comes or goes."""
        ids = self.bearers(texts) - {person.id}
        return people_with_class(Person.id.in_(ids)) if ids else []

    def bearers(self, texts: set[str]) -> set[int]:
        """The ids of all active records that bear one of these numbers."""
        ids: set[int] = set()
        for text in texts - {""}:
            ids.update(self._holders(text))
        return ids

    def is_shared(self, person: Person) -> bool:
        """Does another active record bear the number?"""
        number = person.identity_number
        return bool(number) and any(id_ != person.id for id_ in self._holders(number))

    def on_changed(self, person: Person) -> None:
        """Keep the bulk picture true while records change under it."""
        if self._all:
            self._all.on_changed(person)
        if self._ahead:
            self._ahead.on_changed(person)
        self._near.clear()

    def assign_id(self, person: Person, id_: int) -> None:
        """A newcomer that was weighed before it had an id has one now."""
        for picture in (self._all, self._ahead):
            if picture:
                picture.forget(person.id)
        person.id = id_
        self.on_changed(person)


_FRAME = PreparedStatement(
    lambda: (
        School.select(School.school_year, Campaign.epoch, Campaign.present_residence)
        .join(Campaign, JOIN.CROSS)
        .order_by(School.id, Campaign.id.desc())
        .limit(ONE_ROW)
    )
)
_HOLDERS = PreparedStatement(
    lambda text: Person.select(Person.id, Person.school_class, Person.number).where(
        Person.active, Person.identity_number == text
    )
)
_SENT = PreparedStatement(
    lambda person: BatchItem.select(BatchItem.person, BatchItem.hash).where(
        BatchItem.person == person, BatchItem.is_open()
    )
)
_EXPLAINED = PreparedStatement(
    lambda person: (
        Explanation.select(Explanation.id)
        .where(Explanation.person == person, Explanation.state == "approved")
        .limit(ONE_ROW)
    )
)


class _Holders:
    """Who holds which number text, kept true while records change."""

    def __init__(self) -> None:
        self.holders: dict[str, dict[int, NumberHolder]] = {}
        self._text_of: dict[int, str] = {}

    def on_changed(self, person: Person) -> None:
        """Take over the number, class and activity of a record as it is now."""
        self.forget(person.id)
        if person.active:
            holder = NumberHolder(person.school_class_id, person.number)
            self._put(person.id, person.identity_number, holder)

    def forget(self, id_: int) -> None:
        """Take out the record with this id, if it is in."""
        text = self._text_of.pop(id_, "")
        self.holders.get(text, {}).pop(id_, None)

    def _put(self, id_: int, text: str, holder: NumberHolder) -> None:
        self._text_of[id_] = text
        self.holders.setdefault(text, {})[id_] = holder


class Neighbourhood(_Holders):
    """The same of some records alone, and of the number texts that they have or will have.

    ids        the records of which it is known what was sent and explained
    sent       {id: hash} of what waits for an answer; nobody is in two open batches
    explained  ids
    """

    def __init__(self, people: Sequence[Person], texts: Iterable[str]) -> None:
        super().__init__()
        self.ids = {person.id for person in people}
        known = {*texts, *(person.identity_number for person in people)} - {""}
        self.holders = {text: {} for text in known}
        for some_texts in chunked(known, _PARAMETERS):
            for id_, text, class_id, number in _HOLDERS_OF_MANY.raw(some_texts):
                self._put(id_, text, NumberHolder(class_id, number))
        self.sent: dict[int, str] = {}
        self.explained: set[int] = set()
        # who is not written yet has no id to ask for
        for some_ids in chunked((id_ for id_ in self.ids if id_ > 0), _PARAMETERS):
            self.sent.update(_SENT_OF_MANY.raw(some_ids))
            self.explained.update(id_ for (id_,) in _EXPLAINED_OF_MANY.raw(some_ids))

    def _put(self, id_: int, text: str, holder: NumberHolder) -> None:
        """Who else has another text is not known."""
        if text in self.holders:
            super()._put(id_, text, holder)


_HOLDERS_OF_MANY = PreparedForMany(
    lambda texts: Person.select(
        Person.id, Person.identity_number, Person.school_class, Person.number
    ).where(Person.active, Person.identity_number.in_(texts))
)
_SENT_OF_MANY = PreparedForMany(
    lambda people: BatchItem.select(BatchItem.person, BatchItem.hash).where(
        BatchItem.person.in_(people), BatchItem.is_open()
    )
)
_EXPLAINED_OF_MANY = PreparedForMany(
    lambda people: Explanation.select(Explanation.person).where(
        Explanation.person.in_(people), Explanation.state == "approved"
    )
)


class SchoolSnapshot(_Holders):
    """The whole school's numbers, open questions and explanations, read with three queries."""

    def __init__(self) -> None:
        super().__init__()
        columns = Person.select(
            Person.id, Person.identity_number, Person.number, Person.school_class
        )
        for id_, text, number, class_id in rows(columns.where(Person.active)):
            self._put(id_, text, NumberHolder(class_id, number))
        open_items = BatchItem.select(BatchItem.person, BatchItem.hash).where(BatchItem.is_open())
        self.sent = dict(rows(open_items))
        approved = Explanation.select(Explanation.person).where(Explanation.state == "approved")
        self.explained = {id_ for (id_,) in rows(approved)}


def compute(person: Person, context: RuleContext) -> None:
    """Fill the computed columns of a record, in memory."""
    values = values_of(person)
    surroundings = context.around(person)
    clean = record.clean(values, surroundings)
    problems = record.problems_of(values, surroundings, clean)
    may_hold = person.active and context.may_hold(person, clean.number)
    errors = sum(problem.level == "error" for problem in problems)
    # at once: Peewee's accessors, one for each column, take longer than the rules
    person.__data__.update(
        born=clean.born,
        sex=clean.sex,
        foreign_national=clean.foreign,
        province_code=clean.province_code,
        district_code=clean.district_code,
        commune_code=clean.commune_code,
        sort_key=sort_key(person.full_name),
        search_key=fold(person.full_name),
        number=clean.number if may_hold else None,
        problems=[problem.stored() for problem in problems],
        errors=errors,
        warnings=len(problems) - errors,
    )
    person.status = _status(
        person, context, lambda: record.identity_hash(values, surroundings, clean)
    )
    context.on_changed(person)


def _status(person: Person, context: RuleContext, hash_of_values: Callable[[], str]) -> str:
    """Exactly one state. Verified stands only as long as the confirmed values do (invariant 1).

    Whoever has another nationality is in no register of citizens: nothing that was answered, explained or is missing
    counts, until the nationality is Vietnamese again. Then the record stands where its values say.
    """
    if person.foreign_national:
        return "foreign"
    # worked out only for whom something was asked
    answered = bool(person.outcome_hash) and person.outcome_hash == hash_of_values()
    if answered and person.outcome == "verified":
        return "verified"
    if context.is_explained(person):
        return "explained"
    if person.errors or person.number is None:
        return "incomplete"
    if context.is_sent(person, hash_of_values):
        return "sent"
    return _status_by_outcome(person, answered=answered)


def _status_by_outcome(person: Person, *, answered: bool) -> str:
    """Of a record that could be sent; ``answered``: the register has said something of these very values."""
    if answered and person.outcome:
        return person.outcome
    return "changed" if person.outcome == "verified" else "ready"


def around(person: Person, *, context: RuleContext | None = None) -> record.RecordContext:
    """What the rules must know beside the values: grade, school year, who else holds the number."""
    return (context or RuleContext()).around(person)


def recompute(*people: Person) -> None:
    """Compute clean values, problems and state again, after something around the record changed."""
    with writing():
        context = RuleContext()
        context.read_ahead(people)
        recompute_all(people, context)


def recompute_all(people: Iterable[Person], context: RuleContext) -> None:
    """Compute and store; the caller holds the transaction."""
    for person in people:
        store(person, context)


def store(person: Person, context: RuleContext, **columns: object) -> None:
    """Compute the state and write what became different, with further ``columns`` in the same statement."""
    before = computed_of(person)
    compute(person, context)
    changed = names_of_changed(before, person)
    for name, value in columns.items():
        setattr(person, name, value)
    if changed or columns:
        update(person, (*changed, *columns))


def computed_of(person: Person) -> tuple[object, ...]:
    """What stands in the computed columns of a record, and which of its cells were repaired."""
    return tuple(map(person.__data__.get, _WITH_REPAIRED))


def names_of_changed(before: tuple[object, ...], person: Person) -> list[str]:
    """The columns of ``computed_of`` that hold something else by now."""
    now = computed_of(person)
    pairs = zip(_WITH_REPAIRED, before, now, strict=True)
    return [name for name, old, new in pairs if new != old]


_WITH_REPAIRED = (*COMPUTED, "repaired")


def update(person: Person, names: Sequence[str], seen: FieldTexts = _NOTHING_SEEN) -> int:
    """Write these columns of a record; 0 if a column no longer holds what was ``seen`` there."""
    statement = _update_of(tuple(names), tuple(seen))
    return statement.run(person.id, *_as_stored(person, names), *seen.values())


def insert(person: Person) -> int:
    """Write a new record; its id."""
    values = [person.__data__.get(name) for name in _COLUMNS]
    for position, as_stored in _CONVERTED:
        values[position] = as_stored(values[position])
    [(id_,)] = _INSERT.raw(*values)
    return id_


def _as_stored(person: Person, names: Iterable[str]) -> Iterable[object]:
    return (_STORED_BY[name](person.__data__.get(name)) for name in names)


_STORED_BY = {field.name: field.db_value for field in Person._meta.sorted_fields}
_COLUMNS = tuple(name for name in _STORED_BY if name != "id")
# columns of texts, nearly all, are stored as they are
_CONVERTED = [
    (position, _STORED_BY[name])
    for position, name in enumerate(_COLUMNS)
    if type(Person._meta.fields[name]) not in (CharField, TextField)
]
_INSERT = PreparedStatement(
    lambda *values: Person.insert(dict(zip(_COLUMNS, values, strict=True))).returning(Person.id),
    places=len(_COLUMNS),
)


@lru_cache(maxsize=500)
def _update_of(names: tuple[str, ...], seen: tuple[str, ...]) -> PreparedStatement:
    """The same few shapes of UPDATE come again and again."""

    def _statement(id_: object, *values: object) -> object:
        columns = dict(zip(names, values, strict=False))
        as_seen = [
            getattr(Person, name) == value
            for name, value in zip(seen, values[len(names) :], strict=True)
        ]
        return Person.update(columns).where(Person.id == id_, *as_seen)

    return PreparedStatement(_statement, places=1 + len(names) + len(seen))


def values_of(person: Person) -> dict[str, str]:
    """The stored texts of a record by field name."""
    return dict(zip(_FIELD_NAMES, _TEXTS(person.__data__), strict=True))


_TEXTS = itemgetter(*_FIELD_NAMES)


def people_with_class(*where: object) -> list[Person]:
    """Records with their class in one query."""
    return list(Person.select(Person, SchoolClass).left_outer_join(SchoolClass).where(*where))


def people_by_id(ids: list[int]) -> list[Person]:
    """The same by their ids, up to 500 of them and at least one: for the record of a saved cell, those of a paste."""
    return _RECORDS.rows(ids)


_RECORDS = PreparedForMany(
    lambda ids: (
        Person.select(Person, SchoolClass).left_outer_join(SchoolClass).where(Person.id.in_(ids))
    )
)
