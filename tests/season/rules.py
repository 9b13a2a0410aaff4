"""What must be true after every step, asked in SQL of its own: not one line of it is the program's."""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import _lru_cache_wrapper
from typing import Any

from idapp.models import STATUSES
from tests.season.campus import Campus
from tests.season.model import TEXTS, Model, Record, Step

_NO_CLASS = {"Chưa xếp lớp": ""}
_OF_YEAR = re.compile(
    r" \(\d{4}-\d{4}\)$"
)  # "3A (2022-2023)", as the history tells the step into a year
_ENDS = ("verified", "mismatch", "not_found", "rejected", "unanswered", "stale", "skipped")
_PLACES = {"person.changed": None, "person.moved": "class", "person.state": "state"}
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
    "an item that is asked twice in a batch": "SELECT batch_id, person_id FROM batch_item"
    " GROUP BY batch_id, person_id HAVING COUNT(*) > 1",
    "somebody in no state": "SELECT id FROM person WHERE active AND (status IS NULL OR status = '')",
    "a holder of a number whose text is another": "SELECT id FROM person WHERE number IS NOT NULL"
    " AND number != identity_number",
}


def broken(campus: Campus) -> list[str]:
    """The rules that do not hold, with the first rows."""
    found = []
    for name, query in _NEVER.items():
        rows = campus.sql(query)
        if rows:
            found.append(f"{name}: {rows[:5]}")
    return found


def newest_change(campus: Campus) -> int:
    """The id of the last row of the history."""
    [(newest,)] = campus.sql("SELECT COALESCE(MAX(id), 0) FROM change")
    return int(newest)


def untold(
    campus: Campus, told: int, before: Mapping[int, Record], model: Model, step: Step
) -> list[str]:
    """Where the rows of the history after ``told`` are not what has happened: they lead from the text of before to
    the text of now, each from where the last one ended, and nobody else is named."""
    rows = campus.sql(
        "SELECT person_id, event, field, old, new FROM change WHERE id > ? AND person_id IS NOT NULL"
        " AND event IN ('person.changed', 'person.moved', 'person.state') ORDER BY id",
        told,
    )
    texts = {at: text for at, (text, _) in step.cells.items() if at[1] != "active"}
    sentences = []
    for id_, event, field, old, new in rows:
        name = _PLACES[event] or field
        if id_ in step.added and event != "person.changed":
            texts.setdefault((id_, name), _plain(old))
        stood = before[id_][name] if id_ in before else ""
        last = texts.get((id_, name), stood)
        if _plain(old) != last:
            sentences.append(
                f"the history lets {id_}.{name} be {old!r} before {new!r}, not {last!r}"
            )
        texts[id_, name] = _plain(new)
    for (id_, name), text in texts.items():
        if text != model.people[id_][name]:
            sentences.append(
                f"the history says {id_}.{name} is {text!r}, not {model.people[id_][name]!r}"
            )
    for id_ in step.added:
        for name in TEXTS:
            if model.people[id_][name] and (id_, name) not in texts:
                sentences.append(
                    f"the history does not say {id_}.{name}, {model.people[id_][name]!r}"
                )
    return sentences


def _plain(text: str) -> str:
    return _OF_YEAR.sub("", text)


def wrongly_verified(campus: Campus, model: Model) -> list[str]:
    """Who is called verified and was not confirmed with the values that stand there now, or the other way round."""
    rows = campus.sql("SELECT id FROM person WHERE active AND status = 'verified'")
    called = {id_ for (id_,) in rows}
    wanted = model.verified([*model.present("student"), *model.present("staff")])
    return [
        f"{id_} is {'called' if id_ in called else 'not called'} verified,"
        f" answer {model.answers.get(id_)}, now {model.asked(id_)}"
        for id_ in sorted(called ^ wanted)
    ]


def otherwise_drawn(campus: Campus, user: str, path: str) -> list[str]:
    """Is a page with what is kept of earlier drawings another than one that draws everything anew?"""
    kept = campus.get(user, path)
    with _nothing_kept():
        fresh = campus.get(user, path)
    if (kept.status_code, kept.text) == (fresh.status_code, fresh.text):
        return []
    pairs = zip(kept.text.splitlines(), fresh.text.splitlines(), strict=False)
    first = next(((one, other) for one, other in pairs if one != other), ("", ""))
    return [f"{path} for {user} shows {first[0][:200]!r}, drawn anew {first[1][:200]!r}"]


@contextmanager
def _nothing_kept() -> Iterator[None]:
    """Whatever the pages keep of what they drew is as if it were empty, and is there again afterwards."""
    stores = [
        (module, name, value)
        for module in list(sys.modules.values())
        if getattr(module, "__name__", "").startswith("idapp.web")
        for name, value in list(vars(module).items())
        if isinstance(value, _lru_cache_wrapper)
    ]
    for module, name, store in stores:
        setattr(module, name, store.__wrapped__)
    try:
        yield
    finally:
        for module, name, store in stores:
            setattr(module, name, store)


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
    sentences = _sums(campus, figures)
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


