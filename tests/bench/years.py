"""The step into the next school year beside people who save (issue 16: under 5 s for 2,000, no save over 300 ms).

A process of its own does the work, as the worker does; this one saves cells of a record all the while. The floor of a
save is the same deed without anybody beside it. The step is undone at the end, and measured on the way.
"""

import subprocess
import sys
import time
from collections.abc import Iterator

from idapp import people, school_years
from idapp.database import connected
from idapp.models import Person, YearChange
from idapp.school_years import Plan
from tests.bench.figures import Figure, seconds_of
from tests.bench.ground import Ground

_WORKER = """
import sys
from idapp import school_years
from idapp.database import connected, open_database
from idapp.settings import from_environment, use
open_database(use(from_environment()))
with connected():
    school_years.go_on(int(sys.argv[1]))
"""
_ALONE = 100
_LONGEST = 0.3


def figures(ground: Ground) -> Iterator[Figure]:
    with connected():
        alone = sorted(_save(ground, n) for n in range(_ALONE))
        plan = _plan()
        began = seconds_of(lambda: school_years.begin(plan, by=ground.cast.hoa))
        yield Figure("begin", began, 0, "", "one transaction", wrong=began > _LONGEST)
        yield from _step(ground, "the step", alone[-1])
        began = seconds_of(lambda: school_years.begin_undo(by=ground.cast.hoa))
        yield Figure("begin the undo", began, 0, "", "one transaction", wrong=began > _LONGEST)
        yield from _step(ground, "the undo", alone[-1])


def _plan() -> Plan:
    return school_years.proposal(school_years.present_classes(), range(1, 10))


def _step(ground: Ground, name: str, alone: float) -> Iterator[Figure]:
    change = school_years.last_change()
    if change is None:
        sys.exit("nothing has begun")
    begun = time.perf_counter()
    worker = subprocess.Popen([sys.executable, "-c", _WORKER, str(change.id)])
    saves = []
    while worker.poll() is None:
        saves.append(_save(ground, 1000 + len(saves)))
        time.sleep(0.01)
    took = time.perf_counter() - begun
    if YearChange.get_by_id(change.id).is_under_way:
        sys.exit("the step has not ended")
    yield Figure(
        f"{name}, {change.total:,} pupils", took, 0, "", "with a new process", wrong=took > 5
    )
    longest = max(saves)
    more = f"{len(saves)} saves, {sum(saves) / len(saves) * 1000:.1f} ms on average"
    yield Figure(
        f"longest save beside {name}", longest, alone, "alone", more, wrong=longest > _LONGEST
    )


def _save(ground: Ground, n: int) -> float:
    """One cell of a colleague's record; how long it took."""
    person = Person.get_by_id(ground.cast.giang.id)
    text = f"Ấp {n}"
    begun = time.perf_counter()
    people.change(person, "address", text, seen=person.address, by=ground.cast.thu)
    return time.perf_counter() - begun
