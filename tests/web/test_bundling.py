"""Scripts put together from modules: what is understood, and that all the rest is refused."""

import re
from pathlib import Path

import pytest

from idapp.web.bundling import BundleError, bundle, bundles, read, sources_in, with_short_names
from idapp.web.short_names import NamesError, shortened
from tests.browser import chromium, chromium_or_skip

ROOT = Path(__file__).resolve().parents[2]
STATIC, TEMPLATES = ROOT / "static", ROOT / "templates"


def bundled(**sources: str) -> str:
    """The script `main`; `a_b` is the module a/b.js."""
    names = {f"{key.replace('_', '/')}.js": source for key, source in sources.items()}
    return bundle({name: read(name, source) for name, source in names.items()}, "main.js")


def body_of(*lines: str) -> list[str]:
    return list(read("a.js", "\n".join(lines)).body)


def test_what_is_imported_stands_first_and_once() -> None:
    text = bundled(
        main="// why\nimport './a.js';\nimport {two, one as first} from './a/b.js';\n\ntwo(first);",
        a="import * as b from './a/b.js';\nb.two(b.one);",
        a_b="const one = 1;\nasync function two() {\n  one;\n}\n\nexport {one, two};",
    )
    assert text == (
        "const b=(()=>{const one=1;async function two(){one;}\nreturn{one,two};})();"
        "const{two,one:first}=b;"
        "(()=>{b.two(b.one);})();"
        "(()=>{two(first);})();"
    )


def test_a_list_of_names_may_stand_on_several_lines() -> None:
    text = bundled(
        main="import {\n  one,\n  two, // the second\n} from './a.js';",
        a="const one = 1;\nfunction two() {}\nexport {\n  one,\n  two,\n};",
    )
    assert text.startswith("const{one,two}=(()=>{")
    assert "return{one,two};" in text


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("go(); // why", "go();"),
        ("go(one, // why", "go(one,"),
        ("// why", None),
        ("  // it's `why`", None),
        ("const a = 'x; // y';", "const a = 'x; // y';"),
        ("const a = /; // y`/; // `", "const a = /; // y`/; // `"),
        ("const a = 'http://x'; // why", "const a = 'http://x'; // why"),
    ],
)
def test_comments_stay_at_home_and_texts_stay_whole(line: str, sent: str | None) -> None:
    assert body_of(line) == ([] if sent is None else [sent])


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("go( a, b );", "go(a,b);"),
        ("const a = b ? -c : 'one , two';", "const a=b?-c:'one , two';"),
        ("return a in b && ! c;", "return a in b&&!c;"),
        ("const a = b - -c + ++d;", "const a=b- -c+ ++d;"),
        ("const a = 'it is'.replace(/ , /, ' = ');", "const a='it is'.replace(/ , /, ' = ');"),
        ("const a = [b, `c , ${d ? ` = ` : ''}`];", "const a=[b,`c , ${d ? ` = ` : ''}`];"),
        (r"const a = [b, 'c\' , d', e];", r"const a=[b,'c\' , d', e];"),
        ('const a = [b, "it\'s , "];', 'const a=[b,"it\'s , "];'),
    ],
)
def test_spaces_beside_signs_are_not_sent_and_texts_keep_theirs(line: str, sent: str) -> None:
    assert bundled(main=line) == f"(()=>{{{sent}}})();"


def test_the_end_of_a_line_is_sent_where_it_may_end_a_statement() -> None:
    text = bundled(main="const a = () => {\n  go(\n    'x',\n  );\n}\ngo('/'); // why;\na();")
    assert text == "(()=>{const a=()=>{go('x',);}\ngo('/'); // why;\na();})();"


@pytest.mark.parametrize(
    "sources",
    [
        {"main": "import {one} from './a.js';", "a": "const one = 1;"},  # not exported
        {"main": "import './b.js';", "a": ""},  # not there
        {"main": "import './a.js';", "a": "import './main.js';"},  # a circle
        {"main": "import one from './a.js';", "a": "const one = 1;\nexport {one};"},
        {"main": 'import "./a.js";', "a": ""},
        {"main": "import {one} from 'a.js';", "a": "const one = 1;\nexport {one};"},
        {"main": "import {one} from './a.js'", "a": "const one = 1;\nexport {one};"},  # no end
        {"main": "go();\nimport './a.js';", "a": ""},  # not at the head
        {"main": "import('./a.js');", "a": ""},
        {"main": "export const one = 1;"},
        {"main": "export default 1;"},
        {"main": "const one = 1;\nexport {one};\none.go();"},  # not at the tail
        {"main": "let one = 1;\nexport {one};"},  # it may change
        {"main": "const one = 1, two = 2;\nexport {two};"},
        {"main": "const one = 1;\nexport {one as two};"},
        {"main": "import {one} from './a.js';", "a": "export {one} from './main.js';"},
        {"main": "import {close} from './a.js';", "a": "const close = 1;\nexport {close};"},
        {
            "main": "import {one} from './a.js';\nconst one = 2;",
            "a": "const one = 1;\nexport {one};",
        },
        {
            "main": "import {one} from './a.js';\nimport './b.js';",
            "a": "const one = 1;\nexport {one};",
            "b": "import * as one from './a.js';",
        },  # one name, two things
        {"main": "const text = `one\n  // no comment\n`;"},
        {"main": "/* over\nlines */"},
    ],
)
def test_the_rest_is_refused(sources: dict[str, str]) -> None:
    with pytest.raises(BundleError):
        bundled(**sources)


