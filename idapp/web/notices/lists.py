"""The list of cases, per class and for the school; one step for many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import abort, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from peewee import ModelSelect
from werkzeug.wrappers import Response

from idapp import notices, permissions
from idapp.models import Person, SchoolClass
from idapp.notices import listing
from idapp.settings import current
from idapp.web.access import class_or_404, current_user, only, remember, the_user
from idapp.web.accounts import own_path
from idapp.web.drawn_options import options_of
from idapp.web.notices import bp, bulk_words, drawn_cases

PAGE = 50
_LAST_PAGE = 10**6  # a larger number from an address would not fit the database's integers
_LONGEST_NAME = 100
_DIGITS_OF_A_NUMBER = 4


@dataclass(frozen=True)
class Filter:
    """Which part of the list the user wants to see; ``here`` is its address."""

    school_class: SchoolClass | None
    staff: bool
    name: str
    state: str
    page: int

    @classmethod
    def of_request(cls) -> Filter:
        """``?class=`` an id or ``staff``, ``?q=`` part of a name, ``?state=`` one of FILTERS, ``?page=``."""
        given = request.values
        school_class = None
        class_id = given.get("class", type=int)
        if class_id:
            school_class = class_or_404(class_id)
        state = given.get("state", "")
        if state not in listing.FILTERS:
            state = ""
        name = given.get("q", "").strip()[:_LONGEST_NAME]
        page = min(max(1, given.get("page", 1, type=int)), _LAST_PAGE)
        return cls(school_class, given.get("class") == "staff", name, state, page)

    @property
    def whose(self) -> str:
        """The value of ``?class=``."""
        if self.school_class is not None:
            return str(self.school_class.id)
        return "staff" if self.staff else ""

    @property
    def whom(self) -> dict[str, Any]:
        """The arguments of the subject's queries for these people."""
        return {"school_class": self.school_class, "staff": self.staff, "name": self.name}

    def link(self, **other: Any) -> str:
        """The address of this part of the list, with some of the values replaced."""
        page = self.page if self.page > 1 else ""
        given = {"class": self.whose, "q": self.name, "state": self.state, "page": page} | other
        if _holds_a_number(
            str(given["q"])
        ):  # an address is kept in the history of the browser, and in logs
            del given["q"]
        return url_for("notices.index", **{name: value for name, value in given.items() if value})

    @property
    def here(self) -> str:
        """The address of what is shown."""
        return self.link()


def _holds_a_number(text: str) -> bool:
    """Digits enough to be a piece of somebody's number.

    >>> _holds_a_number("100 312"), _holds_a_number("Bình 5")
    (True, False)
    """
    return sum(letter.isdigit() for letter in text) >= _DIGITS_OF_A_NUMBER


@bp.get("/notices")
@only("teacher", "clerk", "principal")
def index() -> str:
    """A page of the list; every count is of the whole list."""
    return _page(Filter.of_request())


@bp.post("/notices")
@only("teacher", "clerk", "principal")
def filter_list() -> Response:
    """The list as the form asks for it: by a name its address, by a number the page itself. Changes nothing."""
    wanted = Filter.of_request()
    if _holds_a_number(wanted.name):
        return make_response(_page(wanted))
    return redirect(wanted.here, 303)


