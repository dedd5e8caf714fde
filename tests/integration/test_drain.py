"""How it ends, and what its probes say of it meanwhile."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.broker.kafka import Cluster
from tests.broker.mock import MockCluster
from tests.broker.process import free_ports
from tests.integration import judge, kafka_log
from tests.integration.group import Partition
from tests.integration.scene import Member, Scene
from tests.integration.settings import configuration, sections
from tests.processes import (
    Process,
    consumer_command,
    get_json,
    get_text,
    http_status,
    until,
)

pytestmark = pytest.mark.timeout(90)

RECORDS = 400
SEED = 5
# What a program that reads `/status` may rely on.
STATUS = {
    "state",
    "since",
    "pauses",
    "partitions",
    "endpoints",
    "mappings",
    "overrides",
    "counters",
}
COUNTERS = {
    "consumed",
    "delivered",
    "merged",
    "skipped",
    "dead_lettered",
    "released",
    "held",
}
# `consumer run` in a process whose event loop stands still after SIGUSR1: Python runs
# a signal's handler in the main thread, which is the loop's.
SIGNALS_APART_SECONDS = 0.5
BLOCKABLE = """\
import signal, sys, time
from consumer.cli import main
signal.signal(signal.SIGUSR1, lambda *_: time.sleep(600))
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def scene(mock_cluster: MockCluster, tmp_path: Path) -> Scene:
    """Give an installation on the in-process cluster; the test opens it."""
    return Scene(cluster=mock_cluster, folder=tmp_path, partitions=2)


def busy(scene: Scene, seconds: float, **changes: object) -> Member:
    """Publish, and return a process with calls in flight that take `seconds` each."""
    scene.sandbox.create_profiles(RECORDS, SEED)
    assert scene.publish(RECORDS, SEED).wait(40) == 0
    scene.sandbox.set_fault(kind="latency", seconds=seconds)
    member = scene.start("acme", limits={"max_in_flight": 8}, **changes)
    member.until_ready()
    until(lambda: in_flight(member) == 8, "8 calls in flight", seconds=40)
    return member


def in_flight(member: Member) -> int:
    """Return how many calls `/status` says are on the wire."""
    endpoints = member.status()["endpoints"]
    assert isinstance(endpoints, dict)
    return int(endpoints["single"]["in_flight"])


def commits(member: Member) -> list[int]:
    """Return the offsets that `/status` says are committed."""
    partitions = member.status()["partitions"]
    assert isinstance(partitions, list)
    return [one["committed"] or 0 for one in partitions]


def committed_in(scene: Scene) -> dict[Partition, int]:
    """Return what the group of `scene` has committed."""
    bootstrap = scene.cluster.bootstrap
    last = kafka_log.ends(bootstrap, scene.topics.values())
    return kafka_log.committed(bootstrap, scene.group, last)


def test_a_drain_finishes_what_is_on_the_wire_and_commits(scene: Scene) -> None:
    """SIGTERM ends with 0 in time; what was accepted in a row is committed, no more."""
    with scene:
        member = busy(scene, seconds=0.5)
        member.until_counted("consumed", RECORDS)
        # Urgent items take the older ones of their profiles along, so it may take some
        # calls until the first record of any partition is through.
        until(lambda: any(commits(member)), "the first commit", seconds=40)
        assert member.process.terminate(seconds=10) == 0
        calls = judge.seen(scene.sandbox.calls())
        accepted = {call.event for call in calls if call.accepted}
        events = judge.published(scene.cluster.bootstrap, scene.topics, RECORDS, SEED)
        waiting: dict[Partition, int] = {}
        for event, (partition, offset) in events.landing.items():
            if event not in accepted:
                waiting[partition] = min(offset, waiting.get(partition, offset))
        committed = committed_in(scene)
        assert waiting, "it was to end in the middle"
        assert any(committed.values())
        assert {each: committed[each] for each in waiting} == waiting
        assert "abandoned" not in member.process.text()


def test_a_drain_is_cut_by_its_time_and_ends_with_0(scene: Scene) -> None:
    """A target that never answers holds no deployment up: the records repeat."""
    with scene:
        member = busy(
            scene, seconds=60, target={"timeout_seconds": 60}, drain_timeout_seconds=3
        )
        assert member.process.terminate(seconds=15) == 0
        assert "calls on the wire were abandoned" in member.process.text()
        assert sum(committed_in(scene).values()) < RECORDS


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_a_second_signal_cuts_the_drain(
    scene: Scene, number: signal.Signals, code: int
) -> None:
    """While draining it is not ready; a second signal ends it at once."""
    with scene:
        member = busy(
            scene, seconds=60, target={"timeout_seconds": 60}, drain_timeout_seconds=60
        )
        member.process.signal(signal.SIGTERM)
        until(lambda: member.status()["state"] == "draining", "draining", seconds=20)
        assert http_status(f"{member.http}/readyz") == 503
        assert http_status(f"{member.http}/livez") == 200
        member.process.signal(number)
        assert member.process.wait(10) == code


