"""`consumer docs`: the generated references."""

from pathlib import Path

import msgspec
import pytest

from consumer.cli.exits import Exit
from consumer.cli.fault_reference import errors
from consumer.config.describe import table
from consumer.mapping.function_tables import functions
from consumer.mapping.key_tables import mapping_keys
from consumer.telemetry.names import table as metrics
from tests.unit.cli.command import run


def test_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    """The tables are printed as they go into the documents."""
    assert run(capsys, "docs", "configuration").out == table()
    assert run(capsys, "docs", "metrics").out == metrics()
    assert run(capsys, "docs", "errors").out == errors()
    assert run(capsys, "docs", "functions").out == functions()
    assert run(capsys, "docs", "mapping").out == mapping_keys()


@pytest.mark.parametrize("subject", ["configuration-schema", "mapping-schema"])
def test_the_schemas(capsys: pytest.CaptureFixture[str], subject: str) -> None:
    """The schemas of configuration and mapping files are JSON."""
    ended = run(capsys, "docs", subject)
    found = msgspec.json.decode(ended.out)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_catalogue_of_attributes(
    capsys: pytest.CaptureFixture[str], config: Path
) -> None:
    """Without options it is that of the shipped mappings, as of one that names them."""
    ended = run(capsys, "docs", "attributes")
    assert ended.code == Exit.DONE
    row = (
        "| `loanProduct` | What is financed. | `mortgage`, `auto`, `personal`, `other` "
        "| loan-funded | `loan.product` | lending-data |  |"
    )
    assert row in ended.out.splitlines()
    again = run(capsys, "docs", "attributes", "--config", str(config))
    assert again.out == ended.out


def test_a_folder_that_is_wrong_or_not_wanted(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Wrong mappings have no catalogue; other references are about the program."""
    (tmp_path / "a.yaml").write_text("version: 2\n")
    folder = ("--mappings", str(tmp_path))
    assert run(capsys, "docs", "attributes", *folder).code == Exit.CONFIGURATION
    ended = run(capsys, "docs", "metrics", *folder)
    assert (ended.code, ended.out) == (Exit.USAGE, "")
