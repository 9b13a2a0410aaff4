"""Papers for families as pages: check sheets and slips; whose, with what on them, and the trace of a print."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from idapp import people
from idapp.models import Change, ClassTeacher, Person, User
from tests.cast import Cast, pupil
from tests.statements import counted

ClientOf = Callable[[User], FlaskClient]


def sheets_of(page: str) -> dict[int, str]:
    """{person id: the text of the paper}, in the order of the pages."""
    parts = re.split(r'<article class="(?:slip|check-sheet) handout" data-person-id="(\d+)">', page)
    texts = (" ".join(re.sub(r"<[^>]+>", " ", part).split()) for part in parts[2::2])
    return dict(zip(map(int, parts[1::2]), texts, strict=True))


def boxes_on(page: str, person: Person) -> int:
    paper = page.partition(f'data-person-id="{person.id}"')[2].partition("</article>")[0]
    [block] = re.findall(r'<span class="boxes"[^>]*>(.*?)</span>', paper, re.DOTALL)
    return block.count("<i>")


def test_a_check_sheet_holds_what_the_school_has_and_room_for_the_rest(
    cast: Cast, client_of: ClientOf
) -> None:
    people.change(cast.an, "mother_name", "Lê Thị Mai", seen="", by=cast.lan)
    page = client_of(cast.lan).get(f"/notices/check-sheets?class={cast.class_5a.id}").text
    sheets = sheets_of(page)
    assert list(sheets) == [cast.an.id, cast.binh.id]
    an, binh = sheets[cast.an.id], sheets[cast.binh.id]
    values = ("Nguyễn Thị An", "20/03/2012", "Nữ", cast.an.identity_number, "Lê Thị Mai")
    assert [value for value in values if value not in an] == []
    assert "Xã Mỹ An, Huyện Thủ Thừa, Tỉnh Long An" in an
    assert "Số định danh cá nhân chưa có" in binh
    assert boxes_on(page, cast.binh) == 12
    assert "Mẹ, năm sinh chưa có" in binh, "one family is asked what the school fills in of others"
    assert "Giáo viên chủ nhiệm: Lê Thị Lan" in binh
    assert "mã OTP" in binh


def test_sheets_of_a_larger_class_take_no_more_statements(cast: Cast, client_of: ClientOf) -> None:
    browser, address = client_of(cast.lan), f"/notices/check-sheets?class={cast.class_5a.id}"
    browser.get(address)
    with counted() as for_two:
        browser.get(address)
    newcomers = [
        ("student", cast.class_5a, pupil("Hồ Thị Hai", serial=100 + at)) for at in range(10)
    ]
    people.add_many(newcomers, by=cast.thu, source="import")
    with counted() as for_twelve:
        page = browser.get(address).text
    assert len(sheets_of(page)) == 12
    assert len(for_twelve) == len(for_two), "\n".join(for_twelve)


def test_only_what_the_rules_doubt_is_to_be_looked_at_closely(
    cast: Cast, client_of: ClientOf
) -> None:
    for name, text in (("mother_name", "Lê Thị Mai"), ("mother_birth_year", "1985")):
        people.change(cast.an, name, text, seen="", by=cast.lan)
    address = f"/notices/check-sheets?class={cast.class_5a.id}"
    assert "(xin xem kỹ)" not in client_of(cast.lan).get(address).text
    people.change(cast.an, "mother_birth_year", "1929", seen="1985", by=cast.lan)
    people.change(cast.binh, "date_of_birth", "2012", seen=cast.binh.date_of_birth, by=cast.lan)
    sheets = sheets_of(client_of(cast.lan).get(address).text)
    marked = {person: text.count("(xin xem kỹ)") for person, text in sheets.items()}
    assert marked == {cast.an.id: 1, cast.binh.id: 1}


def test_a_pupil_of_another_nationality_is_asked_for_no_number(
    cast: Cast, client_of: ClientOf
) -> None:
    people.change(cast.binh, "nationality", "Hàn Quốc", seen="", by=cast.lan)
    page = client_of(cast.lan).get(f"/notices/check-sheets?person={cast.binh.id}").text
    sheet = sheets_of(page)[cast.binh.id]
    assert "Quốc tịch Hàn Quốc" in sheet
    assert "Số hộ chiếu chưa có" in sheet
    assert "Số định danh cá nhân" not in sheet


def test_papers_come_class_by_class_within_reach(cast: Cast, client_of: ClientOf) -> None:
    everybody = [cast.an.id, cast.binh.id, cast.chi.id]
    whole = client_of(cast.thu).get("/notices/check-sheets?all=1").text
    assert list(sheets_of(whole)) == everybody
    assert list(sheets_of(client_of(cast.minh).get("/notices/check-sheets?all=1").text)) == [
        cast.chi.id
    ]
    staff = sheets_of(client_of(cast.thu).get("/notices/check-sheets?staff=1").text)
    assert list(staff) == [cast.giang.id]
    assert "Văn thư: Võ Thị Thư" in staff[cast.giang.id]
    assert client_of(cast.minh).get("/notices/check-sheets?class=5A").status_code == 404
    choice = client_of(cast.minh).get("/notices/check-sheets").text
    assert "Lớp 5B" in choice
    assert "Lớp 5A" not in choice


def test_a_class_without_a_teacher_names_the_office(cast: Cast, client_of: ClientOf) -> None:
    ClassTeacher.delete().execute()
    page = client_of(cast.thu).get(f"/notices/slips?class={cast.class_5a.id}").text
    assert "Văn thư: Võ Thị Thư" in sheets_of(page)[cast.binh.id]


def test_a_print_is_in_the_history(cast: Cast, client_of: ClientOf) -> None:
    client_of(cast.thu).get("/notices/check-sheets?all=1")
    client_of(cast.lan).get(f"/notices/slips?person={cast.an.id}")
    client_of(cast.lan).get("/notices/check-sheets")
    client_of(cast.minh).get(f"/notices/slips?class={cast.class_5b.id}")
    prints = Change.select().where(Change.event.startswith("print.")).order_by(Change.id)
    assert [(row.event, row.subject, row.person_id, row.new, row.user_id) for row in prints] == [
        ("print.check_sheets", f"class {cast.class_5a.id}", None, "2 phiếu", cast.thu.id),
        ("print.check_sheets", f"class {cast.class_5b.id}", None, "1 phiếu", cast.thu.id),
        ("print.slips", "", cast.an.id, "1 phiếu", cast.lan.id),
    ]
    shown = client_of(cast.hoa).get("/history?kind=print").text
    assert "in phiếu kiểm tra thông tin" in shown
    assert "Lớp 5B" in shown


# the teacher's telephone


@pytest.mark.parametrize(
    ("typed", "stored"), [("0912345678", "0912 345 678"), ("+84 272.388.8999", "0272 388 8999")]
)
def test_a_teacher_gives_a_number_for_families(
    cast: Cast, client_of: ClientOf, typed: str, stored: str
) -> None:
    browser = client_of(cast.lan)
    path = f"/notices/slips?class={cast.class_5a.id}"
    assert "Điện thoại: ……" in sheets_of(browser.get(path).text)[cast.binh.id]
    assert 'name="phone"' in browser.get(path).text
    answer = browser.post("/account/phone", data={"phone": typed, "back": path})
    assert answer.location == path
    assert f"Điện thoại: {stored}" in sheets_of(browser.get(path).text)[cast.binh.id]
    assert f"điện thoại {stored}" in browser.get(f"/notices/{cast.binh.id}").text, "Zalo too"
    assert browser.post("/account/phone", data={"back": "//evil.example"}).location == "/"
    assert User.get_by_id(cast.lan.id).phone == ""
    kept = Change.select().where(Change.event == "account.phone")
    assert [(row.old, row.new) for row in kept] == [("", "")] * 2


@pytest.mark.parametrize("typed", ["113", "0912 345", "một hai ba", "٠٩١٢٣٤٥٦٧٨"])
def test_what_is_no_telephone_number_is_refused_and_stays(
    cast: Cast, client_of: ClientOf, typed: str
) -> None:
    answer = client_of(cast.lan).post("/account/phone", data={"phone": typed})
    assert answer.status_code == 422
    assert "Số điện thoại chưa đúng" in answer.text
    assert f'value="{typed}"' in answer.text
    assert User.get_by_id(cast.lan.id).phone == ""
