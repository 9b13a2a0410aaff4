"""The rules for residence, by example."""

import pytest

from idapp.rules import places, record
from idapp.rules.problem import Problem
from tests.flawless import GOOD, problems, record_context


@pytest.mark.parametrize(
    ("epoch", "level", "parent", "text", "name"),
    [
        ("3level", "province", None, "long an", "Tỉnh Long An"),
        ("3level", "province", None, "TỈNH LONG AN", "Tỉnh Long An"),
        ("3level", "province", None, "Tỉnh Hoà Bình", "Tỉnh Hòa Bình"),
        ("3level", "province", None, "TP.HCM", "Thành phố Hồ Chí Minh"),
        ("3level", "province", None, "Tp Hồ Chí Minh", "Thành phố Hồ Chí Minh"),
        ("3level", "province", None, "T. Long An", "Tỉnh Long An"),
        ("3level", "province", None, "Daklak", "Tỉnh Đắk Lắk"),
        ("3level", "province", None, "Bà Rịa Vũng Tàu", "Tỉnh Bà Rịa - Vũng Tàu"),
        ("3level", "district", "80", "H.Thủ Thừa", "Huyện Thủ Thừa"),
        ("3level", "district", "80", "tan an", "Thành phố Tân An"),
        ("3level", "district", "79", "Q1", "Quận 1"),
        ("3level", "district", "79", "Quận 01", "Quận 1"),
        ("3level", "district", "42", "TX Kỳ Anh", "Thị xã Kỳ Anh"),
        ("3level", "district", "62", "Ia H’Drai", "Huyện Ia H' Drai"),
        ("3level", "commune", "764", "Phường 5", "Phường 05"),
        ("3level", "commune", "764", "P.5", "Phường 05"),
        ("3level", "commune", "088", "Sa Pả", "Phường Sa Pả"),
        ("3level", "commune", "088", "Phường Sa Pa", "Phường Sa Pa"),
        ("3level", "commune", "804", "TT Thủ Thừa", "Thị trấn Thủ Thừa"),
        ("3level", "commune", "80", "Xã Mỹ Thạnh Bắc", "Xã Mỹ Thạnh Bắc"),
        ("2level", "province", None, "Tay Ninh", "Tỉnh Tây Ninh"),
        ("2level", "commune", "80", "xa thu thua", "Xã Thủ Thừa"),
        ("2level", "commune", "31", "Cẩm Giàng", "Xã Cẩm Giàng"),
    ],
)
def test_places_that_are_found(epoch, level, parent, text, name):
    assert places.find(epoch, level, text, parent).name == name


@pytest.mark.parametrize(
    ("level", "parent", "text", "code", "suggestion"),
    [
        ("province", None, "Long Ann", "unknown_place", "Tỉnh Long An"),
        ("province", None, "xyz", "unknown_place", ""),
        ("district", "82", "Huyện Thủ Thừa", "not_within", ""),
        ("district", "80", "Thị xã Thủ Thừa", "unknown_place", "Huyện Thủ Thừa"),
        ("district", "42", "Kỳ Anh", "ambiguous_place", "Huyện Kỳ Anh"),
        ("commune", "363", "truc hung", "ambiguous_place", "Xã Trực Hưng"),
    ],
)
def test_places_that_are_not_found(level, parent, text, code, suggestion):
    with pytest.raises(Problem) as caught:
        places.find("3level", level, text, parent)
    assert (caught.value.field, caught.value.code, caught.value.suggestion) == (
        level,
        code,
        suggestion,
    )


def test_ambiguous_place_names_both():
    with pytest.raises(Problem, match="Huyện Kỳ Anh hay Thị xã Kỳ Anh"):
        places.find("3level", "district", "ky anh", "42")


def test_the_same_problem_twice_is_two_exceptions():
    caught = []
    for _ in range(2):
        with pytest.raises(Problem) as problem:
            places.find("3level", "province", "xyz")
        caught.append(problem.value)
    assert caught[0] == caught[1]
    assert caught[0] is not caught[1]


