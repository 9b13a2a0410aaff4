"""Type-ahead for places."""

from __future__ import annotations

from flask import abort, render_template, request

from idapp import school
from idapp.rules import places
from idapp.rules.problem import Problem
from idapp.web.access import person_or_404, signed_in
from idapp.web.people import bp

_NO_PROVINCE = "Hãy chọn tỉnh, thành phố trước."
_NO_DISTRICT = "Hãy chọn tỉnh và quận, huyện trước."
_NO_MATCH = "Không có nơi nào khớp với chữ đã gõ."


@bp.get("/places")
@signed_in
def find_places() -> str:
    """Type-ahead for a place. What stands above comes from the record, or from the form as it is being filled."""
    level = request.args.get("field", "")
    if level not in ("province", "district", "commune"):
        abort(404)
    epoch, above = _residence_so_far()
    inside = above["district"] if level == "commune" and epoch == "3level" else None
    inside = None if level == "province" else inside or above["province"]
    found = places.search(epoch, level, request.args.get("q", "")[:100], inside, limit=40)
    with_above = level == "commune" and epoch == "3level" and not above["district"]
    named = [(place, _name_above(epoch, place) if with_above else "") for place in found]
    why_none = _why_none(epoch, level, inside)
    return render_template("people/_places.html", places=named, sentence=why_none)


def _why_none(epoch: str, level: str, inside: str | None) -> str:
    if level == "province" or inside:
        return _NO_MATCH
    if level == "commune" and epoch == "3level":
        return _NO_DISTRICT
    return _NO_PROVINCE


def _residence_so_far() -> tuple[str, dict[str, str | None]]:
    person_id = request.args.get("person", type=int)
    person = person_or_404(person_id) if person_id else None
    epoch = person.epoch if person else school.the_campaign().epoch
    if person and "province" not in request.args:
        return epoch, {"province": person.province_code, "district": person.district_code}
    province = _code(epoch, "province", request.args.get("province", ""), None)
    return epoch, {
        "province": province,
        "district": _code(epoch, "district", request.args.get("district", ""), province),
    }


def _code(epoch: str, level: str, text: str, inside: str | None) -> str | None:
    if not text.strip() or (level != "province" and not inside):
        return None
    try:
        return places.find(epoch, level, text[:100], inside).code
    except Problem:
        return None


def _name_above(epoch: str, place: places.Place) -> str:
    above = places.by_code(epoch, place.parent)
    return above.name if above else ""