def test_all_our_scripts_are_understood() -> None:
    texts = bundles(sources_in(STATIC))
    assert {"grid/grid.js", "places.js", "paper.js"} <= set(texts)
    for name, text in texts.items():
        assert text.count("const clamp=") <= 1, name
        assert not re.search(r"import\(|import\.meta|^(import|export)\b", text, re.MULTILINE), name


def modules_of(script: str) -> list[str]:
    source = (STATIC / script).read_text("utf-8")
    imported = {module for one in read(script, source).imports for module in modules_of(one.target)}
    return [script, *imported]


def test_no_page_has_a_module_twice() -> None:
    """What two scripts of one page share would live twice there: the list of choices, say."""
    texts = bundles(sources_in(STATIC))
    for template in TEMPLATES.rglob("*.html"):
        scripts = re.findall(r"filename='([^']+\.js)'", template.read_text("utf-8"))
        modules = [name for one in scripts if one in texts for name in modules_of(one)]
        assert len(modules) == len(set(modules)), template.name


@pytest.mark.parametrize(
    ("source", "sent"),
    [
        # the same name twice is the same one; properties, keys and what is in backticks stay
        ("const place = a.place;\ngo(place, {place: place});", "const b = a.place;\ngo(b, {place: b});"),
        ("const place = 1;\ngo({place});", "const place = 1;\ngo({place});"),
        ("const place = 1;\ngo(`${place}`);", "const place = 1;\ngo(`${place}`);"),
        ("const place = 1;\ngo('place', \"place\", /place/);", "const a = 1;\ngo('place', \"place\", /place/);"),
        ("const fit = right ? place : 2;\nlet right;", "const b = a ? place : 2;\nlet a;"),
        # parameters, and parts of what is given; what is not declared here is another's
        ("const go = ([one], two = one) => one + two + other;", "const c = ([a], b = a) => a + b + other;"),
        ("function go(given) {\n  return given / 2 / given;\n}", "function b(a) {\n  return a / 2 / a;\n}"),
        ("const {one, two: first} = given;\ngo(one, first);", "const {one, two: a} = given;\ngo(one, a);"),
        ("for (const one of all) go(...one, one?.one);", "for (const a of all) go(...a, a?.one);"),
        ("const status = 1;\nconst known = 2;", "const status = 1;\nconst known = 2;"),
    ],
)  # fmt: skip
def test_names_of_its_own_are_short(source: str, sent: str) -> None:
    assert shortened(source, {"known", "status"})[0] == sent


@pytest.mark.parametrize(
    "source",
    [
        "go({run() {}});",
        "a && {b};",
        "go(];",
        "{go();",
        "get one;",
        "go('one);",
        "`${a ? `b` : c}`;",
    ],
)
def test_what_could_mean_two_things_keeps_no_name_and_is_refused(source: str) -> None:
    with pytest.raises(NamesError):
        shortened(source, ())


def test_a_short_name_is_none_that_is_used() -> None:
    text, names = shortened("const one = a + b;\nlet two;", ())
    assert names == {"one": "c", "two": "d"}
    assert text == "const c = a + b;\nlet d;"


@pytest.mark.browser
def test_no_name_of_the_browser_is_exchanged() -> None:
    """A parameter called as something of the browser would take it along where the module means that."""
    paths = [path for path in STATIC.rglob("*.js") if not path.name.endswith(".min.js")]
    names = {
        name for path in paths for name in with_short_names(read(path.name, path.read_text()))[1]
    }
    with chromium(chromium_or_skip()) as browser:
        page = browser.new_page()
        shared = page.evaluate("names => names.filter((name) => name in window)", sorted(names))
        page.close()
    assert shared == []
    assert len(names) > 500
