"""The board: counts, who holds what is left, the chart; and the people behind a count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import permissions, progress, school
from idapp.models import Campaign
from idapp.notices import explanations
from idapp.progress import chart, remarks
from idapp.progress.board import Board, ProgressRow
from idapp.progress.closing import frozen_board
from idapp.progress.report import COLUMNS
from idapp.settings import current
from idapp.web.access import current_user, signed_in
from idapp.web.progress import bp

_HELP_FIRST = 5
_PAGE = 50


@dataclass(frozen=True)
class View:
    """What the user asked for: part of the school, and an order."""

    kind: str
    grade: int | None
    sort: str
    down: bool

    @classmethod
    def asked(cls) -> View:
        given = request.args
        sort = given.get("sort", "")
        known = sort in {"percent", "left", *(name for name, _ in COLUMNS)}
        kind = given.get("kind", "") if given.get("kind") in progress.KIND_WORDS else ""
        return cls(
            kind, given.get("grade", type=int), sort if known else "", given.get("dir") == "down"
        )

    def lines(self, board: Board, kind: str) -> list[ProgressRow]:
        """The lines of one kind; unless another is asked for, in school order."""
        if self.kind not in ("", kind):
            return []
        found = [
            x
            for x in board.of_kind(kind)
            if self.grade is None or kind == "staff" or x.grade == self.grade
        ]
        return sorted(found, key=_key(self.sort), reverse=self.down) if self.sort else found

    def link(self, **other: Any) -> str:
        given: dict[str, Any] = {
            "kind": self.kind,
            "grade": self.grade,
            "sort": self.sort,
            "dir": "down" if self.down else None,
        } | other
        return url_for(
            "progress.board",
            **{name: value for name, value in given.items() if value not in ("", None)},
        )

    def sorted_by(self, column: str) -> str:
        """The link of a heading: first the largest on top, then the other way round."""
        again = self.sort == column and self.down
        return self.link(sort=column, dir=None if again else "down")


def _key(sort: str) -> Callable[[ProgressRow], float]:
    if sort == "percent":
        return lambda line: (
            101 if line.percent is None else line.percent
        )  # a class of nobody needs no help
    if sort == "left":
        return lambda line: line.left
    return lambda line: line.numbers()[sort]


@bp.get("/progress")
@signed_in
def board() -> str | Response:
    if not school.is_set_up():  # the managing office's own installation
        return redirect(url_for("progress.all_schools"))
    campaign, view = school.the_campaign(), progress.board(current_user)
    return render_template(
        "progress/board.html",
        view=view,
        asked=View.asked(),
        campaign=campaign,
        frozen=frozen_board(campaign) if current_user.role != "teacher" else None,
        help_first=_help_first(view),
        remarks=list(remarks.seen_by(current_user).limit(20)),
        to_approve=explanations.counts(current_user)["proposed"],
        link_behind=link_behind,
        **_days_of(campaign, view),
        **words(),
    )


def _days_of(campaign: Campaign, view: Board) -> dict[str, object]:
    """The days so far, what they promise, and both drawn."""
    today = current().today()
    points = progress.series(campaign, view, today, whole_school=current_user.role != "teacher")
    ahead = progress.forecast(points, campaign.deadline, today)
    drawn = chart.draw(
        points,
        None if campaign.closed_at else ahead,
        campaign.opens_on,
        campaign.deadline,
        points[-1].day if campaign.closed_at and points else today,
    )
    return {"today": today, "points": points, "ahead": ahead, "chart": drawn}


def words() -> dict[str, object]:
    return {
        "COLUMNS": COLUMNS,
        "KIND_WORDS": progress.KIND_WORDS,
        "HOLDER_WORDS": progress.HOLDER_WORDS,
        "HOLDER_TASKS": progress.HOLDER_TASKS,
    }


def link_behind(line: ProgressRow, kind: str) -> str:
    """The lists of the people behind a line; the name of a column is written after it, once for each count."""
    place = (
        {"class": line.class_id}
        if line.class_id
        else {"grade": line.grade}
        if line.grade is not None
        else {}
    )
    return url_for("progress.people_behind", kind=kind, **place) + "&column="  # type: ignore[arg-type]


def _help_first(view: Board) -> list[ProgressRow]:
    """Where a helping hand at the school brings most: by what teachers still have to do themselves."""
    waiting = [line for line in view.of_kind("student") if line.by_holder["teacher"]]
    return sorted(waiting, key=lambda line: -line.by_holder["teacher"])[:_HELP_FIRST]


@bp.get("/progress/people")
@signed_in
def people_behind() -> str:
    """The very people a count stands for. The managing office sees them without numbers and dates of birth."""
    column, place = request.args.get("column", "total"), _asked_place()
    try:
        query = progress.people_behind(current_user, column=column, **place)
    except KeyError:
        abort(404)
    page, total = max(1, request.args.get("page", 1, type=int)), query.count()
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


def _asked_place() -> dict[str, Any]:
    given = request.args
    return {
        "kind": given.get("kind", "") if given.get("kind") in progress.KIND_WORDS else "",
        "class_id": given.get("class", type=int),
        "grade": given.get("grade", type=int),
    }


def _column_word(column: str) -> str:
    if column.startswith("holder:"):
        return f"Đang chờ {progress.HOLDER_WORDS[column.removeprefix('holder:')].lower()}"
    more = {
        "done": "Đã xác thực hoặc có giải trình",
        "left": "Chưa xong",
        "to_do": "Phải xác thực",
        "foreign": "Quốc tịch nước ngoài",
    }
    return (dict(COLUMNS) | more)[column]


def _place_word(place: Mapping[str, object]) -> str:
    if place["class_id"] is not None:
        found = next(
            (c for c in permissions.classes_of(current_user) if c.id == place["class_id"]), None
        ) or abort(404)
        return f"Lớp {found.name}"
    if place["grade"] is not None:
        return f"Khối {place['grade']}"
    return progress.KIND_WORDS.get(str(place["kind"]), "Toàn trường")
