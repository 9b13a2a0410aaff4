"""Birth dates in a paste are read by the column: what nobody can know is asked once, with both sides in sight."""

import pytest

from idapp import people
from idapp.models import Person
from tests.cast import Cast
from tests.pasted import asked, column, paste, seven_pupils


@pytest.fixture
def rows(cast: Cast) -> list[Person]:
    return seven_pupils(cast)


def born(cast: Cast, row: int) -> str:
    return column(cast, "date_of_birth")[row]


# month first


def test_dates_that_prove_the_month_first_are_asked_about(cast: Cast, rows: list[Person]) -> None:
    text = "1/17/2012\n7/27/2012\n2/6/2012\n3.18.2012 0:00\n"
    question = asked(cast, text, 0, "date_of_birth")
    assert "2/6/2012 là ngày 06/02/2012" in question.sentence
    assert [values for _, values in question.offers] == [{"dates": "month"}, {"dates": "day"}, {}]
    assert paste(cast, text, 0, "date_of_birth", dates="month").wrong == 0
    assert [born(cast, row) for row in range(3)] == ["17/01/2012", "27/07/2012", "06/02/2012"]
    report = paste(cast, text, 0, "date_of_birth", dates="day", worse="all")
    assert report.wrong == 3
    assert born(cast, 2) == "02/06/2012"


def test_one_impossible_date_among_days_first_proves_nothing(
    cast: Cast, rows: list[Person]
) -> None:
    text = "17/01/2012\n7/27/2012\n2/6/2012\n"
    report = paste(cast, text, 0, "date_of_birth", worse="all")
    assert report.wrong == 1
    assert born(cast, 2) == "02/06/2012"


# two digits for the year


def test_birth_years_of_two_digits_are_asked_about_once(cast: Cast, rows: list[Person]) -> None:
    text = "17/1/12\n27/7/12\n"
    question = asked(cast, text, 0, "date_of_birth")
    assert "17/1/12. Nếu ghi đủ năm thì đó là ngày 17/01/2012" in question.sentence
    assert [values for _, values in question.offers] == [{"years": "whole"}, {"years": "short"}, {}]
    assert paste(cast, text, 0, "date_of_birth", years="whole").wrong == 0
    assert [born(cast, row) for row in range(2)] == ["17/01/2012", "27/07/2012"]
    assert paste(cast, text, 2, "date_of_birth", years="short", worse="all").wrong == 2


def test_one_short_year_alone_is_asked_about_too(cast: Cast, rows: list[Person]) -> None:
    assert "hai chữ số" in asked(cast, "17/01/2012\n12/5/11\n", 0, "date_of_birth").title


def test_short_years_and_the_month_first_are_two_questions(cast: Cast, rows: list[Person]) -> None:
    text = "1/17/12\n2/6/12\n"
    assert {"dates": "month"} in [v for _, v in asked(cast, text, 0, "date_of_birth").offers]
    paste(cast, text, 0, "date_of_birth", dates="month", years="whole")
    assert [born(cast, row) for row in range(2)] == ["17/01/2012", "06/02/2012"]


# a day that a time zone has moved


EVENING = "24/03/2012 23:59:59\n2012-03-25T17:00:00Z\n"


def test_evening_hours_beside_the_dates_are_asked_about(cast: Cast, rows: list[Person]) -> None:
    question = asked(cast, "19/03/2012 17:00:00\n05/06/2012\n", 0, "date_of_birth")
    assert [(side.ours, side.pasted) for side in question.sides] == [
        ("19/03/2012 17:00:00", "20/03/2012")
    ]
    assert [values for _, values in question.offers] == [{"moved": "next"}, {"moved": "same"}, {}]


@pytest.mark.parametrize(("answer", "day"), [("next", "25/03/2012"), ("same", "24/03/2012")])
def test_the_day_after_the_evening_or_the_day_itself(
    cast: Cast, rows: list[Person], answer: str, day: str
) -> None:
    report = paste(cast, EVENING, 0, "date_of_birth", moved=answer)
    assert (report.wrong, born(cast, 0)) == (0, day)
    assert born(cast, 1) == "26/03/2012"  # with Z it is midnight in Vietnam: nothing to ask


# day and month in each other's place


def test_an_exact_swap_of_day_and_month_is_asked_about(cast: Cast, rows: list[Person]) -> None:
    people.change(rows[0], "date_of_birth", "06/11/2012", seen="20/03/2012", by=cast.lan)
    question = asked(cast, "11/06/2012\n", 0, "date_of_birth")
    [side] = question.sides
    assert (side.row, side.ours, side.pasted) == (1, "Nguyễn Thị An: 06/11/2012", "11/06/2012")
    paste(cast, "11/06/2012\n", 0, "date_of_birth", dates="day")
    assert born(cast, 0) == "11/06/2012"


def test_swapped_dates_may_stay_as_they_are(cast: Cast, rows: list[Person]) -> None:
    people.change(rows[0], "date_of_birth", "06/11/2012", seen="20/03/2012", by=cast.lan)
    text = "11/06/2012\tNữ\n05/07/2012\tNam\n"
    report = paste(cast, text, 0, "date_of_birth", dates="stored", sure=True)
    assert [born(cast, row) for row in range(2)] == ["06/11/2012", "05/07/2012"]
    assert report.written == 1


def test_where_most_are_swapped_the_month_may_stand_first(cast: Cast, rows: list[Person]) -> None:
    """Nothing proves it but the table itself."""
    days = ["06/11/2012", "05/06/2012", "07/08/2012"]
    for person, day in zip(rows[:3], days, strict=True):
        people.change(person, "date_of_birth", day, seen=person.date_of_birth, by=cast.lan)
    text = "11/06/2012\n6/5/2012\n9/1/2012\n"
    question = asked(cast, text, 0, "date_of_birth", sure=True)
    assert question.offers[0] == ("Đổi cả cột: tháng viết trước ngày", {"dates": "month"})
    paste(cast, text, 0, "date_of_birth", sure=True, dates="month")
    assert [born(cast, row) for row in range(3)] == ["06/11/2012", "05/06/2012", "01/09/2012"]


def test_where_few_are_swapped_nothing_speaks_for_the_month_first(
    cast: Cast, rows: list[Person]
) -> None:
    for person, day in zip(rows[:2], ["06/11/2012", "05/06/2012"], strict=True):
        people.change(person, "date_of_birth", day, seen=person.date_of_birth, by=cast.lan)
    text = "11/06/2012\n6/5/2012\n9/1/2012\n8/2/2012\n7/4/2012\n"
    question = asked(cast, text, 0, "date_of_birth", sure=True)
    assert {"dates": "month"} not in [values for _, values in question.offers]


def test_an_ordinary_new_date_is_no_swap(cast: Cast, rows: list[Person]) -> None:
    assert paste(cast, "21/03/2012\n", 0, "date_of_birth").written == 1
