"""Step 3: the life of a case, explanations, visits, slips."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idapp import notices, people, permissions, progress, verification
from idapp.models import (
    STATUSES,
    Appointment,
    Campaign,
    Change,
    Explanation,
    PaperCase,
    Person,
    Visit,
    utc_now,
)
from idapp.models.notices import EXPLANATION_STATES, NOTICE_STATES
from idapp.notices import explanations, listing, slips, visits
from idapp.people import membership
from idapp.people.states import RuleContext, store
from idapp.rules import record
from idapp.rules.problem import Problem
from idapp.school import the_campaign, the_school
from tests.cast import Cast, number_for
from tests.statements import counted

TODAY = date(2022, 10, 16)
RIGHT = number_for(2012, "Nam", 500)


def case_of(person: Person) -> PaperCase:
    return PaperCase.select().where(PaperCase.person == person).order_by(PaperCase.id.desc()).get()


def answered(person: Person, outcome: str, **differences: list[str]) -> None:
    """What a batch would write: the register's answer to exactly the values that stand there."""
    person = Person.get_by_id(person.id)
    values = {f.name: getattr(person, f.name) for f in record.FIELDS}
    hash_ = record.identity_hash(values, people.around(person))
    store(
        person,
        RuleContext(),
        outcome=outcome,
        outcome_hash=hash_,
        outcome_at=utc_now(),
        differences=differences,
    )
    restated = Person.get_by_id(person.id)
    people.recompute(restated)


def test_a_case_opens_by_itself_and_only_where_a_paper_helps(cast: Cast) -> None:
    answered(cast.an, "unanswered")
    answered(cast.chi, "mismatch", gender=["Nữ", "Nam"])
    assert notices.sync_cases() == 2
    assert {(c.person_id, c.reason) for c in PaperCase.select()} == {
        (cast.binh.id, "no_number"),
        (cast.chi.id, "mismatch"),
    }
    assert notices.sync_cases() == 0


def test_the_life_of_a_case_through_three_batches(cast: Cast) -> None:
    notices.sync_cases()
    for state in ("asked", "police", "received"):
        notices.set_progress(cast.binh, state, by=cast.lan, today=TODAY)
    people.change(cast.binh, "identity_number", RIGHT, seen="", by=cast.lan, source="notice")
    assert (
        notices.compared(cast.binh, evidence="notice", ticked=["full_name"], by=cast.lan).state
        == "waiting"
    )
    assert case_of(cast.binh).evidence == "notice"

    answered(
        cast.binh, "unanswered"
    )  # the first batch: the service is away; nobody is sent anywhere
    notices.sync_cases()
    assert case_of(cast.binh).state == "waiting"

    answered(
        cast.binh, "mismatch", date_of_birth=["05/06/2012", "06/05/2012"]
    )  # the second: back, with the new reason
    notices.sync_cases()
    case = case_of(cast.binh)
    assert (case.state, case.reason, case.returns, case.ticked) == ("open", "mismatch", 1, [])

    people.change(
        cast.binh, "date_of_birth", "06/05/2012", seen="05/06/2012", by=cast.lan, source="notice"
    )
    notices.sync_cases()
    assert case_of(cast.binh).state == "waiting"

    answered(cast.binh, "verified")  # the third
    notices.sync_cases()
    case = case_of(cast.binh)
    assert (case.state, case.closed_because) == ("closed", "verified")
    assert case.closed_at
    words = [
        c.new for c in Change.select().where(Change.event == "notice.state").order_by(Change.id)
    ]
    assert words == ["asked", "police", "received", "compared", "waiting", "open", "waiting"]


def test_asking_again_leaves_the_family_where_it_is(cast: Cast) -> None:
    """A batch over everybody unverified, nothing was edited: slips, reminders and photos of papers still count."""
    answered(cast.chi, "mismatch", gender=["Nữ", "Nam"])
    notices.sync_cases()
    notices.set_progress(cast.chi, "police", by=cast.lan, today=TODAY)
    before = case_of(cast.chi)
    batch = verification.start("school", "unverified", by=cast.hoa)
    chi = Person.get_by_id(cast.chi.id)
    assert chi.status == "sent"
    assert notices.reason_of(chi) == "mismatch"
    assert slip(chi).differences
    assert (
        list(listing.listed(cast.minh))
        == list(progress.people_behind(cast.minh, column="notice_open"))
        == [chi]
    )
    whole = progress.board(cast.minh).whole
    assert (whole.notice_open, dict(whole.by_holder)) == (1, {"police": 1})
    notices.sync_cases()
    assert case_of(cast.chi).state == "police"
    batch.items.model.update(state="mismatch").execute()
    answered(cast.chi, "mismatch", gender=["Nữ", "Nam"])
    notices.sync_cases()
    after = case_of(cast.chi)
    assert (after.state, after.due_on, after.returns) == ("police", before.due_on, 0)


