"""Several processes, a real broker, every kind of fault: judged from outside only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos.cluster.options import Options
from tests.chaos.cluster.plan import Kind, planned
from tests.chaos.cluster.report import lines
from tests.chaos.cluster.run import TIME_LINE, run

RECORDS = 6_000
FAULTS = 8
# Quicker than the bars on repeats are for; they are judged in the long form.
RATE = 270.0
SEEDS = {"classic": 1711, "consumer": 996}
OPTIONS = tuple(
    Options(
        records=RECORDS,
        faults=FAULTS,
        seed=int(os.environ.get("CONSUMER_TEST_SEED", seed)),
        rate=RATE,
        protocol=protocol,
        has_real_registry=protocol == "consumer",
    )
    for protocol, seed in SEEDS.items()
)


@pytest.mark.kafka
@pytest.mark.chaos
@pytest.mark.timeout(400)
@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: options.protocol)
def test_nothing_is_lost_or_out_of_order_whatever_fails(
    options: Options, tmp_path: Path
) -> None:
    """Kills, stops, drains, a broker that dies, a target that fails: no promise breaks."""
    result = run(options, tmp_path)
    for line in lines(result):
        print(line)  # noqa: T201 - shown by pytest when it fails
    print((tmp_path / TIME_LINE).read_text())  # noqa: T201 - as above
    assert result.broken == {}
    assert len(result.evidence.happened) == FAULTS


def test_the_two_seeds_have_every_kind_of_fault() -> None:
    """Each fault happens in one of the two runs at least."""
    kinds = {
        fault.kind
        for seed in SEEDS.values()
        for fault in planned(seed, FAULTS, RECORDS / RATE)
    }
    assert kinds == set(Kind)
