"""The tree keeps its sizes and its words: what the style asks for and a linter cannot see."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
SOURCES = [
    path
    for folder in ("src", "tests", "bench", "deploy")
    for path in sorted((PROJECT / folder).rglob("*.py"))
    if "migrations" not in path.parts
]
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
# A comment that waives a rule gives its reason after the code, behind a dash or a second comment sign.
WAIVER = re.compile(r"#\s*(noqa|type:\s*ignore)(?P<codes>[^#]*)(?P<rest>#.*)?$")


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PROJECT)))
def test_a_file_is_small_and_so_are_its_functions(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 500, "over 500 lines: cut it by use case"
    for function in functions(ast.parse(text)):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        assert length <= 60, f"{function.name} has {length} lines"


def test_no_file_is_a_drawer_for_everything() -> None:
    found = [path for path in SOURCES if {path.stem, *path.parent.parts[-1:]} & FORBIDDEN_NAMES]
    assert not found


def test_every_waived_rule_says_why() -> None:
    unexplained = []
    for path in SOURCES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = WAIVER.search(line)
            if not match or path == Path(__file__):
                continue
            codes = match["codes"]
            if not re.search(r"[A-Z]+\d+|\[[a-z-]", codes) or not (" - " in codes or match["rest"]):
                unexplained.append(f"{path.relative_to(PROJECT)}:{number}: {line.strip()}")
    assert not unexplained, "\n".join(unexplained)


def test_the_library_is_imported_without_the_server() -> None:
    """import-linter holds the arrows; this holds that nothing imports Django by a string either."""
    offenders = [
        path
        for path in (PROJECT / "src" / "hpki").rglob("*.py")
        if re.search(r"import_module\(.*(django|hpki_server)", path.read_text(encoding="utf-8"))
    ]
    assert not offenders
