"""Numbers pasted without names, and what a paste repairs."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idapp import people
from idapp.models import Change, Person
from idapp.people import bulk_edits
from idapp.people.aligning import ConfirmationRequired
from idapp.rules.problem import Problem
from tests.cast import Cast, number_for
from tests.test_people_pasting import (
    COLUMNS,
    asked,
    column,
    numbers,
    paste,
    rows,  # noqa: F401 (fixtures)
    table,
)


def test_a_list_shifted_by_a_row_is_noticed(cast: Cast, rows: list[Person]) -> None:
    text = "\n".join(numbers(rows)[1:])
    question = asked(cast, text, (0, "identity_number"))
    assert "lệch một dòng" in question.title
    assert len(question.sides) >= 3
    assert any("(nam, 2012)" in side.pasted for side in question.sides)
    assert (
        f"Dời xuống 1 dòng, bắt đầu từ {rows[1].full_name}",
        {"anchor_person": str(rows[1].id)},
    ) in question.offers
    assert paste(cast, text, (1, "identity_number")).written == 11
    assert paste(cast, text, (0, "identity_number"), sure=True, worse="all").written == 11


def test_numbers_that_simply_disagree_are_no_shift(cast: Cast, rows: list[Person]) -> None:
    odd = [number_for(2001, "Nam", at) for at in range(len(rows))]
    report = paste(cast, "\n".join(odd), (0, "identity_number"))
    assert report.written == 12
    assert sum(p.warnings > 0 for p in table(cast)) == 12


def test_numbers_of_the_parents_generation_are_asked_about(cast: Cast, rows: list[Person]) -> None:
    mothers = [number_for(1988, "Nữ", at) for at in range(len(rows))]
    for text in (
        "\n".join(mothers),
        "\n".join(f"{p.full_name}\tLê Thị Mẹ\t{n}" for p, n in zip(rows, mothers, strict=True)),
    ):
        question = asked(cast, text, (0, "identity_number" if "\t" not in text else "full_name"))
        assert question.title == "Có phải số của cha mẹ?"
        assert question.sides[0].pasted == f"{mothers[0]} (nữ, 1988)"
    assert paste(cast, "\n".join(mothers), (0, "identity_number"), sure=True).written == 12


def test_one_number_of_an_adult_among_others_is_only_marked(cast: Cast, rows: list[Person]) -> None:
    wanted = [number_for(1988, "Nữ", 1), *numbers(rows)[1:]]
    assert paste(cast, "\n".join(wanted), (0, "identity_number")).odd == 1


def test_a_line_missing_in_the_middle_is_noticed_by_what_the_numbers_say(
    cast: Cast, rows: list[Person]
) -> None:
    source = numbers(rows)
    question = asked(cast, "\n".join(source[:4] + source[5:]), (0, "identity_number"))
    assert question.title == "Có vẻ danh sách thiếu một dòng ở giữa"
    assert "Họ và tên" in question.sentence
    assert all(side.row >= 5 for side in question.sides)
    assert len(question.sides) >= 3
    extra = number_for(2001, "Nam", 700)
    question = asked(cast, "\n".join([*source[:3], extra, *source[3:]]), (0, "identity_number"))
    assert question.title == "Có vẻ danh sách thừa một dòng ở giữa"


def test_numbers_of_other_rows_are_asked_about(cast: Cast, rows: list[Person]) -> None:
    """All of one sex and year: only the table itself can tell whose number it is."""
    alike = [number_for(2012, "Nam", 600 + at) for at in range(len(rows))]
    paste(cast, "\n".join(alike), (0, "identity_number"), sure=True)
    for at in (4, len(rows) - 2):
        question = asked(cast, "\n".join(alike[:at] + alike[at + 1 :]), (0, "identity_number"))
        assert question.title == "Có số của người khác trong bảng"
        assert len(question.sides) == min(8, len(rows) - 1 - at)
        first = question.sides[0]
        assert first.ours == rows[at].full_name
        assert f"đang là của {rows[at + 1].full_name}" in first.pasted
    assert [words for words, _ in question.offers if words.startswith("Dời")] == []
    moved = asked(cast, "\n".join(alike[1:]), (0, "identity_number"))
    assert moved.offers[0] == (
        f"Dời xuống 1 dòng, bắt đầu từ {rows[1].full_name}",
        {"anchor_person": str(rows[1].id)},
    )
    moved = asked(cast, "\n".join(alike[:-1]), (1, "identity_number"))
    assert moved.offers[0] == (
        f"Dời lên 1 dòng, bắt đầu từ {rows[0].full_name}",
        {"anchor_person": str(rows[0].id)},
    )
    assert paste(cast, "\n".join(alike), (0, "identity_number")).same == 12
    assert paste(cast, "\n".join(alike[:5]), (0, "identity_number")).same == 5


def test_a_list_shorter_than_the_table_is_asked_about(cast: Cast, rows: list[Person]) -> None:
    source = numbers(rows)
    question = asked(cast, "\n".join(source[:11]) + "\n" * 900, (0, "identity_number"))
    assert question.title == "Danh sách dán ngắn hơn bảng"
    assert "11 dòng, bảng có 12 dòng" in question.sentence
    assert paste(cast, "\n".join(source[:11]), (0, "identity_number"), sure=True).written == 11
    assert (
        paste(cast, "\n".join(source[:11]), (0, "identity_number")).same == 11
    )  # it ends where the table has it


def test_a_column_under_a_field_of_another_kind_is_asked_about(
    cast: Cast, rows: list[Person]
) -> None:
    question = asked(cast, "\n".join(numbers(rows)), (0, "date_of_birth"))
    assert "Ngày sinh trông như Số định danh" in question.sentence
    assert question.offers[0][1] == {"anchor_field": "identity_number"}
    assert (
        paste(cast, "\n".join(numbers(rows)), (0, "date_of_birth"), sure=True, worse="all").wrong
        == 12
    )


def test_numbers_that_excel_has_shortened_replace_nothing_unasked(
    cast: Cast, rows: list[Person]
) -> None:
    text = f"1.00312E+11\n{numbers(rows)[1]}\n"
    question = asked(cast, text, (0, "identity_number"))
    assert "1 số đã bị Excel rút gọn, như 1.00312E+11" in question.sentence
    assert [values for _, values in question.offers] == [{}, {"confirm": "1"}]
    assert (
        asked(cast, f"{rows[1].full_name}\t1,00312E+11\n", (0, "identity_number")).title
        == question.title
    )
    assert paste(cast, text, (0, "identity_number"), sure=True, worse="all").wrong == 1


def test_two_numbers_change_places_in_one_step(cast: Cast, rows: list[Person]) -> None:
    """Each is a duplicate for a moment; at the end nobody is, and each holds the other's number."""
    one, two = [p for p in rows if p.gender == "Nam" and p.date_of_birth.endswith("2012")][:2]
    first, second = number_for(2012, "Nam", 801), number_for(2012, "Nam", 802)
    for a, b in ((first, second), (second, first)):
        cells = [(one, {"identity_number": a}), (two, {"identity_number": b})]
        bulk_edits.write(cells, {}, by=cast.lan, source="pasted", how="position")
    now = [Person.get_by_id(p.id) for p in (one, two)]
    assert [p.number for p in now] == [second, first]
    assert [p.problems for p in now] == [[], []]


