"""One case in the browser: comparing, photos, slips, explanations, visits; who may do what."""

import html
import io
import re
from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from PIL import Image

from idapp import notices, people, stored_settings
from idapp.models import Appointment, Change, Explanation, PaperCase, Person, Scan, User, Visit
from idapp.web.notices import lists
from tests.cast import Cast, number_for

ClientOf = Callable[[User], FlaskClient]
RIGHT = number_for(2012, "Nam", 500)
ALL_TICKS = ["full_name", "date_of_birth", "identity_number", "gender", "residence"]


def photo() -> tuple[io.BytesIO, str]:
    target = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(target, "JPEG")
    target.seek(0)
    return target, "giay.jpg"


def paper(person: Person, **other: str) -> dict[str, object]:
    """The form as the page of the case sends it, with every box ticked."""
    fields = (
        "identity_number",
        "full_name",
        "date_of_birth",
        "gender",
        "address",
        "commune",
        "district",
        "province",
    )
    values = {name: getattr(person, name) for name in fields}
    seen = {f"seen-{name}": value for name, value in values.items()}
    return (
        values
        | seen
        | {"again": values["identity_number"], "evidence": "notice", "tick": ALL_TICKS}
        | other
    )


# comparing


def test_compared_with_all_ticks_it_waits_for_the_next_batch(
    cast: Cast, client_of: ClientOf
) -> None:
    form = paper(cast.binh, identity_number=RIGHT, again=RIGHT)
    answer = client_of(cast.lan).post(f"/notices/{cast.binh.id}", data=form)
    assert answer.status_code == 302
    case = PaperCase.get(PaperCase.person == cast.binh)
    assert (case.state, case.evidence, case.ticked) == ("waiting", "notice", ALL_TICKS)
    assert [c.source for c in Change.select().where(Change.new == RIGHT)] == ["notice"]


def test_a_birth_certificate_says_nothing_of_the_residence(cast: Cast, client_of: ClientOf) -> None:
    browser = client_of(cast.lan)
    page = browser.get(f"/notices/{cast.binh.id}").text
    kinds = re.findall(r'<option value="(\w+)"[^>]*>\s*\S', page.partition("data-compare")[2])
    assert kinds[:5] == ["card", "vneid", "birth_certificate", "notice", "ct07"]
    form = paper(cast.binh, identity_number=RIGHT, again=RIGHT, evidence="birth_certificate")
    assert (
        "Chưa đánh dấu"
        not in browser.post(
            f"/notices/{cast.binh.id}", data=form | {"tick": ALL_TICKS[:4]}, follow_redirects=True
        ).text
    )
    case = PaperCase.get(PaperCase.person == cast.binh)
    assert (case.state, case.ticked) == ("waiting", ALL_TICKS[:4])
    browser.post(f"/notices/{cast.binh.id}", data=form | {"tick": ALL_TICKS})
    assert PaperCase.get(PaperCase.person == cast.binh).ticked == ALL_TICKS[:4], "no such line"


def test_a_missing_tick_keeps_it_on_the_list_of_the_school(cast: Cast, client_of: ClientOf) -> None:
    browser = client_of(cast.lan)
    notices.open_by_hand(cast.an, by=cast.lan)
    page = browser.post(
        f"/notices/{cast.an.id}", data=paper(cast.an, tick=["full_name"]), follow_redirects=True
    ).text
    assert "Chưa đánh dấu đã so: " in page
    assert "Hồ sơ vẫn ở danh sách này" in page
    assert PaperCase.get(PaperCase.person == cast.an).state == "open"


def test_the_number_typed_twice_must_agree_and_the_difference_is_shown(
    cast: Cast, client_of: ClientOf
) -> None:
    other = RIGHT[:-1] + "7"
    answer = client_of(cast.lan).post(
        f"/notices/{cast.binh.id}", data=paper(cast.binh, identity_number=RIGHT, again=other)
    )
    assert answer.status_code == 422
    assert "<mark>0</mark>" in answer.text
    assert "<mark>7</mark>" in answer.text
    assert f'value="{RIGHT}"' in answer.text
    assert Person.get_by_id(cast.binh.id).identity_number == ""


# photos


def add_photo(browser: FlaskClient, person: Person) -> int:
    answer = browser.post(
        f"/notices/{person.id}/scans", data={"file": photo(), "evidence": "notice"}
    )
    return answer.status_code


