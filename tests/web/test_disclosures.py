"""Whatever leaves the program leaves a row in the history: every address of test_who_may is opened, by who may.

An answer leaves the program if it is a file or a picture, or a page that tells how to print it. A new route of that
kind without ``disclosures.record`` fails here; one that no role of the fixture can open must be given a place below.
"""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idapp import disclosures, first_passwords, history_chain
from idapp.models import Batch, Change, User
from idapp.web.audit_words import about
from idapp.web.school import password_sheet
from tests.cast import Cast
from tests.web.test_who_may import ABSENT, ROLES, SEE, Places, places  # noqa: F401

pytestmark = pytest.mark.usefixtures("few_places")
SAID = (
    "/exports/classes/{c5a}/public",
    "/notices/police/{commune}.docx",
    "/progress/report",
    "/exports/school.xlsx",
    "/imports/{upload}/errors.xlsx",
)
ClientOf = Callable[[User], FlaskClient]
OPEN = ("/help", "{static}", "/healthz")  # about nobody
# what the fixture has nothing for: made below, or never giving anything away
MADE_BELOW = {"/batches/{batch}/request.xlsx"}
LEAVING = (
    *MADE_BELOW,
    "/notices/slips?class={c5a}",
    "/exports/classes/{c5a}/public",
    "/exports/classes/{c5a}.xlsx?form=416",
    "/notices/police/{commune}",
    "/explanations/list.docx",
    "/imports/{upload}/errors.xlsx",
    "/progress.json",
)
FOR_NOBODY = {
    "/progress/people?column=secret",
    "/progress/schools/1",  # figures of classes, on the screen
    "/settings/simulator",
    "/metrics",  # figures of the installation, off by default
    *(
        path
        for path in SEE
        if path.startswith(("/setup", "/settings")) and path.endswith("/progress")
    ),
    *(path for path in SEE if path.startswith("/setup")),
    *ABSENT,
}


def leaves(answer: TestResponse) -> bool:
    if answer.status_code != 200:
        return False
    if answer.mimetype != "text/html" or "Content-Disposition" in answer.headers:
        return True
    return "Ctrl+P" in answer.text and "<p>0 phiếu" not in answer.text


def rows_after(newest: int) -> list[Change]:
    return list(Change.select().where(Change.id > newest, Change.event.in_(disclosures.EVENTS)))


def test_whatever_leaves_the_program_is_in_the_history(
    cast: Cast,
    client_of: ClientOf,
    places: Places,  # noqa: F811
) -> None:
    client_of_role = {name: client_of(getattr(cast, name)) for name in ("lan", "hoa")}
    left: dict[str, list[str]] = {}
    for path, codes in SEE.items():
        role = "hoa" if codes[ROLES.index("hoa")] == 200 else "lan"
        if path.startswith(OPEN) or codes[ROLES.index(role)] != 200:
            continue
        newest = history_chain.head().id
        answer = client_of_role[role].get(path.format(**places))
        if leaves(answer):
            left[path] = [row.event for row in rows_after(newest)]
    silent = {path for path, events in left.items() if not events}
    assert not silent
    assert len(left) > 20
    rows = Change.select().where(Change.subject != "")
    assert {row.subject for row in rows if about(row) == row.subject} == set(), "not in words"


def test_no_address_hides_from_the_walk() -> None:
    """What nobody of the fixture can open is either made by a test of its own, or gives nothing away."""
    opened = {200, 204, 302, 303}  # 204: nothing new on a table
    never_open = {
        path for path, codes in SEE.items() if opened.isdisjoint(codes[1:]) and codes[0] != 200
    }
    assert never_open - FOR_NOBODY == MADE_BELOW


def test_the_rows_say_how_many_and_of_which_class_but_no_number(
    cast: Cast,
    client_of: ClientOf,
    places: Places,  # noqa: F811
) -> None:
    Batch.update(channel="file", state="waiting_for_answers").execute()
    browser = client_of(cast.hoa)
    newest = history_chain.head().id
    for path in LEAVING:
        assert browser.get(path.format(**places)).status_code == 200, path
    rows = rows_after(newest)
    assert [(row.event, row.subject, row.new) for row in rows] == [
        ("export", f"batch {places['batch']}", "3 hồ sơ (gửi xác thực bằng tệp)"),
        ("print.slips", "", "1 phiếu"),  # one person alone: a row of that record
        ("print.paper", f"public list of class {cast.class_5a.id}", "2 hồ sơ"),
        ("export", f"class {cast.class_5a.id}", "2 hồ sơ (mẫu 4.1.6)"),
        ("print.paper", f"police letter to {places['commune']}", "1 hồ sơ"),
        ("export", "explanations", "1 hồ sơ (tệp Word)"),
        ("export", f"rows to mend of import {places['upload']}", "0 dòng"),
        ("export", "progress.json", ""),
    ]
    assert {row.user for row in rows} == {cast.hoa}
    assert {row.address for row in rows} == {"127.0.0.1"}
    assert not re.search(r"[0-9]{9}", " ".join(f"{row.subject} {row.new}" for row in rows))


def test_the_sheet_of_passwords_is_in_the_history_while_it_has_slips(
    cast: Cast, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "ab" * 32
    monkeypatch.setattr(password_sheet, "key_of_browser", lambda: key)
    first_passwords.reset(cast.minh, key, by=cast.hoa)
    newest = history_chain.head().id
    page = client_of(cast.hoa).get("/settings/accounts/sheet")
    assert leaves(page)
    assert [(row.event, row.new) for row in rows_after(newest)] == [("print.passwords", "1 phiếu")]


def test_the_principal_finds_all_of_it_under_one_kind(
    cast: Cast,
    client_of: ClientOf,
    places: Places,  # noqa: F811
) -> None:
    browser = client_of(cast.hoa)
    for path in SAID:
        assert browser.get(path.format(**places)).status_code == 200
    page = browser.get("/history?kind=disclosed").text
    for words in (
        "mở văn bản để in",
        "Danh sách để công bố: Lớp 5A",
        "Công văn gửi công an Xã Mỹ An",
        "Báo cáo tiến độ",
        "Học sinh toàn trường",
        "Dòng cần sửa: Tệp lop-5a.xlsx",
        "2 hồ sơ",
        "từ máy 127.0.0.1",
    ):
        assert words in page, words
    assert "đăng nhập" not in page.partition("<table")[2]


def test_only_named_ways_out_are_written(cast: Cast) -> None:
    with pytest.raises(ValueError, match="elsewhere"):
        disclosures.record("elsewhere", by=cast.hoa)
