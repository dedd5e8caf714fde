"""`consumer dlq list`, `show` and `resolve`, from Kafka alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from consumer.cli import letterbox
from consumer.cli.exits import Exit
from consumer.cli.letter_options import moment_text
from consumer.cli.shipped import shipped_schemas
from consumer.letters.letter import Coordinates
from consumer.letters.marker import MarkerKind
from tests.broker.mock import MockCluster
from tests.unit.cli.command import run
from tests.unit.cli.events import TOPIC, loan
from tests.unit.cli.letters import (
    GROUP,
    LETTERS,
    Post,
    loan_letter,
    loan_marker,
    place,
    post_office,
)
from tests.unit.cli.outside import registry
from tests.unit.letters.kit import letter, origin


@pytest.fixture
def post(
    mock_cluster: MockCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Post]:
    """Give a post office."""
    with post_office(mock_cluster, tmp_path, capsys) as found:
        yield found


def test_letters_are_listed_in_groups(post: Post) -> None:
    """By reason, mapping and schema, with counts, ages and an example."""
    post.write(
        loan_letter(place(1)),
        loan_letter(place(2)),
        loan_letter(place(3), event=b"x", reason="no_framing", mappings=()),
        loan_letter(place(4), replays=1),
        loan_marker(MarkerKind.RESOLVED, place(2)),
        msgspec.structs.replace(loan_letter(place(9), group="others"), topic=LETTERS),
    )
    found = post.dlq("list", "--output", "json")
    assert found.json["letters"] == 4
    assert found.json["other_groups"] == 1
    assert [found.json[state] for state in ("open", "replayed", "resolved")] == [
        3,
        0,
        1,
    ]
    first, second = found.listed("groups")
    assert (first["reason"], first["mappings"], first["letters"]) == (
        "missing",
        ["loan-funded"],
        3,
    )
    assert (first["open"], first["resolved"]) == (2, 1)
    assert str(first["schema"]).startswith("fingerprint ")
    assert first["example"] == f"{TOPIC}:0:4"
    assert (second["reason"], second["schema"]) == ("no_framing", "")
    text = post.dlq("list")
    assert text.code == Exit.DONE
    head, row, *_ = text.out.splitlines()
    assert head.split()[:3] == ["reason", "mapping", "schema"]
    assert row.split()[0] == "missing"
    assert "3 open, 0 replayed, 1 resolved, in 1 letter topic\n" in text.err
    assert "1 letter of other groups" in text.err


def test_only_what_is_asked_for_is_listed(post: Post) -> None:
    """By reason, mapping, topic and time; groups that are closed only on demand."""
    post.write(
        loan_letter(place(1)),
        loan_letter(place(2), reason="http_400"),
        loan_marker(MarkerKind.REPLAYED, place(2)),
    )

    def reasons(*arguments: str) -> list[object]:
        found = post.dlq("list", *arguments, "--output", "json").listed("groups")
        return [one["reason"] for one in found]

    assert reasons() == ["missing"]
    assert reasons("--all") == ["http_400", "missing"]
    assert reasons("--all", "--code", "http_400") == ["http_400"]
    assert reasons("--reason", "none") == []
    assert reasons("--mapping", "loan-funded") == ["missing"]
    assert reasons("--topic", TOPIC, "--since", "1h") == ["missing"]
    assert reasons("--since", "2100-01-01T00:00:00Z") == []
    each = post.dlq("list", "--each", "--output", "json").listed("entries")
    assert [one["record"] for one in each] == [f"{TOPIC}:0:1"]
    assert each[0]["letter"] == f"{LETTERS}:0:0"
    lines = post.dlq("list", "--each", "--all").out.splitlines()
    assert [line.split()[1] for line in lines] == ["state", "open", "replayed"]


def test_a_shared_topic_of_letters(post: Post) -> None:
    """One topic for the letters of all topics is found by its own name."""
    post.cluster.create_topic("letters", 2)
    with post.config.open("a") as file:
        file.write("dead_letters: {topic: letters}\n")
    post.write(msgspec.structs.replace(loan_letter(place(1)), topic="letters"))
    assert post.json("list")["topics"] == ["letters"]
    assert post.json("show", f"{TOPIC}:0:1")["letter"] == "letters:0:0"
    assert post.json("show", "letters:0:0")["record"] == f"{TOPIC}:0:1"


def test_a_cluster_without_letters(post: Post, mock_cluster: MockCluster) -> None:
    """Nothing is listed; what was looked for is named."""
    del mock_cluster
    text = post.config.read_text().replace(f"group.id: {GROUP}", "group.id: nobody")
    post.config.write_text(text)
    ended = post.dlq("list")
    assert (ended.code, ended.out) == (Exit.DONE, "")
    assert "no topic of the cluster is named nobody.TOPIC.dead-letters" in ended.err
    ended = post.dlq("list", "--topic", TOPIC)
    assert ended.code == Exit.USAGE
    assert f"has no topic nobody.{TOPIC}.dead-letters" in ended.err


@pytest.mark.parametrize(
    "text", ["soon", "2026-03-01", "2026-03-01T12:00:00", "1w", ""]
)
def test_times_that_are_none(post: Post, text: str) -> None:
    """The message shows what can be written; a time without zone is none."""
    ended = post.dlq("list", "--since", text)
    assert ended.code == Exit.USAGE
    assert "write how long ago (30m, 2h, 7d), or a time with its zone" in ended.err


def test_a_letter_is_shown(post: Post) -> None:
    """Why, the mend, and the record as it is read today; its values on demand only."""
    post.write(loan_letter(place(5)))
    ended = post.dlq("show", f"{TOPIC}:0:5")
    assert ended.code == Exit.DONE
    lines = ended.out.splitlines()
    assert lines[0] == f"{TOPIC}:0:5: mapping, missing"
    assert "The field is missing in the record." in lines[2]
    assert "state            open" in lines
    assert "today it is      delivered" in lines
    assert '    event_id                     "<UUID>"' in lines
    for secret in ("C-1", "Ann@", "250000"):
        assert secret not in ended.out
    by_letter = post.json("show", f"{LETTERS}:0:0", "--show-values")
    assert by_letter["record"] == f"{TOPIC}:0:5"
    event = by_letter["event"]
    assert isinstance(event, dict)
    assert event["status"] == "FUNDED"
    assert by_letter["key"] == "k"
    assert by_letter["headers"] == [["source", "crm"]]
    assert lines[2] == f"    {by_letter['mend']}"


def test_the_end_of_a_letter_is_shown(post: Post) -> None:
    """Who closed it, when, why, and how often it had failed."""
    post.write(
        loan_letter(place(5)),
        loan_marker(MarkerKind.REPLAYED, place(5)),
        loan_letter(place(5), replays=1, delivered=("0" * 16,)),
        loan_marker(MarkerKind.RESOLVED, place(5), replays=1, note="told them \x1b[2J"),
    )
    out = post.dlq("show", f"{TOPIC}:0:5").out
    assert "state            resolved 2026-03-01T12:00:00Z: told them ?[2J\n" in out
    assert "replays          1, 2 letters in all\n" in out
    assert "delivered        to 1 profiles, which are left out\n" in out
    value = post.json("show", f"{TOPIC}:0:5")
    assert (value["state"], value["replays"], value["delivered_profiles"]) == (
        *("resolved", 1),
        1,
    )


def test_what_cannot_be_read_says_why(post: Post) -> None:
    """No payload, no mapping, wrong bytes, files at fault: the rest is shown."""
    other = Coordinates("crm.unknown", 0, 1, 5)
    unknown = f"{GROUP}.{other.topic}.dead-letters"
    post.cluster.create_topic(unknown, 2)
    post.write(
        loan_letter(place(5), max_bytes=1),
        loan_letter(place(6), event=b"x", reason="no_framing", mappings=()),
        letter(origin(other)),
        loan_letter(place(7)),
    )
    omitted = post.dlq("show", f"{TOPIC}:0:5").out
    assert (
        f"the letter has no payload: the record may still be at {TOPIC}:0:5" in omitted
    )
    assert (
        "today it is      dead letter: no_framing"
        in post.dlq("show", f"{TOPIC}:0:6").out
    )
    assert (
        "not read         no mapping reads crm.unknown\n"
        in post.dlq("show", "crm.unknown:0:1").out
    )
    broken = post.config.read_text().replace("schemas: ", "schemas: /nowhere")
    post.config.write_text(broken)
    assert post.dlq("show", f"{TOPIC}:0:7").code == Exit.CONFIGURATION


def test_mappings_at_fault_do_not_hide_a_letter(post: Post, tmp_path: Path) -> None:
    """Just when a mapping is broken, its letters are to be looked at."""
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "a.yaml").write_text("version: 9\n")
    lines = [
        f"mappings: {tmp_path / 'mappings'}" if line.startswith("mappings: ") else line
        for line in post.config.read_text().splitlines()
    ]
    post.config.write_text("\n".join(lines))
    post.write(loan_letter(place(5)))
    ended = post.dlq("show", f"{TOPIC}:0:5")
    assert ended.code == Exit.DONE
    assert "schemas or mappings are at fault" in ended.out
    assert post.json("list")["open"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "x is no topic:partition:offset"),
        (f"{TOPIC}:0", "is no topic:partition:offset"),
        (f"{TOPIC}:-1:5", "is no topic:partition:offset"),
        (f"{TOPIC}:0:99", f"there is no dead letter of {TOPIC}:0:99"),
        ("visits:0:1", f"the cluster has no topic {GROUP}.visits.dead-letters"),
    ],
)
def test_places_without_a_letter(post: Post, text: str, said: str) -> None:
    """They are named, with what would be right."""
    ended = post.dlq("show", text)
    assert ended.code == Exit.USAGE
    assert said in ended.err


def test_letters_are_resolved(post: Post) -> None:
    """A marker closes each, with the reason; what is closed stays as it is."""
    post.write(
        loan_letter(place(1)),
        loan_letter(place(2), reason="http_400"),
        loan_letter(place(3), replays=2),
    )
    ended = post.dlq("resolve", "--reason", "no such field", "--code", "missing")
    assert (ended.code, ended.err) == (Exit.DONE, "2 letters are resolved\n")
    assert post.states() == {
        f"{TOPIC}:0:1": "resolved",
        f"{TOPIC}:0:2": "open",
        f"{TOPIC}:0:3": "resolved",
    }
    shown = post.dlq("show", f"{TOPIC}:0:3").out
    assert ": no such field\n" in shown
    value = post.json("resolve", f"{TOPIC}:0:1", f"{TOPIC}:0:2", "--reason", "x")
    assert value == {"ok": True, "resolved": 1, "not_open": 1}
    ended = post.dlq("resolve", "--all", "--reason", "x")
    assert ended.err.splitlines() == [
        "0 letters are resolved",
        "3 letters not open: left as they are",
    ]


def test_nothing_is_resolved_by_mistake(post: Post) -> None:
    """Without a choice, without a reason, or with a place that has no letter."""
    post.write(loan_letter(place(1)))
    for arguments, said in (
        (("--reason", "x"), "or write --all"),
        (("--all",), "Missing option '--reason'"),
        ((f"{TOPIC}:0:1", f"{TOPIC}:0:7", "--reason", "x"), f"{TOPIC}:0:7"),
    ):
        ended = post.dlq("resolve", *arguments)
        assert ended.code == Exit.USAGE
        assert said in ended.err
    assert post.states() == {f"{TOPIC}:0:1": "open"}


@pytest.mark.parametrize(
    ("unix_ms", "text"),
    [
        (-1, ""),
        (0, "1970-01-01T00:00:00Z"),
        (1_772_379_000_999, "2026-03-01T15:30:00Z"),
        (1_772_379_000_000_000, "1772379000000000 ms"),
        (10**18, "1000000000000000000 ms"),
    ],
)
def test_times_are_written(unix_ms: int, text: str) -> None:
    """Also those of a publisher who counts microseconds."""
    assert moment_text(unix_ms) == text


def test_long_reading_is_told(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits learns how far it is."""
    monkeypatch.setattr(letterbox, "TELL_SECONDS", -1.0)
    post.write(loan_letter(place(1)), loan_letter(place(2)))
    err = post.dlq("list").err
    assert "read 1 records of 1 letter topics ...\nread 2 records" in err