def test_a_record_that_was_asked_about_again_needs_no_paper_once_it_is_corrected(
    cast: Cast,
) -> None:
    answered(cast.chi, "not_found")
    verification.start("school", "unverified", by=cast.hoa, channel="file")
    notices.sync_cases()
    assert (case_of(cast.chi).state, case_of(cast.chi).reason) == ("open", "not_found")
    people.change(cast.chi, "full_name", "Phạm Thị Chi", seen=cast.chi.full_name, by=cast.thu)
    chi = Person.get_by_id(cast.chi.id)
    assert notices.reason_of(chi) == ""
    assert not progress.people_behind(cast.minh, column="notice_open")
    notices.sync_cases()
    assert case_of(cast.chi).state == "waiting"
    people.change(cast.chi, "full_name", cast.chi.full_name, seen="Phạm Thị Chi", by=cast.thu)
    notices.sync_cases()
    assert Person.get_by_id(cast.chi.id).status == "sent"
    assert case_of(cast.chi).state == "open"
    membership.set_state(cast.chi, "Chuyển đi", active=False, by=cast.thu)
    assert not listing.listed(cast.thu).where(Person.id == cast.chi.id)


def test_a_corrected_record_that_is_sent_waits(cast: Cast) -> None:
    answered(cast.chi, "mismatch", gender=["Nữ", "Nam"])
    notices.sync_cases()
    notices.set_progress(cast.chi, "received", by=cast.lan, today=TODAY)
    chi = Person.get_by_id(cast.chi.id)
    people.change(chi, "full_name", "Phạm Thị Chi", seen=chi.full_name, by=cast.thu)
    verification.start("school", by=cast.hoa)  # before any chore has looked
    notices.sync_cases()
    assert case_of(cast.chi).state == "waiting"


def test_a_waiting_case_comes_back_when_its_record_cannot_be_sent(cast: Cast) -> None:
    notices.sync_cases()
    people.change(cast.binh, "identity_number", RIGHT, seen="", by=cast.lan)  # in the class table
    notices.sync_cases()
    assert case_of(cast.binh).state == "waiting"
    people.change(cast.binh, "date_of_birth", "31/02/2012", seen="05/06/2012", by=cast.lan)
    notices.sync_cases()
    assert case_of(cast.binh).state == "compared"
    people.change(cast.binh, "date_of_birth", "05/06/2012", seen="31/02/2012", by=cast.lan)
    notices.sync_cases()
    assert case_of(cast.binh).state == "waiting"
    answered(cast.binh, "rejected")
    notices.sync_cases()
    case = case_of(cast.binh)
    assert (case.state, case.reason, case.returns) == ("open", "rejected", 1)


def test_a_case_by_hand_stays_until_the_paper_was_compared(cast: Cast) -> None:
    notices.open_by_hand(cast.an, by=cast.lan)
    notices.sync_cases()
    assert case_of(cast.an).state == "open"
    assert notices.compared(cast.an, evidence="card", ticked=[], by=cast.lan).state == "waiting"


def test_a_pupil_who_left_needs_no_paper(cast: Cast) -> None:
    notices.sync_cases()
    membership.set_state(cast.binh, "Chuyển đi", active=False, by=cast.thu)
    notices.sync_cases()
    assert case_of(cast.binh).closed_because == "left"


