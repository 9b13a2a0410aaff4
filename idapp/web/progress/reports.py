"""What leaves the school: the workbook, the signed progress file, the page to print."""

import io

from flask import json, send_file, url_for
from werkzeug.wrappers import Response

from idapp import disclosures, progress, school
from idapp.documents import OfficialPaper
from idapp.progress import report
from idapp.progress.closing import frozen_board
from idapp.progress.report_paper import report_paper
from idapp.settings import current
from idapp.web import documents
from idapp.web.access import current_user, signed_in
from idapp.web.progress import bp


@bp.get("/progress.json")
@signed_in
def machine() -> Response:
    """The figures for other programs, signed by the school; without a word about a person."""
    disclosures.record("export", "progress.json", by=current_user)
    text = json.dumps(progress.progress_file(current_user), ensure_ascii=False, sort_keys=False)
    return Response(text, mimetype="application/json")


@bp.get("/progress.xlsx")
@signed_in
def workbook() -> Response:
    """The report as a workbook for the managing office."""
    disclosures.record("export", "progress.xlsx", by=current_user)
    return send_file(
        io.BytesIO(report.workbook(progress.board(current_user), by=current_user)),
        as_attachment=True,
        download_name="bao-cao-tien-do.xlsx",
    )


@bp.get("/progress/report")
@signed_in
def printed() -> str:
    """The report on paper, with the lines for signatures."""
    return documents.printed(
        _report(),
        back=url_for("progress.board"),
        back_words="Tiến độ",
        file=url_for("progress.word_report"),
        subject="progress report",
    )


@bp.get("/progress/report.docx")
@signed_in
def word_report() -> Response:
    """The same as a Word file."""
    return documents.word_file(_report(), "bao-cao-tien-do.docx", subject="progress report")


def _report() -> OfficialPaper:
    """Of a closed campaign what was frozen; a teacher's own class is always as it stands now."""
    view = None
    if current_user.role != "teacher":
        view = frozen_board(school.the_campaign())
    if view is None:
        view = progress.board(current_user)
    return report_paper(view, by=current_user, day=current().today())
