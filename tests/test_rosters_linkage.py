"""Whose row is it: normal forms of the marks, what agrees, one index."""

import random
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idapp.rosters import linkage
from idapp.rosters.linkage import Identifiers, LinkageIndex

TODAY = date(2022, 10, 16)
AN = Identifiers(
    "1", "1000000001", ("100312000001", "100000001"), "Nguyễn Thị An", "2012-03-20", "5A"
)  # the second number is that of a former card
BINH = Identifiers("2", "0200000002", ("001212000002",), "Trần Hoà Bình", "2012", "5A")
ROLL = (AN, BINH, Identifiers("3"))


def index(*roll: Identifiers) -> LinkageIndex[Identifiers]:
    return LinkageIndex(roll or ROLL, lambda marks: marks)


# the marks, each in whatever form it comes


@pytest.mark.parametrize(
    "text", ["1000000001", "1000 000 001", "1000.000.001", "'1000000001", "1000000001.0"]
)
def test_a_code_is_one_code_however_it_is_written(text: str) -> None:
    assert index().with_code(Identifiers(code=text)) == [AN]


def test_three_zeros_at_the_end_of_a_code_are_no_fraction() -> None:
    round_code = Identifiers(code="1000000000")
    assert index(round_code, AN).with_code(Identifiers(code="1.000.000.000")) == [round_code]


def test_a_code_that_lost_its_zero_is_still_the_code() -> None:
    assert index().with_code(Identifiers(code="200000002")) == [BINH]


@pytest.mark.parametrize("text", ["", "-", "0", "chưa có", "x"])
def test_what_says_that_there_is_no_code_links_nobody(text: str) -> None:
    silent = Identifiers(code=text)
    assert index(silent, AN).with_code(silent) == []
    assert linkage.compare_codes(silent, AN) == "silent"


@pytest.mark.parametrize(
    "text",
    ["100312000001", "100 3 12 000001", "'100312000001", "100312000001.0", "100.312.000.001"],
)
def test_a_number_is_one_number_however_it_is_written(text: str) -> None:
    assert index().with_number(Identifiers(numbers=(text,))) == [AN]


def test_zeros_that_excel_ate_are_put_back_to_compare() -> None:
    assert index().with_number(Identifiers(numbers=("1212000002",))) == [BINH]


def test_a_former_number_finds_its_holder() -> None:
    assert index().holders_of_number("100 000 001") == [AN]
    assert linkage.compare_numbers(Identifiers(numbers=("100000001",)), AN) == "agree"


def test_an_old_card_is_no_number_without_its_zeros() -> None:
    short = Identifiers(numbers=("100000001",))
    assert linkage.compare_numbers(short, Identifiers(numbers=("000100000001",))) == "differ"


@pytest.mark.parametrize(
    "text", ["123456789012", "111111111111", "000000000", "không có", "100•••••••12"]
)
def test_an_invented_or_masked_number_is_nobodys(text: str) -> None:
    silent = Identifiers(numbers=(text,))
    assert index(silent, AN).with_number(silent) == []


def test_all_holders_of_a_number_are_told() -> None:
    sister = replace(AN, record_id="9", name="Nguyễn Thị Ân")
    assert index(AN, BINH, sister).holders_of_number("100312000001") == [AN, sister]


def test_names_agree_with_their_diacritics_and_fold_without() -> None:
    assert index().with_name(Identifiers(name="TRẦN  HÒA BÌNH")) == [BINH]
    assert index().with_name(Identifiers(name="TRAN HOA BINH")) == []
    assert index().with_folded_name(Identifiers(name="TRAN HOA BINH")) == [BINH]


def test_digits_and_signs_in_a_name_hide_nobody_and_still_tell_two_apart() -> None:
    one, two = (Identifiers(name=f"Lê Hoà {n}") for n in (1, 2))
    plain = Identifiers(name="lê hòa")
    assert index(one, two).with_name(one) == [one]
    assert index(one, two).with_name(plain) == [one, two]
    assert index(one, two, plain).with_name(plain) == [plain]
    assert index(plain).with_name(Identifiers(name="Lê Hoà*")) == [plain]


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ("20/03/2012", "2012-03-20", "agree"),
        ("20/3/2012", "2012", "agree"),
        ("2012", "2012", "agree"),
        ("20/03/2012", "21/03/2012", "differ"),
        ("20/03/2012", "2011", "differ"),
        ("20/03/2012", "", "silent"),
        ("31/02/2012", "2012-03-20", "silent"),
    ],
)
def test_birth_dates_agree_as_far_as_they_are_known(one: str, other: str, verdict: str) -> None:
    texts = (one, other), (other, one)
    marks = [[Identifiers(birth=linkage.birth_key(text, TODAY)) for text in pair] for pair in texts]
    assert [linkage.compare_births(*pair) for pair in marks] == [verdict] * 2


