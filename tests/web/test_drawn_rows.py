"""Rows of a table are drawn once for each content: what is kept is never another row, nor one of before."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from jinja2 import meta
from peewee import BooleanField, CharField, DateTimeField, Field, ForeignKeyField, IntegerField

from idapp import homeroom, people
from idapp.database import db
from idapp.models import Campaign, Person, SchoolClass, User
from idapp.web.people import drawn_rows
from idapp.web.people.drawn_rows import Look
from tests.cast import Cast, pupil

ClientOf = Callable[[User], FlaskClient]
OTHER_VALUES = {
    "kind": "staff",
    "state": "Tạm nghỉ học",
    "gender": "Nam",
    "status": "mismatch",
    "problems": [
        {
            "field": "full_name",
            "code": "odd",
            "level": "warning",
            "message": "Lạ <b>",
            "suggestion": "An",
        }
    ],
    "repaired": {"address": "<i>Ap 3"},
    "differences": {"date_of_birth": ["20/03/2012", "21/03/2012"]},
    "register_residence": {"province": "80"},
    "identity_number": "100312000777",
}


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    drawn_rows._drawn.cache_clear()


def page(client: FlaskClient, school_class: SchoolClass) -> str:
    """The page as it comes from what is kept; it is what comes from nothing kept."""
    answer = client.get(f"/classes/{school_class.id}")
    assert answer.status_code == 200
    drawn_rows._drawn.cache_clear()
    assert client.get(f"/classes/{school_class.id}").text == answer.text
    return answer.text


def another(column: Field, person: Person, cast: Cast) -> object:
    """A value that the column does not have."""
    if column.name in OTHER_VALUES:
        return OTHER_VALUES[column.name]
    if isinstance(column, BooleanField):
        return not getattr(person, column.name)
    if isinstance(column, IntegerField):
        return getattr(person, column.name) + 3
    if isinstance(column, ForeignKeyField):
        return cast.class_5b.id
    if isinstance(column, DateTimeField):
        return "2022-10-10 10:10:10"
    if isinstance(column, CharField) and column.max_length in (5, 6):
        return "x"
    return f"{getattr(person, column.name) or ''} <khác>"[-8:]


STORED_COLUMNS = [name for name in Person._meta.sorted_field_names if name != "id"]


@pytest.mark.parametrize("name", STORED_COLUMNS)
def test_whatever_is_written_the_next_page_shows(
    name: str, cast: Cast, client_of: ClientOf
) -> None:
    """Each column in turn, whoever writes it: here nobody, a bare UPDATE."""
    column = getattr(Person, name)
    client = client_of(cast.thu)
    if name == "differences":  # told while the register's last answer stands
        Person.update(status="mismatch").execute()
    before = page(client, cast.class_5a)
    Person.update({column: another(column, cast.an, cast)}).where(Person.id == cast.an.id).execute()
    after = page(client, cast.class_5a)
    if name in drawn_rows._NAMES and name != "position":  # of the staff
        assert after != before


def test_who_only_looks_on_never_gets_the_row_of_those_who_see_numbers(
    cast: Cast, client_of: ClientOf
) -> None:
    numbers = cast.an.identity_number
    for user, is_seen in ((cast.lan, True), (cast.phong, False), (cast.hoa, True)):
        text = client_of(user).get(f"/classes/{cast.class_5a.id}").text
        assert (numbers in text) == is_seen


def test_the_other_bearer_of_a_number_is_named_as_called_now(
    cast: Cast, client_of: ClientOf
) -> None:
    """What a row says hangs on records of other classes, which the reader may not see."""
    values = pupil("Bùi Văn Đôi", serial=1) | {"identity_number": cast.an.identity_number}
    double = people.add(kind="student", school_class=cast.class_5b, values=values, by=cast.thu)
    clerk, teacher = client_of(cast.thu), client_of(cast.lan)
    assert "Bùi Văn Đôi (5B)" in page(clerk, cast.class_5a)
    assert "Bùi Văn Đôi" not in page(teacher, cast.class_5a)
    people.change(double, "full_name", "Bùi Văn Ba", seen="Bùi Văn Đôi", by=cast.thu)
    assert "Bùi Văn Ba (5B)" in page(clerk, cast.class_5a)
    SchoolClass.update(name="5K").where(SchoolClass.id == cast.class_5b.id).execute()
    assert "Bùi Văn Ba (5K)" in page(clerk, cast.class_5a)
    homeroom.assign_teachers(cast.class_5b, [cast.lan], by=cast.thu)
    assert "Bùi Văn Ba (5K)" in page(teacher, cast.class_5a)
    Person.update(school_class=cast.class_5a).where(Person.id == double.id).execute()
    assert "Bùi Văn Ba (5K)" not in page(clerk, cast.class_5a)


def test_columns_and_addresses_are_those_of_the_page(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    assert 'data-field="district"' in page(client, cast.class_5a)
    Campaign.update(epoch="2level").execute()
    assert 'data-field="district"' not in page(client, cast.class_5a)
    look = Look("student", "2level", may_edit=True, masked=False, root="/duoi")
    with client.application.app_context():
        rows = drawn_rows.rows_of_class(cast.class_5a, cast.lan, look)
    assert f'href="/duoi/people/{cast.an.id}"' in rows[0].html
    assert f'href="/people/{cast.an.id}"' in page(client, cast.class_5a)


def test_a_suggestion_is_offered_only_to_those_who_may_edit(
    cast: Cast, client_of: ClientOf
) -> None:
    Person.update(problems=OTHER_VALUES["problems"]).where(Person.id == cast.an.id).execute()
    assert 'data-use="An"' in page(client_of(cast.thu), cast.class_5a)
    assert 'data-use="An"' not in page(client_of(cast.phong), cast.class_5a)
    assert 'data-use="An"' in page(client_of(cast.lan), cast.class_5a)


def test_a_row_is_drawn_without_database_request_or_user(cast: Cast, client_of: ClientOf) -> None:
    """The proof that nothing but the arguments is read: there is nothing else to read."""
    app = client_of(cast.lan).application
    Person.update(
        problems=OTHER_VALUES["problems"],
        differences=OTHER_VALUES["differences"],
        status="mismatch",
    ).execute()
    stored = drawn_rows._OF_CLASS.raw(cast.thu, cast.class_5a.id)
    look = Look("student", "3level", may_edit=True, masked=False, root="")
    db.close()
    db.obj.autoconnect, as_before = False, db.obj.autoconnect
    try:
        with app.app_context():
            rows = [drawn_rows._drawn(each, look, ("Bùi Văn Ba",)) for each in stored]
    finally:
        db.obj.autoconnect = as_before
        db.connect()
    assert len(rows) == 2


def test_its_templates_name_nothing_that_changes(cast: Cast, client_of: ClientOf) -> None:
    env = client_of(cast.lan).application.jinja_env
    named: set[str] = set()
    for template in ("people/_row.html", "people/_cell.html"):
        source = env.loader.get_source(env, template)[0]
        named |= meta.find_undeclared_variables(env.parse(source))
    given = {"cells", "person", "root"}
    # lists of the program, and functions of their arguments (a conflict, with its time, is never in a table)
    constant = {"FIELD", "status_word", "is_away", "time_vn"}
    of_their_own = {"c", "offers"}  # set in one branch of a macro
    assert named <= given | constant | of_their_own
    assert given <= named


def test_no_more_is_kept_than_the_classes_of_an_evening() -> None:
    assert drawn_rows._drawn.cache_info().maxsize == 2048
