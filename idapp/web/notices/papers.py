"""Photos of papers: added, shown to those who may, erased."""

from __future__ import annotations

from flask import abort, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from idapp.models import PaperCase, Scan
from idapp.notices import papers
from idapp.rules.problem import Problem
from idapp.scans.limits import MAX_BYTES
from idapp.settings import current
from idapp.web.access import current_user, only, person_or_404, remember
from idapp.web.notices import bp
from idapp.web.notices.comparing import case_page

LARGEST_REQUEST = 3 * MAX_BYTES


@bp.post("/notices/<int:person_id>/scans")
@only("teacher", "clerk", "principal")
def add_scan(person_id: int) -> Response:
    # a photo that is too large gets its sentence on this page
    request.max_content_length = LARGEST_REQUEST
    person = person_or_404(person_id, to="edit")
    chosen = [f for f in request.files.getlist("file") if f.filename]
    if not chosen:
        return make_response(
            case_page(person, sentence="Hãy chụp hoặc chọn ảnh giấy tờ rồi gửi lại."), 422
        )
    try:
        for one in chosen:
            data, evidence = one.stream.read(), request.form.get("evidence", "notice")
            papers.add(person, data, evidence=evidence, by=current_user, settings=current())
    except Problem as problem:
        return make_response(case_page(person, sentence=problem.message), 422)
    remember("Đã lưu ảnh giấy tờ. Ảnh được mã hóa và tự xóa sau khi hồ sơ được xác thực.")
    return redirect(url_for("notices.show", person_id=person.id) + "#paper", 303)


@bp.get("/notices/<int:person_id>/scans/<int:scan_id>/<int:number>")
@only("teacher", "clerk", "principal")
def scan_page(person_id: int, scan_id: int, number: int) -> Response:
    """One page as a picture: never cached, never anything but a picture."""
    scan = _scan_or_404(person_id, scan_id)
    shown = (
        papers.page(scan, number, by=current_user, settings=current())
        if number < scan.pages
        else None
    )
    if shown is None:
        abort(404)
    headers = {"Content-Disposition": "inline", "Cache-Control": "no-store"}
    return Response(shown, mimetype="image/jpeg", headers=headers)


@bp.post("/notices/<int:person_id>/scans/<int:scan_id>/erase")
@only("teacher", "clerk", "principal")
def erase_scan(person_id: int, scan_id: int) -> Response:
    papers.erase(
        _scan_or_404(person_id, scan_id), because="by hand", by=current_user, settings=current()
    )
    remember("Đã xóa ảnh giấy tờ.")
    return redirect(url_for("notices.show", person_id=person_id), 303)


def _scan_or_404(person_id: int, scan_id: int) -> Scan:
    person = person_or_404(person_id, to="edit")
    query = (
        Scan.select(Scan, PaperCase)
        .join(PaperCase)
        .where(Scan.id == scan_id, PaperCase.person == person)
    )
    return query.where(Scan.erased_at.is_null()).first() or abort(404)
