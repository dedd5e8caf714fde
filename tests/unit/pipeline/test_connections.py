"""Whether the services outside are there; Kafka's part is in the tests of the command."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from consumer.cli.shipped import shipped_mappings, shipped_schemas
from consumer.config.load import parse
from consumer.config.settings import KafkaSettings, Settings
from consumer.errors import ConfigurationError
from consumer.mapping.loading import load
from consumer.mapping.mapping_set import MappingSet
from consumer.pipeline.connection_faults import forbidden, letters_small
from consumer.pipeline.connections import (
    UNDER_WAY,
    begin_to_look,
    connections,
    in_thread,
    registry_findings,
    subjects,
    target_findings,
)
from consumer.pipeline.findings import Finding, Needs
from consumer.pipeline.subjects import Naming
from tests.broker.process import free_ports
from tests.contract.transport.cases import FINE
from tests.scripted_server import scripted_server
from tests.unit.catalogue.framing import FRAMES, READERS, framed
from tests.unit.cli.events import TOPIC, register
from tests.unit.sandbox.box import sandbox

NAMES = ("crm.LoanDisbursed", "crm.LoanFunded")  # an alias, and the name
ALIASED = "crm.LoanFunded"


def settings(url: str = "http://127.0.0.1:1", more: str = "") -> Settings:
    """Return a configuration whose Target is at `url`."""
    text = (
        "kafka: {bootstrap.servers: '127.0.0.1:1', group.id: g}\n"
        f"schemas: {shipped_schemas()}\nmappings: {shipped_mappings()}\n"
        f"target:\n  client: acme\n  base_url: {url}\n{more}"
    )
    return parse(text, "consumer.yaml", {}, folder=Path.cwd()).settings


def mappings(source: str) -> MappingSet:
    """Return a set of one mapping that reads `source`."""
    text = framed(f"source: {{{source}, schema: {ALIASED}}}", FRAMES[ALIASED])
    return load({"example.yaml": text}, READERS, {}, None)


def needs(found: Settings, source: str = f"topic: {TOPIC}") -> Needs:
    """Return what one mapping needs."""
    return Needs(settings=found, mappings=mappings(source), readers=READERS)


async def test_a_target_that_wants_no_token() -> None:
    """It says so; that a token is set is no fault, and nothing is updated."""
    async with sandbox() as box:
        host = f"target {box.url[7:]}"
        client = "answers for the client acme"
        assert await target_findings(settings(box.url)) == [
            Finding(host, f"{client}, asks for no token")
        ]
        assert await target_findings(settings(box.url, "  token: t\n")) == [
            Finding(host, f"{client}, asks for no token, though one is set")
        ]
        assert box.target.counters["updates"] == 0
        assert box.target.counters["fetches"] == 3


@pytest.mark.parametrize(
    ("token", "said", "code"),
    [
        ("  token: t\n", "answers for the client acme, takes the token", ""),
        ("  token: stale\n", "", "T102"),
        ("", "", "T102"),
    ],
)
async def test_a_target_that_wants_a_token(token: str, said: str, code: str) -> None:
    """Ours is taken, or it is a fault with the token's mend."""
    async with sandbox(require_token=True, token="t") as box:
        (found,) = await target_findings(settings(box.url, token))
    assert found.said == said
    assert ("" if found.fault is None else found.fault.code) == code
    assert found.fault is None or found.fault.mend.startswith("Set target.token to a ")


async def test_another_server_in_its_place() -> None:
    """A server that answers is not taken for Target because it answers."""
    async with scripted_server([FINE]) as server:
        (found,) = await target_findings(settings(f"http://127.0.0.1:{server.port}"))
    assert found.fault is not None
    assert found.fault.code == "T101"
    assert "not the target's answer" in found.fault.message


async def test_subjects_of_a_registry() -> None:
    """Each that is registered is named with its version; the other is warned of."""
    async with sandbox() as box:
        url = box.running.addresses.registry
        found = settings(more=f"registry: {{url: '{url}'}}\n")
        said = await registry_findings(needs(found))
        assert said[0] == Finding("registry", "answers")
        assert said[1].fault is not None
        assert (said[1].fault.code, said[1].fault.severity) == ("S107", "warning")
        await asyncio.to_thread(register, url)
        said = await registry_findings(needs(found))
        assert said[1:] == [Finding(f"subject {TOPIC}-value", "newest version: 1")]


async def test_no_registry_and_a_silent_one() -> None:
    """None is no fault; one that does not answer is."""
    (found,) = await registry_findings(needs(settings()))
    assert found.fault is None
    (port,) = free_ports(1)
    silent = settings(more=f"registry: {{url: 'http://127.0.0.1:{port}'}}\n")
    (found,) = await registry_findings(needs(silent))
    assert found.fault is not None
    assert found.fault.code == "R102"


