"""The lines of the list of cases that are kept: never an old one, never one that was drawn for somebody else."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from jinja2 import nodes

from idapp import homeroom, notices
from idapp.database import db
from idapp.models import Explanation, PaperCase, Person, SchoolClass, User
from idapp.notices import listing
from idapp.web.notices import drawn_cases
from tests.cast import Cast

ClientOf = Callable[[User], FlaskClient]


def page(client: FlaskClient, path: str = "/notices") -> str:
    """The list as it comes from what is kept; it is what comes from nothing kept."""
    text = client.get(path).text
    drawn_cases._drawn.cache_clear()
    assert client.get(path).text == text
    return text


@pytest.fixture
def case(cast: Cast) -> PaperCase:
    """An open case of An, whom the register says otherwise."""
    differences = {"full_name": ["Nguyễn An", "Nguyễn Ân"]}
    mismatch = {"status": "mismatch", "outcome": "mismatch", "differences": differences}
    Person.update(**mismatch).where(Person.id == cast.an.id).execute()
    notices.sync_cases()
    opened: PaperCase = PaperCase.get(PaperCase.person == cast.an)
    return opened


def of_case(**values: object) -> Callable[[Cast], object]:
    return lambda cast: PaperCase.update(**values).where(PaperCase.person == cast.an).execute()


def of_person(**values: object) -> Callable[[Cast], object]:
    return lambda cast: Person.update(**values).where(Person.id == cast.an.id).execute()


def explained(state: str) -> Callable[[Cast], object]:
    return lambda cast: Explanation.create(
        person=cast.an, reason="no_papers", note="", state=state, proposed_by=cast.lan
    )


@pytest.mark.parametrize(
    "change",
    [
        of_case(state="asked"),
        of_case(state="compared"),
        of_case(due_on=date(2022, 10, 1)),
        of_case(due_on=date(2030, 10, 1)),
        of_case(note="Gọi lại <mai>"),
        of_case(returns=2),
        lambda cast: of_case(owner=cast.thu)(cast),
        lambda cast: of_case(opened_at=PaperCase.get().opened_at - timedelta(days=9))(cast),
        of_person(full_name="Nguyễn <An>"),
        of_person(identity_number="100312000000"),
        of_person(differences={"gender": ["Nam", ""]}),
        of_person(status="not_found"),
        of_person(status="not_found", date_of_birth="01/02/2012", gender="Nữ"),
        explained("proposed"),
        explained("returned"),
        lambda cast: (
            SchoolClass.update(name="5 <K>").where(SchoolClass.id == cast.class_5a.id).execute()
        ),
        lambda cast: User.update(full_name="Cô <Mới>").where(User.id == cast.lan.id).execute(),
        lambda cast: homeroom.assign_teachers(cast.class_5a, [], by=cast.thu),
    ],
)
def test_whatever_changes_the_next_page_shows(
    change: Callable[[Cast], object], case: PaperCase, cast: Cast, client_of: ClientOf
) -> None:
    client = client_of(cast.thu)
    before = page(client)
    assert f'id="notice-{cast.an.id}"' in before
    change(cast)
    assert page(client) != before


def test_a_line_is_as_old_as_its_day(
    case: PaperCase, cast: Cast, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    PaperCase.update(due_on=date(2022, 10, 20)).execute()
    client = client_of(cast.thu)
    assert "đến hạn nhắc" not in page(client)
    monkeypatch.setattr(listing, "is_due", lambda person, today: True)
    assert "đến hạn nhắc" in page(client)


def test_each_reader_gets_the_own_list_whoever_looked_before(
    case: PaperCase, cast: Cast, client_of: ClientOf
) -> None:
    """The forms say for whom they were drawn, and lead back to the list from which they were sent."""
    readers = (cast.thu, cast.lan, cast.hoa)
    paths = ("/notices", "/notices?state=open", f"/notices?class={cast.class_5a.id}")
    alone = {(user.id, path): page(client_of(user), path) for user in readers for path in paths}
    assert len(set(alone.values())) == len(alone)
    for user in (*readers, *reversed(readers)):
        for path in paths:
            text = client_of(user).get(path).text
            assert text == alone[user.id, path]
            assert text.count('name="drawn_for"') == text.count(
                f'name="drawn_for" value="{user.id}"'
            )


def test_a_line_is_drawn_without_database_request_or_user(
    case: PaperCase, cast: Cast, client_of: ClientOf
) -> None:
    """The proof that nothing but the line is read: there is nothing else to read."""
    app = client_of(cast.thu).application
    person = listing.as_listed(cast.thu, cast.an)
    with app.test_request_context("/notices"):
        around = drawn_cases.Surroundings.of_request("/notices?page=2")
        vars(around)["page"] = around.page._replace(root="/duoi", reader="77")
        assert around.owner_of(person, case)
    db.close()
    db.obj.autoconnect, as_before = False, db.obj.autoconnect
    try:
        with app.app_context():
            line = drawn_cases.line_of(person, around)
    finally:
        db.obj.autoconnect = as_before
        db.connect()
    assert f'href="/duoi/notices/{cast.an.id}?back=' in line
    assert line.count('name="drawn_for" value="77"') == 2


def test_the_template_reads_its_line_and_nothing_of_the_page(
    cast: Cast, client_of: ClientOf
) -> None:
    env = client_of(cast.thu).application.jinja_env
    source = env.loader.get_source(env, "notices/_row.html")[0]
    tree = env.parse(source)
    read = {name.name for name in tree.find_all(nodes.Name)}
    given = {"line", "case", "page", "STATE_WORDS", "BY_HAND", "drawn_for"}
    of_its_own = {"place", "state", "label", "here", "register", "loop"}
    assert read == given | of_its_own
