"""Writing final answers down: onto the item always, onto the record only while it holds what was asked about.

A bunch of answers in one short transaction with few statements: one commit costs 4 ms, one answer should not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from idapp import notices
from idapp.database import Prepared
from idapp.models import Attempt, BatchItem, Person, utc_now
from idapp.people.states import World, people_with_class, store, values_of
from idapp.registry import Answer
from idapp.registry.residences import as_stored
from idapp.rules import record


@dataclass(frozen=True)
class Heard:
    """The last word on one item."""

    item: BatchItem
    answer: Answer
    seconds: float | None = None


def settle(bunch: Sequence[Heard]) -> None:
    """Final answers of items of which each still waits for its own; inside the caller's transaction (invariant 2)."""
    if not bunch:
        return
    people = {p.id: p for p in people_with_class(Person.id.in_([h.item.person_id for h in bunch]))}
    world, now = World(), utc_now()
    for heard in bunch:
        person = people[heard.item.person_id]
        stale = record.identity_hash(values_of(person), world.around(person)) != heard.item.hash
        _write_item(heard, stale, now)
        told = {} if stale or _is_no_news(heard, person) else _onto_record(heard, now)
        for name, value in told.items():  # before the state is computed from them
            setattr(person, name, value)
        store(person, world, **told)
    _close_cases(bunch, people)


def _write_item(heard: Heard, stale: bool, now: datetime) -> None:
    answer = heard.answer
    differences = BatchItem.differences.db_value(_pairs(answer))
    _WRITE_ITEM.run(
        heard.item.id, answer.outcome, answer.reason, now, stale, differences, heard.seconds
    )


_WRITE_ITEM = Prepared(
    lambda id_, state, reason, settled_at, stale, differences, seconds: BatchItem.update(
        state=state,
        reason=reason,
        settled_at=settled_at,
        stale=stale,
        differences=differences,
        seconds=seconds,
    ).where(BatchItem.id == id_)
)


def _onto_record(heard: Heard, now: datetime) -> dict[str, object]:
    answer = heard.answer
    return {
        "outcome": answer.outcome,
        "outcome_hash": heard.item.hash,
        "outcome_at": now,
        "differences": _pairs(answer),
        "outcome_reason": answer.reason,
        "register_residence": as_stored(answer.residence) if answer.residence else {},
    }


def _is_no_news(heard: Heard, person: Person) -> bool:
    """No answer takes back what the register has said about these very values."""
    said = person.outcome if person.outcome_hash == heard.item.hash else ""
    return heard.answer.outcome == "unanswered" and said not in ("", "unanswered")


def _pairs(answer: Answer) -> dict[str, list[str]]:
    return {name: list(pair) for name, pair in answer.differences.items()}


def _close_cases(bunch: Sequence[Heard], people: Mapping[int, Person]) -> None:
    """Who is verified needs no paper any more."""
    batch_of = {h.item.person_id: h.item.batch_id for h in bunch}
    verified = [p for p in people.values() if p.status == "verified"]
    if verified:
        for person_id in notices.cases_of(verified):
            notices.close(people[person_id], because=f"batch {batch_of[person_id]}")


def note_calls(answers: Iterable[Answer]) -> None:
    """What every single call came back with, under its own request code."""
    groups: dict[tuple[str, str], list[str]] = {}
    for answer in answers:
        groups.setdefault((answer.outcome, answer.reason), []).append(answer.request_code)
    for (outcome, reason), codes in groups.items():
        Attempt.update(outcome=outcome, reason=reason).where(
            Attempt.request_code.in_(codes)
        ).execute()
