"""``python -m tests.crash [deed ...]``: the complete walk, of all deeds or of those named."""

import argparse
import logging
import shutil
import sys
import tempfile
from pathlib import Path
from random import Random

from tests.crash import page
from tests.crash.deeds import BY_NAME, DEEDS
from tests.crash.ground import laid
from tests.crash.walking import Walk, Walked, evenly

_MEMORY = Path("/dev/shm")


def main() -> int:
    """Walk; 1 if the program was not whole after some point."""
    parser = argparse.ArgumentParser(
        prog="tests.crash", description="Kill each deed at each point."
    )
    parser.add_argument("deeds", nargs="*", help=", ".join(BY_NAME))
    parser.add_argument("--points", type=int, default=0, help="so many of each deed, evenly")
    parser.add_argument("--moments", type=int, default=20, help="so many kills from outside")
    parser.add_argument("--at", type=int, help="this point only")
    parser.add_argument("--write", action="store_true", help="each complete walk into docs/soak.md")
    given = parser.parse_args()
    if given.write and (given.points or given.at or not given.moments):
        parser.error("only a complete walk is written")
    logging.disable(logging.WARNING)
    place = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None, prefix="idapp-crash-"))
    walked = []
    try:
        with laid(place) as ground:
            for deed in [BY_NAME[name] for name in given.deeds] or DEEDS:
                walk = Walk(deed, ground, place)
                points = range(1, len(walk.points) + 1)
                if given.at:
                    points = [given.at]
                elif given.points:
                    points = evenly(len(walk.points), given.points)
                walked.append(_told(walk.go(points)))
                if given.moments and not given.at:
                    walked.append(_told(walk.go_at_moments(given.moments, Random(deed.name))))
                if given.write:
                    page.write(deed.name, *walked[-2:], names=BY_NAME)
    finally:
        shutil.rmtree(place)
    print(
        f"{sum(one.tried for one in walked)} kills, {sum(len(one.faults) for one in walked)} at fault"
    )
    return int(any(one.faults for one in walked))


def _told(walked: Walked) -> Walked:
    print(walked.line(), flush=True)
    for point, sentences in walked.faults.items():
        print(f"  {point}: {sentences[0]}")
        for sentence in sentences[1:]:
            print(f"      {sentence}")
    sys.stdout.flush()
    return walked


if __name__ == "__main__":
    sys.exit(main())
