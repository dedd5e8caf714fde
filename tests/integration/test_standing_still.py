"""All that a partition may hold is about one profile that fails for ever: it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka import Producer

from consumer.sandbox.events import Fate, generate
from tests.broker.mock import MockCluster
from tests.integration import judge, kafka_log
from tests.integration.scene import Scene
from tests.processes import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

RECORDS = 60
SEED = 8
SESSION = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500}
HELD = 40
# Of three partitions, each with six of its own, and 22 in common, of which five are for
# witnesses: so many records fill one partition, and two more are witnesses in vain.
ALONE = 6 + 17 + 2


def test_nobody_else_is_left_to_be_accepted(
    mock_cluster: MockCluster, tmp_path: Path
) -> None:
    """What fails is given up once others of its partition were read and delivered.

    Bug: none was read any more, no failure counted, and it stood still for ever.
    """
    retry = {
        "base_seconds": 0.05,
        "cap_seconds": 0.2,
        "max_attempts": 2,
        "give_up_after_seconds": 0.1,
    }
    scene = Scene(
        cluster=mock_cluster,
        folder=tmp_path,
        partitions=1,
        changes={
            "kafka": {"group.protocol": "classic", **SESSION},
            "limits": {"held_records": HELD, "merged_items": 1},
            "retry": retry,
            "guard": {"enabled": False},
        },
    )
    ill = next(e for e in generate(RECORDS, SEED) if e.fate is Fate.LANDS).profile
    with scene:
        bootstrap = mock_cluster.bootstrap
        scene.sandbox.create_profiles(RECORDS, SEED)
        assert scene.publish(RECORDS, SEED).wait(40) == 0
        first = scene.start("first")
        first.until_ready()
        first.until_counted("consumed", RECORDS)
        first.until_counted("held", 0)
        assert first.process.terminate() == 0

        landing = judge.published(bootstrap, scene.topics, RECORDS, SEED).landing
        place = next(at for event, at in landing.items() if event.profile == ill)
        topic = place[0].topic
        log = [*kafka_log.everything(bootstrap, topic)]
        bad = next(one for one in log if one.offset() == place[1])
        producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0})
        for one in [*[bad] * ALONE, *log * 3]:
            producer.produce(topic, one.value(), one.key(), headers=one.headers())
        assert producer.flush(10) == 0

        scene.sandbox.set_fault(kind="status", status=500, profiles=[ill])
        again = scene.start("again")
        again.until_paused("held")
        records = ALONE + 3 * len(log)
        until(
            lambda: (again.counted("consumed"), again.counted("held")) == (records, 0),
            "all is read and has its end",
            seconds=120,
        )
        assert again.counted("dead_lettered") >= ALONE
        again.until_nothing_pauses()
        assert again.process.terminate() == 0
