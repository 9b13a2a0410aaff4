"""A stray number in a column of places never makes another place of the one that stands there, on any way in."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idapp import imports, people
from idapp.models import Person
from idapp.people import Edit, epochs
from idapp.people.aligning import ConfirmationRequired
from idapp.people.losses import ALL
from idapp.rules.folding import tidy
from tests.cast import Cast
from tests.pasted import paste
from tests.test_imports import read

FIELDS = ("province", "district", "commune")
HEADINGS = {"province": "Tỉnh", "district": "Huyện", "commune": "Xã"}
digits = st.text("0123456789", min_size=1, max_size=12)
# row numbers, codes of places, dates, telephone numbers, numbers in groups, numbers beside odd signs
stray = st.one_of(
    digits,
    st.builds("{}.{}".format, digits, digits),
    st.builds("{}/{}".format, digits, digits),
    st.builds("{}, {}".format, digits, digits),
    st.builds("{} - {}".format, digits, digits),
    st.builds("{}| {}|".format, digits, digits),
    st.builds("Ấp {}, {}".format, digits, digits),
    st.builds("Tổ {}".format, digits),
    st.builds("({})".format, digits),
    st.builds("{}E+{}".format, digits, st.integers(1, 12)),
    st.sampled_from(
        ["79", "01", "080", "74.", "3Ă| 74|", "１２", "36", "00", "0", "27103", "2024-05-01"]
    ),
)
columns = st.dictionaries(st.sampled_from(FIELDS), stray, min_size=1)


@pytest.fixture(params=["3level", "2level"])
def home(request: pytest.FixtureRequest, cast: Cast) -> tuple[Cast, dict[str, str]]:
    """The cast in either epoch, and where An lives."""
    if request.param == "2level":
        epochs.go_on(epochs.begin("2level", by=cast.hoa).id)
    return cast, residence_of(cast.an)


def residence_of(person: Person) -> dict[str, str]:
    fresh = Person.get_by_id(person.id)
    return {name: getattr(fresh, name) for name in FIELDS}


def put_back(person: Person, home: dict[str, str]) -> None:
    edits = [Edit(person, name, text, exact=True) for name, text in home.items()]
    people.change_many(edits, by=None, source="undo")


def is_no_other_place(texts: dict[str, str], handed: dict[str, str], home: dict[str, str]) -> bool:
    """Each cell holds what stood there, or what was handed in for it (with an error), or stands open with the address
    in it: never the name of a place nobody said."""
    for name, text in texts.items():
        said = {home[name], tidy(handed.get(name, "")), ""}
        is_whole_address = name == "commune" and any(part in text for part in handed.values())
        if text not in said and not is_whole_address:
            return False
    return True


def keeps_what_was_good(now: dict[str, str], stood: dict[str, str]) -> bool:
    return all(now[name] == text for name, text in stood.items() if text)


def quick(examples: int) -> settings:
    same_cast = [HealthCheck.function_scoped_fixture]
    return settings(max_examples=examples, deadline=None, suppress_health_check=same_cast)


@quick(25)
@given(handed=columns, source=st.sampled_from(["typed", "pasted", "card", "notice", "import"]))
def test_written_by_any_source(
    home: tuple[Cast, dict[str, str]], handed: dict[str, str], source: str
) -> None:
    cast, stood = home
    edits = [Edit(cast.an, name, text) for name, text in handed.items()]
    people.change_many(edits, by=cast.lan, source=source)
    now = residence_of(cast.an)
    put_back(cast.an, stood)
    assert is_no_other_place(now, handed, stood)


@quick(15)
@given(handed=columns)
def test_pasted_though_the_user_wants_all(
    home: tuple[Cast, dict[str, str]], handed: dict[str, str]
) -> None:
    cast, stood = home
    lines = [["Họ và tên", *map(HEADINGS.get, handed)], [cast.an.full_name, *handed.values()]]
    text = "\n".join("\t".join(map(str, line)) for line in lines)
    paste(cast, text, 0, "full_name", sure=True, worse=ALL)
    now = residence_of(cast.an)
    put_back(cast.an, stood)
    assert is_no_other_place(now, handed, stood)


@quick(15)
@given(handed=columns)
def test_pasted_it_is_asked_about(
    home: tuple[Cast, dict[str, str]], handed: dict[str, str]
) -> None:
    cast, stood = home
    lines = [["Họ và tên", *map(HEADINGS.get, handed)], [cast.an.full_name, *handed.values()]]
    text = "\n".join("\t".join(map(str, line)) for line in lines)
    with suppress(ConfirmationRequired):
        paste(cast, text, 0, "full_name")
    now = residence_of(cast.an)
    put_back(cast.an, stood)
    assert keeps_what_was_good(now, stood)


@quick(3)
@given(of_each=st.lists(columns, min_size=3, max_size=3))
def test_uploaded_it_leaves_the_good_place(
    home: tuple[Cast, dict[str, str]], of_each: list[dict[str, str]]
) -> None:
    cast, stood = home
    known = [("5A", cast.an), ("5A", cast.binh), ("5B", cast.chi)]
    rows = [
        [name, person.full_name, person.date_of_birth, *[handed.get(field) for field in FIELDS]]
        for (name, person), handed in zip(known, of_each, strict=True)
    ]
    heading = ("Lớp", "Họ và tên", "Ngày sinh", *HEADINGS.values())
    imports.confirm(read(rows, cast.thu, heading), by=cast.thu)
    for _, person in known:
        now = residence_of(person)
        put_back(person, stood)
        assert keeps_what_was_good(now, stood)
