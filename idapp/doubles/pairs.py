"""Pairs that somebody looked at: two people, for a reason. Asked once, remembered, and taken back as easily."""

from peewee import JOIN

from idapp import audit
from idapp.database import writing
from idapp.models import DISTINCT_REASONS, DistinctPair, Person, User
from idapp.rules.problem import Problem

REASON_WORDS = {
    "twins": "Sinh đôi, sinh ba",
    "namesake": "Trùng họ tên, trùng ngày sinh",
    "other": "Lý do khác",
}
_LONGEST_NOTE = 200


def tell_apart(
    person: Person, other: Person, *, reason: str, note: str = "", by: User
) -> DistinctPair:
    """Remember that these are two people; once more with another reason changes it. Raises Problem for no reason."""
    if reason not in DISTINCT_REASONS:
        raise Problem("reason", "missing", "Chọn vì sao đây là hai người khác nhau.")
    note = note.strip()
    if reason == "other" and not note:
        raise Problem("note", "missing", "Ghi vì sao đây là hai người khác nhau.")
    if len(note) > _LONGEST_NOTE:
        sentence = f"Ghi chú dài quá {_LONGEST_NOTE} chữ: hãy viết ngắn hơn."
        raise Problem("note", "too_long", sentence)
    first, second = sorted((person.id, other.id))
    with writing():
        pair = pair_of(person, other)
        if pair is None:
            pair = DistinctPair(first=first, second=second)
        old = pair.reason or ""
        pair.reason = reason
        pair.note = note
        pair.by = by
        pair.save()
        _record(person, other, old, reason, by)
    return pair


def take_back(person: Person, other: Person, *, by: User) -> None:
    """They may be one person after all: the pair is asked about again. Nothing happens where nothing was said."""
    with writing():
        pair = pair_of(person, other)
        if pair is not None:
            pair.delete_instance()
            _record(person, other, pair.reason, "", by)


def pair_of(person: Person, other: Person) -> DistinctPair | None:
    """What was said about these two, in whichever order."""
    first, second = sorted((person.id, other.id))
    return DistinctPair.get_or_none(DistinctPair.first == first, DistinctPair.second == second)


def all_pairs() -> list[DistinctPair]:
    """Every pair that was told apart, newest first, with who said so and both records."""
    second = Person.alias()
    query = DistinctPair.select(DistinctPair, Person, second, User)
    query = query.join(Person, on=DistinctPair.first).switch(DistinctPair)
    query = query.join(second, on=(DistinctPair.second == second.id), attr="second")
    query = query.switch(DistinctPair).join(User, JOIN.INNER, on=DistinctPair.by)
    return list(query.order_by(DistinctPair.noted_at.desc(), DistinctPair.id.desc()))


def _record(person: Person, other: Person, old: str, new: str, by: User) -> None:
    for whose, counterpart in ((person, other), (other, person)):
        audit.record(
            "person.different",
            by=by,
            person=whose,
            subject=f"person {counterpart.id}",
            old=old,
            new=new,
        )
