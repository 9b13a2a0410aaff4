"""From a stored value to the text a person reads in the cell.

Only what matters for records is imitated from Excel: zeros shown by a format such as
``000000000000`` (also with separators: ``000 000 000 000``), the last zeros of a fraction (class
5.10 is not class 5.1), dates as dd/mm/yyyy whatever their format, numbers without exponent and
without thousands separators. Percent, currency, rounding and the decimals of a whole number are
left out on purpose: they never carry identity.
"""

import datetime
import math
import re
from dataclasses import dataclass
from decimal import Decimal

from idapp.workbook.cells import EMPTY, MAX_CELL_TEXT, Cell

_DAY_ZERO = {False: datetime.datetime(1899, 12, 30), True: datetime.datetime(1904, 1, 1)}
_EASILY_SAID = 10**18
_MOST_DECIMALS = 30  # Excel's own limit
_LOST_BY_FLOATS = 0.0005  # seconds; a day number holds steps of a millionth of a second
_QUOTED = re.compile(r'"[^"]*"|\[(?!hh?\]|mm?\]|ss?\])[^\]]*\]')
_DATE_LETTER = re.compile(r"(?<![_\\])[dmhysDMHYS]")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_FORMAT_PIECE = re.compile(r'\[[^\]]*\]|"([^"]*)"|\\(.)|_.|\*.|(.)', re.DOTALL)
_DECIMALS = re.compile(r"[#0,]*\.(0+)[#?]*")
# how HTML and XML of Excel call the formats of its menu; their letters would be taken for those of a date
_NAMED = {
    "general number": "General",
    "fixed": "0.00",
    "standard": "#,##0.00",
    "currency": "#,##0.00",
    "euro currency": "#,##0.00",
    "percent": "0%",
    "scientific": "0.00E+00",
    "yes/no": "General",
    "true/false": "General",
    "on/off": "General",
    "general date": "dd/mm/yyyy hh:mm",
    "long date": "dd/mm/yyyy",
    "medium date": "dd/mm/yyyy",
    "short date": "dd/mm/yyyy",
    "long time": "hh:mm:ss",
    "medium time": "hh:mm",
    "short time": "hh:mm",
}


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """What of a number format is imitated: zeros in front (``zero_mask``), places behind the point,
    a date."""

    mask: str = ""
    decimals: int = 0
    is_date: bool = False


GENERAL = NumberFormat()


def number_format(code: str) -> NumberFormat:
    """Of a format code as Excel stores it, or of its name in a menu.

    >>> number_format("000000"), number_format("Short Date").is_date, number_format("Fixed").decimals
    (NumberFormat(mask='000000', decimals=0, is_date=False), True, 2)
    """
    code = _NAMED.get(code.strip().lower(), code)
    if is_date_format(code):
        return NumberFormat(is_date=True)
    return NumberFormat(zero_mask(code), _decimals(code))


def number_cell(value: float, form: NumberFormat, *, date_1904: bool = False) -> Cell:
    """The cell of a stored number; an error where its format calls a date what can be none.

    >>> number_cell(5.1, number_format("0.00")).text, number_cell(42453, number_format("d/m/yyyy")).text
    ('5.10', '24/03/2016')
    """
    if not form.is_date:
        return Cell(number_text(value, form.mask, form.decimals), "number")
    try:
        return cell_of(moment(value, date_1904=date_1904))
    except (ValueError, OverflowError):
        return Cell("#VALUE!", "error")


def cell_of(value: object) -> Cell:
    """The cell of a Python value.

    >>> cell_of(100314900002.0).text, cell_of(True).kind, cell_of(datetime.date(2016, 3, 24)).text
    ('100314900002', 'bool', '24/03/2016')
    """
    if value is None or value == "":
        return EMPTY
    if isinstance(value, str):
        return Cell(_cut_to_a_cell(value), "text")
    if isinstance(value, bool):
        return Cell(str(value).upper(), "bool")
    if isinstance(value, int | float):
        return Cell(number_text(value), "number")
    return Cell(_moment_text(value), "date")


def _cut_to_a_cell(text: str) -> str:
    """As much as a cell of Excel holds, which counts a letter beyond U+FFFF twice; files of others
    hold more."""
    if 2 * len(text) <= MAX_CELL_TEXT:  # nearly all texts, without looking at their letters
        return text
    wide = text.encode("utf-16-le", "surrogatepass")
    if len(wide) <= 2 * MAX_CELL_TEXT:
        return text
    return wide[: 2 * MAX_CELL_TEXT - 2].decode("utf-16-le", "ignore") + "…"


