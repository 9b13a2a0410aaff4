"""Uploading a workbook, answering what it leaves open, looking at what it would do, letting it, and taking it back."""

from collections.abc import Mapping
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from idapp import imports, jobs, permissions, school
from idapp.models import IN_PARTS, Import, ImportRow
from idapp.web.access import current_user, only, remember, wants_fragment
from idapp.web.exports import download

bp = Blueprint("imports", __name__)
importers = only("teacher", "clerk", "principal")
_RECENT = 10
_AT_WORK = ("reading", *IN_PARTS)
_SILENT = 10  # seconds without a word from the worker


@bp.get("/imports/new")
@importers
def new() -> str:
    """The page where a file is chosen."""
    return _new_page()


@bp.post("/imports")
@importers
def create() -> AnyResponse | str:
    """Take a file in; one that is refused gives the page again with the reason (422)."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _refused("Chưa chọn tệp: hãy bấm vào ô chọn tệp, chọn tệp Excel rồi gửi lại.")
    try:
        every_column = request.form.get("every_column") == "1"
        upload = imports.read_stream(
            file.stream, file.filename, by=current_user, every_column=every_column
        )
    except imports.FileRefused as refused:
        return _refused(refused.message)
    return _read_on(upload)


@bp.get("/imports/<int:import_id>")
@importers
def show(import_id: int) -> str:
    """An upload: its questions, how far the work is, or its rows."""
    upload = _import_or_404(import_id)
    if upload.state == "asking":
        questions = imports.questions_of(upload)
        return render_template(
            "imports/ask.html",
            upload=upload,
            questions=questions,
            choices=imports.headings.choices(questions, school.the_campaign().epoch),
            label_of=_label,
        )
    if upload.state in _AT_WORK:
        return render_template("imports/writing.html", **_progress(upload))
    return render_template("imports/show.html", **_page(upload))


@bp.post("/imports/<int:import_id>/answers")
@importers
def answer(import_id: int) -> AnyResponse | str:
    """The answers to the questions of a file.

    What the columns mean (`column-<n>` beside `key-<n>`), which of several counts (`which` of all `which-key`), who is
    still there (`present-<n>` beside `present-key-<n>`), which class a cell means (`class-<n>` beside `class-key-<n>`),
    what comes first in the dates (`dates`), and which doubts do not matter (`anyway`).
    """
    upload = _import_or_404(import_id)
    form = request.form
    try:
        upload = imports.answer(
            upload,
            columns=_columns_said(form),
            anyway=form.getlist("anyway"),
            present=_answers_to(form, "present"),
            dates=form.get("dates", ""),
            classes=_answers_to(form, "class"),
            by=current_user,
        )
    except imports.FileRefused as refused:
        imports.drop(upload, by=current_user)
        return _refused(refused.message)
    return _read_on(upload)


@bp.post("/imports/<int:import_id>/read")
@importers
def read(import_id: int) -> AnyResponse:
    """Read a large file while the page waits: the worker does not answer."""
    upload = _import_or_404(import_id)
    imports.go_on(upload.id)
    return _back(upload.id)


@bp.post("/imports/<int:import_id>/rows/<int:row_id>")
@importers
def decide(import_id: int, row_id: int) -> AnyResponse | str:
    """Take or leave out one row, or one of its cells: `field` and `take`, or both as `cell` (`gender:1`)."""
    upload = _import_or_404(import_id)
    row = ImportRow.select().where(ImportRow.id == row_id, ImportRow.upload == upload).first()
    if row is None:
        abort(404)
    field = request.form.get("field", "")
    take = _last("take")
    if "cell" in request.form:  # the button of a cell, within the form of the row
        field, _, take = request.form["cell"].partition(":")
    imports.decide(row, field, take=take == "1")
    if wants_fragment():
        item = imports.row_view(row, upload.left_out)
        return render_template(
            "imports/_decided.html",
            upload=upload,
            item=item,
            totals=imports.totals_of(upload),
            **_place(),
        )
    return _back(upload.id, **_place(), _anchor=f"row-{row.id}")


@bp.post("/imports/<int:import_id>/rows")
@importers
def decide_all(import_id: int) -> AnyResponse:
    """Take or leave out every row of one list."""
    upload = _import_or_404(import_id)
    imports.decide_all(upload, request.form.get("view", ""), take=_last("take") == "1")
    return _back(upload.id, view=request.form.get("view", ""))


@bp.post("/imports/<int:import_id>/columns")
@importers
def columns(import_id: int) -> AnyResponse:
    """The ticks of the columns: `shown` are all of them, `take` those that stay ticked."""
    upload = _import_or_404(import_id)
    imports.leave_out_columns(
        upload, set(request.form.getlist("shown")) - set(request.form.getlist("take"))
    )
    return _back(upload.id, _anchor="columns")


@bp.post("/imports/<int:import_id>/addresses")
@importers
def addresses(import_id: int) -> AnyResponse:
    """Which place an old address is (`choice-<n>` beside `key-<n>`): a code, `keep`, or nothing yet."""
    upload = _import_or_404(import_id)
    form = request.form
    answers = {
        form[name]: form.get(name.replace("key", "choice"), "")
        for name in form
        if name.startswith("key-")
    }
    imports.decide_addresses(upload, answers)
    return _back(upload.id, _anchor="addresses")


@bp.post("/imports/<int:import_id>/confirm")
@importers
def confirm(import_id: int) -> AnyResponse:
    """Write the file, or the rest of one that stopped: a short one while the page waits, a long one in the
    background."""
    upload = _import_or_404(import_id)
    if upload.state == "dropped":
        remember("Tệp này đã được bỏ, không lưu gì. Muốn nhập, hãy tải tệp lên lại.", "warn")
        return redirect(url_for("imports.new"), 303)
    imports.set_all_or_nothing(upload, _last("all_or_nothing") == "1")
    if "from_ministry" in request.form:  # else it stays as the file looks
        imports.set_from_ministry(upload, _last("from_ministry") == "1")
    imports.queue(upload, by=current_user)
    _work_on(upload)
    return _back(upload.id)


@bp.get("/imports/<int:import_id>/progress")
@importers
def progress(import_id: int) -> AnyResponse | str:
    """The piece that asks for itself while the file is being written; afterwards it leads to the finished page."""
    upload = _import_or_404(import_id)
    if upload.state in _AT_WORK and wants_fragment():
        return render_template("imports/_progress.html", **_progress(upload))
    page = url_for("imports.show", import_id=upload.id)
    if wants_fragment():
        return Response(headers={"HX-Redirect": page})
    return redirect(page, 303)


@bp.post("/imports/<int:import_id>/undo")
@importers
def undo(import_id: int) -> AnyResponse:
    """Take back what the file wrote, as far as nobody has worked on it since: a long one in the background."""
    upload = _import_or_404(import_id)
    try:
        imports.queue_undo(upload, by=current_user)
    except imports.NotUndone as refused:
        remember(str(refused), "warn")
    else:
        _work_on(upload)
    return _back(upload.id)


@bp.post("/imports/<int:import_id>/drop")
@importers
def drop(import_id: int) -> AnyResponse:
    """Put the file away unwritten."""
    imports.drop(_import_or_404(import_id), by=current_user)
    remember("Đã bỏ tệp, không lưu gì vào hồ sơ.")
    return redirect(url_for("imports.new"), 303)


@bp.post("/imports/<int:import_id>/explain-again")
@importers
def explain_again(import_id: int) -> AnyResponse:
    """A column was explained wrongly, or not at all: forget what was said about this file's columns, and ask again."""
    upload = _import_or_404(import_id)
    if upload.state != "checked":
        return _back(upload.id)
    imports.headings.forget_all_in(upload, by=current_user)
    imports.drop(upload, by=current_user)
    remember(f"Hãy chọn lại tệp {upload.file_name}: hệ thống sẽ hỏi từng cột chưa biết.")
    return redirect(url_for("imports.new", every_column=1), 303)


