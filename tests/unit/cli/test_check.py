"""`consumer check`: what is wrong, where, and how to mend it."""

import shutil
from pathlib import Path

import pytest

from consumer.cli.exits import Exit
from consumer.cli.shipped import shipped_mappings
from tests.unit.cli.command import run

# Tests of the loan mapping that begin with its fixture.
FIXTURE_TESTS = (
    (shipped_mappings() / "loan-funded.yaml").read_text().count("fixtures/loan.json")
)


def test_the_shipped_files_are_right(
    capsys: pytest.CaptureFixture[str], config: Path
) -> None:
    """The shipped schemas and mappings pass."""
    ended = run(capsys, "check", "--config", str(config), "--output", "json")
    assert ended.json == {"ok": True, "faults": []}
    assert ended.code == Exit.DONE
    assert ended.err == ""


def test_a_fault_as_json(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    """Standard output carries one JSON value with every fault."""
    config.write_text(config.read_text() + "  timeout_seconds: soon\n")
    ended = run(capsys, "check", "--config", str(config), "--output", "json")
    assert ended.code == Exit.CONFIGURATION
    assert ended.json == {
        "ok": False,
        "faults": [
            {
                "code": "C102",
                "severity": "error",
                "file": str(config),
                "line": 8,
                "column": 20,
                "message": ("`target.timeout_seconds` must be a number; it is 'soon'."),
                "mend": (
                    "Mend the value; `consumer docs configuration` says what may "
                    "stand here."
                ),
            }
        ],
    }


def test_a_fault_as_text(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    """A person reads place, fault and mend."""
    config.write_text(config.read_text() + "  clientt: x\n")
    ended = run(capsys, "check", "--config", str(config))
    assert ended.code == Exit.CONFIGURATION
    expected = (
        f"{config}:8:3: error C101: There is no key `target.clientt`.\n"
        "     8 |   clientt: ***\n"
        "       |   ^^^^^^^\n"
        "    Did you mean `target.client`?\n"
    )
    assert ended.out == expected
    assert ended.err == "1 fault\n"


def test_a_warning_is_no_fault(
    capsys: pytest.CaptureFixture[str], config: Path, tmp_path: Path
) -> None:
    """What is only likely wrong is said and counted, and the answer is yes."""
    mappings = tmp_path / "mappings"
    shutil.copytree(shipped_mappings(), mappings)
    (mappings / "fixtures" / "old.json").write_text("{}")
    text = config.read_text().replace(str(shipped_mappings()), str(mappings))
    config.write_text(text)
    ended = run(capsys, "check", "--config", str(config))
    assert ended.out == (
        f"{mappings}/fixtures/old.json: warning M505: No test names this fixture.\n"
        "    Name it as `base` of a test, or remove it.\n"
    )
    assert (ended.code, ended.err) == (Exit.DONE, "ok, 1 warning\n")
    (mappings / "fixtures" / "loan.json").unlink()
    ended = run(capsys, "check", "--config", str(config), "--output", "json")
    found = [(one["code"], one["severity"]) for one in ended.listed("faults")]
    assert found == [("M505", "warning"), *[("M504", "error")] * FIXTURE_TESTS]
    assert ended.code == Exit.CONFIGURATION
    ended = run(capsys, "check", "--config", str(config))
    assert ended.err == f"{FIXTURE_TESTS} faults, 1 warning\n"


def test_a_folder_without_a_mapping(
    capsys: pytest.CaptureFixture[str], config: Path, tmp_path: Path
) -> None:
    """What `run` refuses to start with is a fault here, too."""
    (tmp_path / "empty").mkdir()
    config.write_text(config.read_text().replace(str(shipped_mappings()), "empty"))
    ended = run(capsys, "check", "--config", str(config), "--output", "json")
    assert [one["code"] for one in ended.listed("faults")] == ["C111"]
    assert ended.code == Exit.CONFIGURATION


def test_a_test_that_fails(
    capsys: pytest.CaptureFixture[str], config: Path, tmp_path: Path
) -> None:
    """What `run` refuses to work with is a fault here, too; keys do not matter."""
    mappings = tmp_path / "mappings"
    shutil.copytree(shipped_mappings(), mappings)
    file = mappings / "loan-funded.yaml"
    file.write_text(file.read_text().replace('loanRate: "5.125"', 'loanRate: "5"'))
    text = config.read_text().replace(str(shipped_mappings()), str(mappings))
    config.write_text(text + "keys: {crm-pepper: s3cr3t}\n")
    ended = run(capsys, "check", "--config", str(config))
    assert ended.code == Exit.CONFIGURATION
    assert "error C112: The test `a funded mortgage` of `loan-funded` fails." in (
        ended.out
    )


def test_faults_of_all_kinds_come_together(
    capsys: pytest.CaptureFixture[str],
    config: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Kafka properties, variables of telemetry and schemas are checked as well."""
    (tmp_path / "avro").mkdir()
    (tmp_path / "avro" / "bad.avsc").write_text("{")
    (tmp_path / "avro" / "worse.avsc").write_bytes(b"\xff")
    text = config.read_text().replace("group.id:", "auto.offset.reset: x\n  group.id:")
    config.write_text(
        "\n".join(
            "schemas: avro" if line.startswith("schemas") else line
            for line in text.splitlines()
        )
    )
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "zipkin")
    ended = run(capsys, "check", "--config", str(config), "--output", "json")
    faults = ended.json["faults"]
    assert isinstance(faults, list)
    assert [fault["code"] for fault in faults] == ["K101", "C201", "C105"]
    (tmp_path / "avro" / "worse.avsc").unlink()
    ended = run(capsys, "check", "--config", str(config))
    assert "bad.avsc" in ended.out


def test_where_values_came_from(
    capsys: pytest.CaptureFixture[str], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--show-origin` names file and place, variable or default of every value."""
    monkeypatch.setenv("CONSUMER_TARGET__TOKEN", "s3cr3t")
    ended = run(capsys, "check", "--config", str(config), "--show-origin")
    assert ended.code == Exit.DONE
    assert f"target.client = acme  ({config}:7:11)" in ended.out
    assert "target.token = ***  ($CONSUMER_TARGET__TOKEN)" in ended.out
    assert "limits.held_bytes = 64MiB  (default)" in ended.out
    ended = run(
        capsys, "check", "--config", str(config), "--show-origin", "--output", "json"
    )
    origins = ended.json["origins"]
    assert isinstance(origins, list)
    assert {"key": "limits.held_records", "shown": "10000", "where": "default"} in (
        origins
    )


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "broken", ["", "limits: {held_records: x}\n", "htp: 1\n", "registry: {url: x}\n"]
)
def test_no_secret_is_printed(
    capsys: pytest.CaptureFixture[str],
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
    form: str,
) -> None:
    """Secrets of environment, YAML and files are nowhere in the output."""
    (config.parent / "secret").write_text("s3cr3t-file")
    monkeypatch.setenv("CONSUMER_KAFKA__SASL_PASSWORD", "s3cr3t-env")
    config.write_text(
        config.read_text()
        + "  token: {file: secret}\n  proxy: http://u:s3cr3t-proxy@p:1\n"
        + f"keys: {{pepper: s3cr3t-yaml}}\n{broken}"
    )
    ended = run(
        capsys, "check", "--config", str(config), "--show-origin", "--output", form
    )
    assert "s3cr3t" not in ended.out + ended.err
    assert ended.code == (Exit.CONFIGURATION if broken else Exit.DONE)
