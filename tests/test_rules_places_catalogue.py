"""The lists of places have days, and newer ones may be taken over."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from idapp.rules import places
from idapp.rules.problem import Problem

SHIPPED = Path(places.__file__).parents[2] / "data"
BEFORE, AFTER = date(2026, 9, 19), date(2026, 9, 20)


@pytest.fixture(autouse=True)
def shipped_lists() -> Iterator[None]:
    """Whatever a test takes into use, the next one finds the shipped lists."""
    yield
    places.use_catalogue()


def text_of(file: str) -> str:
    return (SHIPPED / file).read_text(encoding="utf-8")


def codes_of(problems: list[Problem]) -> set[tuple[str, str]]:
    return {(problem.field.removeprefix("places_"), problem.code) for problem in problems}


def test_the_name_of_the_day_is_shown_and_both_names_are_understood() -> None:
    for day, name, commune in (
        (BEFORE, "Tỉnh Bắc Ninh", "Xã Yên Phong"),
        (AFTER, "Thành phố Bắc Ninh", "Phường Yên Phong"),
    ):
        for text in ("Tỉnh Bắc Ninh", "Thành phố Bắc Ninh", "TP Bắc Ninh", "Bắc Ninh", "bac ninh"):
            assert places.find("2level", "province", text, day=day).name == name
        for text in ("Xã Yên Phong", "P. Yên Phong", "yen phong"):
            assert places.find("2level", "commune", text, "24", day=day).name == commune
        assert places.search("2level", "commune", "xa yen ph", "24", day=day)[0].name == commune
        assert places.home_of("2level", "Tỉnh Bắc Ninh", "", "Xã Yên Phong", day).commune
        written = places.Address("Tỉnh Bắc Ninh", "", "Xã Yên Phong")
        assert places.read_address(written, "2level", day).values()["commune"] == commune


def test_an_old_address_gets_the_name_of_the_day() -> None:
    old = places.Address("Tỉnh Bắc Ninh", "Huyện Yên Phong", "Thị trấn Chờ")
    for day, name in ((BEFORE, "Xã Yên Phong"), (AFTER, "Phường Yên Phong")):
        assert places.read_address(old, "2level", day).values()["commune"] == name


def test_calls_without_a_day_take_the_day_in_use() -> None:
    places.use_catalogue(day=BEFORE)
    assert places.by_code("2level", "24") == ("24", "Tỉnh Bắc Ninh", "")
    assert places.state_in_use().newest_change == date(2026, 9, 1)
    places.use_catalogue(day=AFTER)
    assert places.by_code("2level", "24") == ("24", "Thành phố Bắc Ninh", "")
    assert places.state_in_use().newest_change == AFTER
    places.use_catalogue()
    assert places.state_in_use() == (date(2026, 9, 25), date(2026, 9, 20), False)


def test_the_days_between_two_changes_share_one_catalogue() -> None:
    assert places.catalogue_on(date(2026, 9, 20)) is places.catalogue_on(date(2026, 11, 30))
    assert places.catalogue_on(date(2022, 1, 1)) is places.catalogue_on(date(2026, 4, 29))


def test_newer_files_of_a_folder_count_as_soon_as_they_stand_there(tmp_path: Path) -> None:
    places.use_catalogue(tmp_path, AFTER)
    assert places.by_code("2level", "80").name == "Tỉnh Tây Ninh"
    change = "2026-09-20,80,province,Tỉnh Tây Ninh,Thành phố Tây Ninh,bịa\n"
    newer = text_of("places_2level_changes.csv") + change
    assert places.check_files({"places_2level_changes.csv": newer}) == []
    (tmp_path / "places_2level_changes.csv").write_text(newer, encoding="utf-8")
    places.use_catalogue(tmp_path, AFTER)
    assert places.by_code("2level", "80").name == "Thành phố Tây Ninh"
    assert places.find("2level", "province", "Tỉnh Tây Ninh").code == "80"
    assert places.read_address(places.Address("Long An"), "2level").values() == {
        "province": "Thành phố Tây Ninh"
    }
    assert places.state_in_use().from_folder
    places.use_catalogue(None, AFTER)
    assert places.by_code("2level", "80").name == "Tỉnh Tây Ninh"


def test_a_file_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    places.use_catalogue(day=AFTER)
    (tmp_path / "places_2level.csv").write_text("level,code\ncommune,1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="cannot be read"):
        places.use_catalogue(tmp_path, AFTER)
    assert places.by_code("2level", "24").name == "Thành phố Bắc Ninh"


def test_the_shipped_files_pass_their_own_check() -> None:
    used = {
        (epoch, place.code)
        for epoch in places.EPOCHS
        for place in places.children(epoch, "commune")
    }
    assert places.check_files({file: text_of(file) for file in places.FILES}, used) == []


def test_a_file_is_known_by_its_headings() -> None:
    for file in places.FILES:
        assert places.file_named("\ufeff" + text_of(file)) == file
    assert places.file_named("tên,lớp\n") == places.file_named("") == ""


@pytest.mark.parametrize(
    ("file", "before", "after", "code"),
    [
        ("2level.csv", "province,80,Tỉnh Tây Ninh,", "province,80,Tỉnh  Tây Ninh,", "bad_name"),
        ("2level.csv", "province,80,Tỉnh Tây Ninh,", "province,8O,Tỉnh Tây Ninh,", "bad_code"),
        ("2level.csv", "commune,28036,Xã Thủ Thừa,80", "commune,28036,Xã Thủ Thừa,00", "no_parent"),
        ("2level.csv", "commune,28036,Xã Thủ Thừa,80", "commune,28036,Xã Mỹ An,80", "name_twice"),
        ("2level.csv", "commune,28036,", "commune,28051,", "code_twice"),
        ("3level_to_2level.csv", "28036,28036,1,", "28036,99999,1,", "no_new_place"),
        ("3level_to_2level.csv", "28036,28036,1,", "28036,28036,0,", "no_one_default"),
        ("3level_to_2level.csv", "28036,28036,1,", "99999,28036,1,", "not_mapped"),
        ("2level_changes.csv", "2026-09-20,24,", "20/09/2026,24,", "bad_day"),
        (
            "2level_changes.csv",
            "province,Tỉnh Bắc Ninh,",
            "province,Tỉnh Bắc Giang,",
            "other_name_before",
        ),
        ("2level_changes.csv", ",Phường Kép,", ",Phường Lục Nam,", "name_twice"),
        (
            "former_names.csv",
            "Tỉnh Hà Tây,province,,01,",
            "Tỉnh Hà Tây,province,,99,",
            "no_new_place",
        ),
        ("aliases.csv", "Hanoi,province,2level,01", "Hanoi,province,2level,99", "no_place"),
    ],
)
def test_what_is_wrong_with_a_newer_file(file: str, before: str, after: str, code: str) -> None:
    text = text_of(f"places_{file}")
    assert before in text
    problems = places.check_files({f"places_{file}": text.replace(before, after)})
    assert (file, code) in codes_of(problems)
    assert all(problem.message.endswith(".") for problem in problems)


def test_a_file_cut_off_is_refused() -> None:
    text = text_of("places_2level.csv")
    half = text[: len(text) // 2]
    assert codes_of(places.check_files({"places_2level.csv": half.rpartition(",")[0]})) == {
        ("2level.csv", "short_row")
    }
    lines = "\n".join(half.splitlines()[:-1])
    assert ("2level.csv", "strange_count") in codes_of(
        places.check_files({"places_2level.csv": lines})
    )
    assert codes_of(places.check_files({"x.csv": ""})) == {("x.csv", "not_a_list")}
    assert codes_of(places.check_files({"places_aliases.csv": "a,b\n"})) == {
        ("aliases.csv", "missing_columns")
    }


def test_no_place_that_records_bear_may_get_lost() -> None:
    text = text_of("places_2level.csv")
    newer = "".join(line for line in text.splitlines(True) if ",28036," not in line)
    problems = places.check_files(
        {"places_2level.csv": newer}, {("2level", "28036"), ("2level", "80")}
    )
    [lost] = [problem for problem in problems if problem.code == "used_code_lost"]
    assert lost.message.startswith("Xã Thủ Thừa (28036)")


def test_a_name_that_was_official_must_stay_understood() -> None:
    renamed = text_of("places_2level.csv").replace("28066,Xã Mỹ An,", "28066,Phường Mỹ An,")
    assert ("2level.csv", "name_lost") in codes_of(
        places.check_files({"places_2level.csv": renamed})
    )
    alias = text_of("places_aliases.csv") + "Xã Mỹ An,commune,2level,28066\n"
    both = {"places_2level.csv": renamed, "places_aliases.csv": alias}
    assert places.check_files(both) == []
    without_a_day = text_of("places_2level_changes.csv").partition("2026-09-20,24,")[0]
    assert ("2level.csv", "name_lost") in codes_of(
        places.check_files({"places_2level_changes.csv": without_a_day})
    )
