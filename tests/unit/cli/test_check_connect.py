"""`consumer check --connect` and `--print-acls`; the broker is librdkafka's small one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from consumer.cli.exits import Exit
from consumer.cli.shipped import shipped_mappings
from consumer.pipeline import kafka_findings
from consumer.sandbox.server import Sandbox
from consumer.source.admin import Admin
from tests.broker.mock import MockCluster
from tests.broker.process import free_ports
from tests.unit.cli.command import Ended, run
from tests.unit.cli.events import TOPIC, register
from tests.unit.cli.outside import outside

TOPICS = (TOPIC, "kiosk.kiosk-accessed.v1", "pos.loyalty-card-swiped.v1")
SECRET = "s3cr3t-canary"
Check = Callable[..., Ended]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """Give a Target that wants a token, and a registry with one subject."""
    with outside(require_token=True, token=SECRET) as running:
        register(running.addresses.registry)
        yield running


@pytest.fixture
def check(
    capsys: pytest.CaptureFixture[str], config: Path, monkeypatch: pytest.MonkeyPatch
) -> Check:
    """Give the command; its questions to Kafka are soon given up."""
    monkeypatch.setattr(
        kafka_findings, "Admin", lambda kafka, _: Admin(kafka, seconds=3.0)
    )
    return functools.partial(run, capsys, "check", "--config", str(config))


def configure(config: Path, brokers: str, box: Sandbox, token: str = SECRET) -> None:
    """Let the configuration name everything."""
    text = config.read_text().replace("127.0.0.1:1\n", f"{brokers}\n")
    config.write_text(
        f"{text}  base_url: {box.addresses.target}\n  token: {token}\n"
        f"registry: {{url: '{box.addresses.registry}'}}\n"
    )


def test_what_is_there_and_what_is_not(
    check: Check, config: Path, mock_cluster: MockCluster, box: Sandbox
) -> None:
    """A line for each thing that is well; a fault with its mend for each other."""
    for topic in TOPICS[:2]:
        mock_cluster.create_topic(topic, partitions=3)
        mock_cluster.create_topic(f"offline-profiles.{topic}.dead-letters")
    mock_cluster.create_topic(f"offline-profiles.{TOPIC}.replay")
    configure(config, mock_cluster.bootstrap, box)
    ended = check("--connect")
    told = "rights are not told"
    assert ended.out.splitlines()[:9] == [
        f"kafka {mock_cluster.bootstrap}: OK, brokers: 1",
        f"topic {TOPIC}: OK, partitions: 3, {told}",
        f"topic offline-profiles.{TOPIC}.dead-letters: OK, partitions: 1, {told}",
        f"topic offline-profiles.{TOPIC}.replay: OK, partitions: 1, {told}",
        f"topic {TOPICS[1]}: OK, partitions: 3, {told}",
        f"topic offline-profiles.{TOPICS[1]}.dead-letters: OK, partitions: 1, {told}",
        "group offline-profiles: OK, not told",
        "registry: OK, answers",
        f"subject {TOPIC}-value: OK, newest version: 1",
    ]
    assert (
        f"{box.addresses.target[7:]}: OK, answers for the client acme, takes the "
        in (ended.out)
    )
    assert f"error K201: the source topic '{TOPICS[2]}' does not exist" in ended.out
    assert f"subjects/{TOPICS[2]}-value: warning S107" in ended.out
    assert (ended.code, ended.err) == (Exit.DEPENDENCY, "1 fault, 2 warnings\n")
    assert SECRET not in ended.out


def test_a_program_reads_it(
    check: Check, config: Path, mock_cluster: MockCluster, box: Sandbox
) -> None:
    """One JSON value: each thing with its state, and the faults as ever."""
    configure(config, mock_cluster.bootstrap, box, token="stale-canary")
    ended = check("--connect", "--output", "json")
    found = {one["subject"]: one for one in ended.listed("connections")}
    host = f"target {box.addresses.target[7:]}"
    assert found["registry"] == {
        "subject": "registry",
        "state": "ok",
        "said": "answers",
        "code": None,
    }
    assert found[host] == {
        "subject": host,
        "state": "error",
        "said": None,
        "code": "T102",
    }
    assert found[f"topic {TOPIC}"]["code"] == "K201"
    assert ended.json["ok"] is False
    codes = [one["code"] for one in ended.listed("faults")]
    assert codes == ["K201", "K201", "K201", "S107", "S107", "T102"]
    assert "canary" not in ended.out + ended.err


def test_a_pattern_that_matches_nothing(
    check: Check, config: Path, mock_cluster: MockCluster, box: Sandbox
) -> None:
    """It is a warning: a topic of that name may come."""
    text = (shipped_mappings() / "loan-funded.yaml").read_text().partition("tests:")[0]
    (config.parent / "mappings").mkdir()
    named = text.replace(f"topic: {TOPIC}", "pattern: 'crm[.].*'")
    (config.parent / "mappings" / "loan.yaml").write_text(named)
    config.write_text(config.read_text().replace(str(shipped_mappings()), "mappings"))
    configure(config, mock_cluster.bootstrap, box)
    ended = check("--connect")
    assert (
        "topics: warning K206: no topic matches the pattern crm[.].*, or" in ended.out
    )
    assert (ended.code, ended.err) == (Exit.DONE, "ok, 1 warning\n")


def test_nobody_is_there(check: Check, config: Path) -> None:
    """Each of the three says so for itself, whatever the others say."""
    port, other, third = free_ports(3)
    text = config.read_text().replace("127.0.0.1:1\n", f"127.0.0.1:{port}\n")
    config.write_text(
        f"{text}  base_url: http://127.0.0.1:{other}\n"
        f"registry: {{url: 'http://127.0.0.1:{third}'}}\n"
    )
    ended = check("--connect")
    assert ended.code == Exit.DEPENDENCY
    assert f"kafka: error K202: the cluster at 127.0.0.1:{port}: " in ended.out
    assert "nobody listens there" in ended.out
    assert f"error R102: schema registry http://127.0.0.1:{third}: " in ended.out
    assert f"target: error T101: 127.0.0.1:{other}: no connection" in ended.out
    assert ended.err == "3 faults\n"


def test_files_at_fault_are_said_first(check: Check, config: Path) -> None:
    """Nothing is asked while nobody knows what is needed."""
    lines = config.read_text().splitlines()
    kept = [line for line in lines if not line.startswith("mappings:")]
    (config.parent / "bad").mkdir()
    (config.parent / "bad" / "a.yaml").write_text("version: 2\n")
    config.write_text("\n".join([*kept, "mappings: bad", ""]))
    ended = check("--connect", "--print-acls", "--output", "json")
    assert ended.code == Exit.CONFIGURATION
    assert {"connections", "acls"}.isdisjoint(ended.json)


def test_rights_are_printed(check: Check) -> None:
    """A table and the commands; nothing is connected to."""
    ended = check("--print-acls", "--principal", "offline")
    lines = ended.out.splitlines()
    assert lines[0].startswith("resource  name ")
    assert next(line for line in lines if line.startswith("kafka-acls ")).endswith(
        f"--allow-principal User:offline --operation Read --operation Describe "
        f"--operation DescribeConfigs --topic {TOPIC}"
    )
    assert (ended.code, ended.err) == (Exit.DONE, "ok\n")
    ended = check("--print-acls", "--output", "json")
    acls = ended.json["acls"]
    assert isinstance(acls, dict)
    assert (acls["principal"], len(acls["rights"])) == ("User:PRINCIPAL", 10)


@pytest.mark.parametrize("option", ["--connect", "--print-acls"])
def test_they_need_a_configuration(
    capsys: pytest.CaptureFixture[str], option: str
) -> None:
    """Folders alone name no broker."""
    ended = run(capsys, "check", "--mappings", "schemas/mappings", option)
    assert (ended.code, "Missing option '--config'." in ended.err) == (Exit.USAGE, True)
