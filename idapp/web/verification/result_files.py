"""The file way in the browser: the workbook to carry, the result files that come back, the end without the rest."""

from flask import abort, make_response, redirect, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from idapp import verification
from idapp.models import Batch
from idapp.registry import ResultRefused
from idapp.rules.problem import Problem
from idapp.verification.files import receive, request_workbook
from idapp.web.access import current_user, only, remember
from idapp.web.exports import download
from idapp.web.verification import bp
from idapp.web.verification.show_batch import batch_page
from idapp.web.verification.views import batch_or_404


@bp.get("/batches/<int:batch_id>/request.xlsx")
@only("clerk", "principal")
def request_file(batch_id: int) -> Response:
    """Everybody without a result yet, in the ministry's form, to be carried to the sector's system."""
    batch = _file_batch_or_404(batch_id)
    if batch.state != "waiting_for_answers":
        abort(404)
    return download(request_workbook(batch, by=current_user), f"xac-thuc-dot-{batch.id}.xlsx")


@bp.post("/batches/<int:batch_id>/answers")
@only("clerk", "principal")
def answers(batch_id: int) -> Response:
    """One or several result files; the page lists the rows that fitted nobody."""
    batch = _file_batch_or_404(batch_id)
    files = [file for file in request.files.getlist("file") if file.filename]
    if not files:
        sentence = "Chưa chọn tệp: hãy chọn tệp kết quả rồi gửi lại."
        return make_response(batch_page(batch, sentence), 422)
    new_results = 0
    for file in files:
        try:
            new_results += _receive(batch_id, file)
        except (ResultRefused, Problem) as refused:
            sentence = f"{file.filename}: {refused.message}"
            return make_response(batch_page(batch_or_404(batch_id), sentence), 422)
    kind = "done" if new_results else "warn"
    remember(f"Đã lưu {new_results} kết quả mới.", kind)
    return redirect(url_for("verification.show", batch_id=batch_id), 303)


def _receive(batch_id: int, file: FileStorage) -> int:
    """How many results were new. Raises what ``receive`` raises."""
    batch = batch_or_404(batch_id)  # read again: the file before may have ended it
    received = receive(batch, file.read(), file_name=file.filename or "", by=current_user)
    return received.counts["settled"]


@bp.post("/batches/<int:batch_id>/end")
@only("principal")
def end(batch_id: int) -> Response:
    """No more files will come."""
    left = verification.end(_file_batch_or_404(batch_id), by=current_user)
    if left:
        remember(f"Đã kết thúc đợt. {left} hồ sơ chưa có kết quả được ghi là chưa trả lời.")
    return redirect(url_for("verification.show", batch_id=batch_id), 303)


def _file_batch_or_404(batch_id: int) -> Batch:
    batch = batch_or_404(batch_id)
    if batch.channel != "file":
        abort(404)
    return batch
