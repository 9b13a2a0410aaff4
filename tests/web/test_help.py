"""The guides say what is true: every button, picture, link and page that they name is there."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from idapp.models import User
from idapp.web.help.contents import GUIDE_OF_PAGE, GUIDE_OF_ROLE, GUIDE_OF_SUBJECT
from idapp.web.help.guides import FOLDER, library
from tests.cast import Cast
from tests.screenshots import HELP, LARGEST, PICTURES
from tests.words_on_screens import is_on_a_screen

TEXTS = {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.md"))}
GUIDES = [name for name in TEXTS if name != "README"]
NO_PAGES = """
    card_photos.picture card_photos.progress
    backups.progress doubles.count ministry_entry.count ministry_entry.school_count
    exports.class_workbook exports.school_workbook exports.staff_workbook health imports.errors imports.progress metrics
    exports.public_list_file notices.explanations_file notices.police_letter_file progress.word_report
    privacy.about_person_file
    verification.minutes_file
    notices.scan_page people.cell_history people.class_by_name people.class_changes people.find_places
    ministry_entry.workbook people.staff_changes places.progress progress.machine progress.workbook static
    verification.minutes school_years.progress verification.problems verification.progress verification.request_file
    """.split()  # noqa: SIM905 - files, pieces of pages, ways to pages: nothing with a heading of its own


def in_bold(text: str) -> list[str]:
    without_code = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [" ".join(words.split()) for words in re.findall(r"\*\*(.+?)\*\*", without_code, re.S)]


def links(text: str) -> list[str]:
    return re.findall(r"(?<!!)\[[^]]+\]\(([^)]+)\)", text)


def pictures(text: str) -> list[tuple[str, str]]:
    """[(alternative text, address)]"""
    return re.findall(r"!\[([^]]*)\]\(([^)]+)\)", text)


# what they say is true


@pytest.mark.parametrize("name", GUIDES)
def test_what_is_bold_stands_on_a_screen(name: str) -> None:
    assert not [words for words in in_bold(TEXTS[name]) if not is_on_a_screen(words)]


def test_a_button_that_nobody_can_press_would_be_noticed() -> None:
    assert is_on_a_screen("Lưu 507 dòng vào hồ sơ")
    assert is_on_a_screen("Lưu và em tiếp theo")
    assert is_on_a_screen("Chọn cột để lưu")
    assert not is_on_a_screen("Lưu 507 dòng vào hồ sơ ngay")
    assert not is_on_a_screen("Xóa hết")


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name: str, app: Flask) -> None:
    addresses = app.url_map.bind("localhost")
    for link in links(TEXTS[name]):
        if link.startswith("/"):
            assert addresses.match(link.partition("?")[0], "GET"), link
        else:
            target, _, anchor = link.partition("#")
            assert target.removesuffix(".md") in GUIDES, link
            guide = library("/static").by_name[target.removesuffix(".md")]
            assert not anchor or anchor in {section.anchor for section in guide.sections}, link


@pytest.mark.parametrize("name", TEXTS)
def test_pictures_are_there_and_say_what_they_show(name: str) -> None:
    for alternative, address in pictures(TEXTS[name]):
        path = (FOLDER / address).resolve()
        assert path.is_file(), f"{address}: run `make screenshots`"
        assert path.parent == HELP
        assert path.stem in {picture.name for picture in PICTURES}
        assert len(alternative) >= 10, address


def test_the_pages_of_the_pictures_are_there(app: Flask) -> None:
    addresses = app.url_map.bind("localhost")
    for picture in PICTURES:
        try:
            addresses.match(picture.path.partition("?")[0], "GET")
        except HTTPException:
            pytest.fail(f"{picture.name}: no page {picture.path}")


def test_no_picture_is_left_over_and_all_are_small() -> None:
    named = {Path(address).stem for text in TEXTS.values() for _, address in pictures(text)}
    files = {path.stem: path.stat().st_size for path in HELP.glob("*.png")}
    assert set(files) == {picture.name for picture in PICTURES} == named
    assert max(files.values()) <= LARGEST
    assert sum(files.values()) < 2_000_000


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_is_short_and_has_the_form_of_the_house(name: str) -> None:
    """One screen and a half; a title, no HTML."""
    text = TEXTS[name]
    assert text.startswith("# ")
    assert len(text.split()) <= 600
    assert "<" not in text


# they are found


def test_the_contents_name_every_guide_by_its_title() -> None:
    all_guides = library("/static")
    assert set(all_guides.by_name) == set(GUIDES)
    for title, name in re.findall(r"- \[([^]]+)\]\(([a-z0-9-]+)\.md\)", TEXTS["README"]):
        assert all_guides.by_name[name].title == title


def test_every_page_has_its_guide(app: Flask) -> None:
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith("help.")
    }
    assert pages - set(NO_PAGES) == set(GUIDE_OF_PAGE)
    guides = {*GUIDE_OF_PAGE.values(), *GUIDE_OF_ROLE.values(), *GUIDE_OF_SUBJECT.values()}
    assert guides <= set(GUIDES)
    assert {endpoint for endpoint, _ in GUIDE_OF_ROLE} <= pages


def test_a_page_leads_to_its_guide(
    cast: Cast, client: FlaskClient, client_of: Callable[[User], FlaskClient]
) -> None:
    def guide(browser: FlaskClient, path: str) -> str:
        match = re.search(
            r'href="(/help[^"]*)">Trợ giúp<', browser.get(path).get_data(as_text=True)
        )
        assert match, path
        return match[1]

    assert guide(client, "/login") == "/help/dang-nhap"
    assert guide(client_of(cast.thu), "/imports/new") == "/help/nhap-tep"
    assert guide(client_of(cast.hoa), "/progress") == "/help/tien-do"
    assert guide(client_of(cast.phong), "/progress") == "/help/co-quan-quan-ly"
    assert guide(client_of(cast.thu), "/no/such/page") == "/help"
    refused = client_of(cast.hoa).post(
        "/settings/accounts", data={"username": "?", "role": "teacher"}
    )
    assert refused.status_code == 422
    assert '"/help/tai-khoan"' in refused.text, "the guide of the page, not of the deed"


def test_the_own_guides_come_first(
    cast: Cast, client: FlaskClient, client_of: Callable[[User], FlaskClient]
) -> None:
    def first(browser: FlaskClient) -> str:
        return re.findall(r"<h2>(.+)</h2>", browser.get("/help").get_data(as_text=True))[0]

    assert first(client) == first(client_of(cast.lan)) == "Giáo viên chủ nhiệm"
    assert first(client_of(cast.thu)) == "Văn thư"
    assert first(client_of(cast.phong)) == "Cơ quan quản lý"


def test_guides_are_found_without_marks(client: FlaskClient) -> None:
    def found(query: str) -> list[str]:
        page = client.get("/help", query_string={"q": query}).get_data(as_text=True)
        [answer] = re.findall(r"Trang có “.*?</section>", page, re.DOTALL)
        return re.findall(r'href="/help/([a-z-]+)"', answer)

    assert found("quen mat khau")[0] == "dang-nhap"
    assert found("HOAN TAC")[0] == "hoan-tac"
    assert found("<script>") == []
    assert "Chưa có trang nào" in client.get("/help?q=xyzxyz").get_data(as_text=True)


# how they look


@pytest.mark.parametrize("name", GUIDES)
def test_guides_open_for_everybody(name: str, client: FlaskClient) -> None:
    page = client.get(f"/help/{name}")
    html = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "style=" not in html
    assert "**" not in html
    for address in re.findall(r'<img src="([^"]+help[^"]+)"', html):
        picture = client.get(address)
        assert picture.status_code == 200
        assert "max-age" in picture.headers["Cache-Control"]


def test_the_keys_are_the_same_everywhere(
    cast: Cast, client_of: Callable[[User], FlaskClient]
) -> None:
    """In the guide, in the dialog of `?` (the guide as a fragment), below the table."""
    row = "<td>lịch sử của ô</td>"
    teacher, reviewer = client_of(cast.lan), client_of(cast.phong)
    dialog = teacher.get("/help/phim-tat", headers={"HX-Request": "true"}).get_data(as_text=True)
    table = f"/classes/{cast.class_5a.id}"
    assert row in dialog
    assert "<html" not in dialog
    assert row in teacher.get("/help/phim-tat").get_data(as_text=True)
    assert row in teacher.get(table).get_data(as_text=True)
    assert row not in reviewer.get(table).get_data(as_text=True)
    assert "<kbd>F8</kbd>" in reviewer.get(table).get_data(as_text=True)


def test_a_guide_that_is_not_there(client: FlaskClient) -> None:
    assert client.get("/help/README").status_code == 404
    assert client.get("/help/..%2f..%2fREADME").status_code == 404
