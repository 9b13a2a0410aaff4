"""The rules for short catalogues and a whole record, by example. People and numbers (100..., 099...) are invented."""

import unicodedata

import pytest

from idapp.rules import catalogues, places, record
from tests.flawless import GOOD, code_of, problems, record_context

# --- catalogues ---


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("Nam", "male"),
        (" NAM ", "male"),
        ("nu", "female"),
        ("Nữ", "female"),
        ("Male", "male"),
        ("f", "female"),
    ],
)
def test_gender_words(text, sex):
    assert catalogues.sex(text) == sex
    assert record.normalise("gender", text, {}, record_context()) == catalogues.gender_text(sex)


@pytest.mark.parametrize("text", ["1", "0", "x", "Nam Nữ", "?"])
def test_other_genders_are_errors(text):
    assert code_of(catalogues.sex, text) == "unknown_gender"
    assert ("gender", "unknown_gender", "error") in problems({"gender": text})


@pytest.mark.parametrize(
    ("field", "text", "name"),
    [
        ("ethnic_group", "KINH", "Kinh"),
        ("ethnic_group", "H’Mông", "Mông"),
        ("ethnic_group", "Ê-đê", "Ê Đê"),
        ("ethnic_group", "Gia - Rai", "Gia Rai"),
        ("ethnic_group", "k'ho", "Cơ Ho"),
        ("nationality", "viet nam", "Việt Nam"),
        ("nationality", "VN", "Việt Nam"),
        ("nationality", "Italia", "Ý"),
        ("position", "giáo viên", "Giáo viên"),
    ],
)
def test_catalogue_texts_become_the_catalogue_name(field, text, name):
    assert record.normalise(field, text, {}, record_context(kind="staff")) == name


@pytest.mark.parametrize(
    ("field", "text", "suggestion"),
    [
        ("ethnic_group", "Kinhh", "Kinh"),
        ("ethnic_group", "36", ""),
        ("nationality", "Vịt Nam", "Việt Nam"),
        ("position", "Giáo viênn", "Giáo viên"),
    ],
)
def test_unknown_catalogue_text_is_kept_with_a_warning(field, text, suggestion):
    row = GOOD | {"date_of_birth": "20/03/1985", "identity_number": "100185000012", field: text}
    (found,) = record.problems_of(row, record_context(kind="staff"))
    assert (found.field, found.code, found.level, found.suggestion) == (
        field,
        f"unknown_{field}",
        "warning",
        suggestion,
    )
    assert record.normalise(field, text, {}, record_context(kind="staff")) == text


def test_every_catalogue_name_is_found_as_itself():
    for rule, names in (
        (catalogues.ethnic_group, catalogues.ethnic_groups()),
        (catalogues.nationality, catalogues.nationalities()),
        (catalogues.position, catalogues.positions()),
    ):
        assert [rule(name) for name in names] == list(names)


def test_sizes_and_ages_of_the_catalogues():
    assert (
        len(catalogues.ethnic_groups()),
        len(catalogues.nationalities()),
        catalogues.nationalities()[0],
    ) == (
        55,
        249,
        "Việt Nam",
    )
    assert (
        len(catalogues.student_states()),
        len(catalogues.staff_states()),
        len(catalogues.grades()),
    ) == (12, 8, 18)
    for grade in catalogues.grades():
        number = grade.order if grade.level == "MN" else int(grade.short_name)
        assert catalogues.usual_age(number, grade.level) == grade.normal_age
    assert catalogues.usual_age(13) is None


# --- the whole record ---


def test_fields_stand_in_the_order_of_the_surface():
    names = [field.name for field in record.FIELDS]
    assert names[:5] == ["full_name", "date_of_birth", "gender", "identity_number", "province"]
    assert [f.name for f in record.FIELDS if f.identity] == [
        "full_name",
        "date_of_birth",
        "gender",
        "identity_number",
    ]
    assert {f.name for f in record.fields_of("student")} ^ {
        f.name for f in record.fields_of("staff")
    } == {
        "father_name",
        "father_birth_year",
        "mother_name",
        "mother_birth_year",
        "position",
    }
    assert not any(
        record.FIELD[name].fill_down for name in ("full_name", "date_of_birth", "identity_number")
    )


def test_form_416_headings():
    assert [f.form416 for f in record.FIELDS if f.form416] == [
        "Ngày sinh",
        "Giới tính",
        "Số ĐDCN",
        "Tỉnh",
        "Huyện",
        "Xã",
        "Dân tộc",
        "Quốc tịch",
        "Mã định danh Bộ GD&ĐT (trên CSDL ngành)",
        "Họ tên cha",
        "Năm sinh cha",
        "Họ tên mẹ",
        "Năm sinh mẹ",
    ]


def test_a_good_record_has_no_problem():
    assert problems() == []
    assert (
        problems({"identity_number": "100185000012", "date_of_birth": "20/03/1985"}, kind="staff")
        == []
    )


def test_an_empty_record_misses_exactly_what_is_required():
    for kind in ("student", "staff"):
        found = record.problems_of({}, record_context(kind=kind))
        assert [(p.field, p.code, p.level) for p in found] == [
            (f.name, "missing", "error") for f in record.fields_of(kind) if f.required
        ]
    assert len(record.problems_of({"full_name": " \u00a0"}, record_context())) == 7


