"""Accounts from the staff list, the sheet of first passwords, roles and locking: through the pages."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from idapp import accounts, first_passwords, homeroom, people, permissions, staff_accounts
from idapp.models import Change, PasswordSheet, Person, User, utc_now
from idapp.rules.problem import Problem
from tests.cast import PASSWORD, Cast, pupil

Browser = Callable[[User], FlaskClient]
FROM_STAFF = "/settings/accounts/from-staff"
SHEET = "/settings/accounts/sheet"


def joins(cast: Cast, name: str, position: str = "Giáo viên") -> Person:
    """One more of the staff."""
    serial = 50 + Person.select().count()
    values = pupil(name, born="12/09/1980", serial=serial) | {"position": position}
    return people.add(kind="staff", school_class=None, by=cast.thu, source="import", values=values)


def form_of(page: str) -> dict[str, str | list[str]]:
    """What a browser sends of the table if nobody touches it."""
    fields: dict[str, str | list[str]] = dict(
        re.findall(r'<input class="input" name="(\S+)" value="([^"]*)"', page)
    )
    fields |= dict(re.findall(r'name="((?:pick|link)-\d+)" value="(1)" checked', page))
    chosen: dict[str, list[str]] = {}
    for name, options in re.findall(r'<select name="(\S+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen.setdefault(name, []).extend(re.findall(r'value="([^"]+)" selected', options))
    fields |= {name: texts[0] if len(texts) == 1 else texts for name, texts in chosen.items()}
    return fields


def slips_of(page: str) -> dict[str, str]:
    """user name: password, as they stand on the slips."""
    return dict(re.findall(r'data-username="(\S+?)".*?data-password>([^<]+)<', page, re.DOTALL))


def test_everybody_who_teaches_gets_an_account_at_once(cast: Cast, client_of: Browser) -> None:
    lan_anh = joins(cast, "Lê Thị Lan Anh", "Giáo viên chủ nhiệm lớp 5A và 5B")
    joins(cast, "Lê Thị Lan", "Bảo vệ")
    browser = client_of(cast.thu)
    form = form_of(browser.get(FROM_STAFF).text)
    assert form[f"username-{lan_anh.id}"] == "lananh"
    assert form[f"username-{cast.giang.id}"] == "giang"
    answer = browser.post(FROM_STAFF, data=form, follow_redirects=True)
    slips = slips_of(answer.text)
    assert set(slips) == {"lananh", "giang"}, "who does not teach is not ticked"
    assert "Lớp 5A có nhiều giáo viên: Lê Thị Lan, Lê Thị Lan Anh" in answer.text
    user = accounts.user_with_password("lananh", slips["lananh"])
    assert user is not None
    assert (user.role, user.must_change_password, user.staff_record_id) == (
        "teacher",
        True,
        lan_anh.id,
    )
    assert [c.name for c in permissions.classes_of(user)] == ["5A", "5B"]
    assert "Đã có tài khoản" in browser.get(FROM_STAFF).text
    stored = "".join(map(str, [*Change.select().dicts(), *PasswordSheet.select().dicts()]))
    assert not [password for password in slips.values() if password in stored]


def test_the_sheet_is_for_one_browser_until_it_is_printed(cast: Cast, client_of: Browser) -> None:
    browser = client_of(cast.thu)
    first = slips_of(
        browser.post(
            FROM_STAFF, data=form_of(browser.get(FROM_STAFF).text), follow_redirects=True
        ).text
    )
    assert slips_of(browser.get(SHEET).text) == first, "a reload costs nothing"
    assert slips_of(client_of(cast.thu).get(SHEET).text) == {}, "another browser"
    assert slips_of(client_of(cast.hoa).get(SHEET).text) == {}
    browser.post(f"{SHEET}/done")
    assert slips_of(browser.get(SHEET).text) == {}
    again = slips_of(browser.post(SHEET, follow_redirects=True).text)
    assert set(again) == {"giang"}
    assert accounts.user_with_password("giang", first["giang"]) is None
    giang = accounts.user_with_password("giang", again["giang"])
    assert giang is not None
    accounts.change_password(giang, PASSWORD, by=giang)
    assert slips_of(browser.get(SHEET).text) == {}, "the password on it opens nothing any more"


def test_the_sheet_is_over_after_an_hour(cast: Cast) -> None:
    key = first_passwords.new_key()
    first_passwords.reset(cast.lan, key, by=cast.thu)
    assert [slip.user for slip in first_passwords.waiting(key, by=cast.thu)] == [cast.lan]
    PasswordSheet.update(made_at=utc_now() - timedelta(minutes=61)).execute()
    assert first_passwords.waiting(key, by=cast.thu) == []


def test_first_passwords_can_be_read_from_paper(cast: Cast) -> None:
    for _ in range(200):
        password = first_passwords.readable("minh")
        assert re.fullmatch(r"(?:[a-km-np-z]+-){3}[2-9]{3}", password)
        accounts.check_password(password, "minh")


@pytest.mark.parametrize(
    ("names", "more", "sentence"),
    [
        (("lan", "giang"), {}, "Tên đăng nhập “lan” đã có người dùng"),
        (("giang", " Giang"), {}, "đang ghi cho"),
        (("cô cúc", "giang"), {}, "chữ thường không dấu"),
        (("cuc", "giang"), {"role": "clerk", "classes": "1"}, "vai trò phải là giáo viên"),
    ],
)
def test_a_line_that_cannot_be_saved_saves_none(
    cast: Cast, client_of: Browser, names: tuple[str, str], more: dict[str, str], sentence: str
) -> None:
    cuc, before = joins(cast, "Hồ Thị Cúc"), User.select().count()
    form = {f"pick-{cuc.id}": "1", f"pick-{cast.giang.id}": "1", f"role-{cast.giang.id}": "teacher"}
    form |= {f"username-{cuc.id}": names[0], f"username-{cast.giang.id}": names[1]}
    form |= {f"role-{cuc.id}": "teacher"} | {
        f"{name}-{cuc.id}": text for name, text in more.items()
    }
    answer = client_of(cast.hoa).post(FROM_STAFF, data=form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert form_of(answer.text).items() >= form.items(), "nothing typed is lost"
    assert User.select().count() == before


def test_two_browsers_save_at_once(cast: Cast, client_of: Browser) -> None:
    cuc = joins(cast, "Hồ Thị Cúc")
    one, other = client_of(cast.thu), client_of(cast.hoa)
    form = form_of(one.get(FROM_STAFF).text)
    mine = {name: text for name, text in form.items() if name.endswith(f"-{cuc.id}")}
    assert one.post(FROM_STAFF, data=mine).status_code == 303
    answer = other.post(FROM_STAFF, data=form | {f"username-{cast.giang.id}": "thaygiang"})
    assert answer.status_code == 422
    assert "Hồ Thị Cúc vừa được tạo tài khoản" in answer.text
    form = form_of(answer.text)
    assert form[f"username-{cast.giang.id}"] == "thaygiang"
    assert set(slips_of(other.post(FROM_STAFF, data=form, follow_redirects=True).text)) == {
        "thaygiang"
    }


def test_nobody_and_people_without_a_name(cast: Cast, client_of: Browser) -> None:
    browser, nameless = client_of(cast.hoa), joins(cast, "")
    page = browser.get(FROM_STAFF).text
    assert f"pick-{nameless.id}" not in form_of(page)
    assert "(chưa có họ tên)" in page
    assert "Chưa chọn ai" in browser.post(FROM_STAFF, data={}).text
    answer = browser.post(FROM_STAFF, data={f"pick-{nameless.id}": "1"})
    assert "Có dòng chưa có họ tên" in answer.text
    assert browser.post(FROM_STAFF, data={f"pick-{cast.an.id}": "1"}).status_code == 404
    wish = {f"pick-{cast.giang.id}": "1", f"role-{cast.giang.id}": "principal"}
    assert client_of(cast.thu).post(FROM_STAFF, data=wish).status_code == 403


def test_an_account_of_the_same_name_is_tied_to_the_record(cast: Cast, client_of: Browser) -> None:
    lan = joins(cast, "Lê Thị Lan")
    browser = client_of(cast.hoa)
    form = form_of(browser.get(FROM_STAFF).text)
    assert f"username-{lan.id}" not in form
    browser.post(FROM_STAFF, data={f"link-{lan.id}": "1"})
    assert User.get_by_id(cast.lan.id).staff_record_id == lan.id
    assert [c.is_linked for c in staff_accounts.candidates() if c.person == lan] == [True]
    assert "khóa tài khoản lan" in browser.get(f"/people/{lan.id}").text
    browser.post(f"/people/{lan.id}/state", data={"state": "Thôi việc", "lock": "1"})
    assert User.get_by_id(cast.lan.id).disabled
    assert [one.id for one in homeroom.unassigned()] == [cast.class_5a.id]


def test_the_last_principal_stays(cast: Cast, client_of: Browser) -> None:
    browser = client_of(cast.hoa)
    role = f"/settings/accounts/{cast.thu.id}/role"
    assert browser.post(role, data={"role": "principal"}).status_code == 302
    deputy = client_of(User.get_by_id(cast.thu.id))
    assert deputy.post(f"/settings/accounts/{cast.hoa.id}/password").status_code == 303
    assert browser.get("/settings").status_code == 302, "signed out"
    assert (
        deputy.post(
            f"/settings/accounts/{cast.hoa.id}/disabled", data={"disabled": "1"}
        ).status_code
        == 302
    )
    for change in (
        lambda: accounts.set_disabled(cast.thu, True, by=cast.hoa),
        lambda: accounts.set_role(cast.thu, "clerk", by=cast.hoa),
    ):
        with pytest.raises(Problem, match="duy nhất"):
            change()
    row = Change.select().where(Change.event == "account.role").get()
    assert (row.old, row.new, row.user) == ("clerk", "principal", cast.hoa)


def test_a_stand_in_on_the_list_of_accounts(cast: Cast, client_of: Browser) -> None:
    browser = client_of(cast.thu)
    address = f"/settings/accounts/{cast.minh.id}/stand-in"
    wrong = browser.post(address, data={"class": cast.class_5a.id, "until": "30/02/2022"})
    assert "như 25/10/2022" in wrong.text
    browser.post(address, data={"class": cast.class_5a.id, "until": "20/10/2022"})
    assert "5A (dạy thay, hết quyền từ 20/10/2022), 5B" in browser.get("/settings/accounts").text
    assert "Phạm Văn Minh (hết quyền từ 20/10/2022)" in browser.get("/history").text
    browser.post(f"{address}/end", data={"class": cast.class_5a.id})
    assert [c.name for c in permissions.classes_of(cast.minh)] == ["5B"]


def test_the_last_sign_in_is_on_the_list(cast: Cast, client_of: Browser) -> None:
    accounts.start_session(cast.lan)
    page = client_of(cast.thu).get("/settings/accounts").text
    assert page.count("chưa lần nào") == 3
