"""The page of backups: the key and its paper, when and where the app backs up by itself, and what lies there."""

from __future__ import annotations

from flask import (
    Blueprint,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.wrappers import Response

from idapp import audit, jobs, school
from idapp.backup import keys, nightly, plan
from idapp.backup.standing import standing
from idapp.database import writing
from idapp.models import BackupRun
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web.access import current_user, only, remember, wants_fragment
from idapp.web.qr import code_of

bp = Blueprint("backups", __name__)
FIELDS = ("is_on", "hour", "folder", "second_folder", "daily", "weekly", "monthly")
_SHOWN = 14


@bp.get("/settings/backup")
@only("clerk", "principal")
def show() -> str:
    """How it stands, what is set, and the newest backups."""
    return _page()


@bp.post("/settings/backup")
@only("clerk", "principal", password=True)
def change() -> Response:
    """Hour, folders, how many are kept."""
    texts = {name: request.form.get(name, "") for name in FIELDS}
    try:
        plan.change(texts, by=current_user, settings=current())
    except Problem as problem:
        return make_response(_page(problem, texts), 422)
    remember("Đã lưu cách sao lưu.")
    return redirect(url_for("backups.show"), 303)


@bp.post("/settings/backup/key")
@only("principal", password=True)
def make_key() -> Response:
    """A new key on its paper, shown this once; or a public half that was brought along.

    Not the clerk's: whoever opens a backup has the hashes of all passwords and the secrets of the register in it.
    """
    brought = request.form.get("recipient", "").strip()
    if not brought:
        return _paper(plan.propose_key())
    try:
        plan.bring_key(brought, by=current_user)
    except Problem as problem:
        return make_response(_page(problem), 422)
    return _begun("Đã dùng khóa này.")


@bp.post("/settings/backup/key/kept")
@only("principal")
def key_is_kept() -> Response:
    """Whoever types the last letters has the paper: the key counts from now on, and the first backup is made."""
    try:
        plan.take_key(request.form.get("last_letters", ""), by=current_user)
    except Problem as problem:
        page = render_template("backups/key_kept.html", problem=problem)
        return make_response(page, 422)
    return _begun("Đã dùng khóa mới.")


@bp.post("/settings/backup/now")
@only("clerk", "principal")
def make_now() -> Response:
    """One more, at once."""
    try:
        run = nightly.begin(by=current_user)
    except Problem as problem:
        return make_response(_page(problem), 422)
    _wake_worker(run)
    return redirect(url_for("backups.show"), 303)


@bp.get("/settings/backup/progress")
@only("clerk", "principal")
def progress() -> Response | str:
    """Asked for by the page every moment while one is made; at the end the page loads afresh."""
    run = nightly.last() or abort(404)
    if run.is_under_way and wants_fragment():
        return render_template("backups/_progress.html", run=run)
    if wants_fragment():
        return Response(headers={"HX-Redirect": url_for("backups.show")})
    return redirect(url_for("backups.show"))


@bp.post("/settings/backup/<int:run_id>/download")
@only("clerk", "principal", password=True)
def download(run_id: int) -> Response:
    """The file as it lies there: nobody reads it without the paper of the key."""
    run = BackupRun.get_or_none(BackupRun.id == run_id) or abort(404)
    path = nightly.file_of(run) or abort(404)
    with writing():
        audit.record("backup.downloaded", by=current_user, new=run.file_name)
    return send_file(path, "application/octet-stream", as_attachment=True)


def _begun(sentence: str) -> Response:
    """A new key is tried out at once."""
    remember(f"{sentence} Bản sao lưu đầu tiên đang được làm.")
    try:
        _wake_worker(nightly.begin(by=current_user))
    except Problem as problem:
        remember(problem.message, "warn")
    return redirect(url_for("backups.show"), 303)


def _wake_worker(run: BackupRun) -> None:
    if not jobs.back_up_later(run.id):
        remember("Phần chạy nền đang dừng: bản sao lưu sẽ được làm khi phần ấy chạy lại.", "warn")


def _paper(key: keys.NewKey) -> Response:
    page = render_template(
        "backups/key.html",
        key=key,
        mark=keys.mark_of(key.recipient),
        code=code_of(key.secret),
        school=school.the_school(),
        today=current().today(),
    )
    return make_response(page)


def _page(problem: Problem | None = None, texts: dict[str, str] | None = None) -> str:
    wanted = plan.stored()
    newest = nightly.last()
    return render_template(
        "backups/settings.html",
        problem=problem,
        typed=texts or _texts_of(wanted),
        plan=wanted,
        standing=standing(),
        run=newest if newest is not None and newest.is_under_way else None,
        runs=_newest_runs(),
    )


def _texts_of(wanted: plan.Plan) -> dict[str, str]:
    return {
        "is_on": "1" if wanted.is_on else "",
        "hour": str(wanted.hour),
        "folder": wanted.folder,
        "second_folder": wanted.second_folder,
        "daily": str(wanted.keep.daily),
        "weekly": str(wanted.keep.weekly),
        "monthly": str(wanted.keep.monthly),
    }


def _newest_runs() -> list[tuple[BackupRun, bool]]:
    """The newest, each with whether its file can be had."""
    runs = BackupRun.select().where(BackupRun.ended_at.is_null(False))
    newest = runs.order_by(BackupRun.id.desc()).limit(_SHOWN)
    return [(run, nightly.file_of(run) is not None) for run in newest]
