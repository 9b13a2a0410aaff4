"""What must be true after every step, asked in SQL of its own: not one line of it is the program's."""

import re
from collections import Counter

from tests.season.campus import Campus
from tests.season.model import Model

_NO_CLASS = {"Chưa xếp lớp": ""}
# each must find nothing
_NEVER = {
    "two present holders of one number": "SELECT number FROM person WHERE active AND number IS NOT NULL"
    " GROUP BY number HAVING COUNT(*) > 1",
    "a present pupil in a past class": "SELECT p.id FROM person p JOIN school_class c ON c.id = p.school_class_id"
    " WHERE p.active AND c.is_past",
    "an open item in a batch that has ended": "SELECT i.id FROM batch_item i JOIN batch b ON b.id = i.batch_id"
    " WHERE i.state IN ('waiting', 'sending') AND b.state IN ('finished', 'stopped', 'failed')",
    "a batch that does not add up": "SELECT b.id FROM batch b WHERE b.state != 'prepared' AND b.total !="
    " (SELECT COUNT(*) FROM batch_item i WHERE i.batch_id = b.id)",
    "two open batches of one scope": "SELECT scope FROM batch WHERE state IN"
    " ('prepared', 'queued', 'running', 'paused', 'waiting_for_answers') GROUP BY scope HAVING COUNT(*) > 1",
    "one person in two open batches": "SELECT person_id FROM batch_item WHERE state IN ('waiting', 'sending')"
    " GROUP BY person_id HAVING COUNT(*) > 1",
    "verified, and other values were confirmed": "SELECT id FROM person"
    " WHERE status = 'verified' AND outcome != 'verified'",
    "two open cases of one person": "SELECT person_id FROM paper_case WHERE state != 'closed'"
    " GROUP BY person_id HAVING COUNT(*) > 1",
    "a version without its audit row": "SELECT p.id FROM person p WHERE p.version - 1 !="
    " (SELECT COUNT(DISTINCT c.version)"
    " FROM change c WHERE c.person_id = p.id AND c.event = 'person.changed' AND c.version > 1)",
    "a text that the history does not end in": "SELECT p.id FROM person p JOIN change c ON c.person_id = p.id"
    " WHERE c.event = 'person.changed' AND c.field = 'identity_number' AND c.new != p.identity_number AND c.id ="
    " (SELECT MAX(id) FROM change WHERE person_id = p.id AND field = 'identity_number' AND event = 'person.changed')",
}


def broken(campus: Campus) -> list[str]:
    """The rules that do not hold, with the first rows."""
    found = []
    for name, query in _NEVER.items():
        rows = campus.sql(query)
        if rows:
            found.append(f"{name}: {rows[:5]}")
    return found


def misplaced(campus: Campus, model: Model, class_name: str, class_id: int) -> list[str]:
    """Who is in the table of a class and should not be, or is not and should."""
    page = campus.get("thu", f"/classes/{class_id}").text
    shown = {int(id_) for id_ in re.findall(r'<tr[^>]* data-person-id="(\d+)"', page)}
    wanted = set(model.present(class_name=class_name))
    if shown == wanted:
        return []
    return [f"the table of {class_name} shows {sorted(shown)}, should show {sorted(wanted)}"]


def miscounted(campus: Campus, model: Model) -> list[str]:
    """Where the figures of the board are others than those of the model. The board of a campaign that is closed shows
    what it was then."""
    if not campus.sql("SELECT id FROM campaign WHERE closed_at IS NULL"):
        return []
    figures = campus.get("hoa", "/progress.json").get_json()
    sentences = []
    totals: Counter[str] = Counter()
    verified: Counter[str] = Counter()
    for kind in ("student", "staff"):
        ids = model.present(kind)
        sure = model.verified(ids)
        for id_ in ids:
            totals[f"{kind} {model.people[id_]['class']}"] += 1
            verified[f"{kind} {model.people[id_]['class']}"] += id_ in sure
    seen = set()
    for line in figures["groups"]:
        name = f"{line['kind']} {_NO_CLASS.get(line['class'], line['class'] or '')}"
        seen.add(name)
        if line["total"] != totals[name]:
            sentences.append(
                f"{name}: {line['total']} people on the board, should be {totals[name]}"
            )
        if line["verified"] != verified[name]:
            sentences.append(
                f"{name}: {line['verified']} verified on the board, should be {verified[name]}"
            )
    for name, count in totals.items():
        if count and name not in seen:
            sentences.append(f"{name}: {count} people who are on no line of the board")
    if figures["school"]["total"] != totals.total():
        sentences.append(f"school: {figures['school']['total']} people, should be {totals.total()}")
    return sentences
