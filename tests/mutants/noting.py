"""A plugin of the run that makes the map: how long each test takes, and which fail without any fault."""

import json
import os
from collections import defaultdict
from pathlib import Path

import pytest

_seconds: dict[str, float] = defaultdict(float)
_failed: set[str] = set()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _seconds[report.nodeid] += report.duration
    if report.failed:
        _failed.add(report.nodeid)


def pytest_sessionfinish() -> None:
    """Written by the process that hears of all tests."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        noted = {"seconds": _seconds, "failed": sorted(_failed)}
        Path(os.environ["MUTANTS_NOTES"]).write_text(json.dumps(noted))
