"""The lines of the board, drawn once for each content (``web/kept_drawings``).

A line follows from how it is called, where its name and its counts lead, and the counts: these are a :class:`Line`, and
``_drawn`` is given nothing else. Whose eyes they are decides what a line holds, not how it is drawn.
"""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from idapp import permissions
from idapp.models import User
from idapp.progress.board import ProgressRow, percent_of
from idapp.progress.report import COLUMNS
from idapp.rules.positions import UNKNOWN
from idapp.web import grades
from idapp.web.kept_drawings import drawn, kept
from idapp.web.progress import bars

# Of 2 KB each: the classes of a large school.
_KEPT = 1024
_WORDS = dict(COLUMNS)
_COUNTED = tuple(ProgressRow("", "").numbers())
# in an address: "" would say nothing
NO_CLASS = "none"
NO_POSITION = "unknown"


class Line(NamedTuple):
    """What a line is drawn from.

    name             of the class, the grade ...; "" of the sum below a table
    words, address   how it is called, and where that leads; "" nowhere
    without_teacher  nobody looks after this class
    behind           the lists of the people of the line: the name of a column follows it
    counts           of ``ProgressRow.numbers()``, in its order
    columns          the names of those that stand beside the bar
    """

    name: str
    words: str
    address: str
    without_teacher: bool
    behind: str
    counts: tuple[int, ...]
    columns: tuple[str, ...]


def line_of(
    row: ProgressRow, columns: tuple[str, ...], user: User, without_teacher: bool, root: str
) -> Markup:
    """One line of the board for this user; ``root``: below which path the site is."""
    words, address = row.name, ""
    if row.class_id:
        address = f"{root}/classes/{row.class_id}"
    elif row.kind == "staff" and row.position is None and permissions.may_see_staff(user):
        words, address = "Tất cả", f"{root}/staff"
    counts = tuple(row.numbers().values())
    behind = link_behind(row, row.kind, root)
    return _drawn(Line(row.name, words, address, without_teacher, behind, counts, columns))


def sum_line(row: ProgressRow, columns: tuple[str, ...], root: str) -> Markup:
    """The sum below a table."""
    behind = f"{root}/progress/people?kind={row.kind}&column="
    counts = tuple(row.numbers().values())
    return _drawn(Line("", "Cộng", "", False, behind, counts, columns))


def link_behind(row: ProgressRow, kind: str, root: str) -> str:
    """The lists of the people behind a line; the name of a column is written after it, once for each count."""
    place = ""
    if row.class_id:
        place = f"&class={row.class_id}"
    elif row.is_grade:
        place = f"&grade={grades.key_of(row)}"
    elif row.kind == "student":
        place = f"&class={NO_CLASS}"
    elif row.position is not None:
        place = f"&position={NO_POSITION if row.position == UNKNOWN else row.position}"
    return f"{root}/progress/people?kind={kind}{place}&column="


@kept(_KEPT)
def _drawn(line: Line) -> Markup:
    counts = dict(zip(_COUNTED, line.counts, strict=True))
    return drawn(
        "progress/_line.html",
        line=line,
        counts=counts,
        percent=percent_of(counts["done"], counts["to_do"]),
        left=counts["to_do"] - counts["done"],
        columns=[(name, _WORDS[name]) for name in line.columns],
        segments=bars.segments,
    )
