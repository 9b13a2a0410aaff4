"""What the pages of a record and of a case say about the register's residence."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from idapp.models import Person, User
from tests.cast import Cast

ClientOf = Callable[[User], FlaskClient]


@pytest.fixture
def elsewhere(cast: Cast) -> Person:
    """An, who lives elsewhere by the register."""
    codes = {"province": "01", "commune": "00004"}
    Person.update(register_residence=codes).where(Person.id == cast.an.id).execute()
    return cast.an


@pytest.mark.parametrize("page", ["/people/{}", "/notices/{}"])
def test_a_residence_elsewhere_is_told_with_its_name(
    client_of: ClientOf, cast: Cast, elsewhere: Person, page: str
) -> None:
    text = client_of(cast.lan).get(page.format(elsewhere.id)).text
    assert 'data-register-residence="other"' in text
    assert "Phường Ba Đình, Thành phố Hà Nội" in text
    assert "không ảnh hưởng" in text


def test_nothing_is_said_without_an_answer(client_of: ClientOf, cast: Cast) -> None:
    text = client_of(cast.lan).get(f"/people/{cast.an.id}").text
    assert "data-register-residence" not in text