def test_the_start_can_be_given_up(tmp_path: Path) -> None:
    """Waiting for a broker it lives, is neither started nor ready, and drains to 0."""
    broker, http = free_ports(2)
    base = sections(f"127.0.0.1:{broker}", "http://127.0.0.1:1", f"127.0.0.1:{http}")
    changes = {"source": {"startup_timeout_seconds": 300}}
    file = configuration(tmp_path / "consumer.yaml", base, changes)
    command = consumer_command("run", "--config", file)
    url = f"http://127.0.0.1:{http}"
    with Process("run", command, tmp_path) as process:
        process.until_answers(f"{url}/livez")
        assert http_status(f"{url}/startupz") == 503
        assert http_status(f"{url}/readyz") == 503
        status = get_json(f"{url}/status")
        assert isinstance(status, dict)
        assert status["state"] == "new"
        assert process.terminate(seconds=20) == 0, process.text()


@pytest.mark.kafka
def test_a_drained_process_leaves_its_group(
    kafka_broker: Cluster, tmp_path: Path
) -> None:
    """Its successor gets the partitions at once, not when a session has timed out."""
    scene = Scene(cluster=kafka_broker, folder=tmp_path, partitions=2)
    scene.changes = {"kafka": {"session.timeout.ms": 60_000}}
    with scene:
        first = scene.start("one")
        first.until_ready()
        assert first.process.terminate() == 0
        scene.start("two").until_ready()


def test_a_blocked_loop_is_not_alive_and_a_target_outage_is_no_death(
    scene: Scene, tmp_path: Path
) -> None:
    """`/livez` speaks of this process; a restart mends a blocked loop, no target.

    Bug: a loop that stood still served no second signal, and only SIGKILL ended it.
    """
    with scene:
        scene.sandbox.create_profiles(RECORDS, SEED)
        assert scene.publish(RECORDS, SEED).wait(40) == 0
        scene.sandbox.set_fault(kind="status", status=500)
        healthy = scene.start("acme")
        healthy.until_paused("target")
        (http,) = free_ports(1)
        file = scene.configuration("blocked", http)
        command = [sys.executable, "-P", "-c", BLOCKABLE, "run", "--config", file]
        url = f"http://127.0.0.1:{http}"
        with Process("blocked", command, tmp_path) as blocked:
            blocked.until_answers(f"{url}/livez")
            blocked.signal(signal.SIGUSR1)
            until(lambda: http_status(f"{url}/livez") == 503, "not alive", seconds=40)
            assert get_text(f"{url}/livez", 503).startswith("loop: no beat for ")
            blocked.signal(signal.SIGTERM)
            # While one is pending, the kernel gives the next to another thread, and the
            # one that stands still is not woken: nobody presses a key so soon.
            time.sleep(SIGNALS_APART_SECONDS)
            blocked.signal(signal.SIGINT)
            assert blocked.wait(20) in {130, 143}
        assert http_status(f"{healthy.http}/livez") == 200
        assert http_status(f"{healthy.http}/readyz") == 200
        assert healthy.status()["state"] == "paused"


def test_probes_metrics_and_status_of_a_running_process(scene: Scene) -> None:
    """What a cluster, a scrape and a program read is there, well-formed and agrees."""
    with scene:
        scene.sandbox.create_profiles(RECORDS, SEED)
        assert scene.publish(RECORDS, SEED).wait(40) == 0
        member = scene.start("acme")
        member.until_ready()
        member.until_counted("consumed", RECORDS)
        member.until_counted("held", 0)
        for probe in ("livez", "readyz", "startupz"):
            assert http_status(f"{member.http}/{probe}") == 200
        assert http_status(f"{member.http}/nothing") == 404
        assert_status(member.status())
        assert_metrics(get_text(f"{member.http}/metrics"), member.status())


def assert_status(status: dict[str, object]) -> None:
    """Check the shape of `/status`: keys are added, never renamed."""
    assert set(status) >= STATUS
    counters, partitions = status["counters"], status["partitions"]
    mappings, endpoints = status["mappings"], status["endpoints"]
    assert isinstance(counters, dict)
    assert set(counters) >= COUNTERS
    assert isinstance(partitions, list)
    assert len(partitions) == 6
    assert all(set(one) >= {"topic", "partition", "committed"} for one in partitions)
    assert isinstance(mappings, dict)
    assert len(mappings["files"]) == 3
    assert isinstance(endpoints, dict)
    assert set(endpoints) == {"single"}
    assert status["overrides"] == []
    assert (status["state"], status["pauses"]) == ("running", [])


def assert_metrics(text: str, status: dict[str, object]) -> None:
    """Check that a scrape can be read and that it agrees with `/status`."""
    families = {one.name: one for one in text_string_to_metric_families(text)}
    counters = status["counters"]
    assert isinstance(counters, dict)
    assert len(families) == text.count("# TYPE "), "a family stands twice"
    assert all(family.documentation for family in families.values())
    records = families["target_consumer_records"].samples
    ended = {"delivered": 0.0, "skipped": 0.0, "dead_lettered": 0.0}
    for sample in records:
        if sample.name.endswith("_total") and sample.labels["outcome"] in ended:
            ended[sample.labels["outcome"]] += sample.value
    assert ended == {name: counters[name] for name in ended}
    consumed = families["messaging_client_consumed_messages"].samples
    total = sum(one.value for one in consumed if one.name.endswith("_total"))
    assert total == RECORDS
