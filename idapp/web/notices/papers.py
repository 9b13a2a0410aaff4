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

# A photo that is too large gets its sentence on this page, not the general answer to a large request.
LARGEST_REQUEST = 3 * MAX_BYTES


@bp.post("/notices/<int:person_id>/scans")
@only("teacher", "clerk", "principal", largest=LARGEST_REQUEST)
def add_scan(person_id: int) -> Response:
    """Photos of a paper, one or several; the first that cannot be taken ends it, those before are stored."""
    person = person_or_404(person_id, to="edit")
    photos = [file for file in request.files.getlist("file") if file.filename]
    if not photos:
        sentence = "Hãy chụp hoặc chọn ảnh giấy tờ rồi gửi lại."
        return make_response(case_page(person, sentence=sentence), 422)
    evidence = request.form.get("evidence", "notice")
    try:
        for photo in photos:
            data = photo.stream.read()
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
    if number >= scan.pages:
        abort(404)
    jpeg = papers.page(scan, number, by=current_user, settings=current())
    if jpeg is None:
        abort(404)
    headers = {"Content-Disposition": "inline", "Cache-Control": "no-store"}
    return Response(jpeg, mimetype="image/jpeg", headers=headers)


@bp.post("/notices/<int:person_id>/scans/<int:scan_id>/erase")
@only("teacher", "clerk", "principal")
def erase_scan(person_id: int, scan_id: int) -> Response:
    """Take a photo away before its time."""
    scan = _scan_or_404(person_id, scan_id)
    papers.erase(scan, because="by hand", by=current_user, settings=current())
    remember("Đã xóa ảnh giấy tờ.")
    return redirect(url_for("notices.show", person_id=person_id), 303)


def _scan_or_404(person_id: int, scan_id: int) -> Scan:
    """A photo that is still there, of a person whom this user may edit."""
    person = person_or_404(person_id, to="edit")
    query = Scan.select(Scan, PaperCase).join(PaperCase)
    query = query.where(Scan.id == scan_id, PaperCase.person == person)
    return query.where(Scan.erased_at.is_null()).first() or abort(404)
