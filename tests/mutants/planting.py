"""Where a small fault can be planted: a comparison, a ``not``, an ``and``, a bound, an answer that is yes or no."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGES = (
    "rules", "people", "rosters", "imports", "verification", "registry", "notices", "progress",
)  # fmt: skip
_OPPOSITES: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"),
    ast.In: ("in", "not in"), ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"), ast.IsNot: ("is not", "is"),
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One edit: the bytes ``begin`` to ``end`` of a file become ``new``."""

    path: str  # from the root of the project
    line: int
    begin: int
    end: int
    old: str
    new: str

    def planted(self, source: bytes) -> bytes:
        return source[: self.begin] + self.new.encode() + source[self.end :]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.old} -> {self.new}"


def faults_of(root: Path) -> list[Fault]:
    """All that can be planted, in the order of the files.

    >>> source = b"def f(x): return not x and x[1:] < 7"
    >>> [fault.planted(source).decode()[17:] for fault in _faults_in("x.py", source)]
    ['not x or x[1:] < 7', 'not x and x[1:] <= 7', 'not x and x[1:] < 8', 'not x and x[2:] < 7', ' x and x[1:] < 7']
    """
    found = []
    for package in PACKAGES:
        for path in sorted((root / "idapp" / package).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            found += list(_faults_in(name, path.read_bytes()))
    return found


def _faults_in(name: str, source: bytes) -> Iterator[Fault]:
    places = _Places(name, source)
    tree = ast.parse(source)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for statement in function.body:
                yield from _in_statement(places, statement)


def _in_statement(places: "_Places", statement: ast.stmt) -> Iterator[Fault]:
    """Of a function within the function is told by that one."""
    nodes = [statement]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.FunctionDef | ast.AnnAssign):
            continue
        yield from _at(places, node)
        nodes += list(ast.iter_child_nodes(node))  # type: ignore[arg-type]


def _at(places: "_Places", node: ast.AST) -> Iterator[Fault]:
    if isinstance(node, ast.Compare):
        yield from _of_comparison(places, node)
    elif isinstance(node, ast.BoolOp):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        yield from places.between(node.values[0], node.values[1], old, new)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
        yield from places.before(node, node.operand)
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        for bound in (node.slice.lower, node.slice.upper):
            yield from places.number(bound)
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Constant):
        if isinstance(node.value.value, bool):
            yield places.edit(node.value, str(node.value.value), str(not node.value.value))


def _of_comparison(places: "_Places", node: ast.Compare) -> Iterator[Fault]:
    left = node.left
    for operator, right in zip(node.ops, node.comparators, strict=True):
        yield from places.between(left, right, *_OPPOSITES[type(operator)])
        left = right
    for operand in (node.left, *node.comparators):
        yield from places.number(operand)


class _Places:
    """A file's bytes by the lines and columns of its nodes."""

    def __init__(self, name: str, source: bytes) -> None:
        self._name, self._source = name, source
        lines = source.splitlines(keepends=True)
        self._starts = [sum(map(len, lines[:at])) for at in range(len(lines) + 1)]

    def between(self, left: ast.expr, right: ast.expr, old: str, new: str) -> Iterator[Fault]:
        """The operator between two operands, among blanks, brackets and line ends."""
        begin, end = self._end(left), self._begin(right)
        words = old.split()
        pattern = rb"\s+".join(re.escape(word.encode()) for word in words)
        found = re.search(pattern, self._source[begin:end])
        if found:
            at = begin + found.start()
            yield self._fault(left.end_lineno or left.lineno, at, begin + found.end(), old, new)

    def before(self, node: ast.UnaryOp, operand: ast.expr) -> Iterator[Fault]:
        """The ``not`` or ``~`` goes; brackets after it stay."""
        old = "not" if isinstance(node.op, ast.Not) else "~"
        begin = self._begin(node)
        yield self._fault(node.lineno, begin, begin + len(old), old, "")

    def number(self, node: ast.expr | None) -> Iterator[Fault]:
        if isinstance(node, ast.Constant) and type(node.value) is int:
            yield self.edit(node, str(node.value), str(node.value + 1))

    def edit(self, node: ast.expr, old: str, new: str) -> Fault:
        return self._fault(node.lineno, self._begin(node), self._end(node), old, new)

    def _fault(self, line: int, begin: int, end: int, old: str, new: str) -> Fault:
        return Fault(self._name, line, begin, end, old, new)

    def _begin(self, node: ast.expr) -> int:
        return self._starts[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.expr) -> int:
        return self._starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)
