"""A birth date, or only a birth year.

Read: ``dd/mm/yyyy`` with ``/``, ``-``, ``.``, ``,`` or a backslash, ``yyyy-mm-dd``, both with a time behind them,
``ddmmyyyy`` and ``yyyymmdd``, ``7 tháng 3 năm 2016``, ``20-thg 3-2016``, ``20-Mar-2016``, an Excel serial (days since
30/12/1899) as a number in text, a year alone, also as ``Năm 2016``, ``/2016`` and ``00/00/2016``. The
clean value is ISO text: ``2012-03-20``, or ``2012`` where only the year is known, which is a fact of its own and never
01/01 (some population records hold no more: Circular 59/2021/TT-BCA form 01; the register is asked with ``yyyyMMdd`` or
``yyyy``). Stored and shown as dd/mm/yyyy or yyyy.

A time of 16:00 to 23:59 beside the day is how browsers and web systems west of Vietnam write the midnight with which
the next day begins: nobody can tell, so the next day is only proposed. A moment of world time (``Z``, or an offset)
that is midnight in Vietnam (+07:00) is that day.

Errors: not a date, a day that does not exist, two digits for the year, only month and year, a day that a time
zone may have moved, the future, before 1900. Warnings: year only; pupils more than 3 years older or 1 younger
than usual for the grade, counted by year (Circular 28/2020/TT-BGDĐT art. 33: 6 at grade 1; older pupils are
lawful); staff younger than 16 or older than 90.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache

from idapp.rules.folding import tidy
from idapp.rules.problem import Problem, raise_again

FIELD = "date_of_birth"
_EARLIEST = date(1900, 1, 1)
_EARLIEST_PARENT = 1930
_FIRST_SERIAL = date(1940, 1, 1)  # a smaller number of five digits is no birth date of today
_EXCEL_ZERO = date(1899, 12, 30)
_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)}
_CLOCK = re.compile(
    r"(?P<day>.*[0-9])[ T]"
    r"\(?(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    r" ?(?P<half>AM|PM|SA|CH)? ?(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?\)?",
    re.IGNORECASE,
)
_EVENING = 16  # from this hour on a time may be the next day's midnight, seen from further west
_VIETNAM = timedelta(hours=7)
_SEPARATOR = r" ?[/.,\\-] ?"
_DAY_FIRST = re.compile(rf"([0-9]{{1,2}}){_SEPARATOR}([0-9]{{1,2}}){_SEPARATOR}([0-9]{{4}})[.;,]?")
_YEAR_FIRST = re.compile(r"([0-9]{4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,2})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_WORD = re.compile(
    rf"([0-9]{{1,2}})[ -](?:({'|'.join(_MONTHS)})[a-z]*|th(?:g|áng)? ?([0-9]{{1,2}}))"
    r"[ ,-]+([0-9]{4}|[0-9]{2})",
    re.IGNORECASE,
)
_ONLY_YEAR = re.compile(
    r"(?:n[aă]m|(?:00|[.…_-]*)/(?:00|[.…_-]*)/|/) ?([12][0-9]{3})", re.IGNORECASE
)
_MONTH_AND_YEAR = re.compile(r"(?:tháng )?([0-9]{1,2}) ?[/.-] ?([0-9]{4})", re.IGNORECASE)
_IN_WORDS = re.compile(
    r"(?:ng[aà]y )?([0-9]{1,2}) th[aá]ng ([0-9]{1,2}),? (?:n[aă]m )?([0-9]{4})", re.IGNORECASE
)
_SHORT_YEAR = re.compile(r"([0-9]{1,2}) ?[/.-] ?([0-9]{1,2}) ?[/.-] ?([0-9]{2})")
# three groups each, and no text is written in two of these ways: the commonest first
_DAY_MONTH_YEAR = (_DAY_FIRST, _SHORT_YEAR, _IN_WORDS)
_YEAR = re.compile(r"([0-9]{4})(?:[.,]0+)?")
_SERIAL = re.compile(r"([0-9]{5})([.,][0-9]+)?")


def validate(text: str, today: date) -> str:
    """The clean value: ``yyyy-mm-dd``, or ``yyyy`` where only the year is written.

    Raises ``Problem`` for what the module calls an error, with a suggestion where one day is the likely one.

    >>> day = date(2022, 10, 16)
    >>> validate("20.3.2012", day), validate("40988", day), validate("2012", day)
    ('2012-03-20', '2012-03-20', '2012')
    """
    born = _read(text, today)
    if isinstance(born, Problem):
        raise_again(born)
    return born


# the pupils of a school have few birth dates, and each is read several times
@lru_cache(maxsize=8192)
def _read(text: str, today: date) -> str | Problem:
    try:
        return _iso_text(text, today)
    except Problem as problem:
        return problem.with_traceback(None)


def _iso_text(text: str, today: date) -> str:
    """Recognises what is no day of a calendar first: a year alone, a serial number, a moment."""
    written = tidy(text).translate(_FULL_WIDTH).lstrip("'")
    if year := _YEAR.fullmatch(written) or _ONLY_YEAR.fullmatch(written):
        _in_time(date(int(year[1]) or 1, 1, 1), today)
        return year[1]
    if serial := _SERIAL.fullmatch(written):
        day = _from_serial(int(serial[1]), today)
        hour = int(float("0" + (serial[2] or "").replace(",", ".")) * 24)
        return _not_moved(day, hour).isoformat()
    if clock := _CLOCK.fullmatch(written):
        return _in_time(_day_of_moment(clock, today), today).isoformat()
    return _in_time(_day_of(written, today), today).isoformat()


def show(born: str) -> str:
    """A clean value as it is stored in a record and shown.

    >>> show("2012-03-20"), show("2012")
    ('20/03/2012', '2012')
    """
    return "/".join(reversed(born.split("-")))


def year_of(born: str) -> int:
    """The year of a clean value.

    >>> year_of("2012-03-20")
    2012
    """
    return int(born[:4])


def warnings(
    born: str,
    today: date,
    kind: str,
    usual_year: int | None = None,
) -> Iterator[Problem]:
    """What is odd about a valid birth date of a ``student`` or of ``staff``. Never raises.

    ``usual_year`` is the normal birth year of the pupil's grade, None where there is none.

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
        yield _odd_for_grade(year, usual_year)


