"""The board: counts, who holds what is left, the chart; and the people behind a count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from flask import abort, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from idapp import homeroom, permissions, progress, school
from idapp.models import Campaign
from idapp.notices import explanations
from idapp.progress import chart, milestones, remarks
from idapp.progress.board import Board, ProgressRow
from idapp.progress.closing import frozen_board
from idapp.progress.history import Forecast
from idapp.progress.report import COLUMNS
from idapp.rules.positions import GROUP_WORDS, UNKNOWN
from idapp.settings import current
from idapp.web import grades
from idapp.web.access import class_or_404, current_user, signed_in, the_user
from idapp.web.progress import bars, bp, drawn_lines
from idapp.web.progress.completion import board_of_user
from idapp.web.progress.next_task import tasks_for_user

_HELP_FIRST = 5
_PAGE = 50


@dataclass(frozen=True)
class Selection:
    """Which part of the board the user wants to see, and in which order."""

    kind: str
    grade: str  # of ``grades.wanted_grade``
    sort: str
    down: bool
    page: int = 1

    @classmethod
    def of_request(cls) -> Selection:
        """``?kind=student``, ``?grade=5``, ``?sort=`` a column, ``?dir=down``, ``?page=2``; unknown ones count as not
        given.
        """
        given = request.args
        sort = given.get("sort", "")
        if sort not in {"percent", "left", *dict(COLUMNS)}:
            sort = ""
        page = max(1, given.get("page", 1, type=int))
        is_down = given.get("dir") == "down"
        return cls(_given_kind(), grades.wanted_grade(), sort, is_down, page)

    def lines(self, board: Board, kind: str) -> list[ProgressRow]:
        """The lines of one kind; unless another is asked for, in school order."""
        if self.kind not in ("", kind):
            return []
        lines = board.of_kind(kind)
        if kind != "staff":  # the staff have no grade
            lines = grades.of_grade(lines, self.grade)
        if not self.sort:
            return lines
        return sorted(lines, key=_key(self.sort), reverse=self.down)

    def is_by_grade(self, lines: Sequence[ProgressRow]) -> bool:
        """Do the sums of the grades stand in place of so many lines?"""
        return grades.is_folded(lines) and not self.sort

    def page_of(self, lines: Sequence[ProgressRow]) -> Sequence[ProgressRow]:
        """The lines of this page, of many that are sorted; else all of them."""
        if not grades.is_folded(lines):
            return lines
        first = (self.page - 1) * grades.MANY
        return lines[first : first + grades.MANY]

    def pages_of(self, lines: Sequence[ProgressRow]) -> int:
        """On how many pages these lines stand."""
        if not grades.is_folded(lines):
            return 1
        return -(-len(lines) // grades.MANY)

    def link(self, **other: Any) -> str:
        """The address of this selection, with some of the values replaced."""
        direction = "down" if self.down else None
        given: dict[str, Any] = {"kind": self.kind, "grade": self.grade}
        given |= {"sort": self.sort, "dir": direction}
        given |= {"all": "1" if grades.wants_all() else None} | other
        values = {name: value for name, value in given.items() if value not in ("", None)}
        if not values:
            return self._address
        return f"{self._address}?{urlencode(values)}"

    @cached_property
    def _address(self) -> str:
        return url_for("progress.board")

    def sorted_by(self, column: str) -> str:
        """The link of a heading: first the largest on top, then the other way round."""
        if self.sort == column and self.down:
            return self.link(sort=column, dir=None)
        return self.link(sort=column, dir="down")


def _given_kind() -> str:
    kind = request.args.get("kind", "")
    if kind not in progress.KIND_WORDS:
        return ""
    return kind


def _percent(line: ProgressRow) -> float:
    if line.percent is None:
        return 101  # a class of nobody needs no help: after those that are complete
    return line.percent


def _key(sort: str) -> Callable[[ProgressRow], float]:
    if sort == "percent":
        return _percent
    if sort == "left":
        return lambda line: line.left
    return lambda line: line.numbers()[sort]


@bp.get("/progress")
@signed_in
def board() -> str | Response:
    """Where the school stands: counts per class, who has to act, the days so far, remarks."""
    if not school.is_set_up():  # the managing office's own installation
        return redirect(url_for("progress.all_schools"))
    campaign = school.the_campaign()
    view = board_of_user()
    if not view.whole.total:
        return _empty_board(campaign, view)
    unassigned = _unassigned(view)
    return render_template(
        "progress/board.html",
        view=view,
        selection=Selection.of_request(),
        campaign=campaign,
        frozen=_frozen(campaign),
        help_first=_help_first(view),
        tasks=tasks_for_user(view, unassigned),
        remarks=list(remarks.seen_by(current_user).limit(20)),
        to_approve=explanations.counts(current_user)["proposed"],
        all_unassigned=len(unassigned) == len(view.with_pupils),
        **_drawing(unassigned),
        **_days_of(campaign, view),
        **words(),
    )


def _frozen(campaign: Campaign) -> Board | None:
    """What a closed campaign ended with; not for a teacher, for it is the whole school's."""
    if current_user.role == "teacher":
        return None
    return frozen_board(campaign)


def _unassigned(view: Board) -> list[homeroom.ClassName]:
    """The classes with pupils that the office has to give a teacher, for the office alone."""
    if not permissions.may_prepare_batch(current_user):
        return []
    assigned = homeroom.assigned()
    classes = [(line.class_id, line.name) for line in view.with_pupils if line.class_id]
    return [homeroom.ClassName(id_, name) for id_, name in classes if id_ not in assigned]


