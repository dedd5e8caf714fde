"""Whether records are keyed by the profile."""

from __future__ import annotations

from consumer.model import TopicPartition
from consumer.schedule.keying import SAMPLED_EVERY, WATCHED_PROFILES, Keying
from tests.unit.schedule.desk import LOANS, SWIPES, Desk, profile

OTHER = TopicPartition("loans", 3)
SAME_NUMBER = TopicPartition("visits", 0)


def watching(name: str = "a") -> Keying:
    """Return one that watches a profile, seen last from partition 0."""
    keying = Keying()
    for _ in range(SAMPLED_EVERY):
        keying.note(profile(name), LOANS)
    return keying


def test_a_profile_in_one_partition_number_is_well_keyed() -> None:
    """Topics that are partitioned alike bring a profile from the same number."""
    keying = watching()
    for source in (LOANS, SAME_NUMBER, LOANS):
        keying.note(profile("a"), source)
    assert keying.scattered == {}


def test_a_profile_from_a_second_number_is_counted_once() -> None:
    """The topic that brought it there is named, however often it does."""
    keying = watching()
    for source in (OTHER, LOANS, SWIPES, OTHER):
        keying.note(profile("a"), source)
    assert keying.scattered == {"loans": 1}


def test_each_topic_is_counted_by_itself() -> None:
    """Two profiles that two topics scatter are counted for these topics."""
    keying = watching("a")
    for _ in range(SAMPLED_EVERY):
        keying.note(profile("b"), LOANS)
    keying.note(profile("a"), OTHER)
    keying.note(profile("b"), SWIPES)
    assert keying.scattered == {"loans": 1, "swipes": 1}


def test_what_is_watched_is_bounded() -> None:
    """Beyond the bound the profile that was taken first is forgotten."""
    keying = watching("first")
    for number in range(WATCHED_PROFILES * SAMPLED_EVERY):
        keying.note(profile(str(number)), LOANS)
    assert len(keying._numbers) == WATCHED_PROFILES
    keying.note(profile("first"), OTHER)
    assert keying.scattered == {}


def test_the_scheduler_tells_it() -> None:
    """Items that are offered are looked at, and the statistics name the topic."""
    desk = Desk()
    for offset in range(SAMPLED_EVERY):
        desk.put(offset, "a")
    assert desk.scheduler.statistics().scattered == {}
    desk.put(0, "a", source=SWIPES)
    assert desk.scheduler.statistics().scattered == {"swipes": 1}
