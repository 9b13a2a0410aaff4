"""A record without a fault, for the tests of the rules: they change one thing and look at what is said."""

from datetime import date

import pytest

from idapp.rules import record
from idapp.rules.problem import Problem
from idapp.rules.record import RecordContext

TODAY = date(2022, 10, 16)
GOOD = {
    "full_name": "Nguyễn Minh Anh",
    "date_of_birth": "20/03/2012",
    "gender": "Nữ",
    "identity_number": "100312000012",
    "province": "Tỉnh Long An",
    "district": "Huyện Thủ Thừa",
    "commune": "Xã Mỹ An",
}


def record_context(**kwargs) -> RecordContext:
    return RecordContext(**{"today": TODAY, "grade": 5, "level": "TH", **kwargs})


def problems(changes=None, **kwargs) -> list[tuple[str, str, str]]:
    found = record.problems_of(GOOD | (changes or {}), record_context(**kwargs))
    return [(p.field, p.code, p.level) for p in found]


def code_of(rule, *args, **kwargs) -> str:
    with pytest.raises(Problem) as caught:
        rule(*args, **kwargs)
    return caught.value.code
