"""The paper beside the record: the number typed blind a second time, a tick per field, corrections as by any edit."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from flask import make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from idapp import notices, people, present_residence, school
from idapp.models import EVIDENCE, PaperCase, Person, Scan, User
from idapp.notices import evidence, explanations, handouts, papers, register_errors, slips
from idapp.people import residences
from idapp.rules import identity_number
from idapp.rules.folding import sort_key, tidy
from idapp.rules.record import PRESENT
from idapp.scans.limits import MAX_BYTES
from idapp.school import the_campaign
from idapp.settings import current
from idapp.web.access import current_user, only, person_or_404, remember
from idapp.web.notices import bp
from idapp.web.notices.lists import way_back, words
from idapp.web.notices.register_facts import facts_of

COMPARED = ("identity_number", "full_name", "date_of_birth", "gender", *evidence.RESIDENCE)
TICKS = {
    "full_name": "Họ và tên",
    "date_of_birth": "Ngày sinh",
    "identity_number": "Số định danh",
    "gender": "Giới tính",
    "residence": "Nơi thường trú",
}
# Circular 59/2021/TT-BCA, form 01
ITEMS_OF_NOTICE = {
    "full_name": 1,
    "date_of_birth": 2,
    "identity_number": 4,
    "gender": 5,
    "residence": 12,
}
_WAITS = "Hồ sơ sẽ có trong đợt xác thực sau."
_STAYS = "Hồ sơ vẫn ở danh sách này."
_REGISTER_MAY_BE_WRONG = (
    "Giấy tờ ghi đúng như hồ sơ mà vẫn không khớp: hãy mở lại hồ sơ này và báo CSDL dân cư ghi sai."
)


@bp.get("/notices/<int:person_id>")
@only("teacher", "clerk", "principal")
def show(person_id: int) -> str:
    """The case of one person: the paper beside the record, its photos, the slip, the explanation."""
    return case_page(person_or_404(person_id, to="edit"))


@bp.post("/notices/<int:person_id>")
@only("teacher", "clerk", "principal")
def compare(person_id: int) -> Response:
    """What stands on the paper goes into the record by the same verb as any edit."""
    person = person_or_404(person_id, to="edit")
    number = request.form.get("identity_number", "")
    again = request.form.get("again", number)
    if tidy(again) != tidy(number):
        return make_response(case_page(person, twice=(number, again)), 422)
    result = people.change_many(_edits(person), by=current_user, source="notice")
    person = person_or_404(person_id)  # as it stands now
    if result.conflicts or result.refused or person.errors:
        # What was accepted is written: the case follows it, whatever the page has to ask.
        notices.sync_cases([person.id])
        status = 409 if result.conflicts else 422
        return make_response(case_page(person, result), status)
    remember(_finish(person))
    return redirect(way_back())


def _edits(person: Person) -> list[people.Edit]:
    """What the form says about the fields of the paper, each beside what its user saw."""
    form = request.form
    names = [name for name in _compared_of(person) if name in form]
    return [people.Edit(person, name, form[name], form.get(f"seen-{name}", "")) for name in names]


def _compared_of(person: Person) -> tuple[str, ...]:
    """The fields that the form asks about; where somebody lives now only if the campaign asks for it."""
    if present_residence.is_asked_of(person):
        return (*COMPARED, *PRESENT)
    return COMPARED


def _finish(person: Person) -> str:
    """Store the ticks. All fields ticked: compared. Then the record decides what follows. Returns a sentence."""
    paper = request.form.get("evidence", "")
    ticks = _ticks_of(paper)
    ticked = [name for name in ticks if name in request.form.getlist("tick")]
    left = []
    if paper:  # the short form, for the number alone, has no ticks
        left = [label for name, label in ticks.items() if name not in ticked]
    if paper not in EVIDENCE:
        paper = "notice"
    case = notices.compared(
        person, evidence=paper, ticked=ticked, all_of_it=not left, by=current_user
    )
    sentences = [f"Đã lưu theo giấy: {person.full_name}."]
    if left:
        sentences.append(f"Chưa đánh dấu đã so: {', '.join(left)}.")
    sentences.append(_what_follows(case.state, person))
    return " ".join(sentences)


def _ticks_of(paper: str) -> dict[str, str]:
    """What can be compared with such a paper, by label."""
    if evidence.bears_residence(paper):
        return TICKS
    return {name: label for name, label in TICKS.items() if name != "residence"}


def _what_follows(state: str, person: Person) -> str:
    if state == "waiting":
        return _WAITS
    if state == "compared" and register_errors.may_begin(person):
        return f"{_STAYS} {_REGISTER_MAY_BE_WRONG}"
    return _STAYS


def case_page(
    person: Person,
    result: people.Written | None = None,
    *,
    twice: tuple[str, str] | None = None,
    sentence: str = "",
) -> str:
    """The page of a case. ``result``: what became of the edits. ``twice``: the number as it was typed both times.

    ``sentence``: why something else that was sent from here could not be done.
    """
    apart = None
    if twice is not None:
        apart = letters_apart(*twice)
    case = notices.open_case(person)
    return render_template(
        "notices/show.html",
        person=person,
        result=result,
        COMPARED=_compared_of(person),
        case=case,
        TICKS=TICKS,
        twice=twice,
        residence_note=residences.note_of(person),
        apart=apart,
        typed=request.form,
        sentence=sentence,
        registered_in=identity_number.province_of_registration(person.number or ""),
        slip=_slip_of(person),
        explanation=explanations.of(person),
        EXPLANATION_REASONS=explanations.REASON_WORDS,
        EXPLANATION_STATES=explanations.STATE_WORDS,
        staff=_possible_owners(),
        back=way_back(),
        **facts_of(person),
        **_of_papers(person, case),
        **words(),
    )


def _of_papers(person: Person, case: PaperCase | None) -> dict[str, object]:
    """The photos that are kept, which paper is offered first, how papers are called and what they bear."""
    scans = papers.kept_of(person)
    epoch = the_campaign().epoch
    return {
        "scans": scans,
        "paper_kind": _paper_kind(case, scans),
        "MOST_MB": MAX_BYTES // 2**20,
        "EVIDENCE_WORDS": evidence.words_of(epoch),
        "ITEMS_OF_NOTICE": ITEMS_OF_NOTICE,
        "RESIDENCE": evidence.RESIDENCE,
        "bears_residence": evidence.bears_residence,
        "PRESENT": PRESENT,
        "PRESENT_WORDS": evidence.PRESENT_WORDS,
        "epoch": epoch,
    }


def _paper_kind(case: PaperCase | None, scans: Sequence[Scan]) -> str:
    """Which paper the page offers first: what was chosen before, what the last photo shows, else the card."""
    chosen = request.form.get("evidence", "")
    if chosen in EVIDENCE:
        return chosen
    if scans:
        return str(scans[-1].evidence)
    if case is not None and case.evidence:
        return str(case.evidence)
    return EVIDENCE[0]


def _slip_of(person: Person) -> slips.Slip:
    """What the family is told, for the message to copy."""
    [bundle] = handouts.bundles_of([person], by=current_user)
    today = current().today()
    return slips.slip_for(
        person, school.the_school(), the_campaign(), today=today, contacts=bundle.contacts
    )


def _possible_owners() -> list[User]:
    """In the order of a Vietnamese list, which no collation of the database knows."""
    staff = User.select().where(~User.disabled, User.role != "reviewer")
    return sorted(staff, key=lambda user: sort_key(user.full_name))


def letters_apart(first: str, second: str) -> list[tuple[str, str, bool]]:
    """Piece by piece: (of the first, of the second, do they agree).

    >>> letters_apart("100212", "100312")
    [('100', '100', True), ('2', '3', False), ('12', '12', True)]
    """
    pieces = SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
    return [(first[a:b], second[c:d], tag == "equal") for tag, a, b, c, d in pieces]
