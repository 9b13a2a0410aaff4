"""The paper beside the record: the number typed blind a second time, a tick per field, corrections as by any edit."""

from __future__ import annotations

from difflib import SequenceMatcher

from flask import make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from idapp import notices, people, school
from idapp.models import EVIDENCE, Person, User
from idapp.notices import explanations, papers, slips
from idapp.people import residences
from idapp.rules import identity_number
from idapp.rules.folding import sort_key, tidy
from idapp.scans.limits import MAX_BYTES
from idapp.settings import current
from idapp.web.access import current_user, only, person_or_404, remember
from idapp.web.notices import bp
from idapp.web.notices.lists import way_back, words

RESIDENCE = ("address", "commune", "district", "province")
COMPARED = ("identity_number", "full_name", "date_of_birth", "gender", *RESIDENCE)
TICKS = {
    "full_name": "1. Họ và tên", "date_of_birth": "2. Ngày sinh", "identity_number": "4. Số định danh",
    "gender": "5. Giới tính", "residence": "12. Nơi thường trú",
}  # fmt: skip


@bp.get("/notices/<int:person_id>")
@only("teacher", "clerk", "principal")
def show(person_id: int) -> str:
    return case_page(person_or_404(person_id, to="edit"))


@bp.post("/notices/<int:person_id>")
@only("teacher", "clerk", "principal")
def compare(person_id: int) -> Response:
    """What stands on the paper goes into the record by the same verb as any edit."""
    person = person_or_404(person_id, to="edit")
    form = request.form
    if "again" in form and tidy(form["again"]) != tidy(form.get("identity_number", "")):
        return make_response(
            case_page(person, twice=(form.get("identity_number", ""), form["again"])), 422
        )
    edits = [
        people.Edit(person, f, form[f], form.get(f"seen-{f}", "")) for f in COMPARED if f in form
    ]
    result = people.change_many(edits, by=current_user, source="notice")
    person = person_or_404(person_id)
    if result.conflicts or result.refused or person.errors:
        notices.sync_cases([person.id])
        return make_response(case_page(person, result), 409 if result.conflicts else 422)
    remember(_finish(person))
    return redirect(way_back())


def _finish(person: Person) -> str:
    """Ticks are kept. All fields ticked: compared. Then the record decides what follows."""
    ticked = [name for name in TICKS if name in request.form.getlist("tick")]
    left = (
        [words for name, words in TICKS.items() if name not in ticked]
        if "evidence" in request.form
        else []
    )
    evidence = request.form.get("evidence", "notice")
    evidence = evidence if evidence in EVIDENCE else "notice"
    case = notices.compared(
        person, evidence=evidence, ticked=ticked, all_of_it=not left, by=current_user
    )
    told = f"Đã ghi theo giấy: {person.full_name}."
    if left:
        told += f" Chưa đánh dấu đã so: {', '.join(left)}."
    return told + (_WAITS if case.state == "waiting" else " Hồ sơ vẫn ở danh sách này.")


_WAITS = " Hồ sơ sẽ có trong đợt xác thực sau."


def case_page(
    person: Person,
    result: people.Written | None = None,
    *,
    twice: tuple[str, str] | None = None,
    sentence: str = "",
) -> str:
    case, campaign, the_school = (
        notices.open_case(person),
        school.the_campaign(),
        school.the_school(),
    )
    return render_template(
        "notices/show.html",
        person=person,
        result=result,
        COMPARED=COMPARED,
        case=case,
        TICKS=TICKS,
        twice=twice,
        residence_note=residences.note_of(person),
        apart=letters_apart(*twice) if twice else None,
        typed=request.form,
        sentence=sentence,
        registered_in=identity_number.province_of_registration(person.number or ""),
        slip=slips.slip_for(person, the_school, campaign, today=current().today()),
        scans=papers.kept_of(person),
        MOST_MB=MAX_BYTES // 2**20,
        EVIDENCE_WORDS=papers.EVIDENCE_WORDS,
        explanation=explanations.of(person),
        EXPLANATION_REASONS=explanations.REASON_WORDS,
        EXPLANATION_STATES=explanations.STATE_WORDS,
        staff=_those_who_follow(),
        back=way_back(),
        **words(),
    )


def _those_who_follow() -> list[User]:
    """In the order of a Vietnamese list, which no collation of the database knows."""
    found = User.select().where(~User.disabled, User.role != "reviewer")
    return sorted(found, key=lambda user: sort_key(user.full_name))


def letters_apart(first: str, second: str) -> list[tuple[str, str, bool]]:
    """Piece by piece: (of the first, of the second, do they agree).

    >>> letters_apart("100212", "100312")
    [('100', '100', True), ('2', '3', False), ('12', '12', True)]
    """
    pieces = SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
    return [(first[a:b], second[c:d], tag == "equal") for tag, a, b, c, d in pieces]
