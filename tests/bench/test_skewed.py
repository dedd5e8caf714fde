"""The benchmarks of unequal profiles and of the scheduler: small, and judged as large ones."""

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench import schedule
from tests.bench.aims import Aim, aim_rows, exit_code
from tests.bench.answers import Answers, quantile
from tests.bench.events import publish
from tests.bench.load import Case
from tests.bench.paced import WITHOUT_HOT, Paced, paced, topic_of
from tests.bench.report import backlog_rows, markdown, paced_rows
from tests.bench.skewed import Backlog, Kind, Skewed, opened, worked_off
from tests.bench.skewed_aims import skewed_aims
from tests.bench.workloads import HOT, hot, without_hot, zipf

ZIPF = Kind(workload="zipf", delay_seconds=0.005, merges=True)
BUSY = Kind(workload="hot", delay_seconds=0.005, merges=True)
BACKLOG = Backlog(
    kind=ZIPF, records=100, per_second=30.0, calls=0.3, cpu_us=30.0, rss_mb=100.0
)
AGED = Paced(
    kind=BUSY,
    per_second=100.0,
    calls=0.9,
    p50_ms=5.0,
    p99_ms=12.0,
    busiest_p99_ms=20.0,
    left=0,
    cpu_us=50.0,
    rss_mb=100.0,
)
COST = schedule.Cost(
    offer=1.0, take=1.0, complete=3.0, committable=1.0, asked_each=9.0, steps=1_600.0
)


def test_zipf_draws_the_first_profile_most() -> None:
    """A profile is drawn as often as 1 / n ** 1.1, and the draw is always the same."""
    drawn = Counter(zipf(50_000))
    weights = [1 / n**1.1 for n in range(1, 100_001)]
    for number in range(3):
        assert drawn[number] / 50_000 == pytest.approx(
            weights[number] / sum(weights), rel=0.05
        )
    assert zipf(100) == zipf(100)


def test_hot_gives_a_tenth_to_one_profile() -> None:
    """All others have one record each, and the run without it has just those."""
    drawn = Counter(hot(10_000))
    assert 900 < drawn.pop(HOT) < 1_100
    assert set(drawn.values()) == {1}
    assert without_hot(10_000) == [one for one in hot(10_000) if one != HOT]


def test_an_answer_covers_what_was_merged_into_it(tmp_path: Path) -> None:
    """The newest event of a profile answers its older ones, and none of others."""
    with opened([], tmp_path) as place:
        answers = Answers(place.targets[0.005], [7, 7, 8, 7])
    answers.note(1.0, 1)
    answers.note(1.5, 1)  # sent again: nothing new
    assert (answers.calls, answers.records) == (2, 2)
    answers.note(2.0, 3)
    assert answers.ages([0.0, 0.5, 1.0, 1.0], 5.0) == [1.0, 0.5, 4.0, 1.0]
    assert math.isnan(answers.answered_at[2])


def test_a_quantile_is_one_of_the_values() -> None:
    """Of a hundred, ninety-nine do not exceed the 99 % quantile."""
    values = [float(number) for number in range(100, 0, -1)]
    assert (quantile(values, 0.99), quantile(values, 0.5)) == (99.0, 50.0)
    assert quantile([3.0], 0.5) == 3.0


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_unequal_profiles_are_measured(tmp_path: Path) -> None:
    """A small backlog is worked off whole, with few calls; a paced run has ages."""
    plan = Skewed(records=1_500, per_second=150.0, seconds=1.0)
    with opened([ZIPF.topic, topic_of(BUSY, 0)], tmp_path) as place:
        publish(place.bootstrap, ZIPF.topic, zipf(plan.records))
        done = worked_off(plan, place, ZIPF, 0)
        aged = paced(plan, place, BUSY, 0)
    assert done.records == 1_500
    assert 0 < done.calls < 0.9
    assert done.cpu_us >= 0  # so few may be answered before they are seen
    assert done.rss_mb > 0
    assert aged.left == 0
    assert 5.0 <= aged.p50_ms <= aged.p99_ms
    assert aged.busiest_p99_ms is not None


@pytest.mark.parametrize(
    ("times", "calls", "p99_ms", "met"),
    [
        (31.0, 0.29, 12.0, [True, True, True]),
        (29.0, 0.31, 12.5, [False, False, False]),
    ],
)
def test_unequal_profiles_have_three_aims(
    times: float, calls: float, p99_ms: float, met: list[bool]
) -> None:
    """Records a second, calls and the others' age are judged by runs of the same bench."""
    backlogs = [
        replace(BACKLOG, per_second=times * 30.0, calls=calls),
        replace(BACKLOG, kind=replace(ZIPF, merges=False)),
    ]
    runs = [
        replace(AGED, p99_ms=p99_ms),
        replace(AGED, kind=replace(BUSY, workload=WITHOUT_HOT), p99_ms=10.2),
    ]
    aims = skewed_aims(backlogs, runs)
    assert [aim.is_met() for aim in aims] == met
    assert exit_code(aims, 1.0) == (0 if all(met) else 1)


def test_a_missed_aim_is_said() -> None:
    """The table says which was missed; slack forgives a part of the bound."""
    aims = [
        Aim(what="a", found=1.6, bound=1.5),
        Aim(what="b", found=31.0, bound=30.0, is_least=True),
    ]
    text = markdown(aim_rows(aims))
    assert "| a   | 1.60  | at most 1.5 | missed |" in text
    assert "| b   | 31.00 | at least 30 | met    |" in text
    assert (exit_code(aims, 1.0), exit_code(aims, 1.5)) == (1, 0)


def test_the_scheduler_is_measured() -> None:
    """Each part of a round costs something, and so do its steps."""
    cost = schedule.measure(Case(profiles=200, items=4), rounds=2)
    parts = (cost.offer, cost.take, cost.complete, cost.committable, cost.asked_each)
    assert min(parts) > 0
    assert cost.total == sum(parts[:-1])
    assert 500 < cost.steps < 5_000


def test_the_scheduler_has_aims_of_cost_and_growth() -> None:
    """A case that is too dear, and one that grows with the profiles, are missed."""
    costs = dict.fromkeys(schedule.CASES, COST)
    assert exit_code(schedule.aims_of(costs), 1.0) == 0
    dear = Case(profiles=100_000)
    costs[dear] = replace(COST, complete=10.0, steps=3_000.0)
    missed = [aim.what for aim in schedule.aims_of(costs) if not aim.is_met()]
    assert missed == [
        "scheduling, us/record, 12 partitions, 100,000 profiles, merging on, alone",
        "scheduling, 1,000 to 100,000 profiles, merging on, alone",
        "steps, 1,000 to 100,000 profiles, merging on, alone",
    ]
    assert "| on, alone" in markdown(schedule.cost_rows(costs))


def test_what_is_known_stands_beside_the_backlogs() -> None:
    """The engine that does not merge is the last row; a run without a hot one has none."""
    text = markdown(backlog_rows([BACKLOG]))
    assert text.splitlines()[-1].startswith("| (zipf, Parallel Consumer) | 5 ms")
    rows = paced_rows([AGED, replace(AGED, busiest_p99_ms=None)])
    assert [row[7] for row in rows[1:]] == ["20.0 ms", ""]
