"""Do a column of numbers and a column of birth dates speak of the same people? An identity number holds the birth year.

Where nobody can say by its heading whose a column is, this often can: the mother's number has another year than the
child's date.
"""

import re
from collections.abc import Iterable

from idapp.rules import identity_number
from idapp.rules.folding import tidy

_NUMBER = re.compile("[0-9]{12}")
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
_MOSTLY = 0.6


def agree(pairs: Iterable[tuple[str, str]], least: int = 1) -> bool | None:
    """Do most of these (number, birth date) have the same year? None where fewer than ``least`` can be compared.

    >>> agree([("100316000101", "25/03/2016"), ("", "02/03/2016")]), agree([("100188000202", "25/03/2016")])
    (True, False)
    >>> agree([("100316000101", "?"), ("", "")]) is None
    True
    """
    same = 0
    compared = 0
    for number_text, date_text in pairs:
        number = identity_number.compact(number_text)
        year = _YEAR.search(tidy(date_text))
        if not _NUMBER.fullmatch(number) or year is None:
            continue
        compared += 1
        same += identity_number.birth_year(number) == int(year.group())
    if compared < least:
        return None
    return same >= _MOSTLY * compared
