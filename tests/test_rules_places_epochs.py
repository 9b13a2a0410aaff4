"""All places of both epochs as rows of a file: none becomes another one, whole ones are converted, parted ones asked.

What is right is read from the catalogue files here, not through the rules.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from idapp.rules import places
from idapp.rules.folding import fold
from idapp.rules.places import Address, Finding

DATA = Path(places.__file__).parents[2] / "data"
PREFIXES = ["Thành phố", "Thị trấn", "Thị xã", "Đặc khu", "Phường", "Huyện", "Quận", "Tỉnh", "Xã"]
ABBREVIATIONS = ["TP.", "TT", "TX.", "ĐK", "P.", "H.", "Q.", "T.", "X."]
TONES = [("òa", "oà"), ("óa", "oá"), ("ỏa", "oả"), ("ọa", "oạ"), ("úy", "uý"), ("ủy", "uỷ")]
Write = Callable[[str], str]


@lru_cache
def rows(file: str) -> dict[str, dict[str, str]]:
    with (DATA / file).open(encoding="utf-8") as lines:
        return {row["code"]: row for row in csv.DictReader(lines)}


@lru_cache
def mapping() -> tuple[dict[str, list[str]], dict[str, list[str]], dict[str, str]]:
    """Old -> new, new -> old, old -> default."""
    went_to, came_from, default = defaultdict(list), defaultdict(list), {}
    with (DATA / "places_3level_to_2level.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            went_to[row["old_code"]].append(row["new_code"])
            came_from[row["new_code"]].append(row["old_code"])
            if row["is_default"] == "1":
                default[row["old_code"]] = row["new_code"]
    return went_to, came_from, default


def address_of(file: str, code: str) -> Address:
    names = {"province": "", "district": "", "commune": ""}
    while code:
        row = rows(file)[code]
        names[row["level"]] = row["name"]
        code = row["parent_code"]
    return Address(**names)


def codes(file: str, level: str) -> list[str]:
    return [code for code, row in rows(file).items() if row["level"] == level]


def place_of(finding: Finding) -> str:
    assert finding.home
    place = finding.home.commune or finding.home.district or finding.home.province
    assert place
    return place.code


def outcomes(pairs: Iterator[tuple[Finding, list[str]]]) -> Counter[str]:
    """What becomes of addresses whose right places are known."""
    counts: Counter[str] = Counter()
    for finding, right in pairs:
        if finding.is_certain:
            counts["right" if [place_of(finding)] == right else "another place"] += 1
        elif set(right) <= {candidate.place.code for candidate in finding.candidates}:
            counts["asked, whole" if len(right) == 1 else "asked, parted"] += 1
        else:
            counts["unknown"] += 1
    return counts


def test_all_old_communes_in_two_levels() -> None:
    went_to, _, default = mapping()
    old = codes("places_3level.csv", "commune")
    findings = {
        code: places.read_address(address_of("places_3level.csv", code), "2level") for code in old
    }
    counts = outcomes((findings[code], went_to[code]) for code in old)
    assert counts == {"right": 10092, "asked, parted": 507}
    for code in old:
        if len(went_to[code]) > 1:
            first, *others = findings[code].candidates
            assert (first.place.code, first.is_default) == (default[code], True)
            assert not any(candidate.is_default for candidate in others)


def test_all_old_provinces_in_two_levels() -> None:
    went_to, _, _ = mapping()
    old = codes("places_3level.csv", "province")
    findings = [
        (places.read_address(address_of("places_3level.csv", code), "2level"), went_to[code])
        for code in old
    ]
    assert outcomes(iter(findings)) == {"right": 63}
    assert all(set(finding.values()) == {"province"} for finding, _ in findings)


def test_all_old_districts_are_asked_or_went_to_one_commune() -> None:
    went_to, _, _ = mapping()
    below = defaultdict(set)
    for code in codes("places_3level.csv", "commune"):
        below[rows("places_3level.csv")[code]["parent_code"]] |= set(went_to[code])
    counts: Counter[str] = Counter()
    for code in codes("places_3level.csv", "district"):
        finding = places.read_address(address_of("places_3level.csv", code), "2level")
        right = below[code] or set(went_to[code])
        if finding.is_certain:
            assert {place_of(finding)} == right
        else:
            assert {candidate.place.code for candidate in finding.candidates} == right
            assert finding.home
            assert finding.home.province
        counts[finding.kind] += 1
    assert counts == {"choice": 690, "converted": 15}


def test_all_old_places_in_three_levels_are_themselves() -> None:
    for level in places.LEVELS:
        for code in codes("places_3level.csv", level):
            address = address_of("places_3level.csv", code)
            finding = places.read_address(address, "3level", written_in="3level")
            assert (finding.kind, place_of(finding)) == ("exact", code)


@pytest.mark.parametrize("level", ["commune", "province"])
def test_all_new_places_in_two_levels_are_themselves(level: str) -> None:
    addresses = {
        code: address_of("places_2level.csv", code) for code in codes("places_2level.csv", level)
    }
    written_in = places.epoch_written(addresses.values()) or "2level"
    for code, address in addresses.items():
        finding = places.read_address(address, "2level", written_in=written_in)
        assert (finding.kind, place_of(finding)) == ("exact", code)


def test_all_new_places_in_three_levels() -> None:
    _, came_from, _ = mapping()
    new = codes("places_2level.csv", "commune")
    addresses = {code: address_of("places_2level.csv", code) for code in new}
    written_in = places.epoch_written(addresses.values())
    counts = outcomes(
        (places.read_address(address, "3level", written_in=written_in), came_from[code])
        for code, address in addresses.items()
    )
    assert (written_in, counts) == ("2level", {"right": 137, "asked, parted": 3184})
    row_by_row = outcomes(
        (places.read_address(address, "3level"), came_from[code])
        for code, address in addresses.items()
    )
    assert row_by_row == {"right": 132, "asked, whole": 5, "asked, parted": 3184}


def test_a_name_of_both_epochs_is_asked_where_nothing_tells_the_epoch() -> None:
    """Of 3,321 communes 148 bear the name of an old one of the same province that went elsewhere or was parted; 140
    with the names of 2026, because three provinces have new ones that nobody wrote before."""
    new = codes("places_2level.csv", "commune")
    counts: Counter[str] = Counter()
    for code in new:
        finding = places.read_address(address_of("places_2level.csv", code), "2level")
        if finding.kind == "choice":
            assert (finding.candidates[0].place.code, finding.candidates[0].is_default) == (
                code,
                True,
            )
        else:
            assert place_of(finding) == code
        counts[finding.kind] += 1
    assert counts == {"exact": 3173, "choice": 148}


def test_old_communes_without_their_district() -> None:
    went_to, _, _ = mapping()
    old = codes("places_3level.csv", "commune")
    counts = outcomes(
        (
            places.read_address(
                address_of("places_3level.csv", code)._replace(district=""), "2level"
            ),
            went_to[code],
        )
        for code in old
    )
    assert counts == {"right": 9501, "asked, whole": 591, "asked, parted": 507}


def bare(name: str) -> str:
    for prefix in PREFIXES:
        if name.startswith(f"{prefix} "):
            return name.removeprefix(f"{prefix} ")
    return name


def abbreviated(name: str) -> str:
    for prefix, short in zip(PREFIXES, ABBREVIATIONS, strict=True):
        if name.startswith(f"{prefix} "):
            return f"{short} {bare(name)}"
    return name


def other_tones(name: str) -> str:
    for new_style, old_style in TONES:
        name = name.replace(old_style, "\0").replace(new_style, old_style).replace("\0", new_style)
    return name


@pytest.mark.parametrize(
    ("write", "asked_at_most"),
    [
        (bare, 20),  # "Kỳ Anh" is a district and a town
        (abbreviated, 2),
        (other_tones, 0),
        (str.upper, 0),
        (fold, 40),  # "Hoang Quy" may be two communes of one district
        (lambda name: fold(bare(name)), 60),
    ],
    ids=["bare", "abbreviated", "other_tones", "upper", "folded", "folded_bare"],
)
def test_old_communes_in_other_writings(write: Write, asked_at_most: int) -> None:
    went_to, _, _ = mapping()
    some = codes("places_3level.csv", "commune")[::3]
    counts = outcomes(
        (
            places.read_address(
                Address(*map(write, address_of("places_3level.csv", code))), "2level"
            ),
            went_to[code],
        )
        for code in some
    )
    assert counts["another place"] == counts["unknown"] == 0
    assert counts["asked, whole"] <= asked_at_most / 3 + 3
    assert counts["asked, parted"] == sum(len(went_to[code]) > 1 for code in some)


@pytest.mark.parametrize(
    ("detail", "sign", "write"),
    [
        ("Ấp 3", ", ", str),
        ("Số 12/3, Tổ 5", ", ", abbreviated),
        ("Thôn Đoài", " - ", str),
        ("Xóm 2", "; ", bare),
        ("Nhà văn hóa Đông", "\n", str),
        ("Thôn Đoài", " ", str),
    ],
)
def test_old_communes_as_one_text_with_a_detail_before(
    detail: str, sign: str, write: Write
) -> None:
    went_to, _, _ = mapping()
    some = codes("places_3level.csv", "commune")[::9]
    findings = []
    for code in some:
        names = [write(name) for name in reversed(address_of("places_3level.csv", code))]
        finding = places.read_address(sign.join([detail, *names]), "2level")
        assert finding.rest == detail or not finding.is_certain
        findings.append((finding, went_to[code]))
    counts = outcomes(iter(findings))
    assert counts["another place"] == counts["unknown"] == 0
    assert counts["right"] >= 0.99 * sum(len(went_to[code]) == 1 for code in some)


def test_old_communes_as_one_text_from_the_province_down() -> None:
    went_to, _, _ = mapping()
    some = codes("places_3level.csv", "commune")[::9]
    counts = outcomes(
        (
            places.read_address(
                ", ".join([*address_of("places_3level.csv", code), "Xóm 2"]), "2level"
            ),
            went_to[code],
        )
        for code in some
    )
    assert counts["another place"] == counts["unknown"] == 0
