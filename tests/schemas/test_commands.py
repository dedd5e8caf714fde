"""Every command of schemas/README.md, run in the order in which a person meets them."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
from pathlib import Path

import fastavro
import pytest

from consumer.decode.readers import load_readers
from consumer.mapping.record_json import event_of
from tests.broker.mock import MockCluster
from tests.schemas.test_tutorial import BLOCK, README, SCHEMAS
from tests.unit.cli.command import run
from tests.unit.cli.events import produce

COMMANDS = [
    shlex.split(line)[1:]
    for _, block in re.findall(
        r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL
    )
    for line in block.splitlines()
    if line.startswith("consumer ")
]
TEXTS = dict(BLOCK.findall(README))
TOPIC = "support.call-centre-reached.v1"


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mock_cluster: MockCluster
) -> Path:
    """Return a project after the first three steps, in which commands are run."""
    here = tmp_path / "project"
    shutil.copytree(SCHEMAS, here / "schemas")
    shutil.copytree(SCHEMAS, tmp_path / "deployed" / "schemas")
    for name, text in TEXTS.items():
        (here / "schemas" / name).write_text(text, encoding="utf-8")
    (here / "consumer.yaml").write_text(
        "kafka:\n"
        f"  bootstrap.servers: {mock_cluster.bootstrap}\n"
        "  group.id: offline-profiles\n"
        "target: {client: acme}\n"
    )
    monkeypatch.chdir(here)
    return here


def call() -> bytes:
    """Return the tutorial's event, in bytes that name its schema by fingerprint."""
    text = TEXTS["avro/support.CallCentreReached.avsc"]
    schema = json.loads(text)
    event = event_of(
        json.loads(TEXTS["mappings/fixtures/call-centre.json"]), schema, {}
    )
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(schema), event)
    [reader] = load_readers({"a.avsc": text}).values()
    return b"\xc3\x01" + reader.fingerprint.to_bytes(8, "little") + stream.getvalue()


def test_every_command_of_the_guide(
    capsys: pytest.CaptureFixture[str], project: Path, mock_cluster: MockCluster
) -> None:
    """Each ends well, and `plan` says that the new mapping changes something."""
    mock_cluster.create_topic(TOPIC)
    produce(mock_cluster, TOPIC, (b"C-1", call(), ()))
    assert {"check", "test", "try", "record", "plan"} <= {one[0] for one in COMMANDS}
    for words in COMMANDS:
        ended = run(capsys, *words)
        assert ended.code == (1 if words[0] == "plan" else 0), (words, ended)
        if words[0] == "plan":
            assert "attribute callTopic: gained by 1\n" in ended.out
    assert "C-1" not in (project / "sample.json").read_text()


def test_a_mapping_that_init_begins(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    """The command that would have written steps two and three does."""
    [line] = re.findall(r"`(consumer init [^`]+)`", README)
    (project / "schemas/mappings/call-centre-reached.yaml").unlink()
    assert run(capsys, *shlex.split(line)[1:]).code == 0
    assert run(capsys, "test", "--config", "consumer.yaml").code == 0