def _sums(campus: Campus, figures: Mapping[str, Any]) -> list[str]:
    """Where the lines of the board do not add up, or count somebody otherwise than the rows."""
    sentences = []
    states = Counter[tuple[str, str, str]]()
    for kind, class_name, status, count in campus.sql(
        "SELECT p.kind, COALESCE(c.name, ''), p.status, COUNT(*) FROM person p"
        " LEFT JOIN school_class c ON c.id = p.school_class_id WHERE p.active GROUP BY 1, 2, 3"
    ):
        states[kind, class_name, status] = count
    sums = Counter[str]()
    for line in figures["groups"]:
        class_name = _NO_CLASS.get(line["class"], line["class"] or "")
        name = f"{line['kind']} {class_name}"
        counted = {
            status: count
            for (kind, of, status), count in states.items()
            if (kind, of) == (line["kind"], class_name)
        }
        shown = {status: line[status] for status in STATUSES if line[status]}
        if shown != counted:
            sentences.append(f"{name}: the board says {shown}, the rows {counted}")
        sentences += [f"{name}: {sentence}" for sentence in _of_a_line(line)]
        sums.update({key: value for key, value in line.items() if isinstance(value, int)})
    del sums["grade"]
    for whole in (figures["school"], _added(figures["kinds"].values())):
        sentences += [f"school: {sentence}" for sentence in _of_a_line(whole)]
        for key, value in sums.items():
            if whole[key] != value:
                sentences.append(f"school: {key} is {whole[key]}, the lines make {value}")
    return sentences


def _of_a_line(line: Mapping[str, Any]) -> list[str]:
    """Everybody is in one state, and who is not done is held by one party."""
    sentences = []
    by_state = sum(line[status] for status in STATUSES)
    if by_state != line["total"]:
        sentences.append(f"the states make {by_state}, the total is {line['total']}")
    if line["done"] != line["verified"] + line["explained"]:
        sentences.append(f"{line['done']} done")
    if line["to_do"] != line["total"] - line["foreign"]:
        sentences.append(f"{line['to_do']} to do of {line['total']}")
    held = sum(line["holders"].values())
    if held != line["to_do"] - line["done"]:
        sentences.append(f"{held} are held, {line['to_do'] - line['done']} are not done")
    return sentences


def _added(lines: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {"holders": Counter[str]()}
    for line in lines:
        for key, value in line.items():
            if key == "holders":
                whole["holders"].update(value)
            else:
                whole[key] = whole.get(key, 0) + value
    return whole


def beyond_reach(campus: Campus, teacher: str) -> list[str]:
    """Whom a teacher sees on the board or finds by searching, and should not."""
    own = {
        name
        for (name,) in campus.sql(
            "SELECT c.name FROM class_teacher t JOIN user u ON u.id = t.teacher_id"
            " JOIN school_class c ON c.id = t.school_class_id"
            " WHERE u.username = ? AND NOT c.is_past AND t.until IS NULL",
            teacher,
        )
    }
    figures = campus.get(teacher, "/progress.json").get_json()
    seen = {line["class"] for line in figures["groups"] if line["total"]}
    sentences = [f"{teacher} sees {name} on the board" for name in seen - own]
    page = campus.get(teacher, "/search?q=n").text
    found = {int(id_) for id_ in re.findall(r'href="/people/(\d+)', page)}
    rows = campus.sql(
        "SELECT p.id, c.name FROM person p LEFT JOIN school_class c ON c.id = p.school_class_id"
    )
    classes = dict(rows)
    return sentences + [
        f"{teacher} finds {id_} of {classes[id_]}" for id_ in found if classes[id_] not in own
    ]


def wrongly_summed(campus: Campus) -> list[str]:
    """Where the page of the newest batch counts otherwise than its rows, or not everybody who was frozen."""
    batches = campus.sql("SELECT id, total, state FROM batch ORDER BY id DESC LIMIT 1")
    if not batches:
        return []
    [(id_, total, state)] = batches
    page = campus.get("hoa", f"/batches/{id_}").text
    shown = {name: int(count) for name, count in re.findall(r'data-count="(\w+)">(\d+)<', page)}
    rows = campus.sql(
        "SELECT CASE WHEN stale AND state NOT IN ('waiting', 'sending') THEN 'stale' ELSE state END,"
        " COUNT(*) FROM batch_item WHERE batch_id = ? GROUP BY 1",
        id_,
    )
    counted = dict(rows)
    sentences = []
    if sum(counted.values()) != total:
        sentences.append(f"batch {id_}: {total} were frozen, the items make {counted}")
    if state != "prepared":
        for name in _ENDS:
            if shown.get(name, 0) != counted.get(name, 0):
                sentences.append(f"batch {id_}: {name} is {shown.get(name, 0)}, the rows {counted}")
    return sentences
