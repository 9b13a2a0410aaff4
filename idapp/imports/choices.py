"""What the person decided on the check page, kept with the row so that paging and reloading lose nothing.

A choice is an entry of ``ImportRow.problems`` with level ``choice``: ``field`` ("" is the whole row), ``code`` and
``take``. A conflict begins as not taken: the system's newer value stays until somebody says otherwise; so does a value
that is worse than the good one of the record (``worse``), and a row of which nobody can tell whose it is (``asked``).
Anything else is taken until somebody leaves it out. A whole column is left out with the upload: ``Import.left_out``
holds its field, or ``field:repaired``, ``field:errors`` where only the cells that were brought into form, or have an
error, stay out.

Cells that make sense only together are written together, whoever leaves one of them out: no commune under the district
of another address, no passport number at a Vietnamese.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from idapp.models import ImportRow
from idapp.rules import catalogues, places

CONFLICT, WORSE, LEFT_OUT, ASKED = "conflict", "worse", "left_out", "asked"
TWO_SIDES = (CONFLICT, WORSE)  # the system's value or the file's
REPAIRED, ERRORS = ":repaired", ":errors"
# marks of a row: somebody still has to choose; an error would be written; something cannot be written at all
UNDECIDED, BROUGHT, UNREAD = "undecided", "brought", "unread"
_WRITING = ("new", "changed", "conflict")


def choice(field: str, code: str, *, take: bool = False, message: str = "") -> dict[str, Any]:
    return {"field": field, "code": code, "message": message, "level": "choice", "take": take}


def choices_of(row: ImportRow) -> dict[str, dict[str, Any]]:
    return {p["field"]: p for p in row.problems if p["level"] == "choice"}


def taken(row: ImportRow, field: str = "", left_out: Collection[str] = ()) -> bool:
    """Would this cell be written? Without a field: is the row used at all?"""
    return _is_taken(choices_of(row), row, field, left_out)


def cells_to_write(row: ImportRow, left_out: Collection[str] = ()) -> list[str]:
    """The fields that confirming would write, by the choices made so far."""
    made = choices_of(row)
    if not made and not left_out:
        return list(row.seen)
    return [field for field in row.seen if _is_taken(made, row, field, left_out)]


def recount(row: ImportRow, left_out: Collection[str] = ()) -> None:
    """Bring ``writes`` and the marks that follow from the choices up to date (not saved)."""
    cells = _cells_written(row, left_out)
    row.writes = len(cells)
    bad = {p["field"] for p in row.problems if p["level"] == "error"}
    moving = {
        UNREAD: cannot_be_read(row),
        BROUGHT: not bad.isdisjoint(cells),
        UNDECIDED: is_undecided(row),
    }
    marks = [mark for mark in row.marks.split() if mark not in moving]
    marks += [mark for mark, holds in moving.items() if holds]
    row.marks = f" {' '.join(marks)} " if marks else ""


def counted_by_column(rows: Iterable[ImportRow]) -> dict[str, list[int]]:
    """What ``Import.counts`` holds."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in rows:
        for field in row.seen:
            counts[field][0] += 1
        for field in row.repairs:
            counts[field][1] += 1
        written = cells_to_write(row)
        for field in {p["field"] for p in row.problems if p["level"] == "error"}:
            counts[field][2] += 1
            counts[field][3] += field in written
    return dict(counts)


def decide(row: ImportRow, field: str, take: bool, left_out: Collection[str] = ()) -> None:
    """Note the choice in the row (not saved). A field the row would not write has nothing to decide."""
    if field and field not in row.seen:
        return
    made = choices_of(row)
    for name in _decided_together(made, field):
        made[name] = made.get(name, choice(name, LEFT_OUT)) | {"take": take, "decided": True}
    told = [problem for problem in row.problems if problem["level"] != "choice"]
    row.problems = [*told, *made.values()]
    recount(row, left_out)


def is_undecided(row: ImportRow) -> bool:
    """Is there something nobody has chosen yet? A row left out whole needs no choice in its cells."""
    made = choices_of(row)
    whole = made.get("")
    if whole is not None and whole.get("decided") and not whole["take"]:
        return False
    waiting = (*TWO_SIDES, ASKED)
    return any(one["code"] in waiting and not one.get("decided") for one in made.values())


def cannot_be_read(row: ImportRow) -> bool:
    """Does something of the row stay out whatever is decided: the row itself, or a cell that holds no value at all?"""
    if row.verdict == "wrong":
        return True
    errors = (p for p in row.problems if p["level"] == "error" and not p.get("stands"))
    return any(p["field"] in row.values and p["field"] not in row.seen for p in errors)


def _cells_written(row: ImportRow, left_out: Collection[str]) -> list[str]:
    if row.verdict not in _WRITING:
        return []
    cells = cells_to_write(row, left_out)
    return [] if row.verdict == "new" and "full_name" not in cells else cells


def _decided_together(made: dict[str, dict[str, Any]], field: str) -> list[str]:
    """Of an address with a fault one side is taken whole."""
    if field not in places.LEVELS or field not in made or made[field]["code"] != WORSE:
        return [field]
    return [name for name in places.LEVELS if name in made and made[name]["code"] == WORSE]


def _is_taken(
    made: dict[str, dict[str, Any]], row: ImportRow, field: str, left_out: Collection[str]
) -> bool:
    whole = "" not in made or made[""]["take"]
    if not whole or not field:
        return bool(whole)
    together = [field, *_goes_with(row, field)]
    return all(_is_ticked(made, row, name, left_out) for name in together)


def _is_ticked(
    made: dict[str, dict[str, Any]], row: ImportRow, field: str, left_out: Collection[str]
) -> bool:
    is_chosen = field not in made or made[field]["take"]
    return bool(is_chosen) and not _column_left_out(row, field, left_out)


def _goes_with(row: ImportRow, field: str) -> list[str]:
    """The other cells without which this one would bring something false into a record that holds something there."""
    if field in places.LEVELS:
        return [name for name in places.LEVELS if name != field and row.seen.get(name)]
    if field not in ("identity_number", "nationality"):
        return []
    other = "nationality" if field == "identity_number" else "identity_number"
    return (
        [other]
        if other in row.seen and row.seen["identity_number"] and _changes_country(row)
        else []
    )


def _changes_country(row: ImportRow) -> bool:
    if "nationality" not in row.seen:
        return False
    before, after = row.seen["nationality"], row.values["nationality"]
    return catalogues.is_foreign(before) != catalogues.is_foreign(after)


def _column_left_out(row: ImportRow, field: str, left_out: Collection[str]) -> bool:
    if not left_out:
        return False
    if field in left_out or (field + REPAIRED in left_out and field in row.repairs):
        return True
    return field + ERRORS in left_out and _has_error(row, field)


def _has_error(row: ImportRow, field: str) -> bool:
    return any(p["field"] == field and p["level"] == "error" for p in row.problems)
