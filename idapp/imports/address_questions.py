"""Old addresses of a file with several successors: each asked once on the check page, answered for all its rows.

Of each row with such an address is kept how its cells stand while nobody has chosen (``ImportRow.address``): whole, as
the file says, with their error. A choice puts the place there instead, and may be taken back or changed until the file
is written. A record that lives at one of the successors already says more than the file: its cells stay as they are.

What the school has chosen for the same address before is put there from the start, in sight and open to change. What is
chosen here is remembered when the file is written.

``Import.addresses["asked"]`` holds for each question: ``key``, ``meant``, ``epoch``, ``writings`` (how the file writes
it), ``candidates`` (code, label, reason, names), ``rows`` and ``classes`` it concerns, ``kept`` (rows whose record
lives at a successor), ``before`` (the code chosen before) and ``choice``: a code, ``keep`` or "" for undecided.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from idapp.database import writing
from idapp.imports.addresses import FileAddresses, Question
from idapp.imports.decisions import CONFLICT, TWO_SIDES, choices_of, counted_by_column, recount
from idapp.imports.marks import marks_of
from idapp.models import Import, ImportRow, User
from idapp.people import place_choices
from idapp.rules import places
from idapp.rules.places import Candidate, values_of

KEEP = "keep"
_MOST_WRITINGS = 5
_AT_ONCE = 60  # rows of one UPDATE: SQLite takes so many parameters, and no more


def ask(addresses: FileAddresses, rows: Iterable[ImportRow]) -> dict[str, Any]:
    """What ``Import.addresses`` is to hold; rows whose address was chosen before are brought to that place."""
    remembered: Mapping[str, str] = {}
    if addresses.questions:
        remembered = place_choices.remembered()
    entries = {
        key: _entry(key, question, remembered) for key, question in addresses.questions.items()
    }
    for row in rows:
        if row.address:
            _begin(row, entries[row.address["key"]])
    questions = [entry for entry in entries.values() if entry["rows"]]
    for entry in questions:
        # 5A before 10A
        entry["classes"] = sorted(entry["classes"], key=lambda name: (len(name), name))
    questions.sort(key=lambda entry: -entry["rows"])
    return {"asked": questions, "converted": addresses.converted}


def decide(upload: Import, answers: Mapping[str, str]) -> None:
    """Answer questions of a file that is still to be written: {key: code of a candidate, ``keep``, or ""}.

    What is no answer to a question of this file is ignored.
    """
    with writing():
        upload = Import.get_by_id(upload.id)
        if upload.state != "checked":
            return
        changed = _note_answers(upload, answers)
        if not changed:
            return
        rows = []
        for row in _rows_with_address(upload):
            entry = changed.get(row.address["key"])
            if entry is not None:
                _answer(row, entry, upload.left_out)
                rows.append(row)
        _save(rows)
        upload.counts = counted_by_column(upload.rows.where(ImportRow.seen != {}))
        upload.save(only=[Import.addresses, Import.counts])


def asked_in(upload: Import) -> list[dict[str, Any]]:
    """The questions of a file, that with most rows first."""
    questions: list[dict[str, Any]] = upload.addresses.get("asked", [])
    return questions


def open_questions(upload: Import) -> list[dict[str, Any]]:
    """Those that nobody has answered."""
    return [entry for entry in asked_in(upload) if not entry["choice"]]


def remember_choices(upload: Import, *, by: User) -> None:
    """Keep for the school what was chosen in this file; what it had chosen before needs no second word."""
    chosen = {}
    for entry in asked_in(upload):
        if entry["choice"] not in ("", KEEP, entry["before"]):
            chosen[entry["key"]] = entry["choice"]
    place_choices.remember(chosen, by=by)


# --- the questions ---


def _note_answers(upload: Import, answers: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Put the answers into the questions of the file; {key: question} of those that have another one now."""
    changed = {}
    for entry in asked_in(upload):
        answer = answers.get(entry["key"], entry["choice"])
        if answer != entry["choice"] and _is_answer(answer, entry):
            entry["choice"] = answer
            changed[entry["key"]] = entry
    return changed


def _entry(key: str, question: Question, remembered: Mapping[str, str]) -> dict[str, Any]:
    candidates = [_candidate(candidate) for candidate in question.finding.candidates]
    before = remembered.get(key, "")
    if before not in {candidate["code"] for candidate in candidates}:
        before = ""  # the catalogue of today no longer offers what was chosen then
    return {
        "key": key,
        "meant": question.finding.meant,
        "epoch": question.epoch,
        "writings": [text for text, _ in question.writings.most_common(_MOST_WRITINGS)],
        "candidates": candidates,
        "rows": 0,
        "classes": [],
        "kept": 0,
        "before": before,
        "choice": before,
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "code": candidate.place.code,
        "label": candidate.label(),
        "reason": candidate.reason,
        "is_default": candidate.is_default,
        "names": {name: text for name, text in values_of(candidate.home).items() if text},
    }


def _is_answer(answer: str, entry: Mapping[str, Any]) -> bool:
    codes = {candidate["code"] for candidate in entry["candidates"]}
    return answer in ("", KEEP) or answer in codes


# --- the rows ---


