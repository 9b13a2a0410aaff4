"""The file way: a workbook of what is asked goes out, result files come back, in parts and in any order.

The workbook holds the frozen values, whatever became of the records since, so that a row that comes back confirms what
was sent. A result file is read outside any transaction; its answers are settled by the same path as the service's, a
few hundred at a time. Rows that settle nothing are kept with the file for the clerk to look at.
"""

import hashlib

from peewee import JOIN, chunked

from idapp import audit, exports
from idapp.database import writing
from idapp.models import OPEN_ITEM, Batch, BatchFile, BatchItem, Person, SchoolClass, User, utc_now
from idapp.registry import AskedPerson, FileExchange, ResultFile
from idapp.rules import birth_date, catalogues
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.verification.asking import question_of
from idapp.verification.settling import Heard, settle


def request_workbook(batch: Batch, *, by: User) -> bytes:
    """Everybody of the batch who has no result yet, in the ministry's form, with the values of the start."""
    query = (
        batch.items.select(BatchItem, Person, SchoolClass)
        .join(Person)
        .join(SchoolClass, JOIN.LEFT_OUTER)
    )
    waiting = query.where(BatchItem.state.in_(OPEN_ITEM))
    order = (
        Person.kind.desc(),
        SchoolClass.grade.asc(nulls="last"),
        SchoolClass.name,
        Person.sort_key,
        Person.id,
    )
    people = [_as_frozen(item) for item in waiting.order_by(*order)]
    return exports.batch_workbook(people, subject=f"batch {batch.id}", by=by)


def _as_frozen(item: BatchItem) -> Person:
    """The record as it was at the start, in memory only."""
    person, values = item.person, item.values
    person.full_name, person.identity_number = values["full_name"], values["number"]
    person.date_of_birth, person.gender = (
        birth_date.show(values["born"]),
        catalogues.gender_text(values["sex"]),
    )
    return person


def receive(batch: Batch, data: bytes, *, file_name: str, by: User) -> BatchFile:
    """Settle what this file says. Raises ``registry.ResultRefused`` for the file, Problem for the batch."""
    if batch.state != "waiting_for_answers":
        raise Problem(
            "file", "not_waiting", "Đợt này không còn chờ tệp kết quả, nên tệp chưa được ghi."
        )
    items = list(batch.items.select(BatchItem, Person).join(Person))
    asked = [AskedPerson(question_of(i), i.person.ministry_code, _known(i)) for i in items]
    exchange = FileExchange(asked, today=current().today())
    said = exchange.receive(data, file_name=file_name)
    settled: dict[str, int] = {}
    for part in chunked(exchange.collect([i.id for i in items]), 200):
        answers = {answer.item: answer for answer in part}
        with writing():
            asked_of = (
                BatchItem.select(BatchItem, Person)
                .join(Person)
                .where(BatchItem.id.in_(list(answers)))
            )
            bunch = [
                Heard(item, answers[item.id])
                for item in asked_of
                if _known(item) in ("", "unanswered")
            ]
            settle(bunch)
        for heard in bunch:
            settled[heard.answer.outcome] = settled.get(heard.answer.outcome, 0) + 1
    with writing():
        kept = _keep(batch, data, file_name, said, settled, by)
        _finish_if_complete(batch)
    return kept


def _known(item: BatchItem) -> str:
    """The verdict that stands: of an earlier file, or of another batch where the file had none."""
    if item.state in OPEN_ITEM:
        return ""
    person = item.person
    is_outdone = item.state == "unanswered" and person.outcome and person.outcome_hash == item.hash
    return str(person.outcome if is_outdone else item.state)


def _keep(
    batch: Batch, data: bytes, file_name: str, said: ResultFile, settled: dict[str, int], by: User
) -> BatchFile:
    sha256 = hashlib.sha256(data).hexdigest()
    counts = {
        "rows": said.rows,
        "settled": sum(settled.values()),
        "waiting": said.waiting,
        "already": said.already,
        "same": said.same,
        "odd": len(said.odd),
        **settled,
    }
    odd = [
        {"sheet": o.sheet, "row": o.row, "name": o.name, "sentence": o.sentence} for o in said.odd
    ]
    audit.record(
        "batch.answers",
        by=by,
        subject=f"batch {batch.id}",
        new=f"{counts['settled']} kết quả",
        typed=sha256,
    )
    return BatchFile.create(
        batch=batch, user=by, file_name=file_name, sha256=sha256, counts=counts, odd=odd
    )


def _finish_if_complete(batch: Batch) -> None:
    if not batch.items.where(BatchItem.state.in_(OPEN_ITEM)).exists():
        done = Batch.update(state="finished", finished_at=utc_now())
        done.where(Batch.id == batch.id, Batch.state == "waiting_for_answers").execute()


def files_of(batch: Batch) -> list[BatchFile]:
    """Newest first, with who brought them."""
    return list(batch.files.select(BatchFile, User).join(User).order_by(BatchFile.id.desc()))
