"""From a stored value to the text a person reads in the cell.

Only what matters for records is imitated from Excel: zeros shown by a format such as ``000000000000`` (also with
separators: ``000 000 000 000``), dates as dd/mm/yyyy whatever their format, numbers without exponent and without
thousands separators. Percent, currency and decimals of a format are left out on purpose: they never carry identity.
"""

import datetime
import re
from decimal import Decimal

from idapp.workbook.cells import EMPTY, MAX_CELL_TEXT, Cell

_DAY_ZERO = {False: datetime.datetime(1899, 12, 30), True: datetime.datetime(1904, 1, 1)}
_EASILY_SAID = 10**18
_QUOTED = re.compile(r'"[^"]*"|\[(?!hh?\]|mm?\]|ss?\])[^\]]*\]')
_DATE_LETTER = re.compile(r"(?<![_\\])[dmhysDMHYS]")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_FORMAT_PIECE = re.compile(r'\[[^\]]*\]|"([^"]*)"|\\(.)|_.|\*.|(.)', re.DOTALL)


def cell_of(value: object, *, mask: str = "") -> Cell:
    """The cell of a Python value; ``mask`` as made by ``zero_mask``.

    >>> cell_of(100314900002.0), cell_of(1231, mask="000000")
    (Cell(text='100314900002', kind='number'), Cell(text='001231', kind='number'))
    """
    if value is None or value == "":
        return EMPTY
    if isinstance(value, str):
        return Cell(_held(value), "text")
    if isinstance(value, bool):
        return Cell("TRUE" if value else "FALSE", "bool")
    if isinstance(value, int | float):
        return Cell(number_text(value, mask), "number")
    return Cell(_moment_text(value), "date")


def _held(text: str) -> str:
    """As much as a cell of Excel holds, which counts a letter beyond U+FFFF twice; files of others hold more."""
    if (
        2 * len(text) <= MAX_CELL_TEXT
        or len(wide := text.encode("utf-16-le", "surrogatepass")) <= 2 * MAX_CELL_TEXT
    ):
        return text
    return wide[: 2 * MAX_CELL_TEXT - 2].decode("utf-16-le", "ignore") + "…"


def number_text(value: int | float, mask: str = "") -> str:
    """
    >>> number_text(1.003149e11), number_text(0.1 + 0.2), number_text(2012.0), number_text(1e-7)
    ('100314900000', '0.3', '2012', '0.0000001')
    """
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return str(value)
        if not value.is_integer():
            return format(Decimal(format(value, ".15g")), "f")
        value = int(value)
    if mask and value >= 0:
        return _fill(str(value), mask)
    if abs(value) < _EASILY_SAID:
        return str(value)
    return format(Decimal(value), "f")  # str() of an int refuses more than 4,300 digits


def zero_mask(number_format: str) -> str:
    """The part of a number format that adds zeros or separators to a whole number, "" when it adds none.

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
    return mask if mask.count("0") > 1 and not re.search(r"[1-9]", mask) else ""


def is_date_format(number_format: str) -> bool:
    """Does this format show a number as a day or a time?

    >>> is_date_format("dd/mm/yyyy"), is_date_format('"ngày" dd'), is_date_format("[Red]0"), is_date_format("[h]:mm")
    (True, True, False, True)
    """
    first = _QUOTED.sub("", number_format).split(";")[0]
    return bool(_DATE_LETTER.search(first)) and "general" not in first.lower()


def moment(serial: float, *, date_1904: bool) -> datetime.date | datetime.time:
    """A day number of Excel; its first two months count a 29/02/1900 that never was. Below 1: a time of day."""
    if 0 <= serial < 1 and not date_1904:
        return (
            datetime.datetime.min + datetime.timedelta(seconds=round(serial * 86400) % 86400)
        ).time()
    if 0 < serial < 60 and not date_1904:
        serial += 1
    return _DAY_ZERO[date_1904] + datetime.timedelta(seconds=round(serial * 86400))


def unescape(text: str) -> str:
    """Excel writes control characters as ``_x000D_``, and a literal ``_x`` of that shape as ``_x005F_x``."""
    return _ESCAPE.sub(_unescaped, text) if "_x" in text else text


def _unescaped(match: re.Match[str]) -> str:
    letter = chr(int(match.group(1), 16))
    return (
        "\ufffd" if "\ud800" <= letter <= "\udfff" else letter
    )  # half a letter cannot be stored anywhere


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
    """
    >>> _moment_text(datetime.datetime(2012, 3, 20)), _moment_text(datetime.datetime(2012, 3, 20, 7, 30))
    ('20/03/2012', '20/03/2012 07:30:00')
    """
    if isinstance(value, datetime.datetime):
        value = value.replace(microsecond=0)
        if value.time() == datetime.time(0):
            value = value.date()
    if isinstance(value, datetime.date):
        day = f"{value.day:02d}/{value.month:02d}/{value.year:04d}"
        return f"{day} {value:%H:%M:%S}" if isinstance(value, datetime.datetime) else day
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M:%S")
    return str(value)
