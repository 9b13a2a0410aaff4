"""Files as people really make them (tests/samples/workbooks/cases), and what becomes of each."""

import io
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.styles import Font

from idapp import imports, people, school
from idapp.models import Import, ImportRow, Person
from idapp.people import epochs
from tests.cast import Cast, pupil
from tests.test_imports import book, codes, judged

CASES = Path(__file__).parent / "samples" / "workbooks" / "cases"
pytestmark = pytest.mark.usefixtures("few_places")


def read_case(name: str, cast: Cast) -> Import:
    return imports.read_bytes(
        (CASES / name).read_bytes(), name, by=cast.thu, anyway=("year", "presence"), dates="day"
    )


def row_of(upload: Import, name: str) -> ImportRow:
    [row] = [row for row in judged(upload) if row.values.get("full_name") == name]
    return row


def notes_of(upload: Import) -> str:
    return " ".join(upload.notes)


def test_a_column_written_month_first_is_read_so_and_says_so(cast: Cast) -> None:
    upload = read_case("month_first.csv", cast)
    dates = {row.values["date_of_birth"] for row in judged(upload)}
    assert "04/03/2016" in dates
    assert "03/04/2016" not in dates
    assert "tháng trước ngày" in notes_of(upload)


def test_a_birth_date_with_day_and_month_swapped_must_be_decided(cast: Cast) -> None:
    values = pupil("Bùi Ngọc Anh", born="06/11/2016", serial=41)
    values |= {"ministry_code": "1000007118"}
    person = people.add(kind="student", school_class=cast.class_5a, values=values, by=cast.thu)
    upload = read_case("swapped_by_excel.xlsx", cast)
    [row] = [row for row in judged(upload) if row.person_id == person.id]
    assert row.verdict == "conflict"
    assert "swapped_day" in codes(row)
    imports.confirm(upload, by=cast.thu)
    assert Person.get_by_id(person.id).date_of_birth == "06/11/2016"


@pytest.mark.parametrize(
    ("typed", "day", "doubted"),
    [("29/03/2012", 11, 2), ("3/29/2012", 11, 2), ("29/03/2012", 25, 0)],
)
def test_dates_that_excel_took_beside_texts_it_could_not_are_doubted(
    cast: Cast, typed: str, day: int, doubted: int
) -> None:
    """Of somebody new no stored date tells that day and month changed places; the column does."""
    born = [date(2012, 6, day), date(2012, 4, 3), date(2012, 5, 5), typed]
    names = ["Hồ Thị Một", "Hồ Thị Hai", "Hồ Thị Ba", "Hồ Thị Bốn"]
    rows = [["5A", name, value] for name, value in zip(names, born, strict=True)]
    data = book(rows, ("Lớp", "Họ và tên", "Ngày sinh"))
    upload = imports.read_bytes(data, "a.xlsx", by=cast.thu, anyway=("year",))
    messages = [p["message"] for row in judged(upload) for p in row.problems]
    assert sum("ngày đúng là 06/11/2012" in message for message in messages) == doubted // 2
    assert sum("đổi chỗ ngày và tháng" in message for message in messages) == doubted


def test_old_fonts_become_unicode_and_the_font_is_named(cast: Cast) -> None:
    upload = read_case("old_fonts.xlsx", cast)
    names = [row.values["full_name"] for row in judged(upload)]
    assert names.count("Trần Thị Hoa") == 2
    assert "TCVN3" in notes_of(upload)
    assert "VNI" in notes_of(upload)
    assert all("full_name" in row.repairs for row in judged(upload)[:2])


def test_a_class_that_became_a_date_is_never_a_class(cast: Cast) -> None:
    upload = read_case("class_became_date.xlsx", cast)
    [row] = judged(upload)
    assert row.verdict == "wrong"
    assert "damaged_class" in codes(row)


def test_a_class_that_became_a_date_is_the_class_of_the_school(cast: Cast) -> None:
    school.add_class("5/1", by=cast.hoa)
    upload = read_case("class_became_date.xlsx", cast)
    [row] = judged(upload)
    assert row.class_name == "5/1"
    assert "được hiểu là lớp 5/1" in notes_of(upload)


