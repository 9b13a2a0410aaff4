"""How a package reads: one line per measure, today's figure beside the aim.

    python -m tests.prose idapp               the figures; exit code 0 if every aim is met, else 1
    python -m tests.prose idapp --worst 20    the functions with the most branches: where to begin

Folders named ``migrations`` and ``tests`` are left out. Docstrings, comments and blank lines are not code. "Branches"
of a function: 1, and 1 more for each if, elif, loop, except, case, assert, conditional expression, comprehension and
filter of one, and for each further operand of ``and`` / ``or``. (ruff's C901 counts statements only, so it sees
nothing of what stands inside an expression.) Needs nothing but Python 3.11.
"""

import ast
import io
import sys
import tokenize
from dataclasses import dataclass, field
from pathlib import Path

LEFT_OUT = {"migrations", "tests"}
EMPTY_NAMES = {"found", "told", "one", "at", "own", "said", "asked", "kept", "held", "heard"}
SWITCHES = ("fmt:", "noqa", "type:", "mypy:", "pragma")
CODE_TOKENS = {tokenize.NAME, tokenize.OP, tokenize.NUMBER, tokenize.STRING}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DOCUMENTED = (ast.Module, ast.ClassDef, *FUNCTIONS)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BRANCHING_STATEMENTS = (ast.If, ast.For, ast.While, ast.ExceptHandler, ast.Assert, ast.match_case)
BRANCHING = (*BRANCHING_STATEMENTS, ast.IfExp, ast.comprehension)
# name in the output, attribute of Counts, relation, aim
MEASURES = (
    ("branches per 100 function lines", "branches_per_100", "<=", 36),
    ("tokens per line of code", "tokens_per_line", "<=", 8.5),
    ("lines of code above 100 characters", "long_lines", "<=", 0),
    ("functions with more than 10 branches", "branchy_functions", "<=", 0),
    ("conditional expressions per 1,000 lines", "ternaries_per_1000", "<=", 20),
    ("comprehensions per 1,000 lines", "comprehensions_per_1000", "<=", 40),
    ("assignments that pack several", "packed", "<=", 20),
    ("and / or chains of more than three", "long_chains", "<=", 4),
    ("fmt: skip", "skips", "<=", 25),
    ("public functions with a docstring, %", "documented_percent", ">=", 100),
    ("public functions that raise unannounced", "unannounced", "<=", 3),
    ("comments that give a reason, per 100 lines", "reasons_per_100", ">=", 3),
    ("variables with an empty name", "empty_names", "<=", 30),
)


@dataclass
class Counts:
    """What was counted in all modules so far."""

    lines: int = 0
    long_lines: int = 0
    tokens: int = 0
    skips: int = 0
    reasons: int = 0
    function_lines: int = 0
    branches: int = 0
    branchy_functions: int = 0
    public: int = 0
    documented: int = 0
    unannounced: int = 0
    ternaries: int = 0
    comprehensions: int = 0
    packed: int = 0
    long_chains: int = 0
    empty_names: int = 0
    functions: list[tuple[int, str]] = field(default_factory=list)

    @property
    def branches_per_100(self) -> float:
        """Of lines of functions, their docstrings included."""
        return 100 * self.branches / self.function_lines

    @property
    def tokens_per_line(self) -> float:
        """Names, numbers, strings and signs."""
        return self.tokens / self.lines

    @property
    def ternaries_per_1000(self) -> float:
        """Lines of code."""
        return 1000 * self.ternaries / self.lines

    @property
    def comprehensions_per_1000(self) -> float:
        """Of all four kinds."""
        return 1000 * self.comprehensions / self.lines

    @property
    def documented_percent(self) -> float:
        """Of the public functions."""
        return 100 * self.documented / max(self.public, 1)

    @property
    def reasons_per_100(self) -> float:
        """Comments at the end of a line count as well."""
        return 100 * self.reasons / self.lines


def count_module(path: Path, counts: Counts) -> None:
    """Add one module. Raises SyntaxError if Python cannot parse it."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    docstring_lines = lines_of_docstrings(tree)
    count_lines(text, docstring_lines, counts)
    count_tokens(text, docstring_lines, counts)
    for node in ast.walk(tree):
        count_node(node, counts)
        if isinstance(node, FUNCTIONS):
            count_function(node, path, counts)


def lines_of_docstrings(tree: ast.Module) -> set[int]:
    """Numbers of the lines that belong to a docstring."""
    numbers: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            docstring = node.body[0]
            numbers.update(range(docstring.lineno, docstring.end_lineno + 1))
    return numbers


def count_lines(text: str, docstring_lines: set[int], counts: Counts) -> None:
    """Lines of code, and the long ones among them."""
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if number in docstring_lines or not stripped or stripped.startswith("#"):
            continue
        counts.lines += 1
        if len(line) > 100:
            counts.long_lines += 1


def count_tokens(text: str, docstring_lines: set[int], counts: Counts) -> None:
    """Tokens, ``fmt: skip``, and the comments that are meant for a reader."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.start[0] in docstring_lines:
            continue
        if token.type in CODE_TOKENS:
            counts.tokens += 1
        if token.type != tokenize.COMMENT:
            continue
        if "fmt: skip" in token.string:
            counts.skips += 1
        # a switch for a tool explains nothing
        if not token.string.lstrip("# ").startswith(SWITCHES):
            counts.reasons += 1