@pytest.mark.parametrize("epoch", ["3level", "2level"])
def test_every_catalogue_name_is_found_as_itself_below_its_parent(epoch):
    for level in places.LEVELS:
        for place in places.children(epoch, level):
            assert places.find(epoch, level, place.name, place.parent) == place


@pytest.mark.parametrize(
    ("epoch", "level", "parent", "query", "first"),
    [
        ("3level", "province", None, "long", "Tỉnh Long An"),
        ("3level", "province", None, "tp ho", "Thành phố Hồ Chí Minh"),
        ("3level", "district", "80", "huyen thua", "Huyện Thủ Thừa"),
        ("3level", "commune", "804", "my", "Xã Mỹ An"),
        ("3level", "commune", "80", "mỹ thạnh b", "Xã Mỹ Thạnh Bắc"),
        ("3level", "commune", "764", "p5", "Phường 05"),
        ("2level", "commune", "80", "thu thu", "Xã Thủ Thừa"),
        ("2level", "commune", "51", "sơn hạ", "Xã Sơn Hạ"),
    ],
)
def test_search(epoch, level, parent, query, first):
    assert places.search(epoch, level, query, parent)[0].name == first


def test_search_limits_and_empty_queries():
    assert len(places.search("3level", "province", "")) == 12
    assert len(places.search("3level", "commune", "xa", "80", limit=3)) == 3
    assert places.search("3level", "commune", "my an") == []
    assert places.search("3level", "district", "zzz", "80") == []
    assert len(places.children("3level", "commune", "804")) == 12


def test_mapping_to_the_new_places():
    assert places.old_to_new("80") == [("80", True)]
    assert places.by_code("2level", "80").name == "Tỉnh Tây Ninh"
    assert sum(default for _, default in places.old_to_new("00007")) == 1
    assert places.old_to_new("99999") == []
    assert places.by_code("3level", "99999") is None
    for island in ("318", "471", "498", "536", "755"):
        assert places.by_code("2level", places.old_to_new(island)[0][0]).name.startswith("Đặc khu")


def test_residence_is_checked_from_the_top_down():
    assert problems({"province": "xyz"}) == [("province", "unknown_place", "error")]
    assert problems({"province": "Tỉnh Tiền Giang"}) == [("district", "not_within", "error")]
    assert problems({"district": ""}) == [("district", "missing", "error")]
    assert problems({"commune": "Xã Mỹ Ann"}) == [("commune", "unknown_place", "error")]
    assert problems({"province": "", "district": "", "commune": ""}) == [
        (level, "missing", "error") for level in places.LEVELS
    ]


def test_island_district_needs_no_commune():
    home = {"province": "Tỉnh Quảng Ngãi", "district": "Huyện Lý Sơn", "commune": ""}
    assert problems(home) == []
    assert record.clean(GOOD | home, record_context()).commune_code is None


def test_two_level_epoch_has_no_district():
    home = {"province": "Tỉnh Tây Ninh", "district": "", "commune": "Xã Thủ Thừa"}
    assert problems(home, epoch="2level") == []
    assert problems(home | {"district": "Huyện Thủ Thừa"}, epoch="2level") == []
    meant = record.clean(
        GOOD | home | {"district": "Huyện Thủ Thừa"}, record_context(epoch="2level")
    )
    assert (meant.province_code, meant.district_code) == ("80", None)
    assert places.by_code("2level", meant.commune_code).name == "Xã Thủ Thừa"


def test_places_are_normalised_inside_the_place_above():
    assert record.normalise("province", "long an", {}, record_context()) == "Tỉnh Long An"
    assert (
        record.normalise("district", "h. thu thua", {"province": "Tỉnh Long An"}, record_context())
        == "Huyện Thủ Thừa"
    )
    assert record.normalise("commune", "mỹ an", GOOD, record_context()) == "Xã Mỹ An"
    assert record.normalise("commune", "mỹ an", {}, record_context()) == "mỹ an"
    assert (
        record.normalise(
            "commune", "thu thua", {"province": "Tỉnh Tây Ninh"}, record_context(epoch="2level")
        )
        == "Xã Thủ Thừa"
    )
