"""Somebody left the school, came back, is away for long, was entered by mistake, or sits in another class now.

The office says so on the page of the record, or for several pupils at once on a page of their class.
"""

from __future__ import annotations

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from idapp import accounts, permissions
from idapp.models import Person, SchoolClass, User
from idapp.people import table_of, transfers
from idapp.people.membership import MERGED, MISTAKEN
from idapp.people.transfers import AWAY
from idapp.rules import catalogues
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web.access import class_or_404, current_user, only, person_or_404, remember
from idapp.web.people import bp
from idapp.web.people.circumstances_asked import GOING, going_asked
from idapp.web.people.form_input import whole

_SHOWN_NAMES = 3
_IF_WRONG = "Nếu nhầm, hãy bấm Hoàn tác."


def states_of(kind: str) -> tuple[str, ...]:
    """The states to choose from: the ministry's, long absence, and that the record should never have been."""
    if kind == "staff":
        return (*catalogues.staff_states(), MISTAKEN)
    return (*(state.name for state in catalogues.student_states()), AWAY, MISTAKEN)


@bp.post("/people/<int:person_id>/state")
@only("teacher", "clerk", "principal")
def set_person_state(person_id: int) -> AnyResponse:
    """An inactive record leaves all tables and sums, never the database; the same form brings it back."""
    person = person_or_404(person_id, to="edit")
    if not permissions.may_set_state(current_user):
        abort(403)
    state = request.form.get("state", "")
    # another word than ours is ignored: the page then shows what stands there
    if state in states_of(person.kind):
        try:
            changed = transfers.change_state([person], state, going_asked(), by=current_user)
        except Problem as problem:
            return _asked_again(person, problem)
        if changed:
            remember(state_words(changed, state))
            if "lock" in request.form and not transfers.is_present(person.kind, state):
                _lock_account_of(person)
    return redirect(url_for("people.person", person_id=person.id), 303)


def account_to_lock(person: Person) -> User | None:
    """The open account of a staff member, if this user may lock it."""
    if person.kind != "staff" or not permissions.may_set_state(current_user):
        return None
    user = User.get_or_none(User.staff_record == person, ~User.disabled)
    if user is None or user.id == current_user.id:
        return None
    if not permissions.may_manage_account(current_user, user):
        return None
    return user


def _lock_account_of(person: Person) -> None:
    user = account_to_lock(person)
    if user is None:
        return
    try:
        accounts.set_disabled(user, True, by=current_user)
    except Problem as problem:
        remember(problem.message, "warn")
        return
    remember(f"Đã khóa tài khoản {user.username}.")


@bp.post("/people/<int:person_id>/class")
@only("teacher", "clerk", "principal")
def set_person_class(person_id: int) -> AnyResponse:
    """A pupil sits in another class now: the record goes there with its history."""
    person = person_or_404(person_id, to="edit")
    if person.kind != "student" or not permissions.may_move_between_classes(current_user):
        abort(403)
    school_class = class_or_404(request.form.get("class", 0, type=int))
    try:
        if transfers.change_class([person], school_class, going_asked(), by=current_user):
            remember(class_words([person], school_class))
    except Problem as problem:
        return _asked_again(person, problem)
    return redirect(url_for("people.person", person_id=person.id), 303)


def _asked_again(person: Person, problem: Problem) -> AnyResponse:
    """The form of the class has the same fields: what was typed stands in it, and the pupil is ticked."""
    if person.kind == "staff" or person.school_class is None:
        remember(f"Chưa lưu: {problem.message}", "error")
        return redirect(url_for("people.person", person_id=person.id), 303)
    return make_response(_moves_page(person.school_class, {person.id}, problem), 422)


@bp.get("/classes/<int:class_id>/moves")
@only("clerk", "principal")
def class_moves(class_id: int) -> str:
    """Several pupils of a class at once; ``?person=`` is ticked already, once for each."""
    return _moves_page(class_or_404(class_id), _ids(request.args.getlist("person")))


