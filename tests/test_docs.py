"""The documents say what is so: tables, commands and links of the README."""

import ast
import re
from pathlib import Path

import pytest

from consumer.cli.program import COMMANDS
from consumer.telemetry.names import METRICS
from tests.documents import FILES, README, ROOT, SCHEMAS_README, parts, printed

TEXT = README.read_text(encoding="utf-8")
TEST_FILES = sorted((ROOT / "tests").rglob("test_*.py"))


PARTS = [
    (document, command, shown)
    for document in (README, SCHEMAS_README)
    for command, shown in parts(document.read_text(encoding="utf-8")).items()
]


@pytest.mark.parametrize(
    ("document", "command", "shown"), PARTS, ids=[part[1] for part in PARTS]
)
def test_a_generated_part_is_current(document: Path, command: str, shown: str) -> None:
    """What a document shows is what the command prints."""
    assert document.is_file()
    assert printed(command) == shown.strip()


@pytest.mark.parametrize(("file", "command"), FILES.items())
def test_a_generated_file_is_current(file: Path, command: str) -> None:
    """A file that is generated as a whole is what the command prints."""
    assert file.read_text(encoding="utf-8") == f"{printed(command)}\n"


def test_all_tables_are_there() -> None:
    """What can be generated is generated."""
    assert [(document.parent.name, command) for document, command, _ in PARTS] == [
        (ROOT.name, "docs configuration"),
        (ROOT.name, "docs metrics"),
        ("schemas", "docs mapping"),
        ("schemas", "docs texts"),
        ("schemas", "docs functions"),
        ("schemas", "docs attributes"),
    ]


def test_every_metric_is_in_the_readme() -> None:
    """No metric is left out of the table."""
    assert [one.name for one in METRICS if f"`{one.name}`" not in TEXT] == []


def test_the_readme_shows_every_command() -> None:
    """Each command is in the README, and each that it shows is there."""
    shown = set(re.findall(r"(?:^|bin/|`)consumer ([a-z]+)", TEXT, re.MULTILINE))
    assert shown == COMMANDS.keys()


def test_the_readme_has_its_two_lines() -> None:
    """One line runs the demo and one the tests, each from an empty machine."""
    lines = [
        line for line in TEXT.splitlines() if line.startswith("python3.11 -m venv")
    ]
    assert [line.rpartition(" && ")[2] for line in lines] == [
        ".venv/bin/consumer demo",
        ".venv/bin/python -m tests",
    ]


def test_ci_runs_the_test_line() -> None:
    """The command that CI calls is the README's."""
    assert ".venv/bin/python -m tests\n" in (ROOT / ".ci" / "run").read_text()


def test_links_lead_somewhere() -> None:
    """Each link into the repository names a file that is there."""
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    missing = [
        link for link in links if "://" not in link and not (ROOT / link).exists()
    ]
    assert missing == []


@pytest.mark.parametrize(
    "path", TEST_FILES, ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_test_states_its_promise(path: Path) -> None:
    """Each test has a docstring of at least one sentence."""
    silent = [
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_no_file_names_a_registry_host() -> None:
    """Locks pin by name, version and hash; no file names where packages come from."""
    hosts = ("pypi" + ".org", "python" + "hosted.org", "repo.maven" + ".apache.org")
    named = [
        str(path.relative_to(ROOT))
        for pattern in (
            "*.lock",
            "*.toml",
            "*.md",
            ".ci/*",
            ".github/**/*.*",
            "**/*.xml",
        )
        for path in ROOT.glob(pattern)
        if path.is_file() and any(host in path.read_text() for host in hosts)
    ]
    assert named == []
