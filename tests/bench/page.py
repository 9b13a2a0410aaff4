"""``docs/performance.md``: what each section of the bench measured, how, when and on what.

The texts are the sections' own: a section's heading, its method (the docstring of its module) and its bars (``BARS``)
are drawn from the code, and ``tests/test_performance_page.py`` holds that the page says them as they are. The figures
stand between two marks and stay until the section is measured anew.
"""

import importlib.metadata
import os
import platform
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from peewee import sqlite3 as linked_sqlite  # type: ignore[attr-defined]

from tests.bench.figures import Figure

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "performance.md"
HEAD = """# Performance: what was measured, and how

Written by `make bench WRITE=1` (`python -m tests.bench --write`; with the names of sections those alone). Not edited
by hand.

Look at the ratio: what we need beside the least that the same work can cost on the same machine in the same minute (the
floor), or what a peer needs for the same deed. It travels between machines; seconds do not. Each section says what its
floor is, and what it had of the machine: a load of more than 1 before it began means that something else ran beside it.
Nothing fails for being slow but where a bar is named as such in the output; a wrong answer always does.
The last hour (`make bench-hour`, `make bench-larger-hour`) takes ten minutes each and is played when asked for.
"""
_NOT_YET = "Not measured yet.\n"
_VERSIONS = ("flask", "peewee", "waitress", "openpyxl")


def described(name: str, module: ModuleType) -> str:
    """Heading, method and bars of a section, as the code has them."""
    method = (module.__doc__ or "").strip()
    bars = "".join(f"- {bar}\n" for bar in getattr(module, "BARS", ()))
    bars = bars and f"\nBars:\n\n{bars}"
    return f"## {name}\n\n{method}\n{bars}"


def table(figures: Sequence[Figure], took: float, load: float) -> str:
    """What a section measured, and on what."""
    lines = [
        f"Measured {datetime.now(UTC):%Y-%m-%d} in {took:.0f} s; {_machine()}; "
        f"load before it {load:.1f}.",
        "",
        "| | measured | floor | ratio | floor is; more |",
        "|---|---:|---:|---:|---|",
        *map(_line, figures),
    ]
    return "\n".join(lines) + "\n"


def write(modules: dict[str, ModuleType], measured: dict[str, str]) -> None:
    """All sections in their order: new figures where there are any, else those that stand there."""
    kept = _figures_in(PAGE.read_text(encoding="utf-8") if PAGE.exists() else "")
    parts = [HEAD]
    for name, module in modules.items():
        text = measured.get(name) or kept.get(name, _NOT_YET)
        parts.append(f"{described(name, module)}\n{_mark(name)}\n{text}{_END}\n")
    PAGE.write_text("\n".join(parts), encoding="utf-8")


_END = "<!-- end -->"


def _mark(name: str) -> str:
    return f"<!-- figures of {name} -->"


def _figures_in(page: str) -> dict[str, str]:
    found = re.findall(rf"<!-- figures of (\S+) -->\n(.*?){_END}", page, re.DOTALL)
    return dict(found)


def _line(one: Figure) -> str:
    floor = ratio = ""
    if one.floor:
        floor, ratio = one.words(one.floor), f"{one.measured / one.floor:.1f}"
    more = "; ".join(filter(None, (one.against, one.more)))
    cells = (one.name, one.words(one.measured), floor, ratio, more)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _machine() -> str:
    """Cores, processor, versions; nothing that names the machine itself."""
    programs = [f"Python {platform.python_version()}", f"SQLite {linked_sqlite.sqlite_version}"]
    programs += [f"{name} {importlib.metadata.version(name)}" for name in _VERSIONS]
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    return f"{os.cpu_count()} cores of {_processor()}, {system}; {', '.join(programs)}"


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return platform.machine()
    found = re.search(r"model name\s*:\s*(.+)", text)
    return found[1].strip() if found else platform.machine()


def load() -> float:
    """How many processes wanted the machine in the last minute."""
    return os.getloadavg()[0] if sys.platform != "win32" else 0.0
