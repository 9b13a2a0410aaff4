"""Permanent residence: province, district, commune, in two epochs.

``3level`` until 30/06/2025 (63 provinces, 705 districts, 10,599 communes), ``2level`` since 01/07/2025 (34 provinces,
3,321 communes, no districts; Resolution 202/2025/QH15, Law 72/2025/QH15). The reform used codes again under other
names: a code means something only together with its epoch.

The accepted text is the catalogue's name with its prefix ("Tỉnh Long An", "Huyện Thủ Thừa", "Xã Mỹ An"), as the
ministry's files hold it. Read as well: without prefix, with an abbreviated one (TP, TX, TT, Q., H., X., P.), without
diacritics, with the tone mark elsewhere (òa/oà), with another apostrophe or hyphen, "Phường 06" for "Phường 6". Exact
diacritics win over folded ones; if several remain, or the prefix is another than the catalogue's, it is a ``Problem``
with suggestions, never a silent choice. Communes are unique inside a district (3level) or a province (2level), not
inside a province of 3level. Five island districts have no commune.

A *parent code* names any place above: for a commune of 3level its district or its province. Sources of the lists:
``idapp/data/SOURCES.md``.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from idapp.rules.folding import fold, tidy, tone_key
from idapp.rules.problem import Problem

LEVELS = ("province", "district", "commune")
_DATA = Path(__file__).parent.parent / "data"
_WORD = {"province": "tỉnh/thành phố", "district": "quận/huyện", "commune": "xã/phường"}
_PREFIXES = {
    "province": {"tinh": "tỉnh", "t": "tỉnh", "thanh pho": "thành phố", "tp": "thành phố"},
    "district": {
        "quan": "quận", "q": "quận", "huyen": "huyện", "h": "huyện", "thi xa": "thị xã", "tx": "thị xã",
        "thanh pho": "thành phố", "tp": "thành phố",
    },
    "commune": {
        "xa": "xã", "x": "xã", "phuong": "phường", "p": "phường", "thi tran": "thị trấn", "tt": "thị trấn",
        "dac khu": "đặc khu", "dk": "đặc khu",
    },
}  # fmt: skip
_ABBREVIATED = {
    level: re.compile(
        f"({'|'.join(p for p in prefixes if len(p) < 3)})(?:[. ]+|(?=[0-9]))", re.IGNORECASE
    )
    for level, prefixes in _PREFIXES.items()
}
_SHORT_NAMES = {
    "hcm": "Hồ Chí Minh",
    "tphcm": "Hồ Chí Minh",
    "sai gon": "Hồ Chí Minh",
    "br vt": "Bà Rịa - Vũng Tàu",
}


class Place(NamedTuple):
    code: str
    name: str
    parent: str


class Home(NamedTuple):
    province: Place | None
    district: Place | None
    commune: Place | None


def find(epoch: str, level: str, text: str, parent_code: str | None = None) -> Place:
    """The place meant by a text, or a ``Problem`` on the field ``level``.

    >>> find("3level", "district", "H. thu thua", "80")
    Place(code='804', name='Huyện Thủ Thừa', parent='80')
    >>> find("3level", "district", "Huyện Thủ Thừa", "82")
    Traceback (most recent call last):
    idapp.rules.problem.Problem: Huyện Thủ Thừa không thuộc Tỉnh Tiền Giang: hãy chọn lại quận/huyện trong danh sách.
    """
    found = _find(epoch, level, tidy(text), parent_code or "")
    if isinstance(found, Problem):
        raise replace(found)  # a fresh one: the remembered exception must not gather tracebacks
    return found


def search(
    epoch: str, level: str, query: str, parent_code: str | None = None, limit: int = 12
) -> list[Place]:
    """Places for type-ahead: every word begins a word of the name. Names that start with the query come first, of these
    the ones with the same diacritics; then by the alphabet.

    >>> [place.name for place in search("3level", "district", "thu", "80")]
    ['Huyện Thủ Thừa']
    """
    if level != "province" and not parent_code:
        return []
    wanted = _full(level, tidy(query))
    keys = _plain(wanted).split()
    hits = [
        (_rank(wanted, level, place), place)
        for place in children(epoch, level, parent_code)
        if _all_begin(keys, _plain(place.name).split())
    ]
    return [place for _, place in sorted(hits)[:limit]]


def children(epoch: str, level: str, parent_code: str | None = None) -> tuple[Place, ...]:
    """Every place of a level, or those below a place, in the catalogue's order.

    >>> len(children("3level", "commune", "804")), children("3level", "commune", "318")
    (12, ())
    """
    return _below(epoch).get((level, parent_code or ""), ())


def by_code(epoch: str, code: str | None) -> Place | None:
    """
    >>> by_code("2level", "80").name, by_code("3level", "80").name
    ('Tỉnh Tây Ninh', 'Tỉnh Long An')
    """
    return _catalogue(epoch)[1].get(code or "")


@lru_cache(maxsize=4096)  # a school's families live in few places
def home_of(epoch: str, province: str, district: str, commune: str) -> Home:
    """What the three texts mean: each read inside the place above it, None as soon as that is not known."""
    first = _known(epoch, "province", province, "")
    second = _known(
        epoch, "district", district, above_code(epoch, "district", first and first.code, None)
    )
    above = above_code(epoch, "commune", first and first.code, second and second.code)
    return Home(first, second, _known(epoch, "commune", commune, above))


def above_code(
    epoch: str, level: str, province_code: str | None, district_code: str | None
) -> str | None:
    """The parent code inside which a residence of this level is read; None if it is not known."""
    if level == "province":
        return ""
    return province_code if level == "district" or epoch == "2level" else district_code


def is_asked(epoch: str, level: str, district_code: str | None) -> bool:
    """No district is asked in 2level, no commune in the five island districts (Bạch Long Vĩ, Cồn Cỏ, Hoàng Sa, ...).

    >>> is_asked("2level", "district", None), is_asked("3level", "commune", "318")
    (False, False)
    """
    if level == "district":
        return epoch != "2level"
    return (
        level == "province" or not district_code or bool(children(epoch, "commune", district_code))
    )


def old_to_new(code: str) -> list[tuple[str, bool]]:
    """Places of 2level that a province, commune or island district of 3level went to; True marks the default.

    Several if it was split; [] if unknown. Only for display and sending: what the family's paper says stays stored.

    >>> old_to_new("80"), old_to_new("00007")
    ([('80', True)], [('00008', True), ('00025', False)])
    """
    return _mapping().get(code, [])


def rows_of(file: str) -> Iterator[dict[str, str]]:
    """The rows of a catalogue file."""
    with (_DATA / file).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


# --- finding ---


def _known(epoch: str, level: str, text: str, parent_code: str | None) -> Place | None:
    if not text or parent_code is None or (level == "district" and epoch == "2level"):
        return None
    found = _find(epoch, level, tidy(text), parent_code)
    return found if isinstance(found, Place) else None


@lru_cache(maxsize=16384)
def _find(epoch: str, level: str, text: str, parent_code: str) -> Place | Problem:
    exact, loose = _index(epoch, level, parent_code)
    wanted = _full(level, text)
    for keys, key in ((exact, _accented(wanted)), (loose, _plain(wanted))):
        if found := keys.get(key):
            return found[0] if len(found) == 1 else _ambiguous(level, text, found)
    return _unknown(epoch, level, text, parent_code)


@lru_cache(maxsize=2048)
def _index(
    epoch: str, level: str, parent_code: str
) -> tuple[dict[str, list[Place]], dict[str, list[Place]]]:
    """Exact and loose keys of the places below one place, each with and without prefix."""
    exact, loose = defaultdict(list), defaultdict(list)
    for place in children(epoch, level, parent_code):
        for name in (place.name, _bare(level, place.name)):
            exact[_accented(name)].append(place)
            loose[_plain(name)].append(place)
    return dict(exact), dict(loose)


def _full(level: str, text: str) -> str:
    """The text with an abbreviated prefix written out."""
    text = _SHORT_NAMES.get(_plain(text), text) if level == "province" else text
    match = _ABBREVIATED[level].match(text)
    if not match or match.end() == len(text):
        return text
    rest = text[match.end() :]
    rest = _SHORT_NAMES.get(_plain(rest), rest) if level == "province" else rest
    return f"{_PREFIXES[level][match[1].lower()]} {rest}"


def _bare(level: str, name: str) -> str:
    """The name without its prefix.

    >>> _bare("district", "Thị xã Kỳ Anh"), _bare("commune", "Phường 06")
    ('Kỳ Anh', '06')
    """
    words = name.split()
    for count in (2, 1):
        if len(words) > count and fold(" ".join(words[:count])) in _PREFIXES[level]:
            return " ".join(words[count:])
    return name


@lru_cache(maxsize=16384)
def _accented(text: str) -> str:
    return _joined(tone_key(text))


@lru_cache(maxsize=16384)
def _plain(text: str) -> str:
    return _joined(fold(text))


def _joined(text: str) -> str:
    """One writing of hyphens, dots, apostrophes ("K' Dang") and zeros ("Phường 06")."""
    text = re.sub(r"[-‐‑–.,()]+", " ", re.sub(r"'\s*", "", text))
    return " ".join(word.lstrip("0") or "0" if word.isdecimal() else word for word in text.split())


def _ambiguous(level: str, text: str, found: list[Place]) -> Problem:
    names = " hay ".join(dict.fromkeys(place.name for place in found[:3]))
    message = f"“{text}” có thể là {names}: hãy chọn đúng tên ghi trên giấy tờ."
    return Problem(level, "ambiguous_place", message, found[0].name if len(found) == 2 else "")


def _unknown(epoch: str, level: str, text: str, parent_code: str) -> Problem:
    above = by_code(epoch, parent_code)
    if above and text in _names(epoch, level):
        message = f"{text} không thuộc {above.name}: hãy chọn lại {_WORD[level]} trong danh sách."
        return Problem(level, "not_within", message)
    near = _begun(epoch, level, text, parent_code) or _nearest(epoch, level, text, parent_code)
    inside = f" trong {above.name}" if above else " trong danh mục"
    hint = f" Có phải là {' hay '.join(near)}?" if near else ""
    message = f"Không có “{text}”{inside}: hãy chọn {_WORD[level]} trong danh sách.{hint}"
    return Problem(level, "unknown_place", message, near[0] if near else "")


def _begun(epoch: str, level: str, text: str, parent_code: str) -> list[str]:
    """The one place whose name the text only begins ("nhut" is Xã Nhựt Ninh)."""
    found = search(epoch, level, text, parent_code, limit=2)
    return [found[0].name] if len(found) == 1 else []


def _nearest(epoch: str, level: str, text: str, parent_code: str) -> list[str]:
    names = {
        _plain(_bare(level, place.name)): place.name
        for place in children(epoch, level, parent_code)
    }
    key = _plain(_bare(level, _full(level, text)))
    return [names[near] for near in get_close_matches(key, names, n=3, cutoff=0.7)]


# --- type-ahead ---


def _all_begin(wanted: list[str], words: list[str]) -> bool:
    return all(any(word.startswith(key) for word in words) for key in wanted)


def _rank(wanted: str, level: str, place: Place) -> tuple[bool, bool, list[str]]:
    bare = _bare(level, place.name)
    accented = any(_accented(name).startswith(_accented(wanted)) for name in (bare, place.name))
    starts = any(_plain(name).startswith(_plain(wanted)) for name in (bare, place.name))
    return (
        not starts,
        not accented,
        [word.zfill(3) if word.isdecimal() else word for word in _plain(bare).split()],
    )


# --- the catalogues ---


@lru_cache(maxsize=2)
def _catalogue(epoch: str) -> tuple[dict[str, list[Place]], dict[str, Place]]:
    levels, codes = defaultdict(list), {}
    for row in rows_of(f"places_{epoch}.csv"):
        place = Place(row["code"], row["name"], row["parent_code"])
        levels[row["level"]].append(place)
        codes[place.code] = place
    return dict(levels), codes


@lru_cache(maxsize=2)
def _below(epoch: str) -> dict[tuple[str, str], tuple[Place, ...]]:
    """Places by (level, code of any place above, or "" for the country)."""
    levels, codes = _catalogue(epoch)
    below = defaultdict(list)
    for level, found in levels.items():
        for place in found:
            above, code = [""], place.parent
            while code:
                above.append(code)
                code = codes[code].parent
            for code in above:
                below[level, code].append(place)
    return {key: tuple(value) for key, value in below.items()}


@lru_cache(maxsize=8)
def _names(epoch: str, level: str) -> frozenset[str]:
    return frozenset(place.name for place in children(epoch, level))


@lru_cache(maxsize=1)
def _mapping() -> dict[str, list[tuple[str, bool]]]:
    mapping = defaultdict(list)
    for row in rows_of("places_3level_to_2level.csv"):
        if row["new_code"]:
            mapping[row["old_code"]].append((row["new_code"], row["is_default"] == "1"))
    return dict(mapping)
