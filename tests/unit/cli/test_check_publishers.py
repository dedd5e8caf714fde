"""`consumer check --candidate` and `--registry`: publishers' schemas against ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from confluent_kafka.schema_registry import (
    Schema,
    SchemaReference,
    SchemaRegistryClient,
)

from consumer.cli.exits import Exit
from consumer.cli.shipped import shipped_mappings, shipped_schemas
from consumer.cli.subjects import Asking
from consumer.config.settings import RegistrySettings
from consumer.errors import RegistryUnreachableError
from tests.unit.cli.command import Ended, run
from tests.unit.sandbox.box import Box, sandbox

LOAN = (shipped_schemas() / "crm.LoanFunded.avsc").read_text()
LOYALTY = (shipped_schemas() / "pos.LoyaltyCardSwiped.avsc").read_text()
SUBJECT = "crm.loan-funded.v1-value"


def candidate(
    capsys: pytest.CaptureFixture[str], folder: Path, text: str, *more: str
) -> Ended:
    """Check a schema that is not registered yet, in the way of a publisher's CI."""
    file = folder / "NEW.avsc"
    file.write_text(text, encoding="utf-8")
    folders = ("--mappings", str(shipped_mappings()), "--candidate", str(file))
    return run(capsys, "check", *folders, *more)


def found(ended: Ended) -> list[tuple[object, object, object]]:
    """Return code, severity and file of each finding."""
    faults = ended.listed("faults")
    return [(one["code"], one["severity"], one["file"]) for one in faults]


# ------------------------------------------------------------------------ candidate


