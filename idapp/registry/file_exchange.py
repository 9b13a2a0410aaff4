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
from idapp.registry.vocabulary import Answer, AskedPerson, Question
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
        """How many rows with a person the file has."""
        return len(self.answers) + len(self.odd) + self.waiting + self.already + self.same


class FileExchange:
    """The connector of the file way. ``people``: whom the files may be about."""

    def __init__(self, people: Sequence[AskedPerson] = (), *, today: date) -> None:
        self._people = people
        self._today = today
        self._arrived: dict[int, Answer] = {}

    def ask(self, question: Question) -> Answer | None:
        """Only our own check answers; everything else comes back in a file."""
        wrong = own_check(question)
        if not wrong:
            return None
        return Answer(question.item, question.request_code, "rejected", wrong)

    def receive(self, data: bytes, *, file_name: str) -> ResultFile:
        """Reads a file; raises ``ResultRefused``. Its answers wait for ``collect``."""
        results = read_results(data, file_name=file_name, people=self._people, today=self._today)
        self._arrived |= {answer.item: answer for answer in results.answers}
        return results

    def collect(self, items: Sequence[int]) -> Iterable[Answer]:
        """What has arrived for these items, each answer once."""
        return [self._arrived.pop(item) for item in items if item in self._arrived]

    def close(self) -> None:
        """Forget what has arrived and was not collected."""
        self._arrived.clear()


def read_results(
    data: bytes, *, file_name: str, people: Sequence[AskedPerson], today: date
) -> ResultFile:
    """All that the file says about these people; raises ``ResultRefused`` with a sentence for the clerk."""
    return results_in(sheets_of(data, file_name), people=people, today=today)


def results_in(
    sheets: Sequence[Sheet], *, people: Sequence[AskedPerson], today: date
) -> ResultFile:
    """The same for a workbook that has been read already; raises ``ResultRefused``."""
    asked_people = AskedPeople(people, today)
    odd_rows: list[OddRow] = []
    matches_of: dict[int, list[Match]] = {}
    for row in result_rows(sheets):
        judged = asked_people.judge(row)
        if isinstance(judged, OddRow):
            odd_rows.append(judged)
        else:
            matches_of.setdefault(judged.item, []).append(judged)
    results = _Results(today, odd_rows)
    for matches in matches_of.values():
        results.add(matches)
    return results.file()


@dataclass
class _Results:
    """The rows of each person become one answer, or contradict each other."""

    today: date
    odd: list[OddRow]
    answers: list[Answer] = field(default_factory=list)
    waiting: int = 0
    already: int = 0
    same: int = 0

    def add(self, matches: list[Match]) -> None:
        """All the rows of one person."""
        final = [match for match in matches if match.verdict.kind != "waiting"]
        verdicts = [match for match in final if match.verdict.kind != "failed"]
        known = matches[0].person.known
        if known == "unanswered" and verdicts:  # it failed before; now there is a verdict
            self._add_new(matches, verdicts)
        elif known:  # a failure takes back nothing
            self._add_known(matches, verdicts, known)
        else:
            self._add_new(matches, final)

    def _add_known(self, matches: list[Match], verdicts: list[Match], known: str) -> None:
        """Further rows of a person whose result an earlier file brought."""
        others = [match for match in verdicts if match.verdict.kind != known]
        for match in others:
            result = match.row.result[:60]
            self.odd.append(odd_row(match.row, "other_than_known", match.item, result))
        self.already += len(matches) - len(others)

    def _add_new(self, matches: list[Match], final: list[Match]) -> None:
        """``final``: those of the rows that say how it ended."""
        if len({match.verdict for match in final}) > 1:
            self.odd += [odd_row(match.row, "contradiction", match.item) for match in final]
            self.same += len(matches) - len(final)
            return
        self.same += len(matches) - 1
        if final:
            self.answers.append(_answer(final[0], self.today))
        else:
            self.waiting += 1

    def file(self) -> ResultFile:
        """Everything that was added, the odd rows in the order of the file."""
        odd_rows = sorted(self.odd, key=lambda odd: (odd.sheet, odd.row))
        return ResultFile(self.answers, odd_rows, self.waiting, self.already, self.same)


def _answer(match: Match, today: date) -> Answer:
    question = match.person.question
    verdict = match.verdict
    if verdict.kind == "failed":
        return Answer(question.item, question.request_code, "unanswered", "failed_without_cause")
    residence = None
    # only a register that found the person can know the residence
    if verdict.kind in ("verified", "mismatch") and match.row.residence:
        residence = residence_written(match.row.residence, today)
    return Answer(
        question.item,
        question.request_code,
        verdict.kind,  # type: ignore[arg-type]
        # the file does not say what the register has instead
        differences={name: (_ours(question, name), "") for name in verdict.fields},
        residence=residence,
    )


def _ours(question: Question, name: str) -> str:
    return {
        "full_name": question.full_name,
        "date_of_birth": birth_date.show(question.born),
        "gender": catalogues.gender_text(question.sex),
        "identity_number": question.number,
    }[name]
