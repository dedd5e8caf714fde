"""`consumer dlq replay`: what is sent again, what is not, and why twice is harmless."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from consumer.cli import cluster as cluster_module
from consumer.cli import dlq_replay
from consumer.cli.exits import Exit
from consumer.cli.outbox import Outbox
from consumer.deadletter import LetterTooLargeError
from consumer.errors import DependencyError
from consumer.letters.letter import Coordinates, opened
from consumer.letters.marker import MarkerKind, marker_in
from consumer.model import IdKind, ProfileId, Record, TopicPartition
from consumer.sandbox.faults import FaultKind, FaultRule
from consumer.settle import DeadLetter
from tests.broker.mock import MockCluster
from tests.unit.cli.events import LOAN, SINGLE_OBJECT, TOPIC, loan
from tests.unit.cli.letters import (
    GROUP,
    LETTERS,
    REPLAY,
    Post,
    loan_letter,
    loan_marker,
    place,
    post_office,
)
from tests.unit.cli.outside import NOW
from tests.unit.letters.kit import letter, origin

WHO = LOAN["customer"]["crm_id"]


@pytest.fixture
def post(
    mock_cluster: MockCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Post]:
    """Give a post office."""
    with post_office(mock_cluster, tmp_path, capsys) as found:
        yield found


def read_back(written: DeadLetter) -> Record:
    """Return what was written as the service reads it."""
    return Record(
        source=TopicPartition(written.topic, written.partition),
        offset=0,
        timestamp_ms=0,
        key=written.key,
        value=written.value,
        headers=written.headers,
        epoch=0,
        size_bytes=0,
    )


def test_a_letter_is_sent_again_as_it_is(post: Post) -> None:
    """Bytes and headers, by number to its partition, and a marker closes it."""
    written = loan_letter(place(5, partition=3), delivered=("0" * 16,))
    post.write(written)
    ended = post.dlq("replay", f"{TOPIC}:3:5")
    assert (ended.code, ended.out) == (Exit.DONE, "delivered: 1\n")
    assert ended.err.splitlines() == [
        f"1 record sent to {REPLAY}",
        "1 of 1 letter sent",
    ]
    [sent] = post.read(REPLAY)
    assert (sent.partition, sent.key, sent.value) == (1, written.key, written.value)
    assert sent.headers == written.headers
    found = opened(read_back(sent))
    assert found is not None
    assert found.coordinates == place(5, partition=3)
    marker = marker_in(read_back(post.read(LETTERS)[-1]))
    assert marker is not None
    assert (marker.kind, marker.sent_to) == (MarkerKind.REPLAYED, REPLAY)
    assert post.states() == {f"{TOPIC}:3:5": "replayed"}


def test_what_is_chosen_is_sent_in_order(post: Post) -> None:
    """By filters and `--limit`; records of a partition keep the order of their offsets."""
    for offset in (7, 3, 5):
        post.write(loan_letter(place(offset), reason="missing"))
    post.write(loan_letter(place(1), reason="http_400"))
    ended = post.json("replay", "--reason", "missing", "--limit", "2")
    assert (ended["sent"], ended["left"], ended["ok"]) == (2, 1, True)
    assert ended["topics"] == {REPLAY: 2}
    offsets = [dict(one.headers)["dead-letter-offset"] for one in post.read(REPLAY)]
    assert offsets == [b"3", b"5"]
    some = post.dlq("replay", "--all", "--limit", "1", "--dry-run")
    assert "1 of 1 letter would be sent\n1 letter left over by --limit\n" in some.err
    text = post.dlq("replay", "--all")
    assert "2 of 2 letters sent" in text.err
    assert "2 letters replayed or resolved before: see --again" in text.err
    offsets = [dict(one.headers)["dead-letter-offset"] for one in post.read(REPLAY)]
    assert offsets == [b"3", b"5", b"1", b"7"]


def test_a_dry_run_sends_nothing(post: Post) -> None:
    """It says how many would pass today, and why the others would not."""
    post.write(
        loan_letter(place(1)),
        loan_letter(place(2), event=SINGLE_OBJECT + loan(status="DECLINED")),
        loan_letter(place(3), event=b"x", reason="no_framing"),
    )
    ended = post.dlq("replay", "--all", "--dry-run")
    assert ended.code == Exit.NO
    lines = ended.out.splitlines()
    assert lines[:3] == [
        "dead letter: no_framing: 1",
        "delivered: 1",
        "skipped: when: 1",
    ]
    assert lines[3].startswith(f"{TOPIC}:0:3: not sent, refused_again: no_framing: ")
    assert f"2 records would go to {REPLAY}\n2 of 3 letters would be sent" in ended.err
    value = post.json("replay", "--all", "--dry-run")
    assert (value["dry_run"], value["sent"], value["would_send"]) == (True, 0, 2)
    assert post.read(REPLAY) == []
    assert set(post.states().values()) == {"open"}


def test_what_would_come_back_is_not_sent(post: Post) -> None:
    """A record that today's mappings refuse, and one that nobody reads, stay open."""
    other = Coordinates("crm.unknown", 0, 1, 5)
    post.cluster.create_topic(f"{GROUP}.{other.topic}.dead-letters", 2)
    post.write(
        loan_letter(
            place(1), event=SINGLE_OBJECT + loan(customer={"crm_id": "C" * 300})
        ),
        letter(origin(other, SINGLE_OBJECT + loan())),
        loan_letter(place(2)),
    )
    ended = post.dlq("replay", "--all", "--output", "json")
    assert (ended.code, ended.json["sent"]) == (Exit.NO, 1)
    refused = {one["record"]: one["code"] for one in ended.listed("refused")}
    assert refused == {
        f"{TOPIC}:0:1": "refused_again",
        "crm.unknown:0:1": "unmapped",
    }
    assert post.states() == {
        f"{TOPIC}:0:1": "open",
        f"{TOPIC}:0:2": "replayed",
        "crm.unknown:0:1": "open",
    }


