"""The stairs only go down: a module of idapp imports only what stands before it in this list."""

import ast
import io
import tokenize
from pathlib import Path

ROOT = Path(__file__).parent.parent
ORDER = """
rules rules.problem rules.folding rules.look_alikes rules.old_fonts rules.identity_number rules.full_name
rules.birth_date rules.places rules.class_name rules.homeroom_title rules.states rules.ministry_codes rules.catalogues
rules.positions rules.repairs rules.record rules.card rules.official_paper rules.phone rules.entry_papers
rules.grade_groups rules.password rules.browser_kind
faults settings data_folder server_columns quick_rows database models
turnstile stepwise history_chain history_heads audit disclosures
permissions workbook rosters scans network redis_line stored_settings registry
site_address homeroom accounts draft_keys second_step first_passwords school_facts school present_residence setup
staff_accounts documents people classes place_sets notices card_photos doubles ministry_entry imports exports
verification progress school_years
table_copies server_move backup privacy maintenance worker_ends jobs processes watchdog socket_loop lan_listeners
start_message demo doctor upgrading commands web
""".split()  # noqa: SIM905

NO_CODE = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER,
}  # fmt: skip


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT / "idapp").with_suffix("").parts
    return ".".join(p for p in parts if p != "__init__")


def place(module: str) -> int:
    """Where a module stands: by its longest known prefix; a package's modules share its step."""
    while module not in ORDER:
        assert "." in module, f"{module} is missing from ORDER"
        module = module.rpartition(".")[0]
    return ORDER.index(module)


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.removeprefix("idapp.") for name in found if name.startswith("idapp.")}


def is_module(name: str) -> bool:
    path = ROOT / "idapp" / name.replace(".", "/")
    return path.with_suffix(".py").exists() or path.is_dir()


def modules() -> list[Path]:
    return [
        p
        for p in sorted((ROOT / "idapp").rglob("*.py"))
        if "migrations" not in p.parts and p != ROOT / "idapp/__init__.py"
    ]


def test_imports_go_down() -> None:
    climbs = [
        f"{module_name(path)} imports {name}"
        for path in modules()
        for name in imported(path)
        if is_module(name) and place(name) > place(module_name(path))
    ]
    assert not climbs


def test_only_the_doors_know_flask_and_rq() -> None:
    for path in modules():
        text, name = path.read_text(), module_name(path)
        assert not (
            ("import flask" in text or "from flask" in text) and place(name) < place("commands")
        ), name
        assert not ("from rq" in text and name != "jobs" and place(name) < place("demo")), name


def test_sizes() -> None:
    """Ceilings of the house: 450 lines of code a module, the body of a function 35,
    that of a route 25; a template has 150 lines.

    Docstrings, comments and blank lines are no code: an explanation never makes a thing too long.
    """
    long = [
        str(p)
        for p in (ROOT / "templates").rglob("*.html")
        if len(p.read_text().splitlines()) > 150
    ]
    for path in modules():
        text = path.read_text()
        tree = ast.parse(text)
        code = lines_of_code(text, tree)
        if len(code) > 450:
            long.append(str(path))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.end_lineno:
                size = len(code & set(range(node.body[0].lineno, node.end_lineno + 1)))
                if size > (25 if is_route(node) else 35):
                    long.append(f"{path}: {node.name}")
    assert not long


def lines_of_code(text: str, tree: ast.Module) -> set[int]:
    """The numbers of the lines that hold code."""
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            code |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(
            node
        ):
            docstring = node.body[0]
            code -= set(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    return code


def is_route(node: ast.FunctionDef) -> bool:
    return any(
        ast.unparse(decorator).startswith(("bp.get", "bp.post"))
        for decorator in node.decorator_list
    )
