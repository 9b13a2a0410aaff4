"""What was found and what was not: kept from run to run, as long as the map is."""

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from tests.mutants.planting import Fault
from tests.mutants.reaching import BUILD

_FILE = BUILD / "verdicts.json"


@dataclass(frozen=True)
class Verdict:
    found_by: str = ""  # a test, "" if none failed so far
    passed: int = 0
    of: int = -1

    @property
    def is_final(self) -> bool:
        return bool(self.found_by) or self.passed == self.of

    def __str__(self) -> str:
        if self.found_by:
            return f"found by {self.found_by}"
        return f"NOT FOUND by {self.passed} of {self.of} tests"


def known() -> dict[str, Verdict]:
    """By the fault and its place."""
    if not _FILE.exists():
        return {}
    return {fault: Verdict(**verdict) for fault, verdict in json.loads(_FILE.read_text()).items()}


def keep(verdicts: dict[str, Verdict]) -> None:
    new = _FILE.with_suffix(".new")
    new.write_text(
        json.dumps({fault: asdict(verdict) for fault, verdict in verdicts.items()}, indent=1)
    )
    new.replace(_FILE)


def key_of(fault: Fault) -> str:
    return f"{fault} at {fault.begin}"


def summary(verdicts: Iterable[Verdict]) -> str:
    """How many were found, and what that says of all faults that could be planted there.

    >>> summary([Verdict("test")] * 190 + [Verdict()] * 10)
    '190 of 200 faults were found: 95.0 %, of all that can be planted there 91.0 to 97.3 %'
    """
    found = [bool(verdict.found_by) for verdict in verdicts]
    low, high = _wilson(sum(found), len(found))
    share = f"{sum(found) / len(found):.1%}".replace("%", " %")
    of_all = f"of all that can be planted there {low:.1f} to {high:.1f} %"
    return f"{sum(found)} of {len(found)} faults were found: {share}, {of_all}"


def _wilson(found: int, tried: int) -> tuple[float, float]:
    """Percent; with 95 % certainty."""
    z, share = 1.96, found / tried
    middle = share + z * z / (2 * tried)
    reach = z * math.sqrt(share * (1 - share) / tried + z * z / (4 * tried * tried))
    below = 1 + z * z / tried
    return 100 * (middle - reach) / below, 100 * (middle + reach) / below
