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


def test_what_no_test_touches(capsys: pytest.CaptureFixture[str], broken: Path) -> None:
    """An entry that no test looks up is named with file and line, and can be required."""
    path = broken / "loan-funded.yaml"
    text = path.read_text().replace("product: AUTO}", "product: MORTGAGE}")
    text = text.replace("loanProduct: auto", "loanProduct: mortgage")
    path.write_text(text.replace('borrower: "no"', 'borrower: "true"'))
    where = ("test", "--mappings", str(broken))
    ended = run(capsys, *where)
    assert ended.code == Exit.DONE
    missed = f"{path}:18: no test touches attribute loanProduct: translate AUTO\n"
    assert missed in ended.out
    assert run(capsys, *where, "--require-coverage", "95").code == Exit.DONE
    ended = run(capsys, *where, "--require-coverage", "100")
    assert ended.code == Exit.NO
    assert ended.err.endswith("loan-funded is covered to 95 %, not 100 %\n")
    ended = run(capsys, *where, "--require-coverage", "100", "--output", "json")
    assert (ended.code, ended.json["ok"], ended.json["failed"]) == (Exit.NO, False, 0)
    [found] = ended.listed("coverage")
    assert (found["mapping"], found["percent"]) == ("loan-funded", 95)


def test_the_shipped_mappings_are_covered(capsys: pytest.CaptureFixture[str]) -> None:
    """The tests of the shipped mappings touch all of them."""
    ended = run(capsys, "test", "--require-coverage", "100")
    assert ended.code == Exit.DONE
    assert "no test touches" not in ended.out
    assert "100% loan-funded: 20 of 20 touched\n" in ended.out


def test_keys_of_the_configuration(
    capsys: pytest.CaptureFixture[str], config: Path, broken: Path
) -> None:
    """Keyed hashes use the published test key, and with --secrets the real one."""
    path = broken / "loan-funded.yaml"
    rule = "lowercase, {hmac_sha256: {key: pepper}}"
    text = path.read_text().replace("lowercase, sha256", rule)
    text = text.replace('borrower: "no"', 'borrower: "true"')
    tested = "71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476"
    path.write_text(text.replace(tested, "unknown"))
    lines = config.read_text().splitlines()
    lines = [one if "mappings:" not in one else f"mappings: {broken}" for one in lines]
    config.write_text(
        "\n".join([*lines, "keys:", "  pepper: a-real-key-of-32-bytes-000"])
    )
    published = run(capsys, "test", "--config", str(config))
    secret = run(capsys, "test", "--config", str(config), "--secrets")
    assert (published.code, secret.code) == (Exit.NO, Exit.NO)
    found = [
        [line for line in ended.out.splitlines() if "  found " in line]
        for ended in (published, secret)
    ]
    assert [len(one) for one in found] == [1, 1]
    assert found[0] != found[1]
    ended = run(capsys, "test", "--secrets")
    assert (ended.code, "--secrets needs --config" in ended.err) == (Exit.USAGE, True)
