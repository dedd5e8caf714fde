"""`consumer docs`: the generated references."""

import msgspec
import pytest

from consumer.cli.fault_reference import errors
from consumer.config.describe import table
from consumer.telemetry.names import table as metrics
from tests.unit.cli.command import run


def test_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    """The tables are printed as they go into the README."""
    assert run(capsys, "docs", "configuration").out == table()
    assert run(capsys, "docs", "metrics").out == metrics()
    assert run(capsys, "docs", "errors").out == errors()


@pytest.mark.parametrize("subject", ["configuration-schema", "mapping-schema"])
def test_the_schemas(capsys: pytest.CaptureFixture[str], subject: str) -> None:
    """The schemas of configuration and mapping files are JSON."""
    ended = run(capsys, "docs", subject)
    found = msgspec.json.decode(ended.out)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
