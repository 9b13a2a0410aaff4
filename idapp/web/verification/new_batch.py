"""Before a batch: the list of batches, the pre-flight page and the people behind its figures, preparing, starting."""

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import jobs, permissions, verification
from idapp.models import Batch, Person
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.verification.preflight import excluded_people, seconds_for
from idapp.web.access import current_user, only, remember, signed_in
from idapp.web.cells import errors_of
from idapp.web.verification import bp
from idapp.web.verification.views import batch_or_404, batches_of, in_words, page_of, words

_RECENT = 100
_NO_WAY = (
    "Chưa nối với cơ sở dữ liệu dân cư. Mọi việc khác vẫn làm được; khi nhà trường được cấp kết nối, hoặc muốn gửi "
    "bằng tệp, hãy đặt cách gửi trong phần Cài đặt."
)

_WRONG_SETTINGS = (
    "Cài đặt kết nối với cơ sở dữ liệu dân cư viết chưa đúng nên chưa gửi được. Hiệu trưởng xem mục nào sai trong phần "
    "Cài đặt, Xem và thử kết nối."
)


@bp.get("/batches")
@signed_in
def batches() -> str:
    found = list(batches_of(current_user).order_by(Batch.id.desc()).limit(_RECENT))
    return render_template(
        "verification/batches.html", found=found, tallies=verification.tallies(found), **words()
    )


@bp.get("/batches/new")
@only("clerk", "principal")
def new() -> str:
    return _preflight_page(request.args.get("scope", "school"), request.args.get("which", "ready"))


@bp.get("/batches/new/excluded")
@only("clerk", "principal")
def excluded() -> str | Response:
    """The people behind one figure of the pre-flight page."""
    scope, which = request.args.get("scope", ""), request.args.get("which", "ready")
    reason = request.args.get("reason", "")
    try:
        query = excluded_people(scope, which, reason)
    except Problem as problem:
        return make_response(_preflight_page("school", "ready", problem.message), 422)
    mine = permissions.people_of(current_user).select(Person.id)
    found, pages = page_of(query.where(Person.id.in_(mine)))
    return render_template(
        "verification/excluded.html",
        found=found,
        errors=errors_of(found, current_user),
        pages=pages,
        scope=scope,
        which=which,
        reason=reason,
        **words(),
    )


def _preflight_page(scope: str, which: str, sentence: str = "") -> str:
    try:
        before = verification.preflight(scope, which)
    except Problem as problem:
        before, sentence = verification.preflight("school"), problem.message
    return render_template(
        "verification/new.html",
        sentence=sentence,
        scopes=verification.scopes(),
        **about(before),
        **words(),
    )


def about(before: verification.Preflight) -> dict[str, object]:
    """What the pieces of a pre-flight draw from."""
    last = verification.tally(before.last) if before.last else None
    mode, trouble = jobs.channel_of(current())
    estimate = seconds_for(before.ready, jobs.pace_of(current())) if mode == "soap" else None
    return {
        "before": before,
        "last_tally": last,
        "estimate": in_words(estimate),
        "mode": mode,
        "no_way": (_WRONG_SETTINGS if trouble else _NO_WAY) if mode == "off" else "",
    }


@bp.post("/batches")
@only("clerk", "principal")
def start() -> Response:
    """The principal starts; the clerk prepares, and the principal is told on every page."""
    scope, which = request.form.get("scope", ""), request.form.get("which", "ready")
    try:
        already = verification.open_batch(scope)
        if not permissions.may_start_batch(current_user):
            batch = verification.prepare(scope, which, by=current_user)
        else:
            batch = _started(scope, which)
    except Problem as problem:
        return make_response(_preflight_page(scope, which, problem.message), 422)
    return _land_on(batch, already)


@bp.post("/batches/<int:batch_id>/start")
@only("principal")
def open_prepared(batch_id: int) -> Response:
    """What the clerk prepared, as it stands now."""
    batch = batch_or_404(batch_id)
    if batch.state == "prepared":
        try:
            _started(batch.scope, batch.which)
        except Problem as problem:
            remember(problem.message, "error")
    return redirect(url_for("verification.show", batch_id=batch_id))


def _started(scope: str, which: str) -> Batch:
    mode, trouble = jobs.channel_of(current())
    if mode == "off":
        raise Problem("scope", "no_way", _WRONG_SETTINGS if trouble else _NO_WAY)
    batch = verification.start(scope, which, by=current_user, channel=mode)
    if batch.state == "queued":
        jobs.verify_later(batch.id)
    return batch


def _land_on(batch: Batch, already: Batch | None) -> Response:
    if already and already.state != "prepared":
        remember("Phạm vi này đã có một đợt đang chạy. Đây là đợt đó.", "info")
    elif already and batch.state == "prepared":
        remember("Phạm vi này đã có một đợt được chuẩn bị. Đây là đợt đó.", "info")
    return redirect(url_for("verification.show", batch_id=batch.id))
