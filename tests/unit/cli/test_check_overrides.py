"""`consumer check` and an operator's overrides."""

from pathlib import Path

import pytest

from consumer.cli.exits import Exit
from tests.documents import README
from tests.unit.cli.command import run


@pytest.fixture
def overrides(config: Path) -> Path:
    """Return an overrides file that the configuration names."""
    path = config.parent / "overrides.yaml"
    path.write_text("")
    config.write_text(f"{config.read_text()}overrides: overrides.yaml\n")
    return path


def test_an_empty_file_is_right(
    capsys: pytest.CaptureFixture[str], config: Path, overrides: Path
) -> None:
    """It is the one that stands there until it is needed."""
    assert overrides.read_text() == ""
    ended = run(capsys, "check", "--config", str(config))
    assert (ended.code, ended.out, ended.err) == (Exit.DONE, "", "ok\n")


def test_the_example_of_the_readme_is_right(
    capsys: pytest.CaptureFixture[str], config: Path, overrides: Path
) -> None:
    """What a person copies at night works as it stands."""
    _, _, section = README.read_text().partition("### Overrides")
    overrides.write_text(section.split("```yaml\n")[1].split("```")[0])
    ended = run(capsys, "check", "--config", str(config))
    assert (ended.code, ended.out, ended.err) == (Exit.DONE, "", "ok\n")


def test_a_fault_is_shown_at_its_place(
    capsys: pytest.CaptureFixture[str], config: Path, overrides: Path
) -> None:
    """With line, marker and mend, as in a mapping file; the exit code is 3."""
    overrides.write_text("mappings:\n  loan-fundet: {mode: hold}\n")
    ended = run(capsys, "check", "--config", str(config))
    assert ended.code == Exit.CONFIGURATION
    assert ended.out == (
        f"{overrides}:2:3: error M601: There is no mapping `loan-fundet`.\n"
        "     2 |   loan-fundet: {mode: hold}\n"
        "       |   ^^^^^^^^^^^\n"
        "    Did you mean `loan-funded`?\n"
    )


def test_a_hold_that_stops_others_is_a_warning(
    capsys: pytest.CaptureFixture[str], config: Path, overrides: Path, tmp_path: Path
) -> None:
    """The mappings of the same topic are named, and the answer is yes."""
    schemas, mappings = tmp_path / "avro", tmp_path / "mappings"
    schemas.mkdir()
    mappings.mkdir()
    (schemas / "t.Seen.avsc").write_text(
        '{"type": "record", "name": "t.Seen", "fields": '
        '[{"name": "id", "type": "string"}]}'
    )
    for name in ("one", "two"):
        (mappings / f"{name}.yaml").write_text(
            f"version: 1\nname: {name}\nsource: {{topic: seen, schema: t.Seen}}\n"
            f"profile: {{third_party_id: id}}\nattributes: {{{name}: id}}\n"
        )
    lines = config.read_text().splitlines()
    kept = [x for x in lines if not x.startswith(("schemas:", "mappings:"))]
    config.write_text("\n".join([*kept, "schemas: avro", "mappings: mappings", ""]))
    overrides.write_text("mappings: {one: {mode: hold}}\n")
    ended = run(capsys, "check", "--config", str(config), "--output", "json")
    assert ended.code == Exit.DONE
    assert [(one["code"], one["severity"]) for one in ended.listed("faults")] == [
        ("M602", "warning")
    ]


def test_a_file_that_is_no_text_is_named(
    capsys: pytest.CaptureFixture[str], config: Path, overrides: Path
) -> None:
    """What cannot be read is a fault of the file as a whole."""
    overrides.write_bytes(b"\xff\xfe")
    ended = run(capsys, "check", "--config", str(config), "--output", "json")
    assert ended.code == Exit.CONFIGURATION
    (fault,) = ended.listed("faults")
    assert (fault["code"], fault["file"]) == ("C105", str(overrides))
    assert fault["message"] == "The file cannot be read: byte 1 is not UTF-8."