@pytest.mark.parametrize(
    ("source", "naming", "expected"),
    [
        ("topics: [a, b]", Naming.TOPIC, [("a-value",), ("b-value",)]),
        ("topics: [a, b]", Naming.RECORD, [NAMES]),
        (
            "topics: [a, b]",
            Naming.TOPIC_RECORD,
            [tuple(f"{topic}-{name}" for name in NAMES) for topic in "ab"],
        ),
        ("pattern: 'a.*'", Naming.TOPIC, []),
    ],
)
def test_which_subjects_have_to_be_there(
    source: str, naming: Naming, expected: list[tuple[str, ...]]
) -> None:
    """Those of named topics, by the strategy; of a pattern nobody knows them."""
    wanted = replace(needs(settings(), source), naming=naming)
    assert list(subjects(wanted)) == expected


async def test_what_is_wrong_is_written_down(caplog: pytest.LogCaptureFixture) -> None:
    """A service that starts tells each fault with its mend, and no subject."""
    (port,) = free_ports(1)
    async with sandbox(require_token=True, token="t") as box:
        url = box.running.addresses.registry
        found = settings(box.url, f"registry: {{url: '{url}'}}\n")
        kafka = KafkaSettings(
            properties={"bootstrap.servers": f"127.0.0.1:{port}", "group.id": "g"}
        )
        wanted = replace(needs(replace(found, kafka=kafka)), answer_seconds=0.2)
        begin_to_look(wanted)
        (looking,) = UNDER_WAY
        await looking
    assert [record.getMessage().split(": ")[:2] for record in caplog.records] == [
        ["outside", f"kafka 127.0.0.1:{port}"],
        ["outside", f"target {box.url[7:]}"],
    ]
    assert [vars(record)["code"] for record in caplog.records] == ["K202", "T102"]
    assert len({record.msg for record in caplog.records}) == 2
    assert set() == UNDER_WAY


async def test_a_look_that_fails_or_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    """An error of our own is written down; the end of the service is none."""
    wrong = settings(more="registry: {url: 'https://r', ca_file: pyproject.toml}\n")
    for is_cut in (True, False):
        begin_to_look(needs(wrong))
        (looking,) = UNDER_WAY
        if is_cut:
            looking.cancel()
        await asyncio.wait({looking})
        await asyncio.sleep(0)
        assert [record.message for record in caplog.records] == (
            [] if is_cut else ["the services outside were not looked at"]
        )


async def test_a_client_that_cannot_be_made() -> None:
    """A fault of the configuration stays one."""
    wrong = settings(more="registry: {url: 'https://r', ca_file: pyproject.toml}\n")
    with pytest.raises(ConfigurationError, match="R101"):
        await connections(needs(wrong))


def test_rights_that_are_not_told_are_no_fault() -> None:
    """Only what the broker says can be wrong."""
    assert forbidden("topics/t", ("READ",), None) is None
    assert forbidden("topics/t", ("READ",), frozenset({"READ", "ALTER"})) is None
    found = forbidden("topics/t", ("WRITE", "DESCRIBE"), frozenset())
    assert found is not None
    assert found.message == "we have no right to write and describe it"


def test_letters_of_about_the_same_size_are_fine() -> None:
    """A letter has a few headers more: that is what the default sizes are for."""
    assert letters_small("t", 1_000_000, 1_048_576) is None
    assert letters_small("t", 900_000, 1_048_576) is not None


async def test_a_thread_that_nobody_waits_for() -> None:
    """Its answer is dropped; its error is the caller's; it keeps no process alive."""
    assert await in_thread(threading.current_thread) is not threading.current_thread()
    assert (await in_thread(threading.current_thread)).daemon
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 // 0)
    may_end, ended = threading.Event(), threading.Event()

    def slow() -> None:
        may_end.wait(10)
        ended.set()

    asking = asyncio.ensure_future(in_thread(slow))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    may_end.set()
    assert await asyncio.to_thread(ended.wait, 10)


def test_a_thread_that_outlives_its_loop(caplog: pytest.LogCaptureFixture) -> None:
    """What it finds is told to nobody, and that is said."""
    caplog.set_level("INFO")
    may_end = threading.Event()
    has_begun = threading.Event()
    threads: list[threading.Thread] = []

    def slow() -> None:
        threads.append(threading.current_thread())
        has_begun.set()
        may_end.wait(10)

    async def begin() -> None:
        asking = asyncio.ensure_future(in_thread(slow))
        await asyncio.to_thread(has_begun.wait, 10)
        asking.cancel()

    asyncio.run(begin())
    may_end.set()
    threads[0].join(10)
    assert [record.message for record in caplog.records] == [
        "the event loop is closed: nobody is told what was found"
    ]
