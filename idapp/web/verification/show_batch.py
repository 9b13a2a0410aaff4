"""A batch while it is open: the page, the two pieces that draw themselves again, and what the principal can do.

The progress piece asks every two seconds and stays small; it brings new buttons along only when the state it was drawn
with has changed, and lets the page load afresh once when the batch has ended. The list of problems asks every five
seconds and gets 204 while nothing was added. A finished piece carries no trigger.
"""

from __future__ import annotations

from collections import Counter

from flask import abort, make_response, redirect, render_template, request, url_for
from peewee import ModelSelect
from werkzeug.wrappers import Response

from idapp import jobs, permissions, verification
from idapp.models import Batch, Person
from idapp.rules.problem import Problem
from idapp.verification.files import files_of
from idapp.web import worker_trouble
from idapp.web.access import current_user, only, remember, signed_in, wants_fragment
from idapp.web.verification import bp
from idapp.web.verification.new_batch import about
from idapp.web.verification.views import batch_or_404, page_of, words


@bp.get("/batches/<int:batch_id>")
@signed_in
def show(batch_id: int) -> str:
    """One batch: how far it is while it runs, what came out when it is over."""
    return batch_page(batch_or_404(batch_id))


def batch_page(batch: Batch, sentence: str = "") -> str:
    """The whole page; ``sentence`` is why a file was refused."""
    if batch.state == "prepared":
        before = about(verification.preflight(batch.scope, batch.which))
        return render_template(
            "verification/prepared.html", batch=batch, sentence=sentence, **before, **words()
        )
    files = []
    if batch.channel == "file":
        files = files_of(batch)
    return render_template(
        "verification/show.html",
        sentence=sentence,
        files=files,
        **_results_of(batch),
        **state_of(batch),
        **_problems_of(batch),
        **words(),
    )


def _results_of(batch: Batch) -> dict[str, object]:
    """What a batch that is over has brought, within what this user may see."""
    if batch.open:
        return {"difference": {}, "reasons": {}, "without_case": 0}
    return {
        "difference": verification.difference(batch, mine()),
        "reasons": verification.by_reason(batch, mine()),
        "without_case": verification.without_case(batch),
    }


def state_of(batch: Batch) -> dict[str, object]:
    """What the piece that draws itself again is drawn from."""
    return {
        "batch": batch,
        "tally": verification.tally(batch),
        "may_run": permissions.may_start_batch(current_user),
        "no_worker": worker_trouble.waits_for_nobody(batch),
        "why_no_worker": worker_trouble.cause(),
    }


def mine() -> ModelSelect[Person]:
    """The people whose results this user may see; also those who have left since."""
    return permissions.people_of(current_user, include_inactive=True).select(Person.id)


def _problems_of(batch: Batch) -> dict[str, object]:
    """What did not go through, within what this user may see."""
    chosen = request.args.get("only", "")
    items, pages = page_of(verification.items_in(batch, chosen, mine()))
    classes = verification.by_class(batch, mine())
    by_state = Counter[str]()
    for _, states in classes:
        by_state += Counter(states)
    return {
        "items": items,
        "pages": pages,
        "only": chosen,
        "by_class": classes,
        "own": verification.Tally(by_state),
    }


@bp.get("/batches/<int:batch_id>/progress")
@signed_in
def progress(batch_id: int) -> str | Response:
    """The piece that asks every two seconds. ``?state=`` the state it was drawn with."""
    batch = batch_or_404(batch_id)
    if not wants_fragment():
        return redirect(url_for("verification.show", batch_id=batch.id))
    drawn = request.args.get("state", "")
    has_changed = drawn not in ("", batch.shown_state)
    answer = _progress_piece(batch, changed=has_changed)
    if drawn and not batch.open:  # only once: the page that loads now asks no more
        answer.headers["HX-Refresh"] = "true"
    return answer


def _progress_piece(batch: Batch, *, changed: bool) -> Response:
    """``changed``: with the buttons, which are others in another state."""
    return make_response(
        render_template(
            "verification/_progress.html", changed=changed, **state_of(batch), **words()
        )
    )


@bp.get("/batches/<int:batch_id>/problems")
@signed_in
def problems(batch_id: int) -> str | Response:
    """The list that can be worked on while the rest is still being asked."""
    batch = batch_or_404(batch_id)
    if not wants_fragment():
        return redirect(url_for("verification.show", batch_id=batch.id))
    counted = verification.tally(batch)
    if batch.open and request.args.get("seen") == str(counted.settled):
        return Response(status=204)  # htmx leaves the list as it is
    return render_template(
        "verification/_problems.html", batch=batch, tally=counted, **_problems_of(batch), **words()
    )


@bp.post("/batches/<int:batch_id>/pause")
@only("principal")
def pause(batch_id: int) -> Response:
    """Let no more questions go out until somebody resumes the batch."""
    verification.pause(batch_or_404(batch_id), by=current_user)
    return _back(batch_id)


@bp.post("/batches/<int:batch_id>/resume")
@only("principal")
def resume(batch_id: int) -> Response:
    """Go on with a batch that was paused, by a person or by itself."""
    verification.resume(batch_or_404(batch_id), by=current_user)
    # After the commit: a worker that is quicker than the transaction would see it paused.
    jobs.verify_later(batch_id)
    return _back(batch_id)


@bp.post("/batches/<int:batch_id>/stop")
@only("clerk", "principal")
def stop(batch_id: int) -> Response:
    """End a batch early: the principal any, the clerk one that only waits for the principal."""
    batch = batch_or_404(batch_id)
    if not permissions.may_start_batch(current_user) and batch.state != "prepared":
        abort(403)
    verification.stop(batch, by=current_user)
    return _back(batch_id)


@bp.post("/batches/<int:batch_id>/retry")
@only("principal")
def retry(batch_id: int) -> Response:
    """Ask again about those without an answer whose values are still the ones that were sent."""
    batch = batch_or_404(batch_id)
    try:
        count = verification.retry(batch, by=current_user)
    except Problem as problem:
        remember(problem.message, "error")
        return _back(batch_id)
    if not count:
        sentence = "Không còn hồ sơ nào chưa được trả lời mà vẫn giữ nguyên thông tin đã gửi."
        remember(sentence, "info")
    elif batch.channel == "soap":
        jobs.verify_later(batch_id)
    return _back(batch_id)


def _back(batch_id: int) -> Response:
    if wants_fragment():
        return _progress_piece(batch_or_404(batch_id), changed=True)
    return redirect(url_for("verification.show", batch_id=batch_id))