def _begin(row: ImportRow, entry: dict[str, Any]) -> None:
    """Count a new row with its question, and put what was chosen before."""
    if row.verdict == "wrong" and row.person is None:
        row.address = {}  # nothing of the row is used
        return
    if _has_conflict(row):
        row.address = {}  # somebody decides these cells one by one
        return
    if _lives_at_successor(row, entry):
        entry["kept"] += 1
        _keep_record(row)
        return
    entry["rows"] += 1
    if row.class_name and row.class_name not in entry["classes"]:
        entry["classes"].append(row.class_name)
    row.address |= {"open": _undecided(row)}
    _answer(row, entry)


def _has_conflict(row: ImportRow) -> bool:
    """Was a cell of the address changed both in the file and in the system?"""
    cells = _cells(row)
    for name, made in choices_of(row).items():
        if name in cells and made["code"] == CONFLICT:
            return True
    return False


def _lives_at_successor(row: ImportRow, entry: Mapping[str, Any]) -> bool:
    return any(_lives_at(row, candidate["names"]) for candidate in entry["candidates"])


def _lives_at(row: ImportRow, names: Mapping[str, str]) -> bool:
    stored = row.address["held"]
    return all(stored.get(level, "") == name for level, name in names.items())


def _keep_record(row: ImportRow) -> None:
    """The record stays where it lives; only a house that it does not know yet comes in."""
    stored = row.address["held"]
    rest = row.address["rest"]
    names = {level: stored[level] for level in places.LEVELS}
    if rest:
        names["address"] = stored["address"] or rest
    _put(row, names)
    row.address = {}
    recount(row)


def _answer(row: ImportRow, entry: Mapping[str, Any], left_out: Iterable[str] = ()) -> None:
    """Bring the cells of a row to the answer of its question."""
    names = _names_chosen(entry)
    if names is None:
        _take_back(row)
    elif row.address["rest"]:
        _put(row, {**names, "address": row.address["rest"]})
    else:
        _put(row, names)
    recount(row, tuple(left_out))


def _names_chosen(entry: Mapping[str, Any]) -> dict[str, str] | None:
    """{level: name} of the place that was chosen; None while nobody has, or where the old address is to stay."""
    for candidate in entry["candidates"]:
        if candidate["code"] == entry["choice"]:
            names: dict[str, str] = candidate["names"]
            return names
    return None


def _cells(row: ImportRow) -> tuple[str, ...]:
    """The cells of the address; house and hamlet in a column of their own have nothing to do with the question."""
    if row.address["rest"]:
        return (*places.LEVELS, "address")
    return places.LEVELS


def _undecided(row: ImportRow) -> dict[str, Any]:
    """How the cells of the address stand while nobody has chosen."""
    cells = _cells(row)
    return {
        "verdict": row.verdict,
        "values": _only(row.values, cells),
        "seen": _only(row.seen, cells),
        "repairs": _only(row.repairs, cells),
        "problems": [problem for problem in row.problems if problem["field"] in cells],
        "choices": _only(row.choices, cells),
    }


def _only(by_cell: Mapping[str, Any], cells: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in by_cell.items() if name in cells}


def _take_back(row: ImportRow) -> None:
    before = row.address["open"]
    _clear(row)
    row.values |= before["values"]
    row.seen |= before["seen"]
    row.repairs |= before["repairs"]
    row.problems = [*row.problems, *before["problems"]]
    row.choices = {**row.choices, **before["choices"]}
    row.verdict = before["verdict"]
    row.marks = marks_of(row)


def _put(row: ImportRow, names: Mapping[str, str]) -> None:
    """The cells of the address as these places; what the record holds already is not written."""
    stored = row.address["held"]
    _clear(row)
    for name, text in names.items():
        if text != stored[name]:
            row.values[name] = text
            row.seen[name] = stored[name]
    if "commune" in row.seen:
        row.repairs["commune"] = row.address["written"]
    row.verdict = _verdict(row)
    row.marks = marks_of(row)


def _clear(row: ImportRow) -> None:
    """Take the cells of the address out of the row, and all that is said of them."""
    cells = _cells(row)
    row.values = _without(row.values, cells)
    row.seen = _without(row.seen, cells)
    row.repairs = _without(row.repairs, cells)
    row.choices = _without(row.choices, cells)
    row.problems = [problem for problem in row.problems if problem["field"] not in cells]


def _without(by_cell: Mapping[str, Any], cells: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in by_cell.items() if name not in cells}


def _verdict(row: ImportRow) -> str:
    if row.verdict == "new":
        return "new"
    for name, made in choices_of(row).items():
        if name in row.seen and made["code"] in TWO_SIDES:
            return "conflict"
    if row.seen:
        return "changed"
    if any(problem["level"] == "error" for problem in row.problems):
        return "wrong"
    return "same"


def _rows_with_address(upload: Import) -> Iterable[ImportRow]:
    # a condition in JSON: the empty address of most rows is the text {}
    return ImportRow.select().where(ImportRow.upload == upload, ImportRow.address != {})


def _save(rows: list[ImportRow]) -> None:
    fields = [
        ImportRow.verdict,
        ImportRow.values,
        ImportRow.seen,
        ImportRow.repairs,
        ImportRow.problems,
        ImportRow.choices,
        ImportRow.marks,
        ImportRow.writes,
    ]
    ImportRow.bulk_update(rows, fields, batch_size=_AT_ONCE)