def test_a_whole_csv_in_an_old_font_is_read_with_its_headings(cast: Cast) -> None:
    text = (
        "Líp,Hä vµ tªn,Ngµy sinh,Giíi tÝnh,Tæ/Th«n/Xãm\n"
        "5A,TrÇn ThÞ Hoa,25/03/2012,N÷,Êp Mü Hßa\n5A,NguyÔn V¨n Minh,26/03/2012,Nam,Êp Mü An\n"
    )
    upload = imports.read_bytes(text.encode("cp1252"), "a.csv", by=cast.thu, anyway=("year",))
    rows = [(row.values["full_name"], row.values["gender"]) for row in judged(upload)]
    assert rows == [("Trần Thị Hoa", "Nữ"), ("Nguyễn Văn Minh", "Nam")]
    assert [row.values["address"] for row in judged(upload)] == ["Ấp Mỹ Hòa", "Ấp Mỹ An"]
    assert "Cột Giới tính: 1 ô viết bằng phông chữ TCVN3" in notes_of(upload)


def test_staff_in_vni_with_their_posts(cast: Cast) -> None:
    heading = ("Hoï vaø teân", "Ngaøy sinh", "Chöùc vuï")
    rows = [["Traàn Thò Hoa", "25/03/1980", "Giaùo vieân"]]
    upload = imports.read_bytes(book(rows, heading), "a.xlsx", by=cast.thu, anyway=("year",))
    [row] = judged(upload)
    assert (row.values["full_name"], row.values["position"]) == ("Trần Thị Hoa", "Giáo viên")


@pytest.mark.parametrize("name", ["01-May", "5-thg1", "5", "TRUE", "#N/A"])
def test_nothing_that_excel_writes_founds_a_class(cast: Cast, name: str) -> None:
    text = f"Lớp,Họ và tên,Ngày sinh\n{name},Lý Thị Mai,25/03/2012\n"
    upload = imports.read_bytes(text.encode(), "a.csv", by=cast.thu, anyway=("year",))
    [row] = judged(upload)
    assert row.verdict == "wrong"
    messages = [problem["message"] for problem in row.problems]
    assert len(messages) == len(set(messages)) == 1
    assert "tạo lớp" not in notes_of(upload)


_FIELDS = ("Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Dân tộc", "Tổ/Thôn/Xóm", "Họ tên mẹ")


@pytest.mark.parametrize("word", [True, False, "TRUE", "#N/A", "#REF!", "#DIV/0!"])
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_excel_writes_for_no_text_is_no_value_of_anybody(
    cast: Cast, kind: str, word: bool | str
) -> None:
    """A tick, or an error of a formula, whether as a cell of its kind or as the text that a csv shows."""
    known = ["1000000002", *[word] * len(_FIELDS)]
    heading = ("Mã định danh Bộ GD&ĐT", *_FIELDS)
    data = book([known], heading)
    if kind == "csv":
        lines = [",".join(map(str, row)) for row in (heading, known)]
        data = "\n".join(lines).encode()
    before = Person.get_by_id(cast.binh.id)
    upload = imports.read_bytes(data, f"a.{kind}", by=cast.thu, anyway=("year",))
    [row] = judged(upload)
    assert row.seen == {}
    assert {"true_or_false", "excel_error"} & set(codes(row))
    imports.confirm(upload, by=cast.thu)
    assert people.values_of(Person.get_by_id(cast.binh.id)) == people.values_of(before)


def test_notes_behind_names_are_taken_out_and_told(cast: Cast) -> None:
    upload = answer_presence(ask_about("notes_in_names.xlsx", cast), cast, "present")
    rows = judged(upload)
    names = [row.values.get("full_name", "") for row in rows]
    assert "Lý Văn Tâm" in names
    assert "Lý Văn Tân" in names
    assert "Lý Thị Mộng Thu" in names
    assert "Lý Văn Tấn A" in names
    assert not any("(" in name or "*" in name or "bỏ học" in name for name in names)
    noted = [row for row in rows if "note_in_name" in codes(row)]
    assert len(noted) == 5


def test_odd_dates_are_read_or_get_the_right_proposal(cast: Cast) -> None:
    upload = read_case("odd_dates.xlsx", cast)
    dates = {row.values["full_name"]: row.values["date_of_birth"] for row in judged(upload)}
    assert dates["Lý Văn An"] == dates["Lý Văn Ba"] == "20/03/2016"
    assert dates["Lý Văn Da"] == dates["Lý Văn Đa"] == "25/03/2016"
    assert dates["Lý Văn Em"] == dates["Lý Văn Ga"] == dates["Lý Văn In"] == "2016"
    proposals = {
        problem["suggestion"]
        for row in judged(upload)
        for problem in row.problems
        if problem["code"] == "two_digit_year"
    }
    assert "12/05/2016" in proposals