# repairs


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        ("identity_number", "100 212 000 012", "100212000012"),
        ("identity_number", "100.212.000.012", "100212000012"),
        ("identity_number", "100212000012\u00a0", "100212000012"),
        ("identity_number", "１００２１２００００１２", "100212000012"),
        ("identity_number", "'100212000012", "100212000012"),
        ("date_of_birth", "40988", "20/03/2012"),
        ("address", "Âp  Mỹ".replace("Â", "A\u0302"), "Âp Mỹ"),
        ("gender", "NU", "Nữ"),
        ("commune", "my an", "Xã Mỹ An"),
    ],
)
def test_every_repair_is_listed_with_the_way_back(
    cast: Cast, rows: list[Person], field: str, typed: str, stored: str
) -> None:
    person = rows[0]
    people.change(person, field, "khác", seen=getattr(person, field), by=cast.lan)
    report = paste(cast, typed, (0, field))
    [repair] = report.repairs
    assert (repair.typed, repair.stored, repair.before) == (typed, stored, "khác")
    people.change(repair.person, field, repair.before, seen=repair.stored, by=cast.lan)
    assert getattr(Person.get_by_id(person.id), field) == "khác"


def test_numbers_with_decimals_are_pasted_as_they_stand(cast: Cast, rows: list[Person]) -> None:
    spoilt = [f"{number[:8]}.{number[8:]}" for number in numbers(rows)[:2]]
    paste(cast, "\n".join(spoilt), (0, "identity_number"), worse="all")
    assert column(cast, "identity_number")[:2] == spoilt
    assert all(person.problems for person in table(cast)[:2])


def test_lost_zeros_are_proposed_and_put_back_as_one_step(cast: Cast, rows: list[Person]) -> None:
    eaten = [
        f"{'099'}{2 + (p.gender == 'Nữ')}{p.date_of_birth[-2:]}{at:06d}"[1:]
        for at, p in enumerate(rows)
    ]
    report = paste(cast, "\n".join(eaten), (0, "identity_number"), worse="all")
    assert column(cast, "identity_number") == eaten
    assert len(report.zeros) == 12
    assert report.wrong == 12
    fixed = bulk_edits.put_zeros_back(report.zeros, by=cast.lan, source="pasted")
    assert column(cast, "identity_number") == ["0" + text for text in eaten]
    assert Change.select().where(Change.changeset == fixed.changeset).count() == fixed.written == 12


# anything at all


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.text(alphabet='\t\n\r" aĂ1|0123456789/', max_size=60),
    field=st.sampled_from(COLUMNS),
    match=st.sampled_from(["auto", "position", "name", "code"]),
    sure=st.booleans(),
)
def test_any_text_is_written_or_refused_and_nobody_appears(
    cast: Cast, text: str, field: str, match: str, sure: bool
) -> None:
    before = Person.select().count()
    try:
        report = paste(cast, text, (0, field), match=match, sure=sure)
    except (ConfirmationRequired, Problem):
        pass
    else:
        assert report.written == Change.select().where(Change.changeset == report.changeset).count()
    assert Person.select().count() == before
