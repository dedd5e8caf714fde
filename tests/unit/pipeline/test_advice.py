"""What is said once of how the topics are set up."""

from __future__ import annotations

import logging

import pytest

from consumer.model import TopicPartition
from consumer.pipeline.advice import Advice
from consumer.schedule.keying import SAMPLED_EVERY
from consumer.schedule.policy import SchedulePolicy
from consumer.schedule.scheduler import Scheduler
from tests.unit.schedule.desk import SWIPES, Desk


def assigned(partitions: int, held_records: int) -> Scheduler:
    """Return a scheduler with so many partitions."""
    scheduler = Scheduler(SchedulePolicy(held_records=held_records), lambda: 0.5)
    for number in range(partitions):
        scheduler.assign(TopicPartition("loans", number), 1, 0, "", 0.0)
    return scheduler


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """Return what was said, without what logging itself adds."""
    usual = set(vars(logging.makeLogRecord({}))) | {"message"}
    return [
        {name: value for name, value in vars(record).items() if name not in usual}
        for record in caplog.records
    ]


def test_few_records_for_a_partition_are_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Below 50 of its own the bound to set is named; more partitions are news."""
    advice = Advice()
    advice.look(assigned(9, 1000).statistics())
    assert told(caplog) == []
    for partitions in (12, 12, 11, 20):
        advice.look(assigned(partitions, 1000).statistics())
    mend = "Set limits.held_records to {} or more, or run more instances."
    assert told(caplog) == [
        {"partitions": 12, "records": 41, "mend": mend.format(1200)},
        {"partitions": 20, "records": 25, "mend": mend.format(2000)},
    ]
    advice.look(assigned(20, 2000).statistics())
    assert len(told(caplog)) == 2


def test_a_topic_that_scatters_profiles_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The topic is named with the mend; no profile is."""
    advice, desk = Advice(), Desk()
    for offset in range(SAMPLED_EVERY):
        desk.put(offset, "C-17")
    desk.put(0, "C-17", source=SWIPES)
    advice.look(None)
    advice.look(desk.scheduler.statistics())
    advice.look(desk.scheduler.statistics())
    (said,) = told(caplog)
    assert said["topic"] == "swipes"
    assert str(said["mend"]).startswith("Key records by the profile id")
    assert "C-17" not in caplog.text
