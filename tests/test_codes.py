"""People without a code of the ministry: counted, shown, and given their code by a file that somebody checks."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from idapp import imports, people
from idapp.imports.decisions import cells_to_write
from idapp.models import Import, ImportRow, User
from idapp.people import codes
from tests.cast import Cast, number_for
from tests.test_imports import codes as codes_said
from tests.test_imports import fresh, judged, line, read

pytestmark = pytest.mark.usefixtures("few_places")
REAL = "8012345678"


def of_an(**values: object) -> list[object]:
    texts = {"school_class": "5A", "full_name": "Nguyễn Thị An", "date_of_birth": "20/03/2012"}
    return line(**texts | values)


def set_code(cast: Cast, text: str) -> None:
    people.change(cast.an, "ministry_code", text, seen=cast.an.ministry_code, by=cast.thu)


def only_row(upload: Import) -> ImportRow:
    [row] = judged(upload)
    return row


@pytest.mark.parametrize("before", ["", "T2022-017", "TAM0000001", "Mã tạm 12"])
def test_a_profile_brings_the_code_in_place_of_none_or_a_temporary_one(
    cast: Cast, before: str
) -> None:
    set_code(cast, before)
    upload = read([of_an(ministry_code=REAL)], cast.thu)
    assert only_row(upload).seen == {"ministry_code": before}
    imports.confirm(upload, by=cast.thu)
    assert fresh(cast.an).ministry_code == REAL


def test_the_number_finds_a_child_whose_name_was_misspelt(cast: Cast) -> None:
    set_code(cast, "")
    misspelt = of_an(
        full_name="Nguyễn Thị Ân", ministry_code=REAL, identity_number=cast.an.identity_number
    )
    row = only_row(read([misspelt], cast.thu))
    assert row.person == cast.an
    assert row.seen == {"full_name": "Nguyễn Thị An", "ministry_code": ""}


def test_a_form_without_names_finds_the_child_by_the_number(cast: Cast) -> None:
    set_code(cast, "T1")
    heading = ("STT", "Mã lớp", "Mã định danh Bộ GD&ĐT (trên CSDL ngành)", "Ngày sinh", "Số ĐDCN")
    row = ["1", "5A", REAL, "20/03/2012", cast.an.identity_number]
    assert only_row(read([row], cast.thu, heading)).person == cast.an


@pytest.mark.parametrize(
    ("before", "cells", "why"),
    [
        ("1000000001", {"ministry_code": REAL}, "other_code"),
        ("1000000001", {"ministry_code": "T17"}, "worse"),
        ("", {"ministry_code": REAL, "identity_number": number_for(2012, "Nữ", 88)}, "worse"),
    ],
)
def test_a_code_is_asked_about_before_it_replaces_one_or_may_be_anothers(
    cast: Cast, before: str, cells: dict[str, str], why: str
) -> None:
    set_code(cast, before)
    row = only_row(read([of_an(**cells)], cast.thu))
    assert row.choices["ministry_code"]["code"] == "worse"
    assert why in codes_said(row)
    assert "ministry_code" not in cells_to_write(row)


def test_one_code_for_two_people_is_asked_at_both(cast: Cast) -> None:
    set_code(cast, "")
    chi = line(
        school_class="5B", full_name="Lê Thị Chi", date_of_birth="20/03/2012", ministry_code=REAL
    )
    people.change(cast.chi, "ministry_code", "", seen="1000000003", by=cast.thu)
    rows = judged(read([of_an(ministry_code=REAL), chi], cast.thu))
    assert [row.person for row in rows] == [cast.an, cast.chi]
    assert all("một mã chỉ của một người" in str(row.choices["ministry_code"]) for row in rows)


def test_nobody_new_comes_in_with_a_code_that_the_file_gives_to_another(cast: Cast) -> None:
    set_code(cast, "")
    new = line(
        school_class="5A", full_name="Bùi Thị Dung", date_of_birth="17/09/2012", ministry_code=REAL
    )
    rows = judged(read([of_an(ministry_code=REAL), new], cast.thu))
    assert rows[1].verdict == "wrong"
    assert "code_twice" in codes_said(rows[1])


def test_the_counts_are_the_same_in_the_database_and_on_every_page(
    cast: Cast, client_of: Callable[[User], FlaskClient]
) -> None:
    page = f"/classes/{cast.class_5a.id}"
    for text in ("T2022-017", "", "80123 5678", "8012345678", "12345678901234567890", "801234567"):
        people.change(
            fresh(cast.an), "ministry_code", text, seen=fresh(cast.an).ministry_code, by=None
        )
        counter = re.search(
            r'data-reason="code_missing">[^<]*<b>(\d+)', client_of(cast.lan).get(page).text
        )
        shown = int(counter[1]) if counter else 0
        assert shown == sum(group.missing for group in codes.by_group(cast.lan)), text
        assert shown == sum(codes.missing_by_class(cast.lan).values())
        assert shown == codes.missing_count(cast.lan)


def test_people_who_bear_one_code_are_shown_together_to_whoever_sees_both(cast: Cast) -> None:
    stored = fresh(cast.chi).ministry_code
    people.change(
        fresh(cast.an), "ministry_code", stored, seen=fresh(cast.an).ministry_code, by=None
    )
    for without in (cast.binh, cast.giang):
        seen = fresh(without).ministry_code
        people.change(fresh(without), "ministry_code", "", seen=seen, by=None)
    [pair] = codes.shared(cast.thu)
    assert {person.id for person in pair} == {cast.an.id, cast.chi.id}
    assert codes.shared(cast.lan) == []