@bp.post("/classes/<int:class_id>/moves")
@only("clerk", "principal")
def move_class(class_id: int) -> AnyResponse:
    """One step: ``deed`` is ``class`` or ``state``, for the pupils that are ticked."""
    school_class = class_or_404(class_id, to="edit")
    wanted = _ids(request.form.getlist("person"))
    chosen = [person for person in _ever_in(school_class) if person.id in wanted]
    try:
        remember(_carry_out(chosen))
    except Problem as problem:
        page = _moves_page(school_class, wanted, problem)
        return make_response(page, 422)
    return redirect(url_for("people.class_table", class_id=school_class.id), 303)


def _carry_out(chosen: list[Person]) -> str:
    """What was done, in a sentence. Raises ``Problem`` if the form does not say whom, what or where to."""
    if not chosen:
        raise Problem("person", "missing", "Hãy đánh dấu ít nhất một em.")
    if request.form.get("deed") == "class":
        target = permissions.classes_of(current_user).where(
            SchoolClass.id == whole(request.form.get("class", ""))
        )
        school_class = target.first()
        if school_class is None:
            raise Problem("class", "missing", "Hãy chọn lớp chuyển đến.")
        moved = transfers.change_class(chosen, school_class, going_asked(), by=current_user)
        return class_words(moved, school_class)
    state = request.form.get("state", "")
    if state not in states_of("student"):
        raise Problem("state", "missing", "Hãy chọn trạng thái.")
    return state_words(transfers.change_state(chosen, state, going_asked(), by=current_user), state)


def class_words(moved: list[Person], school_class: SchoolClass) -> str:
    """
    >>> class_words([Person(full_name="Lê An")], SchoolClass(name="5B"))
    'Đã chuyển Lê An sang lớp 5B. Nếu nhầm, hãy bấm Hoàn tác.'
    """
    if not moved:
        return f"Không có gì thay đổi: các em đã ở lớp {school_class.name}."
    return f"Đã chuyển {_named(moved)} sang lớp {school_class.name}. {_IF_WRONG}"


def state_words(changed: list[Person], state: str) -> str:
    """
    >>> state_words([Person(full_name="Lê An", kind="student")], "Chuyển đi kỳ 1")
    'Đã lưu Lê An: chuyển đi kỳ 1, không còn trong danh sách và số liệu. Nếu nhầm, hãy bấm Hoàn tác.'
    """
    if not changed:
        return f"Không có gì thay đổi: trạng thái đã là {state.lower()}."
    where = "không còn trong danh sách và số liệu"
    if transfers.is_present(changed[0].kind, state):
        where = "có trong danh sách"
    return f"Đã lưu {_named(changed)}: {state.lower()}, {where}. {_IF_WRONG}"


def _named(people: list[Person]) -> str:
    """
    >>> _named([Person(full_name=name) for name in ("An", "Bình", "Chi", "Dung")])
    '4 em (An, Bình, Chi…)'
    """
    if len(people) == 1:
        return people[0].full_name or "(chưa có tên)"
    names = ", ".join(person.full_name for person in people[:_SHOWN_NAMES])
    more = "…" if len(people) > _SHOWN_NAMES else ""
    return f"{len(people)} em ({names}{more})"


def _ids(texts: list[str]) -> set[int]:
    return {whole(text) for text in texts}


def _ever_in(school_class: SchoolClass) -> list[Person]:
    """Who is in the class, and whose record was in it when they left."""
    everybody = permissions.people_of(current_user, include_inactive=True)
    is_pupil_here = (Person.school_class == school_class) & (Person.kind == "student")
    return table_of(everybody.where(is_pupil_here, Person.state != MERGED))


def _moves_page(school_class: SchoolClass, chosen: set[int], problem: Problem | None = None) -> str:
    pupils = _ever_in(school_class)
    return render_template(
        "people/moves.html",
        school_class=school_class,
        here=[person for person in pupils if person.active],
        left=[person for person in pupils if not person.active],
        chosen=chosen,
        classes=list(permissions.classes_of(current_user)),
        states=states_of("student"),
        typed={name: request.form.get(name, "") for name in (*GOING, "class", "state")},
        problem=problem,
        today=current().today(),
    )
