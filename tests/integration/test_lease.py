"""A process that was stopped and wakes up: the membership lease, on a real broker."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.broker.kafka import KafkaBroker
from tests.integration import judge, kafka_log
from tests.integration.group import GroupWatch
from tests.integration.scene import Scene
from tests.processes import until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

RECORDS = 300
SEED = 21
PARTITIONS = 6  # two of each of three topics
HELD = 100  # more than are on the wire: what it could send at once when it wakes
# A classic member's client measures its session itself and finds out at once when it
# wakes; here only the broker knows, so the lease alone stands between.
KIP_848 = {"group.protocol": "consumer"}
SESSION_MS = "2000"


def test_a_process_that_wakes_up_sends_nothing_that_another_owns(
    own_broker: KafkaBroker, tmp_path: Path
) -> None:
    """Its partitions were given away meanwhile: not one of their calls leaves it."""
    scene = Scene(
        cluster=own_broker, folder=tmp_path, partitions=2, changes={"kafka": KIP_848}
    )
    own_broker.set_group(scene.group, "consumer.session.timeout.ms", SESSION_MS)
    with scene, GroupWatch(own_broker.bootstrap, scene.group) as watch:
        scene.sandbox.create_profiles(RECORDS, SEED)
        assert scene.publish(RECORDS, SEED).wait(40) == 0
        scene.sandbox.set_fault(kind="latency", seconds=1.0)
        # The answers of what is on the wire wait in its sockets, so the next calls
        # could leave at once.
        sleeps = scene.start(
            "sleeps", limits={"max_in_flight": 8}, target={"timeout_seconds": 60}
        )
        sleeps.until_ready()
        until(lambda: sleeps.counted("held") >= HELD, f"{HELD} held", seconds=40)
        sleeps.process.stop()
        try:
            scene.start("wakes")
            watch.until_owned(PARTITIONS, without="sleeps")
            scene.sandbox.clear_faults()
            woken_at = time.time()
        finally:
            sleeps.process.resume()
        topics = scene.topics.values()
        bootstrap = own_broker.bootstrap
        until(lambda: kafka_log.is_done(bootstrap, scene.group, topics), "the end")
        watch.until_owned_by("sleeps")
        calls = judge.seen(scene.sandbox.calls())
        places = judge.published(bootstrap, scene.topics, RECORDS, SEED).landing
        assert judge.calls_of_others(calls, places, watch.pictures) == []
        assert judge.order_faults(calls) == []
        assert any(call.first_byte_at > woken_at for call in calls)
        assert "lost 6 partitions" in sleeps.process.text()
