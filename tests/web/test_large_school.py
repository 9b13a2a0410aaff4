"""The lists of a school with more classes than anybody reads: by grade, a page at a time, or all of them."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from idapp import school
from idapp.models import Person, SchoolClass, User
from idapp.web import grades
from tests.cast import Cast

ClientOf = Callable[[User], FlaskClient]
_LINE = re.compile(r'<tr data-class="([^"]*)"')
_SUM = re.compile(r'<th scope="row">Cộng</th>.*?data-count="total">\s*<a [^>]*>([\d.]+)', re.S)
_OF_GRADE = re.compile(
    r'<tr data-class="Khối[^"]*">.*?data-count="total">\s*<a [^>]*>([\d.]+)', re.S
)


@pytest.fixture
def many(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Two classes of grade 5, one of grade 4 and a group without a grade are more than two."""
    monkeypatch.setattr(grades, "MANY", 2)
    for name in ("4A", "Mầm 1"):
        new = school.add_class(name, by=cast.thu)
        Person.create(kind="student", full_name="Lê Văn Tư", school_class=new, sort_key="tu")
    return cast


def test_up_to_the_limit_every_class_is_shown(cast: Cast, client_of: ClientOf) -> None:
    assert grades.MANY == 60
    assert {"5A", "5B"} <= set(_LINE.findall(client_of(cast.hoa).get("/progress").text))
    text = client_of(cast.hoa).get("/classes").text
    assert "Lớp 5A" in text
    assert "Hiện tất cả" not in text


def test_above_it_the_board_shows_the_sums_of_the_grades_and_they_add_up(
    many: Cast, client_of: ClientOf
) -> None:
    text = client_of(many.hoa).get("/progress").text
    assert [name for name in _LINE.findall(text) if name.startswith(("Khối", "Nhóm", "5"))] == [
        "Khối 4",
        "Khối 5",
        "Nhóm, lớp khác",
    ]
    everybody = Person.select().where(Person.kind == "student", Person.active).count()
    of_other = Person.select().join(SchoolClass).where(SchoolClass.grade.is_null()).count()
    assert _SUM.findall(text)[0] == str(everybody)
    assert sum(map(int, _OF_GRADE.findall(text))) == everybody - of_other
    assert "Hiện tất cả 4 lớp" in text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("grade=5", {"5A", "5B"}),
        ("grade=other", {"Mầm 1"}),
        ("all=1", {"5A", "5B", "4A", "Mầm 1"}),
        ("grade=9", set()),
    ],
)
def test_a_grade_or_all_of_it_has_an_address(
    query: str, shown: set[str], many: Cast, client_of: ClientOf
) -> None:
    client = client_of(many.hoa)
    board = client.get(f"/progress?kind=student&{query}").text
    names = {"5A", "5B", "4A", "Mầm 1"}
    assert {name for name in _LINE.findall(board) if name in names} == shown
    classes = client.get(f"/classes?{query}").text
    assert {name for name in names if f">Lớp {name}</a>" in classes} == shown


def test_what_a_grade_opens_is_there(many: Cast, client_of: ClientOf) -> None:
    """The addresses behind the grades, each with the piece that is put in the grade's place."""
    client = client_of(many.thu)
    for page, piece in (("/progress", 'class="card flush"'), ("/classes", 'class="scroll"')):
        addresses = re.findall(r'hx-get="([^"]*grade=[^"]*)"', client.get(page).text)
        assert len(addresses) == 3
        for address in addresses:
            answer = client.get(address.replace("&amp;", "&"), headers={"HX-Request": "true"})
            assert answer.status_code == 200
            assert answer.text.count(piece) == 1


def test_sorted_lines_come_a_page_at_a_time_and_nobody_is_lost(
    many: Cast, client_of: ClientOf
) -> None:
    client = client_of(many.hoa)
    found = []
    for page in (1, 2):
        text = client.get(f"/progress?kind=student&sort=left&dir=down&page={page}").text
        found += [name for name in _LINE.findall(text) if not name.startswith("Khối")]
        assert "Trang" in text
    assert sorted(found) == ["4A", "5A", "5B", "Mầm 1"]


def test_a_teacher_opens_no_grade_of_others(many: Cast, client_of: ClientOf) -> None:
    for address in ("/progress?grade=4", "/progress?all=1", "/classes?all=1", "/classes?grade=4"):
        assert "4A" not in client_of(many.lan).get(address).text
