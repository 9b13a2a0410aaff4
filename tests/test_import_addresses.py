"""Old addresses with several successors in a file: asked once, answered for all their rows, remembered."""

import io

import pytest
from openpyxl import load_workbook

from idapp import imports, people
from idapp.models import Import, ImportRow, Person
from idapp.people import Edit, epochs, place_choices
from idapp.rules import places
from tests.cast import Cast
from tests.test_import_cases import book

COLUMNS = ("Lớp", "Họ và tên", "Ngày sinh", "Tỉnh", "Huyện", "Xã")
WHOLE = ("Lớp", "Họ và tên", "Ngày sinh", "Hộ khẩu thường trú")
SPLIT = ("Thành phố Hà Nội", "Quận Ba Đình", "Phường Ngọc Hà")
OLD = "Phường Ngọc Hà, Quận Ba Đình, Thành phố Hà Nội"
NEW = "Phường Ba Đình"


@pytest.fixture
def today(cast: Cast) -> Cast:
    """The cast in a campaign of two levels."""
    epochs.go_on(epochs.begin("2level", by=cast.hoa).id)
    return cast


def three_columns(cast: Cast) -> Import:
    rows = [
        ["5A", "Hồ Thị Một", "21/02/2012", *SPLIT],
        ["5A", "Hồ Thị Hai", "22/02/2012", "Hà Nội", "Ba Đình", "Ngọc Hà"],
        ["5A", "Hồ Thị Ba", "23/02/2012", "Tỉnh Long An", "Huyện Thủ Thừa", "Xã Mỹ Lạc"],
    ]
    return imports.read_bytes(book(rows, COLUMNS), "a.xlsx", by=cast.thu)


def one_text(cast: Cast, text: str = f"Tổ 5, {OLD}") -> Import:
    rows = [["5A", "Hồ Thị Bốn", "24/02/2012", text]]
    return imports.read_bytes(book(rows, WHOLE), "b.xlsx", by=cast.thu)


def choose(upload: Import, answer: str) -> Import:
    [question] = imports.asked_addresses(Import.get_by_id(upload.id))
    imports.decide_addresses(upload, {question["key"]: answer})
    return Import.get_by_id(upload.id)


def code_of(upload: Import, name: str = NEW) -> str:
    [question] = imports.asked_addresses(upload)
    [code] = [c["code"] for c in question["candidates"] if c["label"].startswith(name)]
    return str(code)


def rows_of(upload: Import) -> list[ImportRow]:
    return list(ImportRow.select().where(ImportRow.upload == upload).order_by(ImportRow.id))


def written(upload: Import, cast: Cast, name: str) -> Person:
    imports.confirm(Import.get_by_id(upload.id), by=cast.thu)
    return Person.get(Person.full_name == name)


def test_each_old_address_is_asked_once_likeliest_first(today: Cast) -> None:
    [question] = imports.asked_addresses(three_columns(today))
    assert (question["meant"], question["rows"], question["classes"]) == (OLD, 2, ["5A"])
    assert question["candidates"][0]["label"] == f"{NEW}, Thành phố Hà Nội"
    assert question["choice"] == ""


def test_an_answer_counts_for_all_rows_of_the_address(today: Cast) -> None:
    upload = three_columns(today)
    upload = choose(upload, code_of(upload))
    first, second, _ = rows_of(upload)
    assert first.values["commune"] == second.values["commune"] == NEW
    assert first.repairs["commune"] == OLD
    assert not [p for row in (first, second) for p in row.problems]
    assert imports.totals_of(upload).views["errors"] == 0
    person = written(upload, today, "Hồ Thị Hai")
    assert (person.province, person.district, person.commune) == ("Thành phố Hà Nội", "", NEW)
    assert person.problem_of("commune") is None


def test_an_answer_can_be_taken_back_to_the_letter(today: Cast) -> None:
    upload = three_columns(today)
    before = [row.__data__ for row in rows_of(upload)]
    counts = Import.get_by_id(upload.id).counts
    upload = choose(upload, code_of(upload))
    upload = choose(upload, "")
    for old, row in zip(before, rows_of(upload), strict=True):
        now = row.__data__
        assert {**now, "problems": None} == {**old, "problems": None}
        assert sorted(map(str, now["problems"])) == sorted(map(str, old["problems"]))
    assert upload.counts == counts


@pytest.mark.parametrize("answer", ["", "keep"])
def test_an_address_that_stays_open_is_kept_whole_with_its_error(today: Cast, answer: str) -> None:
    upload = choose(three_columns(today), answer)
    person = written(upload, today, "Hồ Thị Một")
    assert person.commune == OLD
    assert person.problem_of("commune")["code"] == "choose_place"
    assert len(imports.open_addresses(upload)) == (1 if answer == "" else 0)


