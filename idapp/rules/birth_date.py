"""A birth date, or only a birth year.

Read: ``dd/mm/yyyy`` with ``/``, ``-`` or ``.``, ``yyyy-mm-dd``, both with a time behind them, ``ddmmyyyy`` and
``yyyymmdd``, ``7 tháng 3 năm 2016``, an Excel serial (days since 30/12/1899) as a number in text, a year alone. The
clean value is ISO text: ``2012-03-20``, or ``2012`` where only the year is known, which is a fact of its own and never
01/01 (some population records hold no more: Circular 59/2021/TT-BCA form 01; the register is asked with ``yyyyMMdd`` or
``yyyy``). Stored and shown as dd/mm/yyyy or yyyy.

Errors: not a date, a day that does not exist, two digits for the year, the future, before 1900. Warnings: year only;
pupils more than 3 years older or 1 younger than usual for the grade, counted by year (Circular 28/2020/TT-BGDĐT
art. 33: 6 at grade 1; older pupils are lawful); staff younger than 16 or older than 90.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

FIELD = "date_of_birth"
_EARLIEST = date(1900, 1, 1)
_FIRST_SERIAL = date(1940, 1, 1)
_EXCEL_ZERO = date(1899, 12, 30)
_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)}
_TIME = r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]+)?)?)?"
_DAY_FIRST = re.compile(r"([0-9]{1,2}) ?[/.-] ?([0-9]{1,2}) ?[/.-] ?([0-9]{4})" + _TIME)
_YEAR_FIRST = re.compile(r"([0-9]{4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,2})" + _TIME)
_IN_WORDS = re.compile(
    r"(?:ng[aà]y )?([0-9]{1,2}) th[aá]ng ([0-9]{1,2}),? (?:n[aă]m )?([0-9]{4})", re.IGNORECASE
)
_SHORT_YEAR = re.compile(r"([0-9]{1,2}) ?[/.-] ?([0-9]{1,2}) ?[/.-] ?([0-9]{2})")
_YEAR = re.compile(r"([0-9]{4})(?:[.,]0+)?")
_SERIAL = re.compile(r"([0-9]{5})(?:[.,][0-9]+)?")


def validate(text: str, today: date) -> str:
    """``yyyy-mm-dd`` or ``yyyy``, or a ``Problem``.

    >>> day = date(2022, 10, 16)
    >>> validate("20.3.2012", day), validate("40988", day), validate("2012", day)
    ('2012-03-20', '2012-03-20', '2012')
    """
    text = tidy(text).translate(_FULL_WIDTH).lstrip("'")
    if year := _YEAR.fullmatch(text):
        _in_time(date(int(year[1]) or 1, 1, 1), today)
        return year[1]
    if serial := _SERIAL.fullmatch(text):
        return _from_serial(int(serial[1]), today).isoformat()
    day, month, year_text = _parts(text)
    return _in_time(_real_day(day, month, year_text, today), today).isoformat()


def show(born: str) -> str:
    """
    >>> show("2012-03-20"), show("2012")
    ('20/03/2012', '2012')
    """
    return "/".join(reversed(born.split("-")))


def year_of(born: str) -> int:
    """
    >>> year_of("2012-03-20")
    2012
    """
    return int(born[:4])


def warnings(born: str, today: date, kind: str, usual_year: int | None = None) -> Iterator[Problem]:
    """What is odd about a valid birth date. ``usual_year`` is the normal birth year of the pupil's grade.

    >>> [p.code for p in warnings("2005-03-20", date(2022, 10, 16), "student", usual_year=2012)]
    ['age_for_grade']
    """
    year = year_of(born)
    if len(born) == 4:
        message = "Chỉ có năm sinh: nếu giấy tờ ghi đủ ngày, tháng thì hãy nhập đủ."
        yield Problem(FIELD, "year_only", message, level="warning")
    if kind == "staff" and not 16 <= today.year - year <= 90:
        message = f"Sinh năm {year} thì năm nay {today.year - year} tuổi: hãy xem lại năm sinh."
        yield Problem(FIELD, "age_for_work", message, level="warning")
    if kind == "student" and usual_year and not -1 <= usual_year - year <= 3:
        side = (
            f"lớn hơn {usual_year - year}" if year < usual_year else f"nhỏ hơn {year - usual_year}"
        )
        message = (
            f"Sinh năm {year} là {side} tuổi so với học sinh cùng khối (thường sinh năm {usual_year}): "
            "hãy xem lại năm sinh."
        )
        yield Problem(FIELD, "age_for_grade", message, level="warning")


def parent_year(field: str, text: str, today: date | None = None) -> int:
    """Birth year of a parent: 4 digits, from 1930.

    >>> parent_year("father_birth_year", "1980.0")
    1980
    """
    year = _YEAR.fullmatch(tidy(text).translate(_FULL_WIDTH).lstrip("'"))
    if not year or int(year[1]) < 1930 or (today and int(year[1]) > today.year):
        raise Problem(
            field, "not_a_year", "Năm sinh gồm 4 chữ số, từ 1930: hãy xem lại.", level="warning"
        )
    return int(year[1])


def _from_serial(serial: int, today: date) -> date:
    day = _EXCEL_ZERO + timedelta(days=serial)
    if _FIRST_SERIAL <= day <= today:
        return day
    raise _not_a_date()


def _parts(text: str) -> tuple[int, int, str]:
    if match := _DAY_FIRST.fullmatch(text):
        return int(match[1]), int(match[2]), match[3]
    if match := _YEAR_FIRST.fullmatch(text):
        return int(match[3]), int(match[2]), match[1]
    if match := _SHORT_YEAR.fullmatch(text):
        return int(match[1]), int(match[2]), match[3]
    if match := _IN_WORDS.fullmatch(text):
        return int(match[1]), int(match[2]), match[3]
    if re.fullmatch("[0-9]{6}", text):  # 070316: a suggestion, as for 07/03/16
        return int(text[:2]), int(text[2:4]), text[4:]
    if re.fullmatch("[0-9]{8}", text):
        if int(text[4:]) < _EARLIEST.year:  # 20120320, the register's own writing
            return int(text[6:]), int(text[4:6]), text[:4]
        return int(text[:2]), int(text[2:4]), text[4:]
    raise _not_a_date()


def _real_day(day: int, month: int, year: str, today: date) -> date:
    if len(year) == 2:
        century = "20" if 2000 + int(year) <= today.year else "19"
        whole = _day_or_none(day, month, int(century + year))
        message = (
            "Năm sinh phải có 4 chữ số: hãy ghi ngày sinh dạng ngày/tháng/năm, ví dụ 25/05/2010."
        )
        raise Problem(FIELD, "two_digit_year", message, show(whole.isoformat()) if whole else "")
    if real := _day_or_none(day, month, int(year)):
        return real
    swapped = _day_or_none(month, day, int(year))
    message = f"Không có ngày {day:02d}/{month:02d}/{year}: hãy xem lại ngày và tháng trên giấy khai sinh."
    raise Problem(FIELD, "impossible_date", message, show(swapped.isoformat()) if swapped else "")


def _day_or_none(day: int, month: int, year: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _in_time(day: date, today: date) -> date:
    if day > today:
        raise Problem(
            FIELD,
            "future_date",
            "Ngày sinh ở sau hôm nay: hãy xem lại năm sinh trên giấy khai sinh.",
        )
    if day < _EARLIEST:
        raise Problem(
            FIELD, "too_early", "Năm sinh trước 1900: hãy xem lại năm sinh trên giấy khai sinh."
        )
    return day


def _not_a_date() -> Problem:
    message = "Không đọc được ngày sinh: hãy ghi dạng ngày/tháng/năm, ví dụ 25/05/2010."
    return Problem(FIELD, "not_a_date", message)
