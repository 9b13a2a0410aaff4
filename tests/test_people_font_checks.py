"""A paste in an old font is shown in Unicode before anything is written, and finds its rows and headings by that."""

import pytest

from idapp import people
from idapp.models import Person
from tests.cast import Cast, number_for
from tests.pasted import asked, column, paste, seven_pupils


@pytest.fixture
def rows(cast: Cast) -> list[Person]:
    return seven_pupils(cast)


@pytest.mark.parametrize(
    ("name", "font"),
    [
        ("TrÇn ThÞ Hoa", "TCVN3"),
        ("Traàn Thò Hoa", "VNI"),
        ("Tráº§n Thá»‹ Hoa", "UTF-8"),
        ("Tra^`n Thi. Hoa", "VIQR"),
    ],
)
def test_names_in_an_old_font_are_shown_in_unicode_first(
    cast: Cast, rows: list[Person], name: str, font: str
) -> None:
    before = column(cast, "full_name")
    question = asked(cast, f"{name}\n", 0, "full_name")
    assert font in question.sentence
    assert [(side.ours, side.pasted) for side in question.sides] == [(name, "Trần Thị Hoa")]
    assert [values for _, values in question.offers] == [
        {"font": "convert"},
        {"font": "keep"},
        {},
    ]
    assert column(cast, "full_name") == before


def test_names_in_an_old_font_find_their_rows(cast: Cast, rows: list[Person]) -> None:
    people.change(rows[0], "full_name", "Trần Văn Bằng", seen=rows[0].full_name, by=cast.lan)
    number = number_for(2012, "Nữ", 779)
    paste(cast, f"TrÇn V¨n B»ng\t{number}\n", 1, "identity_number", font="convert")
    assert Person.get_by_id(rows[0].id).identity_number == number


def test_headings_in_an_old_font_are_headings(cast: Cast, rows: list[Person]) -> None:
    number = number_for(2012, "Nam", 780)
    text = f"Hä vµ tªn\tGhi chó\tSè ®Þnh danh c¸ nh©n\nBïi V¨n C\u00ad\u00eang\tx\t{number}\n"
    report = paste(cast, text, 0, "address", font="convert")
    assert (report.how, report.written) == ("name", 1)
    assert Person.get_by_id(rows[2].id).identity_number == number


def test_kept_as_they_came_they_replace_no_good_name_unasked(
    cast: Cast, rows: list[Person]
) -> None:
    question = asked(cast, "TrÇn ThÞ Hoa\n", 0, "full_name", font="keep")
    assert question.sides[0].pasted == "TrÇn ThÞ Hoa (phông chữ cũ)"


def test_one_name_over_a_selection_is_converted_too(cast: Cast, rows: list[Person]) -> None:
    selection = ([rows[0].id, rows[1].id], ["address"])
    question = asked(cast, "Êp Mü T©n\n", 0, "address", selection=selection)
    assert question.sides[0].pasted == "Ấp Mỹ Tân"
