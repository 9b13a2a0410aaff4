"""A pupil or colleague who arrives: a new record, unless the school already holds one.

Pupils who transfer in (kindergarten above all) are where records are made twice. The ministry's code or the identity
number decides: if a record with the same one exists, it is moved, never copied. Moving is the office's deed; a teacher
is told to ask for it and learns nothing about the other record. Same name and birth date may be twins in name only: the
user is asked once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idapp import people
from idapp.database import writing
from idapp.models import Person, SchoolClass, User
from idapp.people import Edit
from idapp.people.undoing import MISTAKEN
from idapp.permissions import may_move_between_classes
from idapp.rules import catalogues, record
from idapp.rules.folding import tidy, tone_key
from idapp.rules.problem import Problem
from idapp.settings import current


@dataclass(frozen=True)
class Arrival:
    """Who is to be added where; ``sure``: the user has seen that somebody of this name is there already."""

    kind: str
    school_class: SchoolClass | None
    values: Mapping[str, str]
    sure: bool = False

    @property
    def class_id(self) -> int | None:
        return self.school_class.id if self.school_class else None

    @property
    def place(self) -> str:
        return f"Lớp {self.school_class.name}" if self.school_class else "Danh sách cán bộ"


class Known(Exception):
    """The school already holds such a record. ``offer``: the one to move here, for those who may."""

    def __init__(
        self, sentence: str, *, offer: Person | None = None, may_insist: bool = False
    ) -> None:
        super().__init__(sentence)
        self.sentence, self.offer, self.may_insist = sentence, offer, may_insist


@dataclass(frozen=True)
class Received:
    """The record, and the labels of what was typed and not taken, because a moved record says something else."""

    person: Person
    kept: Sequence[str] = ()


def receive(arrival: Arrival, *, move: int | None, by: User) -> Received:
    """Add the record, or move the known one whose id is ``move``. Raises Known, or Problem on a field."""
    if not tidy(arrival.values.get("full_name", "")):
        raise Problem("full_name", "missing", "Hãy nhập họ và tên trước khi thêm hồ sơ.")
    with writing():
        same = _same_code_or_number(arrival)
        twin = same or (None if arrival.sure else _namesake(arrival))
        if (
            twin
            and move == twin.id
            and may_move_between_classes(by)
            and _is_elsewhere(twin, arrival)
        ):
            return _bring(twin, arrival, by)
        if same:
            raise _known(same, arrival, by)
        if twin:
            raise _perhaps_known(twin, arrival, by)
        return Received(
            people.add(
                kind=arrival.kind, school_class=arrival.school_class, values=arrival.values, by=by
            )
        )


def _same_code_or_number(arrival: Arrival) -> Person | None:
    """Also among those who left: a pupil who comes back keeps the record. What was added by mistake is nobody."""
    around = record.Around(kind=arrival.kind, today=current().today())
    for field in ("ministry_code", "identity_number"):
        text = record.settle(field, arrival.values.get(field, ""), arrival.values, around)
        same = Person.select().where(
            Person.kind == arrival.kind,
            getattr(Person, field) == text,
            Person.active | (Person.state != MISTAKEN),
        )
        if text and (found := same.order_by(Person.active.desc()).first()):
            return found
    return None


def _namesake(arrival: Arrival) -> Person | None:
    """Somebody of the same name and birth date, here rather than elsewhere; elsewhere only if there is a birth date."""
    around = record.Around(kind=arrival.kind, today=current().today())
    born = record.settle(
        "date_of_birth", arrival.values.get("date_of_birth", ""), arrival.values, around
    )
    key = tone_key(arrival.values["full_name"])
    same_day = Person.select().where(
        Person.kind == arrival.kind,
        Person.date_of_birth == born,
        Person.active | (Person.state != MISTAKEN),
    )
    found = [
        one
        for one in same_day
        if tone_key(one.full_name) == key and (born or not _is_elsewhere(one, arrival))
    ]
    return min(
        found, key=lambda one: (_is_elsewhere(one, arrival), not one.active, one.id), default=None
    )


def _is_elsewhere(twin: Person, arrival: Arrival) -> bool:
    return not twin.active or twin.school_class_id != arrival.class_id


def _bring(twin: Person, arrival: Arrival, by: User) -> Received:
    """What was typed about the newcomer goes where the record says nothing yet."""
    if not twin.active:
        people.set_state(twin, catalogues.PRESENT[twin.kind], active=True, by=by)
    if arrival.school_class:
        twin = people.move(twin, arrival.school_class, by=by)
    edits = [Edit(twin, name, text, "") for name, text in arrival.values.items() if tidy(text)]
    kept = {conflict.field for conflict in people.change_many(edits, by=by, door="typed").conflicts}
    return Received(twin, [record.FIELD[name].label for name in arrival.values if name in kept])


def _known(twin: Person, arrival: Arrival, by: User) -> Known:
    if not _is_elsewhere(twin, arrival):
        return Known(
            f"{arrival.place} đã có hồ sơ {twin.full_name} mang cùng số định danh hoặc mã của Bộ. Hãy sửa hồ sơ ấy."
        )
    if not may_move_between_classes(by):
        sentence = "Số định danh hoặc mã này đã có ở một hồ sơ khác trong trường."
        return Known(
            f"{sentence} Hãy nhờ văn thư chuyển hồ sơ ấy sang đây, đừng tạo hồ sơ thứ hai."
        )
    sentence = f"Trường đã có hồ sơ {_described(twin)} mang cùng số định danh hoặc mã của Bộ."
    return Known(sentence, offer=twin)


def _perhaps_known(twin: Person, arrival: Arrival, by: User) -> Known:
    """Name and birth date alone prove nothing: the user may insist."""
    insist = "Nếu là hai người khác nhau, hãy đánh dấu ô dưới đây rồi thêm lại."
    if not _is_elsewhere(twin, arrival):
        return Known(
            f"{arrival.place} đã có người cùng họ tên và ngày sinh. {insist}", may_insist=True
        )
    if not may_move_between_classes(by):
        sentence = "Trong trường đã có một hồ sơ khác cùng họ tên và ngày sinh. Nếu là cùng một người, hãy nhờ văn thư "
        return Known(f"{sentence}chuyển hồ sơ ấy sang đây. {insist}", may_insist=True)
    sentence = f"Trường đã có hồ sơ {_described(twin)} cùng họ tên và ngày sinh."
    return Known(
        f"{sentence} Nếu là cùng một người, hãy chuyển hồ sơ ấy. {insist}",
        offer=twin,
        may_insist=True,
    )


def _described(twin: Person) -> str:
    where = (
        f"lớp {twin.school_class.name}"
        if twin.school_class
        else "không xếp lớp"
        if twin.kind == "student"
        else ""
    )
    more = ", ".join(part for part in (where, "" if twin.active else twin.state.lower()) if part)
    return f"{twin.full_name} ({more})" if more else twin.full_name
