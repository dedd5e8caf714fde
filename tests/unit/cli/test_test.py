"""`consumer test`: the tests inside the mapping files."""

from pathlib import Path

import pytest

from consumer.cli.exits import Exit
from consumer.cli.shipped import shipped_mappings
from tests.unit.cli.command import run


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Return a folder with a shipped mapping whose first test expects too much."""
    folder = tmp_path / "mappings"
    (folder / "fixtures").mkdir(parents=True)
    shipped = shipped_mappings()
    for name in ("loan-funded.yaml", "fixtures/loan.json"):
        text = (shipped / name).read_text()
        (folder / name).write_text(text.replace('borrower: "true"', 'borrower: "no"'))
    return folder


def test_the_shipped_tests_pass(capsys: pytest.CaptureFixture[str]) -> None:
    """Without options the tests of the shipped mappings run."""
    ended = run(capsys, "test")
    assert ended.code == Exit.DONE
    assert "ok     loan-funded: a funded mortgage\n" in ended.out
    assert ended.err.endswith(" passed, 0 failed\n")


def test_a_test_that_fails(capsys: pytest.CaptureFixture[str], broken: Path) -> None:
    """What differs is said, with file and line, and the exit code is 1."""
    ended = run(capsys, "test", "--mappings", str(broken))
    assert ended.code == Exit.NO
    assert "FAILED loan-funded: a funded mortgage\n" in ended.out
    expected = 'attributes.borrower: expected "no", found "true"\n'
    assert expected in ended.out
    assert f"{broken}/loan-funded.yaml:" in ended.out


def test_results_as_json(capsys: pytest.CaptureFixture[str], broken: Path) -> None:
    """A program reads one value, with every test."""
    ended = run(capsys, "test", "--mappings", str(broken), "--output", "json")
    assert ended.code == Exit.NO
    found = ended.json
    assert found["ok"] is False
    tests = found["tests"]
    assert isinstance(tests, list)
    assert found["failed"] == sum(not one["passed"] for one in tests) > 0
    assert tests[0]["name"] == "a funded mortgage"
    assert ended.err == ""


def test_the_folders_of_a_configuration(
    capsys: pytest.CaptureFixture[str], config: Path
) -> None:
    """With a configuration, its folders are used, and no others."""
    assert run(capsys, "test", "--config", str(config)).code == Exit.DONE
    ended = run(capsys, "test", "--config", str(config), "--mappings", "x")
    assert ended.code == Exit.USAGE
    assert "--config names the folders: leave the others out" in ended.err


def test_a_folder_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    """A missing folder is a fault of what was given."""
    ended = run(capsys, "test", "--mappings", "nowhere", "--output", "json")
    assert ended.code == Exit.CONFIGURATION
    assert "there is no such folder" in ended.err


def test_a_broken_mapping(capsys: pytest.CaptureFixture[str], broken: Path) -> None:
    """A mapping that is wrong is not tested: its faults are said."""
    (broken / "loan-funded.yaml").write_text("version: 1\nname: x\n")
    ended = run(capsys, "test", "--mappings", str(broken), "--output", "json")
    assert ended.code == Exit.CONFIGURATION
    assert ended.json["ok"] is False
    assert "loan-funded.yaml:" in ended.err