@bp.get("/imports/<int:import_id>/errors.xlsx")
@importers
def errors(import_id: int) -> Response:
    """The rows to be mended, in the shape of the file. 404 before the file is judged, and once it is dropped."""
    upload = _import_or_404(import_id)
    if upload.state in ("dropped", "asking", "reading"):
        abort(404)
    content = imports.export_errors(upload, by=current_user)
    return download(content, f"dong-can-sua-{upload.id}.xlsx")


@bp.post("/imports/headings/<int:meaning_id>/forget")
@importers
def forget(meaning_id: int) -> AnyResponse:
    """Take back what this user once said of a heading."""
    if not imports.forget(meaning_id, by=current_user):
        abort(404)
    remember("Đã bỏ ghi nhớ cột này; lần sau gặp lại, hệ thống sẽ hỏi.")
    return redirect(url_for("imports.new"), 303)


def _answers_to(form: Mapping[str, str], name: str) -> dict[str, str]:
    """{what was asked about: answer}, from pairs of fields `<name>-key-<n>` and `<name>-<n>`."""
    begin = f"{name}-key-"
    return {
        form[key]: form.get(key.replace(begin, f"{name}-"), "")
        for key in form
        if key.startswith(begin)
    }


def _columns_said(form: Mapping[str, str]) -> dict[str, str]:
    """{key of a column: field, "" for of no use}, of the columns explained and of those among which one was chosen."""
    columns = {
        form[name]: form.get(name.replace("key", "column"), "")
        for name in form
        if name.startswith("key-")
    }
    if "which" in form:
        chosen = {form["which"]: form.get("which-field", "")}
        columns |= {key: chosen.get(key, "") for key in request.form.getlist("which-key")}
    return columns


