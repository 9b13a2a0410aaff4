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
from idapp.rules.problem import Problem

FIELD = "identity_number"
_PAPER = "giấy thông báo số định danh hoặc thẻ căn cước"
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
_LONG_NUMBER = re.compile(
    rf"\d(?:{_BETWEEN}[\dOoIl]){{8,}}"
)  # any script's digits, letters taken for digits, grouped
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
    sizes = [len(word) for word in words]
    if len(words) > 1 and max(sizes) >= _NUMBER_BY_ITSELF and sizes != _PROVINCE_APART:
        return tidied
    number = "".join(words)
    if number.isdecimal():
        return number
    if whole := _FLOAT.fullmatch(number):
        return whole[1] or whole[2]
    grouped = _GROUPED.fullmatch(number)
    groups = re.split(_SEPARATORS, grouped[1]) if grouped else []
    return "".join(groups) if _are_proper(groups) else tidied


def _are_proper(groups: Sequence[str]) -> bool:
    """
    >>> _are_proper(["80", "211", "000", "002"]), _are_proper(["80211000002", "5"])
    (True, False)
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
    """The 12 digits, or a ``Problem`` that says what to do.

    >>> validate("100 2 12 000012")
    '100212000012'
    >>> validate("123456789012")
    Traceback (most recent call last):
    idapp.rules.problem.Problem: Số 123456789012 là số điền tạm, không phải số định danh thật: hãy nhập 12 số ghi trên \
