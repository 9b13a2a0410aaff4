"""A pupil or colleague who arrives: a new record, unless the school already holds one.

Pupils who transfer in (kindergarten above all) are where records are made twice. The ministry's code or the identity
number decides: if a record with the same one exists, it is moved, never copied. Moving is the office's deed; a teacher
is told to ask for it and learns nothing about the other record. Same name and birth date may be twins in name only: the
user is asked once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from peewee import fn

from idapp.database import writing
from idapp.models import Person, SchoolClass, User
from idapp.people import entry_papers, membership, transfers
from idapp.people.adding import add
from idapp.people.changing import Edit, change_many, new_changeset
from idapp.people.field_texts import FieldTexts
from idapp.people.former_numbers import all_former_numbers, people_with_former
from idapp.people.identifiers import match_score, may_be_one, with_former
from idapp.people.membership import NOBODY
from idapp.people.transfers import Circumstances
from idapp.permissions import may_move_between_classes
from idapp.rosters.linkage import Identifiers, LinkageIndex, birth_key, compare_names
from idapp.rules import catalogues, record
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem
from idapp.settings import current


@dataclass(frozen=True)
class Arrival:
    """Who is to be added where.

    sure     the user has seen that somebody of this name is there already
    about    where from and when, for somebody who has just come to the school
    papers   then: keys of the papers that were seen
    due_on   then: until when the others are owed, None for the usual day
    """

    kind: str
    school_class: SchoolClass | None
    values: FieldTexts
    sure: bool = False
    about: Circumstances | None = None
    papers: frozenset[str] = frozenset()
    due_on: date | None = None

    @property
    def class_id(self) -> int | None:
        """None among the staff."""
        return self.school_class.id if self.school_class else None

    @property
    def place(self) -> str:
        """The table, in words for the user."""
        return f"Lớp {self.school_class.name}" if self.school_class else "Danh sách cán bộ"


class Known(Exception):
    """The school already holds such a record. ``offer``: the one to move here, for those who may."""

    def __init__(
        self,
        sentence: str,
        *,
        offer: Person | None = None,
        may_insist: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.offer = offer
        self.may_insist = may_insist


@dataclass(frozen=True)
class Received:
    """The record, and the labels of what was typed and not taken, because a moved record says something else."""

    person: Person
    kept: Sequence[str] = ()


def receive(arrival: Arrival, *, move: int | None, by: User) -> Received:
    """Add the record, or move the known one whose id is ``move``.

    1. Look for a record with the same code or number; else, unless the user is ``sure``, with the same name.
    2. Move it if that was asked for and may be done; otherwise say that it exists.
    3. Add a new record if there is none.

    Raises ``Known`` in the second case, and ``Problem`` on a field that must be filled otherwise.
    """
    if not tidy(arrival.values.get("full_name", "")):
        raise Problem("full_name", "missing", "Hãy nhập họ và tên trước khi thêm hồ sơ.")
    with writing():
        school = _SchoolSearch(arrival)
        same = school.same_code_or_number()
        duplicate = same
        if duplicate is None and not arrival.sure:
            duplicate = school.same_name()
        changeset = new_changeset()
        if duplicate is None:
            received = Received(_add(arrival, by, changeset))
            _note_arrival(received.person, arrival, by, changeset)
            return received
        if duplicate.id == move and _may_bring(duplicate, arrival, by):
            received = _bring(duplicate, arrival, by, changeset)
            _note_arrival(received.person, arrival, by, changeset)
            return received
        if same is not None:
            known = _known(same, arrival, by)
            raise known
        known = _perhaps_known(duplicate, arrival, school.match_score(duplicate), by)
        raise known


def _add(arrival: Arrival, by: User, changeset: str) -> Person:
    return add(
        kind=arrival.kind,
        school_class=arrival.school_class,
        values=arrival.values,
        by=by,
        changeset=changeset,
    )


def _note_arrival(person: Person, arrival: Arrival, by: User, changeset: str) -> None:
    if arrival.about is None:
        return
    transfers.note_arrival(person, arrival.about, by=by, changeset=changeset)
    today = current().today()
    entry_papers.note(person, arrival.papers, due_on=arrival.due_on, by=by, today=today)


def _may_bring(duplicate: Person, arrival: Arrival, by: User) -> bool:
    return may_move_between_classes(by) and _is_elsewhere(duplicate, arrival)


class _SchoolSearch:
    """Who of the school the newcomer may be, those who left included: a pupil who comes back keeps the record."""

    def __init__(self, arrival: Arrival) -> None:
        self._arrival = arrival
        self._row = _identifiers_of(arrival)
        similar = _read_similar(arrival.kind, self._row)
        former = all_former_numbers([person.id for person in similar])
        self._index = LinkageIndex(similar, with_former(former))

    def same_code_or_number(self) -> Person | None:
        """Somebody with the code, else with the number; who is here now rather than who left."""
        same = self._index.with_code(self._row) or self._index.with_number(self._row)
        return min(same, key=lambda person: not person.active, default=None)

    def same_name(self) -> Person | None:
        """Somebody who has the name and may have the birth date, here rather than elsewhere."""
        same = filter(self._may_be, self._index.with_folded_name(self._row))
        return min(same, key=self._distance, default=None)

    def match_score(self, person: Person) -> str:
        """In words, what the newcomer and somebody of ``same_name`` have in common."""
        return match_score(self._row, self._index.identifiers(person))

    def _may_be(self, person: Person) -> bool:
        is_here = not _is_elsewhere(person, self._arrival)
        return may_be_one(self._row, self._index.identifiers(person), same_class=is_here)

    def _distance(self, person: Person) -> tuple[bool, bool, bool, int]:
        marks = self._index.identifiers(person)
        other_name = compare_names(marks, self._row) != "agree"
        return _is_elsewhere(person, self._arrival), not person.active, other_name, person.id


def _identifiers_of(arrival: Arrival) -> Identifiers:
    values = arrival.values
    return Identifiers(
        code=values.get("ministry_code", ""),
        numbers=(values.get("identity_number", ""),),
        name=values["full_name"],
        birth=birth_key(values.get("date_of_birth", ""), current().today()),
    )


def _read_similar(kind: str, row: Identifiers) -> list[Person]:
    """All whom a mark of the newcomer may mean, and some more: SQL knows no normal forms.

    What was added by mistake is nobody; who was merged is the other record.
    """
    similar = Person.search_key == row.folded_name
    for column, keys in (
        (Person.ministry_code, {row.code_key} - {""}),
        (Person.identity_number, row.number_keys),
    ):
        compact = fn.REPLACE(fn.REPLACE(column, " ", ""), ".", "")
        for key in keys:
            similar |= compact.contains(key.lstrip("0"))
    similar |= people_with_former(row.number_keys)
    query = Person.select(Person, SchoolClass).left_outer_join(SchoolClass)
    is_somebody = Person.active | Person.state.not_in(NOBODY)
    candidates = query.where(Person.kind == kind, is_somebody, similar)
    return list(candidates.order_by(Person.id))


def _is_elsewhere(duplicate: Person, arrival: Arrival) -> bool:
    return not duplicate.active or duplicate.school_class_id != arrival.class_id


def _bring(duplicate: Person, arrival: Arrival, by: User, changeset: str) -> Received:
    """What was typed about the newcomer goes where the record says nothing yet. All of it is one step."""
    if not duplicate.active:
        membership.set_state(
            duplicate,
            catalogues.PRESENT[duplicate.kind],
            active=True,
            by=by,
            changeset=changeset,
        )
    if arrival.school_class:
        duplicate = membership.move(duplicate, arrival.school_class, by=by, changeset=changeset)
    edits = []
    for name, text in arrival.values.items():
        if tidy(text):
            edits.append(Edit(duplicate, name, text, seen=""))  # never over what stands there
    result = change_many(edits, by=by, source="typed", changeset=changeset)
    not_taken = {conflict.field for conflict in result.conflicts}
    labels = [record.FIELD[name].label for name in arrival.values if name in not_taken]
    return Received(duplicate, labels)


def _known(duplicate: Person, arrival: Arrival, by: User) -> Known:
    if not _is_elsewhere(duplicate, arrival):
        return Known(
            f"{arrival.place} đã có hồ sơ {duplicate.full_name} mang cùng số định danh "
            "hoặc mã của Bộ. Hãy sửa hồ sơ ấy."
        )
    if not may_move_between_classes(by):
        sentence = "Số định danh hoặc mã này đã có ở một hồ sơ khác trong trường."
        return Known(
            f"{sentence} Hãy nhờ văn thư chuyển hồ sơ ấy sang đây, đừng tạo hồ sơ thứ hai."
        )
    sentence = f"Trường đã có hồ sơ {_described(duplicate)} mang cùng số định danh hoặc mã của Bộ."
    return Known(sentence, offer=duplicate)


def _perhaps_known(duplicate: Person, arrival: Arrival, match_score: str, by: User) -> Known:
    """Name and birth date alone prove nothing: the user may insist."""
    insist = "Nếu là hai người khác nhau, hãy đánh dấu ô dưới đây rồi thêm lại."
    if not _is_elsewhere(duplicate, arrival):
        return Known(f"{arrival.place} đã có người {match_score}. {insist}", may_insist=True)
    if not may_move_between_classes(by):
        sentence = (
            f"Trong trường đã có một hồ sơ khác {match_score}. Nếu là cùng một người, hãy nhờ "
        )
        return Known(f"{sentence}văn thư chuyển hồ sơ ấy sang đây. {insist}", may_insist=True)
    sentence = f"Trường đã có hồ sơ {_described(duplicate)} {match_score}."
    return Known(
        f"{sentence} Nếu là cùng một người, hãy chuyển hồ sơ ấy. {insist}",
        offer=duplicate,
        may_insist=True,
    )


def _described(duplicate: Person) -> str:
    """The name, with where the record is and, if it left, in which state."""
    remarks = []
    if duplicate.school_class:
        remarks.append(f"lớp {duplicate.school_class.name}")
    elif duplicate.kind == "student":
        remarks.append("không xếp lớp")
    if not duplicate.active and duplicate.state:
        remarks.append(duplicate.state.lower())
    if not remarks:
        return duplicate.full_name
    return f"{duplicate.full_name} ({', '.join(remarks)})"