def test_a_second_replay_needs_again(post: Post) -> None:
    """One that was replayed or resolved is sent once more only on demand."""
    post.write(
        loan_letter(place(1)),
        loan_letter(place(2)),
        loan_marker(MarkerKind.REPLAYED, place(1)),
        loan_marker(MarkerKind.RESOLVED, place(2)),
    )
    both = (f"{TOPIC}:0:1", f"{TOPIC}:0:2")
    ended = post.dlq("replay", *both)
    assert ended.code == Exit.NO
    assert f"{TOPIC}:0:1: it was replayed at 2026-03-01T12:00:00Z: --again" in ended.err
    assert f"{TOPIC}:0:2: it was resolved at 2026-03-01T12:00:00Z: --again" in ended.err
    codes = [
        one["code"]
        for one in post.dlq("replay", *both, "--output", "json").listed("refused")
    ]
    assert codes == ["replayed", "resolved"]
    assert post.read(REPLAY) == []
    assert post.json("replay", "--all", "--again")["sent"] == 1  # not the resolved one
    assert post.json("replay", *both, "--again")["sent"] == 2
    assert len(post.read(REPLAY)) == 3


def test_a_newer_value_is_not_written_over(post: Post) -> None:
    """An attribute that was written after the first failure stays, unless it is equal."""
    profiles = post.target.target.profiles
    post.write(loan_letter(place(1)))
    profiles.create(WHO, None, {"loanProduct": "newer"}, NOW)
    ended = post.dlq("replay", f"{TOPIC}:0:1")
    assert ended.code == Exit.NO
    assert (
        f"{TOPIC}:0:1: not sent, stale: first failed 1970-01-01T00:00:10Z; since then, or "
        "perhaps: loanProduct (written 2027-01-15T08:00:00Z)"
    ) in ended.out
    for secret in (WHO, "newer"):
        assert secret not in ended.out + ended.err
    assert post.read(REPLAY) == []
    found = profiles.find(f"third_party_id:{WHO}", NOW)
    assert found is not None
    found.attributes["loanProduct"] = type(found.attributes["loanProduct"])(
        "mortgage", NOW
    )
    assert post.json("replay", f"{TOPIC}:0:1")["sent"] == 1


