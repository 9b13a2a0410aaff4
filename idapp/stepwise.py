"""Work on a deed that is done in parts: each part is whole, and nobody who saves meanwhile waits long.

The deed is a row of a ``StepwiseChange``. The database alone tells what is left of it, so any worker may take it up
again after a crash.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from idapp.database import writing
from idapp.models.stepwise import StepwiseChange

# Between two parts. Whoever waits for the lock asks SQLite for it again and again, at most every
# tenth of a second, and would find it taken each time.
_PAUSE = 0.03
Deed = TypeVar("Deed", bound=StepwiseChange)


def carry_on(
    kind: type[Deed],
    change_id: int,
    *,
    do_part: Callable[[Deed], bool],
    end: Callable[[Deed], None],
    tell: Callable[[Deed], None] | None = None,
) -> None:
    """Do what is left of a deed that is under way. May be called at any moment, also by two workers.

    do_part  writes the next part; is there more after it?
    end      closes the deed, in the transaction of its last part
    tell     is called after each part, outside its transaction
    """
    while True:
        with writing():
            change = kind.get_or_none(kind.id == change_id)
            if change is None or not change.is_under_way:
                return
            has_more = do_part(change)
            if not has_more:
                end(change)
        if not has_more:
            return
        if tell is not None:
            tell(change)
        time.sleep(_PAUSE)


def overdue(kind: type[StepwiseChange]) -> list[int]:
    """The ids of those that are under way and that nobody is at work on."""
    return [change.id for change in kind.select() if change.is_silent]
