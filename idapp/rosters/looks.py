"""What a column of texts can only be, whatever stands above it."""

import re
from collections.abc import Callable, Sequence

from idapp.rules import identity_number
from idapp.rules.folding import fold, tidy

PHONE = "phone"  # what a column may look like and no field is
INSURANCE = "insurance"
_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!")
_TRUTHS = ("TRUE", "FALSE", "True", "False")
EXCEL_WORDS = dict.fromkeys(_ERRORS, "error") | dict.fromkeys(_TRUTHS, "bool")
"""What spreadsheets write into a csv or a page where a cell holds no text.

{text: the kind of such a cell}
"""
# twelve digits; an old card's nine; or ten and eleven without the zeros that Excel ate
_NUMBER = re.compile("[0-9]{12}|[0-9]{9}|[1-9][0-9]{9,10}")
_PHONE = re.compile(r"(?:0|\+?84)[35789][0-9]{8}")
# of the card: two letters and 13 digits, often in groups
_INSURANCE = re.compile(r"[A-Z]{2} ?[0-9][ 0-9]{12,17}", re.IGNORECASE)
DAY_PATTERN = r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DAY = re.compile(DAY_PATTERN)


def look_of(texts: Sequence[str]) -> str:
    """The field whose values nearly all texts of a column can only be, PHONE or INSURANCE; "" if in doubt.

    Empty texts do not count; of the others four in five have to fit.

    >>> look_of(["100216000102", "99216000103"]), look_of(["0901234567"]), look_of(["DN 4 01 0123456789"])
    ('identity_number', 'phone', 'insurance')
    >>> look_of(["Nam", "Nữ", "Nam"]), look_of(["20/03/2016"]), look_of(["An"])
    ('gender', 'date_of_birth', '')
    """
    filled = [tidy(text) for text in texts if text.strip()]
    if not filled:
        return ""
    for look, fits in _LOOKS:
        # nearly all: of five texts one may be a slip of the pen
        if sum(map(fits, filled)) * 10 >= len(filled) * 8:
            return look
    return ""


def is_phone(text: str) -> bool:
    """A mobile number of Vietnam."""
    return bool(_PHONE.fullmatch(identity_number.digits_of(text)))


def is_insurance(text: str) -> bool:
    """The number of a health insurance card."""
    return bool(_INSURANCE.fullmatch(text))


def is_number(text: str) -> bool:
    """An identity number, an old card's, or one without its first zeros."""
    return bool(_NUMBER.fullmatch(identity_number.digits_of(text)))


def _is_day(text: str) -> bool:
    return bool(_DAY.fullmatch(text))


def _is_sex(text: str) -> bool:
    return fold(text) in ("nam", "nu")


# the first that fits wins: a phone number of ten digits could be an identity number without its zeros
_LOOKS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    (PHONE, is_phone),
    (INSURANCE, is_insurance),
    ("identity_number", is_number),
    ("date_of_birth", _is_day),
    ("gender", _is_sex),
)