def test_an_older_value_is_written_over(post: Post) -> None:
    """What was there before the record failed is what it was to replace."""
    post.write(loan_letter(place(1), first_failure=None))
    post.target.target.profiles.create(WHO, None, {"loanProduct": "old"}, 1.0)
    assert post.json("replay", f"{TOPIC}:0:1")["sent"] == 1


def test_allow_stale_asks_nobody(post: Post) -> None:
    """It works while Target does not, and writes over what is newer."""
    post.write(loan_letter(place(1)), loan_letter(place(2)))
    rule = FaultRule(kind=FaultKind.STATUS, path="/rest/", status=403)
    post.target.target.faults.add(rule, NOW)
    ended = post.dlq("replay", f"{TOPIC}:0:1")
    assert ended.code == Exit.DEPENDENCY
    assert "target.token" in ended.err
    assert "With --allow-stale nobody asks." in ended.err
    dry = post.dlq("replay", f"{TOPIC}:0:1", "--dry-run")
    assert dry.code == Exit.DONE
    assert "not looked whether anything newer is there: Target at" in dry.err
    assert post.states()[f"{TOPIC}:0:1"] == "open"
    assert post.json("replay", "--all", "--allow-stale")["sent"] == 2


def test_a_payload_that_was_left_out_is_read_where_it_was(post: Post) -> None:
    """The record's own bytes are sent, when its place still has that record."""
    value = SINGLE_OBJECT + loan()
    producer = DeadLetter(TOPIC, 0, b"k", value, (("source", b"crm"),))
    post.write(producer, producer)
    stamps = stamps_of(post)
    at = Coordinates(TOPIC, 0, 1, stamps[1])
    other = Coordinates(TOPIC, 0, 0, stamps[0] + 1)
    gone = Coordinates(TOPIC, 0, 77, 5)
    for one in (at, other, gone):
        post.write(letter(origin(one, value), max_bytes=1, mappings=("loan-funded",)))
    ended = post.dlq("replay", "--all", "--output", "json")
    assert (ended.code, ended.json["sent"]) == (Exit.NO, 1)
    assert [one["code"] for one in ended.listed("refused")] == ["gone", "gone"]
    assert f"{TOPIC}:0:77 is in Kafka no more" in str(ended.json["refused"])
    [sent] = post.read(REPLAY)
    assert (sent.value, sent.key) == (value, b"k")
    found = opened(read_back(sent))
    assert found is not None
    assert (found.coordinates, found.has_payload) == (at, True)


def stamps_of(post: Post) -> list[int]:
    """Return the timestamps of the records in partition 0 of the source."""
    client = cluster_module.Cluster({
        "bootstrap.servers": post.cluster.bootstrap,
        "group.id": "stamps",
    })
    with client:
        return [one.timestamp_ms for one in client.every(TOPIC)]