def count_node(node: ast.AST, counts: Counts) -> None:
    """What makes a line dense."""
    if isinstance(node, ast.IfExp):
        counts.ternaries += 1
    elif isinstance(node, COMPREHENSIONS):
        counts.comprehensions += 1
    elif isinstance(node, ast.BoolOp) and len(node.values) > 3:
        counts.long_chains += 1
    elif isinstance(node, ast.Assign) and is_packed(node):
        counts.packed += 1
    elif has_empty_name(node):
        counts.empty_names += 1


def has_empty_name(node: ast.AST) -> bool:
    """Is a value kept here under a name that does not say what it is?"""
    if not isinstance(node, ast.Name):
        return False
    return isinstance(node.ctx, ast.Store) and node.id in EMPTY_NAMES


def is_packed(node: ast.Assign) -> bool:
    """Several assignments in one, ``a, b = f(x), g(y)``. Exchanging names, ``a, b = b, a``, is not meant."""
    if not isinstance(node.targets[0], ast.Tuple) or not isinstance(node.value, ast.Tuple):
        return False
    return not all(isinstance(value, ast.Name) for value in node.value.elts)


def count_function(function: ast.FunctionDef, path: Path, counts: Counts) -> None:
    """Its length, its branches, and what its docstring promises."""
    branches = branches_of(function)
    length = function.end_lineno - function.lineno + 1
    where = f"{length:3} lines  {path}:{function.lineno} {function.name}"
    counts.functions.append((branches, where))
    counts.branches += branches
    counts.function_lines += length
    if branches > 10:
        counts.branchy_functions += 1
    # by its name alone: a method of a private class, or a nested function, counts as public too
    if function.name.startswith("_"):
        return
    counts.public += 1
    docstring = ast.get_docstring(function)
    if docstring is not None:
        counts.documented += 1
    if raised_by(function) - words_of(docstring):
        counts.unannounced += 1


def branches_of(function: ast.FunctionDef) -> int:
    """As the docstring of this module counts them; a nested function counts in the outer one too."""
    branches = 1
    for node in ast.walk(function):
        if isinstance(node, BRANCHING):
            branches += 1
        if isinstance(node, ast.comprehension):
            branches += len(node.ifs)
        if isinstance(node, ast.BoolOp):
            branches += len(node.values) - 1
    return branches


def raised_by(function: ast.FunctionDef) -> set[str]:
    """Names of the exceptions that the function raises itself."""
    names = set()
    for node in ast.walk(function):
        # a bare ``raise``, and ``raise error``, hand on what somebody else has announced
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            names.add(ast.unparse(node.exc.func).split(".")[-1])
    return names


def words_of(docstring: str | None) -> set[str]:
    """The words of a docstring, without marks."""
    for mark in "`.,:;()":
        docstring = (docstring or "").replace(mark, " ")
    return set(docstring.split())


def print_measures(counts: Counts) -> int:
    """One line each. Returns the exit code: 0 if every aim is met, else 1."""
    exit_code = 0
    for name, attribute, relation, aim in MEASURES:
        today = getattr(counts, attribute)
        is_met = today <= aim
        if relation == ">=":
            is_met = today >= aim
        remark = ""
        if not is_met:
            remark = "not yet"
            exit_code = 1
        print(f"{name:45} {today:8.1f}   aim {relation} {aim:<4} {remark}".rstrip())
    return exit_code


def print_worst(counts: Counts, how_many: int) -> None:
    """The functions with the most branches first."""
    worst = sorted(counts.functions, reverse=True)
    for branches, where in worst[:how_many]:
        print(f"{branches:3} branches in {where}")


def counts_of(folder: Path) -> Counts:
    """All modules below a folder, counted."""
    counts = Counts()
    for path in sorted(folder.rglob("*.py")):
        # relative, so that a checkout below a folder named "tests" is measured all the same
        if not LEFT_OUT.intersection(path.relative_to(folder).parts):
            count_module(path, counts)
    return counts


def main(folder: Path, how_many: int | None) -> int:
    """Count the package, print, and return the exit code. Exits at once if there is nothing to count."""
    counts = counts_of(folder)
    if counts.function_lines == 0:
        sys.exit(f"no function in any Python file below {folder}")
    if how_many is None:
        return print_measures(counts)
    print_worst(counts, how_many)
    return 0


if __name__ == "__main__":
    worst_asked = int(sys.argv[3]) if "--worst" in sys.argv else None
    sys.exit(main(Path(sys.argv[1]), worst_asked))
