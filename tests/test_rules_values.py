"""The rules for a number, a name and a birth date, by example. People and numbers (100..., 099...) are invented."""

import gc
import re
import unicodedata
import weakref
from contextlib import suppress
from datetime import date

import pytest

from idapp.rules import birth_date, full_name, identity_number, record
from idapp.rules.problem import Problem
from tests.flawless import GOOD, TODAY, code_of, problems, record_context

# --- identity number ---


@pytest.mark.parametrize(
    "typed",
    [
        "100312000012",
        " 100 3 12 000012 ",
        "100.312.000.012",
        "100-312-000012",
        "'100312000012",
        "100312000012.0",
        "100\u00a0312\u00a0000\u00a0012",
        "１００３１２００００１２",
        "100312000012\u200b",
        "100312000012,00",
        "100312000012.000",
        "100,312,000,012.00",
        "100 312 000 012,0",
        "1003.1200.0012",
        "100 312000012",
        "100.3.12.000012",
        "100 - 312 - 000012",
        "100'312'000'012",
        "100312000012.",
    ],
)
def test_number_is_read_without_what_stands_around_its_digits(typed):
    assert identity_number.validate(typed) == "100312000012"
    assert record.normalise("identity_number", typed, {}, record_context()) == "100312000012"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("100000001", "cmnd"),
        ("1003120000", "not_12_digits"),
        ("1003120000123", "not_12_digits"),
        ("000000000000", "fake_number"),
        ("123456789012", "fake_number"),
        ("111111111111", "fake_number"),
        ("012345678901", "fake_number"),
        ("987654321098", "fake_number"),
        ("10031200001a", "not_digits"),
        ("١٠٠٣١٢٠٠٠٠١٢", "not_digits"),
        ("1.00312E+11", "not_digits"),
        ("không có", "not_digits"),
        ("...", "not_digits"),
    ],
)
def test_number_errors(typed, code):
    assert code_of(identity_number.validate, typed) == code
    assert problems({"identity_number": typed})[0] == ("identity_number", code, "error")


@pytest.mark.parametrize(
    "typed",
    [
        "80211000002.5",
        "8021100000,25",
        "80 211 000 002,5",
        "80.211.000.002,5",
        "1,002,120,000.12",
        "80211000002-5",
        "80211000002'5",
        "80211000002 5",
        "80211000002 5.0",
        "100312000.012",
        "100312000.000",
        "100312.000012",
        "100.312,000.012",
        "025123456 001",
        "1 80211000002",
        "025123456-001",
        "-100312000012",
    ],
)
def test_decimals_and_odd_groups_stay_as_typed_with_an_error(typed):
    """Without its point the text would be another number, as valid as any."""
    assert record.normalise("identity_number", typed, {}, record_context()) == typed
    assert ("identity_number", "not_digits", "error") in problems({"identity_number": typed})
    assert identity_number.lost_zeros(typed, 2012, "female") == ""


def test_a_passport_with_a_decimal_part_is_no_other_passport():
    foreign = {"nationality": "Lào"}
    for typed in ("12345678.5", "B1234567.0"):
        assert record.normalise("identity_number", typed, foreign, record_context()) == typed
    assert (
        record.normalise("identity_number", "b-123 4567", foreign, record_context()) == "B1234567"
    )


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        ("ministry_code", "8012345678,0", "8012345678"),
        ("ministry_code", "801234567.5", "801234567.5"),
        ("ministry_code", "8012345.678", "8012345.678"),
        ("father_birth_year", "1980,0", "1980"),
        ("father_birth_year", "1980.5", "1980.5"),
        ("mother_birth_year", "1.980", "1.980"),
        ("mother_birth_year", "198.0", "198.0"),
        ("date_of_birth", "2012.5", "2012.5"),
        ("date_of_birth", "201.2", "201.2"),
    ],
)
def test_only_zeros_are_dropped_behind_a_point(field, typed, stored):
    assert record.normalise(field, typed, {}, record_context()) == stored
    if stored == typed:
        assert any(of == field for of, *_ in problems({field: typed}))


