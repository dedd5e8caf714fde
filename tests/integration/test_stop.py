"""A signal at any moment, and an end in time, whatever is dead."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.broker.kafka import KafkaBroker
from tests.broker.lossy import OFFSET_FETCH, lossy_on_a_thread
from tests.broker.mock import MockCluster
from tests.integration.listeners import silence
from tests.integration.scene import Member, Scene
from tests.integration.settings import configuration, sections
from tests.processes import Process, consumer_command, until
from tests.unit.telemetry.collector import collector

pytestmark = pytest.mark.timeout(120)

RECORDS = 400
SEED = 5
DRAIN_SECONDS = 3.0
# Beyond the drain: a second for the close, three for the letters' producer at most,
# three for the traces; the rest is a busy machine. The SDK's own end takes 13 to 30 s
# with a dead collector, a look-up or a registry that does not answer as long as it likes.
SECONDS = DRAIN_SECONDS + 11.0
SIGNALS = [signal.SIGTERM, signal.SIGINT]
CUT = {130, 143}  # which of two signals is handled first, if both have come, is open
ALL = ("target", "broker", "collector")


@pytest.fixture
def scene(mock_cluster: MockCluster, tmp_path: Path) -> Scene:
    """Give an installation on the in-process cluster; the test opens it."""
    return Scene(cluster=mock_cluster, folder=tmp_path, partitions=2)


def loading(folder: Path) -> Process:
    """Return a process that has just begun to load its modules."""
    base = sections("127.0.0.1:1", "http://127.0.0.1:1")
    file = configuration(folder / "consumer.yaml", base)
    process = Process("run", consumer_command("run", "--config", file), folder)
    process.until_catches(signal.SIGTERM)
    return process


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_while_modules_load_is_not_lost(
    tmp_path: Path, number: signal.Signals
) -> None:
    """Bug: it killed the process; the first of a container would never have seen it."""
    with loading(tmp_path) as process:
        process.signal(number)
        assert process.wait(30) == 0, process.text()


def test_two_signals_while_modules_load_end_it_at_once(tmp_path: Path) -> None:
    """Whoever wants it gone need not wait for it to start."""
    with loading(tmp_path) as process:
        process.signal(signal.SIGTERM)
        process.signal(signal.SIGINT)
        assert process.wait(30) in CUT


def busy(scene: Scene, name: str = "acme", calls: int = 8) -> Member:
    """Return a process that has delivered something and has calls on the wire."""
    scene.sandbox.create_profiles(RECORDS, SEED)
    assert scene.publish(RECORDS, SEED).wait(40) == 0
    scene.sandbox.set_fault(kind="latency", seconds=0.5)
    member = scene.start(
        name,
        drain_timeout_seconds=DRAIN_SECONDS,
        limits={"max_in_flight": calls},
        target={"timeout_seconds": 60},
    )
    member.until_ready()
    until(lambda: member.counted("delivered") > 0, "something delivered", seconds=40)
    return member


def traced_to(port: int) -> dict[str, str]:
    """Return the environment of a process that traces every record."""
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        "OTEL_TRACES_SAMPLER": "always_on",
    }


def assert_ends_in_time(member: Member, dead: tuple[str, ...]) -> None:
    """Drain `member`, and check that it says what it left behind."""
    assert member.process.terminate(seconds=SECONDS) == 0
    text = member.process.text()
    if "target" in dead:
        assert "calls on the wire were abandoned" in text
    if "broker" in dead:
        assert "the close was left behind" in text


@pytest.mark.parametrize("dead", [*((one,) for one in ALL), ALL], ids="-".join)
def test_a_drain_ends_in_time_whatever_is_dead(
    dead: tuple[str, ...], scene: Scene, mock_cluster: MockCluster
) -> None:
    """0, with a warning for each thing that is left; nobody is waited for without end."""
    with silence() as port, scene:
        if "collector" in dead:
            scene.environment = traced_to(port)
        member = busy(scene)
        if "target" in dead:
            scene.sandbox.stop()
        if "broker" in dead:
            mock_cluster.set_down(is_down=True)
        assert_ends_in_time(member, dead)
        scene.sandbox.resume()


@pytest.mark.kafka
def test_a_drain_ends_in_time_when_all_stand_still(
    own_broker: KafkaBroker, tmp_path: Path
) -> None:
    """A frozen broker keeps its connections: nothing fails, and nothing is answered."""
    scene = Scene(cluster=own_broker, folder=tmp_path, partitions=2)
    with silence() as port, scene:
        scene.environment = traced_to(port)
        member = busy(scene)
        scene.sandbox.stop()
        with own_broker.server.frozen():
            assert_ends_in_time(member, ALL)
        scene.sandbox.resume()


def test_what_was_traced_is_told_before_the_end(scene: Scene) -> None:
    """A drain sends the spans that wait for their batch: one for each record."""
    records = 50  # with their calls less than a batch, which would go by itself
    with collector() as collected, scene:
        never = {"OTEL_BSP_SCHEDULE_DELAY": "3600000"}
        scene.environment = {**traced_to(collected.port), **never}
        scene.sandbox.create_profiles(records, SEED)
        assert scene.publish(records, SEED).wait(40) == 0
        member = scene.start("acme")
        member.until_ready()
        member.until_counted("consumed", records)
        member.until_counted("held", 0)
        assert collected.bodies == []
        assert member.process.terminate(seconds=SECONDS) == 0
        names = [
            span.name
            for request in collected.requests
            for group in request.resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]
        assert sum(name.startswith("process ") for name in names) == records


def test_a_registry_that_does_not_answer_holds_no_end(scene: Scene) -> None:
    """Bug: the interpreter waited for the thread that asked, for as long as it liked."""
    with silence() as port, scene:
        assert scene.publish(50, SEED).wait(40) == 0
        url = f"http://127.0.0.1:{port}"
        patient = {"url": url, "timeout_seconds": 60}
        member = scene.start(
            "acme", registry=patient, drain_timeout_seconds=DRAIN_SECONDS
        )
        member.until_paused("schema")
        assert member.process.terminate(seconds=SECONDS) == 0


def test_a_start_that_waits_for_its_letter_topics_can_be_given_up(
    scene: Scene,
) -> None:
    """Bug: a signal was looked at only when the broker had answered, or had not."""
    with scene:
        # Nobody creates topics in this cluster: the start would end with 4, after 10 s.
        unknown = {"topic": "{group}.{topic}.unknown"}
        member = scene.start("acme", dead_letters=unknown)
        member.process.until_says("assigned 6 of 6 partitions")
        assert member.process.terminate(seconds=SECONDS) == 0


@pytest.mark.kafka
def test_a_signal_in_the_middle_of_an_assignment(
    own_broker: KafkaBroker, tmp_path: Path
) -> None:
    """The coordinator says who owns what, and never where to begin: it is not waited for."""
    scene = Scene(cluster=own_broker, folder=tmp_path, partitions=2)
    with lossy_on_a_thread(own_broker) as proxy, scene:
        proxy.loses = OFFSET_FETCH
        through = {"bootstrap.servers": proxy.bootstrap}
        member = scene.start("acme", kafka=through, drain_timeout_seconds=DRAIN_SECONDS)
        until(lambda: proxy.lost > 0, "a lost answer", seconds=40)
        # One request takes 5 s; it was asked three times, whatever had been signalled.
        assert member.process.terminate(seconds=12) == 0


CLASSIC: Mapping[str, object] = {
    "group.protocol": "classic",
    "partition.assignment.strategy": "cooperative-sticky",
    "session.timeout.ms": 30_000,
    "heartbeat.interval.ms": 200,
}
PROTOCOLS: Mapping[str, Mapping[str, object]] = {
    "classic": CLASSIC,
    "consumer": {"group.protocol": "consumer"},
}


@pytest.mark.kafka
@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_signal_in_the_middle_of_a_revocation(
    own_broker: KafkaBroker, tmp_path: Path, name: str
) -> None:
    """It waits for calls that never end: the drain's time counts, and all is committed."""
    changes = {"kafka": PROTOCOLS[name]}
    scene = Scene(cluster=own_broker, folder=tmp_path, partitions=2, changes=changes)
    with scene:
        first = busy(scene, "first", calls=64)
        scene.sandbox.set_fault(kind="latency", seconds=60)
        second = scene.start("second")
        first.process.until_says("giving back")
        assert first.process.terminate(seconds=SECONDS) == 0
        text = first.process.text()
        assert "calls on the wire were abandoned" in text
        assert "since the one before repeats" not in text
        second.until_ready()
        until(lambda: owned(second) == 6, "all partitions", seconds=20)


def owned(member: Member) -> int:
    """Return how many partitions `/status` says are its own."""
    partitions = member.status()["partitions"]
    assert isinstance(partitions, list)
    return len(partitions)
