"""What goes over the line: packed text, files kept for a year, personal pages never kept."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from idapp.models import User
from idapp.web.static_files import address_of_files, without_comments
from tests.bench.opening import SCRIPT_BAR, own_script
from tests.browser import chromium, chromium_or_skip
from tests.cast import Cast

STATIC = Path(__file__).resolve().parents[2] / "static"
PACKED = {"Accept-Encoding": "gzip, deflate, br"}


def file(app: Flask, name: str) -> str:
    with app.test_request_context():
        return url_for("static", filename=name)


def test_a_page_is_packed_for_those_who_take_it(
    client_of: Callable[[User], FlaskClient], cast: Cast
) -> None:
    browser, path = client_of(cast.lan), f"/classes/{cast.class_5a.id}"
    plain, packed = browser.get(path), browser.get(path, headers=PACKED)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert "Content-Encoding" not in plain.headers
    assert all("Accept-Encoding" in answer.headers["Vary"] for answer in (plain, packed))
    assert (
        "Content-Encoding" not in browser.get(path, headers={"Accept-Encoding": "gzip;q=0"}).headers
    )


def test_a_page_reached_from_another_site_is_not_packed(
    client_of: Callable[[User], FlaskClient], cast: Cast
) -> None:
    """Else its length would tell whether a guess in the address stands in the page (BREACH)."""
    browser, path = client_of(cast.lan), f"/classes/{cast.class_5a.id}?q=100312000001"
    assert (
        "Content-Encoding"
        not in browser.get(path, headers=PACKED | {"Sec-Fetch-Site": "cross-site"}).headers
    )


def test_small_answers_are_sent_as_they_are(client: FlaskClient) -> None:
    assert "Content-Encoding" not in client.get("/healthz", headers=PACKED).headers


def test_files_are_kept_for_a_year_and_asked_for_once(app: Flask, client: FlaskClient) -> None:
    answer = client.get(file(app, "page.css"), headers=PACKED)
    assert "immutable" in answer.headers["Cache-Control"]
    assert "31536000" in answer.headers["Cache-Control"]
    assert "Cookie" not in answer.headers["Vary"]
    assert answer.headers["Content-Encoding"] == "gzip"
    again = client.get(
        file(app, "page.css"), headers=PACKED | {"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304
    assert not again.data
    head = client.head(file(app, "page.css"), headers=PACKED)
    assert head.status_code == 200
    assert not head.data


def test_a_file_that_is_not_there_is_not_kept(app: Flask, client: FlaskClient) -> None:
    answer = client.get(file(app, "nothing.js"))
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_scripts_of_a_class_are_one_small_text(
    app: Flask, client_of: Callable[[User], FlaskClient], cast: Cast
) -> None:
    """At most 25 KB on the line: all of our own script with everything it imports (N1), and what every
    page has. The table waits for its own alone; all the rest comes when the page has loaded."""
    browser = client_of(cast.lan)
    path = f"/classes/{cast.class_5a.id}"
    page = browser.get(path).text
    ours = re.findall(r'<script[^>]+src="([^"]+)"', page)
    assert ours == [file(app, "grid/grid.js")]
    later = re.findall(r'<meta name="later" content="([^"]+)"', page)
    names = ("htmx-4.0.1.min.js", "everywhere.js", "search.js")
    assert later == [file(app, name) for name in names]
    assert 20_000 < own_script(browser, path) <= SCRIPT_BAR
    answer = browser.get(ours[0], headers=PACKED)
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Content-Encoding"] == "gzip"
    text = gzip.decompress(answer.data).decode()
    assert not re.search(r"^\s*(import|export|//)", text, re.MULTILINE)
    assert "const choices=(" in text
    again = browser.get(ours[0], headers=PACKED | {"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert not again.data


def test_the_first_load_of_a_class(client_of: Callable[[User], FlaskClient], cast: Cast) -> None:
    browser = client_of(cast.lan)
    page = browser.get(f"/classes/{cast.class_5a.id}", headers=PACKED)
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', gzip.decompress(page.data).decode())
    answers = [page, *(browser.get(one, headers=PACKED) for one in files)]
    assert len(files) <= 9
    assert {answer.status_code for answer in answers} == {200}
    assert sum(len(answer.data) for answer in answers) <= 200_000


def test_another_content_is_another_address(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a {}")
    first = address_of_files(tmp_path)
    (tmp_path / "a.css").write_text("b {}")
    assert address_of_files(tmp_path) != first
    assert first.startswith("/static/")


def test_personal_answers_are_never_kept(
    client_of: Callable[[User], FlaskClient], cast: Cast
) -> None:
    browser = client_of(cast.thu)
    for path in (
        f"/classes/{cast.class_5a.id}",
        f"/people/{cast.an.id}",
        "/staff",
        "/people/999999",
        "/login",
    ):
        assert browser.get(path).headers["Cache-Control"] == "no-store", path


@pytest.mark.browser
def test_a_sheet_without_comments_means_the_same() -> None:
    rules_of = """text => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      return [...sheet.cssRules].map((rule) => rule.cssText);
    }"""
    with chromium(chromium_or_skip()) as browser:
        page = browser.new_page()
        for sheet in STATIC.glob("*.css"):
            text = sheet.read_text("utf-8")
            rules = page.evaluate(rules_of, text)
            assert page.evaluate(rules_of, without_comments(text)) == rules, sheet.name
            assert len(rules) > 1
        page.close()
