"""The list of cases, per class and for the school; one step for many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import notices, permissions
from idapp.models import PaperCase, Person, SchoolClass, User
from idapp.notices import listing
from idapp.settings import VIETNAM, current
from idapp.web.access import class_or_404, current_user, only, remember
from idapp.web.accounts import own_path
from idapp.web.notices import bp

PAGE = 50
_LAST_PAGE, _LONGEST_NAME = 10**6, 100


@dataclass(frozen=True)
class Filter:
    """What the user asked for; ``here`` is its address."""

    school_class: SchoolClass | None
    staff: bool
    name: str
    state: str
    page: int

    @classmethod
    def asked(cls) -> Filter:
        given = request.args
        class_id = given.get("class", type=int)
        state = given.get("state", "") if given.get("state") in listing.FILTERS else ""
        page = min(max(1, given.get("page", 1, type=int)), _LAST_PAGE)
        school_class, staff = (
            class_or_404(class_id) if class_id else None,
            given.get("class") == "staff",
        )
        return cls(school_class, staff, given.get("q", "").strip()[:_LONGEST_NAME], state, page)

    @property
    def whose(self) -> str:
        return str(self.school_class.id) if self.school_class else "staff" if self.staff else ""

    def link(self, **other: Any) -> str:
        page = self.page if self.page > 1 else ""
        given = {"class": self.whose, "q": self.name, "state": self.state, "page": page} | other
        return url_for("notices.index", **{name: value for name, value in given.items() if value})

    @property
    def here(self) -> str:
        return self.link()


@bp.get("/notices")
@only("teacher", "clerk", "principal")
def index() -> str:
    """A page of the list; every count is of the whole list."""
    asked, today = Filter.asked(), current().today()
    whom: dict[str, Any] = {
        "school_class": asked.school_class,
        "staff": asked.staff,
        "name": asked.name,
    }
    counted = listing.counts(current_user, today=today, **whom)
    many = _how_many(counted, asked.state)
    pages = max(1, -(-many // PAGE))
    asked = replace(asked, page=min(asked.page, pages))
    found = notices.listed(current_user, chosen=asked.state, today=today, **whom)
    return render_template(
        "notices/index.html",
        listed=list(found.paginate(asked.page, PAGE)),
        asked=asked,
        counts=counted,
        many=many,
        pages=pages,
        PAGE=PAGE,
        back=asked.here,
        classes=list(permissions.classes_of(current_user)),
        **words(),
    )


def _how_many(counted: listing.Counts, state: str) -> int:
    if state == listing.AT_REST:
        return counted.at_rest
    if state in (listing.DUE, listing.NEED):
        return counted.due if state == listing.DUE else counted.need
    return counted.by_state[state] if state else counted.total


def case_in(person: Person) -> PaperCase | None:
    """The case that came with the list's query."""
    return getattr(person, "case", None)


def age_of(case: PaperCase) -> int:
    """In days of the calendar on the wall: what was opened last evening is not of today."""
    opened = case.opened_at.replace(tzinfo=UTC).astimezone(VIETNAM).date()
    return (datetime.now(VIETNAM).date() - opened).days


@bp.post("/notices/bulk")
@only("teacher", "clerk", "principal")
def move_many() -> Response:
    """ "Đã phát phiếu cho cả lớp": those of the page, or everybody the filter holds, from one state to the next."""
    since, state = request.form.get("since", ""), request.form.get("state", "")
    if since not in notices.STATE_WORDS or state not in notices.BY_HAND:
        abort(422)
    people = _meant()
    moved = notices.set_progress_of_many(
        people, state, since=since, by=current_user, today=current().today()
    )
    stayed = len(people) - moved
    remember(
        f"Đã ghi “{notices.STATE_WORDS[state]}” cho {moved} hồ sơ"
        f"{f'; {stayed} hồ sơ không ở “{notices.STATE_WORDS[since]}” nên giữ nguyên' if stayed else ''}."
        if moved
        else f"Không có hồ sơ nào ở “{notices.STATE_WORDS[since]}” để ghi.",
        "done" if moved else "warn",
    )
    return redirect(way_back(), 303)


def _meant() -> Sequence[Person]:
    """``which=page``: exactly the people who stood on the page; else everybody of the class and the filter."""
    form = request.form
    class_id = form.get("class", type=int)
    school_class: SchoolClass | None = class_or_404(class_id, to="edit") if class_id else None
    wish = form.get("filter", "")
    listed = list(
        notices.listed(
            current_user,
            school_class=school_class,
            staff=form.get("class") == "staff",
            name=form.get("q", ""),
            chosen=wish if wish in listing.FILTERS else "",
            today=current().today(),
        )
    )
    ids = set(form.getlist("person", type=int))
    if form.get("which") == "page" or (ids and form.get("which") != "all"):
        return [person for person in listed if person.id in ids]
    return listed


def way_back() -> str:
    """To the list as it was filtered and paged; only to one of our own pages."""
    back = request.form.get("back") or request.args.get("back")
    return own_path(back) if back else url_for("notices.index")


@bp.url_defaults
def keep_way_back(endpoint: str, values: dict[str, Any]) -> None:
    """Through all that is done on the page of a case the list from which it was opened stays known."""
    if endpoint in _ON_A_CASE and "back" in request.args:
        values.setdefault("back", request.args["back"])


_ON_A_CASE = {
    f"notices.{deed}"
    for deed in (
        "show",
        "compare",
        "add_scan",
        "erase_scan",
        "write_note",
        "propose_explanation",
        "withdraw_explanation",
    )
}


def _owners() -> Callable[[Person, PaperCase | None], str]:
    """Who looks after a family: whoever was named, else the homeroom teacher, else the office."""
    names = {user.id: user.full_name for user in User.select(User.id, User.full_name)}

    def owner_of(person: Person, case: PaperCase | None) -> str:
        teacher = person.school_class.homeroom_teacher_id if person.school_class else None
        return names.get((case and case.owner_id) or teacher or 0, "Văn thư")

    return owner_of


def words() -> dict[str, object]:
    return {
        "REASON_WORDS": notices.REASON_WORDS,
        "STATE_WORDS": notices.STATE_WORDS,
        "NEXT_ACTIONS": notices.NEXT_ACTIONS,
        "BY_HAND": notices.BY_HAND,
        "reason_of": notices.reason_of,
        "today": current().today(),
        "age_of": age_of,
        "owner_of": _owners(),
        "case_in": case_in,
        "is_due": listing.is_due,
        "is_at_rest": listing.is_at_rest,
    }
