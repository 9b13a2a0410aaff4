"""The managing office's page: the figures of many schools, read from the files they send."""

from flask import abort, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from idapp.models import SchoolFigures
from idapp.progress import exchange, schools
from idapp.progress.board import percent_of
from idapp.progress.schools import Received
from idapp.settings import current
from idapp.web.access import current_user, only, remember
from idapp.web.progress import bp
from idapp.web.progress.boards import words

_MOST_FILES = 500


@bp.get("/progress/schools")
@only("reviewer", "principal")
def all_schools() -> str:
    """All schools that have sent a file, and the form for more of them."""
    return _page([])


@bp.post("/progress/schools")
@only("reviewer", "principal")
def receive_files() -> str | Response:
    """One file or many; each is taken or refused for itself."""
    files = [file for file in request.files.getlist("files") if file.filename]
    if not files:
        remember("Hãy chọn một hoặc nhiều tệp tiến độ (tien-do….json) rồi gửi lại.", "error")
        return redirect(url_for("progress.all_schools"), 303)
    return _page([_receive(file) for file in files[:_MOST_FILES]])


def _receive(file: FileStorage) -> Received:
    # One byte more than is allowed: a file that is too large is seen, and never read whole.
    content = file.stream.read(exchange.MAX_BYTES + 1)
    return schools.receive((file.filename or "")[:120], content, by=current_user)


@bp.get("/progress/schools/<int:figures_id>")
@only("reviewer", "principal")
def one_school(figures_id: int) -> str:
    """What one school has sent, class by class."""
    figures = _figures_or_404(figures_id)
    return render_template(
        "progress/one_school.html",
        figures=figures,
        is_sound=schools.is_sound(figures),
        **words(),
    )


@bp.post("/progress/schools/<int:figures_id>/forget")
@only("reviewer", "principal")
def forget_school(figures_id: int) -> Response:
    """Drop a school's figures and its key; its next file is a first file again."""
    figures = _figures_or_404(figures_id)
    schools.forget(figures, by=current_user)
    remember(
        f"Đã bỏ số liệu của {figures.name}. Tệp sau của trường này sẽ được nhận như tệp đầu tiên."
    )
    return redirect(url_for("progress.all_schools"), 303)


def _figures_or_404(figures_id: int) -> SchoolFigures:
    return SchoolFigures.get_or_none(SchoolFigures.id == figures_id) or abort(404)


def _page(received: list[Received]) -> str:
    return render_template(
        "progress/schools.html",
        district=schools.the_district(current().today()),
        received=received,
        percent_of=percent_of,
        **words(),
    )
