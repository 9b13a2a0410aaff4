"""CSDL dân cư ghi sai: a case goes to the police, a letter for each commune, sent on a day, their answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp.documents import OfficialPaper
from idapp.models import Person, RegisterError
from idapp.notices import evidence, papers, police_letters, register_errors
from idapp.notices.police_letters import PoliceOffice
from idapp.rules import places
from idapp.rules.problem import Problem
from idapp.school import the_campaign
from idapp.settings import current
from idapp.web import documents
from idapp.web.access import current_user, only, person_or_404, remember
from idapp.web.days import day_in
from idapp.web.notices import bp
from idapp.web.notices.comparing import case_page
from idapp.web.notices.lists import way_back, words
from idapp.web.notices.papers import LARGEST_REQUEST

_MAY_BE_TAKEN_BACK = ("prepared", "sent", "more", "corrected", "refused")


@bp.post("/notices/<int:person_id>/police")
@only("teacher", "clerk", "principal", largest=LARGEST_REQUEST)
def report_register(person_id: int) -> Response:
    """The papers agree with the record and the register is wrong: the case goes to the police."""
    person = person_or_404(person_id, to="edit")
    try:
        _add_photos(person)
        _begin(person)
    except Problem as problem:
        return make_response(case_page(person, sentence=problem.message), 422)
    remember(f"Đã chuyển công an xử lý: {person.full_name}. Văn thư gửi công văn cho công an.")
    return redirect(url_for("notices.show", person_id=person.id) + "#register-wrong", 303)


def _add_photos(person: Person) -> None:
    """Those of the form, which need not have any. Raises Problem."""
    kind_of_paper = request.form.get("evidence", "")
    for photo in request.files.getlist("file"):
        if photo.filename:
            data = photo.stream.read()
            papers.add(person, data, evidence=kind_of_paper, by=current_user, settings=current())


def _begin(person: Person) -> None:
    form = request.form
    register_errors.begin(
        person,
        {name: form.get(f"register_{name}", "") for name in form.getlist("field")},
        evidence=form.get("evidence", ""),
        papers_agree=form.get("papers_agree") == "1",
        note=form.get("note", ""),
        by=current_user,
    )


@bp.get("/notices/police")
@only("teacher", "clerk", "principal")
def police() -> str:
    """All requests by commune, and those that have ended."""
    return _page()


@bp.get("/notices/police/<commune>")
@only("clerk", "principal")
def police_letter(commune: str) -> str:
    """The letter on paper. ``?sent_on=2026-01-05``: the one of that day once more."""
    return documents.printed(
        _letter_or_404(commune),
        back=url_for("notices.police"),
        back_words="CSDL dân cư ghi sai",
        file=url_for(
            "notices.police_letter_file", commune=commune, sent_on=request.args.get("sent_on")
        ),
        subject=f"police letter to {commune}",
    )


@bp.get("/notices/police/<commune>.docx")
@only("clerk", "principal")
def police_letter_file(commune: str) -> Response:
    """The same letter as a Word file."""
    paper = _letter_or_404(commune)
    name = f"cong-van-cong-an-{commune}.docx"
    return documents.word_file(paper, name, subject=f"police letter to {commune}")


@bp.post("/notices/police/<commune>/sent")
@only("clerk", "principal")
def police_letter_sent(commune: str) -> Response:
    """The letter has gone out: exactly the people who stood on it (``person``), else all of this commune."""
    office = _office_or_404(commune)
    form = request.form
    today = current().today()
    chosen = _chosen(office.to_send)
    try:
        count = register_errors.send(
            chosen,
            on=_day(form.get("sent_on", ""), "sent_on") or today,
            today=today,
            remind_on=_day(form.get("remind_on", ""), "remind_on"),
            by=current_user,
        )
    except Problem as problem:
        return make_response(_page(problem.message, commune), 422)
    _remember_count(count, "Đã lưu ngày gửi công an cho {} hồ sơ.")
    return redirect(url_for("notices.police"), 303)


@bp.post("/notices/police/answers")
@only("teacher", "clerk", "principal")
def police_answered() -> Response:
    """What the police have answered about these people (``person``)."""
    form = request.form
    today = current().today()
    chosen = _requests_of(form.getlist("person", type=int), ("sent",))
    try:
        count = register_errors.note_answer(
            chosen,
            form.get("outcome", ""),
            text=form.get("answer", ""),
            on=_day(form.get("answered_on", ""), "answered_on") or today,
            today=today,
            by=current_user,
        )
    except Problem as problem:
        return make_response(_page(problem.message, form.get("commune", "")), 422)
    _remember_count(count, "Đã lưu trả lời của công an cho {} hồ sơ.")
    return redirect(_back_to_police(), 303)


@bp.post("/notices/police/undo")
@only("teacher", "clerk", "principal")
def take_back_police_step() -> Response:
    """The last step of these people (``person``) was a mistake."""
    chosen = _requests_of(request.form.getlist("person", type=int), _MAY_BE_TAKEN_BACK)
    count = register_errors.take_back(chosen, by=current_user)
    if not count:
        remember("Không lấy lại được: hồ sơ đã sửa, đang gửi hoặc đã có kết quả mới.", "warn")
    else:
        remember(f"Đã lấy lại bước vừa lưu của {count} hồ sơ.")
    return redirect(_back_to_police(), 303)


@bp.post("/notices/police/commune")
@only("teacher", "clerk", "principal")
def choose_police_commune() -> Response:
    """Whose police it is, where the record does not tell."""
    form = request.form
    epoch = the_campaign().epoch
    texts = {level: form.get(level, "") for level in places.LEVELS}
    home = places.home_of(epoch, texts["province"], texts["district"], texts["commune"])
    if home.commune is None:
        sentence = "Hãy chọn tỉnh và xã, phường trong danh sách để biết gửi công an nơi nào."
        return make_response(_page(sentence, police_letters.UNKNOWN), 422)
    chosen = _requests_of(form.getlist("person", type=int), register_errors.TO_SEND)
    for each in chosen:
        register_errors.choose_commune(each, home.commune.code, by=current_user)
    _remember_count(len(chosen), "Đã lưu nơi gửi công an cho {} hồ sơ.")
    return redirect(url_for("notices.police"), 303)


def _page(sentence: str = "", commune: str = "") -> str:
    """``sentence``: why what was sent for this ``commune`` could not be done; what was typed stays there."""
    epoch = the_campaign().epoch
    today = current().today()
    waiting = register_errors.listed(current_user, ("prepared", "sent", "more"))
    ended = register_errors.listed(current_user, ("refused", "still_wrong"))
    return render_template(
        "notices/police.html",
        offices=police_letters.offices_of(waiting, epoch),
        corrected=list(register_errors.listed(current_user, ("corrected",))),
        ended=[each for each in ended if each.person.status != "verified"],
        epoch=epoch,
        UNKNOWN=police_letters.UNKNOWN,
        STATES=register_errors.STATE_WORDS,
        ANSWER_WORDS=register_errors.ANSWER_WORDS,
        EVIDENCE_WORDS=evidence.words_of(epoch),
        usual_reminder=today + register_errors.REMIND_AFTER,
        may_send=current_user.role != "teacher",
        sentence=sentence,
        refused_commune=commune,
        typed=request.form,
        **words(),
    )


def _letter_or_404(commune: str) -> OfficialPaper:
    office = _office_or_404(commune)
    day = current().today()
    requests = office.to_send
    sent_on = request.args.get("sent_on", "")
    if sent_on:
        requests = [each for each in office.sent if str(each.sent_on) == sent_on]
        day = requests[0].sent_on if requests and requests[0].sent_on else day
    if not requests or not office.name:
        abort(404)
    return police_letters.letter(office, requests, the_campaign(), day=day)


def _office_or_404(commune: str) -> PoliceOffice:
    waiting = register_errors.listed(current_user, ("prepared", "sent", "more"))
    offices = police_letters.offices_of(waiting, the_campaign().epoch)
    matching = [office for office in offices if office.code == commune and office.name]
    return matching[0] if matching else abort(404)


def _chosen(requests: Sequence[RegisterError]) -> list[RegisterError]:
    """Those of the form's people; all where the form names nobody."""
    ids = set(request.form.getlist("person", type=int))
    return [each for each in requests if not ids or each.person_id in ids]


def _requests_of(ids: Sequence[int], states: Sequence[str]) -> list[RegisterError]:
    """Of these people, within the user's scope; 404 for somebody who is not there."""
    for person_id in ids:
        person_or_404(person_id, to="edit")
    query = register_errors.listed(current_user, states)
    newest: dict[int, RegisterError] = {}
    for each in query.where(RegisterError.person.in_(list(ids))):
        newest[each.person_id] = each  # in the order of ids: the last is the newest
    return list(newest.values())


def _day(text: str, field: str) -> date | None:
    """None for an empty field. Raises Problem."""
    if not text.strip():
        return None
    return day_in(text, field)


def _remember_count(count: int, sentence: str) -> None:
    if count:
        remember(sentence.format(count))
    else:
        remember("Chưa chọn hồ sơ nào, hoặc hồ sơ vừa được người khác lưu.", "warn")


def _back_to_police() -> str:
    return way_back() if request.form.get("back") else url_for("notices.police")