def test_an_unsure_column_of_dates_warns_about_each_unsure_one(cast: Cast) -> None:
    upload = read_case("odd_dates.xlsx", cast)
    sure = [row for row in judged(upload) if "unsure_day" in codes(row)]
    assert {row.values["full_name"] for row in sure} <= {"Lý Văn Ha"}


def ask_about(name: str, cast: Cast) -> Import:
    data = (CASES / name).read_bytes()
    return imports.read_bytes(data, name, by=cast.thu, ask=True, anyway=("year",))


def answer_presence(upload: Import, cast: Cast, said: str) -> Import:
    [question] = upload.questions
    present = {wording["key"]: said for wording in question["wordings"]}
    return imports.answer(upload, columns={}, anyway=(), present=present, by=cast.thu)


def test_who_stands_below_a_title_of_those_who_left_is_asked_about(cast: Cast) -> None:
    upload = ask_about("section_rows.xlsx", cast)
    assert upload.state == "asking"
    [question] = upload.questions
    [wording] = question["wordings"]
    assert (wording["text"], wording["guess"], wording["count"]) == (
        "HỌC SINH CHUYỂN ĐI",
        "left",
        1,
    )


def test_who_has_left_is_no_new_record(cast: Cast) -> None:
    upload = answer_presence(ask_about("section_rows.xlsx", cast), cast, "left")
    assert [row.values["full_name"] for row in judged(upload)] == ["Lý Thị Mai"]
    assert upload.skipped["left"] == 1


def test_who_is_not_entered_for_a_state_everybody_knows_is_told_by_line(cast: Cast) -> None:
    rows = [
        ["5A", "Hồ Thị Một", "25/03/2012", "Đang học"],
        ["5A", "Hồ Thị Hai", "26/03/2012", "Chuyển đi"],
        ["5A", "Hồ Thị Ba", "27/03/2012", "Bỏ học"],
        ["5A", "Hồ Thị Bốn", "28/03/2012", "Chuyển đi"],
    ]
    data = book(rows, ("Lớp", "Họ và tên", "Ngày sinh", "Trạng thái"))
    upload = imports.read_bytes(data, "a.xlsx", by=cast.thu, anyway=("year",))
    assert [row.values["full_name"] for row in judged(upload)] == ["Hồ Thị Một"]
    assert "Không nhập vì trạng thái là “Chuyển đi”: dòng 3, 5." in upload.notes
    assert "Không nhập vì trạng thái là “Bỏ học”: dòng 4." in upload.notes
    assert "Hồ Thị Hai" not in notes_of(upload)


def test_who_is_still_there_comes_in(cast: Cast) -> None:
    upload = answer_presence(ask_about("section_rows.xlsx", cast), cast, "present")
    names = {row.values["full_name"] for row in judged(upload)}
    assert names == {"Lý Thị Mai", "Lý Thị Lan"}


def test_a_record_of_somebody_who_left_changes_its_state(cast: Cast) -> None:
    values = pupil("Lý Thị Lan", born="25/03/2016", serial=42)
    person = people.add(kind="student", school_class=cast.class_5a, values=values, by=cast.thu)
    upload = answer_presence(ask_about("section_rows.xlsx", cast), cast, "left")
    imports.confirm(upload, by=cast.thu)
    now = Person.get_by_id(person.id)
    assert not now.active
    assert now.state == "Chuyển đi"


def test_notes_that_mean_a_state_are_asked_about_once_each(cast: Cast) -> None:
    upload = ask_about("notes_in_names.xlsx", cast)
    [question] = upload.questions
    counts = {wording["text"]: wording["count"] for wording in question["wordings"]}
    assert counts == {"bỏ học": 2, "chuyển trường": 1}


def test_a_struck_out_row_gets_a_word(cast: Cast) -> None:
    upload = read_case("struck_out.xlsx", cast)
    struck = [row for row in judged(upload) if "struck_row" in codes(row)]
    assert len(struck) == 1


def with_struck(rows: list[list[str]], struck_cells: set[str]) -> bytes:
    """A workbook of rows in which some cells are struck through."""
    workbook = Workbook()
    for row in rows:
        workbook.active.append(row)
    for place in struck_cells:
        workbook.active[place].font = Font(strike=True)
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


@pytest.mark.parametrize("struck_cells", [{"B2"}, {"A2", "B2", "C2"}])
def test_who_is_struck_out_and_changes_nothing_gets_a_word_too(
    cast: Cast, struck_cells: set[str]
) -> None:
    known = ["5A", "Trần Văn Bình", "05/06/2012"]
    data = with_struck([["Lớp", "Họ và tên", "Ngày sinh"], known], struck_cells)
    upload = imports.read_bytes(data, "a.xlsx", by=cast.thu, anyway=("year",))
    [row] = judged(upload)
    assert (row.verdict, row.person_id) == ("same", cast.binh.id)
    assert "struck_row" in codes(row)
    assert imports.review(upload, by=cast.thu, view="struck").totals.views["struck"] == 1