def _odd_for_grade(year: int, usual_year: int) -> Problem:
    side = f"nhỏ hơn {year - usual_year}"
    if year < usual_year:
        side = f"lớn hơn {usual_year - year}"
    message = (
        f"Sinh năm {year} là {side} tuổi so với học sinh cùng khối "
        f"(thường sinh năm {usual_year}): hãy xem lại năm sinh."
    )
    return Problem(FIELD, "age_for_grade", message, level="warning")


def parent_year(
    field: str,
    text: str,
    today: date | None = None,
) -> int:
    """Birth year of a parent: 4 digits, from 1930, and up to the year of ``today`` if that is given.

    Raises ``Problem``, a warning on ``field``, for anything else.

    >>> parent_year("father_birth_year", "1980.0")
    1980
    """
    year = _read_parent_year(field, text, today)
    if isinstance(year, Problem):
        raise_again(year)
    return year


@lru_cache(maxsize=1024)
def _read_parent_year(
    field: str,
    text: str,
    today: date | None,
) -> int | Problem:
    refusal = Problem(
        field, "not_a_year", "Năm sinh gồm 4 chữ số, từ 1930: hãy xem lại.", level="warning"
    )
    digits = _YEAR.fullmatch(tidy(text).translate(_FULL_WIDTH).lstrip("'"))
    if digits is None:
        return refusal
    year = int(digits[1])
    is_ahead = today is not None and year > today.year
    if year < _EARLIEST_PARENT or is_ahead:
        return refusal
    return year


def _from_serial(serial: int, today: date) -> date:
    day = _EXCEL_ZERO + timedelta(days=serial)
    if _FIRST_SERIAL <= day <= today:
        return day
    raise _not_a_date()


def _day_of(text: str, today: date) -> date:
    day, month, year_text = _parts(text)
    return _real_day(day, month, year_text, today)


def _day_of_moment(clock: re.Match[str], today: date) -> date:
    """The day of a text with a time behind it."""
    day = _day_of(clock["day"], today)
    hour = _hour_of(clock)
    if clock["zone"] is None:
        return _not_moved(day, hour)
    moment = datetime(day.year, day.month, day.day, hour, int(clock["minute"]) % 60)
    here = moment - _offset(clock["zone"]) + _VIETNAM
    if (here.hour, here.minute) == (0, 0):
        return here.date()
    return _not_moved(here.date(), here.hour)


def _hour_of(clock: re.Match[str]) -> int:
    """0 to 23, whether it is written with 24 hours or with half days (SA, CH: before and after noon)."""
    hour = int(clock["hour"])
    half = (clock["half"] or "").upper()
    if half and hour == 12:
        hour = 0  # 12:00 AM is midnight
    if half in ("PM", "CH"):
        hour += 12
    if hour > 23:
        raise _not_a_date()
    return hour