def test_many_cases_take_few_statements_and_nothing_to_do_takes_no_lock(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two thousand records after a batch over the school: teachers go on saving meanwhile."""
    crowd = [("student", cast.class_5b, {"full_name": f"Hồ Thị {n}"}) for n in range(60)]
    people.add_many(crowd, by=cast.thu, source="import")
    with counted() as statements:
        assert notices.sync_cases() == 61
    assert 0 < len(statements) < 20
    everybody = list(listing.listed(cast.thu))
    with counted() as statements:
        assert (
            notices.set_progress_of_many(everybody, "asked", since="open", by=cast.thu, today=TODAY)
            == 61
        )
    assert 0 < len(statements) < 20
    assert Change.select().where(Change.event.in_(("notice.opened", "notice.state"))).count() == 122
    monkeypatch.setattr("idapp.notices.cases.writing", None)  # would fail
    assert notices.sync_cases() == 0


def test_it_looks_again_only_after_a_change(cast: Cast) -> None:
    notices.cases._newest_synced = -1
    assert notices.sync_if_changed() == 1
    assert notices.sync_if_changed() == 0
    people.change(cast.an, "identity_number", "", seen=cast.an.identity_number, by=cast.lan)
    assert notices.sync_if_changed() == 1


def test_the_reminder_never_falls_behind_the_deadline(cast: Cast) -> None:
    assert notices.set_progress(cast.binh, "asked", by=cast.lan, today=TODAY).due_on == date(
        2022, 10, 19
    )
    assert notices.set_progress(
        cast.binh, "police", by=cast.lan, today=date(2022, 10, 23)
    ).due_on == date(2022, 10, 24)
    assert notices.set_progress(cast.binh, "received", by=cast.lan, today=TODAY).due_on is None


def test_one_step_for_the_whole_class_moves_only_those_who_stand_there(cast: Cast) -> None:
    answered(cast.an, "not_found")
    notices.sync_cases()
    notices.set_progress(cast.binh, "police", by=cast.lan, today=TODAY)
    everybody = list(notices.listed(cast.lan))
    assert (
        notices.set_progress_of_many(everybody, "asked", since="open", by=cast.lan, today=TODAY)
        == 1
    )
    assert (case_of(cast.an).state, case_of(cast.binh).state) == ("asked", "police")
    assert [p.id for p in notices.listed(cast.minh)] == []


# explanations


def propose(cast: Cast, person: Person, reason: str = "waiting_for_police") -> Explanation:
    return explanations.propose(
        person, reason=reason, note="Hẹn ngày 20/10", evidence="Giấy hẹn", by=cast.lan
    )


def test_an_approved_explanation_makes_the_record_explained(cast: Cast) -> None:
    one = propose(cast, cast.binh)
    assert Person.get_by_id(cast.binh.id).status == "incomplete"
    assert explanations.approve([one], by=cast.hoa) == 1
    assert Person.get_by_id(cast.binh.id).status == "explained"
    explanations.send_back(Explanation.get_by_id(one.id), "Thiếu giấy hẹn", by=cast.phong)
    again = Explanation.get_by_id(one.id)
    assert (again.state, again.comment, again.decided_by) == (
        "returned",
        "Thiếu giấy hẹn",
        cast.phong,
    )
    assert Person.get_by_id(cast.binh.id).status == "incomplete"
    better = propose(cast, cast.binh)
    assert explanations.of(cast.binh) == better
    assert Explanation.get_by_id(one.id).state == "withdrawn"


def test_it_withdraws_itself_when_the_record_is_verified(cast: Cast) -> None:
    one = propose(cast, cast.an)
    explanations.approve([one], by=cast.hoa)
    answered(cast.an, "verified")
    assert Person.get_by_id(cast.an.id).status == "verified"
    assert explanations.withdraw_needless() == 1
    assert explanations.of(cast.an) is None
    assert explanations.withdraw_needless() == 0


@pytest.mark.parametrize(
    ("reason", "note", "sentence"),
    [
        ("", "", "chọn một lý do"),
        ("nonsense", "", "chọn một lý do"),
        ("other", "", "ghi rõ"),
        ("foreign", " ", "minh chứng hoặc ghi chú"),
        ("other", "x" * 1001, "rút ngắn"),
    ],
)
def test_a_thin_explanation_is_not_taken(reason: str, note: str, sentence: str, cast: Cast) -> None:
    with pytest.raises(Problem, match=sentence):
        explanations.propose(cast.binh, reason=reason, note=note, evidence="", by=cast.lan)


def test_a_verified_record_needs_none_and_an_approved_one_is_not_overwritten(cast: Cast) -> None:
    answered(cast.an, "verified")
    with pytest.raises(Problem, match="không cần giải trình"):
        propose(cast, Person.get_by_id(cast.an.id))
    explanations.approve([propose(cast, cast.binh)], by=cast.hoa)
    with pytest.raises(Problem, match="được duyệt"):
        propose(cast, Person.get_by_id(cast.binh.id))
    with pytest.raises(Problem, match="vì sao"):
        explanations.send_back(explanations.of(cast.binh), " ", by=cast.hoa)  # type: ignore[arg-type]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            *map(
                st.sampled_from,
                (STATUSES, ("", *NOTICE_STATES), ("", *EXPLANATION_STATES), (0, 15, 17)),
            )
        ),
        min_size=4,
        max_size=4,
    )
)
def test_every_count_of_the_list_is_the_length_of_its_list(
    cast: Cast, histories: list[tuple[str, str, str, int]]
) -> None:
    PaperCase.delete().execute(), Explanation.delete().execute()
    for person, (status, case, explanation, day) in zip(Person.select(), histories, strict=True):
        Person.update(status=status).where(Person.id == person.id).execute()
        if case:
            PaperCase.create(
                person=person,
                reason="by_hand",
                state=case,
                due_on=date(2022, 10, day) if day else None,
            )
        if explanation:
            Explanation.create(
                person=person, reason="other", state=explanation, proposed_by=cast.lan
            )
    counted = listing.counts(cast.hoa, today=TODAY)
    length = {
        chosen: len(list(notices.listed(cast.hoa, chosen=chosen, today=TODAY)))
        for chosen in ("", *listing.FILTERS)
    }
    assert length == {
        "": counted.total,
        "due": counted.due,
        "need": counted.need,
        "explained": counted.at_rest,
        **{state: counted.by_state[state] for state in notices.STATE_WORDS},
    }
    assert counted.need == progress.board(cast.hoa).whole.notice_open
    assert sum(listing.is_due(p, TODAY) for p in notices.listed(cast.hoa)) == counted.due


# slips


def slip(person: Person) -> slips.Slip:
    person = Person.get_by_id(person.id)
    return slips.slip_for(person, the_school(), the_campaign(), today=TODAY)


def test_a_slip_says_what_is_wrong_where_to_go_and_by_when(cast: Cast) -> None:
    answered(cast.an, "mismatch", date_of_birth=["20/03/2012", "02/03/2012"])
    one = slip(cast.an)
    assert [(d.label, d.ours, d.theirs) for d in one.differences] == [
        ("Ngày sinh", "20/03/2012", "02/03/2012")
    ]
    assert one.office == "Công an xã Mỹ An, huyện Thủ Thừa, tỉnh Long An"
    assert one.by == date(2022, 10, 23)
    for text in ("20/03/2012", "02/03/2012", one.office, "23/10/2022", "lớp 5A", "Mẫu 01"):
        assert text in one.text


def test_the_number_is_masked_unless_it_must_be_checked(cast: Cast) -> None:
    answered(cast.an, "mismatch", gender=["Nữ", "Nam"])
    assert slip(cast.an).facts == ()
    answered(cast.an, "not_found")
    assert cast.an.identity_number in str(slip(cast.an).facts)
    assert cast.an.identity_number not in slip(cast.an).text, "a message goes through other hands"
    assert cast.chi.identity_number not in str(slip(cast.chi).facts), "nothing is wrong with it"


@pytest.mark.parametrize(
    ("epoch", "first", "notice"),
    [
        ("2level", "Thẻ căn cước (hoặc CCCD còn hạn)", "Thông báo số định danh cá nhân"),
        ("3level", "Thẻ căn cước công dân", "Giấy thông báo số định danh cá nhân (Mẫu 01)"),
    ],
)
def test_card_and_vneid_come_first_in_the_words_of_the_time(
    cast: Cast, epoch: str, first: str, notice: str
) -> None:
    Campaign.update(epoch=epoch).execute()
    papers = slip(cast.binh).papers
    assert papers == (first, *papers[1:3], notice, papers[4])
    assert [word in papers[at] for at, word in ((1, "VNeID"), (2, "khai sinh"), (4, "CT07"))]
    lowered = slip(cast.binh).text.lower()
    assert lowered.index(first.lower()) < lowered.index("vneid") < lowered.index(notice.lower())
    assert "không cần giấy nào khác" in slip(cast.binh).text
    assert ("công an cấp xã bất kỳ" in slip(cast.binh).text) == (epoch == "2level")
    assert "mã OTP" in slip(cast.binh).text


def test_a_colleague_is_no_pupil(cast: Cast) -> None:
    colleague = slip(cast.giang)
    assert colleague.text.startswith("Trường TH Thử Nghiệm kính gửi thầy, cô Đỗ Văn Giang.")
    assert not re.search(r"\b[Gg]ia đình|của em|chủ nhiệm", colleague.text)


def test_without_a_commune_the_slip_stays_general(cast: Cast) -> None:
    people.change(cast.binh, "commune", "", seen="Xã Mỹ An", by=cast.lan)
    assert slip(cast.binh).office == "công an xã, phường nơi gia đình đăng ký thường trú"


# visits


@pytest.mark.parametrize("typed", ["9:30", "9h30", "9 giờ 30", "09g30", "930"])
def test_the_list_is_in_the_order_in_which_they_come(cast: Cast, typed: str) -> None:
    visit = visits.plan(TODAY, place="Trường", note="", by=cast.thu, today=TODAY)
    visits.invite(visit, [cast.an], first="10:00", by=cast.thu)
    visits.invite(visit, [cast.chi], first=typed, by=cast.thu)
    assert [(x.person_id, x.time) for x in visits.appointments_of(visit, cast.thu)] == [
        (cast.chi.id, "09:30"),
        (cast.an.id, "10:00"),
    ]


def test_a_visit_lists_children_at_five_minute_steps_once(cast: Cast) -> None:
    visit = visits.plan(
        TODAY + timedelta(days=2), place=" Phòng  hội đồng", note="", by=cast.thu, today=TODAY
    )
    assert visits.invite(visit, [cast.an, cast.binh], first="8h00", by=cast.thu) == 2
    assert visits.invite(visit, [cast.binh, cast.chi], by=cast.thu) == 1
    assert [(x.person_id, x.time) for x in visits.appointments_of(visit, cast.thu)] == [
        (cast.an.id, "08:00"),
        (cast.binh.id, "08:05"),
        (cast.chi.id, ""),
    ]
    assert visits.appointments_of(visit, cast.lan).count() == 2
    appointment = visits.appointments_of(visit, cast.thu).first()
    with counted() as sent:
        visits.describe(
            appointment, time="8:10", guardian_note="Mẹ đi cùng", came="yes", by=cast.lan
        )
    assert sum(one.startswith("UPDATE") for one in sent) == 1  # all at once, beside its audit row
    assert [x.time for x in visits.appointments_of(visit, cast.thu)] == ["08:05", "08:10", ""]
    for no_time in ("24:00", "7:60", "sáng"):
        with pytest.raises(Problem, match="13h30"):
            visits.describe(
                appointment, time=no_time, guardian_note="Bố đi cùng", came="", by=cast.lan
            )
    appointment = (
        visits.appointments_of(visit, cast.lan).where(Appointment.id == appointment.id).get()
    )
    assert (appointment.time, appointment.guardian_note) == ("08:10", "Bố đi cùng")
    visits.leave_out(appointment, by=cast.thu)
    assert visits.appointments_of(visit, cast.thu).count() == 2
    with pytest.raises(Problem, match="đã qua"):
        visits.plan(TODAY - timedelta(days=1), place="", note="", by=cast.thu, today=TODAY)


def test_a_day_of_the_police_is_one_for_each_place(cast: Cast) -> None:
    def planned_at(place: str) -> Visit:
        return visits.plan(TODAY, place=place, note="", by=cast.thu, today=TODAY)

    assert planned_at("Trường") == planned_at(" Trường ") != planned_at("Điểm lẻ Ấp 3")


def test_whoever_stands_on_the_list_is_found_by_the_indexes_too(cast: Cast) -> None:
    """Every state beside every state of a case, with and without a number: nobody is lost on the quick way."""
    everybody = listing._everybody(permissions.people_of(cast.thu), None, staff=False)
    quickly = listing._found_by_index(everybody, cast.thu.role)
    for status in STATUSES:
        for state in ("", *NOTICE_STATES):
            PaperCase.delete().execute()
            Person.update(status=status, outcome="mismatch").execute()
            Person.update(identity_number="", number=None).where(Person.id == cast.an.id).execute()
            if state:
                PaperCase.create(person=cast.an, reason="by_hand", state=state)
            found = {person.id for person in quickly.clone()}
            assert found == {person.id for person in everybody.clone()}, (status, state)