def test_who_dies_before_the_marker_sends_it_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A letter stays open until its marker is written; the same record goes twice."""
    post.write(loan_letter(place(1)))

    def die(*_: object, **__: object) -> None:
        raise DependencyError("the power is gone")

    with monkeypatch.context() as patched:
        patched.setattr("consumer.cli.replaying.marked", die)
        ended = post.dlq("replay", f"{TOPIC}:0:1")
    assert ended.code == Exit.DEPENDENCY
    assert "1 letter sent before this happened" in ended.err
    assert post.states() == {f"{TOPIC}:0:1": "open"}
    assert post.dlq("replay", f"{TOPIC}:0:1").code == Exit.DONE
    first, second = post.read(REPLAY)
    assert (first.value, first.headers) == (second.value, second.headers)


def test_a_record_that_the_broker_does_not_take(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is too large is named; one that is not confirmed ends the command."""
    post.write(loan_letter(place(1)), loan_letter(place(2, partition=1)))
    sending = Outbox.send
    answers: list[list[DependencyError | None]] = []

    def answered(
        outbox: Outbox, records: Sequence[DeadLetter]
    ) -> list[DependencyError | None]:
        return answers.pop() if answers else sending(outbox, records)

    monkeypatch.setattr(Outbox, "send", answered)
    answers.append([LetterTooLargeError("too large"), None])
    ended = post.dlq("replay", "--all")
    assert ended.code == Exit.NO
    assert (
        f"{TOPIC}:0:1: not sent, too_large: too large. Raise max.message.bytes of {REPLAY}."
    ) in ended.out
    assert post.states() == {f"{TOPIC}:0:1": "open", f"{TOPIC}:1:2": "replayed"}
    answers.append([DependencyError("the broker is gone")])
    ended = post.dlq("replay", "--all")
    assert (ended.code, "the broker is gone" in ended.err) == (Exit.DEPENDENCY, True)
    answers.append([DependencyError("the broker is gone")])
    ended = post.dlq("resolve", "--all", "--reason", "x")
    assert (ended.code, "the broker is gone" in ended.err) == (Exit.DEPENDENCY, True)
    assert post.states()[f"{TOPIC}:0:1"] == "open"


def test_a_cluster_that_is_away(post: Post) -> None:
    """Each command says so, and ends with 4."""
    post.write(loan_letter(place(1)))
    text = post.config.read_text().replace(post.cluster.bootstrap, "127.0.0.1:1")
    post.config.write_text(text)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cluster_module, "ANSWER_SECONDS", 0.3)
        for command in (
            ("list",),
            ("show", f"{TOPIC}:0:1"),
            ("replay", "--all"),
            ("resolve", "--all", "--reason", "x"),
        ):
            ended = post.dlq(*command)
            assert ended.code == Exit.DEPENDENCY
            assert "the cluster at 127.0.0.1:1" in ended.err