def test_problems_come_in_the_order_of_the_fields():
    found = problems(
        {
            "full_name": "A1",
            "gender": "",
            "identity_number": "1",
            "commune": "",
            "ethnic_group": "Kinhh",
        }
    )
    order = [field.name for field in record.FIELDS]
    assert [field for field, _, _ in found] == sorted(
        (field for field, _, _ in found), key=order.index
    )
    assert len(found) == 5


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ministry_code": "8012345678"}, []),
        ({"ministry_code": "80123456789012345678"}, []),
        ({"ministry_code": "801234567"}, [("ministry_code", "ministry_code", "warning")]),
        ({"father_name": "Lê Văn B", "father_birth_year": "1980"}, []),
        ({"father_name": "Lê 2"}, [("father_name", "digit_in_name", "warning")]),
        ({"mother_name": "LÊ THỊ C"}, [("mother_name", "name_case", "warning")]),
        ({"mother_birth_year": "1930"}, []),
        ({"mother_birth_year": "1929"}, [("mother_birth_year", "not_a_year", "warning")]),
        ({"mother_birth_year": "80"}, [("mother_birth_year", "not_a_year", "warning")]),
        ({"father_birth_year": "2023"}, [("father_birth_year", "not_a_year", "warning")]),
    ],
)
def test_optional_fields(changes, expected):
    assert problems(changes) == expected


def test_optional_texts_are_normalised():
    assert record.normalise("father_birth_year", "1980.0", {}, record_context()) == "1980"
    assert record.normalise("ministry_code", "'8012345678.0", {}, record_context()) == "8012345678"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("", []),
        ("E1234567", []),
        ("ABCDEFGHI", []),
        ("E-1", [("identity_number", "passport", "warning")]),
        ("100312000012", [("nationality", "citizen_number", "warning")]),
    ],
)
def test_a_foreigner_is_counted_apart_and_needs_no_number(number, said):
    row = {"nationality": "Lào", "identity_number": number}
    assert problems(row) == said
    meant = record.clean(GOOD | row, record_context())
    assert (meant.foreign, meant.number) == (True, None)


def test_of_a_foreigner_the_school_needs_four_things_only():
    empty = dict.fromkeys(GOOD, "") | {"nationality": "Lào"}
    assert problems(empty) == [
        (field, "missing", "error") for field in ("full_name", "date_of_birth", "gender")
    ]
    abroad = {"nationality": "Lào", "province": "Viêng Chăn", "ministry_code": "?"}
    assert {level for _, _, level in problems(abroad)} == {"warning"}


def test_passport_is_accepted_for_foreigners_only():
    foreign = {"nationality": "Campuchia"}
    assert record.normalise("identity_number", "e 1234567", foreign, record_context()) == "E1234567"
    assert ("identity_number", "passport", "warning") in problems(
        foreign | {"identity_number": "E1"}
    )
    assert problems({"identity_number": "E1234567"}) == [("identity_number", "not_digits", "error")]


def test_a_misspelt_nationality_frees_nobody():
    assert ("identity_number", "missing", "error") in problems(
        {"nationality": "Vịt Nam", "identity_number": ""}
    )


def test_normalise_refuses_only_what_is_too_long():
    assert code_of(record.normalise, "address", "a" * 201, {}, record_context()) == "too_long"
    assert record.normalise("address", " " + "a" * 200 + " ", {}, record_context()) == "a" * 200
    assert record.normalise("full_name", "\u200b \n", {}, record_context()) == ""


def test_clean_takes_only_what_is_accepted():
    my_an = places.find("3level", "commune", "Xã Mỹ An", "804").code
    assert record.clean(GOOD, record_context()) == record.Clean(
        "100312000012", "2012-03-20", "female", "80", "804", my_an, False
    )
    broken = {
        "identity_number": "000000000000",
        "date_of_birth": "31/02/2012",
        "gender": "?",
        "province": "xyz",
    }
    assert record.clean(broken, record_context()) == record.Clean(
        None, None, None, None, None, None, False
    )


def test_identity_values_and_their_fingerprint():
    assert record.identity_values(GOOD, record_context()) == {
        "full_name": "Nguyễn Minh Anh",
        "born": "2012-03-20",
        "sex": "female",
        "number": "100312000012",
    }
    before = record.identity_hash(GOOD, record_context())
    decomposed = GOOD | {
        "full_name": unicodedata.normalize("NFD", " Nguyễn  Minh Anh"),
        "date_of_birth": "20-3-2012",
    }
    assert record.identity_hash(decomposed, record_context()) == before
    assert (
        record.identity_hash(GOOD | {"address": "Ấp 3", "commune": ""}, record_context()) == before
    )
    for change in (
        {"full_name": "Nguyên Minh Anh"},
        {"gender": "Nam"},
        {"date_of_birth": "2012"},
        {"identity_number": ""},
    ):
        assert record.identity_hash(GOOD | change, record_context()) != before
    assert record.identity_values({}, record_context()) == {
        "full_name": "",
        "born": "",
        "sex": "",
        "number": "",
    }


def test_choices():
    assert record.choices_of("gender", "student") == ("Nam", "Nữ")
    assert record.choices_of("ethnic_group", "staff")[0] == "Kinh"
    assert record.choices_of("nationality", "student")[0] == "Việt Nam"
    assert "Hiệu trưởng" in record.choices_of("position", "staff")
    assert record.choices_of("position", "student") == ()
    assert record.choices_of("province", "student") == ()
    for kind in ("student", "staff"):
        for field in record.fields_of(kind):
            for choice in record.choices_of(field.name, kind):
                assert record.normalise(field.name, choice, {}, record_context(kind=kind)) == choice
