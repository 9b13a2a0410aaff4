"""Our JavaScript as it goes over the line: a script is sent with all it imports, in one text.

The source is plain ES modules, and there is no build: when the application starts, each script is
put together with the modules it imports, one function scope each, those imported first. A module's
body is taken over line by line as it stands, without the lines that are empty or nothing but a
comment. Only its head and its tail are read, and they have one form; whatever else is met is
refused at the start:

- the head: ``import './a.js';``, ``import * as a from './a.js';``, ``import {b, c as d} from
  './a.js';``;
- the tail: ``export {b, c};``, where each name is a ``const`` or a ``function`` at the start of a
  line. So what is exported never changes, and a copy of it is as good as the living binding of the
  language;
- no circles, and no text in backticks over several lines.

A module with a state must not be in two scripts of one page: there it would live twice.

Why not the browser's own modules, each with ``<link rel="modulepreload">``? Measured in Chromium:
the page of a class on a line of 400 kbit/s with 400 ms to the server, until the first cell is
active, median of five; the bytes are those of our scripts on the line.

- 26 modules, all of them preloaded: 4.1 s, 65.5 KB, 34 requests with those for the rest of the
  page;
- one text, as here: 2.5 s, 26.0 KB, 9 requests.

Requests are what costs (a browser has six of them under way), then comments and headers, and small
files pack badly: preloading makes them parallel, not fewer. Bundlers and minifiers are programs of
their own, heavier than all of idapp; and a minifier of our own would have to understand the whole
language.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import cache
from pathlib import Path


class BundleError(Exception):
    """A module says something that is not understood here."""


@dataclass(frozen=True)
class Import:
    """``names``: what the importing module writes there: '', '* as a' or '{b, c as d}'."""

    target: str
    names: str

    @property
    def listed(self) -> list[str]:
        """The single names it takes, as they are called in the target."""
        if not self.names.startswith("{"):
            return []
        return [name.split(" as ")[0].strip() for name in self._items]

    @property
    def _items(self) -> list[str]:
        return [item for item in self.names.strip("{} ").split(",") if item.strip()]

    def as_statement(self) -> str:
        """The same as a declaration from the object that the target's scope returns."""
        if not self.names:
            return ""
        if self.names.startswith("* as "):
            return f"const {self.names.removeprefix('* as ')} = {scope_name(self.target)};"
        names = ",".join(item.strip().replace(" as ", ":") for item in self._items)
        return f"const {{{names}}} = {scope_name(self.target)};"


@dataclass(frozen=True)
class Module:
    """One source file in its three parts. ``name`` is its path below the folder of static files."""

    name: str
    imports: tuple[Import, ...]
    body: tuple[str, ...]
    exports: tuple[str, ...]


@cache
def bundles(folder: Path) -> dict[str, str]:
    """{name of each script: its text with all it imports}; read once, when the application starts.

    Raises BundleError.
    """
    paths = [path for path in sorted(folder.rglob("*.js")) if not path.name.endswith(".min.js")]
    names = [path.relative_to(folder).as_posix() for path in paths]
    modules = {
        name: read(name, path.read_text("utf-8")) for name, path in zip(names, paths, strict=True)
    }
    return {name: bundle(modules, name) for name in modules}


def bundle(modules: dict[str, Module], name: str) -> str:
    """The text of one script with all it imports. Raises BundleError."""
    scopes = [_scope(modules, module) for module in _in_order(modules, name, ())]
    return "\n".join(scopes) + "\n"


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


def scope_name(module_name: str) -> str:
    """The variable that holds what a module exports: `$grid_cells`."""
    return "$" + module_name.removesuffix(".js").replace("/", "_")


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
        declarations = (f"const {name} =", f"function {name}(", f"async function {name}(")
        if not any(line.startswith(declarations) for line in module.body):
            raise BundleError(f"{module.name}: {name} is no const and no function")


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


def _scope(modules: dict[str, Module], module: Module) -> str:
    for wanted in module.imports:
        missing = set(wanted.listed) - set(modules[wanted.target].exports)
        if missing:
            raise BundleError(f"{module.name}: {wanted.target} does not export {missing}")
    imports = [wanted.as_statement() for wanted in module.imports if wanted.names]
    body = [*imports, *(line.lstrip() for line in module.body)]
    if not module.exports:
        return "\n".join(["(() => {", *body, "})();"])
    returned = f"return {{{','.join(module.exports)}}};"
    return "\n".join([f"const {scope_name(module.name)} = (() => {{", *body, returned, "})();"])
