"""``python -m tests.season --seed 7 --steps 2000``: one season, or one after another until the minutes are over."""

import argparse
import itertools
import logging
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.season.playing import Broken, Season

_MEMORY = Path("/dev/shm")
_A_SEASON = 2500  # deeds


def main() -> int:
    """Play; 1 if something was broken."""
    parser = argparse.ArgumentParser(prog="tests.season", description="A season from a seed.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=0, help="of this seed alone")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--every", type=int, default=1, help="doctor and board after so many deeds")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    until = time.monotonic() + 60 * given.minutes
    if given.steps:
        return int(not _played(given.seed, given.steps, float("inf"), given.every))
    for seed in itertools.count(given.seed):
        if time.monotonic() > until:
            return 0
        if not _played(seed, _A_SEASON, until, given.every):
            return 1
    return 0


def _played(seed: int, steps: int, until: float, every: int) -> bool:
    place = Path(
        tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None, prefix="idapp-season-")
    )
    season = Season(seed, place, every=every)
    begun = time.process_time()
    try:
        season.play(steps, until=until)
    except Broken as broken:
        print(broken, flush=True)
        return False
    finally:
        season.campus.close()
        shutil.rmtree(place, ignore_errors=True)
    kinds = ", ".join(f"{name} {count}" for name, count in season.done.most_common(8))
    used = time.process_time() - begun
    print(
        f"seed {seed}: {season.number} deeds, {season.crashes} crashes,"
        f" {season.taken_back} taken back whole, {used:.0f} s ({kinds} ...)",
        flush=True,
    )
    return True


if __name__ == "__main__":
    sys.exit(main())