def test_number_message_says_how_many_digits_there_are():
    with pytest.raises(Problem, match="ở đây có 11"):
        identity_number.validate("10031200001")
    with pytest.raises(Problem, match="Excel đã đổi số"):
        identity_number.validate("1,00312E+11")


@pytest.mark.parametrize(
    ("digit", "start", "sex"),
    [
        (0, 1900, "male"),
        (1, 1900, "female"),
        (2, 2000, "male"),
        (3, 2000, "female"),
        (5, 2100, "female"),
    ],
)
def test_century_and_sex(digit, start, sex):
    number = f"100{digit}12000012"
    assert identity_number.century_sex(number) == (start, sex)
    assert identity_number.birth_year(number) == start + 12


@pytest.mark.parametrize(
    ("text", "year", "sex", "number"),
    [
        ("99212000012", 2012, "male", "099212000012"),
        ("99212000012", 2012, "female", ""),
        ("99212000012", 2011, "male", ""),
        ("99212000012", None, "male", ""),
        ("99212000012", 2012, None, ""),
        ("1212000000", 2012, "male", "001212000000"),
        ("2212000000", 2012, "male", ""),
        ("212000000", 2012, "male", ""),
    ],
)
def test_lost_zeros_are_suggested_only_when_the_row_agrees(text, year, sex, number):
    assert identity_number.lost_zeros(text, year, sex) == number


def test_lost_zeros_are_never_put_back_silently():
    row = {"identity_number": "99312000012"}
    assert (
        record.normalise("identity_number", "99312000012", GOOD, record_context()) == "99312000012"
    )
    found = record.problems_of(GOOD | row, record_context())
    assert [(p.code, p.suggestion) for p in found] == [("not_12_digits", "099312000012")]
    assert record.problems_of(GOOD | row | {"gender": ""}, record_context())[-1].suggestion == ""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"identity_number": "100212000012"}, ("identity_number", "sex_disagrees")),
        (
            {"identity_number": "100212000012", "full_name": "Lê Thị Anh"},
            ("identity_number", "sex_disagrees"),
        ),
        (
            {"identity_number": "100212000012", "full_name": "Lê Văn Anh"},
            ("gender", "sex_disagrees"),
        ),
        ({"gender": "Nam", "full_name": "Lê Thị Anh"}, ("gender", "sex_disagrees")),
        ({"identity_number": "100311000012"}, ("identity_number", "year_disagrees")),
        ({"date_of_birth": "20/03/2011"}, ("date_of_birth", "year_disagrees")),
        (
            {"date_of_birth": "20/03/2011", "identity_number": "100313000012"},
            ("identity_number", "year_disagrees"),
        ),
        ({"identity_number": "100111000012"}, ("identity_number", "year_disagrees")),
        ({"identity_number": "100211000012"}, ("identity_number", "number_disagrees")),
    ],
)
def test_contradiction_is_a_warning_on_the_likelier_wrong_field(changes, expected):
    assert problems(changes) == [(*expected, "warning")]
    assert "giấy" in record.problems_of(GOOD | changes, record_context())[0].message


def test_no_contradiction_is_reported_against_unknown_values_or_after_the_register_confirmed():
    assert identity_number.disagreements("100312000012", None, None) == []
    assert problems({"identity_number": "100211000012"}, confirmed=True) == []
    assert problems({"date_of_birth": "2012"}) == [("date_of_birth", "year_only", "warning")]


@pytest.mark.parametrize(("where", "word"), [("class", "lớp"), ("school", "trường")])
def test_duplicate_is_an_error_that_names_nobody(where, word):
    (found,) = record.problems_of(GOOD, record_context(same_number=where))
    assert (found.field, found.code, found.level) == ("identity_number", "duplicate", "error")
    assert f"trong {word}" in found.message
    assert problems(same_number=where, confirmed=True) == [
        ("identity_number", "duplicate", "warning")
    ]


