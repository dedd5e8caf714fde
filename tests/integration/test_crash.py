"""A process that is killed: what is sent again, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from consumer.sandbox.events import Fate, generate
from tests.broker.mock import MockCluster
from tests.integration import judge, kafka_log
from tests.integration.group import Partition
from tests.integration.scene import Scene
from tests.processes import until

pytestmark = pytest.mark.timeout(90)

RECORDS = 300
SEED = 8


def not_done(scene: Scene) -> set[tuple[Partition, int]]:
    """Return the places that the group's commits do not call done."""
    bootstrap = scene.cluster.bootstrap
    ends = kafka_log.ends(bootstrap, scene.topics.values())
    done = kafka_log.done(bootstrap, scene.group, ends)
    return {
        (each, offset)
        for each, end in ends.items()
        for offset in range(end)
        if offset not in done[each]
    }


@pytest.mark.peer("Parallel Consumer #777")
def test_what_the_last_commit_marks_is_not_sent_again(
    mock_cluster: MockCluster, tmp_path: Path
) -> None:
    """One profile fails all the time; after a kill only its events are sent again."""
    session = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500}
    scene = Scene(
        cluster=mock_cluster,
        folder=tmp_path,
        partitions=2,
        changes={"kafka": {"group.protocol": "classic", **session}},
    )
    events = [e for e in generate(RECORDS, SEED) if e.fate is Fate.LANDS]
    slow = events[0].profile
    with scene:
        scene.sandbox.create_profiles(RECORDS, SEED)
        scene.sandbox.set_fault(kind="status", status=500, profiles=[slow])
        assert scene.publish(RECORDS, SEED).wait(40) == 0
        topics = scene.topics
        published = judge.published(mock_cluster.bootstrap, topics, RECORDS, SEED)
        waiting = {
            place for event, place in published.landing.items() if event.profile == slow
        }
        member = scene.start("acme")
        member.until_ready()
        until(lambda: not_done(scene) == waiting, "all else is committed", seconds=40)
        member.process.kill()
        before = len(scene.sandbox.calls())
        again = scene.start("again")
        again.until_ready()
        again.until_counted("consumed", len(waiting))
        scene.sandbox.clear_faults()
        until(lambda: not not_done(scene), "all is committed", seconds=60)
        calls = judge.seen(scene.sandbox.calls()[before:])
        assert {call.event.profile for call in calls} == {slow}
        assert again.counted("consumed") == len(waiting) > 1
        assert again.process.terminate() == 0
