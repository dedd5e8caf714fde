"""Every known bug of another consumer is held away by a test, or has its reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import README, ROOT
from tests.peer_bugs import BUGS, Bug

TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
OPEN = "under what it does not do yet: "


def marks(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each bug that a test of a file names, and the test."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for decorator in node.decorator_list:
            if (
                isinstance(decorator, ast.Call)
                and ast.unparse(decorator.func) == "pytest.mark.peer"
            ):
                for argument in decorator.args:
                    yield ast.literal_eval(argument), node.name


MARKED: dict[str, list[str]] = {}
for file in TESTS:
    for bug_name, test in marks(file):
        MARKED.setdefault(bug_name, []).append(f"{file.relative_to(ROOT)}::{test}")


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_known_bug_has_a_test_or_a_reason(bug: Bug) -> None:
    """One of the two, and not both: a reason that a test refutes is none."""
    assert bug.what
    if bug.name in MARKED:
        assert not bug.why_not, f"{MARKED[bug.name]} hold it away"
        assert all("::test_" in test for test in MARKED[bug.name])
    else:
        assert bug.why_not, f"no test is marked with {bug.name!r}"


def test_every_mark_names_a_known_bug() -> None:
    """A misspelt name would hold nothing away."""
    assert sorted(MARKED.keys() - {bug.name for bug in BUGS}) == []


def test_a_bug_stands_once() -> None:
    """What is said of it is said in one place."""
    names = [bug.name for bug in BUGS]
    assert len(names) == len(set(names)) > 80


@pytest.mark.parametrize(
    "bug", [bug for bug in BUGS if OPEN in bug.why_not], ids=lambda bug: bug.name
)
def test_what_is_open_is_said_in_the_readme(bug: Bug) -> None:
    """A limit that is known here is known to whoever reads the README."""
    text = " ".join(README.read_text(encoding="utf-8").split()).replace("`", "")
    said = bug.why_not.partition(OPEN)[2].rstrip(".")
    assert said[0].upper() + said[1:] in text or said in text
