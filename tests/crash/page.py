"""The table of ``docs/soak.md``: which deed was walked completely, when, on which commit, and what was found."""

import re
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from tests.crash.walking import Walked

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "soak.md"
_BEGIN, _END = "<!-- the walk -->\n", "<!-- end of the walk -->"
_HEAD = (
    "| deed | points | killed there | states told apart | at moments | absent | whole | at fault | walked | commit |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|---|---|\n"
)


def rows() -> dict[str, list[str]]:
    """{deed: the cells beside its name}, as the page has them."""
    lines = re.findall(r"^\| (.+) \|$", _parts()[1], re.MULTILINE)
    cells = [line.split(" | ") for line in lines]
    return {deed: more for deed, *more in cells if deed != "deed" and not deed.startswith("--")}


def write(deed: str, at_points: Walked, at_moments: Walked, names: Iterable[str]) -> None:
    """One deed's line; the lines of the others (``names``, in their order) stay as they stand."""
    both = (at_points, at_moments)
    written = rows()
    figures = (
        len(at_points.points), at_points.tried, at_points.states, at_moments.tried,
        sum(one.absent for one in both), sum(one.whole for one in both), sum(len(one.faults) for one in both),
    )  # fmt: skip
    written[deed] = [*map(str, figures), f"{datetime.now(UTC):%Y-%m-%d}", commit()]
    lines = [f"| {name} | {' | '.join(written[name])} |\n" for name in names if name in written]
    before, _, after = _parts()
    PAGE.write_text(f"{before}{_BEGIN}{_HEAD}{''.join(lines)}{_END}{after}", encoding="utf-8")


def _parts() -> tuple[str, str, str]:
    before, rest = PAGE.read_text(encoding="utf-8").split(_BEGIN)
    table, after = rest.split(_END)
    return before, table, after


def commit() -> str:
    """Of the code that was walked; with a star where program or tests are others than it says."""
    named = _git("rev-parse", "--short=8", "HEAD")
    return named + ("*" if _git("status", "--porcelain", "--", "idapp", "app.py", "tests") else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
