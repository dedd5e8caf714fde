"""`consumer try --from`: a record, or a dead letter, of a cluster."""

from pathlib import Path

import pytest

from consumer.cli.exits import Exit
from tests.broker.mock import MockCluster
from tests.unit.cli.command import run
from tests.unit.cli.events import (
    SINGLE_OBJECT,
    TOPIC,
    configured,
    letter_of,
    loan,
    produce,
    register,
)
from tests.unit.cli.outside import registry
from tests.unit.cli.test_try_sources import names, tried


def test_a_record_of_a_cluster(
    capsys: pytest.CaptureFixture[str], config: Path, mock_cluster: MockCluster
) -> None:
    """Its place, sizes and steps are shown; its values only when they are asked for."""
    mock_cluster.create_topic(TOPIC)
    with registry() as url:
        value = loan(register(url))
        produce(mock_cluster, TOPIC, (b"C-1", b"", ()), (b"C-1", value, ()))
        where = ("--config", str(configured(config, mock_cluster, url)))
        place = ("--from", f"{TOPIC}:0:1")
        ended = tried(capsys, *place, *where)
        shown = tried(capsys, *place, *where, "--show-values")
        text = run(capsys, "try", *place, *where)
    assert (ended.code, names(ended)) == (Exit.DONE, ["loan-funded"])
    record = ended.json["record"]
    assert isinstance(record, dict)
    assert (record["offset"], record["bytes"]) == (1, len(value))
    assert record["key"] == "<text, 3>"
    [request] = ended.listed("requests")
    assert request["attributes"]["loanProduct"] == "<text, 8>"
    assert {"head", "body"} & request.keys() == set()
    for secret in ("C-1", "mortgage", "250000", "Ann@"):
        assert secret not in ended.out + text.out + text.err
        assert secret in shown.out
    [same] = shown.listed("requests")
    assert same["bytes"] == request["bytes"]
    assert '    event_id                     "<UUID>"' in text.out
    assert "POST /m2/acme/profile/update\n" in text.out


def test_a_dead_letter(
    capsys: pytest.CaptureFixture[str], config: Path, mock_cluster: MockCluster
) -> None:
    """It says why it was given up, and is tried as the record that it was."""
    whole = letter_of(SINGLE_OBJECT + loan())
    empty = letter_of(b"x" * 100, max_bytes=1)
    fake = [*whole.headers, ("dead-letter-partition", b"three")]
    topic = whole.source.topic
    mock_cluster.create_topic(topic)
    letters = [(one.key, one.value, one.headers) for one in (whole, empty)]
    produce(mock_cluster, topic, *letters, (b"", whole.value, fake))
    where = ("--config", str(configured(config, mock_cluster)))
    ended = tried(capsys, "--from", f"{topic}:0:0", *where)
    assert (ended.code, names(ended)) == (Exit.DONE, ["loan-funded"])
    record, said = ended.json["record"], ended.json["letter"]
    assert isinstance(record, dict)
    assert isinstance(said, dict)
    assert (record["topic"], record["partition"], record["offset"]) == (TOPIC, 3, 41)
    assert record["headers"] == ["source"]
    assert (said["stage"], said["reason"]) == ("mapping", "missing")
    text = run(capsys, "try", "--from", f"{topic}:0:0", *where).out
    assert "dead letter, given up:\n    stage                        mapping\n" in text
    ended = tried(capsys, "--from", f"{topic}:0:1", *where)
    assert ended.code == Exit.NO
    assert str(ended.json["refused"]).startswith("payload_omitted: ")
    ended = tried(capsys, "--from", f"{topic}:0:2", *where)
    assert (ended.json["letter"], ended.json["skipped"]) == (None, "unmapped")


def test_places_that_are_none(
    capsys: pytest.CaptureFixture[str], config: Path, mock_cluster: MockCluster
) -> None:
    """A topic, partition or offset that is not there is named, with what there is."""
    mock_cluster.create_topic(TOPIC)
    mock_cluster.create_topic("empty")
    produce(mock_cluster, TOPIC, (b"k", None, ()))
    where = ("--config", str(configured(config, mock_cluster)))
    for place, message in (
        ("x", "x is no topic:partition:offset"),
        (f"{TOPIC}:7:0", "has no partition 7"),
        (f"{TOPIC}:0:5", "has offsets 0 to 0"),
        ("empty:0:0", "has no records"),
    ):
        ended = tried(capsys, "--from", place, *where)
        assert (ended.code, message in ended.err) == (Exit.USAGE, True), ended.err
    ended = tried(capsys, "--from", f"{TOPIC}:0:0", *where)
    assert (ended.code, ended.json["skipped"]) == (Exit.DONE, "tombstone")