def test_a_name_in_halves_of_which_both_are_struck_gets_a_word(cast: Cast) -> None:
    rows = [["Lớp", "Họ và tên đệm", "Tên"], ["5A", "Bùi Thị", "Dung"]]
    data = with_struck(rows, {"B2", "C2"})
    upload = imports.read_bytes(data, "a.xlsx", by=cast.thu, anyway=("year",))
    assert "struck_row" in codes(judged(upload)[0])


# addresses of two epochs


@pytest.fixture
def today(cast: Cast) -> Cast:
    """The cast in a campaign of two levels."""
    change = epochs.begin("2level", by=cast.hoa)
    epochs.go_on(change.id)
    return cast


def test_old_addresses_of_a_file_become_todays_places(today: Cast) -> None:
    heading = ("Lớp", "Họ và tên", "Ngày sinh", "Tỉnh", "Huyện", "Xã")
    rows = [
        ["5A", "Hồ Thị Một", "21/02/2012", "Tỉnh Long An", "Huyện Thủ Thừa", "Xã Mỹ Lạc"],
        ["5A", "Hồ Thị Hai", "02/02/2012", "Thành phố Hà Nội", "Quận Ba Đình", "Phường Cống Vị"],
    ]
    upload = imports.read_bytes(book(rows, heading), "a.xlsx", by=today.thu)
    first, second = judged(upload)
    assert (first.values["province"], first.values["commune"]) == ("Tỉnh Tây Ninh", "Xã Mỹ Thạnh")
    assert first.repairs["commune"] == "Xã Mỹ Lạc"
    assert second.values["commune"] == "Phường Cống Vị, Quận Ba Đình, Thành phố Hà Nội"
    assert "choose_place" in codes(second)
    [[old, new, rows]] = upload.addresses["converted"]
    assert (old, new, rows) == (
        "Xã Mỹ Lạc, Huyện Thủ Thừa, Tỉnh Long An",
        "Xã Mỹ Thạnh, Tỉnh Tây Ninh",
        1,
    )
    [question] = imports.open_addresses(upload)
    assert question["meant"] == "Phường Cống Vị, Quận Ba Đình, Thành phố Hà Nội"


def test_a_whole_residence_in_one_column_is_split(today: Cast) -> None:
    heading = ("Lớp", "Họ và tên", "Ngày sinh", "Hộ khẩu thường trú")
    text = "Ấp 3, xã Mỹ An, huyện Thủ Thừa, tỉnh Long An"
    rows = [["5A", "Hồ Thị Một", "21/02/2012", text]]
    upload = imports.read_bytes(book(rows, heading), "a.xlsx", by=today.thu)
    [row] = judged(upload)
    assert row.values["province"] == "Tỉnh Tây Ninh"
    assert row.values["commune"] == "Xã Mỹ An"
    assert row.values["address"] == "Ấp 3"


def test_a_whole_residence_nobody_can_place_arrives_with_its_error(today: Cast) -> None:
    heading = ("Lớp", "Họ và tên", "Ngày sinh", "Hộ khẩu thường trú")
    text = "Ấp 3, xã Không Có, huyện Thủ Thừa, tỉnh Long An"
    upload = imports.read_bytes(
        book([["5A", "Hồ Thị Một", "21/02/2012", text]], heading), "a.xlsx", by=today.thu
    )
    [row] = judged(upload)
    assert row.values["commune"] == text


def test_an_undecided_address_of_a_file_is_never_another_ward(today: Cast) -> None:
    heading = ("Lớp", "Họ và tên", "Ngày sinh", "Tỉnh", "Huyện", "Xã")
    home = ["Thành phố Hà Nội", "Quận Ba Đình", "Phường Ngọc Hà"]
    data = book([["5A", "Hồ Thị Hai", "02/02/2012", *home]], heading)
    imports.confirm(imports.read_bytes(data, "a.xlsx", by=today.thu), by=today.thu)
    person = Person.get(Person.full_name == "Hồ Thị Hai")
    assert person.commune_code is None
    assert person.problem_of("commune")["code"] == "choose_place"
    again = imports.read_bytes(data, "a.xlsx", by=today.thu)
    assert [row.verdict for row in judged(again)] == ["same"]
