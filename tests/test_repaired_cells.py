"""Cells whose value was converted or repaired by the last step on them say so, until the next step on them."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from idapp import imports, people
from idapp.imports.decisions import choices_of, decide
from idapp.models import Change, ImportRow, Person, User
from idapp.people import Edit, cards, epochs, undoing
from idapp.people.bulk_edits import put_zeros_back
from idapp.rules.repairs import is_repair
from tests.cast import Cast, number_for
from tests.pasted import paste, table
from tests.test_imports import read
from tests.web.fragments import cell, plain, swapped
from tests.web.test_card import CARD
from tests.web.test_paste import deed

ClientOf = Callable[[User], FlaskClient]
OLD = {"province": "Thành phố Hà Nội", "district": "Huyện Ba Vì", "commune": "Xã Phú Đông"}


@pytest.fixture
def today(cast: Cast) -> Cast:
    """The cast in a campaign of two levels, An without a residence."""
    epochs.go_on(epochs.begin("2level", by=cast.hoa).id)
    clear = [Edit(cast.an, name, "") for name in OLD]
    people.change_many(clear, by=cast.lan, source="typed")
    return cast


def marks(person: Person) -> dict[str, str]:
    return dict(Person.get_by_id(person.id).repaired)


def write(cast: Cast, source: str = "typed", **texts: str) -> Person:
    edits = [Edit(cast.an, name, text) for name, text in texts.items()]
    people.change_many(edits, by=cast.lan, source=source)
    return Person.get_by_id(cast.an.id)


def came_in(person: Person, field: str) -> str:
    """What the history says of the last step on a cell."""
    newest = Change.select().where(Change.person == person, Change.field == field)
    return str(newest.order_by(Change.id.desc()).get().typed)


def in_5a(cast: Cast) -> object:
    return Person.select().where(Person.school_class == cast.class_5a)


# what a person would call a repair


@pytest.mark.parametrize(
    ("field", "handed", "stored"),
    [
        ("commune", "Xã Phú Đông", "Xã Cổ Đô"),
        ("commune", "Thị trấn Thủ Thừa", "Xã Thủ Thừa"),
        ("commune", "Phú Đông", "Xã Phù Đổng"),
        ("province", "Tỉnh Long An", "Tỉnh Tây Ninh"),
        ("ethnic_group", "Kinh tộc", "Kinh"),
        ("full_name", "TrÇn ThÞ Hoa", "Trần Thị Hoa"),
        ("full_name", "Lê An (chuyển trường)", "Lê An"),
        ("identity_number", "99212000012", "099212000012"),
        ("date_of_birth", "40988", "20/03/2012"),
        ("date_of_birth", "03/20/2012", "20/03/2012"),
        ("date_of_birth", "20/3/12", "20/03/2012"),
    ],
)
def test_it_says_something_else(field: str, handed: str, stored: str) -> None:
    assert is_repair(field, handed, stored)


@pytest.mark.parametrize(
    ("field", "handed", "stored"),
    [
        ("commune", "my an", "Xã Mỹ An"),
        ("commune", "Mỹ An, Thủ Thừa, Long An", "Xã Mỹ An"),
        ("commune", "P.6", "Phường 6"),
        ("province", "TP Hồ Chí Minh", "Thành phố Hồ Chí Minh"),
        ("address", "Ấp 3, Xã Mỹ An", "Ấp 3"),
        ("full_name", "Lê  Hoà", "Lê Hòa"),
        ("gender", "nu", "Nữ"),
        ("identity_number", "'100.212.000.012", "100212000012"),
        ("ministry_code", "1000 000 001", "1000000001"),
        ("date_of_birth", "2012-03-20 00:00:00", "20/03/2012"),
        ("date_of_birth", "20032012", "20/03/2012"),
        ("father_birth_year", "1985.0", "1985"),
        ("commune", "Xã Mỹ An", ""),
    ],
)
def test_it_says_the_same_in_the_writing_of_the_house(field: str, handed: str, stored: str) -> None:
    assert not is_repair(field, handed, stored)


# from step to step


def test_a_typed_former_commune_is_told_until_the_next_step(today: Cast) -> None:
    write(today, province="Hà Nội")
    person = write(today, commune="Xã Phú Đông")
    assert (person.commune, marks(today.an)) == ("Xã Cổ Đô", {"commune": "Xã Phú Đông"})
    assert came_in(today.an, "commune") == "Xã Phú Đông"
    write(today, commune="Xã Ba Vì")
    assert marks(today.an) == {}


def test_the_step_on_another_cell_leaves_the_mark(today: Cast) -> None:
    write(today, province="Tỉnh Long An")
    write(today, address="Ấp 3")
    assert marks(today.an) == {"province": "Tỉnh Long An"}


def test_undo_takes_the_mark_and_redo_brings_it_back(today: Cast) -> None:
    write(today, province="Tỉnh Long An")
    undoing.undo(in_5a(today), by=today.lan)  # type: ignore[arg-type]
    assert marks(today.an) == {}
    undoing.redo(in_5a(today), by=today.lan)  # type: ignore[arg-type]
    assert marks(today.an) == {"province": "Tỉnh Long An"}


def test_zeros_put_back_with_one_click_are_told(cast: Cast) -> None:
    Person.update(identity_number="").where(Person.id == cast.an.id).execute()
    write(cast, gender="Nam", identity_number="99212000012")
    put_zeros_back([Person.get_by_id(cast.an.id)], by=cast.lan, source="typed")
    person = Person.get_by_id(cast.an.id)
    assert (person.identity_number, person.repaired) == (
        "099212000012",
        {"identity_number": "99212000012"},
    )


# the other ways in


def test_a_pasted_address_is_told_with_its_district(today: Cast) -> None:
    text = "Họ và tên\tTỉnh\tHuyện\tXã\n" + "\t".join([today.an.full_name, *OLD.values()])
    paste(today, text, 0, "full_name")
    assert marks(today.an) == {"commune": "Xã Phú Đông, Huyện Ba Vì"}
    assert came_in(today.an, "commune") == "Xã Phú Đông, Huyện Ba Vì"


def test_a_pasted_name_in_an_old_font_is_told_as_it_came(cast: Cast) -> None:
    paste(cast, "TrÇn ThÞ Hoa\n", 0, "full_name", font="convert", worse="all")
    [hoa] = [person for person in table(cast) if person.full_name == "Trần Thị Hoa"]
    assert hoa.repaired == {"full_name": "TrÇn ThÞ Hoa"}
    assert came_in(hoa, "full_name") == "TrÇn ThÞ Hoa"


def test_pasted_halves_of_a_name_in_an_old_font_are_told_together(cast: Cast) -> None:
    text = f"Mã định danh Bộ GD&ĐT\tHọ và tên đệm\tTên\n{cast.an.ministry_code}\tTrÇn ThÞ\tH»ng"
    paste(cast, text, 0, "ministry_code", font="convert", worse="all", match="code")
    assert Person.get_by_id(cast.an.id).full_name == "Trần Thị Hằng"
    assert marks(cast.an) == {"full_name": "TrÇn ThÞ H»ng"}


@pytest.mark.parametrize(
    ("text", "answer"), [("04/25/2012", {"dates": "month"}), ("25/4/12", {"years": "whole"})]
)
def test_pasted_dates_read_by_their_column_are_told(
    cast: Cast, text: str, answer: dict[str, str]
) -> None:
    paste(cast, f"{text}\n{text}", 0, "date_of_birth", worse="all", sure=True, **answer)
    assert Person.get_by_id(cast.an.id).date_of_birth == "25/04/2012"
    assert marks(cast.an) == {"date_of_birth": text}


def test_a_file_says_what_stood_in_it(cast: Cast) -> None:
    heading = ("Lớp", "Họ và tên đệm", "Tên", "Ngày sinh", "Dân tộc")
    names = [("TrÇn ThÞ", "Quúnh"), ("NguyÔn V¨n", "§øc"), ("§ç ThÞ", "H»ng")]
    rows = [["5A", *name, f"0{day}/03/2012", "Kinh"] for day, name in enumerate(names, 1)]
    upload = read(rows, cast.thu, heading)
    imports.confirm(upload, by=cast.thu)
    person = Person.get(Person.full_name == "Trần Thị Quỳnh")
    assert person.repaired == {"full_name": "TrÇn ThÞ Quúnh"}
    assert came_in(person, "full_name") == "TrÇn ThÞ Quúnh"


def test_a_proposal_of_the_catalogue_is_told_when_it_is_taken(cast: Cast) -> None:
    write(cast, ethnic_group="Tày")
    row = ["5A", cast.an.full_name, cast.an.date_of_birth, "Kinh tộc"]
    upload = read([row], cast.thu, ("Lớp", "Họ và tên", "Ngày sinh", "Dân tộc"))
    judged = ImportRow.get(ImportRow.upload == upload)
    assert "ethnic_group" in choices_of(judged)
    decide(judged, "ethnic_group", take=True)
    imports.confirm(upload, by=cast.thu)
    assert marks(cast.an) == {"ethnic_group": "Kinh tộc"}
    imports.undo(upload, by=cast.thu)
    assert marks(cast.an) == {}


@pytest.mark.parametrize(
    ("heading", "texts", "expected"),
    [
        (("Tỉnh", "Huyện", "Xã"), tuple(OLD.values()), "Xã Phú Đông, Huyện Ba Vì"),
        (
            ("Hộ khẩu thường trú",),
            ("Xã Phú Đông, Huyện Ba Vì, Hà Nội",),
            "Xã Phú Đông, Huyện Ba Vì, Hà Nội",
        ),
    ],
)
def test_a_file_in_old_addresses_is_told_in_its_own_words(
    today: Cast, heading: tuple[str, ...], texts: tuple[str, ...], expected: str
) -> None:
    row = ["5A", today.an.full_name, today.an.date_of_birth, *texts]
    upload = read([row], today.thu, ("Lớp", "Họ và tên", "Ngày sinh", *heading))
    imports.confirm(upload, by=today.thu)
    person = Person.get_by_id(today.an.id)
    assert (person.province, person.commune) == ("Thành phố Hà Nội", "Xã Cổ Đô")
    assert marks(today.an) == {"commune": expected}
    assert came_in(today.an, "commune") == expected


def test_a_card_tells_its_old_address(today: Cast) -> None:
    proposal = cards.propose(today.binh, CARD)
    cards.apply(proposal, people.values_of(today.binh), by=today.lan)
    assert marks(today.binh)["commune"] == "Ấp 3, Mỹ Lạc, Thủ Thừa, Long An"


def test_the_change_of_epoch_tells_the_old_names_and_takes_them_back(cast: Cast) -> None:
    change = epochs.begin("2level", by=cast.hoa)
    epochs.go_on(change.id)
    assert marks(cast.an)["province"] == "Tỉnh Long An"
    change = epochs.begin_undo(by=cast.hoa)
    epochs.go_on(change.id)
    assert marks(cast.an) == {}


# in the table


def test_the_saved_cell_is_marked_as_a_fresh_load_marks_it(
    today: Cast, client_of: ClientOf
) -> None:
    client, path = client_of(today.lan), f"/classes/{today.class_5a.id}"
    before = client.get(path).text
    saved = deed(client, f"/people/{today.an.id}/cells/province", value="Tỉnh Long An", seen="")
    fresh = client.get(path).text
    marked = cell(fresh, today.an.id, "province")
    assert " data-repaired" in marked
    assert f'aria-describedby="w-{today.an.id}-province"' in marked
    assert "Đã đổi từ “Tỉnh Long An” sang “Tỉnh Tây Ninh”." in marked
    assert plain(swapped(before, saved.text)) == plain(fresh)


def test_undo_in_the_table_takes_the_mark_as_a_fresh_load_does(
    today: Cast, client_of: ClientOf
) -> None:
    client, path = client_of(today.lan), f"/classes/{today.class_5a.id}"
    deed(client, f"/people/{today.an.id}/cells/province", value="Tỉnh Long An", seen="")
    before = client.get(path).text
    undone = deed(client, "/undo", table=today.class_5a.id)
    fresh = client.get(path).text
    assert " data-repaired" not in cell(fresh, today.an.id, "province")
    assert plain(swapped(before, undone.text)) == plain(fresh)


def test_the_history_of_the_cell_says_what_the_file_said(cast: Cast, client_of: ClientOf) -> None:
    edit = Edit(cast.an, "full_name", "Trần Thị Hoa", handed="TrÇn ThÞ Hoa")
    people.change_many([edit], by=cast.thu, source="import")
    text = client_of(cast.lan).get(f"/people/{cast.an.id}/cells/full_name/history").text
    assert "tệp ghi “TrÇn ThÞ Hoa”" in text


def test_who_only_looks_sees_no_number_in_the_mark(cast: Cast, client_of: ClientOf) -> None:
    number = number_for(2012, "Nữ", 88)
    edit = Edit(cast.an, "identity_number", number, handed=number[1:])
    people.change_many([edit], by=cast.thu, source="import")
    page = client_of(cast.phong).get(f"/classes/{cast.class_5a.id}").text
    assert " data-repaired" in cell(page, cast.an.id, "identity_number")
    assert number[1:] not in page
