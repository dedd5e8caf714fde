"""`consumer init`: a mapping file to begin with."""

import json
import shutil
from pathlib import Path

import pytest
from confluent_kafka.schema_registry import (
    Schema,
    SchemaReference,
    SchemaRegistryClient,
)

from consumer.cli.exits import Exit
from consumer.cli.shipped import shipped_mappings, shipped_schemas
from consumer.cli.subject import alone
from tests.schemas.test_tutorial import BLOCK, README
from tests.unit.cli.command import Ended, run
from tests.unit.cli.outside import registry

ITEM = {
    "type": "record",
    "name": "Item",
    "namespace": "shop",
    "fields": [{"name": "sku", "type": "string"}],
}
ORDER = {
    "type": "record",
    "name": "OrderPlaced",
    "namespace": "shop",
    "fields": [
        {"name": "customer_id", "type": "string"},
        {"name": "first", "type": "Item"},
        {"name": "others", "type": {"type": "array", "items": ["null", "shop.Item"]}},
    ],
}


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the shipped folders, beside which commands run."""
    folder = tmp_path / "schemas"
    shutil.copytree(shipped_schemas(), folder / "avro")
    shutil.copytree(shipped_mappings(), folder / "mappings")
    monkeypatch.chdir(tmp_path)
    return folder


def passes(capsys: pytest.CaptureFixture[str], mapping: str) -> bool:
    """Return whether check and test of the working folders pass, and know `mapping`."""
    Path("consumer.yaml").write_text(
        "kafka: {bootstrap.servers: none, group.id: none}\ntarget: {client: acme}\n"
    )
    assert run(capsys, "check", "--config", "consumer.yaml").code == Exit.DONE
    ended = run(capsys, "test", "--config", "consumer.yaml")
    assert f"ok     {mapping}: an example\n" in ended.out
    return ended.code == Exit.DONE


@pytest.mark.parametrize(
    "schema", ["crm.LoanFunded", "pos.LoyaltyCardSwiped", "kiosk.KioskAccessed"]
)
def test_a_schema_of_ours(
    capsys: pytest.CaptureFixture[str], folders: Path, schema: str
) -> None:
    """A mapping stands beside the shipped one of the same events, and all passes."""
    ended = run(capsys, "init", "mine", "--schema", schema, "--output", "json")
    assert ended.code == Exit.DONE
    assert ended.json == {
        "ok": True,
        "mapping": "mine",
        "schema": schema,
        "written": [
            str(folders / "mappings" / "mine.yaml"),
            str(folders / "mappings" / "fixtures" / "mine.json"),
        ],
    }
    assert passes(capsys, "mine")


def test_the_schema_of_the_tutorial(
    capsys: pytest.CaptureFixture[str], folders: Path
) -> None:
    """The tutorial's event gets a mapping in one command."""
    texts = dict(BLOCK.findall(README))
    name = "avro/support.CallCentreReached.avsc"
    (folders / name).write_text(texts[name])
    ended = run(capsys, "init", "calls", "--schema", "support.CallCentreReached")
    assert (ended.code, "consumer test" in ended.err) == (Exit.DONE, True)
    text = (folders / "mappings" / "calls.yaml").read_text()
    assert "  - third_party_id: {from: customer_id, apply: [trim]}\n" in text
    assert "  # What the call was about.\n  callsTopic: {from: topic, " in text
    assert passes(capsys, "calls")


def test_the_defaults_of_the_folder_hold(
    capsys: pytest.CaptureFixture[str], folders: Path
) -> None:
    """What the folder says for all its mappings, a begun mapping does not say again."""
    for path in (folders / "mappings").rglob("*.*"):
        path.unlink()
    defaults = folders / "mappings" / "_defaults.yaml"
    defaults.write_text("defaults: {owner: us, no_profile: skip}\n")
    ended = run(capsys, "init", "mine", "--schema", "kiosk.KioskAccessed")
    assert ended.code == Exit.DONE
    assert passes(capsys, "mine")
    text = (folders / "mappings" / "mine.yaml").read_text()
    assert "\n# owner: TEAM  #" in text
    assert "\n# no_profile: skip  #" in text