def _page(wanted: Filter) -> str:
    today = current().today()
    counted = listing.counts(the_user(), today=today, **wanted.whom)
    many = _how_many(counted, wanted.state)
    pages = max(1, -(-many // PAGE))
    # After a bulk step the page that one came from may be no more.
    wanted = replace(wanted, page=min(wanted.page, pages))
    people = listing.page_of(
        the_user(), wanted.page, PAGE, chosen=wanted.state, today=today, **wanted.whom
    )
    classes = permissions.names_and_grades_of(the_user())
    around = drawn_cases.Surroundings.of_request(wanted.here)
    return render_template(
        "notices/index.html",
        listed=[(person.id, drawn_cases.line_of(person, around)) for person in people],
        wanted=wanted,
        counts=counted,
        many=many,
        pages=pages,
        PAGE=PAGE,
        back=wanted.here,
        classes=classes,
        class_options=_class_options(classes, wanted),
        bulk=_bulk_words(wanted, many, pages, several_classes=len(classes) > 1),
        **words(),
    )


def _class_options(classes: list[tuple[int, str, int | None]], wanted: Filter) -> Markup:
    """The choice of a class, or of the staff for whoever sees them."""
    choices: list[tuple[object, str]] = [(class_id, name) for class_id, name, _ in classes]
    if permissions.may_see_staff(the_user()):
        choices.append(("staff", "Cán bộ, giáo viên"))
    return options_of(choices, wanted.whose)


def _bulk_words(wanted: Filter, count: int, pages: int, *, several_classes: bool) -> dict[str, str]:
    """The labels of the form that moves many. With several pages the choice of whom stands before them."""
    class_name = ""
    if wanted.school_class is not None:
        class_name = wanted.school_class.name
    whose = bulk_words.whose(class_name, staff=wanted.staff, several_classes=several_classes)
    is_filtered = bool(wanted.state or wanted.name)
    words_of = {
        "everybody": bulk_words.everybody(count, whose, is_filtered=is_filtered),
        "since": "Những hồ sơ đang ở",
        "to": "chuyển sang",
    }
    if pages > 1:
        return words_of
    words_of["since"] = bulk_words.from_which_state(count, whose, wanted.state, wanted.name)
    if wanted.state in notices.BY_HAND:
        words_of["to"] = bulk_words.to_which_state(count, whose, wanted.state)
    return words_of


def _how_many(counted: listing.Counts, state: str) -> int:
    """How many stand under a filter, "" for all of the list."""
    if not state:
        return counted.total
    special = {
        listing.AT_REST: counted.at_rest,
        listing.DUE: counted.due,
        listing.NEED: counted.need,
    }
    return special.get(state, counted.by_state[state])


@bp.post("/notices/bulk")
@only("teacher", "clerk", "principal")
def move_many() -> Response:
    """ "Đã phát phiếu cho cả lớp": those of the page, or everybody the filter holds, from one state to the next."""
    since = request.form.get("since", "")
    state = request.form.get("state", "")
    if since not in notices.STATE_WORDS or state not in notices.BY_HAND:
        abort(422)
    people = _chosen_people()
    moved = notices.set_progress_of_many(
        people, state, since=since, by=current_user, today=current().today()
    )
    since_word = notices.STATE_WORDS[since]
    if not moved:
        remember(f"Không có hồ sơ nào ở “{since_word}” để lưu.", "warn")
        return redirect(way_back(), 303)
    sentence = f"Đã lưu “{notices.STATE_WORDS[state]}” cho {moved} hồ sơ"
    stayed = len(people) - moved
    if stayed:
        sentence += f"; {stayed} hồ sơ không ở “{since_word}” nên giữ nguyên"
    remember(f"{sentence}.")
    return redirect(way_back(), 303)


def _chosen_people() -> Sequence[Person]:
    """``which=page``: exactly the people who stood on the page; else everybody of the class and the filter."""
    form = request.form
    listed = list(_listed_by_form())
    ids = set(form.getlist("person", type=int))
    which = form.get("which")
    if which == "page" or (ids and which != "all"):
        return [person for person in listed if person.id in ids]
    return listed


def _listed_by_form() -> ModelSelect[Person]:
    """The list as it was filtered when the form was drawn."""
    form = request.form
    school_class = None
    class_id = form.get("class", type=int)
    if class_id:
        school_class = class_or_404(class_id, to="edit")
    chosen = form.get("filter", "")
    if chosen not in listing.FILTERS:
        chosen = ""
    return notices.listed(
        current_user,
        school_class=school_class,
        staff=form.get("class") == "staff",
        name=form.get("q", ""),
        chosen=chosen,
        today=current().today(),
    )


def way_back() -> str:
    """To the list as it was filtered and paged; only to one of our own pages."""
    back = request.form.get("back") or request.args.get("back")
    if not back:
        return url_for("notices.index")
    return own_path(back)


@bp.url_defaults
def keep_way_back(endpoint: str, values: dict[str, Any]) -> None:
    """Through all that is done on the page of a case the list from which it was opened stays known."""
    if endpoint in _ON_A_CASE and "back" in request.args:
        values.setdefault("back", request.args["back"])


# The page of a case, and whatever is sent from it.
_ON_A_CASE = {
    "notices.show",
    "notices.compare",
    "notices.add_scan",
    "notices.erase_scan",
    "notices.write_note",
    "notices.propose_explanation",
    "notices.withdraw_explanation",
    "notices.report_register",
}


def words() -> dict[str, object]:
    """Words and facts that all templates of this subject use."""
    return {
        "REASON_WORDS": notices.REASON_WORDS,
        "STATE_WORDS": notices.STATE_WORDS,
        "NEXT_ACTIONS": notices.NEXT_ACTIONS,
        "BY_HAND": notices.BY_HAND,
        "reason_of": notices.reason_of,
        "today": current().today(),
        "age_of": drawn_cases.age_of,
        "is_at_rest": listing.is_at_rest,
    }
