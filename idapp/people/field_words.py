"""The name of a field as it stands inside a sentence."""

import re

from idapp.rules.record import FIELD

_BEGINNINGS = re.compile(r"(^|/)(\w)")


def in_sentence(name: str) -> str:
    """The label of a field without the capitals that it has as a heading.

    >>> in_sentence("commune"), in_sentence("ministry_code"), in_sentence("full_name")
    ('xã/phường', 'mã định danh Bộ GD&ĐT', 'họ và tên')
    """
    return _BEGINNINGS.sub(lambda match: match[0].lower(), FIELD[name].label)
