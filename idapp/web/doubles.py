"""Records that may be of one person: the list, two of them side by side, made one, told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from idapp.audit import changes_since
from idapp.database import rows
from idapp.doubles import finding, merging, pairs, sides
from idapp.doubles.finding import Pair
from idapp.models import Person, User
from idapp.people.changesets import records_of
from idapp.people.survivors import merge_of
from idapp.rules.problem import Problem
from idapp.web.access import class_or_404, current_user, only, person_or_404, remember
from idapp.web.audit import EVENT_WORDS

bp = Blueprint("doubles", __name__)
_PAGE = 50


@dataclass(frozen=True)
class ShownPair:
    """Two records as the list shows them, the one that would rather go on first; ``reasons``: a sentence."""

    survivor: Person
    other: Person
    reasons: str


@bp.get("/people/duplicates")
@only("clerk", "principal")
def duplicates() -> str:
    """Pairs that may be one person, strongest first; below them those that were told apart. ``?class=``: of a class."""
    likely = _pairs_of(request.args.get("class", type=int))
    page = max(request.args.get("page", 1, type=int), 1)
    start = (page - 1) * _PAGE
    return render_template(
        "doubles/list.html",
        pairs=_shown(likely[start : start + _PAGE]),
        count=len(likely),
        page=page,
        is_last=start + _PAGE >= len(likely),
        school_class=_asked_class(),
        told_apart=pairs.all_pairs(),
        reason_words=pairs.REASON_WORDS,
    )


@bp.get("/people/duplicates/count")
@only("clerk", "principal")
def count() -> str:
    """How many there are, as a link for the board and for the page of a class; nothing where there are none."""
    likely = _pairs_of(request.args.get("class", type=int))
    return render_template("doubles/_count.html", count=len(likely), school_class=_asked_class())


@bp.get("/people/<int:person_id>/merge/<int:other_id>")
@only("clerk", "principal")
def compare(person_id: int, other_id: int) -> str:
    """Two records side by side: ``person_id`` goes on, ``other_id`` is put away."""
    return _merge_page(person_or_404(person_id), person_or_404(other_id))


@bp.post("/people/<int:person_id>/merge/<int:other_id>")
@only("clerk", "principal")
def merge(person_id: int, other_id: int) -> AnyResponse:
    """Make one record of the two with the chosen values."""
    survivor = person_or_404(person_id)
    other = person_or_404(other_id)
    groups = [choice.group for choice in sides.side_by_side(survivor, other).choices]
    chosen = {group: request.form.get(f"value-{group}", "") for group in groups}
    decision = merging.Decision(chosen, request.form.get("seen", ""))
    try:
        merging.merge(survivor, other, decision, by=current_user)
    except merging.ChangedMeanwhile:
        page = _merge_page(survivor, other, chosen=chosen, changed=True)
        return make_response(page, 409)
    except Problem as problem:
        page = _merge_page(survivor, other, chosen=chosen, sentence=problem.message)
        return make_response(page, 422)
    remember(f"Đã gộp. Hồ sơ của {survivor.full_name} có lịch sử và giấy tờ của cả hai.")
    return redirect(url_for("people.person", person_id=survivor.id), 303)


@bp.post("/people/<int:person_id>/merge/<int:other_id>/undo")
@only("clerk", "principal")
def undo(person_id: int, other_id: int) -> AnyResponse:
    """Two records again."""
    survivor = person_or_404(person_id)
    standing = merge_of(person_or_404(other_id))
    if standing is None or standing.survivor_id != survivor.id:
        abort(404)
    try:
        merging.undo_merge(standing, by=current_user)
    except Problem as problem:
        remember(problem.message, "error")
    else:
        remember("Đã hoàn tác việc gộp: hai hồ sơ lại như trước.")
    return redirect(url_for("people.person", person_id=survivor.id), 303)


@bp.post("/people/<int:person_id>/merge/<int:other_id>/different")
@only("clerk", "principal")
def different(person_id: int, other_id: int) -> AnyResponse:
    """These are two people, and why; with ``again`` they are asked about once more."""
    person = person_or_404(person_id)
    other = person_or_404(other_id)
    form = request.form
    if "again" in form:
        pairs.take_back(person, other, by=current_user)
        remember(f"Sẽ hỏi lại về {person.full_name} và {other.full_name}.")
        return redirect(url_for("doubles.duplicates"), 303)
    try:
        note = form.get("note", "")
        pairs.tell_apart(person, other, reason=form.get("reason", ""), note=note, by=current_user)
    except Problem as problem:
        page = _merge_page(person, other, sentence=problem.message)
        return make_response(page, 422)
    remember(f"Đã lưu {person.full_name} và {other.full_name} là hai người khác nhau.")
    return redirect(url_for("doubles.duplicates"), 303)


# --- what the pages show ---


def _asked_class() -> object:
    """The class of ``?class=``, None for the whole school."""
    class_id = request.args.get("class", type=int)
    return class_or_404(class_id) if class_id else None


def _pairs_of(class_id: int | None) -> Sequence[Pair]:
    """All pairs, or those with a record in a class."""
    likely = finding.likely_doubles()
    if not class_id:
        return likely
    in_class = Person.select(Person.id).where(Person.school_class == class_id)
    ids = {id_ for (id_,) in rows(in_class)}
    return [pair for pair in likely if pair.first in ids or pair.second in ids]


def _shown(likely: Sequence[Pair]) -> list[ShownPair]:
    ids = {id_ for pair in likely for id_ in (pair.first, pair.second)}
    records = records_of(ids)
    shown = []
    for pair in likely:
        both = sorted((records[pair.first], records[pair.second]), key=_order_of_keeping)
        shown.append(ShownPair(both[0], both[1], finding.words_of(pair)))
    return shown


def _order_of_keeping(person: Person) -> tuple[bool, bool, int]:
    """Who is at the school, who is verified, who was there first."""
    return not person.active, person.status != "verified", person.id


def _merge_page(
    survivor: Person,
    other: Person,
    *,
    chosen: dict[str, str] | None = None,
    sentence: str = "",
    changed: bool = False,
) -> str:
    """``chosen``: what the user chose already; ``changed``: the records have changed since the page was opened."""
    if chosen is not None:  # as they are stored now
        survivor, other = person_or_404(survivor.id), person_or_404(other.id)
    after = request.form.get("after", type=int) or 0
    edits = []
    if changed:
        edits = changes_since(after, [survivor.id, other.id])
    return render_template(
        "doubles/merge.html",
        sides=sides.side_by_side(survivor, other),
        survivor=survivor,
        other=other,
        place_word=sides.place_word,
        chosen=chosen or {},
        sentence=sentence,
        changed=changed,
        edits=edits,
        event_words=EVENT_WORDS,
        refusal=merging.why_not(survivor, other),
        pair=pairs.pair_of(survivor, other),
        unlike=survivor.search_key != other.search_key and survivor.born != other.born,
        both_have_accounts=_both_have_accounts(survivor, other),
        reason_words=pairs.REASON_WORDS,
        seen=sides.fingerprint(survivor, other),
        newest_change=sides.newest_change(),
    )


def _both_have_accounts(survivor: Person, other: Person) -> bool:
    return User.select().where(User.staff_record.in_([survivor.id, other.id])).count() > 1