def test_province_of_registration():
    assert identity_number.province_of_registration("001312000012") == "Hà Nội"
    assert identity_number.province_of_registration("100312000012") == ""


def test_mask():
    assert identity_number.mask("100312000012") == "100•••••••12"
    assert identity_number.mask("100000001") == "100••••01"
    days = "hẹn các ngày 12, 13, 14, 15 và 16/10/2022"
    assert identity_number.mask_within(days) == days


# --- full name ---


@pytest.mark.parametrize(
    "name",
    [
        "H'Hen Niê",
        "Y Bhiu",
        "K'Brông Ađrơng",
        "H’Hư Cấu",
        "Y Hư-Cấu Êban",
        "Ksor Bơ̆",
        "Anna Müller",
    ],
)
def test_names_that_are_right(name):
    assert full_name.validate(name) == unicodedata.normalize("NFC", name)
    assert full_name.warnings(name) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Nguyễn Văn A1", "digit_in_name"),
        ("Lê Anh (lớp phó)", "symbol_in_name"),
        ("Lê T. Anh", "symbol_in_name"),
        ("Lê Аnh", "symbol_in_name"),
        ("Lê Anh ❤", "symbol_in_name"),
        ("'-", "symbol_in_name"),
        ("Lê, Anh", "symbol_in_name"),
        ("李明", "symbol_in_name"),
        ("TRUE", "not_a_name"),
    ],
)
def test_name_errors(name, code):
    assert code_of(full_name.validate, name) == code
    assert ("full_name", code, "error") in problems({"full_name": name})


@pytest.mark.parametrize(
    ("name", "code", "suggestion"),
    [
        ("Anh", "single_word", ""),
        ("Lê Nguyễn Trần Thị Ngọc Minh Anh", "many_words", ""),
        ("H'HEN NIÊ", "name_case", "H'Hen Niê"),
        ("ĐẶNG Y-BHIU ÊBAN", "name_case", "Đặng Y-Bhiu Êban"),
        ("lê thị ánh đào", "name_case", "Lê Thị Ánh Đào"),
    ],
)
def test_name_warnings(name, code, suggestion):
    assert [(p.code, p.suggestion, p.level) for p in full_name.warnings(name)] == [
        (code, suggestion, "warning")
    ]


def test_the_quick_look_at_a_name_takes_only_letters_that_belong():
    taken = [chr(c) for c in range(0x3000) if full_name._LATIN.fullmatch(chr(c))]
    assert len(taken) > 700
    assert all(full_name._belongs(c) for c in taken)


def test_name_is_stored_as_written_but_composed():
    decomposed = unicodedata.normalize("NFD", "  Ðào\u00a0 HÒA ")
    assert record.normalise("full_name", decomposed, {}, record_context()) == "Đào HÒA"


@pytest.mark.parametrize(
    ("name", "sex"),
    [
        ("Lê Thị Anh", "female"),
        ("LÊ VĂN ANH", "male"),
        ("Lê Anh", None),
        ("Văn Thị", None),
        ("Lê Thị Văn Anh", None),
    ],
)
def test_middle_name_tells_the_sex(name, sex):
    assert full_name.sex_of(name) == sex


# --- birth date ---


def test_what_does_not_belong_in_a_name_is_named():
    for typed, named in (
        ("=1+1", "chữ số “1”"),
        ("Lê (Bi)", "ký tự lạ “()”"),
        ("Lê Văn 2", "chữ số “2”"),
    ):
        with pytest.raises(Problem, match=re.escape(named)):
            full_name.validate(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "20/03/2012",
        "20/3/2012",
        "20-3-2012",
        "20.3.2012",
        "20 / 03 / 2012",
        "2012-03-20",
        "2012/3/20",
        "2012-03-20 00:00:00",
        "2012-03-20T00:00:00",
        "20/03/2012 00:00",
        "20032012",
        "20120320",
        "40988",
        "40988.0",
        "'20/03/2012",
        "２０/０３/２０１２",
        "20 tháng 3 năm 2012",
        "Ngày 20 tháng 03, 2012",
    ],
)
def test_dates_that_are_read(typed):
    assert birth_date.validate(typed, TODAY) == "2012-03-20"
    assert record.normalise("date_of_birth", typed, {}, record_context()) == "20/03/2012"