def _import_or_404(import_id: int) -> Import:
    upload = imports.import_for(current_user, import_id)
    if upload is None:
        abort(404)
    return upload


def _page(upload: Import) -> dict[str, Any]:
    page = request.args.get("page", 1, type=int)
    review = imports.review(upload, by=current_user, view=request.args.get("view", ""), page=page)
    explained = []
    if upload.state == "checked":
        explained = imports.headings.explained_in(upload, current_user)
    return {
        "upload": upload,
        "review": review,
        "totals": review.totals,
        "shape": imports.SHAPE_WORDS.get(upload.shape, ""),
        "views": imports.VIEWS,
        "view_help": imports.VIEW_HELP,
        "skipped_words": imports.SKIPPED_WORDS,
        "skipped_lines": imports.skipped_lines(upload, imports.SKIPPED_WORDS),
        "addresses": imports.asked_addresses(upload),
        "converted": upload.addresses.get("converted", []),
        "to_choose": len(imports.open_addresses(upload)),
        "previous": imports.previous_of(upload),
        "label_of": _label,
        "explained": explained,
    }


def _progress(upload: Import) -> dict[str, Any]:
    done, total, silent = imports.how_far(upload)
    total = total or imports.totals_of(upload).to_write
    is_silent = silent > _SILENT and not upload.is_stopped
    return {"upload": upload, "done": done, "total": total, "silent": is_silent}


def _new_page(sentence: str = "") -> str:
    return render_template(
        "imports/new.html",
        sentence=sentence,
        recent=list(imports.imports_of(current_user).limit(_RECENT)),
        classes=list(permissions.classes_of(current_user)),
        shapes=imports.SHAPE_WORDS,
        label_of=_label,
        explained=imports.explained_by(current_user),
        every_column=request.values.get("every_column") == "1",
        may_open=imports.may_open,
    )


def _label(field: str) -> str:
    return imports.headings.label_of(field)


def _refused(sentence: str) -> AnyResponse:
    return make_response(_new_page(sentence), 422)


def _read_on(upload: Import) -> AnyResponse:
    """A large file goes to the worker; without one it is read here, however long the page has to wait."""
    if upload.state == "reading" and not jobs.import_later(upload.id):
        imports.go_on(upload.id)
    return _back(upload.id)


def _work_on(before: Import) -> None:
    """What was just asked for is done while the page waits where it is short, else by the worker.

    ``before``: the upload as it stood before; if the work was under way then, somebody waits for it no longer.
    """
    was_at_work = before.is_in_parts and not before.is_stopped
    is_long = imports.totals_of(before).to_write > imports.IN_BACKGROUND_FROM
    if was_at_work or not is_long or not jobs.import_later(before.id):
        imports.go_on(before.id)


def _back(import_id: int, **more: Any) -> AnyResponse:
    return redirect(url_for("imports.show", import_id=import_id, **more), 303)


def _place() -> dict[str, Any]:
    """Where on the check page the person is, so that a decision leads back there."""
    return {"view": request.values.get("view", ""), "page": request.values.get("page", 1, type=int)}


def _last(name: str) -> str:
    """A tick sends 0 from the hidden field before it, and then 1 if it is set."""
    return (request.form.getlist(name) or [""])[-1]