def test_a_candidate_that_changes_nothing_for_us(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A schema with one more field passes, with neither registry nor configuration."""
    more = LOAN.replace(
        '"fields": [', '"fields": [{"name": "branch", "type": "string"},', 1
    )
    ended = candidate(capsys, tmp_path, more, "--output", "json")
    assert (ended.code, ended.json) == (Exit.DONE, {"ok": True, "faults": []})


def test_a_candidate_that_breaks_a_mapping(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The field is named at its place in the publisher's file, with the mend; code 1."""
    text = LOAN.replace('"name": "score"', '"name": "points"')
    ended = candidate(capsys, tmp_path, text)
    line = next(
        number for number, one in enumerate(text.splitlines(), 1) if '"loan",' in one
    )
    assert ended.code == Exit.NO
    head, *_, mend = ended.out.rstrip("\n").split("\n")
    assert head.startswith(
        f"{tmp_path}/NEW.avsc:{line - 1}:5: error S101: `loan.score`"
    )
    assert mend.startswith("    Keep what was written so far, or change ")
    assert ended.err == "1 fault\n"


def test_a_candidate_that_drops_what_a_mapping_reads(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A field that has a default here is missed only where a mapping reads it."""
    lines = LOAN.splitlines()
    kept = [one for one in lines if '"name": "email"' not in one]
    ended = candidate(capsys, tmp_path, "\n".join(kept), "--output", "json")
    assert (ended.code, found(ended)) == (
        Exit.NO,
        [("S105", "error", f"{tmp_path}/NEW.avsc")],
    )
    [fault] = ended.listed("faults")
    assert "attribute `emailHash` of loan-funded reads it" in str(fault["message"])
    unread = [one for one in LOYALTY.splitlines() if '"name": "birthday"' not in one]
    text = "\n".join(unread).replace(
        '"doc": "Points after this swipe.", "type": "long"},',
        '"doc": "Points after this swipe.", "type": "long"}',
    )
    assert candidate(capsys, tmp_path, text).code == Exit.DONE


def test_a_candidate_of_an_event_that_nobody_reads(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A new event is a warning; what is no schema is a fault; what is not there usage."""
    text = '{"type": "record", "name": "new.Event", "fields": []}'
    ended = candidate(capsys, tmp_path, text)
    assert (ended.code, ended.err) == (Exit.DONE, "ok, 1 warning\n")
    ended = candidate(capsys, tmp_path, '{"type": ')
    assert ended.out.startswith(f"{tmp_path}/NEW.avsc:1:10: error S102: ")
    assert ended.code == Exit.NO
    mappings = ("--mappings", str(shipped_mappings()))
    ended = run(capsys, "check", *mappings, "--candidate", "gone.avsc")
    assert ended.code == Exit.USAGE


def test_a_candidate_that_refers_to_others(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What a schema refers to is given beside it; without it nothing can be said."""
    schema = json.loads(LOAN)
    customer = {**schema["fields"][4]["type"], "name": "crm.Customer"}
    schema["fields"][4]["type"] = "crm.Customer"
    (tmp_path / "customer.avsc").write_text(json.dumps(customer))
    text = json.dumps(schema)
    ended = candidate(capsys, tmp_path, text, "--output", "json")
    assert [code for code, *_ in found(ended)] == ["S102"]
    beside = ("--reference", str(tmp_path / "customer.avsc"))
    assert candidate(capsys, tmp_path, text, *beside).code == Exit.DONE


def test_faults_of_our_own_come_first(
    capsys: pytest.CaptureFixture[str], config: Path, tmp_path: Path
) -> None:
    """With broken mappings nothing is compared, and the code is that of our files."""
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "a.yaml").write_text("version: 2\n")
    text = config.read_text().replace(str(shipped_mappings()), "mappings")
    config.write_text(text)
    (tmp_path / "NEW.avsc").write_text("{")
    ended = run(
        capsys,
        *("check", "--config", str(config), "--output", "json"),
        *("--candidate", str(tmp_path / "NEW.avsc")),
    )
    assert ended.code == Exit.CONFIGURATION
    assert {code for code, *_ in found(ended)} == {"M102", "M103"}


def test_a_command_line_that_names_too_much(
    capsys: pytest.CaptureFixture[str], config: Path
) -> None:
    """A folder beside a configuration that names its own is a mistake of usage."""
    ended = run(capsys, "check", "--config", str(config), "--schemas", "x")
    assert ended.code == Exit.USAGE


# ------------------------------------------------------------------------- registry


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    """Give a sandbox with its registry."""
    async with sandbox() as running:
        yield running


async def register(box: Box, subject: str, *texts: str | Schema) -> None:
    """Register versions of a subject, the oldest first."""

    def ask() -> None:
        url = box.running.addresses.registry
        with SchemaRegistryClient({"url": url, "max.retries": 0}) as client:
            for text in texts:
                schema = Schema(text, "AVRO") if isinstance(text, str) else text
                client.register_schema(subject, schema)

    await asyncio.to_thread(ask)


def point(config: Path, url: str) -> None:
    """Name a registry in the configuration."""
    text = config.read_text().partition("registry:")[0]
    config.write_text(f"{text}registry: {{url: '{url}'}}\n")


def claim_pattern(config: Path, pattern: str) -> None:
    """Let the loan mapping, alone and without its tests, claim a pattern of topics."""
    folder = config.parent / "mappings"
    folder.mkdir()
    text = (shipped_mappings() / "loan-funded.yaml").read_text().partition("tests:")[0]
    named = text.replace("topic: crm.loan-funded.v1", f"pattern: '{pattern}'")
    (folder / "loan.yaml").write_text(named)
    config.write_text(config.read_text().replace(str(shipped_mappings()), "mappings"))


async def checked(
    capsys: pytest.CaptureFixture[str], config: Path, url: str, *more: str
) -> Ended:
    """Check against a registry."""
    point(config, url)
    arguments = ("check", "--config", str(config), "--registry", "--output", "json")
    return await asyncio.to_thread(run, capsys, *arguments, *more)


async def test_registered_versions_that_fit(
    capsys: pytest.CaptureFixture[str], config: Path, box: Box
) -> None:
    """Versions that resolve pass; subjects that are not there are warned of."""
    renamed = LOAN.replace('"LoanFunded"', '"LoanDisbursed"').replace(
        '"aliases": ["crm.LoanDisbursed"],', "", 1
    )
    await register(box, SUBJECT, renamed, LOAN)
    ended = await checked(capsys, config, box.running.addresses.registry)
    assert ended.code == Exit.DONE
    assert found(ended) == [
        ("S107", "warning", "subjects/kiosk.kiosk-accessed.v1-value"),
        ("S107", "warning", "subjects/pos.loyalty-card-swiped.v1-value"),
    ]


async def test_a_registered_version_that_does_not_fit(
    capsys: pytest.CaptureFixture[str], config: Path, box: Box
) -> None:
    """Subject, version, field and mend are named, of each version; the code is 1."""
    old = "\n".join(
        one for one in LOAN.splitlines() if '"name": "first_payment_on"' not in one
    ).replace('300 to 850.", "type": "int"},', '300 to 850.", "type": "int"}')
    broken = LOAN.replace('"name": "rate"', '"name": "interest"')
    other = LOAN.replace('"LoanFunded"', '"LoanPaid"').replace(
        '"crm.Loan', '"x.Loan', 1
    )
    await register(box, SUBJECT, old, broken, other)
    ended = await checked(capsys, config, box.running.addresses.registry)
    assert ended.code == Exit.NO
    assert found(ended)[:3] == [
        ("S105", "warning", f"subjects/{SUBJECT}/versions/1"),
        ("S101", "error", f"subjects/{SUBJECT}/versions/2"),
        ("S106", "error", f"subjects/{SUBJECT}/versions/3"),
    ]
    message = str(ended.listed("faults")[1]["message"])
    assert message.startswith("`loan.rate` cannot be read by crm.LoanFunded: ")


async def test_subjects_of_records_and_their_references(
    capsys: pytest.CaptureFixture[str], config: Path, box: Box
) -> None:
    """Subjects may be named by the record, and refer to others."""
    schema = json.loads(LOAN)
    customer = {**schema["fields"][4]["type"], "name": "crm.Customer"}
    schema["fields"][4]["type"] = "crm.Customer"
    await register(box, "customers", json.dumps(customer))
    refers = [SchemaReference("crm.Customer", "customers", 1)]
    await register(box, "crm.LoanFunded", Schema(json.dumps(schema), "AVRO", refers))
    topic = "crm.loan-funded.v1-crm.LoanFunded"
    await register(box, topic, LOAN.replace('"name": "rate"', '"name": "interest"'))
    url = box.running.addresses.registry
    ended = await checked(capsys, config, url, "--subjects", "record")
    assert ended.code == Exit.DONE
    assert "subjects/crm.LoanDisbursed" in {file for _, _, file in found(ended)}
    assert "subjects/crm.LoanFunded" not in {file for _, _, file in found(ended)}
    ended = await checked(capsys, config, url, "--subjects", "topic-record")
    assert ended.code == Exit.NO
    assert ("S101", "error", f"subjects/{topic}/versions/1") in found(ended)


async def test_topics_of_a_pattern_are_found_in_the_registry(
    capsys: pytest.CaptureFixture[str], config: Path, box: Box
) -> None:
    """A mapping that names a pattern is compared with every subject that fits."""
    claim_pattern(config, "crm[.]loan-.*")
    broken = LOAN.replace('"name": "rate"', '"name": "interest"')
    await register(box, "crm.loan-eu-value", broken)
    await register(box, "pos.loan-value", broken)
    ended = await checked(capsys, config, box.running.addresses.registry)
    where = "subjects/crm.loan-eu-value/versions/1"
    assert found(ended) == [("S101", "error", where)]


async def test_a_registry_that_does_not_answer(
    capsys: pytest.CaptureFixture[str], config: Path, box: Box
) -> None:
    """No answer, or one of somebody else, ends with 4 and says why."""
    ended = await checked(capsys, config, "http://127.0.0.1:1")
    assert (ended.code, ended.json["ok"]) == (Exit.DEPENDENCY, False)
    assert "schema registry http://127.0.0.1:1" in str(ended.json["message"])
    ended = await checked(capsys, config, box.running.addresses.target)
    assert ended.code == Exit.DEPENDENCY


def test_an_answer_of_another_shape_is_none() -> None:
    """What the client stumbles over is told as the registry's fault, with its place."""
    asking = Asking(RegistrySettings(url="http://u:s3cr3t@127.0.0.1:1/path"))

    def stumble(_: SchemaRegistryClient) -> None:
        raise TypeError("s3cr3t")

    with pytest.raises(RegistryUnreachableError) as caught:
        asking._ask(stumble)
    assert str(caught.value) == (
        "schema registry http://127.0.0.1:1: the answer is not a schema registry's"
    )


def test_a_registry_that_nobody_named(
    capsys: pytest.CaptureFixture[str], config: Path
) -> None:
    """Without its URL there is nothing to ask."""
    ended = run(capsys, "check", "--config", str(config), "--registry")
    assert ended.code == Exit.CONFIGURATION
    assert ended.out == (
        f"{config}: error C104: `registry.url` is missing: `--registry` asks it.\n"
        "    Set it in section `registry`.\n"
    )
