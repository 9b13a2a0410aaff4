"""The file way: which rows are whose, what their words mean, and what is never applied."""

import io
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from idapp.registry import (
    AskedPerson,
    FileExchange,
    Question,
    RegisterResidence,
    ResultRefused,
    read_results,
)
from idapp.registry.file_exchange import results_in
from idapp.registry.result_words import understand
from idapp.workbook import Cell, Sheet

TODAY = date(2022, 10, 16)
AN = Question(1, "R1", "100312000001", "Nguyễn Thị An", "2012-03-20", "female")
BINH = Question(2, "R2", "100212000002", "Trần Văn Bình", "2012-06-05", "male")
CHI = Question(3, "R3", "001312000003", "Lê Hoà Chi", "2012", "")
ASKED = (AskedPerson(AN, "1000000001"), AskedPerson(BINH, "1000000002"), AskedPerson(CHI))
FORM = (
    "STT",
    "Mã lớp",
    "Mã định danh Bộ GD&ĐT (trên CSDL ngành)",
    "Ngày sinh",
    "Giới tính",
    "Số ĐDCN",
    "Kết quả xác thực",
)
PROFILE = (
    "Mã lớp",
    "Họ tên",
    "Ngày sinh",
    "Trạng thái HS",
    "Số CCCD",
    "Số định danh cá nhân",
    "Trạng thái xác thực",
)


def sheet(*rows: tuple[object, ...], name: str = "Sheet1") -> Sheet:
    def cell(value: object) -> Cell:
        return (
            value
            if isinstance(value, Cell)
            else Cell(str(value), "text" if str(value) else "empty")
        )

    return Sheet(name, False, [tuple(map(cell, row)) for row in rows])


def told(
    *rows: tuple[object, ...],
    heading: tuple[str, ...] = FORM,
    asked: tuple[AskedPerson, ...] = ASKED,
):
    result = results_in([sheet(heading, *rows)], people=asked, today=TODAY)
    assert result.rows == len(rows)
    return result


def an(
    result: str, *, code="1000000001", born="20/03/2012", sex="Nữ", number="100312000001"
) -> tuple[str, ...]:
    return ("1", "5A", code, born, sex, number, result)


def outcomes(result) -> dict[int, str]:
    return {answer.item: answer.outcome for answer in result.answers}


@pytest.mark.parametrize(
    ("text", "kind", "fields"),
    [
        ("Đã xác thực", "verified", ()),
        ("ĐÃ XÁC THỰC", "verified", ()),
        ("Khớp", "verified", ()),
        ("Thành công", "verified", ()),
        ("Đúng", "verified", ()),
        ("Khớp đúng với CSDL quốc gia về dân cư", "verified", ()),
        ("Đã xác thực (thành công)", "verified", ()),
        ("Không khớp", "mismatch", ()),
        ("Không khớp nơi thường trú", "mismatch", ()),
        ("Sai thông tin ngày sinh", "mismatch", ("date_of_birth",)),
        ("Sai họ tên, giới tính", "mismatch", ("full_name", "gender")),
        ("Họ tên: không khớp", "mismatch", ("full_name",)),
        ("Không khớp (Họ tên; Giới tính)", "mismatch", ("full_name", "gender")),
        ("Khớp họ tên, không khớp ngày sinh", "mismatch", ("date_of_birth",)),
        ("Xác thực không thành công: sai giới tính", "mismatch", ("gender",)),
        ("Số định danh không đúng", "mismatch", ("identity_number",)),
        ("Không tìm thấy", "not_found", ()),
        ("không có thông tin", "not_found", ()),
        ("Không tìm thấy thông tin công dân trên CSDLQG về dân cư", "not_found", ()),
        ("Không tìm thấy thông tin khớp", "not_found", ()),
        ("Xác thực không thành công", "failed", ()),
        ("Lỗi hệ thống", "failed", ()),
        ("Chưa xác thực", "waiting", ()),
        ("Đang chờ", "waiting", ()),
        ("", "waiting", ()),
        (" - ", "waiting", ()),
        # nobody is verified or sent to the police by a sentence not wholly understood
        ("Không tìm thấy máy chủ", "unclear", ()),
        ("Đã xác thực một phần", "unclear", ()),
        ("Khớp họ tên", "unclear", ()),
        ("Đã xác thực, sai ngày sinh", "unclear", ()),
        ("Người dùng", "unclear", ()),
        ("Chưa đúng", "mismatch", ()),
        ("Không", "unclear", ()),
        ("Không xác thực", "unclear", ()),
        ("Chưa thành công", "unclear", ()),
        ("Lỗi kết nối", "unclear", ()),
        ("Đang học", "unclear", ()),
        ("1", "unclear", ()),
        ("Thông tin", "unclear", ()),
    ],
)
def test_the_words_of_a_result(text, kind, fields):
    assert (understand(text).kind, understand(text).fields) == (kind, fields)


