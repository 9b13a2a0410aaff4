"""The page on which the office loads newer lists of places, and goes back to earlier ones."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import place_sets
from idapp.place_sets import SetRefused
from idapp.web.access import current_user, only, remember
from idapp.workbook import MAX_FILE_BYTES

bp = Blueprint("place_sets", __name__)
office_only = only("clerk", "principal")
_NO_FILE = "Chưa chọn tệp: hãy bấm vào ô chọn tệp, chọn tệp danh mục rồi gửi lại."


@bp.get("/settings/places/lists")
@office_only
def show() -> str:
    """Which lists are in use, the form for newer ones, and the sets one can go back to."""
    return _page()


@bp.post("/settings/places/lists")
@office_only
def load() -> Response:
    """Check the uploaded lists and let them count, or say what speaks against them."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _refused(SetRefused(_NO_FILE))
    try:
        # One byte more than is allowed: a file that is too large is seen, and never read whole.
        texts = place_sets.read(file.stream.read(MAX_FILE_BYTES + 1), file.filename)
        loaded = place_sets.load(texts, file_name=file.filename, by=current_user)
    except SetRefused as refused:
        return _refused(refused)
    words = place_sets.words_of_changes(loaded.about)
    remember(f"Đã nạp {loaded.about.file_name}: {words}. {_of_records(loaded.records)}")
    return redirect(url_for("place_sets.show"), 303)


@bp.post("/settings/places/lists/back")
@office_only
def go_back() -> Response:
    """Let an earlier set count again."""
    to = request.form.get("to", "")
    try:
        renamed = place_sets.go_back(to, by=current_user)
    except SetRefused as refused:
        return _refused(refused)
    remember(f"Đã trở lại {place_sets.words_of_set(to)}. {_of_records(renamed)}")
    return redirect(url_for("place_sets.show"), 303)


def _of_records(renamed: int) -> str:
    if not renamed:
        return "Không hồ sơ nào phải ghi lại tên."
    return f"{renamed} hồ sơ được ghi theo tên mới; ai đã xác thực vẫn là đã xác thực."


def _refused(refused: SetRefused) -> Response:
    return make_response(_page(refused), 422)


def _page(refused: SetRefused | None = None) -> str:
    earlier = [(name, place_sets.words_of_set(name)) for name in place_sets.earlier_sets()]
    sentences: tuple[str, ...] = ()
    if refused is not None:
        sentences = refused.sentences
    return render_template(
        "place_sets/show.html",
        state=place_sets.state(),
        earlier=earlier,
        words_of_changes=place_sets.words_of_changes,
        sentences=sentences,
    )
