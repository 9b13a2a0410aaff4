"""Before a batch: the list of batches, the pre-flight page and the people behind its figures, preparing, starting."""

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import jobs, permissions, verification
from idapp.models import Batch, Person
from idapp.registry import way
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.verification.counting import verified_in
from idapp.verification.preflight import excluded_people, seconds_for
from idapp.web.access import current_user, only, remember, signed_in
from idapp.web.cells import errors_of
from idapp.web.drawn_options import options_of
from idapp.web.progress import completion
from idapp.web.verification import bp
from idapp.web.verification.views import batch_or_404, batches_of, in_words, page_of, words

_RECENT = 100
_NO_WAY = (
    "Chưa nối với cơ sở dữ liệu dân cư. Mọi việc khác vẫn làm được; "
    "khi nhà trường được cấp kết nối, hoặc muốn gửi bằng tệp, hãy đặt cách gửi trong phần Cài đặt."
)
_WRONG_SETTINGS = (
    "Cài đặt kết nối với cơ sở dữ liệu dân cư viết chưa đúng nên chưa gửi được. "
    "Hiệu trưởng xem mục nào sai trong phần Cài đặt, Cách gửi xác thực."
)


@bp.get("/batches")
@signed_in
def batches() -> str:
    """The latest batches that this user may see, with their counts."""
    listed = list(batches_of(current_user).order_by(Batch.id.desc()).limit(_RECENT))
    tallies = verification.tallies(listed)
    return render_template("verification/batches.html", batches=listed, tallies=tallies, **words())


@bp.get("/batches/new")
@only("clerk", "principal")
def new() -> str:
    """The pre-flight page: who would be asked about, who would not and why, how long it would take."""
    return _preflight_page(request.args.get("scope", "school"), request.args.get("which", "ready"))


@bp.get("/batches/new/excluded")
@only("clerk", "principal")
def excluded() -> str | Response:
    """The people behind one figure of the pre-flight page."""
    scope = request.args.get("scope", "")
    which = request.args.get("which", "ready")
    reason = request.args.get("reason", "")
    try:
        query = excluded_people(scope, which, reason)
    except Problem as problem:
        return make_response(_preflight_page("school", "ready", problem.message), 422)
    mine = permissions.people_of(current_user).select(Person.id)
    people, pages = page_of(query.where(Person.id.in_(mine)))
    return render_template(
        "verification/excluded.html",
        people=people,
        errors=errors_of(people, current_user),
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
        # A scope that is none, from an old address: the school's page, with the sentence on it.
        before = verification.preflight("school")
        sentence = problem.message
    if before.scope == "school":
        completion.keep(before.done, before.to_do)
    return render_template(
        "verification/new.html",
        sentence=sentence,
        scope_options=options_of(verification.scopes(), before.scope),
        **about(before),
        **words(),
    )


def about(before: verification.Preflight) -> dict[str, object]:
    """What the pieces of a pre-flight draw from."""
    last_verified = 0
    if before.last:
        last_verified = verified_in(before.last)
    mode, trouble = jobs.channel_of(current())
    seconds = None
    if mode == "soap":  # how long a file takes nobody knows
        seconds = seconds_for(before.ready, jobs.pace_of(way.obeyed(current())))
    obstacle = ""
    if mode == "off":
        obstacle = _why_off(trouble)
    return {
        "before": before,
        "last_verified": last_verified,
        "estimate": in_words(seconds),
        "mode": mode,
        "no_way": obstacle,
    }


def _why_off(trouble: str) -> str:
    """Why nothing can be sent: settings that are wrong, or none."""
    if trouble:
        return _WRONG_SETTINGS
    return _NO_WAY


@bp.post("/batches")
@only("clerk", "principal")
def start() -> Response:
    """The principal starts; the clerk prepares, and the principal reads so on every page."""
    scope = request.form.get("scope", "")
    which = request.form.get("which", "ready")
    try:
        already = verification.open_batch(scope)  # asked before: afterwards there always is one
        if permissions.may_start_batch(current_user):
            batch = _started(scope, which)
        else:
            batch = verification.prepare(scope, which, by=current_user)
    except Problem as problem:
        return make_response(_preflight_page(scope, which, problem.message), 422)
    return _land_on(batch, already)


@bp.post("/batches/<int:batch_id>/start")
@only("principal")
def open_prepared(batch_id: int) -> Response:
    """What the clerk prepared, as it stands now."""
    batch = batch_or_404(batch_id)
    if batch.state == "prepared":  # else somebody was quicker, and theirs is shown
        try:
            _started(batch.scope, batch.which)
        except Problem as problem:
            remember(problem.message, "error")
    return redirect(url_for("verification.show", batch_id=batch_id))


def _started(scope: str, which: str) -> Batch:
    """The open batch of this scope, begun now or before. Raises Problem if nothing can be sent."""
    mode, trouble = jobs.channel_of(current())
    if mode == "off":
        raise Problem("scope", "no_way", _why_off(trouble))
    batch = verification.start(scope, which, by=current_user, channel=mode)
    if batch.state == "queued":
        jobs.verify_later(batch.id)
    return batch


def _land_on(batch: Batch, already: Batch | None) -> Response:
    """The page of the batch; ``already``: the one that was open before, so this click began nothing."""
    if already and already.state != "prepared":
        remember("Phạm vi này đã có một đợt đang chạy. Đây là đợt đó.", "info")
    elif already and batch.state == "prepared":
        remember("Phạm vi này đã có một đợt được chuẩn bị. Đây là đợt đó.", "info")
    return redirect(url_for("verification.show", batch_id=batch.id))
