"""Every page says who may enter, every template is used, nothing comes from another site."""

import re
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from idapp.web.access import MARK

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / "templates"


def test_every_page_is_marked(app: Flask) -> None:
    unmarked = [name for name, view in app.view_functions.items() if not hasattr(view, MARK)]
    assert not unmarked


def test_what_is_open_to_all(app: Flask) -> None:
    """A new page without a login is a decision, made here."""
    everybody = {
        name for name, view in app.view_functions.items() if getattr(view, MARK, "") == "everybody"
    }
    assert everybody == {
        "accounts.login",
        "accounts.sign_in",
        "accounts.logout",
        # behind the right password: a signed cookie of five minutes, else the way back to it
        "second_step.ask",
        "second_step.enter",
        "health",
        # off by default; then for this machine or with a token
        "metrics",
        "help.index",
        "help.page",
        "privacy.show",
        "static",
        # guarded by the one-time code, and gone once there is a school
        "setup.start",
        "setup.enter",
        "setup.school",
        "setup.keep_school",
        "setup.campaign",
        "setup.keep_campaign",
        "setup.principal",
        "setup.found",
        "setup.office",
        "setup.found_office",
        "setup.restore",
        "setup.put_back",
    }


def test_no_template_is_unused() -> None:
    names = {str(p.relative_to(TEMPLATES)) for p in TEMPLATES.rglob("*.html")}
    texts = [p.read_text() for p in (*TEMPLATES.rglob("*.html"), *(ROOT / "idapp").rglob("*.py"))]
    assert not {name for name in names if not any(name in text for text in texts)}


def test_nothing_inline_and_nothing_foreign() -> None:
    """The policy forbids it; a template that tries would simply not work."""
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
        assert not re.search(r"\s(style|on[a-z]+)\s*=\s*[\"']", text), path
        assert not re.search(r"(src|href)=[\"'](https?:)?//", text), path


def test_lines_of_templates_do_not_grow_wider() -> None:
    """120 characters. What is wider is from before; the number may only fall."""
    lines = [line for path in TEMPLATES.rglob("*.html") for line in path.read_text().splitlines()]
    assert len([line for line in lines if len(line) > 120]) <= 58


def test_words_are_spelled_in_one_way() -> None:
    """Both are right; a screen that mixes them looks careless. What people type may be spelled either way."""
    told = [
        *TEMPLATES.rglob("*.html"),
        *(ROOT / "static").rglob("*.js"),
        *(ROOT / "idapp").rglob("*.py"),
    ]
    for path in (*told, *(ROOT / "docs" / "huong-dan").glob("*.md")):
        assert not re.search(r"\b([Xx]oá|[Kk]hoá|[Hh]oá|[Hh]oạ)\b", path.read_text()), path


def test_no_gap_stands_before_a_comma_or_a_full_stop() -> None:
    """A line broken before `{% if more %}, ...` shows "1 tệp , 2 tệp": that tag needs its `{%-`."""
    tags_then_mark = r"""\s(\{%(?!-)[^%]*(?<!-)%\})*([,.;:!?](?=[\s<{])|\{\{(?!-)\s*["'][,.;:)])"""
    for path in TEMPLATES.rglob("*.html"):
        assert not (gap := re.search(tags_then_mark, path.read_text())), (path, gap)


def test_all_routes_have_the_promised_addresses(app: Flask) -> None:
    """The stable surface: scripts, bookmarks and printed codes rely on these."""
    rules = {re.sub(r"<[^>]+>", "<>", rule.rule) for rule in app.url_map.iter_rules()}
    promised = """
    /login /logout / /classes /classes/<> /classes/by-name/<> /staff /people/<>/cells/<> /classes/<>/people /people/<>
    /people/<>/history /imports/new /imports /imports/<> /imports/<>/confirm /imports/<>/errors.xlsx
    /exports/classes/<>.xlsx /exports/school.xlsx /exports/staff.xlsx /batches /batches/new /batches/<>
    /batches/<>/progress /batches/<>/pause /batches/<>/resume /batches/<>/stop /batches/<>/retry /notices /notices/<>
    /progress /progress.xlsx /progress.json /history /healthz""".split()  # noqa: SIM905
    assert not set(promised) - rules


def test_another_site_s_name_for_this_machine_is_refused(client: FlaskClient) -> None:
    assert client.get("/login", headers={"Host": "localhost:8000"}).status_code == 200
    assert client.get("/login", headers={"Host": "127.0.0.1"}).status_code == 200
    assert client.get("/login", headers={"Host": "evil.example"}).status_code == 400
