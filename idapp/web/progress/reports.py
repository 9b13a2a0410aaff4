"""What leaves the school: the workbook, the signed progress file, the page to print."""

from flask import json, render_template, send_file
from werkzeug.wrappers import Response

from idapp import audit, progress, school
from idapp.database import writing
from idapp.models import utc_now
from idapp.notices import explanations
from idapp.progress import report
from idapp.progress.closing import frozen_board
from idapp.progress.reasons import explained_people, foreign_people, reasons
from idapp.rules import official_paper
from idapp.settings import current
from idapp.web.access import current_user, signed_in
from idapp.web.progress import bp
from idapp.web.progress.boards import words


@bp.get("/progress.json")
@signed_in
def machine() -> Response:
    """The figures for other programs, signed by the school; without a word about a person."""
    text = json.dumps(progress.progress_file(current_user), ensure_ascii=False, sort_keys=False)
    return Response(text, mimetype="application/json")


@bp.get("/progress.xlsx")
@signed_in
def workbook() -> Response:
    """The report as a workbook for the managing office."""
    _note("progress.xlsx")
    return send_file(
        report.workbook(progress.board(current_user), by=current_user),
        as_attachment=True,
        download_name="bao-cao-tien-do.xlsx",
    )


@bp.get("/progress/report")
@signed_in
def printed() -> str:
    """One page on paper, with the lines for signatures."""
    campaign = school.the_campaign()
    view = None
    if current_user.role != "teacher":  # of a closed campaign what was frozen
        view = frozen_board(campaign)
    if view is None:
        view = progress.board(current_user)
    place = official_paper.place_in(school.the_school().office)
    return render_template(
        "progress/report.html",
        view=view,
        campaign=campaign,
        now=utc_now(),
        nation=official_paper.NATION,
        motto=official_paper.MOTTO,
        date_line=official_paper.date_line(place, current().today()),
        school=school.the_school(),
        reasons=reasons(current_user, campaign),
        explained=explained_people(current_user, campaign),
        foreigners=foreign_people(current_user, campaign),
        FOREIGN_TITLE=report.FOREIGN_TITLE,
        passport_of=report.passport_of,
        EXPLANATION_REASONS=explanations.REASON_WORDS,
        **words(),
    )


def _note(what: str) -> None:
    with writing():
        audit.record("export", by=current_user, subject=what)
