"""Names in old fonts: found by the column, restored to the letter, and no good name ever touched."""

import csv
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from idapp.rules import full_name, old_fonts
from idapp.rules.old_fonts import tcvn3, viqr, vni
from idapp.rules.problem import Problem

DATA = Path(full_name.__file__).parent.parent / "data"


def names_of(file_name: str) -> list[str]:
    with (DATA / file_name).open(encoding="utf-8", newline="") as lines:
        return [row["name"] for row in csv.DictReader(lines)]


FAMILY = names_of("family_names.csv")
GIVEN = names_of("male_given.csv") + names_of("female_given.csv")
VIETNAMESE = st.builds(
    lambda family, middle, given: f"{family} {middle} {given}",
    st.sampled_from(FAMILY),
    st.sampled_from(["Thị", "Văn", "Hữu", "Ngọc", "Đức", "Minh"]),
    st.sampled_from(GIVEN),
)
OTHERS = [
    "H'Hen Niê", "K'Brông", "Y Bhiu", "Đinh Thị Ưt", "Rơ Châm H'Yéo", "Ksor Phước", "Điểu K'Ré", "Muñoz", "François",
    "Müller", "Søren Kierkegård", "Zoë", "José André", "Đàng Năng Thọ", "Thạch Sô Phi", "Lò Văn Ún", "Giàng A Páo",
]  # fmt: skip


def in_tcvn3(name: str) -> str:
    codes = {letter: code for code, letter in tcvn3.TABLE.items() if code != "ư"}
    return "".join(letter if letter.isascii() else codes.get(letter, "") for letter in name)


def in_vni(name: str) -> str:
    codes = {letter: code for code, letter in vni.TABLE.items()}
    letters = []
    for letter in name:
        code = letter if letter.isascii() else codes[letter.lower()]
        letters.append(code.upper() if letter.isupper() else code)
    return "".join(letters)


def in_viqr(name: str) -> str:
    signs = {mark: sign for sign, mark in (viqr._HATS | viqr._TONES).items()}
    text = unicodedata.normalize("NFD", name.replace("đ", "dd").replace("Đ", "DD"))
    return "".join(signs.get(letter, letter) for letter in text)


def in_mojibake(name: str) -> str:
    decoded = [bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in name.encode()]
    return "".join(decoded)


def _mostly_certain(typed: list[str]) -> bool:
    """ "Chu Thò Huy" alone is a good name; among names that only VNI has it is "Chu Thị Huy"."""
    olds = [old for text in typed if (old := old_fonts.restored(text))]
    certain = [old for old in olds if old.certain and not old.others]
    marked = [text for text in typed if not text.isascii() or viqr.SIGNS.search(text)]
    return len(certain) >= 0.8 * len(marked) and len(certain) > 0


def has_a_code(name: str) -> bool:
    """TCVN3 has no code for most capitals; they were typed in a capital font."""
    return all(letter.isascii() or letter in tcvn3.TABLE.values() for letter in name)


def assert_restored(typed: list[str], names: list[str]) -> None:
    assume(_mostly_certain(typed))
    finding = old_fonts.recognise(typed)
    assert finding is not None
    assert [finding.texts.get(row, text) for row, text in enumerate(typed)] == names


@settings(max_examples=60, deadline=None)
@given(st.lists(VIETNAMESE.filter(has_a_code), min_size=8, max_size=30))
def test_a_column_in_tcvn3_is_restored(names: list[str]) -> None:
    assert_restored([in_tcvn3(name) for name in names], names)


@pytest.mark.parametrize("encode", [in_vni, in_viqr, in_mojibake])
@settings(max_examples=60, deadline=None)
@given(names=st.lists(VIETNAMESE, min_size=8, max_size=30))
def test_a_column_in_another_writing_is_restored(
    encode: Callable[[str], str], names: list[str]
) -> None:
    assert_restored([encode(name) for name in names], names)


@settings(max_examples=100, deadline=None)
@given(st.lists(VIETNAMESE | st.sampled_from(OTHERS), min_size=1, max_size=40))
def test_good_names_are_never_touched(names: list[str]) -> None:
    assert old_fonts.recognise(names) is None
    assert [name for name in names if old_fonts.restored(name)] == []


@settings(max_examples=60, deadline=None)
@given(st.lists(VIETNAMESE, min_size=1, max_size=20), VIETNAMESE)
def test_good_rows_beside_an_old_one_stay(names: list[str], old: str) -> None:
    finding = old_fonts.recognise([*names, in_vni(old)])
    changed = set(finding.texts) if finding else set()
    assert changed <= {len(names)}


@pytest.mark.parametrize(
    ("proof", "read"),
    [
        ("TrÇn ThÞ Hoa", ["Mai Thuỷ", "Vũ Minh Yến"]),
        ("Traàn Thò Hoa", ["Mai Thủ", "Vị Minh Ỹn"]),
    ],
)
def test_a_row_of_two_readings_is_read_as_the_rows_around_it(proof: str, read: list[str]) -> None:
    finding = old_fonts.recognise([proof, "Mai Thuû", "Vò Minh YÕn"])
    assert finding is not None
    assert [finding.texts[1], finding.texts[2]] == read


def test_a_row_of_two_readings_stays_where_both_fonts_are_about() -> None:
    finding = old_fonts.recognise(["TrÇn ThÞ Hoa", "Traàn Thò Hoa", "Mai Thuû"])
    assert finding is not None
    assert set(finding.texts) == {0, 1}


def test_a_row_of_two_readings_alone_is_an_error_that_names_both() -> None:
    assert old_fonts.recognise(["Mai Thuû", "Lê Lan"]) is None
    with pytest.raises(Problem) as caught:
        full_name.validate("Mai Thuû")
    assert caught.value.code == "old_font"
    assert "“Mai Thủ” hay “Mai Thuỷ”" in caught.value.message
    assert caught.value.suggestion == ""


def test_two_fonts_in_one_column() -> None:
    finding = old_fonts.recognise(["TrÇn ThÞ Hoa", "Traàn Thò Hoa", "Nguyễn Văn An"])
    assert finding is not None
    assert finding.texts == {0: "Trần Thị Hoa", 1: "Trần Thị Hoa"}
    assert len(finding.fonts) == 2


@pytest.mark.parametrize("typed", ["TrÇn ThÞ Hoa", "Traàn Thò Hoa", "Tráº§n Thá»‹ Hoa"])
def test_a_single_name_in_an_old_font_is_an_error_with_its_text(typed: str) -> None:
    with pytest.raises(Problem) as refused:
        full_name.validate(typed)
    assert refused.value.code == "old_font"
    assert refused.value.suggestion == "Trần Thị Hoa"


def test_signs_of_a_keyboard_keep_their_error_and_get_a_text() -> None:
    with pytest.raises(Problem) as refused:
        full_name.validate("Tra^`n Thi. Hoa")
    assert refused.value.suggestion == "Trần Thị Hoa"


@pytest.mark.parametrize("name", OTHERS)
def test_names_of_other_languages_are_names(name: str) -> None:
    assert full_name.validate(name) == name


def test_the_invisible_letter_is_found_again_where_it_was_lost() -> None:
    finding = old_fonts.recognise(["TrÇn V¨n Hng", "Lª ThÞ D¬ng"])
    assert finding is not None
    assert finding.texts == {0: "Trần Văn Hưng", 1: "Lê Thị Dương"}
