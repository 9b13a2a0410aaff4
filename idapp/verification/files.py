"""The file way: a workbook of what is asked goes out, result files come back, in parts and in any order.

The workbook holds the frozen values, whatever became of the records since, so that a row that comes back confirms what
was sent. A result file is read outside any transaction; its answers are recorded by the same path as the service's, a
few hundred at a time. Rows that answer nothing are kept with the file for the clerk to look at.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable

from peewee import JOIN, chunked

from idapp import audit, exports
from idapp.database import writing
from idapp.models import (
    OPEN_ITEM,
    Batch,
    BatchFile,
    BatchItem,
    Person,
    SchoolClass,
    User,
    in_school_order,
    utc_now,
)
from idapp.registry import Answer, AskedPerson, FileExchange, ResultFile
from idapp.rules import birth_date, catalogues
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.verification.call_pool import question_of
from idapp.verification.recording import FinalAnswer, record_answers
from idapp.verification.transitions import move

_PART = 200  # answers


def request_workbook(batch: Batch, *, by: User) -> bytes:
    """Everybody of the batch who has no result yet, in the ministry's form, with the values of the start."""
    query = (
        batch.items.select(BatchItem, Person, SchoolClass)
        .join(Person)
        .join(SchoolClass, JOIN.LEFT_OUTER)
    )
    waiting = query.where(BatchItem.state.in_(OPEN_ITEM))
    order = (
        # "student" before "staff"
        Person.kind.desc(),
        *in_school_order(),
        Person.sort_key,
        Person.id,
    )
    people = [_as_frozen(item) for item in waiting.order_by(*order)]
    return exports.batch_workbook(people, subject=f"batch {batch.id}", by=by)


def _as_frozen(item: BatchItem) -> Person:
    """The record as it was at the start, in memory only."""
    person = item.person
    person.full_name = item.values["full_name"]
    person.identity_number = item.values["number"]
    person.date_of_birth = birth_date.show(item.values["born"])
    person.gender = catalogues.gender_text(item.values["sex"])
    return person


def receive(batch: Batch, data: bytes, *, file_name: str, by: User) -> BatchFile:
    """Record what this file says. Raises ``registry.ResultRefused`` for the file, Problem for the batch."""
    if batch.state != "waiting_for_answers":
        sentence = "Đợt này không còn chờ tệp kết quả, nên tệp chưa được lưu."
        raise Problem("file", "not_waiting", sentence)
    items = list(batch.items.select(BatchItem, Person).join(Person))
    exchange = FileExchange([_asked_person(item) for item in items], today=current().today())
    result_file = exchange.receive(data, file_name=file_name)
    stored = _described(batch, data, file_name, result_file, by)
    # a few hundred in each transaction: teachers go on saving meanwhile
    *parts, last = list(chunked(exchange.collect([item.id for item in items]), _PART)) or [[]]
    for answers in parts:
        with writing():
            _take(answers, stored)
    with writing():
        _take(last, stored)
        _enter_in_history(stored, by)
        _finish_if_complete(batch)
    return stored


def _asked_person(item: BatchItem) -> AskedPerson:
    return AskedPerson(question_of(item), item.person.ministry_code, _verdict(item))


def _take(answers: Iterable[Answer], stored: BatchFile) -> None:
    """Write down a part of what a file says, and in the file's row how much of it that is so far; inside the caller's
    transaction. After a crash between two parts the file is brought once more: the row says what the first time did.
    """
    counts = Counter(stored.counts)
    finals = _record(answers)
    counts["settled"] += len(finals)
    counts.update(final.answer.outcome for final in finals)
    stored.counts = dict(counts)
    stored.save()


def _record(answers: Iterable[Answer]) -> list[FinalAnswer]:
    """Write down the answers to items that have no verdict yet. Returns those."""
    answer_to = {answer.item: answer for answer in answers}
    query = BatchItem.select(BatchItem, Person).join(Person)
    items = query.where(BatchItem.id.in_(list(answer_to)))
    finals = [
        FinalAnswer(item, answer_to[item.id])
        for item in items
        if _verdict(item) in ("", "unanswered")
    ]
    record_answers(finals)
    return finals


def _verdict(item: BatchItem) -> str:
    """What stands: the answer of an earlier file, or of another batch where the file had none; "" if nothing does."""
    if item.state in OPEN_ITEM:
        return ""
    person = item.person
    if item.state == "unanswered" and person.outcome and person.outcome_hash == item.hash:
        return str(person.outcome)
    return str(item.state)


def _described(
    batch: Batch, data: bytes, file_name: str, result_file: ResultFile, by: User
) -> BatchFile:
    """The row of a file of which nothing is recorded yet. The file itself is not stored, only its name, its SHA-256
    and what became of its rows.
    """
    counts = {
        "rows": result_file.rows,
        "settled": 0,
        "waiting": result_file.waiting,
        "already": result_file.already,
        "same": result_file.same,
        "odd": len(result_file.odd),
    }
    odd = [
        {"sheet": row.sheet, "row": row.row, "name": row.name, "sentence": row.sentence}
        for row in result_file.odd
    ]
    sha256 = hashlib.sha256(data).hexdigest()
    return BatchFile(
        batch=batch, user=by, file_name=file_name, sha256=sha256, counts=counts, odd=odd
    )


def _enter_in_history(stored: BatchFile, by: User) -> None:
    audit.record(
        "batch.answers",
        by=by,
        subject=f"batch {stored.batch_id}",
        new=f"{stored.counts['settled']} kết quả",
        typed=stored.sha256,
    )


def _finish_if_complete(batch: Batch) -> None:
    if not batch.items.where(BatchItem.state.in_(OPEN_ITEM)).exists():
        move(batch.id, "finished", seen=["waiting_for_answers"], finished_at=utc_now())


def files_of(batch: Batch) -> list[BatchFile]:
    """Newest first, with who brought them."""
    return list(batch.files.select(BatchFile, User).join(User).order_by(BatchFile.id.desc()))
