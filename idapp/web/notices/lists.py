"""The list of cases, per class and for the school; one step for many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import notices, permissions
from idapp.models import Notice, Person, SchoolClass, User, utc_now
from idapp.settings import current
from idapp.web.access import class_or_404, current_user, only, remember
from idapp.web.accounts import own_path
from idapp.web.notices import bp


@bp.get("/notices")
@only("teacher", "clerk", "principal")
def index() -> str:
    class_id, staff = request.args.get("class", type=int), request.args.get("class") == "staff"
    school_class = class_or_404(class_id) if class_id else None
    everybody = list(notices.listed(current_user, school_class=school_class, staff=staff))
    wish = request.args.get("state", "")
    listed = [p for p in everybody if _suits(p, wish)]
    return render_template(
        "notices/index.html", listed=listed, cases={p.id: case_in(p) for p in everybody}, chosen=school_class,
        staff=staff, wish=wish, by_state=Counter(state_of(p) for p in everybody), due=sum(map(_is_due, everybody)),
        total=len(everybody), classes=list(permissions.classes_of(current_user)), **words(),
    )  # fmt: skip


def case_in(person: Person) -> Notice | None:
    """The case that came with the list's query."""
    return getattr(person, "case", None)


def state_of(person: Person) -> str:
    case = case_in(person)
    return case.state if case else "open"


def _suits(person: Person, wish: str) -> bool:
    if wish == "due":
        return _is_due(person)
    return state_of(person) == wish if wish in notices.STATE_WORDS else True


def _is_due(person: Person) -> bool:
    case = case_in(person)
    return bool(case and case.due_on and case.due_on <= current().today())


@bp.post("/notices/bulk")
@only("teacher", "clerk", "principal")
def move_many() -> Response:
    """ "Đã phát phiếu cho cả lớp": everybody of the class, or those who are ticked, from one state to the next."""
    since, state = request.form.get("since", ""), request.form.get("state", "")
    if since not in notices.STATE_WORDS or state not in notices.BY_HAND:
        abort(422)
    people = _meant()
    moved = notices.set_progress_of_many(people, state, since=since, by=current_user, today=current().today())
    remember(
        f"Đã ghi “{notices.STATE_WORDS[state]}” cho {moved} hồ sơ." if moved else "Không có hồ sơ nào cần ghi.",
        "done" if moved else "warn",
    )
    return redirect(way_back(), 303)


def _meant() -> Sequence[Person]:
    class_id = request.form.get("class", type=int)
    ids = set(request.form.getlist("person", type=int))
    school_class: SchoolClass | None = class_or_404(class_id, to="edit") if class_id else None
    staff = request.form.get("class") == "staff"
    listed = list(notices.listed(current_user, school_class=school_class, staff=staff))
    return [p for p in listed if p.id in ids] if ids else listed


def way_back() -> str:
    """To the list as it was filtered; only to one of our own pages."""
    back = request.form.get("back", "")
    return own_path(back) if back else url_for("notices.index")


def _owners() -> Callable[[Person, Notice | None], str]:
    """Who looks after a family: whoever was named, else the homeroom teacher, else the office."""
    names = {user.id: user.full_name for user in User.select(User.id, User.full_name)}

    def owner_of(person: Person, case: Notice | None) -> str:
        teacher = person.school_class.homeroom_teacher_id if person.school_class else None
        return names.get((case and case.owner_id) or teacher or 0, "Văn thư")

    return owner_of


def words() -> dict[str, object]:
    return {
        "REASON_WORDS": notices.REASON_WORDS, "STATE_WORDS": notices.STATE_WORDS, "NEXT_DEEDS": notices.NEXT_DEEDS,
        "BY_HAND": notices.BY_HAND, "reason_of": notices.reason_of, "today": current().today(), "now": utc_now(),
        "owner_of": _owners(),
    }  # fmt: skip
