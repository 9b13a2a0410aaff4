"""Our JavaScript as it goes over the line: a script is sent with all it imports, in one text.

The source is plain ES modules, and there is no build: when the first script is asked for, each is
put together with the modules it imports, one function scope each, those imported first. A module's
body is taken over line by line, without comments and without spaces and ends of lines that mean
nothing, and with short names for what it keeps to itself (short_names.py). Its head and its tail
have one form; whatever else is met is refused:

- the head: ``import './a.js';``, ``import * as a from './a.js';``, ``import {b, c as d} from
  './a.js';``;
- the tail: ``export {b, c};``, where each name is a ``const`` or a ``function`` at the start of a
  line. So what is exported never changes, and a copy of it is as good as the living binding of the
  language;
- no circles, and no text in backticks over several lines;
- what modules import stands between their scopes, once for all of them: so a name means the same
  to all modules of a script that import it, and it is none of the browser's own, which a module
  that does not import it may use.

A module with a state must not be in two scripts of one page: there it would live twice.

Why not the browser's own modules, each with ``<link rel="modulepreload">``? Measured in Chromium:
the page of a class on a line of 400 kbit/s with 400 ms to the server, until the first cell is
active, median of five; the bytes are those of our scripts on the line.

- 26 modules, all of them preloaded: 4.1 s, 65.5 KB, 34 requests with those for the rest of the
  page;
- one text, as here: 2.5 s, 26.0 KB (24.5 KB since spaces stay at home), 9 requests.

Short names take another 11 % off: 25,233 bytes of the table's script became 22,409.

Requests are what costs (a browser has six of them under way), then comments and headers, and small
files pack badly: preloading makes them parallel, not fewer. Bundlers and minifiers are programs of
their own, heavier than all of idapp; one of them (tdewolff/minify, a library of Go) makes it 19 %
less instead of 11.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from idapp.web.short_names import NamesError, shortened

# Signs that are whole without the space beside them; + and - unless another one stands on the other
# side of the space: `a - -b` is not `a--b`.
_SEPARATING = re.escape(",;(){}[]=:?<>&|*!^%")
_NEEDLESS_SPACE = re.compile(
    f"(?<=[{_SEPARATING}]) | (?=[{_SEPARATING}])|(?<=[+-]) (?![+-])|(?<![+-]) (?=[+-])"
)
_NO_END_NEEDED = (";", ",", "{", "(", "[")
_OF_THE_BROWSER = frozenset(
    """
    alert blur caches close closed confirm console crypto document event external fetch find focus
    frames history htmx indexedDB innerHeight innerWidth length localStorage location name navigator
    open opener origin parent performance postMessage print prompt screen scroll scrollBy scrollTo
    scrollX scrollY self sessionStorage status stop toolbar top visualViewport window
    """.split()  # noqa: SIM905 - a word a line says no more
)


class BundleError(Exception):
    """A module says something that is not understood here."""


@dataclass(frozen=True)
class Import:
    """``names``: what the importing module writes there: '', '* as a' or '{b, c as d}'."""

    target: str
    names: str

    @property
    def taken(self) -> dict[str, str]:
        """{name in the importing module: what the target calls it, '' for the whole of it}."""
        if self.names.startswith("* as "):
            return {self.names.removeprefix("* as "): ""}
        items = [item.strip() for item in self.names.strip("{} ").split(",") if item.strip()]
        return {item.split(" as ")[-1]: item.split(" as ")[0] for item in items}


@dataclass(frozen=True)
class Module:
    """One source file in its three parts. ``name`` is its path below the folder of static files."""

    name: str
    imports: tuple[Import, ...]
    body: tuple[str, ...]
    exports: tuple[str, ...]


def sources_in(folder: Path) -> tuple[tuple[str, str], ...]:
    """Each script below the folder, as path and source; those that came packed are sent as they are."""
    paths = [path for path in sorted(folder.rglob("*.js")) if not path.name.endswith(".min.js")]
    return tuple((path.relative_to(folder).as_posix(), path.read_text("utf-8")) for path in paths)


@lru_cache(maxsize=1)
def bundles(sources: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """{name of each script: its text with all it imports}. Raises BundleError."""
    modules = {name: read(name, source) for name, source in sources}
    short = {name: with_short_names(module)[0] for name, module in modules.items()}
    return {name: bundle(short, name) for name in short}


def bundle(modules: dict[str, Module], name: str) -> str:
    """The text of one script with all it imports. Raises BundleError."""
    order = _in_order(modules, name, ())
    taken = _taken_names(modules, order)
    lines: list[str] = []
    for module in order:
        lines += _scope(module, taken[module.name])
    return _joined([_without_spaces(line) for line in lines])


def read(name: str, source: str) -> Module:
    """A source file taken apart. Raises BundleError."""
    lines = [code for line in source.splitlines() if (code := _code_of(line))]
    imports = []
    while lines and lines[0].startswith("import "):
        statement, lines = _take_statement(name, lines)
        imports.append(_read_import(name, statement))
    exports: list[str] = []
    starts = [index for index, line in enumerate(lines) if line.startswith("export {")]
    if starts:
        statement, rest = _take_statement(name, lines[starts[0] :])
        if rest:
            raise BundleError(f"{name}: the export is not the end: {rest[0]}")
        exports = _read_export(name, statement)
        lines = lines[: starts[0]]
    module = Module(name, tuple(imports), tuple(lines), tuple(exports))
    _check_body(module)
    return module


def with_short_names(module: Module) -> tuple[Module, dict[str, str]]:
    """The module with short names for what it keeps to itself, and {its name: the short one}. Raises BundleError."""
    imported = [name for wanted in module.imports for name in wanted.taken]
    known = _OF_THE_BROWSER.union(module.exports, imported)
    try:
        body, names = shortened("\n".join(module.body), known)
    except NamesError as error:
        raise BundleError(f"{module.name}: {error}") from error
    return replace(module, body=tuple(body.split("\n"))), names


def _code_of(line: str) -> str:
    """The line without its comment; behind a quote or a slash ``//`` may be part of a text."""
    code, _, _ = line.partition("//")
    return line.rstrip() if set(code) & set("'\"`/") else code.rstrip()


