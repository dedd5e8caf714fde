"""The rules of the layout, held by tests: imports, sizes, one idea in one module."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import consumer

PACKAGE = Path(consumer.__file__).parent
ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(PACKAGE.rglob("*.py"))
MODULE_LINES = 300


def code_lines(path: Path) -> int:
    """Count lines that are neither empty, comment nor docstring."""
    text = path.read_text(encoding="utf-8")
    skipped: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return sum(
        1
        for number, line in enumerate(text.splitlines(), 1)
        if number not in skipped and line.strip() and not line.strip().startswith("#")
    )


def test_there_are_modules() -> None:
    """The other tests here look at something."""
    assert len(MODULES) > 20


@pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_a_module_is_a_room(path: Path) -> None:
    """No module has more than 300 lines of code."""
    assert code_lines(path) <= MODULE_LINES


@pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_imports_stand_at_the_top(path: Path) -> None:
    """No import hides in a function, save in the commands, which load what they need."""
    if path.parent.name == "cli" or path.name == "__main__.py":
        return
    hidden = [
        inner.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_imports_point_one_way() -> None:
    """The contracts of import-linter in pyproject.toml are kept."""
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert command is not None
    result = subprocess.run(  # noqa: S603 - the tool of our own environment
        [command, "--config", str(ROOT / "pyproject.toml"), "--no-cache"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert result.returncode == 0, result.stdout