def test_a_choice_is_remembered_when_the_file_is_written_and_used_in_sight_next_time(
    today: Cast,
) -> None:
    upload = three_columns(today)
    code = code_of(upload)
    choose(upload, code)
    assert place_choices.remembered() == {}
    imports.confirm(Import.get_by_id(upload.id), by=today.thu)
    again = one_text(today)
    [question] = imports.asked_addresses(again)
    assert question["choice"] == question["before"] == code
    [row] = rows_of(again)
    assert (row.values["commune"], row.values["address"]) == (NEW, "Tổ 5")
    assert row.repairs["commune"] == f"Tổ 5, {OLD}"
    lines = "\n".join(imports.lines_before(again))
    assert "theo lần chọn trước của trường" in lines
    other = choose(again, code_of(again, "Phường Ngọc Hà"))
    assert written(other, today, "Hồ Thị Bốn").commune == "Phường Ngọc Hà"


def test_a_whole_text_stays_whole_while_nobody_has_chosen(today: Cast) -> None:
    upload = one_text(today)
    person = written(upload, today, "Hồ Thị Bốn")
    assert person.commune == f"Tổ 5, {OLD}"
    assert person.problem_of("commune")["level"] == "error"


def test_a_whole_text_of_one_successor_shows_old_and_new(today: Cast) -> None:
    upload = one_text(today, "Ấp 3, xã Mỹ Lạc, huyện Thủ Thừa, tỉnh Long An")
    [row] = rows_of(upload)
    assert row.values["commune"] == "Xã Mỹ Thạnh"
    assert row.repairs["commune"] == "Ấp 3, xã Mỹ Lạc, huyện Thủ Thừa, tỉnh Long An"
    assert upload.addresses["converted"] == [
        [row.repairs["commune"], "Xã Mỹ Thạnh, Tỉnh Tây Ninh", 1]
    ]


def test_a_record_that_lives_at_a_successor_keeps_it(today: Cast) -> None:
    family = {"province": "Thành phố Hà Nội", "commune": "Phường Ngọc Hà"}
    edits = [Edit(today.an, name, text) for name, text in family.items()]
    people.change_many(edits, by=today.lan, source="typed")
    row = ["5A", today.an.full_name, today.an.date_of_birth, *SPLIT]
    upload = imports.read_bytes(book([row], COLUMNS), "a.xlsx", by=today.thu)
    assert [row.verdict for row in rows_of(upload)] == ["same"]
    assert imports.asked_addresses(upload) == []


def test_a_good_residence_elsewhere_is_not_replaced_before_somebody_chose(today: Cast) -> None:
    row = ["5A", today.an.full_name, today.an.date_of_birth, *SPLIT]
    upload = imports.read_bytes(book([row], COLUMNS), "a.xlsx", by=today.thu)
    assert [row.verdict for row in rows_of(upload)] == ["conflict"]
    upload = choose(upload, code_of(upload))
    assert [row.verdict for row in rows_of(upload)] == ["changed"]
    assert written(upload, today, today.an.full_name).commune == NEW


def test_the_workbook_of_errors_and_the_page_show_the_same_rows(today: Cast) -> None:
    upload = three_columns(today)
    assert imports.totals_of(upload).views["errors"] == 2
    sheet = load_workbook(io.BytesIO(imports.errors_workbook(upload))).active
    assert sheet is not None
    assert sheet.max_row == 3
    upload = choose(upload, code_of(upload))
    sheet = load_workbook(io.BytesIO(imports.errors_workbook(upload))).active
    assert sheet is not None
    assert sheet.max_row == 1


def test_what_is_left_to_choose_is_told_on_the_command_line(today: Cast) -> None:
    upload = three_columns(today)
    imports.confirm(upload, by=today.thu)
    left = imports.left_out(imports.totals_of(Import.get_by_id(upload.id)))
    assert left == ["chỗ cần chọn của 1 địa chỉ cũ (đã lưu nguyên như trong tệp)"]


def test_new_addresses_in_a_campaign_of_three_levels_are_asked_too(cast: Cast) -> None:
    rows = [["5A", "Hồ Thị Một", "21/02/2012", "Tỉnh Tây Ninh", "", "Xã Mỹ Thạnh"]]
    upload = imports.read_bytes(book(rows, COLUMNS), "a.xlsx", by=cast.thu)
    [question] = imports.asked_addresses(upload)
    old = places.by_code("3level", question["candidates"][0]["code"])
    assert old is not None
    upload = choose(upload, old.code)
    person = written(upload, cast, "Hồ Thị Một")
    assert (person.province, person.district) == ("Tỉnh Long An", "Huyện Thủ Thừa")
    assert person.commune == old.name
    assert person.problem_of("commune") is None
    assert list(place_choices.remembered().values()) == [old.code]


def test_a_name_of_both_epochs_is_written_as_it_was_chosen(today: Cast) -> None:
    rows = [["5A", today.an.full_name, today.an.date_of_birth, "Tỉnh Hưng Yên", "", "Xã Tân Tiến"]]
    upload = imports.read_bytes(book(rows, COLUMNS), "a.xlsx", by=today.thu)
    upload = choose(upload, code_of(upload, "Xã Tân Tiến"))
    assert written(upload, today, today.an.full_name).commune == "Xã Tân Tiến"