def test_a_registry_that_is_away_hides_no_letter(post: Post) -> None:
    """What cannot be decoded for want of a schema says so; the rest is shown."""
    with post.config.open("a") as file:
        file.write("registry: {url: 'http://127.0.0.1:1'}\n")
    post.write(loan_letter(place(5), event=loan(7)))
    ended = post.dlq("show", f"{TOPIC}:0:5")
    assert ended.code == Exit.DONE
    assert "not read         schema registry http://127.0.0.1:1: " in ended.out
    assert post.json("show", f"{TOPIC}:0:5")["today"] is None


def test_a_schema_that_no_mapping_reads_today(post: Post) -> None:
    """An event of the topic that nobody claims would be skipped."""
    card = json.loads(next(shipped_schemas().glob("pos.*.avsc")).read_text())
    with registry() as url, SchemaRegistryClient({"url": url}) as client:
        number = client.register_schema("x", Schema(json.dumps(card), "AVRO"))
        with post.config.open("a") as file:
            file.write(f"registry: {{url: '{url}'}}\n")
        post.write(loan_letter(place(5), event=loan(number)))
        assert post.json("show", f"{TOPIC}:0:5")["today"] == "skipped: unmapped"


def test_the_group_of_commands_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """`consumer dlq --help` lists its four."""
    ended = run(capsys, "dlq", "--help")
    assert ended.code == Exit.DONE
    for name in ("list", "show", "replay", "resolve"):
        assert f"\n  {name} " in ended.out


def test_a_loan_is_what_it_was() -> None:
    """The letters here are of records that are right today."""
    assert len(loan()) > 50
