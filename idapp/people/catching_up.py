"""Records follow the rules of the program that is installed.

What the rules say of a record is stored with it: its state, its problems with their sentences, the codes of its
places. A newer program may say it otherwise, and without this nobody would hear of it until the record is edited. So
the first start with other rules computes everybody anew. No value of anybody is touched: no version, no audit row.
"""

import hashlib
import logging
from pathlib import Path

from idapp.database import writing
from idapp.models import Person
from idapp.people.states import COMPUTED, RuleContext, people_with_class, store
from idapp.settings import Settings

log = logging.getLogger(__name__)
_PACKAGE = Path(__file__).parent.parent
_MARK = "rules-of"  # in the data folder: of which rules the stored states are
_ROUNDS = 3  # a record's state may hang on the number of another


def catch_up(settings: Settings) -> int:
    """Compute everybody anew if the rules are others than at the last start; how many look different now."""
    mark = settings.data / _MARK
    rules = fingerprint()
    if mark.exists() and mark.read_text() == rules:
        return 0
    changed = compute_anew()
    if changed:
        log.info("computed anew after a change of the rules: %s records", len(changed))
    mark.write_text(rules)  # last: after a crash it is all done again, which harms nothing
    return len(changed)


def compute_anew() -> dict[int, set[str]]:
    """Store what the rules say now of everybody, those who left too. Returns {record id: columns that changed}."""
    changed: dict[int, set[str]] = {}
    with writing():
        for _ in range(_ROUNDS):
            changed_now = _one_round()
            if not changed_now:
                break
            for id_, names in changed_now.items():
                changed.setdefault(id_, set()).update(names)
    return changed


def fingerprint() -> str:
    """Of the rules and their lists."""
    digest = hashlib.sha256()
    rules = (_PACKAGE / "rules").rglob("*.py")
    lists = (_PACKAGE / "data").glob("*.csv")
    for file in sorted([*rules, *lists]):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _one_round() -> dict[int, set[str]]:
    context = RuleContext(bulk=True)
    changed = {}
    for person in people_with_class(Person.id > 0):
        before = {name: getattr(person, name) for name in COMPUTED}
        store(person, context)
        names = {name for name in COMPUTED if getattr(person, name) != before[name]}
        if names:
            changed[person.id] = names
    return changed
