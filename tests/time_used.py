"""What each file of tests costs, in seconds of processor time: ``pytest -p tests.time_used -n 2 --dist loadfile``.

Processes that a test starts count where it also ends them; the same on a busy machine as on a quiet
one, which no clock is.
"""

import os
from collections import Counter
from collections.abc import Generator

import pytest
from _pytest.terminal import TerminalReporter

_NAME = "seconds of processor time"
_BEGUN = pytest.StashKey[float]()
SHOWN = 40


def _used() -> float:
    so_far = os.times()
    return so_far.user + so_far.system + so_far.children_user + so_far.children_system


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Fixtures count for the first test that asks for them."""
    item.stash[_BEGUN] = _used()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """The last report of a test carries what it cost, also from another process."""
    result = yield
    item.user_properties.append((_NAME, _used() - item.stash[_BEGUN]))
    return result


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """The dearest files first."""
    seconds: Counter[str] = Counter()
    for report in terminalreporter.stats.get("", []):
        if report.when == "teardown":
            file, _, _ = report.nodeid.partition("::")
            seconds[file] += dict(report.user_properties).get(_NAME, 0)
    terminalreporter.section(f"{_NAME}: {seconds.total():.0f}")
    for file, spent in seconds.most_common(SHOWN):
        terminalreporter.write_line(f"{spent:7.1f} {file}")
