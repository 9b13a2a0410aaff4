"""After an update: whose record has more errors than before, and how far the computing anew has come."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from idapp.models import Person, Recheck, User, in_school_order
from idapp.people import catching_up
from idapp.people.states import people_with_class
from idapp.rules.official_paper import number_vn
from idapp.web.access import only
from idapp.web.people import bp


@bp.get("/people/rechecked")
@only("clerk", "principal")
def rechecked() -> str:
    """The newest time, and those who have more errors since."""
    change = catching_up.last()
    return render_template(
        "people/rechecked.html", change=change, people=[] if change is None else _worse(change)
    )


@bp.post("/people/rechecked/seen")
@only("clerk", "principal")
def rechecked_seen() -> Response:
    """The line above every page goes away."""
    change = catching_up.last()
    if change is not None:
        catching_up.is_seen(change)
    return redirect(url_for("people.home"), 303)


def sentence_for(user: User) -> str:
    """For clerk and principal, above every page; "" usually."""
    if user.role not in ("clerk", "principal"):
        return ""
    change = catching_up.last()
    if change is None or change.seen_at is not None:
        return ""
    if change.is_under_way:
        return (
            f"Phần mềm vừa cập nhật, đang kiểm tra lại {number_vn(change.total)} hồ sơ theo quy "
            "tắc mới. Thầy cô vẫn làm việc bình thường; đợt xác thực chờ việc này xong."
        )
    if not change.worse:
        return ""
    return words_of(change.total, len(change.worse))


def words_of(total: int, worse: int) -> str:
    """
    >>> words_of(790, 5)
    'Sau khi cập nhật, 790 hồ sơ được kiểm tra lại; 5 hồ sơ có thêm lỗi.'
    """
    return (
        f"Sau khi cập nhật, {number_vn(total)} hồ sơ được kiểm tra lại; {number_vn(worse)} hồ sơ "
        "có thêm lỗi."
    )


def _worse(change: Recheck) -> list[Person]:
    """Those who are still here, class by class."""
    people = people_with_class(Person.id.in_(change.worse), Person.active)
    ranked = Person.select(Person.id).left_outer_join(Person.school_class.rel_model)
    order = ranked.where(Person.id.in_(change.worse)).order_by(*in_school_order())
    rank = {person.id: place for place, person in enumerate(order)}
    return sorted(people, key=lambda person: rank[person.id])
