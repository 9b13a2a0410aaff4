"""After a batch: the minutes to sign, and a case for everybody whose data disagree."""

from flask import abort, redirect, url_for
from werkzeug.wrappers import Response

from idapp import verification
from idapp.models import Batch
from idapp.settings import current
from idapp.verification.minutes import minutes_workbook
from idapp.verification.minutes_paper import minutes_paper
from idapp.web import documents
from idapp.web.access import current_user, only, remember
from idapp.web.exports import download
from idapp.web.verification import bp
from idapp.web.verification.views import batch_or_404


@bp.get("/batches/<int:batch_id>/minutes")
@only("clerk", "principal")
def printed_minutes(batch_id: int) -> str:
    """The minutes of a batch on paper, to be signed."""
    batch = _begun_or_404(batch_id)
    return documents.printed(
        minutes_paper(batch, by=current_user, day=current().today()),
        back=url_for("verification.show", batch_id=batch.id),
        back_words=f"Đợt {batch.id}",
        file=url_for("verification.minutes_file", batch_id=batch.id),
        subject=f"minutes of batch {batch.id}",
    )


@bp.get("/batches/<int:batch_id>/minutes.docx")
@only("clerk", "principal")
def minutes_file(batch_id: int) -> Response:
    """The same as a Word file."""
    batch = _begun_or_404(batch_id)
    paper = minutes_paper(batch, by=current_user, day=current().today())
    name = f"bien-ban-dot-{batch.id}.docx"
    return documents.word_file(paper, name, subject=f"minutes of batch {batch.id}")


def _begun_or_404(batch_id: int) -> Batch:
    batch = batch_or_404(batch_id)
    if batch.state == "prepared":  # nobody was asked about yet
        abort(404)
    return batch


@bp.get("/batches/<int:batch_id>/minutes.xlsx")
@only("clerk", "principal")
def minutes(batch_id: int) -> Response:
    """The minutes of a batch as a workbook."""
    batch = _begun_or_404(batch_id)
    return download(minutes_workbook(batch, by=current_user), f"bien-ban-dot-{batch.id}.xlsx")


@bp.post("/batches/<int:batch_id>/notices")
@only("clerk", "principal")
def open_cases(batch_id: int) -> Response:
    """Step 3 for all of them in one click; who has a case already keeps it."""
    opened = verification.open_cases(batch_or_404(batch_id), by=current_user)
    if opened:
        remember(f"Đã đưa {opened} hồ sơ vào danh sách cần giấy tờ.")
    else:
        remember(
            "Mọi hồ sơ không khớp của đợt này đã ở trong danh sách cần giấy tờ, hoặc đã được sửa.",
            "info",
        )
    return redirect(url_for("notices.index"), 303)
