"""A workbook of 16 columns, of one school and of twenty-five: check page, writing, workbook of errors, peak memory.

Each contender is a process of its own, so that its memory is its own. One row in twenty has a birth date that is none:
we keep the rest of such a row and give the row back for mending; django-import-export refuses the whole file.
Beside them the bare reading of the same file. Afterwards the school's people are there for the other sections.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.ground import CLASS_SIZE, CLASSES, Ground, newcomers_join, workbook_of

ROOT = Path(__file__).resolve().parents[2]
PEERS, PEER_PYTHON = (
    Path(__file__).parent / "peers",
    ROOT / "build" / "bench-venv" / "bin" / "python",
)
SCHOOL, LARGE = len(CLASSES) * CLASS_SIZE, 50_000
_LONGEST, _LONGEST_OF_PEERS = 600, 120  # seconds
_READERS = {
    "openpyxl read_only": "from openpyxl import load_workbook\n"
    "n = sum(1 for _ in load_workbook(sys.argv[1], read_only=True).active.iter_rows(values_only=True))",
    "python-calamine": "from python_calamine import CalamineWorkbook\n"
    "n = len(CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python())",
}
_READ = """
import json, re, sys, time
begun = time.perf_counter()
{code}
took = time.perf_counter() - begun
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024
print(json.dumps(dict(read=took, peak=peak)))
"""


def figures(ground: Ground) -> Iterator[Figure]:
    for rows in (SCHOOL, LARGE):
        file = ground.folder / f"{rows}.xlsx"
        file.write_bytes(workbook_of(rows, bad_every=20))
        floors = {
            name: _run([sys.executable, "-c", _READ.format(code=code), str(file)])
            for name, code in _READERS.items()
        }
        yield from _reading(rows, floors)
        floor = floors["openpyxl read_only"]["read"]
        yield from _ours(
            rows,
            _run([sys.executable, "-m", "tests.bench.our_import", str(ground.folder), str(file)]),
            floor,
        )
        if PEER_PYTHON.exists():
            clean = ground.folder / f"{rows}-clean.xlsx"
            clean.write_bytes(workbook_of(rows))
            command = [
                str(PEER_PYTHON),
                str(PEERS / "import_export_peer.py"),
                str(ground.folder),
                str(clean),
            ]
            yield from _theirs(rows, _run(command, longest=_LONGEST_OF_PEERS), floor)
    newcomers_join(ground.cast)


def _reading(rows: int, floors: dict[str, dict[str, float]]) -> Iterator[Figure]:
    for name, told in floors.items():
        yield Figure(
            f"{rows:,}: {name}", told["read"], 0, "bare reading", f"peak {told['peak']} MB"
        )


def _ours(rows: int, told: dict[str, float], floor: float) -> Iterator[Figure]:
    against = "openpyxl read_only of the same file"
    page = f"page {told['page']:,} bytes; peak {told['peak']} MB, child {told['child']} MB"
    yield Figure(f"{rows:,}: check page", told["preview"], floor, against, page)
    yield Figure(f"{rows:,}: write", told["commit"], floor, against, f"{told['written']:,} rows")
    yield Figure(
        f"{rows:,}: errors workbook", told["errors"], floor, against, f"{told['wrong']:,} rows"
    )


def _theirs(rows: int, told: dict[str, float], floor: float) -> Iterator[Figure]:
    name, against = "django-import-export 4.4.3", "openpyxl read_only of the same file"
    if not told:
        yield Figure(
            f"{rows:,}: {name}", _LONGEST_OF_PEERS, floor, against, "had not ended by then"
        )
        return
    more = f"page {told['page']:,} bytes; peak {told['peak']} MB"
    yield Figure(f"{rows:,}: check page, {name}", told["preview"], floor, against, more)
    yield Figure(
        f"{rows:,}: write, {name}", told["commit"], floor, against, f"{told['written']:,} rows"
    )


def _run(command: list[str], longest: float = _LONGEST) -> dict[str, float]:
    """What the process says about itself; {} if it does not end."""
    begun = time.perf_counter()
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=longest)
    except subprocess.TimeoutExpired:
        return {}
    if done.returncode:
        sys.exit(
            f"{command[1:3]} ended after {time.perf_counter() - begun:.0f} s:\n{done.stderr[-2000:]}"
        )
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told
