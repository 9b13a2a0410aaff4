"""The identity number (*số định danh cá nhân*): 12 digits given once for life, the number of the citizen card too.

Structure (Decree 137/2015/NĐ-CP art. 13; Circular 07/2016/TT-BCA art. 7 and annex I; Circular 59/2021/TT-BCA art. 4)::

    001 2 12 345678
    |   | |  +----- 6 random digits; there is no check digit
    |   | +-------- last two digits of the birth year
    |   +---------- century and sex: 0/1 male/female of 1900-1999, 2/3 of 2000-2099, 4/5 of 2100-2199 ...
    +-------------- province (001-096) or country where the birth was registered; the country list is not public

Only the ASCII digits 0-9 count. Errors, because such a value cannot be sent: anything but 12 digits (``cmnd`` for the
9 digits of the old identity card), an invented pattern. A number may lawfully contradict the person's present data
(civil-status corrections; numbers issued wrongly, Decree 70/2024/NĐ-CP art. 11): ``disagreements`` are warnings. The
prefix says nothing about residence, and an unknown prefix is no fault.
"""

import csv
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

from idapp.rules.folding import tidy
from idapp.rules.problem import Level, Problem

FIELD = "identity_number"
# what most families have in hand; the whole list is ``notices.evidence``
PAPERS = "thẻ căn cước, VNeID hoặc giấy khai sinh"
_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)}
_SEPARATORS = re.compile(r"[\s.,\-‐‑–'’`]")
# ".0", ",00"; three zeros after a point may be a group, unless 12 digits stand before it already
_FLOAT = re.compile(r"([0-9]+)[.,]0{1,2}|([0-9]{12})[.,]0+")
_GROUPED = re.compile(r"([0-9]+([.,\-‐‑–'’`])[0-9]+(?:\2[0-9]+)*)(?:(?!\2)[.,]0{1,2})?")
# by fours; by threes and the serial; as the number is built up. Thousands are proper, too.
_PROPER_GROUPS = ([4, 4, 4], [3, 3, 6], [3, 1, 2, 6])
_NUMBER_BY_ITSELF = 9  # digits of the old card's number; what stands beside them is no part of it
_PROVINCE_APART = [3, 9]  # but for the code of the province before the rest
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,2}")
# not a comma and a space: days of a month stand like that
_BETWEEN = r"(?:\s?[.\-‐‑–'’`]\s?|[,\s])?"
# any script's digits, letters taken for digits, grouped
_LONG_NUMBER = re.compile(rf"\d(?:{_BETWEEN}[\dOoIl]){{8,}}")
_BESIDE_LETTERS = re.compile(r"[\s\-‐‑–'’`]")  # a point may be a decimal one
_PASSPORT = re.compile(r"[A-Z0-9]{6,12}")
_RUNS = ("01234567890123456789012", "98765432109876543210987")


def compact(text: str) -> str:
    """Without what people and Excel put around digits: spaces, dots, hyphens, an apostrophe, the ".0" of a float.

    A point, a comma, a hyphen or an apostrophe goes only where it stands between proper groups, for
    "80211000002.5" without its point would be a valid-looking number of somebody else. A text that is
    no such writing comes back with its separators, only tidied.

    >>> compact("'100 2 12 000012"), compact("100.212.000.012"), compact("100212000012.0")
    ('100212000012', '100212000012', '100212000012')
    >>> compact("80211000002.5"), compact("1,002,120,000.12")
    ('80211000002.5', '1,002,120,000.12')
    """
    if text.isascii() and text.isdecimal():  # most are, and a list has thousands
        return text
    tidied = tidy(text).translate(_FULL_WIDTH)
    words = tidied.strip("'’` ").rstrip("., ").split()
    if _is_number_and_more(words):
        return tidied
    number = "".join(words)
    if number.isdecimal():
        return number
    if whole := _FLOAT.fullmatch(number):
        return whole[1] or whole[2]
    grouped = _GROUPED.fullmatch(number)
    if grouped is None:
        return tidied
    groups = re.split(_SEPARATORS, grouped[1])
    if not _are_proper(groups):
        return tidied
    return "".join(groups)