def _take_statement(name: str, lines: list[str]) -> tuple[str, list[str]]:
    """The statement that begins there, in one line, and the lines behind it."""
    for count, line in enumerate(lines, start=1):
        if line.endswith(";"):
            return " ".join(part.strip() for part in lines[:count]), lines[count:]
    raise BundleError(f"{name}: no end of {lines[0]}")


def _read_import(name: str, statement: str) -> Import:
    names, _, quoted = statement.removeprefix("import ").removesuffix(";").rpartition(" from ")
    path = quoted.strip("'")
    is_path = quoted == f"'{path}'" and path.startswith(".")
    is_list = names.startswith("{") and names.endswith("}")
    if not is_path or not (names == "" or names.startswith("* as ") or is_list):
        raise BundleError(f"{name}: {statement}")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
    return Import(target, names)


def _read_export(name: str, statement: str) -> list[str]:
    listed = statement.removeprefix("export {").removesuffix("};").split(",")
    names = [item.strip() for item in listed if item.strip()]
    if not all(item.isidentifier() for item in names):
        raise BundleError(f"{name}: {statement}")
    return names


def _check_body(module: Module) -> None:
    for line in module.body:
        if line.startswith(("import", "export")):
            raise BundleError(f"{module.name}: only at its head and its tail: {line}")
        # an empty line, or what looks like a comment, would be lost inside of them
        if line.replace(r"\`", "").count("`") % 2 or line.count("/*") != line.count("*/"):
            raise BundleError(f"{module.name}: a text or a comment over several lines: {line}")
    for name in module.exports:
        if not _declares(module, name):
            raise BundleError(f"{module.name}: {name} is no const and no function")


def _declares(module: Module, name: str) -> bool:
    declarations = (f"const {name} =", f"function {name}(", f"async function {name}(")
    return any(line.startswith(declarations) for line in module.body)


def _in_order(modules: dict[str, Module], name: str, importers: tuple[str, ...]) -> list[Module]:
    """What is imported stands before those who import it, and once."""
    if name in importers or name not in modules:
        reason = "a circle" if name in importers else "no such module"
        raise BundleError(f"{' > '.join((*importers, name))}: {reason}")
    order: dict[str, Module] = {}
    for wanted in modules[name].imports:
        for module in _in_order(modules, wanted.target, (*importers, name)):
            order[module.name] = module
    return [*order.values(), modules[name]]


def _taken_names(modules: dict[str, Module], order: list[Module]) -> dict[str, dict[str, str]]:
    """{name of each module: all that others take from it, as in ``Import.taken``}."""
    taken: dict[str, dict[str, str]] = {module.name: {} for module in order}
    origins: dict[str, tuple[str, str]] = {}  # name -> module and what it is there
    for module in order:
        for wanted in module.imports:
            for name, exported in wanted.taken.items():
                origin = (wanted.target, exported)
                _check_name(module, modules[wanted.target], name, exported)
                if origins.setdefault(name, origin) != origin:
                    raise BundleError(f"{module.name}: {name} is also from {origins[name]}")
                taken[wanted.target][name] = exported
    return taken


def _check_name(module: Module, target: Module, name: str, exported: str) -> None:
    if exported and exported not in target.exports:
        raise BundleError(f"{module.name}: {target.name} does not export {exported}")
    if name in _OF_THE_BROWSER or _declares(module, name):
        raise BundleError(f"{module.name}: {name} has a meaning already")


def _scope(module: Module, taken: dict[str, str]) -> list[str]:
    """The module in a function of its own, and what others take from it as declarations."""
    if not taken:
        return ["(() => {", *module.body, "})();"]
    names = [name for name, exported in taken.items() if not exported]
    pairs = [(name, exported) for name, exported in taken.items() if exported]
    if pairs:
        items = [name if name == exported else f"{exported}:{name}" for name, exported in pairs]
        names.append(f"{{{','.join(items)}}}")
    first, *others = names
    returned = f"return {{{','.join(_returned(module, taken))}}};"
    return [
        f"const {first} = (() => {{",
        *module.body,
        returned,
        "})();",
        *(f"const {name} = {first};" for name in others),
    ]


def _returned(module: Module, taken: dict[str, str]) -> list[str]:
    """Of its exports those that somebody takes; whoever takes the whole module takes all."""
    wanted = set(taken.values())
    return [name for name in module.exports if name in wanted or "" in wanted]


def _without_spaces(line: str) -> str:
    """The line without spaces beside signs; between quotes they belong to a text and stay.

    From a regular expression, a template, or an escape on the line stays as it is: only before them
    is each quote the beginning or the end of a text.
    """
    line = line.strip()
    places = [index for index, sign in enumerate(line) if sign in '"`/\\']
    end = places[0] if places else len(line)
    parts = line[:end].split("'")
    parts[::2] = [_NEEDLESS_SPACE.sub("", code) for code in parts[::2]]
    return "'".join(parts) + line[end:]


def _joined(lines: list[str]) -> str:
    """The lines in one text. The end of a line means nothing behind a sign that ends a statement, or
    that cannot end one."""
    pieces = []
    for line in lines:
        may_end_in_comment = "//" in line  # it would take the next line into the comment
        needs_end = may_end_in_comment or not line.endswith(_NO_END_NEEDED)
        pieces.append(line + "\n" if needs_end else line)
    return "".join(pieces)
