"""What holds for every text whatever: nothing raises, nothing changes twice, nothing is lost silently."""

import unicodedata
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from idapp.rules import birth_date, full_name, identity_number, places, record
from idapp.rules.folding import fold, sort_key, tidy, tone_key
from idapp.rules.problem import Problem

TODAY = date(2022, 10, 16)
NAMES = [field.name for field in record.FIELDS]
CATALOGUE = [
    (epoch, level, p)
    for epoch in ("3level", "2level")
    for level in places.LEVELS
    for p in places.children(epoch, level)
]
digits = st.text("0123456789", min_size=6, max_size=14)
# what people type: any Unicode at all, and texts near the truth, where canonical forms are made
typed = st.one_of(
    st.text(max_size=210),
    st.text("0123456789 ./-'TEe,\u00a0０１９", max_size=24),
    st.text("aăâđeêioôơuưyAÐHNVTnvthmgcpq .'’-\u0301\u0300\u0309\u0303\u0323\u200b1", max_size=30),
    digits,
    st.sampled_from([place.name for _, _, place in CATALOGUE]),
    st.sampled_from(
        [
            "Nam",
            "nu",
            "Kinh",
            "h'mông",
            "Lào",
            "VN",
            "Việt Nam",
            "20/3/2012",
            "2012",
            "41053.0",
            "Q1",
            "P.06",
        ]
    ),
)
rows = st.dictionaries(st.sampled_from(NAMES), typed, max_size=len(NAMES))
arounds = st.builds(
    record.RecordContext,
    kind=st.sampled_from(["student", "staff"]),
    grade=st.none() | st.integers(-3, 20),
    level=st.sampled_from(["", "MN", "TH", "THPT"]),
    epoch=st.sampled_from(["3level", "2level"]),
    today=st.just(TODAY),
    same_number=st.sampled_from(["", "class", "school"]),
    confirmed=st.booleans(),
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(NAMES), typed, rows, arounds)
def test_normalising_twice_is_normalising_once(field, text, values, context):
    try:
        once = record.normalise(field, text, values, context)
    except Problem as problem:
        assert (problem.code, len(tidy(text)) > record.MAX_LENGTH) == ("too_long", True)
        return
    assert record.normalise(field, once, values, context) == once
    assert len(once) <= record.MAX_LENGTH
    assert bool(once) == bool(tidy(text))


@settings(max_examples=300, deadline=None)
@given(rows, arounds)
def test_any_record_can_be_judged(values, context):
    found = record.problems_of(values, context)
    order = [NAMES.index(problem.field) for problem in found]
    assert order == sorted(order)
    assert all(
        problem.message.endswith((".", "?")) and problem.level in ("error", "warning")
        for problem in found
    )
    allowed = {field.name for field in record.fields_of(context.kind)}
    assert {problem.field for problem in found} <= allowed


@settings(max_examples=200, deadline=None)
@given(rows, arounds)
def test_a_normalised_record_means_the_same(values, context):
    normalised: dict[str, str] = {}
    short = {name: text[:60] for name, text in values.items()}
    order = ["nationality", *(name for name in NAMES if name != "nationality")]
    for name in order:
        normalised[name] = record.normalise(name, short.get(name, ""), normalised, context)
    assert record.clean(normalised, context) == record.clean(short, context)
    assert record.identity_hash(normalised, context) == record.identity_hash(short, context)


@settings(max_examples=200, deadline=None)
@given(rows, arounds)
def test_without_an_error_the_four_identity_values_can_be_sent(values, context):
    errors = [
        p
        for p in record.problems_of(values, context)
        if p.level == "error" and record.FIELD[p.field].identity
    ]
    sent = record.identity_values(values, context)
    if not errors and not record.clean(values, context).foreign:
        assert all(sent.values())


@given(st.text(max_size=40) | digits)
def test_a_number_is_twelve_ascii_digits_or_a_problem(text):
    try:
        number = identity_number.validate(text)
    except Problem as problem:
        assert problem.field == "identity_number"
    else:
        assert len(number) == 12
        assert number.isascii()
        assert number.isdecimal()
        assert len(identity_number.mask(number)) == 12


@given(st.integers(1940, 2022), st.sampled_from(["male", "female"]), st.integers(0, 999999))
def test_number_made_for_a_person_never_disagrees_and_gets_its_zeros_back(year, sex, tail):
    century = 2 * ((year - 1900) // 100) + (sex == "female")
    number = f"099{century}{year % 100:02d}{tail:06d}"
    assert identity_number.disagreements(number, year, sex, None, year) == []
    assert identity_number.lost_zeros(number[1:], year, sex) == number
    other = "female" if sex == "male" else "male"
    assert len(identity_number.disagreements(number, year, other)) == 1
    assert len(identity_number.disagreements(number, year + 1, other)) == 1


@given(st.dates(date(1940, 1, 1), TODAY))
def test_every_writing_of_a_day_is_the_same_day(day):
    writings = [
        f"{day:%d/%m/%Y}",
        f"{day.day}-{day.month}-{day.year}",
        f"{day:%d.%m.%Y}",
        day.isoformat(),
        f"{day} 00:00:00",
        f"{day:%d%m%Y}",
        str((day - date(1899, 12, 30)).days),
    ]
    assert {birth_date.validate(text, TODAY) for text in writings} == {day.isoformat()}
    assert birth_date.validate(birth_date.show(day.isoformat()), TODAY) == day.isoformat()


@given(st.dates(TODAY + timedelta(days=1), date(2100, 1, 1)))
def test_no_day_of_the_future_is_a_birth_date(day):
    for text in (f"{day:%d/%m/%Y}", day.isoformat()):
        try:
            birth_date.validate(text, TODAY)
        except Problem as problem:
            assert problem.code == "future_date"
        else:
            raise AssertionError(text)


@settings(deadline=None)
@given(
    st.sampled_from(CATALOGUE),
    st.sampled_from(
        [
            str.upper,
            str.lower,
            lambda s: unicodedata.normalize("NFD", s),
            lambda s: f"  {s.replace(' ', '  ')}",
        ]
    ),
)
def test_a_place_is_found_however_its_name_is_cased_or_composed(entry, writing):
    epoch, level, place = entry
    assert places.find(epoch, level, writing(place.name), place.parent) == place
    assert place in places.search(epoch, level, writing(place.name), place.parent or None, limit=50)


@settings(deadline=None)
@given(st.sampled_from(CATALOGUE))
def test_a_place_without_diacritics_is_found_or_asked_back(entry):
    epoch, level, place = entry
    try:
        found = places.find(epoch, level, fold(place.name), place.parent)
    except Problem as problem:
        assert problem.code == "ambiguous_place"
    else:
        assert fold(found.name) == fold(place.name)


@given(st.text(max_size=60))
def test_folding_is_stable(text):
    assert tidy(tidy(text)) == tidy(text)
    assert fold(fold(text)) == fold(text)
    assert tone_key(unicodedata.normalize("NFD", tidy(text))) == tone_key(tidy(text))
    sort_key(text)


@given(
    st.lists(
        st.sampled_from(["H'Hen", "Niê", "Nguyễn", "Y", "K'Brông", "Đào", "Y-Bhiu", "Ánh"]),
        min_size=2,
        max_size=6,
    )
)
def test_title_case_gives_back_what_capitals_took(words):
    name = " ".join(words)
    assert full_name.title_case(name.upper()) == name
    assert full_name.validate(name) == name
