"""`consumer record`: events of a cluster in a file."""

import json
import stat
from pathlib import Path

import pytest

from consumer.cli.exits import Exit
from consumer.cli.recording import read_recording
from consumer.errors import UsageError
from consumer.model import SchemaId
from tests.broker.mock import MockCluster
from tests.unit.cli.command import Ended, run
from tests.unit.cli.events import (
    FINGERPRINT,
    SINGLE_OBJECT,
    TEXT,
    TOPIC,
    configured,
    letter_of,
    loan,
    produce,
    register,
)
from tests.unit.cli.outside import registry


def recorded(
    capsys: pytest.CaptureFixture[str], config: Path, file: Path, *more: str
) -> Ended:
    """Record the loans' topic, or another one that is named last."""
    where = ("--config", str(config), "--from", TOPIC, "-o", str(file))
    return run(capsys, "record", *where, "--output", "json", *more)


def test_the_bytes_are_as_they_were(
    capsys: pytest.CaptureFixture[str],
    config: Path,
    mock_cluster: MockCluster,
    tmp_path: Path,
) -> None:
    """The newest records with key, headers, time and the schemas that wrote them."""
    file = tmp_path / "loans.json"
    mock_cluster.create_topic(TOPIC)
    with registry() as url:
        number = register(url)
        value = loan(number)
        produce(
            mock_cluster,
            TOPIC,
            (b"old", value, ()),
            (b"C-1", value, [("source", b"crm"), ("none", None)]),
            (b"C-2", None, ()),
            (b"\xff", SINGLE_OBJECT + loan(), ()),
        )
        ended = recorded(
            capsys, configured(config, mock_cluster, url), file, "--last", "3"
        )
    assert (ended.code, ended.json) == (
        Exit.DONE,
        {
            "ok": True,
            "file": str(file),
            "records": 3,
            "schemas": 2,
            "masked": False,
            "not_events": {},
        },
    )
    found = read_recording(file)
    assert [(one.offset, one.key) for one in found.records] == [
        (1, b"C-1"),
        (2, b"C-2"),
        (3, b"\xff"),
    ]
    assert found.records[0].value == value
    assert found.records[0].headers == (("source", b"crm"), ("none", None))
    assert found.records[0].timestamp_ms > 0
    assert found.records[1].value is None
    assert set(found.schemas) == {
        SchemaId(number=number),
        SchemaId(fingerprint=FINGERPRINT),
    }
    texts = [json.loads(one.text) for one in found.schemas.values()]
    assert texts == [json.loads(TEXT)] * 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_masked_records(
    capsys: pytest.CaptureFixture[str],
    config: Path,
    mock_cluster: MockCluster,
    tmp_path: Path,
) -> None:
    """No value is left but what the rules keep, and equal ones stay equal."""
    file = tmp_path / "loans.json"
    mock_cluster.create_topic(TOPIC)
    with registry() as url:
        number = register(url)
        headers = [("source", b"crm-secret"), ("traceparent", b"\xff\xfe\xfd")]
        produce(
            mock_cluster,
            TOPIC,
            (b"C-1", loan(number), headers),
            (b"C-1", loan(number, loan={"currency": "EUR"}), ()),
            (b"C-1", loan(number)[:-1] + b"secret!!", ()),
            (None, loan(), [("__value_schema_id", b"\0" + number.to_bytes(4, "big"))]),
        )
        where = configured(config, mock_cluster, url)
        options = ("--mask", "--keep", "loan.currency")
        ended = recorded(capsys, where, file, *options)
        again = tmp_path / "again.json"
        recorded(capsys, where, again, *options)
    assert ended.json["not_events"] == {"trailing_bytes": 1}
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    found = read_recording(file)
    first, second, broken, in_header = found.records
    assert found.masked
    whole = b"".join(
        part or b"" for one in found.records for part in (one.value, one.key)
    )
    for secret in (b"C-1", b"Ann", b"Example", b"secret"):
        assert secret not in whole
    assert first.headers[0][1] != b"crm-secret"
    assert [len(value or b"") for _, value in first.headers] == [10, 3]
    assert first.value is not None
    assert second.value is not None
    assert first.value[:5] == b"\0" + number.to_bytes(4, "big")
    assert b"USD" in first.value
    assert first.value.replace(b"USD", b"EUR") == second.value
    assert first.key is not None
    assert first.key in first.value
    assert (first.key, broken.key) == (second.key, first.key)
    assert len(broken.value or b"") == len(loan(number)) + 7
    assert in_header.headers[0][1] == b"\0" + number.to_bytes(4, "big")
    assert in_header.value == first.value[5:]
    assert read_recording(again).records[0].value != first.value


def test_dead_letters(
    capsys: pytest.CaptureFixture[str],
    config: Path,
    mock_cluster: MockCluster,
    tmp_path: Path,
) -> None:
    """A letter is masked as the record that it was; what it says of itself stays."""
    file = tmp_path / "letters.json"
    letter = letter_of(SINGLE_OBJECT + loan())
    digests = ("dead-letter-delivered", b"0123456789abcdef")
    mock_cluster.create_topic(letter.source.topic)
    headers = [*letter.headers, digests]
    produce(
        mock_cluster,
        letter.source.topic,
        (letter.key, letter.value, headers),
        (b"", b"\x00\x00\x00\x00\x07Ann", ()),
    )
    where = ("--config", str(configured(config, mock_cluster)))
    ended = run(
        capsys,
        *("record", *where, "--from", letter.source.topic, "-o", str(file), "--mask"),
    )
    assert (ended.code, ended.out) == (Exit.DONE, "")
    assert "2 records and 1 schemas, masked\n" in ended.err
    assert "1 of them are no events: no_registry\n" in ended.err
    first, second = read_recording(file).records
    said = dict(first.headers)
    assert said["dead-letter-reason"] == b"missing"
    assert said["dead-letter-delivered"] != digests[1]
    assert first.value is not None
    assert first.value.startswith(SINGLE_OBJECT)
    assert b"Ann" not in first.value
    assert (second.value or b"").startswith(b"\0\0\0\0\x07")
    assert b"Ann" not in (second.value or b"")


def test_topics_and_files_that_cannot_be(
    capsys: pytest.CaptureFixture[str],
    config: Path,
    mock_cluster: MockCluster,
    tmp_path: Path,
) -> None:
    """A topic that is not there, and a file that cannot be written, are named."""
    where = configured(config, mock_cluster)
    ended = recorded(capsys, where, tmp_path / "x.json")
    assert (ended.code, f"has no topic {TOPIC}" in ended.err) == (Exit.USAGE, True)
    mock_cluster.create_topic(TOPIC)
    ended = recorded(capsys, where, tmp_path)
    assert (ended.code, "cannot be written" in ended.err) == (Exit.USAGE, True)
    assert recorded(capsys, where, tmp_path / "none.json").json["records"] == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read: FileNotFoundError"),
        ("{}", "missing required field `format`"),
        (
            (
                '{"format": "consumer records", "version": 1, "masked": true, '
                '"schemas": [{"text": "x"}], "records": []}'
            ),
            "exactly one of id, guid and fingerprint",
        ),
    ],
)
def test_files_that_are_no_recording(
    tmp_path: Path, text: str | None, message: str
) -> None:
    """A file that holds something else says what is wrong with it."""
    path = tmp_path / "x.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match=message):
        read_recording(path)
