"""Batches: before (pre-flight), during (a fragment that asks again every two seconds), after (by class and reason)."""

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import jobs, permissions, verification
from idapp.models import Batch, Person, User
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web.access import current_user, only, remember, signed_in, wants_fragment

bp = Blueprint("verification", __name__)
_PROBLEMS = ("mismatch", "not_found", "rejected", "unanswered")


@bp.get("/batches")
@signed_in
def batches() -> str:
    found = Batch.select(Batch, User).join(User).order_by(Batch.id.desc()).limit(100)
    rows = [(batch, verification.tally(batch)) for batch in found]
    return render_template("verification/batches.html", rows=rows, **_words())


@bp.get("/batches/new")
@only("clerk", "principal")
def new() -> str:
    return _preflight_page(request.args.get("scope", "school"), request.args.get("again") == "1")


def _preflight_page(scope: str, again: bool, sentence: str = "") -> str:
    try:
        before = verification.preflight(scope, again=again)
    except Problem as problem:
        before, sentence = verification.preflight("school"), problem.message
    return render_template(
        "verification/new.html",
        before=before,
        again=again,
        sentence=sentence or _why_not_sending(),
        can_send=current().registry_mode == "soap",
        scopes=verification.scopes(),
        **_words(),
    )


def _why_not_sending() -> str:
    return {
        "off": "Chưa nối với cơ sở dữ liệu dân cư. Mọi việc khác vẫn làm được; khi nhà trường được cấp kết nối, "
        "người quản trị đặt REGISTRY trong cấu hình.",
        "file": "Cách gửi bằng tệp chưa có trong bản này. Hãy xuất tệp theo mẫu 4.1.6 ở trang lớp "
        "và nạp lên hệ thống của ngành.",
    }.get(current().registry_mode, "")


@bp.post("/batches")
@only("principal")
def start() -> Response:
    scope, again = request.form.get("scope", ""), request.form.get("again") == "1"
    if sentence := _why_not_sending():
        return make_response(_preflight_page(scope, again, sentence), 422)
    try:
        already = verification.open_batch(scope)
        batch = verification.start(scope, by=current_user, again=again)
    except Problem as problem:
        return make_response(_preflight_page(scope, again, problem.message), 422)
    if already:
        remember("Phạm vi này đã có một đợt đang chạy. Đây là đợt đó.", "info")
    else:
        jobs.verify_later(batch.id)
    return redirect(url_for("verification.show", batch_id=batch.id))


@bp.get("/batches/<int:batch_id>")
@signed_in
def show(batch_id: int) -> str:
    batch = _batch_or_404(batch_id)
    return render_template("verification/show.html", **_state_of(batch), **_problems_of(batch), **_words())


@bp.get("/batches/<int:batch_id>/progress")
@signed_in
def progress(batch_id: int) -> str | Response:
    """The piece that draws itself again while the batch is open; a finished one carries no trigger."""
    batch = _batch_or_404(batch_id)
    if not wants_fragment():
        return redirect(url_for("verification.show", batch_id=batch.id))
    return render_template("verification/_progress.html", **_state_of(batch), **_words())


@bp.get("/batches/<int:batch_id>/problems")
@signed_in
def problems(batch_id: int) -> str | Response:
    """The list that can be worked on while the rest is still being asked."""
    batch = _batch_or_404(batch_id)
    if not wants_fragment():
        return redirect(url_for("verification.show", batch_id=batch.id))
    return render_template("verification/_problems.html", batch=batch, **_problems_of(batch), **_words())


@bp.post("/batches/<int:batch_id>/pause")
@only("principal")
def pause(batch_id: int) -> Response:
    verification.pause(_batch_or_404(batch_id), by=current_user)
    return _back(batch_id)


@bp.post("/batches/<int:batch_id>/resume")
@only("principal")
def resume(batch_id: int) -> Response:
    verification.resume(_batch_or_404(batch_id), by=current_user)
    jobs.verify_later(batch_id)
    return _back(batch_id)


@bp.post("/batches/<int:batch_id>/stop")
@only("principal")
def stop(batch_id: int) -> Response:
    verification.stop(_batch_or_404(batch_id), by=current_user)
    return _back(batch_id)


@bp.post("/batches/<int:batch_id>/retry")
@only("principal")
def retry(batch_id: int) -> Response:
    try:
        n = verification.retry(_batch_or_404(batch_id), by=current_user)
    except Problem as problem:
        remember(problem.message, "error")
        return _back(batch_id)
    if n:
        jobs.verify_later(batch_id)
    else:
        remember("Không còn hồ sơ nào chưa được trả lời mà vẫn giữ nguyên thông tin đã gửi.", "info")
    return _back(batch_id)


def _back(batch_id: int) -> Response:
    if wants_fragment():
        return make_response(
            render_template("verification/_progress.html", **_state_of(_batch_or_404(batch_id)), **_words())
        )
    return redirect(url_for("verification.show", batch_id=batch_id))


def _batch_or_404(batch_id: int) -> Batch:
    return Batch.get_or_none(Batch.id == batch_id) or abort(404)


def _state_of(batch: Batch) -> dict[str, object]:
    return {"batch": batch, "tally": verification.tally(batch), "may_run": permissions.may_start_batch(current_user)}


def _problems_of(batch: Batch) -> dict[str, object]:
    """What did not go through, within what this user may see."""
    mine = permissions.people_of(current_user).select(Person.id)
    return {"items": verification.items_in(batch, _PROBLEMS, mine), "by_class": verification.by_class(batch, mine)}


def _words() -> dict[str, object]:
    return {
        "STATE_WORDS": verification.STATE_WORDS,
        "ITEM_WORDS": verification.ITEM_WORDS,
        "OUTCOMES": verification.OUTCOMES,
        "EXCLUDED_WORDS": verification.EXCLUDED_WORDS,
        "scope_words": verification.scope_words,
    }
