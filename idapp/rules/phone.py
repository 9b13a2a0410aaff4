"""A telephone number that families may call, as it is printed: groups of digits, the zero in front.

What is dialled in Viet Nam today: 0 and nine digits for mobile telephones, 02 and eight or nine for others.
"""

import re

from idapp.rules.problem import Problem

_SENTENCE = (
    "Số điện thoại chưa đúng: cần 10 hoặc 11 chữ số, bắt đầu bằng 0, ví dụ 0912 345 678. "
    "Không muốn in số điện thoại thì để trống."
)
_SEPARATORS = re.compile(r"[\s.\-()]")
_NUMBER = re.compile(r"0[2-9][0-9]{8,9}")


def phone_of(text: str) -> str:
    """The number in groups, "" for an empty text. Raises Problem for anything else.

    >>> phone_of("+84 912.345.678"), phone_of("02723 888 999"), phone_of(" ")
    ('0912 345 678', '0272 388 8999', '')
    """
    digits = _SEPARATORS.sub("", text)
    if not digits:
        return ""
    if digits.startswith("+84"):
        digits = "0" + digits.removeprefix("+84")
    if not _NUMBER.fullmatch(digits):
        raise Problem("phone", "shape", _SENTENCE)
    return f"{digits[:4]} {digits[4:7]} {digits[7:]}"
