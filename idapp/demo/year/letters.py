"""The days of a campaign: its letter, the batches, what families and the police bring, explanations, the end."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from idapp import jobs, maintenance, notices, people, school, verification
from idapp.demo.invented import Citizen
from idapp.demo.year.world import World
from idapp.models import Batch, Explanation, PaperCase, Person, RegisterError
from idapp.notices import cases, explanations, register_errors
from idapp.people import Edit
from idapp.progress import closing
from idapp.settings import current
from idapp.verification import runs

_TITLE = school.USUAL_TITLE
_SPANS = (
    (date(2022, 10, 10), date(2022, 10, 26)),
    (date(2023, 3, 6), date(2023, 3, 31)),
    (date(2023, 10, 9), date(2023, 10, 16)),
)
_ON_PAPER = (
    "full_name",
    "date_of_birth",
    "gender",
    "identity_number",
    "province",
    "district",
    "commune",
)
_DISAGREES = ("mismatch", "not_found", "rejected")
_SHARE_AT_HAND = 0.6  # of the records with faults: their papers lie in the cupboard
_SHARE_BROUGHT = 0.7  # of the families that were asked, within a week
_LATE = ("3", "8")  # last digit but one of a number: this family's paper comes after the deadline


def is_campaign_day(day: date) -> bool:
    """Does a letter wait for its answer on this day?"""
    return any(begin <= day <= end for begin, end in _SPANS)


# the letter


def announce_autumn(world: World) -> str:
    """The office has said that its letter will come, and until when."""
    _change_letter(world, "", date(2022, 10, 31))
    pupils = sum(person.kind == "student" for person in world.people())
    staff = len(world.people()) - pupils
    return f"Khai giảng: {len(world.classes)} lớp, {pupils} học sinh, {staff} cán bộ, giáo viên."


def bring_autumn_letter(world: World) -> str:
    """The letter itself names a nearer day."""
    _change_letter(world, "Công văn số 1425/PGDĐT ngày 10/10/2022 (minh họa)", date(2022, 10, 25))
    return "Công văn đến: hoàn thành trước ngày 25/10/2022."


def _change_letter(world: World, letter: str, deadline: date) -> None:
    school.change_campaign(
        school.the_campaign(),
        title=_TITLE,
        letter=letter,
        deadline=deadline,
        today=world.day,
        by=world.principal,
    )


def open_spring(world: World) -> str:
    """The letter of the second term."""
    return _open(world, "Công văn số 310/PGDĐT ngày 06/03/2023 (minh họa)", date(2023, 3, 31))


def open_next_autumn(world: World) -> str:
    """A year later the office asks again."""
    return _open(world, "Công văn số 1390/PGDĐT ngày 09/10/2023 (minh họa)", date(2023, 10, 31))


def _open(world: World, letter: str, deadline: date) -> str:
    closing.open_next(
        title=_TITLE,
        letter=letter,
        opens_on=world.day,
        deadline=deadline,
        today=world.day,
        by=world.principal,
    )
    return f"Công văn mới: mở đợt thu thập, hạn {deadline:%d/%m/%Y}."


def close(world: World) -> str:
    """The report is frozen."""
    campaign = closing.close(today=world.day, by=world.principal)
    board = closing.frozen_board(campaign)
    figures = ""
    if board is not None:
        figures = f": xong {board.whole.done}/{board.whole.to_do}"
    return f"Kết thúc đợt thu thập, chốt báo cáo{figures}."


# batches


def verify(world: World) -> str:
    """One batch over the whole school, to its end. Raises RuntimeError if it does not come there."""
    if not verification.preflight("school").ready:
        return "Không có hồ sơ nào cần gửi."
    batch = verification.start("school", by=world.principal)
    settings = current()
    while runs.run(batch.id, jobs.connector_of(settings), jobs.pace_of(settings)):
        pass
    maintenance.after_batch(batch.id)
    batch = Batch.get_by_id(batch.id)
    if batch.open:
        raise RuntimeError(f"batch {batch.id} stands at {batch.state}: {batch.sentence}")
    ends = Counter(verification.tally(batch).by_state)
    return (
        f"Đợt xác thực {batch.id}: gửi {batch.total}, khớp {ends['verified']}, không khớp "
        f"{ends['mismatch']}, không tìm thấy {ends['not_found']}."
    )


# papers


def correct_from_papers_at_hand(world: World) -> str:
    """Teachers and the clerk complete what the school's own papers tell."""
    faulty = [person for person in world.people("incomplete") if _differs(world, person)]
    chosen = _some(world, faulty, _SHARE_AT_HAND)
    for person in chosen:
        _type_in(world, person, "typed")
    return f"Sửa theo giấy tờ có sẵn: {len(chosen)}/{len(faulty)} hồ sơ còn thiếu hoặc sai."


def hand_out_slips(world: World) -> str:
    """Every family on the list is asked for its paper."""
    on_list = [person for person in world.people() if notices.reason_of(person)]
    count = cases.set_progress_of_many(
        on_list, "asked", since="open", by=world.clerk, today=world.day
    )
    return f"Phát phiếu cho {count} gia đình."


