"""All classes of the school on one form: names, order, homeroom teachers, new ones, removed ones."""

from collections.abc import Mapping

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import classes
from idapp.classes import NEW, ClassEdit, ClassesRefused, Row
from idapp.models import User
from idapp.rules.problem import Problem
from idapp.web.access import current_user, only, remember
from idapp.web.school import bp


@bp.get("/settings/classes")
@only("clerk", "principal")
def classes_form() -> str:
    """Every class with its values, and room for new ones."""
    return _page(classes.rows())


@bp.post("/settings/classes")
@only("clerk", "principal")
def save_classes() -> Response:
    """All or nothing; a refusal shows the form again with what was typed."""
    edits = [_edit_of(id_) for id_ in _ids()]
    new_names = request.form.get("names", "")
    try:
        changed = classes.save(edits, new_names, by=current_user)
    except ClassesRefused as refused:
        return _refusal(edits, refused.sentences, 409 if refused.is_conflict else 422)
    except Problem as problem:  # a teacher whose account has become another's
        return _refusal(edits, {NEW: problem.message}, 422)
    remember(f"Đã lưu {changed} lớp." if changed else "Không có gì thay đổi.")
    return redirect(url_for("school.classes_form"), 303)


def _ids() -> list[int]:
    """The classes that the form has."""
    return list(dict.fromkeys(request.form.getlist("class", type=int)))


def _edit_of(id_: int) -> ClassEdit:
    seen = Row(_text("seen-name", id_), _text("seen-order", id_), _teachers("seen-teachers", id_))
    wanted = Row(
        _text("name", id_, seen.name), _text("order", id_, seen.order), _teachers("teachers", id_)
    )
    if f"teachers-{id_}" not in request.form:  # a form without them leaves them alone
        wanted = Row(wanted.name, wanted.order, seen.teachers)
    return ClassEdit(id_, seen, wanted, remove=f"delete-{id_}" in request.form)


def _text(name: str, id_: int, default: str = "") -> str:
    return request.form.get(f"{name}-{id_}", default)


def _teachers(name: str, id_: int) -> frozenset[int]:
    values = " ".join(request.form.getlist(f"{name}-{id_}")).split()
    return frozenset(int(value) for value in values if value.isascii() and value.isdecimal())


def _refusal(edits: list[ClassEdit], sentences: Mapping[int, str], code: int) -> Response:
    """What was typed stays; what was seen is what is stored now, so that saving again is meant."""
    typed = {edit.id: edit for edit in edits}
    return make_response(_page(classes.rows(), typed, sentences), code)


def _page(
    stored: dict[int, Row],
    typed: dict[int, ClassEdit] | None = None,
    sentences: Mapping[int, str] | None = None,
) -> str:
    typed = typed or {}
    lines = []
    for id_, now in stored.items():
        edit = typed.get(id_)
        wanted = _merged(edit, now) if edit else now
        lines.append((id_, now, wanted, bool(edit and edit.remove)))
    return render_template(
        "school/classes.html",
        lines=lines,
        sentences=sentences or {},
        gone=[edit.seen.name for edit in typed.values() if edit.id not in stored],
        new_names=request.form.get("names", ""),
        teachers=_offered(stored),
        kept=classes.why_each_is_kept(),
        NEW=NEW,
    )


def _merged(edit: ClassEdit, now: Row) -> Row:
    """What this user changed, and of the rest what is stored by now."""
    seen, wanted = edit.seen, edit.wanted
    return Row(
        now.name if wanted.name == seen.name else wanted.name,
        now.order if wanted.order == seen.order else wanted.order,
        now.teachers if wanted.teachers == seen.teachers else wanted.teachers,
    )


def _offered(stored: dict[int, Row]) -> list[User]:
    """Accounts of teachers that can sign in, and whoever has a class now."""
    held = {id_ for row in stored.values() for id_ in row.teachers}
    users = User.select().where(User.role == "teacher", ~User.disabled | User.id.in_(held))
    return list(users.order_by(User.full_name, User.username))
