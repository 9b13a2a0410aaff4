"""Uploading a workbook, looking at what it would do, and letting it."""

from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from idapp import imports, permissions
from idapp.models import Import, ImportRow
from idapp.web.access import current_user, only, remember, wants_fragment

bp = Blueprint("imports", __name__)
importers = only("teacher", "clerk", "principal")
_RECENT = 10
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/imports/new")
@importers
def new() -> str:
    return _new_page()


@bp.post("/imports")
@importers
def create() -> AnyResponse | str:
    file = request.files.get("file")
    if file is None or not file.filename:
        return _refused("Chưa chọn tệp: hãy bấm vào ô chọn tệp, chọn tệp Excel rồi gửi lại.")
    try:
        upload = imports.read_bytes(file.read(), file.filename, by=current_user)
    except imports.FileRefused as refused:
        return _refused(refused.message)
    return redirect(url_for("imports.show", import_id=upload.id), 303)


@bp.get("/imports/<int:import_id>")
@importers
def show(import_id: int) -> str:
    upload = _import_or_404(import_id)
    page = request.args.get("page", 1, type=int)
    review = imports.review(upload, by=current_user, view=request.args.get("view", ""), page=page)
    return render_template(
        "imports/show.html", upload=upload, review=review, shape=imports.WORDS.get(upload.shape, ""),
        views=imports.VIEWS, previous=imports.previous_of(upload),
    )  # fmt: skip


@bp.post("/imports/<int:import_id>/rows/<int:row_id>")
@importers
def decide(import_id: int, row_id: int) -> AnyResponse | str:
    """Take or leave out one row (`field` empty) or one of its cells."""
    upload = _import_or_404(import_id)
    row = ImportRow.select().where(ImportRow.id == row_id, ImportRow.upload == upload).first()
    if row is None:
        abort(404)
    imports.decide(row, request.form.get("field", ""), take=request.form.get("take") == "1")
    if wants_fragment():
        return render_template("imports/_row.html", upload=upload, item=imports.row_view(row), **_place())
    return redirect(url_for("imports.show", import_id=upload.id, **_place(), _anchor=f"row-{row.id}"), 303)


@bp.post("/imports/<int:import_id>/confirm")
@importers
def confirm(import_id: int) -> AnyResponse:
    upload = _import_or_404(import_id)
    if upload.state == "dropped":
        remember("Tệp này đã được bỏ, không ghi gì. Muốn nhập, hãy tải tệp lên lại.", "warn")
        return redirect(url_for("imports.new"), 303)
    outcome = imports.confirm(upload, by=current_user)
    remember(_what_was_done(outcome), "warn" if outcome.get("stale") else "done")
    return redirect(url_for("imports.show", import_id=upload.id), 303)


@bp.post("/imports/<int:import_id>/drop")
@importers
def drop(import_id: int) -> AnyResponse:
    imports.drop(_import_or_404(import_id), by=current_user)
    remember("Đã bỏ tệp, không ghi gì vào hồ sơ.")
    return redirect(url_for("imports.new"), 303)


@bp.get("/imports/<int:import_id>/errors.xlsx")
@importers
def errors(import_id: int) -> Response:
    upload = _import_or_404(import_id)
    if upload.state == "dropped":
        abort(404)
    answer = make_response(imports.errors_workbook(upload))
    answer.headers["Content-Type"] = _XLSX
    answer.headers["Content-Disposition"] = f'attachment; filename="dong-can-sua-{upload.id}.xlsx"'
    return answer


def _import_or_404(import_id: int) -> Import:
    upload = imports.import_for(current_user, import_id)
    if upload is None:
        abort(404)
    return upload


def _new_page(sentence: str = "") -> str:
    return render_template(
        "imports/new.html", sentence=sentence, recent=list(imports.imports_of(current_user).limit(_RECENT)),
        classes=list(permissions.classes_of(current_user)), shapes=imports.WORDS,
    )  # fmt: skip


def _refused(sentence: str) -> AnyResponse:
    return make_response(_new_page(sentence), 422)


def _place() -> dict[str, Any]:
    """Where on the check page the person is, so that a decision leads back there."""
    return {"view": request.values.get("view", ""), "page": request.values.get("page", 1, type=int)}


def _what_was_done(outcome: dict[str, int]) -> str:
    words = {
        "created": "hồ sơ mới", "changed": "hồ sơ được sửa", "unchanged": "không đổi", "left_out": "bạn để lại",
        "refused": "dòng lỗi không ghi", "stale": "dòng không ghi vì vừa có người sửa hồ sơ, hãy xem lại",
    }  # fmt: skip
    return (
        "Đã nhập xong: " + ", ".join(f"{outcome[key]} {word}" for key, word in words.items() if outcome.get(key)) + "."
    )
