"""Personal data: what is kept and why, for how long, and everything about one person."""

from datetime import timedelta

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import school
from idapp.models import Campaign, Change
from idapp.privacy import data_classes, retention
from idapp.privacy.person_paper import paper_about
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web import documents
from idapp.web.access import current_user, only, open_to_all, person_or_404, remember
from idapp.web.audit import EVENT_WORDS

bp = Blueprint("privacy", __name__)


@bp.get("/privacy")
@open_to_all
def show() -> str:
    """What is kept about people. For families too, who have no account: the law wants them to know."""
    days = {}
    if school.is_set_up():
        days = {kind.key: retention.days_of(kind.key) for kind in retention.KINDS if kind.usual}
    return render_template(
        "privacy/show.html",
        classes=data_classes.CLASSES,
        seen_words=data_classes.seen_words,
        sentence=data_classes.sentence,
        law=data_classes.LAW,
        law_note=data_classes.LAW_NOTE,
        days=days,
    )


@bp.get("/settings/retention")
@only("principal")
def show_retention() -> str:
    """What goes by itself, when, and how much that would be."""
    return _retention_page()


@bp.post("/settings/retention")
@only("principal", password=True)
def change_retention() -> Response:
    """Keep some kinds for more or fewer days."""
    texts = {kind.key: request.form.get(kind.key, "") for kind in retention.KINDS if kind.usual}
    try:
        retention.change_days(texts, by=current_user)
    except Problem as problem:
        return make_response(_retention_page(problem), 422)
    remember("Đã lưu thời gian lưu giữ.")
    return redirect(url_for("privacy.show_retention"), 303)


def _retention_page(problem: Problem | None = None) -> str:
    return render_template(
        "privacy/retention.html",
        lines=[_line_of(kind) for kind in retention.KINDS],
        next_run=retention.next_run(),
        last_purge=retention.last_purge(),
        leavers=retention.leavers_by_year(),
        closed_campaigns=Campaign.select().where(Campaign.closed_at.is_null(False)).count(),
        history_rows=Change.select().count(),
        problem=problem,
        typed=request.form if problem else {},
    )


def _line_of(kind: retention.Kind) -> dict[str, object]:
    """A kind, its days (0: fixed), what would go with the next look and within thirty days from then."""
    days = retention.days_of(kind.key) if kind.usual else 0
    soon = retention.next_run()
    later = soon + timedelta(days=30)
    return {
        "kind": kind,
        "days": days,
        "soon": kind.due(current(), soon, days),
        "later": kind.due(current(), later, days),
    }


@bp.get("/people/<int:person_id>/data")
@only("clerk", "principal")
def about_person(person_id: int) -> str:
    """Everything about one person, to print and to hand to the family. Looking is audited."""
    person = person_or_404(person_id)
    paper = paper_about(person, day=current().today(), event_words=EVENT_WORDS)
    return documents.printed(
        paper,
        back=url_for("people.person", person_id=person.id),
        back_words=person.full_name or "Hồ sơ",
        file=url_for("privacy.about_person_file", person_id=person.id),
        about=person,
    )


@bp.get("/people/<int:person_id>/data.docx")
@only("clerk", "principal")
def about_person_file(person_id: int) -> Response:
    """The same as a Word file."""
    person = person_or_404(person_id)
    paper = paper_about(person, day=current().today(), event_words=EVENT_WORDS)
    name = f"du-lieu-ca-nhan-{person.id}.docx"
    return documents.word_file(paper, name, about=person)
