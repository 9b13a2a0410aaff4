"""Somebody left the school, came back, was entered by mistake, or sits in another class now: the office says so on the
page of the record.
"""

from __future__ import annotations

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from idapp import accounts, permissions
from idapp.models import Person, User
from idapp.people import membership
from idapp.people.membership import MISTAKEN
from idapp.rules import catalogues
from idapp.rules.problem import Problem
from idapp.web.access import class_or_404, current_user, only, person_or_404, remember
from idapp.web.people import bp


def states_of(kind: str) -> tuple[str, ...]:
    """The states to choose from: the ministry's, and that the record should never have been."""
    if kind == "staff":
        return (*catalogues.staff_states(), MISTAKEN)
    return (*(state.name for state in catalogues.student_states()), MISTAKEN)


@bp.post("/people/<int:person_id>/state")
@only("teacher", "clerk", "principal")
def set_person_state(person_id: int) -> AnyResponse:
    """An inactive record leaves all tables and sums, never the database; the same form brings it back."""
    person = person_or_404(person_id, to="edit")
    state = request.form.get("state", "")
    if not permissions.may_set_state(current_user):
        abort(403)
    # another word than ours is ignored: the page then shows what stands there
    if state in states_of(person.kind) and state != person.state:
        active = state != MISTAKEN and catalogues.is_present(person.kind, state)
        membership.set_state(person, state, active=active, by=current_user)
        if not active and "lock" in request.form:
            _lock_account_of(person)
        where = "không còn trong danh sách và số liệu"
        if active:
            where = "có trong danh sách"
        remember(f"Đã lưu {person.full_name}: {state.lower()}, {where}.")
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
    if school_class.id != person.school_class_id:
        membership.move(person, school_class, by=current_user)
        remember(f"Đã chuyển {person.full_name} sang lớp {school_class.name}.")
    return redirect(url_for("people.person", person_id=person.id), 303)