@pytest.mark.parametrize(
    ("typed", "code", "suggestion"),
    [
        ("31/02/2012", "impossible_date", ""),
        ("29/02/2011", "impossible_date", ""),
        ("03/20/2012", "impossible_date", "20/03/2012"),
        ("20/3/12", "two_digit_year", "20/03/2012"),
        ("20/3/85", "two_digit_year", "20/03/1985"),
        ("31/2/12", "two_digit_year", ""),
        ("200312", "two_digit_year", "20/03/2012"),
        ("17/10/2022", "future_date", ""),
        ("2023", "future_date", ""),
        ("01/01/1899", "too_early", ""),
        ("0000", "too_early", ""),
        ("12000", "not_a_date", ""),
        ("60000", "not_a_date", ""),
        ("tháng ba", "not_a_date", ""),
        ("20/03", "not_a_date", ""),
        ("20/03/2012/", "not_a_date", ""),
        ("00/00/0000", "impossible_date", ""),
        ("99999999", "impossible_date", ""),
    ],
)
def test_date_errors(typed, code, suggestion):
    with pytest.raises(Problem) as caught:
        birth_date.validate(typed, TODAY)
    assert (caught.value.code, caught.value.suggestion) == (code, suggestion)
    assert record.normalise("date_of_birth", typed, {}, record_context()) == typed


def test_today_is_not_the_future():
    assert birth_date.validate("16/10/2022", TODAY) == "2022-10-16"


def test_year_alone_stays_a_year():
    assert record.normalise("date_of_birth", "2012.0", {}, record_context()) == "2012"
    assert record.clean(GOOD | {"date_of_birth": "2012"}, record_context()).born == "2012"


@pytest.mark.parametrize(
    ("born", "kwargs", "codes"),
    [
        ("2012-01-01", {}, []),
        ("2009-12-31", {}, []),
        ("2008-12-31", {}, ["age_for_grade"]),
        ("2013-01-01", {}, []),
        ("2014-01-01", {}, ["age_for_grade"]),
        ("2014-01-01", {"grade": None}, []),
        ("2000-01-01", {"grade": 12}, ["age_for_grade"]),
        ("2017-05-05", {"grade": 6, "level": "MN"}, []),
        ("2012-05-05", {"grade": 6, "level": "MN"}, ["age_for_grade"]),
        ("2022-05-05", {"grade": 1, "level": "MN"}, []),
        ("2006-05-05", {"kind": "staff"}, []),
        ("2007-05-05", {"kind": "staff"}, ["age_for_work"]),
        ("1931-05-05", {"kind": "staff"}, ["age_for_work"]),
        ("1980", {"kind": "staff"}, ["year_only"]),
    ],
)
def test_ages(born, kwargs, codes):
    row = GOOD | {"date_of_birth": birth_date.show(born), "identity_number": ""}
    found = record.problems_of(row, record_context(**kwargs))
    assert [p.code for p in found if p.field == "date_of_birth"] == codes


def test_a_remembered_problem_keeps_no_frame_alive() -> None:
    """Else every frame below a bad cell, with all it holds, lives until the next search for cycles."""

    class Held:
        pass

    def read() -> weakref.ref[Held]:
        held = Held()
        with suppress(Problem):
            birth_date.validate("31/02/2012", date(2022, 10, 16))
        return weakref.ref(held)

    gc.disable()
    try:
        assert read()() is None
    finally:
        gc.enable()