@given(
    st.sampled_from(
        ["Đã xác thực", "Khớp", "Không tìm thấy", "Thành công", "Không khớp: ngày sinh"]
    ),
    st.text("abcdeghiklmnopqrstuvxyđâăêôơư", max_size=8).map(
        lambda letters: letters + "w"
    )  # no word of Vietnamese
    | st.sampled_from(["không", "chưa", "máy", "chủ", "một", "tạm", "thử", "nếu", "trừ", "dùng"]),
    st.booleans(),
)
@example("Khớp", "không", True)
@example("Đã xác thực", "chưa", True)
@settings(deadline=None)  # the machine may be busy
def test_one_strange_word_makes_a_result_unclear(word, strange, before):
    said = understand(f"{strange} {word}" if before else f"{word} {strange}")
    opposite = {
        ("không", "Khớp"): "mismatch",
        ("chưa", "Khớp"): "mismatch",
        ("không", "Thành công"): "failed",
    }
    assert said.kind == (opposite.get((strange, word), "unclear") if before else "unclear")


def test_a_form_comes_back_with_results():
    result = told(
        an("Đã xác thực"),
        ("2", "5A", "1000000002", "05/06/2012", "Nam", "100212000002", "Sai ngày sinh"),
        ("3", "5A", "", "2012", "", "001312000003", "Không tìm thấy"),
    )
    assert outcomes(result) == {1: "verified", 2: "mismatch", 3: "not_found"}
    assert result.answers[1].differences == {"date_of_birth": ("05/06/2012", "")}
    assert [answer.request_code for answer in result.answers] == [
        "R1",
        "R2",
        "R3",
    ]
    assert not result.odd


def test_a_profile_export_with_two_number_columns_and_the_pupils_own_state():
    result = told(
        ("5A", "NGUYỄN THỊ AN", "20/03/2012", "Đang học", "", "100312000001", "Đã xác thực"),
        (
            "5A",
            "Trần Văn Bình",
            "05/06/2012",
            "Chuyển đi",
            "100212000002",
            "100212000002",
            "Chưa xác thực",
        ),
        ("5A", "Lê Hòa Chi", "2012", "Đang học", "", "1312000003", "Khớp"),  # Excel ate two zeros
        heading=PROFILE,
    )
    assert outcomes(result) == {1: "verified", 3: "verified"}
    assert result.waiting == 1


@pytest.mark.parametrize("number", ["100312000001.0", "100312000001,00", "100.312.000.001"])
def test_a_whole_number_is_the_same_however_it_is_written(number):
    assert outcomes(told(an("Đã xác thực", number=number))) == {1: "verified"}


@pytest.mark.parametrize("number", ["10031200000.1", "1003120000,01", "10031200000 1"])
def test_a_number_with_decimals_is_nobodys(number):
    result = told(an("Đã xác thực", number=number))
    assert outcomes(result) == {}
    assert [odd.reason for odd in result.odd] == ["values_differ"]
    unknown = told(an("Đã xác thực", code="", number=number))
    assert outcomes(unknown) == {}
    assert [odd.reason for odd in unknown.odd] == ["nobody"]


@pytest.mark.parametrize("code", ["1000000001.0", "1000000001,0", "'1000000001"])
def test_a_code_that_excel_took_for_a_number_names_its_bearer(code):
    assert outcomes(told(an("Đã xác thực", code=code))) == {1: "verified"}


def test_the_state_of_a_pupil_is_no_result():
    with pytest.raises(ResultRefused) as refused:
        results_in(
            [sheet(PROFILE[:-1], ("5A", "Nguyễn Thị An", "20/03/2012", "x", "", "1"))],
            people=ASKED,
            today=TODAY,
        )
    assert refused.value.code == "no_result_column"
    assert "Kết quả xác thực" in refused.value.message


