"""What the person decided on the check page, kept with the row so that paging and reloading lose nothing.

A choice is an entry of ``ImportRow.problems`` with level ``choice``: ``field`` ("" is the whole row), ``code`` and
``take``. A conflict begins as not taken: the system's newer value stays until somebody says otherwise. Anything else is
taken until somebody leaves it out.
"""

from typing import Any

from idapp.models import ImportRow

CONFLICT, LEFT_OUT = "conflict", "left_out"


def choice(field: str, code: str, *, take: bool = False, message: str = "") -> dict[str, Any]:
    return {"field": field, "code": code, "message": message, "level": "choice", "take": take}


def choices_of(row: ImportRow) -> dict[str, dict[str, Any]]:
    return {p["field"]: p for p in row.problems if p["level"] == "choice"}


def taken(row: ImportRow, field: str = "") -> bool:
    """Would this cell be written? Without a field: is the row used at all?"""
    made = choices_of(row)
    whole = made.get("", {"take": True})["take"]
    return bool(whole and (not field or made.get(field, {"take": True})["take"]))


def cells_to_write(row: ImportRow) -> list[str]:
    return [field for field in row.seen if taken(row, field)]


def decide(row: ImportRow, field: str, take: bool) -> None:
    """Note the choice in the row (not saved). A field the row would not write has nothing to decide."""
    if field and field not in row.seen:
        return
    made = choices_of(row).get(field) or choice(field, LEFT_OUT)
    others = [p for p in row.problems if not (p["level"] == "choice" and p["field"] == field)]
    row.problems = [*others, made | {"take": take}]
