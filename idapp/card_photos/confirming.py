"""Writing what the check page showed: all chosen cards as one step, and the photos go."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from idapp import notices, scans
from idapp.card_photos.pairing import Pair
from idapp.database import writing
from idapp.models import CardPhoto, Person, User
from idapp.notices import papers
from idapp.people import cards
from idapp.people.bulk_edits import Report, Seen
from idapp.rules.problem import Problem
from idapp.settings import Settings

_NOTHING = "Chưa chọn ảnh nào: hãy đánh dấu những em cần lưu rồi bấm Lưu."
_TWICE = "{name} có hơn một ảnh được chọn: hãy bỏ bớt rồi bấm Lưu."


@dataclass(frozen=True)
class Outcome:
    """What became of it: the report of the edit, and how many photos stay with the cases of their pupils."""

    report: Report
    kept: int


def confirm(
    pairs: Sequence[Pair],
    seen: Seen,
    *,
    keep: bool,
    by: User,
    settings: Settings,
) -> Outcome:
    """Write the cards of these pairs as one step; ``seen``: {person id: the texts that were shown}.

    keep  the photos of pupils with an open case stay there as evidence; all others are erased

    A pair of which a cell is in conflict stays, to be looked at again. Raises ``Problem`` with nothing written where no
    pair was chosen, or two of one pupil.
    """
    proposals = [pair.proposal for pair in pairs if pair.proposal]
    _check(proposals)
    with writing():
        report = cards.apply_many(proposals, seen, by=by)
        done = _without(pairs, report)
        evidence: set[str] = set()
        if keep:
            evidence = _keep_with_cases(done, by)
        ids = [pair.photo.id for pair in done]
        CardPhoto.delete().where(CardPhoto.id.in_(ids)).execute()
    # After the rows: a crash in between leaves files without one, which the maintenance erases.
    _erase([pair.photo for pair in done], evidence, settings)
    return Outcome(report, len(evidence))


def _without(pairs: Sequence[Pair], report: Report) -> list[Pair]:
    """The pairs that were written whole: without those of whom a cell was left out."""
    left = {conflict.person.id for conflict in report.conflicts}
    left |= {person.id for person, *_ in report.refused}
    return [pair for pair in pairs if pair.person and pair.person.id not in left]


def _check(proposals: Sequence[cards.Proposal]) -> None:
    if not proposals:
        raise Problem("take", "nothing", _NOTHING)
    chosen: set[int] = set()
    for proposal in proposals:
        if proposal.person.id in chosen:
            name = proposal.person.full_name
            raise Problem("take", "twice", _TWICE.format(name=name))
        chosen.add(proposal.person.id)


def _keep_with_cases(pairs: Sequence[Pair], by: User) -> set[str]:
    """The names of the photos that became evidence of an open case."""
    names = set()
    for pair in pairs:
        person, name = pair.person, pair.photo.name
        if person is not None and name is not None and _has_place(person):
            papers.attach(person, name, evidence="card", by=by)
            names.add(name)
    return names


def _has_place(person: Person) -> bool:
    is_full = len(papers.kept_of(person)) >= papers.MOST_PER_CASE
    return notices.open_case(person) is not None and not is_full


def _erase(photos: Sequence[CardPhoto], evidence: Collection[str], settings: Settings) -> None:
    for photo in photos:
        if photo.name and photo.name not in evidence:
            scans.erase(photo.name, settings)