def test_a_bare_state_column_may_hold_the_results():
    heading = ("Họ tên", "Số CCCD", "Trạng thái", "Tình trạng")
    result = told(("Nguyễn Thị An", "100312000001", "Đang học", "Đã xác thực"), heading=heading)
    assert outcomes(result) == {1: "verified"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"number": "100312000009"}, "values_differ"),
        ({"born": "21/03/2012"}, "values_differ"),
        ({"born": "31/02/2012"}, "values_differ"),
        ({"sex": "Nam"}, "values_differ"),
        ({"sex": "?"}, "values_differ"),
        ({"number": ""}, "no_number"),
        (
            {"number": "100212000002"},
            "values_differ",
        ),  # another child's number beside this child's code
        ({"code": "9999999999", "number": "100312000009"}, "nobody"),
        ({"code": "", "number": "", "born": ""}, "nobody"),
    ],
)
def test_a_confirmation_of_other_values_is_not_applied(changes, reason):
    result = told(an("Đã xác thực", **changes))
    assert not result.answers
    assert [odd.reason for odd in result.odd] == [reason]
    assert result.odd[0].row == 2
    assert result.odd[0].sentence.endswith(".")


def test_a_no_about_another_number_is_not_applied_either():
    for said in ("Không tìm thấy", "Không khớp"):
        assert told(an(said, number="100312000009")).odd[0].reason == "values_differ"


def test_rows_are_found_by_code_then_number_then_name_and_date():
    heading = ("Mã định danh Bộ GD&ĐT", "Họ tên", "Ngày sinh", "Số CCCD", "Kết quả")
    result = told(
        ("1000000001.0", "Nguyễn Thị An", "20/03/2012", "100312000001", "Khớp"),
        ("MỚI-77", "Trần Văn Bình", "05/06/2012", "100212000002", "Khớp"),
        ("", "LÊ HÒA CHI", "2012", "", "Không khớp"),
        ("", "Lê Hòa Chi", "2013", "", "Không khớp"),
        heading=heading,
    )
    assert outcomes(result) == {1: "verified", 2: "verified", 3: "mismatch"}
    assert [(odd.row, odd.reason, odd.name) for odd in result.odd] == [(5, "nobody", "Lê Hòa Chi")]


def test_namesakes_born_on_one_day_are_not_guessed():
    twin = AskedPerson(replace(CHI, item=4, number="001312000004"))
    heading = ("Họ tên", "Ngày sinh", "Kết quả")
    result = told(("Lê Hoà Chi", "2012", "Không tìm thấy"), heading=heading, asked=(*ASKED, twin))
    assert [odd.reason for odd in result.odd] == ["several"]


def test_a_code_that_stands_at_two_people_is_told_apart_by_the_number_beside_it():
    asked = (AskedPerson(AN, "1000000001"), AskedPerson(BINH, "1000000001"))
    result = told(an("Khớp"), an("Khớp", number="", born="", sex=""), asked=asked)
    assert outcomes(result) == {1: "verified"}
    assert [odd.reason for odd in result.odd] == ["several"]


@pytest.mark.parametrize(
    ("name", "born", "item", "reason"),
    [
        ("NGUYEN THI AN", "20/03/2012", 1, "values_differ"),
        ("Nguyễn Thị An", "2012", 1, "values_differ"),
        ("Nguyễn Thị An", "", None, "nobody"),
        ("Nguyễn Thị An", "21/03/2012", None, "nobody"),
    ],
)
def test_whose_row_it_is_may_be_known_where_nothing_can_be_confirmed(name, born, item, reason):
    heading = ("Họ tên", "Ngày sinh", "Kết quả")
    [odd] = told((name, born, "Không khớp"), heading=heading).odd
    assert (odd.item, odd.reason) == (item, reason)


def test_the_column_of_reasons_names_the_field_and_may_cast_doubt():
    heading = (*FORM, "Ghi chú")
    result = told(
        (*an("Không khớp"), "Ngày sinh"),
        (
            "2",
            "5A",
            "1000000002",
            "05/06/2012",
            "Nam",
            "100212000002",
            "Không thành công",
            "Không tìm thấy",
        ),
        ("3", "5A", "", "2012", "", "001312000003", "Đã xác thực", "Học sinh mới chuyển đến"),
        heading=heading,
    )
    assert outcomes(result) == {1: "mismatch", 2: "not_found", 3: "verified"}
    assert result.answers[0].differences.keys() == {"date_of_birth"}
    doubted = told((*an("Đã xác thực"), "Sai giới tính"), heading=heading)
    assert doubted.odd[0].reason == "unclear_result"
    assert "Sai giới tính" in doubted.odd[0].sentence


