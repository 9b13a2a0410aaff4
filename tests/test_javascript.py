"""How our JavaScript is written: lines a reader takes in at once, modules of one sitting."""

from pathlib import Path

import pytest

from idapp.web.bundling import read

STATIC = Path(__file__).resolve().parents[1] / "static"
SCRIPTS = [path for path in sorted(STATIC.rglob("*.js")) if not path.name.endswith(".min.js")]
WIDTH = 100
LENGTH = 250


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_keeps_to_the_width_and_length_of_the_house(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert not [line for line in lines if len(line) > WIDTH]
    assert len(lines) <= LENGTH


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_begins_with_what_it_is_for(path: Path) -> None:
    assert path.read_text("utf-8").startswith("// ")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_line_has_one_statement(path: Path) -> None:
    body = read(path.name, path.read_text("utf-8")).body
    without_texts = [line for line in body if not set(line) & set("'\"`/")]
    assert not [line for line in without_texts if "; " in line]
    assert not [line for line in without_texts if _declares_two(line)]


def _declares_two(line: str) -> bool:
    """`let one = 1, two = 2;`: an equals sign behind a comma outside of all brackets."""
    if not line.lstrip().startswith(("let ", "const ")):
        return False
    depth = 0
    for place, sign in enumerate(line):
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0 and "=" in line[place:]:
            return True
    return False
