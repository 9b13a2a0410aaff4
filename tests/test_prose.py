"""How the code reads, as far as it can be counted (CONTRIBUTING.md says what the figures are for)."""

import ast
import re
from pathlib import Path

import pytest

from tests import prose
from tests.test_floors import ROOT, lines_of_code

MOST_LINES_OF_A_TEST_FILE = 450


@pytest.fixture(scope="module")
def counts() -> prose.Counts:
    """Of all modules: three seconds of work, so not where every process comes by to collect."""
    return prose.counts_of(ROOT / "idapp")


@pytest.mark.parametrize("measure", prose.MEASURES, ids=lambda measure: measure[0])
def test_the_measures_of_prose_hold(
    counts: prose.Counts, measure: tuple[str, str, str, float]
) -> None:
    name, attribute, relation, aim = measure
    figure = getattr(counts, attribute)
    if relation == "<=":
        assert figure <= aim, f"{name}: python -m tests.prose idapp --worst 20"
    else:
        assert figure >= aim, f"{name}: python -m tests.prose idapp"


def test_an_assert_asserts_one_thing() -> None:
    several = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Assert) and isinstance(node.test, ast.BoolOp):
                if isinstance(node.test.op, ast.And):
                    several.append(f"{path.name}:{node.lineno}")
    assert len(several) <= 1, several  # one spans lines with comments between its parts


def test_test_files_stay_short_enough_to_be_read() -> None:
    long = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text()
        if len(lines_of_code(text, ast.parse(text))) > MOST_LINES_OF_A_TEST_FILE:
            long.append(path.name)
    assert not long


def test_every_document_named_in_the_code_exists() -> None:
    missing = []
    sources = [*(ROOT / "idapp").rglob("*.py"), *ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    for path in sources:
        for name in re.findall(r"(?<![\w/.])((?:docs/)?\w[\w/-]*\.md)\b", path.read_text()):
            if not any((folder / name).exists() for folder in (ROOT, path.parent, ROOT / "docs")):
                missing.append(f"{path.relative_to(ROOT)}: {name}")
    assert not missing


def test_every_file_named_in_the_documents_exists() -> None:
    """Of the law, the recipes and the debugging page; ``<name>`` stands for what is to be made."""
    missing = []
    for page in ("docs/architecture.md", "docs/debugging.md", "CONTRIBUTING.md", "README.md"):
        text = (ROOT / page).read_text()
        for name in re.findall(r"`((?:idapp|tests|templates|static|docs)/[\w./-]+)`", text):
            if "00NN" not in name and not _is_there(ROOT / name):
                missing.append(f"{page}: {name}")
    assert not missing


def _is_there(path: Path) -> bool:
    return path.exists() or path.with_suffix(".py").exists()