def test_a_photo_is_seen_beside_the_record_by_those_who_may(
    cast: Cast, client_of: ClientOf
) -> None:
    browser = client_of(cast.lan)
    assert add_photo(browser, cast.binh) == 303
    scan = Scan.get()
    path = f"/notices/{cast.binh.id}/scans/{scan.id}/0"
    assert path in browser.get(f"/notices/{cast.binh.id}").text
    shown = browser.get(path)
    assert shown.mimetype == "image/jpeg"
    assert shown.data.startswith(b"\xff\xd8\xff")
    assert "no-store" in shown.headers["Cache-Control"]
    assert "script-src 'self'" in shown.headers["Content-Security-Policy"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert client_of(cast.minh).get(path).status_code == 404
    assert client_of(cast.phong).get(path).status_code == 403
    assert client_of(cast.thu).get(path).status_code == 200
    assert (
        client_of(cast.thu).get(f"/notices/{cast.an.id}/scans/{scan.id}/0").status_code == 404
    )  # another's case
    assert browser.get(path[:-1] + "1").status_code == 404
    assert browser.get(path + "x").status_code == 404
    assert [c.user for c in Change.select().where(Change.event == "scan.seen")] == [
        cast.lan,
        cast.thu,
    ]
    assert browser.post(f"/notices/{cast.binh.id}/scans/{scan.id}/erase").status_code == 303
    assert browser.get(path).status_code == 404


def test_what_is_no_photo_gets_a_sentence_and_leaves_nothing(
    cast: Cast, client_of: ClientOf
) -> None:
    browser, path = client_of(cast.lan), f"/notices/{cast.binh.id}/scans"
    for data in ({"file": (io.BytesIO(b"<svg/>"), "x.jpg")}, {}):
        answer = browser.post(path, data=data | {"evidence": "notice"})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
    assert not Scan.select().exists()


def test_the_filtered_list_is_found_again_after_all_that_was_done_on_a_case(
    cast: Cast, client_of: ClientOf
) -> None:
    browser, filtered = client_of(cast.thu), f"/notices?class={cast.class_5a.id}&state=open"
    [path] = re.findall(rf'href="(/notices/{cast.binh.id}[^"]*)"', browser.get(filtered).text)
    page = browser.get(html.unescape(path)).text
    posts = [
        html.unescape(a) for a in re.findall(r'action="(/[np][^"]+)"', page) if "/state" not in a
    ]
    assert len(posts) == 4
    assert all("back=" in address for address in posts)
    [photos] = [address for address in posts if "/scans" in address]
    shown = browser.post(photos, data={"file": photo(), "evidence": "notice"}).headers["Location"]
    [compare] = re.findall(rf'action="(/notices/{cast.binh.id}\?[^"]+)"', browser.get(shown).text)
    answer = browser.post(
        html.unescape(compare), data=paper(cast.binh, identity_number=RIGHT, again=RIGHT)
    )
    assert answer.headers["Location"] == filtered
    assert 'href="/"' in browser.get(f"/notices/{cast.an.id}?back=//evil.example/").text


# slips


def test_slips_of_a_class_hold_who_needs_one_and_a_code_for_staff(
    cast: Cast, client_of: ClientOf
) -> None:
    stored_settings.store("site.address", "http://192.168.1.20:8000")
    page = client_of(cast.lan).get(f"/notices/slips?class={cast.class_5a.id}").text
    assert page.count('<article class="slip handout"') == 1
    assert "Trần Văn Bình" in page
    assert "Nguyễn Thị An" not in page
    assert "style=" not in page
    one = client_of(cast.lan).get(f"/notices/slips?person={cast.an.id}").text
    assert "Nguyễn Thị An" in one
    assert cast.an.identity_number not in one
    assert client_of(cast.lan).get("/notices/slips").status_code == 404


def test_the_whole_class_got_its_slips_in_one_step(cast: Cast, client_of: ClientOf) -> None:
    form = {"class": cast.class_5a.id, "since": "open", "state": "asked"}
    page = client_of(cast.lan).post("/notices/bulk", data=form, follow_redirects=True).text
    assert "cho 1 hồ sơ" in page
    assert PaperCase.get().state == "asked"
    assert client_of(cast.minh).post("/notices/bulk", data=form).status_code == 404
    assert (
        client_of(cast.lan).post("/notices/bulk", data=form | {"state": "closed"}).status_code
        == 422
    )
    assert (
        client_of(cast.lan).post("/notices/bulk", data=form | {"back": "//evil.example"}).location
        == "/"
    )


def test_reminders_that_are_due_stand_on_top(cast: Cast, client_of: ClientOf) -> None:
    notices.set_progress(cast.binh, "asked", by=cast.lan, today=date(2022, 10, 10))
    page = client_of(cast.lan).get("/notices").text
    assert "1 hồ sơ đã đến ngày nhắc gia đình" in page
    assert "đến hạn nhắc" in page
    assert "Trần Văn Bình" in client_of(cast.lan).get("/notices?state=due").text
    browser = client_of(cast.lan)
    browser.post(
        f"/notices/{cast.binh.id}/note", data={"note": "Mẹ hẹn thứ hai", "due_on": "2022-10-20"}
    )
    page = browser.get("/notices").text
    assert "Mẹ hẹn thứ hai" in page
    assert "đến hạn nhắc" not in page
    wrong = {"note": "Cha hẹn thứ ba", "due_on": "31/02/2022"}
    page = browser.post(f"/notices/{cast.binh.id}/note", data=wrong, follow_redirects=True).text
    assert "“31/02/2022” không có trong lịch" in page
    assert (PaperCase.get().note, PaperCase.get().due_on) == (
        "Cha hẹn thứ ba",
        date(2022, 10, 20),
    ), "the day stays"


def test_an_approved_explanation_lets_the_case_rest_until_it_is_sent_back(
    cast: Cast, client_of: ClientOf
) -> None:
    teacher, principal = client_of(cast.lan), client_of(cast.hoa)
    notices.set_progress(
        cast.binh, "asked", by=cast.lan, today=date(2022, 10, 10)
    )  # its reminder is due
    propose(teacher, cast.binh)
    page = teacher.get("/notices").text
    assert "Chờ hiệu trưởng duyệt giải trình" in page
    assert "đến ngày nhắc" not in page
    principal.post("/explanations/approve", data={"explanation": Explanation.get().id})
    page = teacher.get("/notices").text
    assert "Trần Văn Bình" not in page
    assert "1 hồ sơ tạm nghỉ" in page
    assert "Tất cả đang mở (0)" in page
    resting = teacher.get("/notices?state=explained").text
    assert "Trần Văn Bình" in resting
    assert "Tạm nghỉ: giải trình đã được duyệt" in resting
    teacher.post("/notices/bulk", data={"since": "asked", "state": "received"})
    assert PaperCase.get().state == "asked"  # one step for all touches nobody who rests
    client_of(cast.phong).post(
        f"/explanations/{Explanation.get().id}/return", data={"comment": "Thiếu chữ ký"}
    )
    page = teacher.get("/notices").text
    assert "1 hồ sơ đã đến ngày nhắc" in page
    assert "giải trình bị trả lại" in page
    assert "tạm nghỉ" not in page


def test_a_long_list_comes_in_pages_with_counts_of_the_whole(
    cast: Cast, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 1)
    Person.update(status="not_found").where(Person.id.in_([cast.an.id, cast.chi.id])).execute()
    clerk = client_of(cast.thu)
    first, last = clerk.get("/notices").text, clerk.get("/notices?page=99999999999999999999").text
    assert "Nguyễn Thị An" in first
    assert "Tất cả đang mở (3)" in first
    assert "Trang 1/3" in first
    assert "Trần Văn Bình" not in first
    assert "Trang 3/3" in last
    assert first.count('<tr id="notice-') == last.count('<tr id="notice-') == 1
    mine = clerk.get(f"/notices?class={cast.class_5a.id}&state=open").text
    assert f"class={cast.class_5a.id}&amp;state=open&amp;page=2" in mine
    assert "Tất cả đang mở (2)" in mine
    page = {"which": "page", "person": cast.an.id, "since": "open", "state": "asked"}
    assert "cho 1 hồ sơ." in clerk.post("/notices/bulk", data=page, follow_redirects=True).text
    again = clerk.post("/notices/bulk", data=page | {"which": "all"}, follow_redirects=True).text
    assert "cho 2 hồ sơ; 1 hồ sơ không ở “Chưa yêu cầu” nên giữ nguyên" in again
    filtered = {"which": "all", "filter": "received", "since": "asked", "state": "police"}
    assert (
        "Không có hồ sơ nào ở"
        in clerk.post("/notices/bulk", data=filtered, follow_redirects=True).text
    )
    assert (
        clerk.post(
            "/notices/bulk", data={"which": "page", "since": "asked", "state": "police"}
        ).status_code
        == 303
    )
    assert {case.state for case in PaperCase.select()} == {
        "asked"
    }  # a page of nobody touches nobody


@pytest.mark.parametrize("typed", ["binh", "trần văn B", " Bình ", "van binh"])
def test_a_family_is_found_by_name(cast: Cast, client_of: ClientOf, typed: str) -> None:
    Person.update(status="not_found").where(Person.id.in_([cast.an.id, cast.chi.id])).execute()
    clerk = client_of(cast.thu)
    page = clerk.get("/notices", query_string={"q": typed}).text
    assert "Trần Văn Bình" in page
    assert "Nguyễn Thị An" not in page
    assert "Tất cả đang mở (1)" in page
    form = {"which": "all", "q": typed, "since": "open", "state": "asked"}
    assert "cho 1 hồ sơ" in clerk.post("/notices/bulk", data=form, follow_redirects=True).text


def test_a_family_is_found_by_number(cast: Cast, client_of: ClientOf) -> None:
    Person.update(status="not_found").where(Person.id.in_([cast.an.id, cast.chi.id])).execute()
    number = cast.an.identity_number
    page = (
        client_of(cast.thu).get("/notices", query_string={"q": f"{number[:3]} {number[3:]}"}).text
    )
    assert "Nguyễn Thị An" in page
    assert "Tất cả đang mở (1)" in page


# explanations


def propose(browser: FlaskClient, person: Person, **other: str) -> str:
    form = {
        "reason": "no_birth_certificate",
        "note": "Ở với bà",
        "evidence": "Xác nhận của thôn",
    } | other
    return browser.post(f"/people/{person.id}/explanation", data=form, follow_redirects=True).text


def test_an_explanation_goes_from_teacher_to_principal_to_the_office_and_back(
    cast: Cast, client_of: ClientOf
) -> None:
    teacher, principal, office = client_of(cast.lan), client_of(cast.hoa), client_of(cast.phong)
    assert "chờ hiệu trưởng duyệt" in propose(teacher, cast.binh)
    one = Explanation.get()
    assert (
        client_of(cast.thu).post("/explanations/approve", data={"explanation": one.id}).status_code
        == 403
    )
    page = principal.post(
        "/explanations/approve", data={"explanation": one.id}, follow_redirects=True
    ).text
    assert "Đã duyệt 1 giải trình" in page
    assert Person.get_by_id(cast.binh.id).status == "explained"
    assert "Xác nhận của thôn" in office.get("/explanations").text
    assert principal.get("/progress.json").get_json()["school"]["explained"] == 1
    assert (
        "vì sao trả lại"
        in office.post(f"/explanations/{one.id}/return", data={}, follow_redirects=True).text
    )
    office.post(f"/explanations/{one.id}/return", data={"comment": "Thiếu chữ ký"})
    assert Person.get_by_id(cast.binh.id).status == "incomplete"
    assert "Thiếu chữ ký" in teacher.get(f"/notices/{cast.binh.id}").text
    propose(teacher, cast.binh)
    again = Explanation.get(Explanation.state == "proposed")
    principal.post(f"/explanations/{again.id}/return", data={"comment": "Số 100123456789 sai"})
    assert "Số 100123456789 sai" in principal.get("/explanations").text
    assert "Số 100•••••••89 sai" in office.get("/explanations").text
    propose(teacher, cast.binh, note="Đã có chữ ký")
    assert [e.state for e in Explanation.select().order_by(Explanation.id)] == [
        "withdrawn",
        "withdrawn",
        "proposed",
    ]
    assert client_of(cast.minh).get("/explanations").text.count("Trần Văn Bình") == 0


def test_a_thin_explanation_is_told_what_is_missing(cast: Cast, client_of: ClientOf) -> None:
    page = propose(client_of(cast.lan), cast.binh, reason="other", note="")
    assert "ghi rõ trong phần ghi chú" in page
    assert 'value="Xác nhận của thôn"' in page  # and nothing typed is lost
    assert '<option value="other" selected' in page
    assert not Explanation.select().exists()


def test_the_principal_is_told_what_waits_for_approval(cast: Cast, client_of: ClientOf) -> None:
    propose(client_of(cast.lan), cast.binh)
    propose(client_of(cast.minh), cast.chi)
    tile = "<b>2</b><span>giải trình chờ duyệt</span>"
    assert tile in client_of(cast.hoa).get("/progress").text
    assert not any(
        tile in client_of(user).get("/progress").text for user in (cast.thu, cast.lan, cast.phong)
    )
    tabs = client_of(cast.hoa).get("/explanations?state=proposed").text
    assert "Tất cả (2)" in tabs
    assert "Chờ hiệu trưởng duyệt (2)" in tabs
    assert "Đã duyệt (0)" in tabs
    assert "Tất cả (1)" in client_of(cast.lan).get("/explanations").text


def test_the_button_stands_there_only_while_something_waits(
    cast: Cast, client_of: ClientOf
) -> None:
    propose(client_of(cast.lan), cast.binh)
    principal, words = client_of(cast.hoa), "Duyệt các giải trình đã chọn"
    assert words in principal.get("/explanations").text
    principal.post("/explanations/approve", data={"explanation": Explanation.get().id})
    assert "Đã duyệt" in (page := principal.get("/explanations").text)
    assert words not in page


def test_withdrawing(cast: Cast, client_of: ClientOf) -> None:
    propose(client_of(cast.lan), cast.binh)
    path = f"/explanations/{Explanation.get().id}/withdraw"
    assert client_of(cast.minh).post(path).status_code == 404
    assert client_of(cast.phong).post(path).status_code == 403
    assert client_of(cast.lan).post(path).status_code == 303
    assert Explanation.get().state == "withdrawn"


# visits


def test_a_visit_is_planned_filled_and_ticked(cast: Cast, client_of: ClientOf) -> None:
    clerk, teacher = client_of(cast.thu), client_of(cast.lan)
    assert (
        client_of(cast.lan).post("/notices/visits", data={"day": "2022-10-20"}).status_code == 403
    )
    for day, sentence in (("2022-10-01", "Ngày này đã qua"), ("", "Hãy chọn ngày")):
        refused = clerk.post("/notices/visits", data={"day": day, "place": "Nhà đa năng"})
        assert refused.status_code == 422
        assert sentence in refused.text
        assert 'value="Nhà đa năng"' in refused.text
    clerk.post("/notices/visits", data={"day": "2022-10-20", "place": "Phòng hội đồng"})
    visit = Visit.get()
    teacher.post(
        f"/notices/visits/{visit.id}/people", data={"class": cast.class_5a.id, "first": "8:00"}
    )
    appointment = Appointment.get()
    assert (appointment.person, appointment.time) == (cast.binh, "08:00")
    page = teacher.get(f"/notices/visits/{visit.id}").text
    assert "Đã thêm 1 người vào danh sách hẹn." in page
    assert "Người đầu tiên lúc (mỗi người 5 phút)" in page
    path = f"/notices/visits/{visit.id}/lines/{appointment.id}"
    assert client_of(cast.minh).post(path, data={}).status_code == 404
    teacher.post(path, data={"time": "8:30", "guardian_note": "Mẹ đi cùng", "came": "yes"})
    page = teacher.get(f"/notices/visits/{visit.id}").text
    assert "Mẹ đi cùng" in page
    assert 'value="yes" selected' in page
    assert "Trần Văn Bình" not in client_of(cast.minh).get(f"/notices/visits/{visit.id}").text
    typed = {"time": "sáng", "guardian_note": "Mang giấy khai sinh", "came": "no"}
    page = teacher.post(path, data=typed, follow_redirects=True).text
    assert "Giờ hẹn viết theo dạng" in page, "the time stays as it was"
    assert 'value="08:30"' in page, "the time stays as it was"
    assert "Mang giấy khai sinh" in page, "and nothing else is lost"
    assert 'value="no" selected' in page, "and nothing else is lost"
    teacher.post(path, data={"leave_out": "1"})
    assert not Appointment.select().exists()


@pytest.mark.parametrize("path", ["/notices/visits", "/notices/visits/1", "/notices/slips?class=1"])
def test_the_office_has_no_business_here(path: str, cast: Cast, client_of: ClientOf) -> None:
    assert client_of(cast.phong).get(path).status_code == 403


def test_a_case_moves_on_when_the_number_is_typed_in_the_list(
    cast: Cast, client_of: ClientOf
) -> None:
    notices.sync_cases()
    client_of(cast.lan).post(f"/notices/{cast.binh.id}/number", data={"value": RIGHT, "seen": ""})
    assert PaperCase.get(PaperCase.person == cast.binh).state == "waiting"
    assert people.counts(Person.select().where(Person.id == cast.binh.id)).by_status == {"ready": 1}


def test_the_first_digits_say_where_the_birth_was_registered(
    cast: Cast, client_of: ClientOf
) -> None:
    """Something to compare beside the paper. Invented numbers belong to no province."""
    assert "nơi đăng ký khai sinh" not in client_of(cast.lan).get(f"/notices/{cast.an.id}").text
    Person.update(number="080" + cast.an.number[3:]).where(Person.id == cast.an.id).execute()
    assert (
        "nơi đăng ký khai sinh: Long An" in client_of(cast.lan).get(f"/notices/{cast.an.id}").text
    )
