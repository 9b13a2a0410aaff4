"""Scripts put together from small modules: what is understood, and that everything else is refused."""

import re
from pathlib import Path

import pytest

from idapp.web.bundling import LinkError, Module, link, linked

ROOT = Path(__file__).resolve().parents[2]
STATIC, TEMPLATES = ROOT / "static", ROOT / "templates"


def together(**sources: str) -> str:
    """The script `main`; `a_b` is the module a/b.js."""
    names = {f"{key.replace('_', '/')}.js": source for key, source in sources.items()}
    return link({name: Module(name, source) for name, source in names.items()}, "main.js")


def test_what_is_imported_stands_first_and_once() -> None:
    text = together(
        main="// why\nimport './a.js';\nimport {two} from './a/b.js'; // here\n\ntwo();",
        a="import * as b from './a/b.js';\nb.two(b.count);",
        a_b="export let count = 0;\nexport const one = 1, other = 2;\nexport async function two() {\n  count++;\n}",
    )
    assert text == (
        "const $a_b = (() => {\nlet count = 0;\nconst one = 1, other = 2;\nasync function two() {\ncount++;\n}\n"
        "return {get count() { return count; }, one, two};\n})();\n"
        "(() => {\nconst b = $a_b;\nb.two(b.count);\n})();\n"
        "(() => {\nconst {two} = $a_b;\ntwo();\n})();\n"
    )


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("go(); // why", "go();"),
        ("if (one) { // why", "if (one) {"),
        ("// why", ""),
        ("const a = 'x; // y';", "const a = 'x; // y';"),
        ("const a = /; // y`/;", "const a = /; // y`/;"),
        ("const a = 'http://x';", "const a = 'http://x';"),
        ("go(one, // why", "go(one, // why"),
    ],
)
def test_comments_stay_at_home_and_texts_stay_whole(line: str, sent: str) -> None:
    assert Module("a.js", line).lines == ([sent] if sent else [])


@pytest.mark.parametrize(
    "sources",
    [
        {"main": "import {one} from './a.js';", "a": "const one = 1;"},  # not exported
        {"main": "import {one} from './a.js';", "a": "export let one = 1;"},  # may change
        {"main": "import './b.js';", "a": ""},  # not there
        {"main": "import './a.js';", "a": "import './main.js';"},  # a circle
        {"main": "import {one as two} from './a.js';", "a": "export const one = 1;"},
        {"main": "import one from './a.js';", "a": "export const one = 1;"},
        {"main": "import {\n  one,\n} from './a.js';", "a": "export const one = 1;"},
        {"main": "export {one} from './a.js';", "a": "export const one = 1;"},
        {"main": "export default 1;"},
        {"main": "export let one = 1, two = 2;"},
        {"main": "import('./a.js');", "a": ""},
        {"main": "const text = `one\n  // no comment\n`;"},
    ],
)
def test_the_rest_is_refused(sources: dict[str, str]) -> None:
    with pytest.raises(LinkError):
        together(**sources)


def test_all_our_scripts_are_understood() -> None:
    texts = linked(STATIC)
    assert {"grid/grid.js", "places.js", "paper.js"} <= set(texts)
    for name, text in texts.items():
        assert text.count("$grid_cells = ") <= 1, name
        assert "import(" not in text, name
        assert "import.meta" not in text, name


def test_no_page_has_a_module_twice() -> None:
    """What two scripts of one page share would live twice there: the list of choices, say."""
    texts = linked(STATIC)
    for template in TEMPLATES.rglob("*.html"):
        named = [
            one
            for one in re.findall(r"filename='([^']+\.js)'", template.read_text("utf-8"))
            if one in texts
        ]
        modules = [
            module
            for one in named
            for module in re.findall(r"^const (\$\w+) = \(", texts[one], re.MULTILINE)
        ]
        assert len(modules) == len(set(modules)), template.name
