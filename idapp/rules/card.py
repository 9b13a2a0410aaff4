"""The text in the QR code of a citizen card (*thẻ căn cước công dân*, since 07/2024 *thẻ căn cước*).

::

    100212000012|100000001|Nguyễn Thị An|20032012|Nữ|Ấp 3, Mỹ An, Thủ Thừa, Long An|10072021
    number       |old CMND |full name    |ddmmyyyy|sex|permanent residence             |issued on

Sources. *Which facts* the code holds is law: number, old 9-digit number, name, birth date, sex, residence, issue date
(Circular 06/2021/TT-BCA on the card's form; press of 04/2021 and 12/2022 agree); the card of 2024 (Circular
16/2024/TT-BCA, a draft of which spoke of parents' and householder's names and of cancelled numbers). *How they are
written* is published nowhere; it is known only from readers that people wrote, and these disagree:

- nearly all: seven fields with ``|``, dates as ddmmyyyy, the second field empty for who never had a CMND; some drop the
  second field instead, some end after the residence;
- residence as "Thôn Dẫn Tự, Tân Phú, Vĩnh Tường, Vĩnh Phúc", without the words xã, huyện, tỉnh; some show them with;
- cards of 2024: the same seven and four more fields, all empty where anybody shows them; what stands there otherwise is
  not known, so it is never guessed at and never used;
- some programs hand on labels ("Họ tên: ..."), dates with strokes, the name in capitals;
- USB scanners end with CR or LF, read UTF-8 as Windows-1252 ("Nguyá»…n"), or type through a Vietnamese keyboard driver
  that swallows the marks ("Nguy?n"): such a text gives its digits and no letters.

All these are read. The card proves nothing by itself: a person compares old and new before anything is stored.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from idapp.rules import birth_date, catalogues, full_name, identity_number, places
from idapp.rules.folding import fold, tidy
from idapp.rules.problem import Problem

_START = re.compile(r"[\s\ufeff\u200b]*(?:[^\W\d][^|:]{1,20}:\s*)?'?[0-9]{12}\s*([|¦｜│~;])")
_LABEL = re.compile(r"[^\W\d][^:]{1,30}:\s*")
_LOST = re.compile("[?\ufffd□]")


@dataclass(frozen=True)
class Card:
    """What a card says.

    values    field -> text to store, only what could be read: number, name, birth date, sex, residence
    issued    day of issue as dd/mm/yyyy, or ""
    left_out  Vietnamese sentences about what could not be taken over
    """

    values: dict[str, str]
    issued: str
    left_out: tuple[str, ...]


def read(text: str, epoch: str, today: date) -> Card:
    """The card, its residence in the places of ``epoch``; or a ``Problem`` ``not_a_card``.

    >>> text = "100212000012||Lê An|20032012|Nữ|Ấp 3, Mỹ An, Thủ Thừa, Long An|01012021"
    >>> card = read(text, "3level", date(2022, 10, 16))
    >>> card.values["date_of_birth"], card.values["commune"], card.values["address"]
    ('20/03/2012', 'Xã Mỹ An', 'Ấp 3')
    """
    number, name, born, sex, residence, issued = _parts(text)
    rules: dict[str, tuple[str, str, Callable[[str], str]]] = {
        "full_name": ("họ tên", name, _name),
        "date_of_birth": (
            "ngày sinh",
            born,
            lambda day: birth_date.show(birth_date.validate(_day(day), today)),
        ),
        "gender": ("giới tính", sex, lambda word: catalogues.gender_text(catalogues.sex(word))),
    }
    values, left_out = {"identity_number": number}, list[str]()
    for field, (words, raw, rule) in rules.items():
        try:
            values[field] = rule(raw)
        except Problem:
            shown = f" (thẻ ghi “{raw}”)" if raw else ""
            left_out.append(f"Không đọc được {words}{shown}: giữ nguyên trong bảng.")
    home = residence_of(residence, epoch)
    if residence and not home:
        left_out.append(
            f"Không đọc được nơi thường trú “{residence}”: hãy nhập tay tỉnh, huyện, xã theo thẻ."
        )
    return Card(values | home, _issued(issued, today), tuple(left_out))


def residence_of(text: str, epoch: str) -> dict[str, str]:
    """Province, district, commune and the rest of a residence, read from the right; {} unless all of them are clear.

    A card older than the reform of 07/2025 read in ``2level``: the commune that the old one went to, if it was not
    split. Half a residence would leave the old district under a new province, so it is all or nothing.

    >>> residence_of("Mỹ An, Thủ Thừa, Long An", "3level")
    {'province': 'Tỉnh Long An', 'district': 'Huyện Thủ Thừa', 'commune': 'Xã Mỹ An'}
    >>> residence_of("Số 1 Ngõ 2, Hà Nội", "3level")
    {}
    """
    pieces = [piece for piece in (tidy(part) for part in text.split(",")) if piece]
    if len(pieces) < 2 or _LOST.search(text):
        return {}
    found = _three_levels(pieces)
    if epoch == "2level":
        found = _moved(pieces, found) if found and "commune" in found else _two_levels(pieces)
    return found or {}


# --- the parts of the text ---


def _parts(text: str) -> tuple[str, str, str, str, str, str]:
    """number, name, birth date, sex, residence, day of issue."""
    text = _as_utf8(text.strip().strip("\ufeff\u200b"))
    start = _START.match(text)
    if not start:
        raise _not_a_card()
    line = re.split(r"[\r\n]+", text)[0] if text.count(start[1]) > 4 else text
    parts = [tidy(part) for part in line.split(start[1])]
    if _LABEL.match(parts[0]):
        parts = [_LABEL.sub("", part, count=1) for part in parts]
    number = identity_number.compact(parts[0])
    rest = parts[1:] if _is_name(parts[1]) else parts[2:]
    if not re.fullmatch("[0-9]{12}", number) or len(rest) < 3:
        raise _not_a_card()
    name, born, sex, residence, issued = [*rest, "", ""][:5]
    return number, name, born, sex, residence, issued


def _not_a_card() -> Problem:
    message = (
        "Đây không phải nội dung mã QR của thẻ căn cước (số, họ tên, ngày sinh, giới tính, cách nhau bằng dấu |): "
        "hãy quét lại mã ở mặt trước thẻ CCCD, hoặc mặt sau thẻ căn cước."
    )
    return Problem("identity_number", "not_a_card", message)


def _as_utf8(text: str) -> str:
    """Undo a scanner that read the code's UTF-8 as Windows-1252.

    >>> _as_utf8("Nguyá»…n"), _as_utf8("Nguyễn")
    ('Nguyễn', 'Nguyễn')
    """
    if text.isascii():
        return text
    try:
        return b"".join(_byte(c) for c in text).decode("utf-8")
    except UnicodeError:
        return text


def _byte(c: str) -> bytes:
    return bytes([ord(c)]) if ord(c) < 256 else c.encode("cp1252")


def _is_name(text: str) -> bool:
    """The second field is the old CMND, mostly empty; where a program dropped it, the name stands there."""
    return any(c.isalpha() for c in text)


def _name(text: str) -> str:
    if _LOST.search(text):
        raise Problem("full_name", "letters_lost", "")
    return full_name.validate(text)


def _day(text: str) -> str:
    """A year alone is written with zeros for day and month by some readers."""
    return text[4:] if re.fullmatch("0000[0-9]{4}", text) else text


def _issued(text: str, today: date) -> str:
    try:
        return birth_date.show(birth_date.validate(text, today))
    except Problem:
        return ""


# --- the residence ---


def _three_levels(pieces: list[str]) -> dict[str, str] | None:
    try:
        province = places.find("3level", "province", pieces[-1])
        district = _district(pieces, province)
        if not places.is_asked("3level", "commune", district.code):
            return _home(pieces[:-2], province, district)
        commune = places.find("3level", "commune", pieces[-3], district.code)
    except (Problem, IndexError):
        return None
    return _home(pieces[:-3], province, district, commune)


def _district(pieces: list[str], province: places.Place) -> places.Place:
    """Cao Lãnh is a town and a district: then the commune decides, if only one of them has it."""
    try:
        return places.find("3level", "district", pieces[-2], province.code)
    except Problem as problem:
        if problem.code != "ambiguous_place":
            raise
        commune = places.find("3level", "commune", pieces[-3], province.code)
        above = places.by_code("3level", commune.parent)
        if above is None or not fold(above.name).endswith(fold(pieces[-2])):
            raise
        return above


def _two_levels(pieces: list[str]) -> dict[str, str] | None:
    try:
        province = places.find("2level", "province", pieces[-1])
        commune = places.find("2level", "commune", pieces[-2], province.code)
    except Problem:
        return None
    return _home(pieces[:-2], province, commune)


def _moved(pieces: list[str], old: dict[str, str]) -> dict[str, str] | None:
    """An old residence in the places of today, where the old commune went to one new one."""
    home = places.home_of("3level", old["province"], old["district"], old["commune"])
    new = places.old_to_new(home.commune.code) if home.commune else []
    commune = places.by_code("2level", new[0][0]) if len(new) == 1 else None
    province = places.by_code("2level", commune.parent) if commune else None
    return _home(pieces[:-3], province, commune) if commune and province else None


def _home(rest: list[str], *found: places.Place) -> dict[str, str]:
    """The levels by what they are, and whatever stands before them as the address."""
    levels = (
        ("province", "commune") if len(found) == 2 and len(found[1].code) == 5 else places.LEVELS
    )
    home = {level: place.name for level, place in zip(levels, found, strict=False)}
    return home | ({"address": ", ".join(rest)} if rest else {})