giấy thông báo số định danh hoặc thẻ căn cước.
    """
    digits = compact(text)
    if not (digits.isascii() and digits.isdecimal()):
        raise _not_digits(text)
    if len(digits) == 9:
        message = f"Đây là số CMND cũ có 9 số: cần số định danh 12 số, ghi trên {_PAPER}."
        raise Problem(FIELD, "cmnd", message)
    if len(digits) != 12:
        message = f"Số định danh phải có đúng 12 chữ số, ở đây có {len(digits)}: hãy nhập lại theo {_PAPER}."
        raise Problem(FIELD, "not_12_digits", message)
    if is_invented(digits):
        message = f"Số {digits} là số điền tạm, không phải số định danh thật: hãy nhập 12 số ghi trên {_PAPER}."
        raise Problem(FIELD, "fake_number", message)
    return digits


def is_invented(digits: str) -> bool:
    """One digit only, or counted up or down: nobody's number.

    >>> is_invented("123456789012"), is_invented("100212000012")
    (True, False)
    """
    return len(set(digits)) == 1 or any(digits in run for run in _RUNS)


def normalise(text: str) -> str:
    """The text to store: digits without grouping as soon as there are 9 to 12 of them, else a ``Problem``."""
    digits = compact(text)
    return digits if re.fullmatch("[0-9]{9,12}", digits) else validate(text)


def is_shortened(text: str) -> bool:
    """Shown by Excel as a power of ten: the last digits are not in the text any more.

    >>> is_shortened("1.00212E+11"), is_shortened("1,00212E+11"), is_shortened("100212000012")
    (True, True, False)
    """
    return _SCIENTIFIC.fullmatch(tidy(text)) is not None


def passport(text: str) -> str:
    """The passport number of a foreigner: 6 to 12 Latin capitals and digits.

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
    return 1900 + 100 * (digit // 2), "female" if digit % 2 else "male"


def birth_year(number: str) -> int:
    """
    >>> birth_year("100312000012"), birth_year("100185000012")
    (2012, 1985)
    """
    return century_sex(number)[0] + int(number[4:6])


def sex(number: str) -> Literal["male", "female"]:
    """
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
    """For those who only look.

    >>> mask("100212000012"), mask("1002")
    ('100•••••••12', '••••')
    """
    return (
        number[:3] + "•" * (len(number) - 5) + number[-2:] if len(number) > 8 else "•" * len(number)
    )


def mask_within(text: str) -> str:
    """A sentence or an old value with every long number masked, also one written in groups.

    >>> mask_within("Giấy hẹn ghi số 100212000012, ngày 12/10")
    'Giấy hẹn ghi số 100•••••••12, ngày 12/10'
    >>> mask_within("số 100 2 12 000012")
    'số 100••••••••••12'
    """
    return _LONG_NUMBER.sub(lambda found: mask(found[0]), text)


def lost_zeros(text: str, year: int | None, person_sex: str | None) -> str:
    """The number with the zeros that Excel ate, if birth year and sex of the row then agree; else "".

    11 digits get "0" back, 10 digits beginning with 1 get "00" (codes 001 Hà Nội to 019). Only ever a suggestion.

    >>> lost_zeros("99212000012", 2012, "male"), lost_zeros("99212000012", 2011, "male")
    ('099212000012', '')
    """
    digits = compact(text)
    zeros = {11: "0", 10: "00" if digits[:1] == "1" else ""}.get(len(digits), "")
    number = zeros + digits
    if not zeros or not re.fullmatch("[0-9]{12}", number):
        return ""
    return number if (birth_year(number), sex(number)) == (year, person_sex) else ""


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
    same_year, same_sex = year in (None, birth_year(number)), person_sex in (None, sex(number))
    if same_year and same_sex:
        return []
    if not same_year and not same_sex:
        return [_both_differ(number, year, person_sex)]
    if same_year:
        return [_sex_differs(number, "gender" if name_sex == sex(number) else FIELD)]
    usual = usual_year == birth_year(number)
    return [_year_differs(number, year, "date_of_birth" if usual else FIELD)]


def duplicate(where: str, confirmed: bool) -> Problem:
    """A record of the same ``class`` or ``school`` holds the number: only odd on the one the register confirmed."""
    inside = "lớp" if where == "class" else "trường"
    message = f"Số này đã có ở một hồ sơ khác trong {inside}, mà mỗi người chỉ có một số: hãy đối chiếu với {_PAPER}."
    return Problem(FIELD, "duplicate", message, level="warning" if confirmed else "error")


_SEX = {"male": "nam", "female": "nữ", None: ""}


def _both_differ(number: str, year: int | None, person_sex: str | None) -> Problem:
    message = (
        f"Số này là của người {_SEX[sex(number)]} sinh năm {birth_year(number)}, còn hồ sơ ghi {_SEX[person_sex]} "
        f"sinh năm {year}: có thể số của người khác, hãy đối chiếu với {_PAPER}."
    )
    return Problem(FIELD, "number_disagrees", message, level="warning")


def _sex_differs(number: str, field: str) -> Problem:
    says = _SEX[sex(number)]
    if field == "gender":
        message = f"Số định danh và chữ đệm đều cho biết là {says}: có thể giới tính ghi nhầm, hãy xem lại giấy tờ."
        return Problem(field, "sex_disagrees", message, says.capitalize(), "warning")
    message = f"Chữ số thứ tư của số này là của người {says}, khác giới tính trong hồ sơ: hãy đối chiếu với {_PAPER}."
    return Problem(field, "sex_disagrees", message, level="warning")


def _year_differs(number: str, year: int | None, field: str) -> Problem:
    says = birth_year(number)
    if field == "date_of_birth":
        message = (
            f"Số định danh cho biết sinh năm {says}, đúng tuổi của khối lớp: "
            "có thể năm sinh ghi nhầm, hãy xem lại giấy tờ."
        )
        return Problem(field, "year_disagrees", message, level="warning")
    which = "Chữ số thứ tư" if year and (says - year) % 100 == 0 else "Chữ số thứ năm và thứ sáu"
    message = f"{which} của số này là của người sinh năm {says}, hồ sơ ghi {year}: hãy đối chiếu với {_PAPER}."
    return Problem(field, "year_disagrees", message, level="warning")


def _not_digits(text: str) -> Problem:
    if is_shortened(text):
        message = f"Excel đã đổi số thành dạng rút gọn và làm mất chữ số: hãy nhập lại đủ 12 số theo {_PAPER}."
        return Problem(FIELD, "not_digits", message)
    message = (
        f"Số định danh chỉ gồm 12 chữ số, không có chữ cái hay dấu: hãy nhập lại theo {_PAPER}."
    )
    return Problem(FIELD, "not_digits", message)


@lru_cache(maxsize=1)
def _prefixes() -> dict[str, str]:
    file = Path(__file__).parent.parent / "data" / "birth_registration_codes.csv"
    with file.open(encoding="utf-8", newline="") as rows:
        return {row["id_code"]: row["name"] for row in csv.DictReader(rows)}
