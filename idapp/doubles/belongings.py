"""What hangs on a record that is put away goes to the record that goes on: cases, photos, explanations, items of
batches, appointments, lines of imports, the account. Found by the foreign keys of the models, so that a table added
later is never forgotten.

The history stays where it was written; the page of a record reads all of it (``people.survivors``).
"""

from idapp import audit
from idapp.doubles.journal import Journal
from idapp.models import (
    NOTICE_STATES,
    OPEN_EXPLANATION,
    Change,
    DistinctPair,
    EnteredChange,
    Explanation,
    PaperCase,
    Person,
    RecordMerge,
    Scan,
    User,
    YearMove,
    utc_now,
)
from idapp.notices.transitions import check_move

# A step into the next year is undone for whom it was done; which changes the ministry's system has
# is said of the history of this very record.
_STAY = (Change, RecordMerge, DistinctPair, YearMove, EnteredChange)
# an open explanation: the further it came, the more it weighs
_EXPLANATION_ORDER = ("returned", "proposed", "approved")


def move_belongings(survivor: Person, other: Person, *, journal: Journal, by: User) -> None:
    """Everything of ``other`` goes to ``survivor``, in the transaction of the caller.

    1. Of two open cases and of two open explanations one goes on: the one that came further.
    2. Every row that names ``other`` names ``survivor``; one that ``survivor`` has already (an appointment on the same
       day, a second account) stays where it is.
    """
    _join_cases(survivor, other, journal, by)
    _join_explanations(survivor, other, journal, by)
    for foreign_key, model in Person._meta.backrefs.items():
        if model in _STAY:
            continue
        for row in model.select().where(foreign_key == other).order_by(model.id):
            journal.move(row, foreign_key.name, survivor)
    _move_pairs(survivor, other, journal)


def _join_cases(survivor: Person, other: Person, journal: Journal, by: User) -> None:
    """Photos and note of the case that is closed go to the one that stays open."""
    both = PaperCase.person.in_([survivor.id, other.id])
    cases = list(PaperCase.select().where(both, PaperCase.is_open()))
    if len(cases) < 2:
        return
    behind, ahead = sorted(cases, key=lambda case: NOTICE_STATES.index(case.state))
    audit.record("notice.closed", by=by, person=behind.person, new="merged")
    now = utc_now()
    for scan in Scan.select().where(Scan.case == behind):
        journal.write(scan, case=ahead)
    if behind.note:
        journal.write(ahead, note="\n".join(filter(None, [ahead.note, behind.note])))
    check_move([behind], "closed")
    journal.write(behind, state="closed", state_at=now, closed_at=now, closed_because="merged")


def _join_explanations(survivor: Person, other: Person, journal: Journal, by: User) -> None:
    both = Explanation.person.in_([survivor.id, other.id])
    pending = list(Explanation.select().where(both, Explanation.state.in_(OPEN_EXPLANATION)))
    if len(pending) < 2:
        return
    behind, _ = sorted(pending, key=_explanation_rank)
    audit.record(
        "explanation.withdrawn", by=by, person=behind.person, old=behind.state, new=behind.comment
    )
    journal.write(behind, state="withdrawn")


def _explanation_rank(explanation: Explanation) -> int:
    return _EXPLANATION_ORDER.index(explanation.state)


def _move_pairs(survivor: Person, other: Person, journal: Journal) -> None:
    """Whom ``other`` was told apart from, ``survivor`` is another person than, too."""
    of_other = (DistinctPair.first == other) | (DistinctPair.second == other)
    for pair in DistinctPair.select().where(of_other):
        third = pair.second_id if pair.first_id == other.id else pair.first_id
        first, second = sorted((survivor.id, third))
        if not _is_told_apart(first, second):
            journal.write(pair, first=first, second=second)


def _is_told_apart(first: int, second: int) -> bool:
    is_first = DistinctPair.first == first
    return bool(DistinctPair.select().where(is_first, DistinctPair.second == second).exists())