def test_a_reason_explains_a_failure_and_nothing_else():
    heading = (*FORM, "Ghi chú")
    [failed] = told((*an("Không thành công"), "Đã xác thực"), heading=heading).answers
    assert (failed.outcome, failed.reason) == ("unanswered", "failed_without_cause")
    nobody = told((*an("Không tìm thấy"), "Sai giới tính"), heading=heading)
    assert outcomes(nobody) == {1: "not_found"}
    by_formula = (*an("")[:-1], Cell("Không khớp", "formula"), "Sai giới tính")
    assert told(by_formula, heading=heading).odd[0].reason == "unclear_result"


def test_a_failure_without_a_cause_is_never_a_no():
    [answer] = told(an("Không thành công")).answers
    assert (answer.outcome, answer.reason) == ("unanswered", "failed_without_cause")


@pytest.mark.parametrize("kind", ["formula", "error"])
def test_a_cell_without_a_value_is_no_result(kind):
    assert told((*an("")[:-1], Cell("Đã xác thực", kind))).odd[0].reason == "unclear_result"


def test_rows_of_one_person_agree_or_settle_nothing():
    agreed = told(an("Đã xác thực"), an("Khớp"), an(""))
    assert outcomes(agreed) == {1: "verified"}
    assert agreed.same == 2
    torn = told(an("Đã xác thực"), an("Không tìm thấy"))
    assert not torn.answers
    assert {(odd.row, odd.reason) for odd in torn.odd} == {
        (2, "contradiction"),
        (3, "contradiction"),
    }


def test_settled_people_are_counted_and_not_answered_again():
    settled = (replace(ASKED[0], known="not_found"), *ASKED[1:])
    result = told(an("Không tìm thấy"), an(""), asked=settled)
    assert result.already == 2
    assert not result.answers
    assert not result.odd
    later = told(an("Không tìm thấy"), an("Đã xác thực"), asked=settled)
    assert not later.answers, "a batch keeps its answer"
    assert later.already == 1, "a batch keeps its answer"
    assert [(odd.row, odd.reason) for odd in later.odd] == [(3, "other_than_known")]
    assert "mở đợt mới" in later.odd[0].sentence


def test_one_sheet_for_each_class_with_its_own_columns():
    second = sheet(
        ("Số ĐDCN", "Kết quả", "Mã định danh Bộ GD&ĐT"),
        ("100212000002", "Khớp", "1000000002"),
        name="5B",
    )
    result = results_in([sheet(FORM, an("Khớp"), name="5A"), second], people=ASKED, today=TODAY)
    assert outcomes(result) == {1: "verified", 2: "verified"}


def workbook(*rows: tuple[object, ...]) -> bytes:
    book, data = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(data)
    return data.getvalue()


def test_real_files_come_in_parts_and_answers_are_handed_out_once():
    exchange = FileExchange(ASKED, today=TODAY)
    assert exchange.ask(AN) is None
    assert exchange.ask(replace(AN, number="12")).outcome == "rejected"
    title = ("TRƯỜNG TH THỬ NGHIỆM",)
    first = exchange.receive(
        workbook(title, FORM, an("Đã xác thực", born=date(2012, 3, 20))), file_name="1.xlsx"
    )  # type: ignore[arg-type]
    row = ("2", "5A", 1000000002, date(2012, 6, 5), "Nam", 100212000002, "Không khớp")
    second = exchange.receive(workbook(title, FORM, row), file_name="2.xlsx")
    assert (first.rows, second.rows) == (1, 1)
    assert not first.odd + second.odd
    assert [answer.outcome for answer in exchange.collect([1])] == ["verified"]
    assert [answer.item for answer in exchange.collect([1, 2, 3])] == [2]
    assert list(exchange.collect([1, 2, 3])) == []
    exchange.close()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"%PDF-1.7", "pdf"),
        (b"PK\x03\x04 broken", "broken"),
        (b"<html></html>", "web_page"),
    ],
)
def test_what_is_no_workbook_is_one_sentence(data, code):
    with pytest.raises(ResultRefused) as refused:
        read_results(data, file_name="ket-qua.xlsx", people=ASKED, today=TODAY)
    assert refused.value.code == code
    assert refused.value.message.endswith(".")


