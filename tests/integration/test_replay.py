"""A broken mapping, its dead letters, and how they come again: on a real broker."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as Place

from consumer.cli import others
from consumer.cli.exits import Exit
from consumer.cli.others import groups_reading
from consumer.config.load import load
from consumer.errors import DependencyError
from consumer.sandbox.samples import LOAN
from tests.broker.kafka import Cluster
from tests.integration.kafka_log import everything
from tests.integration.scene import Member, Scene
from tests.integration.settings import configuration, sections
from tests.processes import post_json, until
from tests.unit.cli.command import Ended, run
from tests.unit.cli.events import SINGLE_OBJECT, loan

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(90)]

MAPPING = """\
version: 1
name: loans
owner: lending-data
source: {topic: crm.loan-funded.v1, schema: crm.LoanFunded}
profile: {third_party_id: customer.crm_id}
attributes:
  loanAmount: {from: loan.amount, format: {decimal: 2}}
  loanBand: {cel: 'RULE'}
"""
BROKEN = MAPPING.replace("RULE", '1 / (event.sequence - 7) > 0 ? "a" : "b"')
MENDED = MAPPING.replace("RULE", 'event.loan.score > 700 ? "prime" : "standard"')
LARGE = 20_000
LETTER_BYTES = "10000"
WRITTEN = {"loanAmount": "250000.00", "loanBand": "prime"}


def published(cluster: Cluster, topic: str, *values: bytes) -> None:
    """Write records to partition 1 of a topic."""
    producer = Producer({"bootstrap.servers": cluster.bootstrap})
    for value in values:
        producer.produce(topic, value, key=b"k", partition=1)
    assert producer.flush(10) == 0


def event(name: str, email: str = "a@b.example") -> bytes:
    """Return a loan of a customer."""
    return SINGLE_OBJECT + loan(customer={"crm_id": name, "email": email})


class Installation:
    """One group that reads loans by a mapping, and the commands that look at it."""

    def __init__(
        self, scene: Scene, mappings: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.scene = scene
        self._mappings = mappings  # of whoever types the commands
        self.topic = scene.topics[LOAN.topic]
        self.letters = f"{scene.group}.{self.topic}.dead-letters"
        self.replay = f"{scene.group}.{self.topic}.replay"
        self._capsys = capsys

    def dlq(self, command: str, *arguments: str) -> Ended:
        """Run `consumer dlq` for a program."""
        changes = {"mappings": str(self._mappings)}
        file = self.scene.configuration("tools", changes=changes)
        where = ("--config", file, "--output", "json")
        return run(self._capsys, "dlq", command, *where, *arguments)

    def create_profile(self, name: str) -> None:
        """Let Target know a customer, by an older loan."""
        profile = {"third_party_id": name, "attributes": {"loanBand": "old"}}
        post_json(f"{self.scene.sandbox.admin}/profiles", {"profiles": [profile]})

    def profile(self, name: str) -> dict[str, str]:
        """Return what Target holds of a customer."""
        return self.scene.sandbox.profiles()[f"third_party_id:{name}"]


@pytest.mark.peer("spring-kafka #4523", "kafka-ui #1920")
def test_from_a_broken_mapping_to_the_profile(
    kafka_broker: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Listed, replayed too early, mended, replayed, harmless again, resolved."""
    deployed, mended = tmp_path / "deployed", tmp_path / "mended"
    for folder, text in ((deployed, BROKEN), (mended, MENDED)):
        folder.mkdir()
        (folder / "loans.yaml").write_text(text)
    changes = {"mappings": str(deployed)}
    scene = Scene(cluster=kafka_broker, folder=tmp_path, partitions=2, changes=changes)
    one = Installation(scene, mended, capsys)
    kafka_broker.create_topic(one.letters, 2, {"max.message.bytes": LETTER_BYTES})
    with scene:
        one.create_profile("C-1")
        one.create_profile("C-2")
        member = scene.start("acme")
        member.until_ready()
        large = event("C-2", "x" * LARGE)
        published(kafka_broker, one.topic, event("C-1"), large, b"no event")
        member.until_counted("dead_lettered", 3)
        groups = one.dlq("list").listed("groups")
        assert {(group["reason"], group["schema"][:11]) for group in groups} == {
            ("cel", "fingerprint"),
            ("cel", ""),  # its value, which names the schema, is not in the letter
            ("no_framing", ""),
        }
        dry = one.dlq("replay", "--all", "--dry-run")
        assert (dry.code, dry.json["would_send"]) == (Exit.NO, 2)
        assert dry.json["ends"] == {"delivered": 2, "dead letter: no_framing": 1}

        replay_too_early(one, member)
        (deployed / "loans.yaml").write_text(MENDED)
        until(lambda: "mappings swapped" in member.process.text(), "the mended mapping")
        replay_one(one, member)
        replay_large(one, member, len(large))
        resolved = one.dlq("resolve", "--all", "--reason", "the publisher knows")
        assert resolved.json == {"ok": True, "resolved": 1, "not_open": 2}
        assert one.dlq("list").json["open"] == 0
        assert member.process.terminate() == 0


