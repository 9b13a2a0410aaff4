"""Downloading workbooks: who may, what comes, and that it is noted."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from idapp import imports
from idapp.models import Change, User
from tests.cast import Cast
from tests.test_exports import texts_of

ClientOf = Callable[[User], FlaskClient]
PATHS = (
    "/exports/classes/1.xlsx",
    "/exports/classes/1.xlsx?form=416",
    "/exports/school.xlsx",
    "/exports/staff.xlsx",
)


@pytest.mark.parametrize("path", PATHS)
def test_the_office_downloads_everything_and_it_is_noted(
    cast: Cast, client_of: ClientOf, path: str
) -> None:
    answer = client_of(cast.thu).get(path)
    assert answer.status_code == 200
    assert answer.data.startswith(b"PK")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["Cache-Control"] == "no-store"
    noted = list(Change.select().where(Change.event == "export"))
    assert [row.user for row in noted] == [cast.thu]


def test_a_teacher_downloads_the_own_class(cast: Cast, client_of: ClientOf) -> None:
    answer = client_of(cast.lan).get(f"/exports/classes/{cast.class_5a.id}.xlsx")
    assert answer.status_code == 200
    assert 'filename="lop-5a.xlsx"' in answer.headers["Content-Disposition"]
    assert {"Nguyễn Thị An", cast.an.identity_number} <= texts_of(answer.data)


def test_what_comes_down_goes_up_unchanged(cast: Cast, client_of: ClientOf) -> None:
    data = client_of(cast.lan).get(f"/exports/classes/{cast.class_5a.id}.xlsx").data
    upload = imports.read_bytes(data, "lop-5a.xlsx", by=cast.lan)
    assert imports.review(upload, by=cast.lan).totals.to_write == 0


def test_another_class_is_not_there(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    for path in (f"/exports/classes/{cast.class_5b.id}.xlsx", "/exports/classes/99.xlsx"):
        assert client.get(path).status_code == 404
    assert not Change.select().where(Change.event == "export").exists()


@pytest.mark.parametrize("path", PATHS[2:])
def test_a_teacher_does_not_download_the_school(cast: Cast, client_of: ClientOf, path: str) -> None:
    assert client_of(cast.lan).get(path).status_code == 403


@pytest.mark.parametrize("path", PATHS)
def test_the_reviewer_downloads_no_records(cast: Cast, client_of: ClientOf, path: str) -> None:
    assert client_of(cast.phong).get(path).status_code == 403


@pytest.mark.parametrize("path", PATHS)
def test_nobody_signed_in_goes_to_the_login_page(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert "/login" in answer.location


@pytest.mark.parametrize("path", PATHS)
def test_downloading_is_a_get(cast: Cast, client_of: ClientOf, path: str) -> None:
    assert client_of(cast.thu).post(path).status_code == 405
