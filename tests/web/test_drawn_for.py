"""A form that one user opened is not carried out in the name of the next."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idapp.models import Change, User
from tests.cast import Cast

TEMPLATES = Path(__file__).parent.parent.parent / "templates"
FIELD = '<input type="hidden" name="drawn_for" value="'


def test_every_form_that_posts_says_for_whom(app: Flask) -> None:
    """Of all templates, as Jinja compiles them; line numbers stay as they are."""
    forms = 0
    for path in sorted(TEMPLATES.rglob("*.html")):
        source = path.read_text(encoding="utf-8")
        compiled = str(app.jinja_env.preprocess(source))
        posting = len(re.findall(r'[^m]method="post"', source))  # a button's formmethod is no form
        assert compiled.count(FIELD) == posting, path.name
        assert compiled.count("\n") == source.count("\n"), path.name
        forms += posting
    assert forms > 80


@pytest.mark.parametrize(
    ("tag", "is_posting"),
    [
        ('<form method="post" action="{{ a > b }}">', True),
        ('<form class="{% if a > b %}x{% endif %}"\n  method="post">', True),
        ('<form method="get">', False),
        ('<form method="dialog">', False),
    ],
)
def test_where_the_field_goes(app: Flask, tag: str, is_posting: bool) -> None:
    compiled = str(app.jinja_env.preprocess(f"<p>{tag}<button>"))
    assert compiled.startswith(f"<p>{tag}")
    assert (FIELD in compiled) is is_posting


def test_a_form_of_one_user_is_not_carried_out_for_the_next(
    client_of: Callable[[User], FlaskClient], cast: Cast
) -> None:
    lan_s_page = client_of(cast.lan).get("/account").text
    drawn_for = re.search(r'name="drawn_for" value="(\d+)"', lan_s_page)
    assert drawn_for is not None
    assert drawn_for[1] == str(cast.lan.id)
    now_thu = client_of(cast.thu)
    phone = {"phone": "0912 345 678"}
    answer = now_thu.post("/account/phone", data=phone | {"drawn_for": drawn_for[1]})
    assert answer.status_code == 409
    assert "mở cho tài khoản khác" in answer.text
    assert cast.thu.full_name in answer.text
    assert User.get_by_id(cast.thu.id).phone == ""
    assert Change.select().where(Change.event == "account.phone").count() == 0
    answer = now_thu.post("/account/phone", data=phone | {"drawn_for": str(cast.thu.id)})
    assert answer.status_code == 303
    assert now_thu.post("/account/phone", data={"phone": ""}).status_code == 303, "a script's"


def test_a_fragment_says_it_too(client_of: Callable[[User], FlaskClient], cast: Cast) -> None:
    answer = client_of(cast.thu).post(
        f"/notices/{cast.an.id}/state",
        data={"state": "asked", "drawn_for": str(cast.lan.id)},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 409
    assert "<html" not in answer.text
    assert "mở cho tài khoản khác" in answer.text
