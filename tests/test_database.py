"""Statements that are worded once, connections that rest, turns of writers."""

import pytest
from peewee import IntegrityError, OperationalError, ProgrammingError

from idapp import database, permissions
from idapp.database import PreparedForMany, PreparedStatement, db, rows, writing
from idapp.models import Change, Person, SchoolClass, User
from tests.cast import Cast

NAMES = PreparedStatement(
    lambda kind, class_: Person.select().where(Person.school_class == class_, Person.kind == kind)
)


def test_a_prepared_question_answers_as_the_query_does(cast: Cast) -> None:
    for _ in range(2):  # the second time without Peewee's help
        assert {p.id for p in NAMES.rows("student", cast.class_5a.id)} == {cast.an.id, cast.binh.id}
        assert NAMES.rows("staff", cast.class_5a.id) == []
    found = NAMES.rows("student", cast.class_5b.id)[0]
    assert found.__data__ == Person.get_by_id(cast.chi.id).__data__
    assert not found.dirty_fields


def test_joined_rows_and_plain_rows(cast: Cast) -> None:
    joined = PreparedStatement(
        lambda id_: (
            Person.select(Person, SchoolClass).left_outer_join(SchoolClass).where(Person.id == id_)
        )
    )
    for _ in range(2):
        [an], [giang] = joined.rows(cast.an.id), joined.rows(cast.giang.id)
        assert an.school_class.name == "5A"
        assert giang.school_class is None
    ids = PreparedStatement(
        lambda role: User.select(User.id, User.username).where(User.role == role)
    )
    assert ids.raw("reviewer") == [(cast.phong.id, "phong")]
    assert ids.raw("nobody") == []


def test_a_prepared_change_counts_what_it_touched(cast: Cast) -> None:
    rename = PreparedStatement(
        lambda id_, name, seen: Person.update(full_name=name).where(
            Person.id == id_, Person.full_name == seen
        )
    )
    assert rename.run(cast.an.id, "Hồ Thị An", "Nguyễn Thị An") == 1
    assert rename.run(cast.an.id, "Hồ Thị Ba", "Nguyễn Thị An") == 0
    assert Person.get_by_id(cast.an.id).full_name == "Hồ Thị An"


def test_many_rows_of_one_statement(cast: Cast) -> None:
    """The history gets its ids from the program: a server would count from one, where the cast's rows stand."""
    add = PreparedStatement(
        lambda id_, subject: Change.insert(
            id=id_, event="test", subject=subject, at="2022-10-16 08:00:00"
        )
    )
    add.run_many((1000 + n, f"row {n}") for n in range(3))
    written = Change.select(Change.subject).where(Change.event == "test").order_by(Change.id)
    assert rows(written) == [
        ("row 0",),
        ("row 1",),
        ("row 2",),
    ]


def test_what_a_teacher_may_see_is_one_rule(cast: Cast) -> None:
    """The fast question about one record and the slow one about all give the same answer, for everybody."""
    for user in (cast.lan, cast.minh, cast.thu, cast.hoa, cast.phong):
        scope = {p.id for p in permissions.people_of(user, include_inactive=True)}
        seen = {p.id for p in Person.select() if permissions.person_of(user, p.id)}
        assert seen == scope, user.username
    assert permissions.person_of(cast.hoa, 10**9) is None


def test_a_thread_keeps_its_connection_until_something_breaks(cast: Cast) -> None:
    before = db.connection()
    database.release()
    assert db.connection() is before
    database.release(broken=True)
    assert db.is_closed()


def test_a_failed_write_leaves_nothing_open(cast: Cast) -> None:
    with pytest.raises(IntegrityError), writing():
        Person.update(address="x").where(Person.id == cast.an.id).execute()
        Person.update(number=cast.an.number).where(Person.id == cast.chi.id).execute()
    assert not db.in_transaction()
    assert Person.get_by_id(cast.an.id).address == ""


def test_a_prepared_statement_may_leave_out_a_value(cast: Cast) -> None:
    """What a role may see decides which of its values a statement needs."""
    everybody = PreparedStatement(lambda user, day: Person.select(Person.id))
    assert len(everybody.raw(1, "2022-10-16")) == Person.select().count()
    one = PreparedStatement(lambda user, id_: Person.select(Person.id).where(Person.id == id_))
    assert one.raw(1, cast.an.id) == [(cast.an.id,)]


def test_a_statement_about_any_number_of_values(cast: Cast) -> None:
    names = PreparedForMany(
        lambda ids: Person.select(Person.id, Person.full_name).where(Person.id.in_(ids))
    )
    people = [cast.an, cast.binh, cast.chi]
    for count in (1, 2, 3, 3):
        ids = [person.id for person in people[:count]]
        assert sorted(names.raw(ids)) == sorted((p.id, p.full_name) for p in people[:count])
        assert {person.id for person in names.rows(ids)} == set(ids)


def test_what_the_library_raises_is_one_of_the_exceptions_of_peewee(cast: Cast) -> None:
    with pytest.raises(IntegrityError), writing():
        db.execute_sql(f"INSERT INTO person SELECT * FROM person WHERE id = {cast.an.id}")
    with pytest.raises((OperationalError, ProgrammingError)), writing():
        db.execute_sql("SELECT nothing FROM nowhere")
    assert db.execute_sql("SELECT 1").fetchone() == (1,)
