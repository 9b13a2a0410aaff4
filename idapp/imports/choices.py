"""What the person decided on the check page, kept with the row so that paging and reloading lose nothing.

A choice is an entry of ``ImportRow.problems`` with level ``choice``: ``field`` ("" is the whole row), ``code`` and
``take``. A conflict begins as not taken: the system's newer value stays until somebody says otherwise; so does a row of
which nobody can tell whose it is (``asked``). Anything else is taken until somebody leaves it out. A whole column is
left out with the upload: ``Import.left_out`` holds its field, or ``field:repaired`` where only the cells that were
brought into form stay out.
"""

from collections.abc import Collection
from typing import Any

from idapp.models import ImportRow

CONFLICT, LEFT_OUT, ASKED = "conflict", "left_out", "asked"
REPAIRED = ":repaired"
UNDECIDED = "undecided"  # the mark of a row in which somebody still has to choose
_WRITING = ("new", "changed", "conflict")


def choice(field: str, code: str, *, take: bool = False, message: str = "") -> dict[str, Any]:
    return {"field": field, "code": code, "message": message, "level": "choice", "take": take}


def choices_of(row: ImportRow) -> dict[str, dict[str, Any]]:
    return {p["field"]: p for p in row.problems if p["level"] == "choice"}


def taken(row: ImportRow, field: str = "", left_out: Collection[str] = ()) -> bool:
    """Would this cell be written? Without a field: is the row used at all?"""
    return _is_taken(choices_of(row), row, field, left_out)


def cells_to_write(row: ImportRow, left_out: Collection[str] = ()) -> list[str]:
    made = choices_of(row)
    if not made and not left_out:
        return list(row.seen)
    return [field for field in row.seen if _is_taken(made, row, field, left_out)]


def writes_of(row: ImportRow, left_out: Collection[str] = ()) -> int:
    """How many cells confirming would write."""
    if row.verdict not in _WRITING:
        return 0
    cells = cells_to_write(row, left_out)
    return 0 if row.verdict == "new" and "full_name" not in cells else len(cells)


def decide(row: ImportRow, field: str, take: bool) -> None:
    """Note the choice in the row (not saved). A field the row would not write has nothing to decide."""
    if field and field not in row.seen:
        return
    made = choices_of(row).get(field) or choice(field, LEFT_OUT)
    others = [p for p in row.problems if not (p["level"] == "choice" and p["field"] == field)]
    row.problems = [*others, made | {"take": take, "decided": True}]
    marks = [mark for mark in row.marks.split() if mark != UNDECIDED] + [UNDECIDED] * is_undecided(
        row
    )
    row.marks = f" {' '.join(marks)} " if marks else ""


def is_undecided(row: ImportRow) -> bool:
    """Is there something nobody has chosen yet? A row left out whole needs no choice in its cells."""
    made = choices_of(row)
    whole = made.get("")
    if whole is not None and whole.get("decided") and not whole["take"]:
        return False
    return any(one["code"] in (CONFLICT, ASKED) and not one.get("decided") for one in made.values())


def _is_taken(
    made: dict[str, dict[str, Any]], row: ImportRow, field: str, left_out: Collection[str]
) -> bool:
    whole = "" not in made or made[""]["take"]
    if not whole or not field:
        return bool(whole)
    return bool(field not in made or made[field]["take"]) and not _column_left_out(
        row, field, left_out
    )


def _column_left_out(row: ImportRow, field: str, left_out: Collection[str]) -> bool:
    return field in left_out or (field + REPAIRED in left_out and field in row.repairs)