def test_nothing_is_overwritten(
    capsys: pytest.CaptureFixture[str], folders: Path
) -> None:
    """A file that is there stays as it is, and then nothing is written at all."""
    fixture = folders / "mappings" / "fixtures" / "mine.json"
    fixture.write_text("mine")
    ended = run(capsys, "init", "mine", "--schema", "crm.LoanFunded")
    assert ended.code == Exit.USAGE
    assert f"{fixture} is there already: nothing was written" in ended.err
    assert fixture.read_text() == "mine"
    assert not (folders / "mappings" / "mine.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("mine",), "name one of --schema and --subject"),
        (("mine", "--schema", "crm.LoanFundet"), "Did you mean `crm.LoanFunded`?"),
        (("-mine-", "--schema", "crm.LoanFunded"), "No such option"),
        (("m ine", "--schema", "crm.LoanFunded"), "m ine cannot name a mapping"),
        (("mine", "--subject", "x"), "--subject needs --registry URL"),
        (("loan-funded", "--schema", "crm.LoanFunded"), "is there already"),
    ],
)
def test_what_cannot_be(
    capsys: pytest.CaptureFixture[str],
    folders: Path,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    """What is asked for and cannot be is said, and nothing is written."""
    ended = run(capsys, "init", *arguments)
    assert (ended.code, message in ended.err) == (Exit.USAGE, True)
    assert not (folders / "mappings" / "mine.yaml").exists()


def test_a_mapping_that_the_others_contradict(
    capsys: pytest.CaptureFixture[str], folders: Path
) -> None:
    """A draft that the check of the whole set refuses is not written."""
    path = folders / "mappings" / "loan-funded.yaml"
    path.write_text(path.read_text().replace("priority: high", "endpoint: single"))
    ended = run(capsys, "init", "mine", "--schema", "crm.LoanFunded")
    assert (ended.code, "M404" in ended.err) == (Exit.CONFIGURATION, True)
    ended = run(
        capsys, "init", "mine", "--schema", "crm.LoanFunded", "--topic", "a topic"
    )
    assert (ended.code, "cannot name a topic" in ended.err) == (3, True)
    assert not (folders / "mappings" / "mine.yaml").exists()


def test_a_file_of_its_own(capsys: pytest.CaptureFixture[str], folders: Path) -> None:
    """MAPPING may be a path; editors are told of the schema when it is there."""
    (folders / "mapping.schema.json").write_text("{}")
    path = folders / "mappings" / "new.yaml"
    assert run(capsys, "init", str(path), "--schema", "crm.LoanFunded").code == 0
    first = path.read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=../mapping.schema.json"
    blocked = folders / "avro" / "crm.LoanFunded.avsc" / "other.yaml"
    ended = run(capsys, "init", str(blocked), "--schema", "crm.LoanFunded")
    assert (ended.code, "cannot be written" in ended.err) == (Exit.USAGE, True)


def register(url: str, subject: str, schema: object, *refers: SchemaReference) -> None:
    """Register a schema."""
    with SchemaRegistryClient({"url": url}) as client:
        client.register_schema(
            subject, Schema(json.dumps(schema), "AVRO", list(refers))
        )


def subject(capsys: pytest.CaptureFixture[str], url: str, name: str) -> Ended:
    """Begin a mapping of a subject."""
    return run(capsys, "init", "orders", "--subject", name, "--registry", url)


def test_a_subject_of_the_registry(
    capsys: pytest.CaptureFixture[str], folders: Path
) -> None:
    """Its schema is written beside ours, with what it refers to inside."""
    with registry() as url:
        register(url, "items", ITEM)
        refers = SchemaReference("shop.Item", "items", 1)
        register(url, "shop.orders-value", ORDER, refers)
        ended = subject(capsys, url, "shop.orders-value:1")
        assert ended.code == Exit.DONE
        again = subject(capsys, url, "shop.orders-value")
        assert (again.code, "it is used" in again.err) == (Exit.USAGE, True)
        missing = subject(capsys, url, "shop.orders-value:7")
        assert (missing.code, "has no shop" in missing.err) == (Exit.USAGE, True)
        wrong = subject(capsys, url, "shop.orders-value:new")
        assert (wrong.code, "is no number" in wrong.err) == (Exit.USAGE, True)
    assert ended.out.splitlines() == [
        str(folders / "avro" / "shop.OrderPlaced.avsc"),
        str(folders / "mappings" / "orders.yaml"),
        str(folders / "mappings" / "fixtures" / "orders.json"),
    ]
    text = (folders / "mappings" / "orders.yaml").read_text()
    assert "  topic: shop.orders  #" in text
    assert "  ordersFirstSku: {from: first.sku, " in text
    assert passes(capsys, "orders")


def test_a_registry_that_does_not_answer(
    capsys: pytest.CaptureFixture[str], folders: Path
) -> None:
    """A registry that cannot be reached is a dependency that is missing."""
    ended = subject(capsys, "http://127.0.0.1:1", "x")
    assert (ended.code, folders.exists()) == (Exit.DEPENDENCY, True)
    with registry() as url:
        register(url, "text", "string")
        ended = subject(capsys, url, "text")
    assert (ended.code, "text is not an Avro record" in ended.err) == (4, True)


def test_a_schema_stands_alone_with_what_it_refers_to() -> None:
    """A reference is written out where it is named first, and by its name after that."""
    assert alone(ORDER, {"shop.Item": ITEM}) == {
        **ORDER,
        "fields": [
            ORDER["fields"][0],
            {"name": "first", "type": {**ITEM, "name": "shop.Item"}},
            ORDER["fields"][2],
        ],
    }
