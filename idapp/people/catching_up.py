"""Records follow the rules of the program that is installed.

What the rules say of a record is stored with it: its state, its problems with their sentences, the codes of its
places. A newer program may say it otherwise, and without this nobody would hear of it until the record is edited. So
the worker computes everybody anew after each update, in parts of a hundred records, each whole, and goes on after a
crash where it was. No value of anybody is touched: no version. Where the state becomes another, the history says so;
who has more errors than before is shown to clerk and principal. No batch starts meanwhile.

Which rules computed what is stored is told by their own bytes (``fingerprint``): nobody has to remember a number.
"""

import hashlib
import logging
from collections import Counter
from functools import cache
from pathlib import Path

from idapp import audit, stepwise
from idapp.database import PreparedStatement, rows, writing
from idapp.models import UNDER_WAY, Person, Recheck, utc_now
from idapp.people.changing import new_changeset
from idapp.people.states import COMPUTED, RuleContext, people_with_class, store
from idapp.people.tables import STATUS_WORDS

log = logging.getLogger(__name__)
_PACKAGE = Path(__file__).parent.parent
_ROUNDS = 3  # a record's state may hang on the number of another
_PART = 100
# whatever decides what is stored; a test follows the imports of ``states``
SOURCES = (
    "rules/**/*.py",
    "data/*.csv",
    "people/states.py",
    "people/field_texts.py",
    "present_residence.py",
)


def owed() -> list[int]:
    """What the clock asks every few seconds: begins after an update. Returns the ids that nobody is at work on."""
    newest = last()
    if newest is None or (not newest.is_under_way and newest.rules != fingerprint()):
        begun = begin()
        return [begun.id] if begun.is_under_way else []
    return stepwise.overdue(Recheck)


def begin() -> Recheck:
    """Everybody is to be computed anew, those who left too; nobody there: then it is done."""
    with writing():
        under_way = Recheck.get_or_none(Recheck.state.in_(UNDER_WAY))
        if under_way is not None:
            return under_way
        # a school without anybody, or an office: nothing to wait for
        total = Person.select().count()
        ended_at = None if total else utc_now()
        return Recheck.create(
            state="running" if total else "done",
            rules=fingerprint(),
            changeset=new_changeset(),
            total=total,
            ended_at=ended_at,
        )


def note_current() -> None:
    """What is stored was computed by these very rules: a school that has just been made."""
    with writing():
        Recheck.create(
            state="done", rules=fingerprint(), changeset=new_changeset(), ended_at=utc_now()
        )


def go_on(change_id: int) -> None:
    """Do what is left, see ``stepwise.carry_on``."""
    stepwise.carry_on(Recheck, change_id, do_part=_do_part, end=_end)


def last() -> Recheck | None:
    """The newest."""
    newest: list[Recheck] = _NEWEST.rows()
    return newest[0] if newest else None


# asked above every page
_NEWEST = PreparedStatement(lambda: Recheck.select().order_by(Recheck.id.desc()).limit(1))


def is_seen(change: Recheck) -> None:
    """Somebody has looked at those who have more errors: no need to say it above every page any more."""
    with writing():
        Recheck.update(seen_at=utc_now()).where(Recheck.id == change.id).execute()


def compute_anew() -> dict[int, set[str]]:
    """All at once, after a change of a setting. Returns {record id: columns that changed}."""
    changed: dict[int, set[str]] = {}
    with writing():
        for _ in range(_ROUNDS):
            changed_now = _one_round()
            if not changed_now:
                break
            for id_, names in changed_now.items():
                changed.setdefault(id_, set()).update(names)
    return changed


@cache
def fingerprint() -> str:
    """Of the rules and their lists, as this process runs them."""
    digest = hashlib.sha256()
    for pattern in SOURCES:
        for file in sorted(_PACKAGE.glob(pattern)):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _one_round() -> dict[int, set[str]]:
    context = RuleContext(bulk=True)
    changed = {}
    for person in people_with_class(Person.id > 0):
        names = _stored_anew(person, context)
        if names:
            changed[person.id] = names
    return changed


def _stored_anew(person: Person, context: RuleContext) -> set[str]:
    """Which computed columns became others."""
    before = {name: getattr(person, name) for name in COMPUTED}
    store(person, context)
    return {name for name in COMPUTED if getattr(person, name) != before[name]}


def _do_part(change: Recheck) -> bool:
    """The next hundred; False if there are none left, and the round has changed nothing, or was the last."""
    left = Person.select(Person.id).where(Person.id > change.last_id).order_by(Person.id)
    ids = [id_ for (id_,) in rows(left.limit(_PART))]
    counts = Counter(change.counts)
    if ids:
        _compute_part(ids, change, counts)
        _keep(change, counts, last_id=ids[-1])
        return True
    goes_on = counts["changed_in_round"] > 0 and change.round < _ROUNDS
    if goes_on:
        counts["changed_in_round"] = 0
        _keep(change, counts, last_id=0, round=change.round + 1)
    return goes_on


def _compute_part(ids: list[int], change: Recheck, counts: Counter[str]) -> None:
    context = RuleContext()
    people = people_with_class(Person.id.in_(ids))
    context.read_ahead(people)
    worse = set(change.worse)
    for person in people:
        status_before = person.status
        errors_before = person.errors
        if not _stored_anew(person, context):
            continue
        # a record that has left shows its errors to nobody
        counts["changed_in_round"] += 1
        if person.errors > errors_before and person.active:
            worse.add(person.id)
        if person.status != status_before:
            counts["states"] += 1
            audit.record(
                "person.rechecked",
                by=None,
                person=person,
                old=STATUS_WORDS[status_before],
                new=STATUS_WORDS[person.status],
                changeset=change.changeset,
            )
    change.worse = sorted(worse)


def _keep(change: Recheck, counts: Counter[str], **values: object) -> None:
    progress = Recheck.update(
        counts=dict(counts), worse=change.worse, heartbeat_at=utc_now(), **values
    )
    progress.where(Recheck.id == change.id).execute()


def _end(change: Recheck) -> None:
    """In the transaction of the last part."""
    Recheck.update(state="done", ended_at=utc_now()).where(Recheck.id == change.id).execute()
    states = change.counts.get("states", 0)
    words = f"{change.total} hồ sơ, {states} đổi tình trạng, {len(change.worse)} có thêm lỗi"
    audit.record("records.rechecked", by=None, new=words, changeset=change.changeset)
    log.info("computed anew after an update: %s records, %s states", change.total, states)