cells = st.one_of(
    st.sampled_from(
        [
            "",
            "1000000001",
            "1000000002",
            "100312000001",
            "100212000002",
            "1312000003",
            "20/03/2012",
            "Nữ",
        ]
    ),
    st.sampled_from(
        ["Nguyễn Thị An", "Đã xác thực", "Không khớp", "Không tìm thấy", "36", "=A1", "40988"]
    ),
    st.text(max_size=12),
)


@given(
    st.permutations([*FORM[2:], "Họ tên", "Ghi chú"]),
    st.lists(st.lists(cells, min_size=7, max_size=7), max_size=5),
)
@settings(deadline=None)
def test_any_file_settles_only_what_it_says_about_the_values_asked(heading, rows):
    try:
        result = results_in([sheet(tuple(heading), *map(tuple, rows))], people=ASKED, today=TODAY)
    except ResultRefused:
        return
    numbers = {one.question.item: one.question.number.lstrip("0") for one in ASKED}
    assert {answer.outcome for answer in result.answers} <= {
        "verified",
        "mismatch",
        "not_found",
        "unanswered",
    }
    assert len({answer.item for answer in result.answers}) == len(result.answers)
    for answer in result.answers:
        if answer.outcome == "verified":
            mine = [row for row in rows if any(numbers[answer.item] in cell for cell in row)]
            assert mine
            assert all(
                odd.item != answer.item or odd.reason != "contradiction" for odd in result.odd
            )


def test_two_columns_of_numbers_that_differ_refuse_a_file_of_results():
    row = ("5A", AN.full_name, "20/03/2012", "", "100312000099", AN.number, "Đã xác thực")
    with pytest.raises(ResultRefused) as refused:
        told(row, heading=PROFILE)
    assert refused.value.code == "unclear_column"
    assert "“Số định danh cá nhân” (F) và “Số CCCD” (E)" in refused.value.message


def test_an_old_card_beside_the_number_is_read_in_a_file_of_results():
    row = ("5A", AN.full_name, "20/03/2012", "", "024135678", AN.number, "Đã xác thực")
    assert outcomes(told(row, heading=PROFILE)) == {1: "verified"}


# --- the residence that a file gives beside its results ---

PLACES = ("Tỉnh", "Huyện", "Xã")


@pytest.mark.parametrize(
    ("heading", "texts", "codes"),
    [
        (PLACES, ("Hà Nội", "Ba Vì", "Xã Phú Đông"), ("01", "271", "09643")),
        (PLACES, ("Tỉnh Tây Ninh", "", "Xã Mỹ Thạnh"), ("80", "", "28051")),
        (("Hộ khẩu thường trú",), ("Xã Phú Đông, Ba Vì, Hà Nội",), ("01", "271", "09643")),
    ],
)
def test_a_residence_is_read_in_the_epoch_in_which_it_is_written(
    heading: tuple[str, ...], texts: tuple[str, ...], codes: tuple[str, ...]
) -> None:
    row = (*an("Đã xác thực")[:-1], *texts, "Đã xác thực")
    [answer] = told(row, heading=(*FORM[:-1], *heading, FORM[-1])).answers
    assert answer.outcome == "verified"
    assert answer.residence == RegisterResidence(*codes)


@pytest.mark.parametrize("text", ["Xã Không Có, Hà Nội", "Hà Nội cũ", ""])
def test_a_residence_that_is_no_certain_place_changes_no_answer(text: str) -> None:
    row = (*an("Đã xác thực")[:-1], text, "Đã xác thực")
    heading = (*FORM[:-1], "Hộ khẩu thường trú", FORM[-1])
    [answer] = told(row, heading=heading).answers
    assert (answer.outcome, answer.residence) == ("verified", None)


def test_who_was_not_found_has_no_residence() -> None:
    row = (*an("Không tìm thấy")[:-1], "Xã Phú Đông, Ba Vì, Hà Nội", "Không tìm thấy")
    heading = (*FORM[:-1], "Hộ khẩu thường trú", FORM[-1])
    [answer] = told(row, heading=heading).answers
    assert (answer.outcome, answer.residence) == ("not_found", None)
