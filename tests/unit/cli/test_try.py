"""`consumer try`: from a record to the requests, nothing sent."""

import json
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from consumer.cli.exits import Exit
from consumer.cli.shipped import shipped_mappings
from tests.unit.cli.command import Ended, run

MAPPING = shipped_mappings() / "loan-funded.yaml"
RECORD = shipped_mappings() / "fixtures" / "loan.json"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Return a copy of the loan's fixture, to be changed."""
    path = tmp_path / "loan.json"
    path.write_text(RECORD.read_text())
    return path


def tried(
    capsys: pytest.CaptureFixture[str], record: Path, *more: str, form: str = "json"
) -> Ended:
    arguments = ("try", str(MAPPING), "--record", str(record), "--output", form)
    return run(capsys, *arguments, *more)


def test_every_step_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """A person reads the steps of each rule, then the request as it goes out."""
    ended = tried(capsys, RECORD, form="text")
    assert ended.code == Exit.DONE
    assert "  attribute emailHash\n" in ended.out
    assert '    apply trim                   "Ann@Example.COM"\n' in ended.out
    assert "request 1 of 1, " in ended.out
    assert "POST /m2/client/profile/update HTTP/1.1\r\n" in ended.out
    assert "\r\n\r\nmbox3rdPartyId=C-1&profile.loanSequence=7&" in ended.out
    assert ended.err == ""


def test_the_request_is_exact(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    """The JSON holds method, target, head and body, made with the client's own code."""
    ended = tried(capsys, RECORD, "--config", str(config))
    (request,) = ended.listed("requests")
    assert request["method"] == "POST"
    assert request["target"] == "/m2/acme/profile/update"
    assert request["head"].startswith("POST /m2/acme/profile/update HTTP/1.1\r\n")
    assert "Authorization" not in request["head"]
    assert parse_qs(request["body"])["profile.loanAmount"] == ["250000.00"]
    size = len(request["head"]) + 2 + len(request["body"])
    assert request["bytes"] == size
    assert request["profile"] == {"third_party_id": "C-1"}


def test_a_record_that_is_skipped(
    capsys: pytest.CaptureFixture[str], record: Path
) -> None:
    """A record that a rule skips makes no request, and that is no failure."""
    record.write_text(record.read_text().replace("FUNDED", "DECLINED"))
    ended = tried(capsys, record)
    assert ended.code == Exit.DONE
    assert (ended.json["skipped"], ended.json["requests"]) == ("when", [])
    assert tried(capsys, record, form="text").err == "skipped: when\n"


def test_a_record_that_is_refused(
    capsys: pytest.CaptureFixture[str], record: Path
) -> None:
    """A refusal names the rule, and the exit code is 1."""
    event = json.loads(record.read_text())
    event["customer"]["crm_id"] = ""
    record.write_text(json.dumps(event))
    ended = tried(capsys, record, form="text")
    assert ended.code == Exit.NO
    assert "refused: " in ended.err
    assert tried(capsys, record).json["requests"] == []


def test_what_the_endpoint_refuses(
    capsys: pytest.CaptureFixture[str], record: Path
) -> None:
    """What Target cannot take is seen here already: an id with a plus."""
    record.write_text(record.read_text().replace("C-1", "C+1"))
    ended = tried(capsys, record)
    assert ended.code == Exit.NO
    assert str(ended.json["refused"]).startswith("invalid_id: ")


def test_a_tombstone(capsys: pytest.CaptureFixture[str], record: Path) -> None:
    """`null` is a record without a value."""
    record.write_text("null")
    assert tried(capsys, record).json["skipped"] == "tombstone"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "is not JSON"),
        ("[1]", "does not fit its schema: the record: keys with values belong here"),
        ('{"event": 1}', "does not fit its schema: event: no such field"),
    ],
)
def test_a_record_that_does_not_fit(
    capsys: pytest.CaptureFixture[str], record: Path, text: str, expected: str
) -> None:
    """What is no record of the mapping's schema is a usage error, in words."""
    record.write_text(text)
    ended = tried(capsys, record, form="text")
    assert ended.code == Exit.USAGE
    assert expected in ended.err


def test_files_that_are_not_there(
    capsys: pytest.CaptureFixture[str], record: Path, tmp_path: Path
) -> None:
    """A missing record or mapping is named; so is a file that is no mapping."""
    ended = run(capsys, "try", "nope.yaml", "--record", str(record))
    assert (ended.code, "nope.yaml cannot be read" in ended.err) == (2, True)
    ended = tried(capsys, tmp_path / "none.json")
    assert (ended.code, "none.json cannot be read" in ended.err) == (2, True)
    ended = run(capsys, "try", str(record), "--record", str(record))
    assert (ended.code, "there is no mapping" in ended.err) == (2, True)


def test_a_mapping_is_found_by_its_name(
    capsys: pytest.CaptureFixture[str], record: Path
) -> None:
    """A name finds its file, and a name that is nearly right is asked about."""
    ended = run(capsys, "try", "loan-funded", "--record", str(record))
    assert (ended.code, "mapping loan-funded" in ended.out) == (0, True)
    ended = run(capsys, "try", "loan-fundd", "--record", str(record))
    assert (ended.code, "did you mean loan-funded?" in ended.err) == (2, True)
