"""Lines that are drawn once for each content: what is kept is never another line, nor one for other eyes."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from jinja2 import nodes

from idapp import progress
from idapp.database import db
from idapp.models import STATUSES, ClassTeacher, Person, SchoolClass, User
from idapp.progress.report import COLUMNS
from idapp.web import drawn_options
from idapp.web.people import reasons
from idapp.web.progress import drawn_lines
from tests.cast import Cast

ClientOf = Callable[[User], FlaskClient]
EVERY_COLUMN = tuple(name for name, _ in COLUMNS if name not in STATUSES)
NO_TEACHER_CHIP = "Chưa có GVCN"


def page(client: FlaskClient) -> str:
    """The board as it comes from what is kept; it is what comes from nothing kept."""
    text = client.get("/progress").text
    drawn_lines._drawn.cache_clear()
    assert client.get("/progress").text == text
    return text


@pytest.mark.parametrize("status", STATUSES)
def test_whatever_is_counted_the_next_board_shows(
    status: str, cast: Cast, client_of: ClientOf
) -> None:
    client = client_of(cast.hoa)
    before = page(client)
    Person.update(status=status, number=None).where(Person.id == cast.an.id).execute()
    assert page(client) != before
    SchoolClass.update(name="5K").where(SchoolClass.id == cast.class_5a.id).execute()
    assert 'data-class="5K"' in page(client)


def test_each_reader_gets_the_own_board_whoever_looked_before(
    cast: Cast, client_of: ClientOf
) -> None:
    ClassTeacher.delete().where(ClassTeacher.school_class == cast.class_5b.id).execute()
    everybody = (cast.hoa, cast.lan, cast.phong, cast.thu)
    alone = {user.id: page(client_of(user)) for user in everybody}
    for user in (*everybody, *reversed(everybody)):
        assert client_of(user).get("/progress").text == alone[user.id]
    for user, is_told in ((cast.thu, True), (cast.hoa, True), (cast.phong, False)):
        assert (NO_TEACHER_CHIP in alone[user.id]) == is_told
    assert 'href="/staff">Tất cả' in alone[cast.phong.id]
    assert 'data-class="5B"' not in alone[cast.lan.id]
    assert "Tất cả</a>" not in alone[cast.lan.id]


def test_a_line_is_drawn_without_database_request_or_user(cast: Cast, client_of: ClientOf) -> None:
    """The proof that nothing but the arguments is read: there is nothing else to read."""
    app = client_of(cast.hoa).application
    view = progress.board(cast.hoa)
    db.close()
    db.obj.autoconnect, as_before = False, db.obj.autoconnect
    try:
        with app.app_context():
            lines = [
                drawn_lines.line_of(row, EVERY_COLUMN, cast.hoa, True, "/duoi")
                for row in view.lines
            ]
            drawn_lines.sum_line(view.sum_of("student"), EVERY_COLUMN, "/duoi")
    finally:
        db.obj.autoconnect = as_before
        db.connect()
    assert f'href="/duoi/classes/{cast.class_5a.id}"' in lines[0]
    assert (
        f'"/duoi/progress/people?kind=student&amp;class={cast.class_5a.id}&amp;column=total"'
        in (lines[0])
    )


def test_the_template_reads_its_arguments_and_nothing_of_the_page(
    cast: Cast, client_of: ClientOf
) -> None:
    """The globals too: an address or the user would be that of whoever came first."""
    env = client_of(cast.hoa).application.jinja_env
    tree = env.parse(env.loader.get_source(env, "progress/_line.html")[0])
    read = {name.name for name in tree.find_all(nodes.Name)}
    assert read & set(env.globals) == {"NO_TEACHER", "number_vn"}
    given = {"line", "counts", "percent", "left", "columns"}
    of_its_own = {"bar", "count", "done_words", "name", "label", "n", "words"}
    assert read - set(env.globals) == given | of_its_own
    macros = env.parse(env.loader.get_source(env, "progress/_bar.html")[0])
    read_by_bar = {name.name for name in macros.find(nodes.Macro).find_all(nodes.Name)}
    assert read_by_bar == {"counts", "behind", "segments", "part", "number_vn"}


def test_the_options_of_a_choice_are_those_of_now_and_the_chosen_one(
    cast: Cast, client_of: ClientOf
) -> None:
    client = client_of(cast.hoa)
    chosen = f"class:{cast.class_5a.id}"
    assert '<option value="school" selected>' in client.get("/batches/new").text
    page_of_class = client.get("/batches/new", query_string={"scope": chosen}).text
    assert f'<option value="{chosen}" selected>Lớp 5A</option>' in page_of_class
    SchoolClass.update(name="5 <K>").where(SchoolClass.id == cast.class_5a.id).execute()
    page_of_school = client.get("/batches/new").text
    assert f'<option value="{chosen}">Lớp 5 &lt;K&gt;</option>' in page_of_school
    drawn_options._drawn.cache_clear()
    assert client.get("/batches/new").text == page_of_school


def test_the_template_of_options_reads_its_arguments_alone(cast: Cast, client_of: ClientOf) -> None:
    env = client_of(cast.hoa).application.jinja_env
    tree = env.parse(env.loader.get_source(env, "_options.html")[0])
    read = {name.name for name in tree.find_all(nodes.Name)}
    assert read == {"choices", "value", "words"}


def test_the_counters_above_a_table_are_those_of_now(cast: Cast, client_of: ClientOf) -> None:
    """What was drawn for one class is never seen above another, nor when something in it has changed."""
    client = client_of(cast.hoa)

    def counters(class_: SchoolClass) -> str:
        """As the page has them."""
        answer = client.get(f"/classes/{class_.id}").text
        return answer[answer.index('id="counters"') :].partition("</div>")[0]

    first = counters(cast.class_5a)
    assert counters(cast.class_5b) != first
    Person.update(status="verified").where(Person.id == cast.an.id).execute()
    changed = counters(cast.class_5a)
    assert 'data-counter="verified">1<' in changed
    reasons._drawn.cache_clear()
    reasons._counted.cache_clear()
    assert counters(cast.class_5a) == changed


def test_the_template_of_the_counters_reads_its_arguments_alone(
    cast: Cast, client_of: ClientOf
) -> None:
    env = client_of(cast.hoa).application.jinja_env
    tree = env.parse(env.loader.get_source(env, "people/_counters.html")[0])
    read = {name.name for name in tree.find_all(nodes.Name)}
    assert read == {"errors", "warnings", "verified", "to_do", "reasons", "key", "words", "n"}
