"""`consumer status`, as the shell sees it; the broker is librdkafka's small one."""

from __future__ import annotations

from pathlib import Path

import pytest

from consumer.cli.exits import Exit
from consumer.cli.looking import sizes
from consumer.cli.standing import Amount, Standing
from consumer.cli.status import group_lines, value_of
from consumer.model import TopicPartition
from consumer.schedule.offset_map import written_map
from consumer.source.admin import Admin, Bounds, Stored
from consumer.source.group import Group, Member
from tests.broker.mock import MockCluster
from tests.broker.process import free_ports
from tests.unit.cli.command import run
from tests.unit.cli.events import TOPIC, configured, produce

GROUP = "offline-profiles"
LETTERS = f"{GROUP}.{TOPIC}.dead-letters"
REPLAY = f"{GROUP}.{TOPIC}.replay"


@pytest.fixture
def cluster(mock_cluster: MockCluster) -> MockCluster:
    """Give a cluster where a group has left records behind."""
    mock_cluster.create_topic(TOPIC, partitions=2)
    mock_cluster.create_topic(LETTERS)
    mock_cluster.create_topic(REPLAY)
    produce(mock_cluster, TOPIC, *[(b"k", b"v", ())] * 9)
    produce(mock_cluster, LETTERS, (b"k", b"v", ()))
    admin = Admin({"bootstrap.servers": mock_cluster.bootstrap})
    stored = Stored(2, written_map(2, bytes([0b1_0110]), 99).text)
    assert admin.commit(GROUP, {TopicPartition(TOPIC, 0): stored}) == {}
    return mock_cluster


def test_a_person_reads_it(
    capsys: pytest.CaptureFixture[str], config: Path, cluster: MockCluster
) -> None:
    """Offsets, map, lag, what is not done, letters, and what is not known."""
    ended = run(capsys, "status", "--config", str(configured(config, cluster)))
    head = "  partition  start  end  committed  done beyond  lag  not done  owner"
    assert ended.out == (
        f"group {GROUP}: members are not told by this broker\n"
        "\n"
        f"{TOPIC} (source): lag <=4\n"
        f"{head}\n"
        "          0      0    9          2            3  <=4  2, 5      -\n"
        "          1      0    0          -            0    0  -         -\n"
        "\n"
        f"{REPLAY} (replay): lag 0\n"
        f"{head}\n"
        "          0      0    0          -            0    0  -         -\n"
        "\n"
        "kiosk.kiosk-accessed.v1 (source): does not exist, or we may not see it\n"
        "\n"
        "pos.loyalty-card-swiped.v1 (source): does not exist, or we may not see it\n"
        "\n"
        "topics of dead letters (`consumer dlq list` says what is open)\n"
        f"  {LETTERS}: <=1 record\n"
        "\n"
        "<= is at most: gaps of transactions and compaction count. --exact reads the "
        "log.\n"
    )
    assert (ended.code, ended.err) == (Exit.DONE, "")


def test_a_program_reads_it(
    capsys: pytest.CaptureFixture[str], config: Path, cluster: MockCluster
) -> None:
    """The same as one JSON value, counted in the log on demand."""
    file = str(configured(config, cluster))
    ended = run(capsys, "status", "--config", file, "--exact", "--output", "json")
    found = ended.json
    topics = {one["topic"]: one for one in ended.listed("topics")}
    assert found["group"] == {
        "id": GROUP,
        "state": None,
        "protocol": None,
        "members": None,
    }
    assert topics[TOPIC]["partitions"][0] == {
        "partition": 0,
        "start": 0,
        "end": 9,
        "readable_end": 9,
        "committed": 2,
        "begins": 2,
        "map": "map",
        "done_beyond": 3,
        "not_done": {"ranges": [[2, 2], [5, 5]], "has_more": False},
        "lag": {"records": 4, "is_exact": True},
        "owner": None,
        "problem": None,
    }
    assert topics[TOPIC]["partitions"][1]["committed"] is None
    assert topics[REPLAY]["kind"] == "replay"
    assert found["letters"] == {LETTERS: {"records": 1, "is_exact": False}}
    assert found["missing"] == ["kiosk.kiosk-accessed.v1", "pos.loyalty-card-swiped.v1"]
    assert "trouble" not in found