def _offset(zone: str) -> timedelta:
    """How far ahead of world time a zone is.

    >>> _offset("Z"), _offset("+07:00")
    (datetime.timedelta(0), datetime.timedelta(seconds=25200))
    """
    if zone.upper() == "Z":
        return timedelta(0)
    digits = zone[1:].replace(":", "")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if zone[0] == "-":
        return -size
    return size


def _not_moved(day: date, hour: int) -> date:
    """The day, unless it may be the next one seen from another time zone: a ``Problem`` then."""
    if hour < _EVENING:
        return day
    next_day = day + timedelta(days=1)
    message = (
        f"Ngày {day:%d/%m/%Y} có kèm giờ {hour} giờ: có thể phần mềm xuất tệp đã lùi ngày "
        f"theo múi giờ khác và ngày đúng là {next_day:%d/%m/%Y}. Hãy xem lại giấy khai sinh."
    )
    raise Problem(FIELD, "moved_day", message, f"{next_day:%d/%m/%Y}")


def _parts(text: str) -> tuple[int, int, str]:
    """Day, month, and the year as it is written, which may have two digits."""
    for pattern in _DAY_MONTH_YEAR:
        if match := pattern.fullmatch(text):
            return int(match[1]), int(match[2]), match[3]
    if match := _YEAR_FIRST.fullmatch(text):
        return int(match[3]), int(match[2]), match[1]
    if match := _MONTH_WORD.fullmatch(text):
        return int(match[1]), _month_of(match), match[4]
    if match := _MONTH_AND_YEAR.fullmatch(text):
        message = (
            "Chỉ có tháng và năm sinh: hãy nhập đủ ngày, "
            "hoặc chỉ nhập năm nếu giấy tờ không ghi ngày."
        )
        raise Problem(FIELD, "month_only", message, match[2])
    return _parts_of_digits(text)


def _month_of(match: re.Match[str]) -> int:
    """Of "thg 3" or of "March"."""
    if match[3]:
        return int(match[3])
    return _MONTHS.index(match[2].lower()) + 1


def _parts_of_digits(text: str) -> tuple[int, int, str]:
    if re.fullmatch("[0-9]{6}", text):  # 070316: a suggestion, as for 07/03/16
        return int(text[:2]), int(text[2:4]), text[4:]
    if re.fullmatch("[0-9]{8}", text):
        if int(text[4:]) < _EARLIEST.year:  # 20120320, the register's own writing
            return int(text[6:]), int(text[4:6]), text[:4]
        return int(text[:2]), int(text[2:4]), text[4:]
    raise _not_a_date()


def _real_day(
    day: int,
    month: int,
    year: str,
    today: date,
) -> date:
    """The day of a calendar; a ``Problem`` that offers the likely one if there is no such day."""
    if len(year) == 2:
        raise _two_digit_year(day, month, year, today)
    if real := _day_or_none(day, month, int(year)):
        return real
    swapped = _day_or_none(month, day, int(year))
    message = (
        f"Không có ngày {day:02d}/{month:02d}/{year}: "
        "hãy xem lại ngày và tháng trên giấy khai sinh."
    )
    raise Problem(FIELD, "impossible_date", message, _shown(swapped))


def _two_digit_year(
    day: int,
    month: int,
    year: str,
    today: date,
) -> Problem:
    """The later of the two centuries is offered, unless that lies ahead; it is never taken."""
    century = 2000
    if century + int(year) > today.year:
        century = 1900
    whole = _day_or_none(day, month, century + int(year))
    message = "Năm sinh phải có 4 chữ số: hãy ghi ngày sinh dạng ngày/tháng/năm, ví dụ 25/05/2010."
    return Problem(FIELD, "two_digit_year", message, _shown(whole))


def _shown(day: date | None) -> str:
    if day is None:
        return ""
    return show(day.isoformat())


def _day_or_none(day: int, month: int, year: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _in_time(day: date, today: date) -> date:
    if day > today:
        message = "Ngày sinh ở sau hôm nay: hãy xem lại năm sinh trên giấy khai sinh."
        raise Problem(FIELD, "future_date", message)
    if day < _EARLIEST:
        message = "Năm sinh trước 1900: hãy xem lại năm sinh trên giấy khai sinh."
        raise Problem(FIELD, "too_early", message)
    return day


def _not_a_date() -> Problem:
    message = "Không đọc được ngày sinh: hãy ghi dạng ngày/tháng/năm, ví dụ 25/05/2010."
    return Problem(FIELD, "not_a_date", message)