def _empty_board(campaign: Campaign, view: Board) -> str:
    """Nobody is here yet: what to do first, in place of a page of zeros."""
    return render_template(
        "progress/empty.html",
        view=view,
        campaign=campaign,
        tasks=tasks_for_user(view, _unassigned(view)),
        remarks=list(remarks.seen_by(current_user).limit(20)),
    )


def _days_of(campaign: Campaign, view: Board) -> dict[str, object]:
    """The days so far, what they promise, and both drawn."""
    today = current().today()
    is_whole_school = current_user.role != "teacher"
    points = progress.series(campaign, view, today, whole_school=is_whole_school)
    ahead = progress.forecast(points, campaign.deadline, today)
    last_day = today
    drawn_ahead: Forecast | None = ahead
    if (
        campaign.closed_at
    ):  # nothing is foretold any more, and the picture ends where the report does
        drawn_ahead = None
        if points:
            last_day = points[-1].day
    drawn = chart.draw(points, drawn_ahead, campaign.opens_on, campaign.deadline, last_day)
    return {
        "today": today,
        "points": points,
        "ahead": ahead,
        "chart": drawn,
        "milestones": milestones.standings(view, today),
        "milestone_words": milestones.words_of,
    }


def words() -> dict[str, object]:
    """Words that all templates of this subject use."""
    return {
        "COLUMNS": COLUMNS,
        "grade_key": grades.key_of,
        "segments": bars.segments,
        "summed": bars.summed,
        "numbers_of": bars.numbers_of,
        "further_columns": bars.further_columns,
        "KIND_WORDS": progress.KIND_WORDS,
        "HOLDER_WORDS": progress.HOLDER_WORDS,
        "HOLDER_TASKS": progress.HOLDER_TASKS,
    }


def _drawing(unassigned: Sequence[homeroom.ClassName]) -> dict[str, object]:
    """What draws the lines of the tables for this user."""
    user = the_user()
    root = request.script_root
    without_teacher = {school_class.id for school_class in unassigned}

    def drawn_line(line: ProgressRow, columns: Sequence[tuple[str, str]]) -> Markup:
        """A line of a table; ``columns``: (name, heading) of those beside the bar."""
        names = tuple(name for name, _ in columns)
        return drawn_lines.line_of(line, names, user, line.class_id in without_teacher, root)

    def drawn_sum(line: ProgressRow, columns: Sequence[tuple[str, str]]) -> Markup:
        """The sum below a table."""
        return drawn_lines.sum_line(line, tuple(name for name, _ in columns), root)

    return {"unassigned": unassigned, "drawn_line": drawn_line, "drawn_sum": drawn_sum}


def _help_first(view: Board) -> list[ProgressRow]:
    """Where a helping hand at the school brings most: by what teachers still have to do themselves."""
    waiting = [line for line in view.of_kind("student") if line.by_holder["teacher"]]
    return sorted(waiting, key=lambda line: -line.by_holder["teacher"])[:_HELP_FIRST]


@bp.get("/progress/people")
@signed_in
def people_behind() -> str:
    """The very people a count stands for. The managing office sees them without numbers and dates of birth."""
    column = request.args.get("column", "total")
    place = _given_place()
    try:
        query = progress.people_behind(current_user, column=column, **place)
    except KeyError:
        abort(404)
    page = max(1, request.args.get("page", 1, type=int))
    total = query.count()
    return render_template(
        "progress/people.html",
        listed=list(query.paginate(page, _PAGE)),
        page=page,
        pages=-(-total // _PAGE),
        total=total,
        here=request.args.to_dict(),
        column_word=_column_word(column),
        place_word=_place_word(place),
        **words(),
    )


def _given_place() -> dict[str, Any]:
    """Which line of the board, as the arguments of ``progress.people_behind``."""
    given = request.args
    return {
        "kind": _given_kind(),
        "class_id": given.get("class", type=int),
        "grade": given.get("grade", type=int),
        "position": _given_position(),
        "is_without_class": given.get("class") == drawn_lines.NO_CLASS,
        "is_without_grade": given.get("grade") == grades.WITHOUT_GRADE,
    }


def _given_position() -> str | None:
    """A key of ``GROUP_WORDS``; None where the address names none."""
    given = request.args.get("position", "")
    if given == drawn_lines.NO_POSITION:
        return UNKNOWN
    return given if given in GROUP_WORDS and given else None


def _column_word(column: str) -> str:
    """The heading of a column that ``progress.people_behind`` knows."""
    if column.startswith("holder:"):
        return f"Đang chờ {progress.HOLDER_WORDS[column.removeprefix('holder:')].lower()}"
    more = {
        "done": "Đã xác thực hoặc có giải trình",
        "left": "Chưa xong",
        "to_do": "Phải xác thực",
    }
    return (dict(COLUMNS) | more)[column]


def _place_word(place: Mapping[str, object]) -> str:
    class_id = place["class_id"]
    if isinstance(class_id, int):
        return f"Lớp {class_or_404(class_id).name}"
    if place["is_without_class"]:
        return progress.WITHOUT_CLASS
    grade = place["grade"]
    if isinstance(grade, int):
        return progress.grade_name(grade)
    if place["is_without_grade"]:
        return progress.grade_name(None)
    if place["position"] is not None:
        return GROUP_WORDS[str(place["position"])]
    return progress.KIND_WORDS.get(str(place["kind"]), "Toàn trường")
