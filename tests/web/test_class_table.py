"""The tables of classes and staff, and newcomers."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from idapp import people
from idapp.models import Person, User
from idapp.rules.record import FIELDS
from idapp.web.cells import reason_of
from idapp.web.people.reasons import REASON_WORDS
from tests.cast import Cast, pupil
from tests.statements import counted
from tests.web.fragments import cell, partials, plain

ClientOf = Callable[[User], FlaskClient]


def table(client: FlaskClient, cast: Cast) -> str:
    answer = client.get(f"/classes/{cast.class_5a.id}")
    assert answer.status_code == 200
    return answer.text


# the marks in the page that programs outside rely on


def test_the_marks_outside_checks_rely_on(cast: Cast, client_of: ClientOf) -> None:
    page = table(client_of(cast.lan), cast)
    assert f'<table role="grid" class="grid" data-class-id="{cast.class_5a.id}"' in page
    assert f'data-person-id="{cast.an.id}" data-status="ready"' in page
    assert f'data-person-id="{cast.binh.id}" data-status="incomplete"' in page
    row = page[page.index(f'<tr id="r-{cast.an.id}"') :].split("</tr>")[0]
    fields = [f.name for f in FIELDS if "student" in f.kinds and f.in_table]
    assert re.findall(r'data-field="([a-z_]+)"', row) == fields
    assert 'role="rowheader" data-field="full_name"' in row
    assert "Sẵn sàng gửi" in row
    assert 'data-counter="errors">1<' in page
    assert 'data-counter="verified">0<' in page
    assert '/2<span class="wide"> đã xác thực' in page


def test_the_number_is_grouped_for_the_eye_only(cast: Cast, client_of: ClientOf) -> None:
    html = cell(table(client_of(cast.lan), cast), cast.an.id, "identity_number")
    assert "<i>100</i><i>3</i><i>12</i><i>000001</i>" in html
    assert re.sub("<[^>]+>", "", html) == cast.an.identity_number


def test_the_deadline_stands_on_every_page(cast: Cast, client_of: ClientOf) -> None:
    page = table(client_of(cast.lan), cast)
    assert 'data-days-left="9" data-done="0" data-total="2"' in page
    assert "Lớp 5A" in page
    assert 'data-total="4"' in table(client_of(cast.hoa), cast)
    assert "data-banner" not in client_of(cast.hoa).application.test_client().get("/login").text


def test_rows_stand_in_vietnamese_order(cast: Cast, client_of: ClientOf) -> None:
    people.add(
        kind="student",
        school_class=cast.class_5a,
        values=pupil("Trần Thị Ân", serial=8),
        by=cast.thu,
    )
    people.add(
        kind="student",
        school_class=cast.class_5a,
        values=pupil("Bùi Thị Ánh", serial=9),
        by=cast.thu,
    )
    page = table(client_of(cast.lan), cast)
    found = re.findall(r'data-field="full_name" data-value="([^"]+)"', page)
    assert found == ["Nguyễn Thị An", "Bùi Thị Ánh", "Trần Thị Ân", "Trần Văn Bình"]


def test_a_class_of_45_is_light_and_takes_few_queries(cast: Cast, client_of: ClientOf) -> None:
    usual = {"ethnic_group": "Kinh", "nationality": "Việt Nam", "address": "Tổ 12, ấp Bình Lương"}
    names = [
        f"Nguyễn Thị Ngọc {a}{b}"
        for a in "BCDGHKL"
        for b in ("an", "ương", "ình", "ải", "ung", "ệ", "iên")
    ][:43]
    values = [
        pupil(name, serial=100 + i, ministry_code=f"10000000{i:02d}", **usual)
        for i, name in enumerate(names)
    ]
    people.add_many([("student", cast.class_5a, v) for v in values], by=cast.thu, source="import")
    client = client_of(cast.lan)
    page = table(client, cast)
    assert len(re.findall("<tr id=", page)) == 45
    assert len(page[page.index("<table") : page.index("</table>")].encode()) <= 110_000
    with counted() as statements:
        table(client, cast)
    assert 0 < len(statements) < 30, "\n".join(statements)


# filters and counts


def shown(page: str) -> set[int]:
    """The records whose rows are not hidden."""
    rows = re.findall(r'<tr id="r-([0-9]+)"([^>]*)>', page)
    return {int(id_) for id_, attributes in rows if not attributes.endswith(" hidden")}


@pytest.fixture
def mixed(cast: Cast) -> dict[str, int]:
    """A class with one row of each kind; their ids."""
    new = {
        "double": pupil("Bùi Văn Đôi", serial=1),
        "date": pupil("Đỗ Thị Yến", serial=7, born="31/02/2012"),
        "odd": pupil("LÊ THỊ HOA", serial=8),
        "place": pupil("Mai Thị Xa", serial=9, commune=""),
    }
    new["double"] |= {"identity_number": cast.an.identity_number}
    added = people.add_many(
        [("student", cast.class_5a, v) for v in new.values()], by=cast.thu, source="import"
    )
    for status, person in (("mismatch", cast.an),):
        Person.update(
            status=status, differences={"date_of_birth": ["20/03/2012", "21/03/2012"]}
        ).where(Person.id == person.id).execute()
    return {"an": cast.an.id, "binh": cast.binh.id} | {
        key: p.id for key, p in zip(new, added, strict=True)
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"an", "binh", "double", "date", "odd", "place"}),
        ("problems=1", {"an", "binh", "double", "date", "odd", "place"}),
        ("problems=error", {"an", "binh", "double", "date", "place"}),
        ("problems=warning", {"odd"}),
        ("reason=number_missing", {"binh"}),
        ("reason=number_shared", {"an", "double"}),
        ("reason=born_wrong", {"date"}),
        ("reason=residence_missing", {"place"}),
        ("reason=name_odd", {"odd"}),
        ("reason=mismatch", {"an"}),
        ("status=mismatch", {"an"}),
        ("status=ready", {"odd"}),
        ("q=thi+hoa", {"odd"}),
        ("q=B%C3%8CNH", {"binh"}),
        ("q=xa+mai&reason=residence_missing", {"place"}),
        ("q=nobody", set()),
        ("reason=%3Cx%3E&status=x&problems=2", {"an", "binh", "double", "date", "odd", "place"}),
    ],
)
def test_filters_without_script(
    cast: Cast, client_of: ClientOf, mixed: dict[str, int], query: str, expected: set[str]
) -> None:
    page = client_of(cast.lan).get(f"/classes/{cast.class_5a.id}?{query}").text
    names = {id_: name for name, id_ in mixed.items()}
    assert {names[id_] for id_ in shown(page)} == expected
    assert (
        len(re.findall("<tr id=", page)) == 6
    )  # those left out are there too: the browser shows them without asking
    assert ('id="no-rows" hidden' in page) == bool(expected)


def test_every_reason_is_counted_and_leads_to_its_rows(
    cast: Cast, client_of: ClientOf, mixed: dict[str, int]
) -> None:
    client = client_of(cast.lan)
    page = table(client, cast)
    counted = re.findall(
        r'<a href="\?reason=([a-z_]+)" data-reason="\1">([^<]+) <b>([0-9]+)</b></a>', page
    )
    assert ("number_shared", "Trùng số định danh", "2") in counted
    assert (
        "mismatch",
        "Không khớp",
        "1",
    ) in counted
    for key, _, n in counted:
        assert len(shown(client.get(f"/classes/{cast.class_5a.id}?reason={key}").text)) == int(n), (
            key
        )
    reasons = {key for key, _, _ in counted}
    assert reasons >= set(" ".join(re.findall(r'<td[^>]* data-reason="([a-z_ ]+)"', page)).split())


def test_every_code_of_the_rules_has_its_reason() -> None:
    for field in FIELDS:
        for level in ("error", "warning"):
            for code in ("missing", "duplicate", "anything"):
                assert (
                    reason_of({"field": field.name, "code": code, "level": level}) in REASON_WORDS
                )


def test_the_counts_follow_an_edit(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    told = {"value": "31/02/2012", "seen": cast.an.date_of_birth}
    answer = client.post(
        f"/people/{cast.an.id}/cells/date_of_birth", data=told, headers={"HX-Request": "true"}
    )
    assert 'data-reason="born_wrong">Ngày sinh sai <b>1</b>' in partials(answer.text)["counters"]
    assert plain(partials(answer.text)["counters"]) == plain(
        re.findall(r'<div class="counters".*?</div>', table(client, cast), re.DOTALL)[0]
    )


def test_a_row_says_how_much_is_left_and_opens_its_record(
    cast: Cast, client_of: ClientOf, mixed: dict[str, int]
) -> None:
    page = table(client_of(cast.lan), cast)
    for id_ in mixed.values():
        assert re.search(
            rf'<td id="s-{id_}"[^>]*><a class="chip [a-z_]+" href="/people/{id_}">', page
        ), id_
    assert 'Thiếu/Sai <span class="n">· 1</span>' in page
    assert (
        'Sẵn sàng gửi <span class="n">▲1<span class="visually-hidden"> cảnh báo</span></span>'
        in page
    )
    assert "Không khớp: ngày sinh" in page
    assert "cơ sở dữ liệu dân cư ghi “21/03/2012”" in page


def test_rows_keep_their_numbers_when_filtered(
    cast: Cast, client_of: ClientOf, mixed: dict[str, int]
) -> None:
    page = client_of(cast.lan).get(f"/classes/{cast.class_5a.id}?status=ready").text
    assert 'aria-rowcount="7"' in page
    assert re.findall(r'<tr id="r-[0-9]+"[^>]* aria-rowindex="([0-9]+)"', page) == list("234567")


def test_a_problem_of_a_field_that_is_no_column_is_told_at_the_state(
    cast: Cast, client_of: ClientOf
) -> None:
    people.change(cast.an, "father_birth_year", "xyz", seen="", by=cast.lan)
    state = re.search(
        rf'<td id="s-{cast.an.id}".*?</td>', table(client_of(cast.lan), cast), re.DOTALL
    )
    assert state
    assert 'data-problem="warning"' in state[0]
    assert "Năm sinh cha (trong hồ sơ)" in state[0]


def test_what_the_scripts_rely_on(cast: Cast, client_of: ClientOf) -> None:
    page = table(client_of(cast.lan), cast)
    for mark in (
        f'data-user="{cast.lan.id}"',
        'aria-multiselectable="true"',
        '<dialog id="grid-ask"',
        'id="signin"',
        'id="grid-report" role="status"',
        '<span id="pulse" data-after="',
        'formaction="/undo"',
        'data-of="commune" data-input="place" data-fill="yes"',
    ):
        assert mark in page, mark
    assert 'data-of="identity_number" data-input="number">' in page  # never filled down
    page = table(client_of(cast.phong), cast)
    assert "<dialog" not in page
    assert "data-fill" not in page
    assert "aria-multiselectable" not in page
