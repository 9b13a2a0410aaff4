"""What a benchmark prints, and how it takes the time."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

TIMES = 60
Clock = Callable[[], float]


@dataclass(frozen=True)
class Figure:
    """One line of the table; ``floor`` and ``measured`` in seconds (0: there is no floor), or in ``unit``;
    ``wrong`` answers fail."""

    name: str
    measured: float
    floor: float
    against: str
    more: str = ""
    wrong: int = 0
    unit: str = "s"

    def words(self, value: float) -> str:
        """A value of this line, with its unit."""
        return seconds(value) if self.unit == "s" else f"{value:.0f} {self.unit}"


def show(section: str, figures: Sequence[Figure]) -> None:
    head = f"{section:<36}{'measured':>12}{'floor':>12}{'ratio':>8}  floor is / more"
    print(f"\n{head}", "-" * len(head), sep="\n")
    for one in figures:
        floor, ratio = (
            (one.words(one.floor), f"{one.measured / one.floor:.1f}") if one.floor else ("", "")
        )
        more = "; ".join(filter(None, (one.against, one.more)))
        print(
            f"{one.name:<36}{one.words(one.measured):>12}{floor:>12}{ratio:>8}  {more}", flush=True
        )


def p50(act: Callable[[], object], times: int = TIMES, clock: Clock = time.perf_counter) -> float:
    """The first three warm up."""
    return statistics.median([seconds_of(act, clock) for _ in range(times + 3)][3:])


def seconds_of(act: Callable[[], object], clock: Clock = time.perf_counter) -> float:
    begun = clock()
    act()
    return clock() - begun


def seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.2f} ms"