def _is_number_and_more(words: Sequence[str]) -> bool:
    """Is one of the words a whole number, so that the others are no part of it?"""
    if len(words) < 2:
        return False
    sizes = [len(word) for word in words]
    return max(sizes) >= _NUMBER_BY_ITSELF and sizes != _PROVINCE_APART


def _are_proper(groups: Sequence[str]) -> bool:
    """Are digits grouped as people group a long number?

    >>> _are_proper(["80", "211", "000", "002"]), _are_proper(["80211000002", "5"])
    (True, False)
    >>> _are_proper(["8021", "100", "002"]), _are_proper(["80", "211", "00"]), _are_proper(["800", "211"])
    (False, False, False)
    >>> _are_proper(["1", "00312", "000", "012"])
    False
    """
    sizes = [len(group) for group in groups]
    thousands = len(sizes) > 2 and sizes[0] <= 3 and set(sizes[1:]) == {3}
    return thousands or sizes in _PROPER_GROUPS


def digits_of(text: str) -> str:
    """The text without any separator: to recognise what a text may be, never to store it.

    >>> digits_of("0903.123.456"), digits_of("80211000002.5")
    ('0903123456', '802110000025')
    """
    return _SEPARATORS.sub("", tidy(text).translate(_FULL_WIDTH))


def validate(text: str) -> str:
    """The 12 digits. Raises ``Problem``: ``not_digits``, ``cmnd``, ``not_12_digits``, ``fake_number``.

    >>> validate("100 2 12 000012")
    '100212000012'
    >>> validate("123456789012")
    Traceback (most recent call last):
    idapp.rules.problem.Problem: Số 123456789012 là số điền tạm, không phải số định danh thật: hãy nhập 12 số ghi trên \
thẻ căn cước, VNeID hoặc giấy khai sinh.
    """
    digits = compact(text)
    if not (digits.isascii() and digits.isdecimal()):
        raise _not_digits(text)
    if len(digits) == 9:
        message = f"Đây là số CMND cũ có 9 số: cần số định danh 12 số, ghi trên {PAPERS}."
        raise Problem(FIELD, "cmnd", message)
    if len(digits) != 12:
        message = (
            f"Số định danh phải có đúng 12 chữ số, ở đây có {len(digits)}: "
            f"hãy nhập lại theo {PAPERS}."
        )
        raise Problem(FIELD, "not_12_digits", message)
    if is_invented(digits):
        message = (
            f"Số {digits} là số điền tạm, không phải số định danh thật: "
            f"hãy nhập 12 số ghi trên {PAPERS}."
        )
        raise Problem(FIELD, "fake_number", message)
    return digits


@lru_cache(maxsize=4096)  # asked of one number by every rule that looks at it
def is_invented(digits: str) -> bool:
    """One digit only, or counted up or down: nobody's number.

    >>> is_invented("123456789012"), is_invented("100212000012")
    (True, False)
    """
    return len(set(digits)) == 1 or any(digits in run for run in _RUNS)


def normalise(text: str) -> str:
    """The text to store: digits without grouping as soon as there are 9 to 12 of them.

    Raises ``Problem`` for anything else, as ``validate`` does.

    >>> normalise("100 2 12 000012"), normalise("100.212.000")
    ('100212000012', '100212000')
    """
    digits = compact(text)
    if re.fullmatch("[0-9]{9,12}", digits):
        return digits
    return validate(text)


def is_shortened(text: str) -> bool:
    """Shown by Excel as a power of ten: the last digits are not in the text any more.

    >>> is_shortened("1.00212E+11"), is_shortened("1,00212E+11"), is_shortened("100212000012")
    (True, True, False)
    """
    return _SCIENTIFIC.fullmatch(tidy(text)) is not None


