"""Addresses in templates are those of Flask, however often they were asked for."""

from collections.abc import Callable

from flask import Flask, url_for
from flask.testing import FlaskClient

from idapp.models import User
from tests.cast import Cast

ClientOf = Callable[[User], FlaskClient]


def both(app: Flask, endpoint: str, **values: object) -> tuple[str, str]:
    """The address as a template gets it, the second time, and as Flask works it out."""
    of_template = app.jinja_env.globals["url_for"]
    of_template(endpoint, **values)
    return of_template(endpoint, **values), url_for(endpoint, **values)


def test_an_address_is_flasks_own_below_every_path_and_by_every_method(
    cast: Cast, client_of: ClientOf
) -> None:
    app = client_of(cast.lan).application
    asked = [
        ("people.person", {"person_id": 17}),
        ("people.class_table", {"class_id": 5}),
        ("people.class_by_name", {"name": "5A/<b>"}),
        ("progress.people_behind", {"kind": "student", "class": 3}),
        ("progress.people_behind", {"kind": "student", "grade": None}),
        ("notices.index", {"page": 1}),
        ("notices.index", {"page": True}),
        ("notices.index", {"page": "1"}),
        ("notices.index", {"_anchor": "top"}),
        ("people.home", {"_external": True}),
        ("progress.board", {"kind": ["a", "b"]}),
        (".index", {}),
        ("static", {"filename": "grid.css"}),
    ]
    for root in ("", "/duoi", ""):
        for method in ("GET", "POST", "GET"):
            with app.test_request_context("/notices", method=method, base_url=f"http://x{root}"):
                for endpoint, values in asked:
                    ours, flasks = both(app, endpoint, **values)
                    assert ours == flasks


def test_what_one_request_hands_on_is_not_in_the_addresses_of_the_next(
    cast: Cast, client_of: ClientOf
) -> None:
    """The page of a case knows from which list it was opened."""
    app = client_of(cast.lan).application
    for back in ("/notices?state=open", "", "/notices?page=2"):
        query = {"back": back} if back else {}
        with app.test_request_context("/notices/17", query_string=query):
            ours, flasks = both(app, "notices.show", person_id=17)
            assert ours == flasks
            assert ("back=" in ours) == bool(back)
