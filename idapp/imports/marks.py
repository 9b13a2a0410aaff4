"""The marks of a judged row: the lists of the check page that show or count it."""

from __future__ import annotations

from peewee import OP, Expression, Value

from idapp.models import ImportRow

# not of the file alone but of the choices: somebody still has to choose; an error would be written;
# something cannot be written at all
UNDECIDED = "undecided"
BROUGHT = "brought"
UNREAD = "unread"
ASKED = "asked"  # a mark, and the code of the choice: nobody can tell whose row it is
_MANY = 2  # new warnings of one row: more likely another's cells than odd ones
_ALARMING = {"others_number", "duplicate", "other_name"}
_TWICE = {
    "twice",
    "twice_in_file",
    "duplicate",
    "namesake",
    "other_person",
    "ambiguous",
    "elsewhere",
}


def marks_of(row: ImportRow) -> list[str]:
    """The marks of a row, but for those that change with each choice (``decisions.recount``)."""
    codes = {problem["code"] for problem in row.problems}
    levels = [problem["level"] for problem in row.problems]
    warnings = 0
    if row.seen:  # what is odd about a row that changes nothing is nobody's work
        warnings = levels.count("warning")
    holds = {
        "errors": row.verdict == "wrong" or "error" in levels,
        "repaired": bool(row.repairs),
        "moved": "school_class" in row.seen or "state" in row.seen,
        "twice": bool(codes & _TWICE),
        "hidden": "hidden_row" in codes,
        "struck": "struck_row" in codes,
        ASKED: row.choices.get("", {}).get("code") == ASKED,
        "look": warnings >= _MANY or bool(codes & _ALARMING),
        "warned": warnings > 0,
    }
    return [mark for mark, is_so in holds.items() if is_so]


def has_mark(mark: str) -> Expression:
    """The condition of a query: rows with this mark."""
    # not ``contains``, which would hand the pattern itself through JSON; nor OP.LIKE, which is GLOB on SQLite
    pattern = Value(f'%"{mark}"%', converter=False)
    return Expression(ImportRow.marks, OP.ILIKE, pattern)
