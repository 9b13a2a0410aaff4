"""CSDL dân cư ghi sai: from a mismatch to the verified end, over HTTP, with the real worker code and the simulator."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import docx
import pytest
import urllib3
from flask.testing import FlaskClient

from idapp import maintenance, notices, people, progress, verification
from idapp.models import BatchItem, Change, Explanation, PaperCase, Person, RegisterError, User
from idapp.notices import explanations, register_errors
from idapp.progress.reasons import reasons
from idapp.rules.problem import Problem
from idapp.school import the_campaign
from tests.cast import Cast
from tests.test_verification import citizen, register, run_all

ClientOf = Callable[[User], FlaskClient]
pytestmark = pytest.mark.usefixtures("few_places")
WRONG_SEX = {"sex": 1, "corrected": {"sex": 2}}


@contextmanager
def wrong_register(cast: Cast) -> Iterator[str]:
    """A register in which An is a boy until the police have corrected it; Chi stands in it as she is."""
    with register(citizen(cast.an, **WRONG_SEX), citizen(cast.chi)) as url:
        yield url


def ask(cast: Cast, url: str) -> None:
    """A batch of the school, to its end, and what the worker does afterwards."""
    batch = run_all(verification.start("school", by=cast.hoa), url)
    maintenance.after_batch(batch.id)


def correct(url: str, *numbers: str) -> None:
    set_rules(url, corrected=numbers)


def set_rules(url: str, **rules: object) -> None:
    headers = {"Content-Type": "application/json"}
    assert urllib3.request("POST", url + "rules", json=rules, headers=headers).status == 200


def report(cast: Cast, browser: FlaskClient, **other: object) -> int:
    form = {"field": "gender", "evidence": "birth_certificate", "papers_agree": "1"} | other
    return browser.post(f"/notices/{cast.an.id}/police", data=form).status_code


def again(person: Person) -> Person:
    return Person.get_by_id(person.id)


def case_of(person: Person) -> str:
    case = PaperCase.select().where(PaperCase.person == person).order_by(PaperCase.id.desc())
    return case.first().state


def commune_of(person: Person) -> str:
    return again(person).commune_code


def text_of(data: bytes) -> str:
    document = docx.Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


def test_the_whole_life_of_such_a_case(cast: Cast, client_of: ClientOf) -> None:
    teacher, clerk = client_of(cast.lan), client_of(cast.thu)
    with wrong_register(cast) as url:
        ask(cast, url)
        assert again(cast.an).status == "mismatch"
        page = teacher.get(f"/notices/{cast.an.id}").text
        assert "Giấy tờ đúng như hồ sơ, CSDL dân cư ghi sai" in page
        assert "CSDL dân cư ghi <b>Nam</b>" in page
        assert report(cast, teacher) == 303
        assert case_of(cast.an) == "register_wrong"

        commune = commune_of(cast.an)
        listed = clerk.get("/notices/police").text
        assert f'data-commune="{commune}"' in listed
        assert "Công an xã Mỹ An, huyện Thủ Thừa, tỉnh Long An" in listed
        letter = clerk.get(f"/notices/police/{commune}")
        assert cast.an.identity_number in letter.text
        in_word = text_of(clerk.get(f"/notices/police/{commune}.docx").data)
        for text in (
            "Kính gửi: Công an xã Mỹ An, huyện Thủ Thừa, tỉnh Long An",
            "Giới tính: Nam",
            "Giới tính: Nữ",
            "Giấy khai sinh có số định danh",
            "Nguyễn Thị An (lớp 5A)",
            "Nguyễn Thị Hoa",
        ):
            assert text in in_word, text

        form = {"sent_on": "14/10/2022", "person": cast.an.id}
        assert clerk.post(f"/notices/police/{commune}/sent", data=form).status_code == 303
        assert PaperCase.get(PaperCase.person == cast.an).due_on == date(2022, 10, 21)
        assert progress.board(cast.hoa).whole.by_holder["register_wrong"] == 1
        ask_again_changes_nothing(cast, url)

        correct(url, cast.an.identity_number)
        set_rules(url, reset=True)  # ends what is rehearsed, not what the police have done
        answer = {"person": cast.an.id, "outcome": "corrected", "answered_on": "16/10/2022"}
        assert clerk.post("/notices/police/answers", data=answer).status_code == 303
        assert (again(cast.an).status, case_of(cast.an)) == ("ready", "waiting")
        assert again(cast.an).gender == "Nữ"
        ask(cast, url)
    assert (again(cast.an).status, case_of(cast.an)) == ("verified", "closed")
    assert RegisterError.get().state == "confirmed"
    events = [change.event for change in Change.select().where(Change.person == cast.an)]
    steps = ["prepared", "sent", "corrected", "confirmed"]
    assert [e for e in events if e.startswith("register_error")] == [
        f"register_error.{step}" for step in steps
    ]


def ask_again_changes_nothing(cast: Cast, url: str) -> None:
    """While the police have it, a batch of all that is not verified asks and hears the same."""
    batch = run_all(verification.start("school", which="unverified", by=cast.hoa), url)
    maintenance.after_batch(batch.id)
    assert (again(cast.an).status, case_of(cast.an)) == ("mismatch", "register_wrong")
    assert RegisterError.get().state == "sent"


@pytest.fixture
def asked(cast: Cast) -> Cast:
    """An disagrees with the register."""
    with wrong_register(cast) as url:
        ask(cast, url)
    return cast


def begun(cast: Cast) -> RegisterError:
    return register_errors.begin(
        again(cast.an),
        {"gender": ""},
        evidence="card",
        papers_agree=True,
        note="",
        by=cast.lan,
    )


def sent(cast: Cast) -> RegisterError:
    request = begun(cast)
    today = date(2022, 10, 16)
    register_errors.send([request], on=today, today=today, remind_on=None, by=cast.thu)
    return RegisterError.get_by_id(request.id)


def answered(cast: Cast, request: RegisterError, outcome: str, text: str = "") -> RegisterError:
    today = date(2022, 10, 16)
    register_errors.note_answer([request], outcome, text=text, on=today, today=today, by=cast.thu)
    return RegisterError.get_by_id(request.id)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"field": ""}, "Hãy chọn mục mà CSDL dân cư ghi sai"),
        ({"evidence": ""}, "Hãy chọn giấy tờ làm minh chứng"),
        ({"papers_agree": ""}, "Hãy so giấy tờ của gia đình với hồ sơ"),
        ({"note": "x" * 1001}, "Ghi chú dài quá"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(
    asked: Cast, client_of: ClientOf, wrong: dict[str, str], words: str
) -> None:
    form = {"field": "gender", "evidence": "card", "papers_agree": "1", "note": "gọi chị Ba"}
    page = client_of(asked.lan).post(f"/notices/{asked.an.id}/police", data=form | wrong)
    assert page.status_code == 422
    assert words in page.text
    assert "note" in wrong or "gọi chị Ba" in page.text
    assert not RegisterError.select().exists()


def test_only_an_answer_about_these_very_values_can_be_wrong(asked: Cast) -> None:
    people.change(again(asked.an), "gender", "Nam", seen="Nữ", by=asked.lan)
    with pytest.raises(Problem, match="chưa trả lời khác"):
        begun(asked)
    with pytest.raises(Problem, match="chưa trả lời khác"):
        register_errors.begin(
            asked.binh, {"gender": ""}, evidence="card", papers_agree=True, note="", by=asked.lan
        )


def test_a_second_click_begins_nothing(asked: Cast) -> None:
    begun(asked)
    with pytest.raises(Problem, match="đã có đề nghị"):
        begun(asked)


def test_a_letter_marks_those_who_stood_on_it(asked: Cast, client_of: ClientOf) -> None:
    begun(asked)
    browser, path = client_of(asked.thu), f"/notices/police/{commune_of(asked.an)}/sent"
    other = browser.post(path, data={"person": asked.chi.id})
    assert other.status_code == 303
    assert RegisterError.get().state == "prepared"
    late = browser.post(path, data={"sent_on": "17/10/2022"})
    assert (late.status_code, RegisterError.get().state) == (422, "prepared")
    assert "chưa tới" in late.text
    assert 'value="17/10/2022"' in late.text
    assert browser.post(path).status_code == 303
    assert RegisterError.get().sent_on == date(2022, 10, 16)


def test_the_police_want_more_and_the_next_letter_takes_it_along(asked: Cast) -> None:
    request = sent(asked)
    with pytest.raises(Problem, match="Hãy ghi công an trả lời thế nào"):
        answered(asked, request, "more")
    request = answered(asked, request, "more", "bản sao giấy khai sinh")
    assert request.state == "more"
    assert progress.board(asked.hoa).whole.by_holder["register_wrong"] == 0
    today = date(2022, 10, 16)
    assert register_errors.send([request], on=today, today=today, remind_on=None, by=asked.thu)
    assert RegisterError.get().answer == ""


def test_a_refused_answer_stays_in_the_form(asked: Cast, client_of: ClientOf) -> None:
    sent(asked)
    form = {"person": asked.an.id, "outcome": "refused", "answered_on": "15/10/2022"}
    page = client_of(asked.thu).post("/notices/police/answers", data=form)
    assert page.status_code == 422
    assert "Hãy ghi công an trả lời thế nào" in page.text
    assert '<option value="refused" selected>' in page.text
    early = client_of(asked.thu).post(
        "/notices/police/answers", data=form | {"answer": "không rõ lý do"}
    )
    assert "đứng trước ngày gửi" in early.text
    assert 'value="không rõ lý do"' in early.text
    assert RegisterError.get().state == "sent"


def test_a_refusal_gives_the_case_back_to_the_school(asked: Cast) -> None:
    request = answered(asked, sent(asked), "refused", "giấy khai sinh tẩy xóa")
    assert (request.state, case_of(asked.an)) == ("refused", "compared")
    assert register_errors.take_back([request], by=asked.thu) == 1
    assert (RegisterError.get().state, case_of(asked.an)) == ("sent", "register_wrong")


def test_every_step_can_be_taken_back(asked: Cast) -> None:
    request = answered(asked, sent(asked), "corrected")
    assert again(asked.an).status == "ready"
    for state, case in [
        ("sent", "register_wrong"),
        ("prepared", "register_wrong"),
        ("withdrawn", "compared"),
    ]:
        assert register_errors.take_back([request], by=asked.thu) == 1
        assert (RegisterError.get().state, case_of(asked.an)) == (state, case)
        assert again(asked.an).status == "mismatch"
    assert register_errors.take_back([request], by=asked.thu) == 0


def test_corrected_by_word_only_is_seen_by_the_next_batch(cast: Cast) -> None:
    with wrong_register(cast) as url:
        ask(cast, url)
        answered(cast, sent(cast), "corrected")
        ask(cast, url)
    assert RegisterError.get().state == "still_wrong"
    case = PaperCase.get(PaperCase.person == cast.an)
    assert (again(cast.an).status, case.state, case.returns) == ("mismatch", "open", 1)
    assert begun(cast).state == "prepared"


def test_an_answer_from_before_the_correction_ends_nothing(cast: Cast) -> None:
    with wrong_register(cast) as url:
        ask(cast, url)
        request = sent(cast)
        batch = verification.start("school", which="unverified", by=cast.hoa)
        about_an = (BatchItem.batch == batch) & (BatchItem.person == cast.an)
        BatchItem.update(state="sending").where(about_an).execute()
        answered(cast, request, "corrected")
        # the question is under way again after a restart: what it hears is not new
        BatchItem.update(state="waiting").where(about_an).execute()
        maintenance.after_batch(run_all(batch, url).id)
        assert (again(cast.an).status, case_of(cast.an)) == ("ready", "waiting")
        assert RegisterError.get().state == "corrected"
        correct(url, cast.an.identity_number)
        ask(cast, url)
    assert RegisterError.get().state == "confirmed"


def test_an_edited_record_ends_the_request(asked: Cast) -> None:
    sent(asked)
    people.change(again(asked.an), "gender", "Nam", seen="Nữ", by=asked.lan)
    maintenance.run()
    assert (RegisterError.get().state, case_of(asked.an)) == ("withdrawn", "waiting")


def test_nobody_sends_the_family_away_again(asked: Cast, client_of: ClientOf) -> None:
    sent(asked)
    browser = client_of(asked.lan)
    slips = browser.get(f"/notices/slips?class={asked.class_5a.id}").text
    assert asked.binh.full_name in slips
    assert asked.an.full_name not in slips
    moved = browser.post(f"/notices/{asked.an.id}/state", data={"state": "asked"})
    assert moved.status_code == 302
    assert case_of(asked.an) == "register_wrong"
    assert (
        notices.set_progress_of_many(
            [asked.an], "asked", since="register_wrong", by=asked.lan, today=date(2022, 10, 16)
        )
        == 0
    )


def test_it_is_a_reason_of_its_own(asked: Cast) -> None:
    begun(asked)
    told = {reason for _, reason, _ in reasons(asked.hoa, the_campaign())}
    assert "CSDL dân cư ghi sai: Giới tính" in told
    assert "Không khớp: Giới tính" not in told


def test_its_explanation_ends_when_the_police_have_corrected_it(asked: Cast) -> None:
    request = sent(asked)
    explanation = explanations.propose(
        again(asked.an), reason="register_wrong", note="", evidence="Công văn", by=asked.lan
    )
    explanations.approve([explanation], by=asked.hoa)
    assert again(asked.an).status == "explained"
    answered(asked, request, "corrected")
    assert Explanation.get().state == "withdrawn"
    assert again(asked.an).status == "ready"


def test_a_commune_that_nobody_knows_is_asked(asked: Cast, client_of: ClientOf) -> None:
    begun(asked)
    Person.update(commune_code=None).where(Person.id == asked.an.id).execute()
    browser = client_of(asked.thu)
    assert "Chưa rõ công an nơi nào" in browser.get("/notices/police").text
    assert browser.get("/notices/police/unknown").status_code == 404
    form = {"person": asked.an.id, "province": "Tỉnh Long An", "district": "Huyện Thủ Thừa"}
    assert browser.post("/notices/police/commune", data=form).status_code == 422
    form |= {"commune": "Xã Mỹ An"}
    assert browser.post("/notices/police/commune", data=form).status_code == 303
    assert "Công an xã Mỹ An" in browser.get("/notices/police").text


def test_a_teacher_sees_the_own_class_only(asked: Cast, client_of: ClientOf) -> None:
    request = sent(asked)
    assert asked.an.full_name in client_of(asked.lan).get("/notices/police").text
    other = client_of(asked.minh)
    assert asked.an.full_name not in other.get("/notices/police").text
    for path in ("answers", "undo", "commune"):
        form = {"person": asked.an.id, "outcome": "corrected", "province": "Tỉnh Long An",
                "district": "Huyện Thủ Thừa", "commune": "Xã Mỹ An"}  # fmt: skip
        assert other.post(f"/notices/police/{path}", data=form).status_code == 404
    assert RegisterError.get_by_id(request.id).state == "sent"
