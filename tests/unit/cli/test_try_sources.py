"""`consumer try`: where the record may come from."""

import base64
import json
from pathlib import Path

import pytest

from consumer.cli.exits import Exit
from consumer.cli.shipped import shipped_mappings
from tests.broker.mock import MockCluster
from tests.unit.cli.command import Ended, run
from tests.unit.cli.events import (
    FINGERPRINT,
    LOAN,
    SINGLE_OBJECT,
    TOPIC,
    configured,
    loan,
    register,
)
from tests.unit.cli.outside import registry


def tried(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    """Try a record, and answer in JSON."""
    return run(capsys, "try", *arguments, "--output", "json")


def names(ended: Ended) -> list[str]:
    """Return the mappings that a trial shows."""
    return [one["mapping"] for one in ended.listed("mappings")]


# ------------------------------------------------------------------------------ JSON


@pytest.mark.parametrize(
    ("fixture", "mapping"),
    [
        ("loan", "loan-funded"),
        ("loyalty", "loyalty-card-swiped"),
        ("kiosk", "kiosk-accessed"),
    ],
)
def test_the_mappings_are_found(
    capsys: pytest.CaptureFixture[str], fixture: str, mapping: str
) -> None:
    """Without a mapping named, those that claim the record are found by its schema."""
    path = shipped_mappings() / "fixtures" / f"{fixture}.json"
    ended = tried(capsys, "--record", str(path))
    assert (ended.code, names(ended)) == (Exit.DONE, [mapping])


def test_every_mapping_that_claims_the_record(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Two mappings of one topic are both shown, and make one request."""
    for name in ("a", "b"):
        text = (shipped_mappings() / "loan-funded.yaml").read_text()
        text = text.partition("tests:")[0].replace("loan-funded\n", f"{name}\n", 1)
        (tmp_path / f"{name}.yaml").write_text(text)
    path = shipped_mappings() / "fixtures" / "loan.json"
    ended = tried(capsys, "--record", str(path), "--mappings", str(tmp_path))
    assert (names(ended), len(ended.listed("requests"))) == (["a", "b"], 1)


def test_avros_own_encoding(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A union's value under the name of its branch, dates as numbers: also read."""
    event = json.loads(json.dumps(LOAN))
    event["funded_at"] = 1_772_379_000_000_000
    event["customer"]["email"] = {"string": "ann@example.com"}
    event["loan"]["first_payment_on"] = {"int": 20_544}
    path = tmp_path / "loan.json"
    path.write_text(json.dumps(event))
    ended = tried(capsys, "--record", str(path))
    [request] = ended.listed("requests")
    assert request["attributes"]["loanFundedOn"] == "2026-03-01"
    assert request["attributes"]["loanFirstPayment"] == "2026-04-01"


def test_a_record_of_no_mapping(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A record that fits no schema is told what each of them misses."""
    path = tmp_path / "x.json"
    path.write_text("{}")
    ended = tried(capsys, "--record", str(path))
    assert ended.code == Exit.USAGE
    assert "fits the schema of no mapping:\n" in ended.err
    assert "  crm.LoanFunded: event_id: the field is missing" in ended.err
    ended = tried(capsys, "--record", str(path), "--topic", "other")
    assert "no mapping claims the topic other" in ended.err
    path.write_text("null")
    ended = tried(capsys, "--record", str(path), "--topic", TOPIC)
    assert (ended.json["skipped"], ended.code) == ("tombstone", Exit.DONE)


def test_a_record_of_several_schemas(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A record that fits two schemas is not guessed at."""
    field = {"name": "id", "type": "string"}
    for name in ("A", "B"):
        schema = {"type": "record", "name": name, "fields": [field]}
        (tmp_path / f"{name}.avsc").write_text(json.dumps(schema))
        (tmp_path / f"{name}.yaml").write_text(
            f"version: 1\nname: {name}\nsource: {{topic: t{name}, schema: {name}}}\n"
            f"profile: {{pc_id: id}}\nattributes: {{x{name}: id}}\n"
        )
    record = tmp_path / "x.json"
    record.write_text('{"id": "x"}')
    folders = ("--schemas", str(tmp_path), "--mappings", str(tmp_path))
    ended = tried(capsys, "--record", str(record), *folders)
    assert (ended.code, "name one mapping of A, B" in ended.err) == (Exit.USAGE, True)
    ended = tried(capsys, "--record", str(record), *folders, "--topic", "tB")
    assert names(ended) == ["B"]


def test_elements_of_a_list(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """With `for_each` it is said which element a rule looked at."""
    path = tmp_path / "lines.yaml"
    path.write_text(
        "version: 1\nname: lines\nfor_each: {line: lines}\n"
        "source: {topic: t, schema: pos.LoyaltyCardSwiped}\n"
        "profile: {third_party_id: line.sku}\nattributes: {lineAmount: line.amount}\n"
    )
    record = shipped_mappings() / "fixtures" / "loyalty.json"
    ended = run(capsys, "try", str(path), "--record", str(record))
    assert ended.code == Exit.DONE
    assert "  lines[0] attribute lineAmount\n" in ended.out
    assert "  lines[1] profile third_party_id\n" in ended.out
    assert "request 2 of 2, " in ended.out


# ----------------------------------------------------------------------------- bytes


def test_single_object_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes that name a local schema by fingerprint need nothing else."""
    value = SINGLE_OBJECT + loan()
    for option, text in (
        ("--hex", value.hex()),
        ("--base64", base64.b64encode(value).decode()),
    ):
        ended = tried(capsys, option, text, "--key", "C-1")
        assert (ended.code, names(ended)) == (Exit.DONE, ["loan-funded"])
        record = ended.json["record"]
        assert isinstance(record, dict)
        assert record["writer"] == f"fingerprint {FINGERPRINT:016x}"
        assert (record["begins_at"], record["bytes"]) == (10, len(value))
        assert (record["key"], record["topic"]) == ("C-1", TOPIC)
        assert record["reader"] == "crm.LoanFunded"


def test_bytes_of_a_registered_schema(
    capsys: pytest.CaptureFixture[str], config: Path, mock_cluster: MockCluster
) -> None:
    """An id in front, or in a header, is asked for in the configured registry."""
    with registry() as url:
        number = register(url)
        where = ("--config", str(configured(config, mock_cluster, url)))
        ended = tried(capsys, "--hex", loan(number).hex(), *where)
        assert (ended.code, names(ended)) == (Exit.DONE, ["loan-funded"])
        header = f"__value_schema_id:00{number:08x}"
        ended = tried(capsys, "--hex", loan().hex(), "--header", header, *where)
        assert names(ended) == ["loan-funded"]
        ended = tried(capsys, "--hex", loan(number + 7).hex(), *where)
        assert ended.code == Exit.NO
        assert str(ended.json["refused"]).startswith("unknown_schema: ")
        text = run(capsys, "try", "--hex", loan(number).hex(), *where).out
    assert f"written by id {number}; the event begins at byte 5\n" in text
    assert "read as crm.LoanFunded\n    event_id " in text


def test_bytes_of_another_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """An event that no mapping of its topic reads is skipped, and says what it is."""
    value = (SINGLE_OBJECT + loan()).hex()
    options = ("--hex", value, "--topic", "kiosk.kiosk-accessed.v1")
    ended = run(capsys, "try", *options)
    assert (ended.code, ended.err) == (Exit.DONE, "skipped: unmapped\n")
    said = "no mapping of kiosk.kiosk-accessed.v1 reads crm.LoanFunded\n"
    assert said in ended.out


def test_bare_bytes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Bytes that name no schema are read as the mapping says that is named."""
    text = (shipped_mappings() / "loan-funded.yaml").read_text().partition("tests:")[0]
    path = tmp_path / "loan-funded.yaml"
    schema = "  schema: crm.LoanFunded\n"
    path.write_text(text.replace(schema, f"{schema}  framing: bare\n"))
    ended = tried(capsys, str(path), "--hex", loan().hex())
    assert (ended.code, names(ended)) == (Exit.DONE, ["loan-funded"])
    ended = tried(capsys, str(path), "--hex", loan()[:-1].hex())
    assert (ended.code, ended.json["event"]) == (Exit.NO, None)
    assert str(ended.json["refused"]).startswith("truncated: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name the record by one of --record, --hex, --base64, --from"),
        (("--hex", "0", "--base64", "AA=="), "name the record by one of"),
        (("--hex", "0g"), "these are no hex digits"),
        (("--base64", "a"), "these are no base64"),
        (("--hex", "00", "--header", "x"), "x is no NAME:HEX"),
        (("--from", "t:0:0"), "--from needs --config"),
    ],
)
def test_what_is_no_record(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    """What names no record is a usage error, in words."""
    ended = tried(capsys, *arguments)
    assert (ended.code, message in ended.err) == (Exit.USAGE, True)