def take_papers(world: World) -> str:
    """Families have brought their papers: each is laid beside the record, and the record is corrected.

    The teachers complete the rest of what they can meanwhile.
    """
    open_cases = PaperCase.select(PaperCase.person).where(PaperCase.state == "asked")
    ids = {case.person_id for case in open_cases}
    wrong = [person for person in world.people() if _may_be_corrected(world, person)]
    brought = _some(world, [person for person in wrong if person.id in ids], _SHARE_BROUGHT)
    for person in brought:
        _take_paper(world, person)
    completed = _complete(world, [person for person in wrong if person.id not in ids])
    return f"Nhận {len(brought)} giấy của gia đình, sửa thêm {completed} hồ sơ."


def _complete(world: World, wrong: Iterable[Person]) -> int:
    """For whom no paper of the family is needed."""
    incomplete = [person for person in wrong if person.status == "incomplete"]
    for person in incomplete:
        _type_in(world, person, "typed")
    return len(incomplete)


def _take_paper(world: World, person: Person) -> None:
    keeper = world.keeper_of(person)
    notices.set_progress(person, "received", by=keeper, today=world.day)
    _type_in(world, person, "notice")
    notices.compared(person, evidence="notice", ticked=list(_ON_PAPER), by=keeper)


def take_late_papers(world: World) -> str:
    """Those whom the autumn's explanations promised, and those of the newcomers."""
    explained = [person for person in world.people("explained") if _is_wrong(world, person)]
    brought = _some(world, explained, _SHARE_BROUGHT)
    for person in brought:
        _type_in(world, person, "notice")
        explanation = explanations.of(person)
        if explanation is not None:  # there is nothing left to explain: the next batch asks
            explanations.withdraw(explanation, by=world.keeper_of(person))
    return f"{take_papers(world)} {len(brought)} em có giải trình đã nộp giấy."


def _some(world: World, chosen: list[Person], share: float) -> list[Person]:
    drawn = world.chance.sample(chosen, round(len(chosen) * share))
    return sorted(drawn, key=lambda person: person.id)


def _citizen_of(world: World, person: Person) -> Citizen | None:
    """Whose record it is; None for who has no number in the register."""
    citizen = world.truth.get(person.id)
    if citizen is None or citizen.foreign:
        return None
    return citizen


def _may_be_corrected(world: World, person: Person) -> bool:
    """Is the record wrong, and does the paper come before the deadline?"""
    citizen = _citizen_of(world, person)
    if citizen is None or citizen.values["identity_number"][-2] in _LATE:
        return False
    return _differs(world, person)


def _differs(world: World, person: Person) -> bool:
    return person.status not in ("verified", "explained") and _is_wrong(world, person)


def _is_wrong(world: World, person: Person) -> bool:
    citizen = _citizen_of(world, person)
    if citizen is None:
        return False
    return any(getattr(person, name) != citizen.values[name] for name in _ON_PAPER)


def _type_in(world: World, person: Person, source: str) -> None:
    """All that the paper says; what stands there already is no change."""
    values = world.truth[person.id].values
    edits = [Edit(person, name, values[name]) for name in _ON_PAPER]
    people.change_many(edits, by=world.keeper_of(person), source=source)


# the police


def write_to_police(world: World) -> str:
    """About whom the papers agree with the record, and the register does not."""
    requests = [
        register_errors.begin(
            person,
            dict.fromkeys(person.differences, ""),
            evidence="notice",
            papers_agree=True,
            note="",
            by=world.keeper_of(person),
        )
        for person in _wrong_in_register(world)
    ]
    register_errors.send(
        requests, on=world.day, today=world.day, remind_on=None, by=world.principal
    )
    return f"Gửi công văn cho công an về {len(requests)} người mà CSDL dân cư ghi sai."


def _wrong_in_register(world: World) -> Iterable[Person]:
    for person in world.people(*_DISAGREES):
        is_right = not _differs(world, person)
        if is_right and person.differences and register_errors.may_begin(person):
            yield person


def hear_from_police(world: World) -> str:
    """They have put the register right about all of them."""
    sent = list(RegisterError.select().where(RegisterError.state == "sent"))
    world.let_police_correct(register_errors.numbers_written_about())
    count = register_errors.note_answer(
        sent, "corrected", text="", on=world.day, today=world.day, by=world.clerk
    )
    return f"Công an trả lời: đã sửa CSDL dân cư cho {count} người."


# the accountable rest


def explain_the_rest(world: World) -> str:
    """What cannot be verified before the deadline is explained, and the principal answers for it."""
    proposed: list[Explanation] = []
    for person in world.people("incomplete", "changed", *_DISAGREES):
        reason = "waiting_for_police"
        if register_errors.of(person) is not None:
            reason = "register_wrong"
        explanation = explanations.propose(
            person,
            reason=reason,
            note="Gia đình hẹn nộp giấy sau hạn của công văn.",
            evidence=f"Giấy hẹn ngày {world.day:%d/%m/%Y}",
            by=world.keeper_of(person),
        )
        proposed.append(explanation)
    count = explanations.approve(proposed, by=world.principal)
    return f"Hiệu trưởng duyệt {count} giải trình."
