"""What a record costs the scheduler does not grow with what waits: counted, not timed."""

import math
from dataclasses import replace

import pytest

from consumer.schedule.policy import MergePolicy, SchedulePolicy
from tests.bench.load import Case, Load
from tests.bench.steps import steps
from tests.unit.schedule.desk import RETRY, SWIPES, Desk

pytestmark = pytest.mark.timeout(120)  # each step is a call of ours

FEW, MANY = 250, 4_000
LOG_GROWTH = math.log(MANY) / math.log(FEW)
CASES = [Case(merges=False), Case(), Case(items=4)]
ROOMY = SchedulePolicy(held_records=10 * MANY)
ALONE = replace(ROOMY, merge=MergePolicy(items=1))


class Offset(int):
    """One whose comparisons take steps, those that C asks for, too."""

    def __lt__(self, other: int) -> bool:
        return int(self) < int(other)

    def __gt__(self, other: int) -> bool:
        return int(self) > int(other)


def per_round(case: Case) -> int:
    """Return the steps of a round under a steady load."""
    load = Load(case)
    load.round()
    return steps(load.round)


def scan(count: int) -> bool:
    """Look at so many things."""
    return all(one >= 0 for one in range(count))


def test_the_counter_sees_a_scan() -> None:
    """A loop is counted turn by turn, so what is asserted here can fail."""
    assert steps(lambda: scan(MANY)) > 10 * steps(lambda: scan(FEW))


@pytest.mark.parametrize("case", CASES)
def test_a_record_costs_the_same_however_many_profiles_wait(case: Case) -> None:
    """From 250 to 4,000 waiting profiles the steps grow no faster than log n."""
    few, many = (per_round(case.with_profiles(count)) for count in (FEW, MANY))
    assert many <= LOG_GROWTH * few


@pytest.mark.parametrize("case", CASES)
def test_a_record_costs_about_the_same_with_many_partitions(case: Case) -> None:
    """From 1 to 512 partitions the steps grow at most 1.5 times."""
    few, many = (per_round(replace(case, partitions=count)) for count in (1, 512))
    assert many <= 1.5 * few


@pytest.mark.parametrize("policy", [ALONE, ROOMY], ids=["alone", "merged"])
def test_a_record_costs_the_same_however_deep_its_shard_is(
    policy: SchedulePolicy,
) -> None:
    """Sixteen times as many records of one profile cost about sixteen times the steps."""

    def drained(count: int) -> float:
        desk = Desk(policy)
        for offset in range(count):
            desk.put(offset, "P1")

        def drain() -> None:
            while works := desk.scheduler.take(1, 0.0):
                desk.answer(works[0])

        found = steps(drain) / count
        assert desk.committable() == count
        return found

    assert drained(MANY) <= LOG_GROWTH * drained(FEW)


def test_a_record_costs_the_same_however_many_wait_for_a_retry() -> None:
    """What failed is not looked at again before its time."""

    def beside(count: int) -> int:
        desk = Desk(ROOMY)
        for offset in range(count):
            desk.put(offset, f"P{offset}")
        for work in desk.scheduler.take(count, 0.0):
            desk.answer(work, RETRY)

        def other() -> None:
            desk.put(0, "P", source=SWIPES)
            desk.answer(desk.take_one(0.0))

        found = steps(other)
        assert desk.committable(SWIPES) == 1
        return found

    assert beside(MANY) <= LOG_GROWTH * beside(FEW)


@pytest.mark.parametrize(
    ("settled", "lowest"),
    [(slice(1, None), 0), (slice(0, -1), -1), (slice(0, 1), 1)],
    ids=["all but the first", "all but the last", "the first"],
)
def test_the_committable_offset_is_found_without_a_scan(
    settled: slice, lowest: int
) -> None:
    """It costs the same however many are settled behind it or before, or incomplete."""

    def asked(count: int) -> int:
        desk = Desk(ALONE)
        for offset in range(count):
            desk.put(Offset(offset), f"P{offset}")
        for work in desk.scheduler.take(count, 0.0)[settled]:
            desk.answer(work)
        found = steps(lambda: desk.scheduler.committable(0.0))
        assert desk.committable() == range(count)[lowest]
        return found

    assert asked(MANY) <= LOG_GROWTH * asked(FEW)