def test_to_the_source_itself(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only with `--yes`, and after it was said who else reads there; as it first came."""
    written = loan_letter(place(1, partition=1), delivered=("0" * 16,))
    post.write(written)
    monkeypatch.setattr(
        dlq_replay,
        "groups_reading",
        lambda _, topics: {topic: ["ledger"] for topic in topics},
    )
    ended = post.dlq("replay", f"{TOPIC}:1:1", "--to-source")
    assert ended.code == Exit.USAGE
    assert f"{TOPIC} is also read by: ledger" in ended.err
    assert "--to-source sends only with --yes" in ended.err
    assert post.read(TOPIC) == []
    dry = post.json("replay", f"{TOPIC}:1:1", "--to-source", "--dry-run")
    assert dry["topics"] == {TOPIC: 1}
    ended = post.dlq("replay", f"{TOPIC}:1:1", "--to-source", "--yes")
    assert ended.code == Exit.DONE
    [sent] = post.read(TOPIC)
    assert (sent.partition, sent.value) == (1, written.value)
    assert sent.headers == (("source", b"crm"),)
    assert post.read(REPLAY) == []
    assert post.states() == {f"{TOPIC}:1:1": "replayed"}


@pytest.mark.parametrize(("answer", "code"), [("y", Exit.DONE), ("n", Exit.USAGE)])
def test_a_person_is_asked(
    post: Post, monkeypatch: pytest.MonkeyPatch, answer: str, code: Exit
) -> None:
    """On a terminal the question takes the place of `--yes`."""

    class Terminal(io.StringIO):
        """Standard input of a person."""

        def isatty(self) -> bool:
            """Say that it is a terminal."""
            return True

    post.write(loan_letter(place(1)))
    monkeypatch.setattr(
        dlq_replay, "groups_reading", lambda _, topics: dict.fromkeys(topics, ())
    )
    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))
    ended = post.dlq("replay", "--all", "--to-source")
    assert ended.code == code
    assert f"{TOPIC} is also read by: no other group" in ended.err
    assert len(post.read(TOPIC)) == (code is Exit.DONE)
    assert ("nothing was sent" in ended.err) is (code is Exit.USAGE)


def test_many_that_are_not_sent(post: Post) -> None:
    """The first are named, the others counted; so are those that were sent before."""
    bad = [loan_letter(place(n), event=b"x", reason="no_framing") for n in range(25)]
    post.write(*bad)
    ended = post.dlq("replay", "--all")
    assert len(ended.out.splitlines()) == 1 + 20 + 1
    assert ended.out.endswith("and 5 more\n")
    post.write(*(loan_marker(MarkerKind.RESOLVED, place(n)) for n in range(25)))
    ended = post.dlq("replay", *(f"{TOPIC}:0:{n}" for n in range(25)))
    assert ended.code == Exit.NO
    assert "and 5 more\n" in ended.err


def test_nothing_but_delivered_profiles(post: Post) -> None:
    """A record whose every profile had its update is skipped, and sent to say so."""
    digest = ProfileId(IdKind.THIRD_PARTY_ID, WHO).digest
    post.write(loan_letter(place(1), delivered=(digest,)))
    value = post.json("replay", "--all")
    assert value["ends"] == {"skipped: delivered": 1}
    assert value["sent"] == 1


def test_a_bound_of_the_client_is_named(post: Post) -> None:
    """`message.max.bytes` of the configuration bounds what can be sent."""
    text = post.config.read_text()
    bound = text.replace("group.id: g}", "group.id: g, message.max.bytes: 1000}")
    post.config.write_text(bound)
    post.write(
        loan_letter(
            place(1), event=SINGLE_OBJECT + loan(customer={"email": "x" * 2000})
        )
    )
    ended = post.dlq("replay", "--all")
    assert ended.code == Exit.NO
    assert "not sent, too_large: the record for" in ended.out


def test_readers_that_cannot_be_told(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said, and `--yes` sends all the same."""
    post.write(loan_letter(place(1)))

    def refuse(*_: object) -> dict[str, list[str]]:
        raise DependencyError("the cluster does not say who reads: not authorized")

    monkeypatch.setattr(dlq_replay, "groups_reading", refuse)
    ended = post.dlq("replay", "--all", "--to-source", "--yes")
    assert ended.code == Exit.DONE
    assert "the cluster does not say who reads: not authorized" in ended.err


def test_a_topic_that_was_created_is_named(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who grants rights has to know of it."""
    post.write(loan_letter(place(1)))
    known = frozenset({TOPIC, LETTERS})  # nobody can create topics in this cluster
    monkeypatch.setattr(cluster_module.Cluster, "topics", lambda _: known)
    assert f"{REPLAY} was created\n" in post.dlq("replay", "--all").err


def test_replays_that_nobody_reads_are_named(post: Post) -> None:
    """The configuration may say that the group leaves them alone."""
    with post.config.open("a") as file:
        file.write("dead_letters: {read_replays: false}\n")
    post.write(loan_letter(place(1)))
    ended = post.dlq("replay", "--all")
    assert "dead_letters.read_replays is false here" in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "or write --all"),
        ((f"{TOPIC}:0:77",), f"there is no dead letter of {TOPIC}:0:77"),
        (("--all", "--limit", "0"), "Invalid value for '--limit'"),
    ],
)
def test_nothing_is_sent_by_mistake(
    post: Post, arguments: tuple[str, ...], said: str
) -> None:
    """A command line that chooses nothing, or what is not there, is a usage error."""
    ended = post.dlq("replay", *arguments)
    assert ended.code == Exit.USAGE
    assert said in ended.err


def test_errors_are_json_too(post: Post) -> None:
    """A program gets its one value, whatever happens."""
    ended = post.dlq("replay", "--output", "json")
    assert json.loads(ended.out)["error"] == "UsageError"


def test_a_letter_that_kafka_deleted_meanwhile(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the list and the reading a letter may expire: it is named."""
    post.write(loan_letter(place(1)))
    monkeypatch.setattr("consumer.cli.letterbox.Cluster.between", lambda *_: iter(()))
    ended = post.dlq("replay", "--all")
    assert ended.code == Exit.NO
    assert f"{TOPIC}:0:1: not sent, gone: Kafka has deleted the letter" in ended.out
