"""``make mutants``: plant faults at random; the tests without browsers that reach the line must find each.

1. The suite without browsers runs once and notes which tests reach which line, and how long they take (kept in
   ``build/mutants`` until ``make clean``). A test that never reaches a line cannot find a fault in it.
2. Two copies of the project collect all tests and try one fault after another, the tests of its module first.
3. What was not found within ``--seconds`` stands in ``build/mutants/survivors.txt``; the same command goes on with it,
   from the test where it stopped, until all have passed.

``python -m tests.mutants 200 --seed 4`` chooses other faults with another seed; ``--within idapp/rules`` only there.
``python -m tests.mutants --at idapp/rosters/lines.py:322 tests/test_rosters_cases.py`` plants each fault of that
line in the project as it is now: does a new test find it?
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import Queue

from tests.mutants import reaching, verdicts
from tests.mutants.planting import Fault, faults_of
from tests.mutants.reaching import BUILD, PROJECT, ROOT, Reach
from tests.mutants.trying import planted
from tests.mutants.verdicts import Verdict, key_of
from tests.mutants.workers import Worker, first_failure


def main() -> int:
    chosen = _arguments()
    if chosen.at:
        return _try_line(*chosen.at)
    if not reaching.is_made():
        reaching.make_map()
    faults = [one for one in faults_of(PROJECT) if one.path.startswith(chosen.within)]
    random.Random(chosen.seed).shuffle(faults)
    known = verdicts.known()
    for fault, verdict in _tried(faults[: chosen.count], known, chosen):
        known[key_of(fault)] = verdict
        verdicts.keep(known)
        print(f"{fault}: {verdict}", flush=True)
    _tell([(str(fault), known[key_of(fault)]) for fault in faults[: chosen.count]])
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--within", default="idapp/")
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=300, help="for one fault")
    parser.add_argument("--at", nargs="+", metavar=("FILE:LINE", "TESTS"))
    return parser.parse_args()


def _tried(
    faults: list[Fault], known: dict[str, Verdict], chosen: argparse.Namespace
) -> Iterator[tuple[Fault, Verdict]]:
    """Those on which there is no last word yet."""
    reach = Reach()
    until_now = [(fault, known.get(key_of(fault), Verdict())) for fault in faults]
    open_ones = [(fault, verdict) for fault, verdict in until_now if not verdict.is_final]
    workers: Queue[Worker] = Queue()

    def tried(fault: Fault, verdict: Verdict) -> tuple[Fault, Verdict]:
        worker = workers.get()
        try:
            return fault, worker.tried(fault, reach, verdict, chosen.seconds)
        finally:
            workers.put(worker)

    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(chosen.at_once) as pool:
        for number in range(chosen.at_once):
            workers.put(Worker(Path(folder) / str(number)))
        trials = [pool.submit(tried, *one) for one in open_ones]
        for trial in as_completed(trials):
            yield trial.result()
        while not workers.empty():
            workers.get().close()


def _tell(tried: list[tuple[str, Verdict]]) -> None:
    survivors = [f"{fault}: {verdict}" for fault, verdict in tried if not verdict.found_by]
    (BUILD / "survivors.txt").write_text("".join(f"{line}\n" for line in survivors))
    print(verdicts.summary([verdict for _, verdict in tried]), *survivors, sep="\n  ")


def _try_line(place: str, *tests: str) -> int:
    """In a copy of the project as it is now. Returns how many faults were not found."""
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = reaching.copy_of(ROOT, Path(folder) / "project")
        for fault in faults_of(copy):
            if f"{fault.path}:{fault.line}" == place:
                with planted(fault, copy):
                    verdict = Verdict(first_failure(copy, list(tests)))
                missed += not verdict.found_by
                print(f"{fault}: {verdict.found_by or 'NOT FOUND'}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
