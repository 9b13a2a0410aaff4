"""Is a code the ministry's own, or only temporary?

The ministry gives each person a code of 10 or 20 letters and digits, the first of them a digit. A new first-grader has
none yet: the list holds nothing, or a code that the school or its software made up until then, which begins with a
letter ("T2022-017", "TAM0000012") or with the words "mã tạm". The first digit is custom of the files we saw, not law:
so a code beginning with a letter is kept, shown as temporary, and stops nobody.
"""

import re

_LENGTHS = (10, 20)
_TEMPORARY = re.compile(r"\W*[^\W\d_].*[0-9]")  # without a digit it is a remark: "chưa có"


def is_final(text: str) -> bool:
    """Has the text the form of the ministry's own code? ``people.codes.lacks_code`` says the same to the database.

    >>> is_final("8012345678"), is_final("TAM0000012"), is_final("801234567"), is_final("")
    (True, False, False, False)
    """
    return len(text) in _LENGTHS and text[0] in "0123456789" and " " not in text


def is_temporary(text: str) -> bool:
    """Is it a code that somebody made up until the ministry gives one?

    >>> is_temporary("T2022-017"), is_temporary("Mã tạm 12"), is_temporary("801234567"), is_temporary("")
    (True, True, False, False)
    """
    return bool(_TEMPORARY.match(text))
