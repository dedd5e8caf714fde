"""Three processes, a real broker, every fault at once: judged from outside only."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.broker.kafka import KafkaBroker
from tests.integration import judge, kafka_log
from tests.integration.group import GroupWatch
from tests.integration.scene import Member, Scene
from tests.processes import Process, until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

PARTITIONS = 12
TOPICS = 3
RECORDS = 10_000
SEED = int(os.environ.get("CONSUMER_TEST_SEED", "20260301"))
RATE = 400.0
# More than are on the wire: what is held besides is what it might send too late.
HELD_WHEN_STOPPED = 200
BROKER_STOPPED_SECONDS = 8.0

CLASSIC: Mapping[str, object] = {
    "group.protocol": "classic",
    "partition.assignment.strategy": "cooperative-sticky",
    "session.timeout.ms": 6000,
    "heartbeat.interval.ms": 500,
}
# The group's session time-out is the broker's here: 6 s.
KIP_848: Mapping[str, object] = {"group.protocol": "consumer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to run the group.

    Attributes:
        name: For the test's id.
        kafka: Its librdkafka properties.
        has_real_registry: Whether schemas come from a real registry.
    """

    name: str
    kafka: Mapping[str, object]
    has_real_registry: bool


VARIANTS = (
    Variant(name="classic", kafka=CLASSIC, has_real_registry=False),
    Variant(name="kip-848", kafka=KIP_848, has_real_registry=True),
)


@pytest.fixture(params=VARIANTS, ids=lambda variant: variant.name)
def scene(
    request: pytest.FixtureRequest, own_broker: KafkaBroker, tmp_path: Path
) -> Scene:
    """Give an installation for each way to run the group; the test opens it."""
    variant: Variant = request.param
    registry = None
    if variant.has_real_registry:
        registry = str(request.getfixturevalue("real_registry_url"))
    return Scene(
        cluster=own_broker,
        folder=tmp_path,
        partitions=PARTITIONS,
        changes={
            "kafka": variant.kafka,
            # Longer than the stop: the answers wait in the sockets, so that the process
            # could send its next calls at once when it goes on.
            "target": {"timeout_seconds": 20},
        },
        registry=registry,
    )


def test_nothing_is_lost_or_out_of_order_whatever_fails(
    scene: Scene, own_broker: KafkaBroker
) -> None:
    """Kills, drains, stops, a dead broker and a failing target change no profile."""
    with (
        scene,
        GroupWatch(own_broker.bootstrap, scene.group) as watch,
    ):
        scene.sandbox.create_profiles(RECORDS, SEED)
        members = {name: scene.start(name) for name in ("one-1", "two-1", "three-1")}
        for member in members.values():
            member.until_ready()
        watch.until_owned(PARTITIONS * TOPICS)
        publisher = scene.publish(RECORDS, SEED, RATE)
        while_target_fails(scene, members)
        drain_and_replace(scene, members)
        continued_at = stop_and_continue(scene, members["one-1"], watch)
        while_broker_stands_still(scene, own_broker)
        watch.until_owned_by(members["one-1"].process.name)
        finish(scene, publisher)
        judge_all(scene, publisher, watch, continued_at)


def while_target_fails(scene: Scene, members: dict[str, Member]) -> None:
    """Kill and restart a consumer while one call in five fails."""
    sandbox = scene.sandbox
    sandbox.until_accepted(300)
    for seed, kind in enumerate(("status", "reset", "lost_applied", "lost_unapplied")):
        sandbox.set_fault(kind=kind, ratio=0.05, seed=seed)
    sandbox.until_accepted(800)
    members.pop("two-1").process.kill()
    members["two-2"] = scene.start("two-2")
    sandbox.until_accepted(1800)
    sandbox.clear_faults()
    members["two-2"].until_ready()


def drain_and_replace(scene: Scene, members: dict[str, Member]) -> None:
    """End a consumer as a deployment would, and start its successor."""
    assert members.pop("three-1").process.terminate() == 0
    members["three-2"] = scene.start("three-2")
    members["three-2"].until_ready()


def stop_and_continue(scene: Scene, member: Member, watch: GroupWatch) -> float:
    """Stop a process, with work in its hands, until the group has given all away.

    Returns:
        When it was continued, Unix seconds.
    """
    watch.until_owned(PARTITIONS * TOPICS)
    scene.sandbox.set_fault(kind="latency", seconds=1.0)
    until(
        lambda: member.counted("held") >= HELD_WHEN_STOPPED,
        f"{HELD_WHEN_STOPPED} records held by the process that is to be stopped",
    )
    member.process.stop()
    try:
        scene.sandbox.clear_faults()
        watch.until_owned(PARTITIONS * TOPICS, without=member.process.name)
        continued_at = time.time()
    finally:
        member.process.resume()
    return continued_at


def while_broker_stands_still(scene: Scene, broker: KafkaBroker) -> None:
    """Stop the broker for longer than any session or lease lasts."""
    scene.sandbox.until_accepted(scene.sandbox.counter("accepted") + 500)
    with broker.server.frozen():
        time.sleep(BROKER_STOPPED_SECONDS)  # the fault itself


def finish(scene: Scene, publisher: Process) -> None:
    """Wait until everything is published and its offsets are committed."""
    assert publisher.wait(120) == 0, publisher.text()
    bootstrap, topics = scene.cluster.bootstrap, scene.topics.values()
    until(
        lambda: kafka_log.is_done(bootstrap, scene.group, topics),
        "the group has committed the end of every partition",
        seconds=90,
        step=0.5,
    )


def judge_all(
    scene: Scene, publisher: Process, watch: GroupWatch, continued_at: float
) -> None:
    """Judge what there is in the end."""
    bootstrap = scene.cluster.bootstrap
    said = json.loads(publisher.out.read_text())
    expected = judge.published(bootstrap, scene.topics, RECORDS, SEED)
    calls = judge.seen(scene.sandbox.calls())
    accepted = {call.event for call in calls if call.accepted}
    written = [
        source
        for topic in scene.letter_topics
        for source in kafka_log.letters(bootstrap, topic)
    ]
    held = {name: has for name, has in scene.sandbox.profiles().items() if has}
    assert said["published"] == RECORDS
    assert said["profiles"] == held
    assert set(expected.landing) == accepted
    assert expected.bad == frozenset(written)
    assert judge.order_faults(calls) == []
    assert judge.calls_of_others(calls, expected.landing, watch.pictures) == []
    assert any(call.first_byte_at > continued_at for call in calls)