def replay_too_early(one: Installation, member: Member) -> None:
    """Replay a letter before the mended mapping runs: it is open again, once more."""
    place = f"{one.topic}:1:0"
    first = one.dlq("replay", place)
    assert (first.code, first.json["created"]) == (Exit.DONE, [one.replay])
    member.until_counted("dead_lettered", 4)
    shown = one.dlq("show", place).json
    assert (shown["state"], shown["replays"], shown["letters"]) == ("open", 1, 2)
    assert shown["reason"] == "cel"


def replay_one(one: Installation, member: Member) -> None:
    """Replay a letter once, once too often, and once more on purpose."""
    place = f"{one.topic}:1:0"
    assert one.dlq("replay", place).code == Exit.DONE
    member.until_counted("delivered", 1)
    assert one.profile("C-1") == WRITTEN
    assert one.dlq("replay", place).code == Exit.NO
    assert one.dlq("replay", place, "--again").code == Exit.DONE
    member.until_counted("delivered", 2)
    assert one.profile("C-1") == WRITTEN


def replay_large(one: Installation, member: Member, size: int) -> None:
    """Replay a letter that was too large for its topic: its value is where it was."""
    place = f"{one.topic}:1:1"
    shown = one.dlq("show", place).json
    assert (shown["has_payload"], shown["bytes"]) == (False, 0)
    assert one.dlq("replay", place).code == Exit.DONE
    member.until_counted("delivered", 3)
    assert one.profile("C-2") == WRITTEN
    sent = list(everything(one.scene.cluster.bootstrap, one.replay))
    assert [message.partition() for message in sent] == [1] * 4
    assert len(sent[-1].value() or b"") == size


def test_who_else_reads_a_topic(kafka_broker: Cluster, tmp_path: Path) -> None:
    """Groups that have committed offsets, and groups whose members have partitions."""
    topics = [f"{tmp_path.name}-{name}" for name in ("a", "b", "c")]
    for topic in topics:
        kafka_broker.create_topic(topic)
    ours, committed, reading = (f"{tmp_path.name}-{name}" for name in ("us", "x", "y"))
    member = client(kafka_broker, reading)
    try:
        member.subscribe([topics[0]])
        until(lambda: member.poll(0.1) is None and bool(member.assignment()), "joined")
        for group, topic in (
            (committed, topics[0]),
            (committed, topics[1]),
            (ours, topics[2]),
        ):
            other = client(kafka_broker, group)
            other.commit(offsets=[Place(topic, 0, 0)], asynchronous=False)
            other.close()
        base = sections(kafka_broker.bootstrap, "http://127.0.0.1:1", group=ours)
        settings = load(configuration(tmp_path / "c.yaml", base), {}).settings
        assert groups_reading(settings, topics) == {
            topics[0]: [committed, reading],
            topics[1]: [committed],
            topics[2]: [],
        }
    finally:
        member.close()


def client(cluster: Cluster, group: str) -> Consumer:
    """Return a consumer of a group."""
    return Consumer({"bootstrap.servers": cluster.bootstrap, "group.id": group})


def test_a_cluster_that_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who else reads is not known then, and the message says so."""
    monkeypatch.setattr(others, "ASK_SECONDS", 0.5)
    base = sections("127.0.0.1:1", "http://127.0.0.1:1")
    settings = load(configuration(tmp_path / "c.yaml", base), {}).settings
    with pytest.raises(DependencyError, match="does not say who reads"):
        groups_reading(settings, ["t"])
