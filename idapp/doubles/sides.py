"""Two records side by side: where they differ, which value is probably the better one, and why.

A proposal only: the page shows both values and the reason, and what is written is what the user sent. The four cells of
a residence are one value, as halves of two addresses are none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from peewee import fn

from idapp import present_residence
from idapp.database import rows
from idapp.models import Change, Person
from idapp.people.residence_edits import RESIDENCE
from idapp.people.states import values_of
from idapp.rules import record
from idapp.rules.problem import StoredProblem

Side = Literal["survivor", "other"]
RESIDENCE_GROUP = "residence"
PRESENT_GROUP = "present_residence"
_LABELS = {RESIDENCE_GROUP: "Nơi thường trú", PRESENT_GROUP: "Nơi ở hiện tại"}
PLACE = "place"  # class and state, chosen together
_IDENTITY = frozenset(field.name for field in record.FIELDS if field.identity)
_WHY = {
    "only": "bên kia để trống",
    "verified": "đã xác thực",
    "error_free": "bên kia có lỗi",
    "newer": "sửa gần đây hơn",
    "survivor": "chưa rõ bên nào đúng, hãy xem giấy tờ",
}
_DUPLICATE = "duplicate"  # an error that the merge itself takes away


@dataclass(frozen=True)
class Difference:
    """One value in which the records differ: the name of its group, its cells, the texts, the proposal and why."""

    group: str
    label: str
    fields: tuple[str, ...]
    survivor: tuple[str, ...]
    other: tuple[str, ...]
    proposal: Side
    why: str
    survivor_only: bool = False  # nobody can choose the other one

    def texts(self, side: Side) -> Mapping[str, str]:
        """{field: text} of one side."""
        return dict(
            zip(self.fields, self.survivor if side == "survivor" else self.other, strict=True)
        )

    def shown(self, side: Side) -> str:
        """The texts of one side in one line."""
        texts = self.survivor if side == "survivor" else self.other
        return ", ".join(filter(None, texts))


@dataclass(frozen=True)
class SideBySide:
    """``survivor`` goes on, ``other`` is put away. ``same``: [(label, text)], ``place``: None if there is no choice."""

    survivor: Person
    other: Person
    differences: tuple[Difference, ...]
    same: tuple[tuple[str, str], ...]
    place: Difference | None

    @property
    def choices(self) -> tuple[Difference, ...]:
        """Everything that must be chosen, in the order of the page."""
        return (*self.differences, *([self.place] if self.place else []))


def side_by_side(survivor: Person, other: Person) -> SideBySide:
    """Compare the stored texts of two records, and where their people are."""
    edited = _last_edits(survivor, other)
    differences: list[Difference] = []
    same: list[tuple[str, str]] = []
    for group, fields in _groups(survivor, other):
        label = _LABELS.get(group) or record.FIELD[group].label
        ours = tuple(getattr(survivor, name) for name in fields)
        theirs = tuple(getattr(other, name) for name in fields)
        if ours == theirs:
            same.append((label, ", ".join(filter(None, ours))))
            continue
        proposal, why = _proposal(survivor, other, fields, edited)
        survivor_only = group == RESIDENCE_GROUP and survivor.epoch != other.epoch
        if survivor_only:
            proposal, why = "survivor", "hồ sơ kia ghi theo danh mục địa chỉ khác"
        differences.append(
            Difference(
                group, label, fields, ours, theirs, proposal, why, survivor_only=survivor_only
            )
        )
    return SideBySide(survivor, other, tuple(differences), tuple(same), _place(survivor, other))


def fingerprint(survivor: Person, other: Person) -> str:
    """Differs as soon as anything of either record does that the page shows or proposes by."""
    contents = [_content(person) for person in (survivor, other)]
    return hashlib.sha256(json.dumps(contents).encode()).hexdigest()[:32]


def newest_change() -> int:
    """The id of the newest row of the history: what comes later is told as later."""
    return Change.select(fn.MAX(Change.id)).scalar() or 0


def _content(person: Person) -> list[object]:
    places = [person.id, person.kind, person.school_class_id, person.state, person.active]
    answer = [person.outcome, person.outcome_hash, str(person.outcome_at or "")]
    return [*places, *answer, person.epoch, values_of(person)]


def _groups(survivor: Person, other: Person) -> Iterable[tuple[str, tuple[str, ...]]]:
    """(group, its cells) in the order of the record; only cells that people of both kinds have."""
    has_other = {field.name for field in record.fields_of(other.kind)}
    for field in record.fields_of(survivor.kind):
        if field.name not in has_other:
            continue
        if field.name == "province":
            yield RESIDENCE_GROUP, RESIDENCE
        elif field.name not in RESIDENCE:
            yield field.name, (field.name,)
    if other.kind == survivor.kind and present_residence.is_asked_of(survivor):
        yield PRESENT_GROUP, tuple(reversed(record.PRESENT))


def _proposal(
    survivor: Person,
    other: Person,
    fields: tuple[str, ...],
    edited: Mapping[tuple[int, str], datetime],
) -> tuple[Side, str]:
    """The probably better side and why: the one with a value, confirmed, without errors, edited later."""
    scores: tuple[tuple[str, bool, bool], ...] = (
        ("only", _has_text(survivor, fields), _has_text(other, fields)),
        ("verified", _is_confirmed(survivor, fields), _is_confirmed(other, fields)),
        (
            "error_free",
            not _problems(survivor, fields, "error"),
            not _problems(other, fields, "error"),
        ),
        ("error_free", not _problems(survivor, fields), not _problems(other, fields)),
    )
    for why, ours, theirs in scores:
        if ours != theirs:
            return ("survivor" if ours else "other"), _WHY[why]
    never = datetime.min
    ours_at = max(edited.get((survivor.id, name), never) for name in fields)
    theirs_at = max(edited.get((other.id, name), never) for name in fields)
    if ours_at == theirs_at:
        return "survivor", _WHY["survivor"]
    return ("survivor" if ours_at > theirs_at else "other"), _WHY["newer"]


def _has_text(person: Person, fields: Iterable[str]) -> bool:
    return any(getattr(person, name) for name in fields)


def _is_confirmed(person: Person, fields: Iterable[str]) -> bool:
    return person.status == "verified" and not _IDENTITY.isdisjoint(fields)


def _problems(person: Person, fields: Iterable[str], level: str = "") -> list[StoredProblem]:
    wanted = set(fields)
    problems = [problem for problem in person.problems if problem["field"] in wanted]
    problems = [problem for problem in problems if problem["code"] != _DUPLICATE]
    if not level:
        return problems
    return [problem for problem in problems if problem["level"] == level]


def _last_edits(survivor: Person, other: Person) -> dict[tuple[int, str], datetime]:
    """{(person id, field): when its text last changed}."""
    query = Change.select(Change.person, Change.field, Change.at)
    of_both = query.where(
        Change.person.in_([survivor.id, other.id]), Change.event == "person.changed"
    ).order_by(Change.id)
    return {(person_id, field): moment for person_id, field, moment in rows(of_both)}


def _place(survivor: Person, other: Person) -> Difference | None:
    """Class and state: of who is at the school rather than of who has left."""
    ours = (place_word(survivor),)
    theirs = (place_word(other),)
    if survivor.kind != other.kind or ours == theirs:
        return None
    proposal: Side = "survivor"
    why = _WHY["survivor"]
    if survivor.active != other.active:
        proposal = "survivor" if survivor.active else "other"
        why = "đang ở trường"
    label = "Lớp và trạng thái" if survivor.kind == "student" else "Tình trạng công tác"
    return Difference(PLACE, label, (PLACE,), ours, theirs, proposal, why)


def place_word(person: Person) -> str:
    """Where the person is, in words: "lớp 5A, Đang học".

    >>> place_word(Person(kind="staff", state="Đang làm việc"))
    'Đang làm việc'
    """
    if person.school_class is None:
        return str(person.state)
    return f"Lớp {person.school_class.title}, {person.state}"
