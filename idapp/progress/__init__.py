"""Step 4: where the school stands, how it came there, when it will be done, and what the managing office is told.

board     counts of this moment, per class, grade and kind; the people behind a count
grade_sums  the pupils of each grade, without the rest of the board
holders   who has to act next on a record, and how many wait for whom
banner    the deadline on every page          history   a snapshot a day, the pace and the forecast
chart     geometry of the day-by-day chart    closing   the end of a campaign, its frozen report
exchange  the signed progress file            schools   many schools' files on one page
reasons   why people are not verified; who is explained
remarks   what the managing office says about a class
report    the workbook for the managing office
"""

from idapp.progress.banner import Banner, banner, reminder
from idapp.progress.board import (
    KIND_WORDS,
    WITHOUT_CLASS,
    Board,
    ProgressRow,
    board,
    grade_name,
    people_behind,
)
from idapp.progress.exchange import progress_file
from idapp.progress.history import forecast, keep_after, keep_today, series
from idapp.progress.holders import HOLDER_TASKS, HOLDER_WORDS, holder

__all__ = [
    "HOLDER_TASKS",
    "HOLDER_WORDS",
    "KIND_WORDS",
    "WITHOUT_CLASS",
    "Banner",
    "Board",
    "ProgressRow",
    "banner",
    "board",
    "forecast",
    "grade_name",
    "holder",
    "keep_after",
    "keep_today",
    "people_behind",
    "progress_file",
    "reminder",
    "series",
]
