"""A paste or a fill never replaces a good value by a worse one without a question."""

import pytest

from idapp import people
from idapp.models import Change, Person
from idapp.people import losses
from idapp.people.aligning import LookFirst
from idapp.people.states import values_of
from idapp.rules import record
from tests.cast import Cast, number_for
from tests.test_people_pasting import asked, column, numbers, paste, rows, table

__all__ = ["rows"]

CHAT = "Dạ em gửi cô ạ\nCô ơi con tên An\nOk cô\n"
PAGE = "Trang 1/3\nTRƯỜNG TIỂU HỌC\nSTT Họ và tên\n"


@pytest.mark.parametrize("text", [CHAT, PAGE])
def test_lines_of_a_message_or_a_page_replace_no_name_unasked(
    cast: Cast, rows: list[Person], text: str
) -> None:
    before = column(cast, "full_name")
    question = asked(cast, text, (0, "full_name"))
    assert len(question.sides) == 3
    assert question.sides[0].ours == rows[0].full_name
    assert column(cast, "full_name") == before


def test_text_over_good_numbers_is_asked_about(cast: Cast, rows: list[Person]) -> None:
    paste(cast, "\n".join(numbers(rows)), (0, "identity_number"), worse="all")
    question = asked(cast, "số 123\nhẹn 12/3\n", (0, "identity_number"))
    assert "2 số định danh cá nhân" in question.sentence
    assert "(có lỗi)" in question.sides[0].pasted


def test_empty_cells_take_what_comes_with_its_error(cast: Cast, rows: list[Person]) -> None:
    empty = [place for place, person in enumerate(rows) if not person.identity_number]
    report = paste(cast, "12345\n", (empty[0], "identity_number"))
    assert (report.written, report.wrong) == (1, 1)


def test_only_the_good_lines_are_taken(cast: Cast, rows: list[Person]) -> None:
    paste(cast, "\n".join(numbers(rows)), (0, "identity_number"), worse="all")
    good = number_for(int(rows[1].date_of_birth[-4:]), rows[1].gender, 777)
    text = f"hẹn 12/3\n{good}\n"
    report = paste(cast, text, (0, "identity_number"), worse=losses.LINES)
    assert column(cast, "identity_number")[:2] == [numbers(rows)[0], good]
    assert [person.id for person in report.left_out] == [rows[0].id]


def test_only_empty_cells_are_filled(cast: Cast, rows: list[Person]) -> None:
    before = column(cast, "identity_number")
    text = "hẹn 12/3\n" * len(rows)
    report = paste(cast, text, (0, "identity_number"), worse=losses.EMPTY)
    after = column(cast, "identity_number")
    assert [now for now, then in zip(after, before, strict=True) if then and now != then] == []
    assert report.written == before.count("")


def test_the_user_may_paste_all_the_same_and_undo_it_as_one_step(
    cast: Cast, rows: list[Person]
) -> None:
    report = paste(cast, CHAT, (0, "full_name"), sure=True, worse=losses.ALL)
    assert report.written == 3
    assert Change.select().where(Change.step == report.step).count() == 3


def test_two_numbers_that_change_places_are_no_loss(cast: Cast, rows: list[Person]) -> None:
    paste(cast, "\n".join(numbers(rows)), (0, "identity_number"), worse="all")
    first, second = table(cast)[:2]
    people.change_many(
        [
            people.Edit(first, "date_of_birth", second.date_of_birth),
            people.Edit(first, "gender", second.gender),
        ],
        by=cast.lan,
        door="typed",
    )
    swapped = f"{second.identity_number}\n{first.identity_number}\n"
    report = paste(cast, swapped, (0, "identity_number"), sure=True)
    assert report.written == 2


def test_verified_records_are_counted(cast: Cast, rows: list[Person]) -> None:
    an = Person.get_by_id(cast.an.id)
    confirmed = record.identity_hash(values_of(an), people.around(an))
    Person.update(outcome="verified", outcome_hash=confirmed).where(Person.id == an.id).execute()
    people.restate(Person.get_by_id(an.id))
    place = [person.id for person in table(cast)].index(an.id)
    other = number_for(2012, "Nữ", 778)
    question = asked(cast, other, (place, "identity_number"))
    assert "1 hồ sơ đã xác thực sẽ phải xác thực lại" in question.sentence


def test_a_catalogue_value_gives_way_to_none(cast: Cast, rows: list[Person]) -> None:
    people.change(cast.an, "ethnic_group", "Kinh", seen="", by=cast.lan)
    place = [person.id for person in table(cast)].index(cast.an.id)
    with pytest.raises(LookFirst) as question:
        paste(cast, "Người trái đất\n", (place, "ethnic_group"))
    assert "(ngoài danh mục)" in question.value.sides[0].pasted


# old fonts and swapped dates


def test_names_in_an_old_font_are_shown_in_unicode_first(cast: Cast, rows: list[Person]) -> None:
    question = asked(cast, "TrÇn V¨n An\nLª ThÞ Hoa\n", (0, "full_name"))
    assert "TCVN3" in question.sentence
    assert [side.pasted for side in question.sides] == ["Trần Văn An", "Lê Thị Hoa"]


def test_names_in_an_old_font_find_their_rows(cast: Cast, rows: list[Person]) -> None:
    people.change(rows[0], "full_name", "Trần Văn Bằng", seen=rows[0].full_name, by=cast.lan)
    number = number_for(int(rows[0].date_of_birth[-4:]), rows[0].gender, 779)
    text = f"TrÇn V¨n B»ng\t{number}\n"
    paste(cast, text, (1, "identity_number"), font="convert", worse="all")
    assert Person.get_by_id(rows[0].id).identity_number == number


def test_an_exact_swap_of_day_and_month_is_asked_about(cast: Cast, rows: list[Person]) -> None:
    people.change(rows[0], "date_of_birth", "06/11/2012", seen=rows[0].date_of_birth, by=cast.lan)
    question = asked(cast, "11/06/2012\n", (0, "date_of_birth"))
    assert "đổi chỗ" in question.title
    paste(cast, "11/06/2012\n", (0, "date_of_birth"), dates="day", worse="all")
    assert Person.get_by_id(rows[0].id).date_of_birth == "11/06/2012"


def test_swapped_dates_may_stay_as_they_are(cast: Cast, rows: list[Person]) -> None:
    people.change(rows[0], "date_of_birth", "06/11/2012", seen=rows[0].date_of_birth, by=cast.lan)
    text = "11/06/2012\tNữ\n01/02/2012\tNam\n"
    paste(cast, text, (0, "date_of_birth"), dates="stored", worse="all", sure=True)
    assert Person.get_by_id(rows[0].id).date_of_birth == "06/11/2012"


def test_a_day_that_a_time_zone_may_have_moved_replaces_nothing(
    cast: Cast, rows: list[Person]
) -> None:
    question = asked(cast, "24/03/2012 23:59:59\n", (0, "date_of_birth"))
    assert "có lỗi" in question.sides[0].pasted