def test_mappings_at_fault(
    capsys: pytest.CaptureFixture[str],
    config: Path,
    cluster: MockCluster,
    tmp_path: Path,
) -> None:
    """Who looks because of them still sees what the group has committed."""
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.yaml").write_text("version: 2\n")
    file = configured(config, cluster)
    text = file.read_text()
    lines = [one for one in text.splitlines() if not one.startswith("mappings:")]
    file.write_text("\n".join([*lines, "mappings: bad", ""]))
    ended = run(capsys, "status", "--config", str(file))
    assert ended.code == Exit.DONE
    assert "The mappings have" in ended.err
    assert "Only topics that the group has committed are shown." in ended.err
    ended = run(capsys, "status", "--config", str(file), "--output", "json")
    assert [(one["topic"], one["kind"]) for one in ended.listed("topics")] == [
        (TOPIC, "other")
    ]
    assert ended.err == ""
    assert "consumer check" in str(ended.json["trouble"])


def test_replays_begin_at_their_beginning(
    capsys: pytest.CaptureFixture[str], config: Path, cluster: MockCluster
) -> None:
    """Whatever a source topic does without a commit; those that are not read are not told."""
    produce(cluster, REPLAY, (b"k", b"v", ()))
    file = configured(config, cluster)
    text = file.read_text().replace("kafka:\n", "kafka:\n  auto.offset.reset: latest\n")
    file.write_text(text)
    where = ("--config", str(file))
    ended = run(capsys, "status", *where)
    assert f"{REPLAY} (replay): lag <=1\n" in ended.out
    assert "          1      0    0          -            0    0  -" in ended.out
    ended = run(capsys, "offsets", "show", f"{REPLAY}:0", *where)
    assert "  goes on at   0\n" in ended.out
    file.write_text(f"{text}dead_letters: {{read_replays: false}}\n")
    assert REPLAY not in run(capsys, "status", *where).out


def test_a_commit_that_is_odd(
    capsys: pytest.CaptureFixture[str], config: Path, cluster: MockCluster
) -> None:
    """What is wrong with a partition stands below its topic; exact numbers need no note."""
    admin = Admin({"bootstrap.servers": cluster.bootstrap})
    stored = {
        TopicPartition(TOPIC, 0): Stored(9, "M1x"),
        TopicPartition(TOPIC, 1): Stored(7, ""),
    }
    assert admin.commit(GROUP, stored) == {}
    file = str(configured(config, cluster))
    ended = run(capsys, "status", "--config", file, "--exact")
    assert (
        "  partition 0: the offset map of the commit is damaged\n"
        "  partition 1: the commit is beyond the log: was the topic made anew?\n"
    ) in ended.out
    ended = run(capsys, "offsets", "show", f"{TOPIC}:1", "--config", file)
    assert ended.out.endswith(
        "  problem      the commit is beyond the log: was the topic made anew?\n"
    )


def test_nobody_listens(
    capsys: pytest.CaptureFixture[str], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster that is away is a dependency that is missing."""
    (port,) = free_ports(1)
    monkeypatch.setattr(
        "consumer.cli.status.Admin", lambda kafka: Admin(kafka, seconds=0.3)
    )
    config.write_text(
        config.read_text().replace("127.0.0.1:1\n", f"127.0.0.1:{port}\n")
    )
    ended = run(capsys, "status", "--config", str(config))
    assert (ended.code, ended.out) == (Exit.DEPENDENCY, "")
    assert "nobody listens there" in ended.err


def test_partitions_and_members_that_are_odd() -> None:
    """What is wrong with a partition, and who is in the group, stands in lines."""
    member = Member(
        id="m-1",
        client_id="acme",
        host="10.0.0.7",
        instance_id="pod-0",
        partitions=frozenset({TopicPartition("t", 0)}),
    )
    group = Group("stable", "consumer", (member, member), None)
    found = Standing(group_id="g", group=group, topics=(), letters={"l": None})
    assert list(group_lines(found)) == [
        "group g: stable, 2 members (consumer)",
        *["  acme@10.0.0.7, instance pod-0, 1 partition, m-1"] * 2,
    ]
    value = value_of(found, "")
    assert value["letters"] == {"l": None}
    assert value["group"] == {
        "id": "g",
        "state": "stable",
        "protocol": "consumer",
        "members": [
            {
                "member_id": "m-1",
                "client_id": "acme",
                "host": "10.0.0.7",
                "instance_id": "pod-0",
                "partitions": [["t", 0]],
            }
        ]
        * 2,
    }


def test_a_letter_topic_whose_log_is_not_told() -> None:
    """Its size is not known, whatever its other partitions say."""
    first, second = TopicPartition("l", 0), TopicPartition("l", 1)
    told = Bounds(0, 2, 2)
    assert sizes(["l"], {first: told, second: "no leader"}) == {"l": None}
    assert sizes(["l"], {first: told, second: told}) == {"l": Amount(4)}