def number_text(value: int | float, mask: str = "", decimals: int = 0) -> str:
    """Without exponent; ``mask`` as made by ``zero_mask``, ``decimals`` at least so many where
    there is a fraction.

    >>> number_text(1.003149e11), number_text(0.1 + 0.2), number_text(2012.0), number_text(1e-7)
    ('100314900000', '0.3', '2012', '0.0000001')
    >>> number_text(5.1, decimals=2), number_text(5.123, decimals=2), number_text(2012.0, decimals=2)
    ('5.10', '5.123', '2012')
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        if not value.is_integer():
            return _fraction_text(value, decimals)
        value = int(value)
    if mask and value >= 0:
        return _fill(str(value), mask)
    if abs(value) < _EASILY_SAID:
        return str(value)
    return format(Decimal(value), "f")  # str() of an int refuses more than 4,300 digits


def number_of(text: str) -> int | float:
    """The number that a file writes as this text. Raises ValueError for a text that is none.

    >>> number_of("100316000101"), number_of("1.003149E11"), number_of("2012.5")
    (100316000101, 100314900000.0, 2012.5)
    """
    if text.isdecimal() and len(text) < 16:  # a float holds no more digits
        return int(text)
    return float(text)


def _fraction_text(value: float, decimals: int) -> str:
    """
    >>> _fraction_text(5.1, 2), _fraction_text(0.1 + 0.2, 0)
    ('5.10', '0.3')
    """
    text = format(Decimal(format(value, ".15g")), "f")
    whole, _, fraction = text.partition(".")
    if not fraction:  # the 15 digits of Excel left nothing behind the point
        return whole
    return f"{whole}.{fraction.ljust(decimals, '0')}"


def zero_mask(number_format: str) -> str:
    """The part of a number format that adds zeros or separators to a whole number, "" when it adds
    none.

    >>> zero_mask("000000000000"), zero_mask("000\\\\ 000\\\\ 000;-0"), zero_mask("#,##0"), zero_mask("0.00")
    ('000000000000', '000 000 000', '', '')
    """
    mask = ""
    for match in _FORMAT_PIECE.finditer(number_format):
        quoted, escaped, bare = match.groups()
        if bare == ";":
            break
        if bare and bare not in "0#- ":
            return ""
        mask += quoted or escaped or bare or ""
    # a quoted digit would read as one of the number
    if mask.count("0") < 2 or re.search(r"[1-9]", mask):
        return ""
    return mask


def _decimals(code: str) -> int:
    """How many decimals this format always shows.

    >>> _decimals("0.00"), _decimals("#,##0.0#;-0"), _decimals("0.00%"), _decimals("General")
    (2, 1, 0, 0)
    """
    first_section = _QUOTED.sub("", code).split(";")[0]
    match = _DECIMALS.fullmatch(first_section.strip())
    if match is None:
        return 0
    return min(len(match[1]), _MOST_DECIMALS)


def is_date_format(number_format: str) -> bool:
    """Does this format show a number as a day or a time?

    >>> is_date_format("dd/mm/yyyy"), is_date_format('"ngày" dd'), is_date_format("[Red]0"), is_date_format("[h]:mm")
    (True, True, False, True)
    """
    first = _QUOTED.sub("", number_format).split(";")[0]
    return bool(_DATE_LETTER.search(first)) and "general" not in first.lower()


def moment(serial: float, *, date_1904: bool) -> datetime.date | datetime.time:
    """A day number of Excel; its first two months count a 29/02/1900 that never was. Below 1: a
    time of day.

    Raises ``OverflowError`` or ``ValueError`` where that is no day of any calendar.

    >>> moment(42453.0, date_1904=False), moment(42453.9999999653, date_1904=False)
    (datetime.datetime(2016, 3, 24, 0, 0), datetime.datetime(2016, 3, 24, 23, 59, 59))
    """
    if 0 <= serial < 1 and not date_1904:
        return (datetime.datetime.min + datetime.timedelta(seconds=_seconds(serial))).time()
    if 0 < serial < 60 and not date_1904:
        serial += 1
    day = math.floor(serial)
    return _DAY_ZERO[date_1904] + datetime.timedelta(days=day, seconds=_seconds(serial - day))


def _seconds(part_of_day: float) -> int:
    """Whole seconds. 23:59:59.997 is what browsers write for a midnight of another zone, and
    rounding it would say the day after without a word; only what a sum of floats may lose is
    rounded up to midnight."""
    seconds = part_of_day * 86400
    if 86400 - seconds < _LOST_BY_FLOATS:
        return 86400
    return min(round(seconds), 86399)


def unescape(text: str) -> str:
    """Excel writes control characters as ``_x000D_``, and a literal ``_x`` of that shape as
    ``_x005F_x``."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(_unescaped, text)


def _unescaped(match: re.Match[str]) -> str:
    """The letter that ``_x000D_`` and its like stand for."""
    letter = chr(int(match[1], 16))
    if "\ud800" <= letter <= "\udfff":  # half a letter cannot be stored anywhere
        return "\ufffd"
    return letter


def _fill(digits: str, mask: str) -> str:
    """Digits from the right into the places of the mask; more digits than places stand in front."""
    out: list[str] = []
    left = list(digits)
    places = mask.count("0") + mask.count("#")
    for letter in reversed(mask):
        if letter not in "0#":
            out.append(letter)
            continue
        places -= 1
        if places == 0 and left:
            out += reversed(left)
            left = []
        elif left:
            out.append(left.pop())
        elif letter == "0":
            out.append("0")
    return "".join(reversed(out)).strip()


def _moment_text(value: object) -> str:
    """A day, a moment or a time of day; the time of a moment only where it is not midnight.

    >>> _moment_text(datetime.datetime(2012, 3, 20)), _moment_text(datetime.datetime(2012, 3, 20, 7, 30))
    ('20/03/2012', '20/03/2012 07:30:00')
    """
    if isinstance(value, datetime.datetime):
        day = _day_text(value)
        if (value.hour, value.minute, value.second) == (0, 0, 0):
            return day
        return f"{day} {value:%H:%M:%S}"
    if isinstance(value, datetime.date):
        return _day_text(value)
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M:%S")
    return str(value)


def _day_text(day: datetime.date) -> str:
    """
    >>> _day_text(datetime.date(33, 4, 3))
    '03/04/0033'
    """
    # strftime would write the year 33 with two digits
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"
