"""Writing final answers down: onto the item always, onto the record only while it holds what was asked about.

Many answers in one short transaction with few statements: one commit costs 4 ms, one answer should not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from idapp import notices
from idapp.database import PreparedStatement, rows
from idapp.models import Attempt, BatchItem, Person, utc_now
from idapp.people.states import RuleContext, people_with_class, store, values_of
from idapp.registry import Answer
from idapp.registry.residences import as_stored
from idapp.rules import record


@dataclass(frozen=True)
class FinalAnswer:
    """The last word on one item. ``seconds``: what the call took, None in the file way."""

    item: BatchItem
    answer: Answer
    seconds: float | None = None


def record_answers(finals: Sequence[FinalAnswer]) -> None:
    """Write final answers of items of which each still waits for its own; inside the caller's transaction.

    A record that was edited since it was sent keeps its values and its state: its item is marked ``stale``. So does
    one of whom the police have said meanwhile that the register is corrected, as long as it disagrees.
    """
    if not finals:
        return
    ids = [final.item.person_id for final in finals]
    people = {person.id: person for person in people_with_class(Person.id.in_(ids))}
    context = RuleContext()
    now = utc_now()
    overtaken = _overtaken(finals)
    for final in finals:
        person = people[final.item.person_id]
        # the register has answered about the values of the start
        present_hash = record.identity_hash(values_of(person), context.around(person))
        is_stale = present_hash != final.item.hash or final.item.id in overtaken
        _write_item(final, is_stale, now)
        columns: dict[str, object] = {}
        if not is_stale and not _is_no_news(final, person):
            columns = _columns_of_record(final, now)
        for name, value in columns.items():  # before the state is computed from them
            setattr(person, name, value)
        store(person, context, **columns)
    _close_cases(finals, people)


def _overtaken(finals: Sequence[FinalAnswer]) -> set[int]:
    """Items marked ``stale`` while they were asked (``notices.register_errors``), whose answer still disagrees."""
    ids = [final.item.id for final in finals if final.answer.outcome in ("mismatch", "not_found")]
    query = BatchItem.select(BatchItem.id).where(BatchItem.id.in_(ids), BatchItem.stale)
    return {id_ for (id_,) in rows(query)}


def _write_item(final: FinalAnswer, is_stale: bool, now: datetime) -> None:
    answer = final.answer
    differences = BatchItem.differences.db_value(_pairs(answer))
    _WRITE_ITEM.run(
        final.item.id, answer.outcome, answer.reason, now, is_stale, differences, final.seconds
    )


_WRITE_ITEM = PreparedStatement(
    lambda id_, state, reason, settled_at, stale, differences, seconds: BatchItem.update(
        state=state,
        reason=reason,
        settled_at=settled_at,
        stale=stale,
        differences=differences,
        seconds=seconds,
    ).where(BatchItem.id == id_)
)


def _columns_of_record(final: FinalAnswer, now: datetime) -> dict[str, object]:
    answer = final.answer
    residence: Mapping[str, object] = {}
    if answer.residence:
        residence = as_stored(answer.residence)
    return {
        "outcome": answer.outcome,
        "outcome_hash": final.item.hash,
        "outcome_at": now,
        "differences": _pairs(answer),
        "outcome_reason": answer.reason,
        "register_residence": residence,
    }


def _is_no_news(final: FinalAnswer, person: Person) -> bool:
    """No answer takes back what the register has said about these very values."""
    if final.answer.outcome != "unanswered" or person.outcome_hash != final.item.hash:
        return False
    return person.outcome not in ("", "unanswered")


def _pairs(answer: Answer) -> dict[str, list[str]]:
    return {name: list(pair) for name, pair in answer.differences.items()}


def _close_cases(finals: Sequence[FinalAnswer], people: Mapping[int, Person]) -> None:
    """Who is verified needs no paper any more."""
    verified = [person for person in people.values() if person.status == "verified"]
    if not verified:
        return
    batch_of = {final.item.person_id: final.item.batch_id for final in finals}
    for person_id in notices.cases_of(verified):
        notices.close(people[person_id], because=f"batch {batch_of[person_id]}")


def record_calls(answers: Iterable[Answer]) -> None:
    """What every single call came back with, under its own request code."""
    codes_by_result: dict[tuple[str, str], list[str]] = {}
    for answer in answers:
        result = (answer.outcome, answer.reason)
        codes_by_result.setdefault(result, []).append(answer.request_code)
    for (outcome, reason), codes in codes_by_result.items():
        calls = Attempt.update(outcome=outcome, reason=reason)
        calls.where(Attempt.request_code.in_(codes)).execute()
