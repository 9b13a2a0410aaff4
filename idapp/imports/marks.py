"""The lists of the check page that show or count a row."""

from idapp.imports.choices import ASKED
from idapp.models import ImportRow

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
    """The lists a row belongs to, but for those that follow from choices (``choices.recount``)."""
    codes = {p["code"] for p in row.problems}
    warnings = sum(p["level"] == "warning" for p in row.problems) if row.seen else 0
    holds = {
        "errors": row.verdict == "wrong" or any(p["level"] == "error" for p in row.problems),
        "repaired": bool(row.repairs),
        "moved": "school_class" in row.seen or "state" in row.seen,
        "twice": bool(codes & _TWICE),
        "hidden": "hidden_row" in codes,
        "struck": "struck_row" in codes,
        "asked": ASKED in codes,
        "look": warnings >= _MANY or bool(codes & _ALARMING),
        "warned": warnings > 0,
    }
    return [mark for mark, is_so in holds.items() if is_so]
