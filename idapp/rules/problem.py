"""The one way to say that a value is wrong, in words a teacher can act on."""

from dataclasses import dataclass, replace
from typing import Literal, NoReturn, TypedDict

Level = Literal["error", "warning"]


class StoredProblem(TypedDict):
    """A ``Problem`` as a record keeps it, in JSON."""

    field: str
    code: str
    message: str
    suggestion: str
    level: Level


# hashable, to be remembered; without slots, for an exception needs its traceback
@dataclass(unsafe_hash=True, slots=False)
class Problem(Exception):
    """A fault of one field.

    field       name of the field in ``record.FIELDS``
    code        stable English word for tests and statistics, e.g. ``impossible_date``
    message     Vietnamese sentence: the field, the rule, what to do
    suggestion  a value the user may take over with one click, or ""
    level       ``error`` keeps the record from being sent, ``warning`` is only odd
    """

    field: str
    code: str
    message: str
    suggestion: str = ""
    level: Level = "error"

    def __str__(self) -> str:
        return self.message

    def stored(self) -> StoredProblem:
        """As a record or a row of an import keeps it."""
        return StoredProblem(
            field=self.field,
            code=self.code,
            message=self.message,
            suggestion=self.suggestion,
            level=self.level,
        )


def raise_again(remembered: Problem) -> NoReturn:
    """Raise a Problem equal to one that a cache remembers: the remembered one must not gather tracebacks.

    The name goes away with the frame, else the exception and the frame would hold each other, and with them all frames
    below: a file of 50,000 rows kept each part of itself until the next search for cycles (measured: 118 MB more).
    """
    fresh = replace(remembered)
    try:
        raise fresh
    finally:
        del fresh