def passport(text: str) -> str:
    """The passport number of a foreigner: 6 to 12 Latin capitals and digits. Raises ``Problem``, a warning.

    >>> passport("e 1234567")
    'E1234567'
    >>> passport("12345678.5")
    Traceback (most recent call last):
    idapp.rules.problem.Problem: Số hộ chiếu gồm 6 đến 12 chữ cái không dấu và chữ số: hãy đối chiếu với hộ chiếu.
    """
    number = compact(text).upper()
    if not number.isdecimal():
        number = _BESIDE_LETTERS.sub("", number)
    if not _PASSPORT.fullmatch(number):
        message = (
            "Số hộ chiếu gồm 6 đến 12 chữ cái không dấu và chữ số: hãy đối chiếu với hộ chiếu."
        )
        raise Problem(FIELD, "passport", message, level="warning")
    return number


def century_sex(number: str) -> tuple[int, Literal["male", "female"]]:
    """First year of the century, and sex.

    >>> century_sex("100312000012")
    (2000, 'female')
    """
    digit = int(number[3])
    century = 1900 + 100 * (digit // 2)
    if digit % 2:
        return century, "female"
    return century, "male"


def birth_year(number: str) -> int:
    """The year that the 12 digits say, four digits.

    >>> birth_year("100312000012"), birth_year("100185000012")
    (2012, 1985)
    """
    return century_sex(number)[0] + int(number[4:6])


def sex(number: str) -> Literal["male", "female"]:
    """What the fourth of the 12 digits says.

    >>> sex("100212000012")
    'male'
    """
    return century_sex(number)[1]


def province_of_registration(number: str) -> str:
    """Name of the province where the birth was registered, "" for an unknown prefix (perhaps a country).

    >>> province_of_registration("080212000012"), province_of_registration("100212000012")
    ('Long An', '')
    """
    return _prefixes().get(number[:3], "")


def mask(number: str) -> str:
    """For those who only look: the province and the last two digits; nothing of a text of 8 letters or fewer.

    >>> mask("100212000012"), mask("1002")
    ('100•••••••12', '••••')
    """
    if len(number) <= 8:
        return "•" * len(number)
    return number[:3] + "•" * (len(number) - 5) + number[-2:]


def mask_within(text: str) -> str:
    """A sentence or an old value with every long number masked, also one written in groups.

    >>> mask_within("Giấy hẹn ghi số 100212000012, ngày 12/10")
    'Giấy hẹn ghi số 100•••••••12, ngày 12/10'
    >>> mask_within("số 100 2 12 000012")
    'số 100••••••••••12'
    """
    return _LONG_NUMBER.sub(lambda match: mask(match[0]), text)


def lost_zeros(
    text: str,
    year: int | None,
    person_sex: str | None,
) -> str:
    """The number with the zeros that Excel ate, if birth year and sex of the row then agree; else "".

    11 digits get "0" back, 10 digits beginning with 1 get "00" (codes 001 Hà Nội to 019). Only ever a suggestion.

    >>> lost_zeros("99212000012", 2012, "male"), lost_zeros("99212000012", 2011, "male")
    ('099212000012', '')
    """
    digits = compact(text)
    if not (digits.isascii() and digits.isdecimal()):
        return ""
    if len(digits) == 11:
        number = "0" + digits
    elif len(digits) == 10 and digits.startswith("1"):
        number = "00" + digits
    else:
        return ""
    if (birth_year(number), sex(number)) != (year, person_sex):
        return ""
    return number


def disagreements(
    number: str,
    year: int | None,
    person_sex: str | None,
    name_sex: str | None = None,
    usual_year: int | None = None,
) -> list[Problem]:
    """Warnings where the number contradicts the row, each on the field that is the likelier wrong one.

    name_sex    what the middle name says (Văn, Thị), if anything
    usual_year  the birth year that is normal for the grade

    Both differ: the number was probably taken from somebody else. Only the sex: the row's sex if the name sides with
    the number. Only the year: the birth date if the number has the year usual for the grade and the row has not.

    >>> [(p.field, p.code) for p in disagreements("100312000012", 2012, "male", name_sex="female")]
    [('gender', 'sex_disagrees')]
    """
    number_year = birth_year(number)
    number_sex = sex(number)
    is_same_year = year in (None, number_year)
    is_same_sex = person_sex in (None, number_sex)
    if is_same_year and is_same_sex:
        return []
    if not is_same_year and not is_same_sex:
        return [_both_differ(number, year, person_sex)]
    if is_same_year:
        return [_sex_differs(number, name_sex)]
    return [_year_differs(number, year, usual_year)]


def duplicate(where: str, confirmed: bool) -> Problem:
    """A record of the same ``class`` or ``school`` holds the number: only odd on the one the register confirmed."""
    inside = "trường"
    if where == "class":
        inside = "lớp"
    level: Level = "error"
    if confirmed:
        level = "warning"
    message = (
        f"Số này đã có ở một hồ sơ khác trong {inside}, mà mỗi người chỉ có một số: "
        f"hãy đối chiếu với {PAPERS}."
    )
    return Problem(FIELD, "duplicate", message, level=level)


_SEX = {"male": "nam", "female": "nữ", None: ""}


def _both_differ(
    number: str,
    year: int | None,
    person_sex: str | None,
) -> Problem:
    message = (
        f"Số này là của người {_SEX[sex(number)]} sinh năm {birth_year(number)}, "
        f"còn hồ sơ ghi {_SEX[person_sex]} sinh năm {year}: "
        f"có thể số của người khác, hãy đối chiếu với {PAPERS}."
    )
    return Problem(FIELD, "number_disagrees", message, level="warning")


def _sex_differs(number: str, name_sex: str | None) -> Problem:
    """The row's sex is the likelier wrong one if the middle name sides with the number."""
    number_sex = sex(number)
    word = _SEX[number_sex]
    if name_sex == number_sex:
        message = (
            f"Số định danh và chữ đệm đều cho biết là {word}: "
            "có thể giới tính ghi nhầm, hãy xem lại giấy tờ."
        )
        return Problem("gender", "sex_disagrees", message, word.capitalize(), "warning")
    message = (
        f"Chữ số thứ tư của số này là của người {word}, khác giới tính trong hồ sơ: "
        f"hãy đối chiếu với {PAPERS}."
    )
    return Problem(FIELD, "sex_disagrees", message, level="warning")


def _year_differs(
    number: str,
    year: int | None,
    usual_year: int | None,
) -> Problem:
    """The row's birth date is the likelier wrong one if the number has the year usual for the grade."""
    number_year = birth_year(number)
    if number_year == usual_year:
        message = (
            f"Số định danh cho biết sinh năm {number_year}, đúng tuổi của khối lớp: "
            "có thể năm sinh ghi nhầm, hãy xem lại giấy tờ."
        )
        return Problem("date_of_birth", "year_disagrees", message, level="warning")
    digits = "Chữ số thứ năm và thứ sáu"
    if year and (number_year - year) % 100 == 0:  # only the century differs
        digits = "Chữ số thứ tư"
    message = (
        f"{digits} của số này là của người sinh năm {number_year}, hồ sơ ghi {year}: "
        f"hãy đối chiếu với {PAPERS}."
    )
    return Problem(FIELD, "year_disagrees", message, level="warning")


def _not_digits(text: str) -> Problem:
    if is_shortened(text):
        message = (
            "Excel đã đổi số thành dạng rút gọn và làm mất chữ số: "
            f"hãy nhập lại đủ 12 số theo {PAPERS}."
        )
        return Problem(FIELD, "not_digits", message)
    message = (
        f"Số định danh chỉ gồm 12 chữ số, không có chữ cái hay dấu: hãy nhập lại theo {PAPERS}."
    )
    return Problem(FIELD, "not_digits", message)


@lru_cache(maxsize=1)
def _prefixes() -> dict[str, str]:
    file = Path(__file__).parent.parent / "data" / "birth_registration_codes.csv"
    with file.open(encoding="utf-8", newline="") as rows:
        return {row["id_code"]: row["name"] for row in csv.DictReader(rows)}