# telling several people apart


TWINS = (
    replace(AN, record_id="11", code="", numbers=("100312000011",), birth="2012-03-20"),
    replace(AN, record_id="12", code="", numbers=("100312000012",), birth="2012-09-09"),
    replace(AN, record_id="13", code="", numbers=(), birth=""),
)


@pytest.mark.parametrize(
    ("marks", "record_ids"),
    [
        ({}, ["11", "12", "13"]),
        ({"birth": "2012-09-09"}, ["12"]),
        ({"birth": "2012"}, ["11", "12"]),
        ({"birth": "2010"}, ["11", "12", "13"]),
        ({"numbers": ("100312000011",)}, ["11"]),
        ({"numbers": ("100312000099",), "birth": "2012-03-20"}, ["11"]),
        ({"numbers": ("100312000011",), "birth": "2012-09-09"}, ["11", "12", "13"]),
    ],
)
def test_of_several_the_other_marks_single_one_out_unless_they_contradict(
    marks: dict[str, object], record_ids: list[str]
) -> None:
    row = replace(Identifiers(name="Nguyễn Thị An"), **marks)  # type: ignore[arg-type]
    twins = index(*TWINS)
    assert [one.record_id for one in twins.singled_out(row, twins.with_name(row))] == record_ids


def test_name_and_birth_date_find_who_is_named_without_diacritics_only_after_the_others() -> None:
    sister = replace(AN, record_id="9", name="Nguyễn Thị Ân")
    row = Identifiers(name="nguyễn thị ân", birth="2012-03-20")
    assert index(AN, sister).with_name_and_birth(row) == [sister]
    assert index(AN).with_name_and_birth(row) == [AN]
    assert index(AN).with_name_and_birth(replace(row, birth="")) == []


# properties

_LOOKUPS: dict[str, Callable[[LinkageIndex[Identifiers], Identifiers], list[Identifiers]]] = {
    "record_id": LinkageIndex.with_record_id,
    "code": LinkageIndex.with_code,
    "numbers": LinkageIndex.with_number,
    "name": LinkageIndex.with_name,
    "folded name": LinkageIndex.with_folded_name,
    "name and birth": LinkageIndex.with_name_and_birth,
}
_SOME = st.builds(
    Identifiers,
    record_id=st.sampled_from(["", "1", "2"]),
    code=st.sampled_from(["", "chưa có", "1000000001", "1000 000 001", "200000002", "0200000002"]),
    numbers=st.lists(
        st.sampled_from(["", "100312000001", "1212000002", "001212000002", "123456789012"]),
        max_size=2,
    ).map(tuple),
    name=st.sampled_from(["", "Lê Hoà", "LÊ HÒA", "Lê Hoa", "le hoa", "Võ An"]),
    birth=st.sampled_from(["", "2012", "2012-03-20", "2011-03-20"]),
)


@given(st.lists(_SOME, max_size=6), _SOME, st.randoms())
def test_the_order_of_the_people_does_not_matter(
    roll: list[Identifiers], row: Identifiers, chance: random.Random
) -> None:
    shuffled = chance.sample(roll, len(roll))
    for find in _LOOKUPS.values():
        answers = [find(index(*people), row) for people in (roll, shuffled) if people]
        assert all(sorted(answer, key=repr) == sorted(answers[0], key=repr) for answer in answers)


@given(
    st.lists(_SOME, min_size=1, max_size=6), st.sampled_from([f.name for f in fields(Identifiers)])
)
def test_nobody_is_linked_by_silence(roll: list[Identifiers], mark: str) -> None:
    """A row without a mark is found by none of the lookups that go by it, whoever is silent there too."""
    silent = replace(roll[0], **{mark: () if mark == "numbers" else ""})  # type: ignore[arg-type]
    people = index(*roll, silent)
    for name, find in _LOOKUPS.items():
        if mark in name:
            assert find(people, silent) == []
    assert index(Identifiers()).singled_out(Identifiers(), [Identifiers()]) == [Identifiers()]


@given(_SOME, _SOME)
def test_marks_compare_the_same_both_ways(one: Identifiers, other: Identifiers) -> None:
    for compare in (
        linkage.compare_codes,
        linkage.compare_numbers,
        linkage.compare_names,
        linkage.compare_births,
        linkage.compare_classes,
    ):
        assert compare(one, other) == compare(other, one)
        assert compare(one, Identifiers()) == "silent"
        assert compare(one, one) in ("agree", "silent")
