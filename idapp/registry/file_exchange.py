"""The population database by hand: a workbook goes to the sector's system, and a file with results comes back.

Asking answers nothing at once; ``receive`` reads a file and ``collect`` hands out what it said, so that the file way
is settled by the same path as the service. A result file is the ministry's form 4.1.6 with a column of results, or a
profile export in which number and status stand; it may hold a part of the people, and several files may come.

A row belongs to the person with its ministry code, else with its number, else with its name and birth date. It counts
only for the values that were asked about: a "verified" beside another number, name, birth date or sex confirms
somebody else's values. Whatever settles nothing is listed with its row number and the reason; nothing is guessed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from idapp.registry.protocol import own_check
from idapp.registry.residences import residence_written
from idapp.registry.result_rows import (
    AskedPeople,
    Match,
    OddRow,
    ResultRefused,
    odd_row,
    result_rows,
    sheets_of,
)
from idapp.registry.vocabulary import Answer, AskedPerson, Outcome, Question
from idapp.rules import birth_date, catalogues
from idapp.workbook import Sheet

__all__ = [
    "AskedPerson",
    "FileExchange",
    "OddRow",
    "ResultFile",
    "ResultRefused",
    "read_results",
    "results_in",
]


@dataclass(frozen=True)
class ResultFile:
    """What a file said: every row with a person in it is counted once.

    waiting  rows of asked people without a result yet      already  rows of people whose result is known, and no other
    same     further rows that say the same of a person
    """

    answers: list[Answer]
    odd: list[OddRow]
    waiting: int = 0
    already: int = 0
    same: int = 0

    @property
    def rows(self) -> int:
        return len(self.answers) + len(self.odd) + self.waiting + self.already + self.same


class FileExchange:
    """The connector of the file way."""

    def __init__(self, asked: Sequence[AskedPerson] = (), *, today: date) -> None:
        self._asked, self._today = asked, today
        self._arrived: dict[int, Answer] = {}

    def ask(self, question: Question) -> Answer | None:
        """Only our own check answers; everything else comes back in a file."""
        wrong = own_check(question)
        return Answer(question.item, question.request_code, "rejected", wrong) if wrong else None

    def receive(self, data: bytes, *, file_name: str) -> ResultFile:
        """Reads a file; raises ``ResultRefused``. Its answers wait for ``collect``."""
        said = read_results(data, file_name=file_name, asked=self._asked, today=self._today)
        self._arrived |= {answer.item: answer for answer in said.answers}
        return said

    def collect(self, items: Sequence[int]) -> Iterable[Answer]:
        """What has arrived for these items, each answer once."""
        return [self._arrived.pop(item) for item in items if item in self._arrived]

    def close(self) -> None:
        self._arrived.clear()


def read_results(
    data: bytes, *, file_name: str, asked: Sequence[AskedPerson], today: date
) -> ResultFile:
    """All that the file says about these people; raises ``ResultRefused`` with a sentence for the clerk."""
    return results_in(sheets_of(data, file_name), asked=asked, today=today)


def results_in(sheets: Sequence[Sheet], *, asked: Sequence[AskedPerson], today: date) -> ResultFile:
    """The same for a workbook that has been read already."""
    people = AskedPeople(asked, today)
    result = _Result(today)
    for row in result_rows(sheets):
        found = people.judge(row)
        if isinstance(found, OddRow):
            result.odd.append(found)
        else:
            result.by_item.setdefault(found.item, []).append(found)
    return result.told()


@dataclass
class _Result:
    """The rows of each person become one answer, or contradict each other."""

    today: date
    odd: list[OddRow] = field(default_factory=list)
    by_item: dict[int, list[Match]] = field(default_factory=dict)

    def told(self) -> ResultFile:
        answers, counts = list[Answer](), {"waiting": 0, "already": 0, "same": 0}
        for item, matches in self.by_item.items():
            said = [found for found in matches if found.said.kind != "waiting"]
            known, verdicts = (
                matches[0].person.known,
                [found for found in said if found.said.kind != "failed"],
            )
            if known == "unanswered" and verdicts:
                known, said = "", verdicts  # it failed before; now there is a verdict
            if known:  # a failure takes back nothing
                others = [found for found in verdicts if found.said.kind != known]
                self.odd += [
                    odd_row(found.row, "other_than_known", item, found.row.result[:60])
                    for found in others
                ]
                counts["already"] += len(matches) - len(others)
            elif len({found.said for found in said}) > 1:
                self.odd += [odd_row(found.row, "contradiction", item) for found in said]
                counts["same"] += len(matches) - len(said)
            else:
                counts["same"] += len(matches) - 1
                counts["waiting"] += not said
                answers += [_answer(found, self.today) for found in said[:1]]
        return ResultFile(answers, sorted(self.odd, key=lambda odd: (odd.sheet, odd.row)), **counts)


def _answer(found: Match, today: date) -> Answer:
    question = found.person.question
    failed = found.said.kind == "failed"
    outcome: Outcome = "unanswered" if failed else found.said.kind  # type: ignore[assignment]
    reason = "failed_without_cause" if failed else ""
    differences = {
        name: (_ours(question, name), "") for name in found.said.fields
    }  # the file does not say theirs
    # only a register that found the person can know the residence
    knows = outcome in ("verified", "mismatch") and bool(found.row.residence)
    residence = residence_written(found.row.residence, today) if knows else None
    return Answer(
        question.item, question.request_code, outcome, reason, differences, residence=residence
    )


def _ours(question: Question, name: str) -> str:
    return {
        "full_name": question.full_name,
        "date_of_birth": birth_date.show(question.born),
        "gender": catalogues.gender_text(question.sex),
        "identity_number": question.number,
    }[name]
