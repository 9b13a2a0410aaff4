"""A list of classes in a large school: by grade, the classes of one when it is opened.

Nobody reads 400 lines. Up to ``MANY`` classes a list shows all of them; above, the sums of each grade, whose classes
are fetched when it is opened, or shown alone (``?grade=5``), or all of them, to be printed (``?all=1``).
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import request

from idapp.progress.board import ProgressRow
from idapp.progress.grade_sums import GradeSum

MANY = 60
WITHOUT_GRADE = "other"  # kindergarten groups and others, in an address


def wanted_grade() -> str:
    """``?grade=5``, or ``other`` for classes without a grade; "" where the address names none."""
    given = request.args.get("grade", "")
    return given if given.isdecimal() or given == WITHOUT_GRADE else ""


def wants_all() -> bool:
    """``?all=1``: every class, however many there are."""
    return request.args.get("all") == "1"


def key_of(line: ProgressRow | GradeSum) -> str:
    """How an address names the grade of a line."""
    return WITHOUT_GRADE if line.grade is None else str(line.grade)


def of_grade(lines: Sequence[ProgressRow], grade: str) -> list[ProgressRow]:
    """The lines of this grade; all of them for ""."""
    return [line for line in lines if not grade or key_of(line) == grade]


def is_folded(lines: Sequence[object]) -> bool:
    """Are there too many to show, and did nobody ask for one grade or for all?"""
    return len(lines) > MANY and not wanted_grade() and not wants_all()
