"""Our JavaScript as it goes over the line: a script a page names is sent with every module it imports, in one text.

The source stays small modules; there is no build. When the application starts, each module is put together with those
it imports: one function scope each, those imported first, so that each runs once and sees what it imports. Comments
stay at home: lines that are nothing else, and behind a statement where no quote is in them. One request instead of 25
in a waterfall, and two thirds of the bytes. Bundlers are programs of their own, heavier than all of idapp; in return
only this is understood, and the rest refused at the start:

- ``import './a.js';``, ``import * as a from './a.js';``, ``import {b, c} from './a.js';`` on one line;
- ``export`` before ``const``, ``let``, ``function``, ``async function``, with one name;
- what is exported with ``let`` may change, so it is imported with its whole module: ``a.b``;
- no circles, and no text in backticks over several lines.

A module with a state must not be in two scripts of one page: there it would live twice.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

_IMPORT = re.compile(
    r"import (?:(?:\* as (?P<whole>\w+)|\{(?P<names>[\w, ]+)\}) from )?'(?P<path>\.[\w./-]+\.js)';"
)
_EXPORT = re.compile(
    r"export (?P<kind>const|let(?= \w+ = [^,]+$)|(?:async )?function) (?P<name>\w+)"
)
# behind the end of a statement or a block "//" begins no address; a quote may belong to a text that holds it
_COMMENT = re.compile(r"^//.*|(?<=[;{}]) +// [^'\"`]*$")
_KEYWORD = re.compile(r"(?:import|export)\b")


class LinkError(Exception):
    """A module says something that is not understood here."""


@dataclass(frozen=True)
class Module:
    name: str
    source: str

    @cached_property
    def lines(self) -> list[str]:
        stripped = (_COMMENT.sub("", line.strip()) for line in self.source.splitlines())
        return [line for line in stripped if line]

    @cached_property
    def imports(self) -> dict[str, re.Match[str]]:
        """Its lines that import, with what they say."""
        return {
            line: self._read(_IMPORT, line)
            for line in self.lines
            if _KEYWORD.match(line) and line[0] == "i"
        }

    @cached_property
    def exports(self) -> dict[str, str]:
        """The names it gives away, and what kind each is."""
        found = [
            self._read(_EXPORT, line)
            for line in self.lines
            if _KEYWORD.match(line) and line[0] == "e"
        ]
        return {one["name"]: one["kind"] for one in found}

    @property
    def needs(self) -> list[str]:
        return [self.target(one) for one in self.imports.values()]

    def target(self, imported: re.Match[str]) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.name), imported["path"]))

    def _read(self, pattern: re.Pattern[str], line: str) -> re.Match[str]:
        found = pattern.match(line)
        if found is None:
            raise LinkError(f"{self.name}: {line}")
        return found


@cache
def linked(folder: Path) -> dict[str, str]:
    """{name of each script: its text with all it needs}; read once, when the application starts."""
    found = [path for path in sorted(folder.rglob("*.js")) if not path.name.endswith(".min.js")]
    names = [path.relative_to(folder).as_posix() for path in found]
    modules = {
        name: Module(name, path.read_text("utf-8")) for name, path in zip(names, found, strict=True)
    }
    return {name: link(modules, name) for name in modules}


def link(modules: dict[str, Module], name: str) -> str:
    return "\n".join(_scope(modules, modules[one]) for one in _in_order(modules, name, ())) + "\n"


def _in_order(modules: dict[str, Module], name: str, above: tuple[str, ...]) -> list[str]:
    """What is imported stands before those who import it."""
    if name in above or name not in modules:
        raise LinkError(
            f"{' > '.join((*above, name))}: {'a circle' if name in above else 'no such module'}"
        )
    found = [
        one for needed in modules[name].needs for one in _in_order(modules, needed, (*above, name))
    ]
    return list(dict.fromkeys([*found, name]))


def _scope(modules: dict[str, Module], module: Module) -> str:
    body = [*_body(modules, module)]
    if not module.exports:
        return "\n".join(["(() => {", *body, "})();"])
    given = [
        f"get {name}() {{ return {name}; }}" if kind == "let" else name
        for name, kind in module.exports.items()
    ]
    return "\n".join(
        [
            f"const {_called(module.name)} = (() => {{",
            *body,
            f"return {{{', '.join(given)}}};",
            "})();",
        ]
    )


def _body(modules: dict[str, Module], module: Module) -> Iterator[str]:
    for line in module.lines:
        if line.replace(r"\`", "").count("`") % 2:
            raise LinkError(f"{module.name}: a text over several lines, or half of one: {line}")
        if line in module.imports:
            yield from _imported(modules, module, module.imports[line])
        else:
            yield line.removeprefix("export ") if _KEYWORD.match(line) else line


def _imported(modules: dict[str, Module], module: Module, said: re.Match[str]) -> Iterator[str]:
    other = modules[module.target(said)]
    if said["whole"]:
        yield f"const {said['whole']} = {_called(other.name)};"
    elif said["names"]:
        for name in re.findall(r"\w+", said["names"]):
            if other.exports.get(name, "let") == "let":
                raise LinkError(
                    f"{module.name}: {name} of {other.name} is missing there, or may change"
                )
        yield f"const {{{said['names']}}} = {_called(other.name)};"


def _called(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name.removesuffix(".js"))
