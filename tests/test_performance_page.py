"""docs/performance.md says of every section of the bench what the code says: its method and its bars."""

import re
import socket
from pathlib import Path

import pytest

from tests.bench import page
from tests.bench.__main__ import SECTIONS, modules
from tests.bench.figures import Figure


def test_the_page_has_every_section_with_the_method_and_the_bars_of_the_code() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    for name, module in modules().items():
        assert page.described(name, module) in text, f"{name}: python -m tests.bench --redraw"
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == list(SECTIONS)
    assert text.startswith(page.HEAD)
    assert all(module.__doc__ for module in modules().values())


def test_new_figures_of_one_section_leave_those_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "PAGE", tmp_path / "performance.md")
    first = page.table([Figure("a deed", 2.0, 0.5, "its floor", "no|pipe")], took=3, load=0.2)
    page.write(modules(), {"saving": first})
    second = page.table([Figure("a page", 0.004, 0, "")], took=1, load=0.1)
    page.write(modules(), {"opening": second})
    text = page.PAGE.read_text(encoding="utf-8")
    assert "| a deed | 2.00 s | 500.00 ms | 4.0 | its floor; no/pipe |" in text
    assert "| a page | 4.00 ms |  |  |  |" in text
    assert text.count("Not measured yet.") == len(SECTIONS) - 2


def test_no_figure_names_the_machine() -> None:
    """Cores and processor, but no name and no path of whoever measured."""
    text = page.table([], took=0, load=0)
    assert re.search(r"\d+ cores of ", text)
    assert socket.gethostname() not in text
    assert str(page.ROOT) not in text
