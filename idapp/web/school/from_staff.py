"""Accounts from the staff list: one table, everybody who teaches ticked, saved at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import staff_accounts
from idapp.models import (
    Person,
    SchoolClass,
    User,
    in_school_order,
)
from idapp.site_address import address_for_paper
from idapp.staff_accounts import Candidate, Saved, Wish
from idapp.web import homeroom_words
from idapp.web.access import current_user, only, remember
from idapp.web.school import bp
from idapp.web.school.password_sheet import key_of_browser, to_sheet, with_key
from idapp.web.school.views import role_words, roles_to_give

_NOBODY = "Chưa chọn ai. Hãy đánh dấu những người cần tài khoản rồi lưu."


@bp.get("/settings/accounts/from-staff")
@only("clerk", "principal")
def from_staff() -> Response:
    """The table as proposed. The key of the sheet is brought here already: a second click on the button, which
    makes the browser drop the first answer, must not lose the passwords."""
    lines = [_proposed(candidate) for candidate in staff_accounts.candidates()]
    return with_key(make_response(_page(lines, [], {})), key_of_browser())


@bp.post("/settings/accounts/from-staff")
@only("clerk", "principal", password=True)
def save_from_staff() -> Response:
    """All ticked lines, or none and what was typed with a sentence for each that stands in the way."""
    lines = _lines_of_form()
    links = [line.person for line in lines if line.linked]
    wishes = [_wish_of(line) for line in lines if line.picked]
    sentences = _gone(lines)
    if sentences:
        return _refused(lines, sentences)
    key = key_of_browser()
    try:
        saved = staff_accounts.save(wishes, links, key, by=current_user)
    except staff_accounts.Refused as refusal:
        return _refused(lines, [], refusal.problems)
    _say(saved)
    if saved.passwords:
        return to_sheet(key)
    return redirect(url_for("school.show_accounts"), 303)


@dataclass(frozen=True)
class Line:
    """A line of the table: somebody of the staff, and what stands in its fields."""

    person: Person
    account: User | None
    is_linked: bool  # the account is known to be theirs, not only of the same name
    picked: bool
    linked: bool  # ticked: tie the account of the same name to this record
    username: str
    role: str
    classes: tuple[SchoolClass, ...]

    @property
    def may_be_made(self) -> bool:
        """A clerk makes accounts for teachers only."""
        return self.role in roles_to_give()


def _proposed(candidate: Candidate) -> Line:
    role = candidate.role
    return Line(
        person=candidate.person,
        account=candidate.account,
        is_linked=candidate.is_linked,
        picked=candidate.account is None and candidate.teaches and bool(candidate.username),
        linked=candidate.account is not None and not candidate.is_linked,
        username=candidate.username,
        role=role,
        classes=candidate.classes,
    )


def _lines_of_form() -> list[Line]:
    classes = {str(school_class.id): school_class for school_class in SchoolClass.present()}
    return [_typed(candidate, classes) for candidate in staff_accounts.candidates()]


def _typed(candidate: Candidate, classes: Mapping[str, SchoolClass]) -> Line:
    """The line as it came from the form; what the form does not hold stays as proposed."""
    form = request.form
    id_ = candidate.person.id
    chosen = [class_id for class_id in form.getlist(f"classes-{id_}") if class_id]
    if not set(chosen) <= set(classes):
        abort(404)
    return replace(
        _proposed(candidate),
        picked=f"pick-{id_}" in form,
        linked=f"link-{id_}" in form,
        username=form.get(f"username-{id_}", candidate.username),
        role=form.get(f"role-{id_}", candidate.role),
        classes=tuple(classes[class_id] for class_id in dict.fromkeys(chosen)),
    )


def _wish_of(line: Line) -> Wish:
    if not line.may_be_made:  # the page offers no other
        abort(403)
    return Wish(line.person, line.username, line.role, line.classes)


def _gone(lines: Iterable[Line]) -> list[str]:
    """A sentence for each ticked person who has left the staff list meanwhile, or that nobody is ticked; 404 for
    ids of nobody there."""
    marks = [name.removeprefix("pick-") for name in request.form if name.startswith("pick-")]
    if not marks and not any(line.linked for line in lines):
        return [_NOBODY]
    known = {str(line.person.id) for line in lines}
    return [_gone_words(mark) for mark in marks if mark not in known]


def _gone_words(mark: str) -> str:
    staff = {str(person.id): person for person in Person.select().where(Person.kind == "staff")}
    person = staff.get(mark) or abort(404)
    return f"{person.full_name} không còn trong danh sách cán bộ. Hãy xem lại bảng rồi lưu lại."


def _page(lines: list[Line], sentences: list[str], problems: Mapping[int, str]) -> str:
    """The table. ``sentences`` stand above it, ``problems`` (by the id of the person) in their lines too."""
    return render_template(
        "school/from_staff.html",
        lines=lines,
        sentences=[*sentences, *problems.values()],
        problems=problems,
        classes=list(SchoolClass.present().order_by(*in_school_order())),
        held=homeroom_words.by_class(),
        roles=roles_to_give(),
        ROLE_WORDS=role_words(),
        address=address_for_paper(),
    )


def _refused(
    lines: list[Line], sentences: list[str], problems: Mapping[int, str] | None = None
) -> Response:
    return make_response(_page(lines, sentences, problems or {}), 422)


def _say(saved: Saved) -> None:
    if saved.passwords:
        remember(f"Đã tạo {len(saved.passwords)} tài khoản.", "done")
    if saved.linked:
        names = ", ".join(user.username for user in saved.linked)
        remember(f"Đã nối với hồ sơ cán bộ: {names}.", "done")
    held = homeroom_words.by_class()
    for school_class in saved.shared:
        remember(f"Lớp {school_class.name} có nhiều giáo viên: {held[school_class.id]}.")
