"""`consumer offsets`, as the shell sees it; the broker is librdkafka's small one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from consumer.cli import offsets_reset
from consumer.cli.exits import Exit
from consumer.cli.offsets_reset import refused, tell_refusals
from consumer.errors import DependencyError
from consumer.model import TopicPartition
from consumer.schedule.committed import committed_of
from consumer.schedule.offset_map import written_map
from consumer.source.admin import Admin, Stored
from consumer.source.group import Group, Member
from tests.broker.mock import MockCluster
from tests.unit.cli.command import Ended, run
from tests.unit.cli.events import TOPIC, configured, produce

GROUP = "offline-profiles"
PLACE = TopicPartition(TOPIC, 0)
STORED = Stored(2, written_map(2, bytes([0b1_0110]), 99).text)
Command = Callable[..., Ended]


@pytest.fixture
def admin(mock_cluster: MockCluster) -> Admin:
    """Give a client of a cluster where a group has left records behind."""
    mock_cluster.create_topic(TOPIC, partitions=2)
    produce(mock_cluster, TOPIC, *[(b"k", b"v", ())] * 9)
    client = Admin({"bootstrap.servers": mock_cluster.bootstrap})
    assert client.commit(GROUP, {PLACE: STORED}) == {}
    return client


@pytest.fixture
def offsets(
    capsys: pytest.CaptureFixture[str],
    config: Path,
    admin: Admin,
    mock_cluster: MockCluster,
) -> Command:
    """Give the command, for the group of that cluster."""
    del admin
    file = str(configured(config, mock_cluster))

    def command(*arguments: str) -> Ended:
        return run(capsys, "offsets", *arguments, "--config", file)

    return command


@pytest.fixture
def reset(offsets: Command) -> Command:
    """Give `offsets reset`."""
    return functools.partial(offsets, "reset")


@pytest.fixture
def show(offsets: Command) -> Command:
    """Give `offsets show`."""
    return functools.partial(offsets, "show")


def stored(admin: Admin) -> Stored:
    """Return what is committed."""
    return admin.committed(GROUP, [PLACE])[PLACE]


def test_a_partition_is_shown(show: Command) -> None:
    """Everything that the commit says, in words and for a program."""
    ended = show(f"{TOPIC}:0")
    assert ended.out == (
        f"{TOPIC}[0] of group {GROUP}\n"
        "  log          0 to 9, the last left out\n"
        "  committed    2\n"
        "  owner        nobody\n"
        "  lag          <=4 records\n"
        f"  metadata     {len(STORED.metadata)} characters, map: map\n"
        "  done beyond  3 offsets, gaps included\n"
        "  not done     2, 5\n"
        "  map ends at  7: from there on nothing is done\n"
    )
    ended = show(f"{TOPIC}:0", "--exact", "--limit", "1", "--output", "json")
    found = ended.json
    assert (found["topic"], found["map_end"], found["map"]) == (TOPIC, 7, "map")
    assert found["lag"] == {"records": 4, "is_exact": True}
    assert found["not_done"] == {"ranges": [[2, 2]], "has_more": True}
    assert found["metadata_characters"] == len(STORED.metadata)
    ended = show(f"{TOPIC}:1")
    assert "  committed    nothing\n  goes on at   0\n" in ended.out


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (
            "crm.loan-fundet.v1:0",
            f"has no topic crm.loan-fundet.v1: did you mean {TOPIC}?",
        ),
        ("zzz:0", "the cluster has no topic zzz\n"),
        (f"{TOPIC}:2", f"{TOPIC} has the partitions 0 to 1, not 2"),
        (TOPIC, f"{TOPIC} is no TOPIC:PARTITION"),
        (f"{TOPIC}:x", "is no TOPIC:PARTITION"),
    ],
)
def test_a_place_that_is_not_there(show: Command, place: str, said: str) -> None:
    """It is a fault of the command line, with what there is."""
    ended = show(place)
    assert ended.code == Exit.USAGE
    assert said in ended.err


def test_a_step_back_says_what_is_sent_again_and_asks(
    reset: Command, admin: Admin
) -> None:
    """Without --yes, and nobody there to ask, nothing is committed."""
    ended = reset("--topic", TOPIC, "--partition", "0", "--to", "1")
    assert ended.out == (
        f"group {GROUP}\n"
        f"  {TOPIC}[0]: 2 -> 1\n"
        "    sent again: <=4 records with an outcome\n"
    )
    assert (ended.code, ended.err) == (Exit.NO, "nothing was committed: say --yes\n")
    assert stored(admin) == STORED
    ended = reset("--topic", TOPIC, "--to", "earliest", "--dry-run", "--exact")
    assert "sent again: 5 records with an outcome" in ended.out
    assert f"  {TOPIC}[1]: nothing -> 0\n" in ended.out
    assert (ended.code, ended.err) == (Exit.DONE, "nothing was committed\n")
    assert stored(admin) == STORED


def test_a_step_back_is_committed(reset: Command, admin: Admin) -> None:
    """With --yes; the map of the old commit goes."""
    ended = reset("--topic", TOPIC, "--partition", "0", "--to", "1", "--yes")
    assert (ended.code, ended.err) == (Exit.DONE, "committed: 1 offset\n")
    assert stored(admin) == (1, "")


def test_a_step_forward_needs_leave_to_skip(reset: Command, admin: Admin) -> None:
    """Records that are not done are named, and skipped only on demand."""
    arguments = ("--topic", TOPIC, "--partition", "0", "--to", "5", "--yes")
    ended = reset(*arguments)
    assert ended.out == (
        f"group {GROUP}\n"
        f"  {TOPIC}[0]: 2 -> 5\n"
        "    SKIPPED: <=1 record without an outcome, offsets 2 to 4\n"
    )
    assert ended.err == (
        "<=1 record without an outcome would never be sent. "
        "If that is meant, say --allow-skip.\n"
        "nothing was committed\n"
    )
    assert (ended.code, stored(admin)) == (Exit.NO, STORED)
    ended = reset(*arguments, "--allow-skip")
    assert ended.code == Exit.DONE
    after = committed_of(*stored(admin))
    assert [n for n in range(5, 9) if after.is_done(n)] == [6]


def test_a_program_reads_it(reset: Command, admin: Admin) -> None:
    """One JSON value; a program is never asked a question."""
    ended = reset("--topic", TOPIC, "--to", "latest", "--output", "json")
    found = ended.json
    partitions = ended.listed("partitions")
    assert partitions[0] == {
        "topic": TOPIC,
        "partition": 0,
        "from": 2,
        "to": 9,
        "is_change": True,
        "sent_again": {"records": 0, "is_exact": True},
        "skipped": {"records": 4, "is_exact": False},
    }
    assert (found["ok"], found["committed"], ended.code) == (False, False, Exit.NO)
    assert str(found["refused"]).count("--allow-skip") == 1
    assert found["skipped"] == {"records": 4, "is_exact": False}
    arguments = ("--allow-skip", "--yes", "--output", "json")
    ended = reset("--all-topics", "--to", "latest", *arguments)
    assert (ended.json["ok"], ended.json["committed"]) == (True, True)
    assert stored(admin) == (9, "")


def test_nothing_to_change(reset: Command) -> None:
    """An offset that is committed already stays, and with it the map."""
    arguments = ("--topic", TOPIC, "--partition", "0", "--to", "2")
    ended = reset(*arguments, "--yes")
    assert ended.out == f"group {GROUP}\n  {TOPIC}[0]: 2 stays\n"
    assert (ended.code, ended.err) == (Exit.DONE, "there is nothing to change\n")
    ended = reset(*arguments, "--output", "json")
    assert (ended.json["ok"], ended.json["committed"]) == (True, False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", "1"), "name --topic TOPIC, or --all-topics"),
        (("--all-topics", "--topic", TOPIC, "--to", "1"), "or --all-topics"),
        (("--all-topics", "--partition", "1", "--to", "1"), "is of one topic"),
        (("--topic", TOPIC, "--to", "1"), "--to 1: an offset is of one --partition"),
        (("--topic", "zzz", "--to", "latest"), f"does not read zzz: it reads {TOPIC}"),
        (("--topic", "crm.loan", "--to", "latest"), f"did you mean {TOPIC}?"),
        (
            ("--topic", TOPIC, "--partition", "5", "--to", "1"),
            f"{TOPIC} has the partitions 0 to 1, not 5",
        ),
        (
            ("--topic", TOPIC, "--partition", "0", "--to", "77"),
            "has offsets from 0, and ends at 9: 77 is not among them",
        ),
        (("--topic", TOPIC, "--to", "yesterday"), "--to yesterday: neither earliest"),
    ],
)
def test_a_command_line_that_cannot_be(
    reset: Command, arguments: tuple[str, ...], said: str
) -> None:
    """It is refused with what there is, and nothing is committed."""
    ended = reset(*arguments, "--yes")
    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert said in ended.err


@pytest.mark.parametrize(("answer", "code"), [(True, Exit.DONE), (False, Exit.NO)])
def test_a_person_is_asked(
    reset: Command,
    admin: Admin,
    monkeypatch: pytest.MonkeyPatch,
    answer: bool,  # noqa: FBT001 - a case
    code: Exit,
) -> None:
    """At a terminal the question is asked, and no is the answer of silence."""
    asked: list[str] = []

    def confirm(text: str, **options: object) -> bool:
        assert options["default"] is False
        asked.append(text)
        return answer

    monkeypatch.setattr(click, "confirm", confirm)
    monkeypatch.setattr(offsets_reset, "is_at_terminal", lambda: True)
    ended = reset("--topic", TOPIC, "--partition", "0", "--to", "1")
    assert (ended.code, asked) == (code, ["Commit 1 offset?"])
    assert stored(admin).offset == (1 if answer else 2)


def test_a_group_with_members_is_refused() -> None:
    """Who they are is said; a group between two states counts as one with members."""
    member = Member("m-1", "acme", "10.0.0.7", "", frozenset())
    (said,) = refused(Group("stable", "classic", (member,), None), [], allow_skip=False)
    assert said == "The group has members: acme@10.0.0.7 (m-1). Stop them first."
    (said,) = refused(
        Group("preparing_rebalance", "classic", (), None), [], allow_skip=False
    )
    assert said == "The group has members: it is preparing_rebalance. Stop them first."
    for state in ("empty", "dead"):
        group = Group(state, "classic", (), None)
        assert list(refused(group, [], allow_skip=False)) == []
    assert list(refused(None, [], allow_skip=False)) == []


def test_a_broker_that_refuses() -> None:
    """Which partitions are committed and which are not is told."""
    tell_refusals({}, 2)
    with pytest.raises(
        DependencyError, match=rf"^committed: 1 offset; refused: {TOPIC}\[0\]: why$"
    ):
        tell_refusals({PLACE: "why"}, 2)
