"""What the cluster's chaos draws from a seed."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.chaos.cluster.contract import write_files
from tests.chaos.cluster.options import Options
from tests.chaos.cluster.plan import Kind, members_of, planned
from tests.chaos.cluster.records import (
    BAD,
    HOT,
    SLOTS,
    Fate,
    final_profiles,
    slot_of,
    written,
)
from tests.chaos.cluster.report import command_of
from tests.processes import consumer_command

SEEDS = range(20)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_is_repeatable(seed: int) -> None:
    """The same seed gives the same faults and the same victims."""
    assert planned(seed, 20, 100.0) == planned(seed, 20, 100.0)
    assert planned(seed, 20, 100.0) != planned(seed + 1, 20, 100.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_kind_comes_before_any_comes_again(seed: int) -> None:
    """So a plan of as many faults as there are kinds has them all."""
    kinds = Counter(fault.kind for fault in planned(seed, 2 * len(Kind), 300.0))
    assert kinds == dict.fromkeys(Kind, 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_fails_twice_at_once(seed: int) -> None:
    """Faults of one scope follow each other, with a rest between."""
    free: dict[str, float] = {}
    faults = planned(seed, 50, 60.0)
    assert [fault.number for fault in faults] == list(range(1, 51))
    for fault in faults:
        assert fault.at_seconds >= free.get(fault.scope, 0.0)
        free[fault.scope] = fault.at_seconds + fault.lasts_seconds
        assert fault.slot < members_of(seed)


def test_there_are_three_to_five_processes() -> None:
    """And each of these numbers is drawn."""
    assert {members_of(seed) for seed in SEEDS} == {3, 4, 5}


def test_records_are_repeatable_and_of_all_kinds() -> None:
    """A tenth is about one profile; a few are bad in each way."""
    records = written(20_000, 7)
    assert records == written(20_000, 7)
    assert records != written(20_000, 8)
    fates = Counter(record.fate for record in records)
    assert all(50 < fates[fate] < 150 for fate in (*BAD, Fate.TOMBSTONE))
    assert 1_800 < sum(record.profile == HOT for record in records) < 2_200


def test_a_profile_ends_with_its_last_good_record() -> None:
    """Its newest sequence, and for each mark the newest that has it."""
    records = [
        record
        for record in written(20_000, 7)
        if record.profile == HOT and record.fate is Fate.LANDS
    ]
    found = final_profiles(records)[HOT]
    last = records[-1].sequence
    assert found["sequence"] == found[slot_of(last)] == str(last)
    assert len(found) == SLOTS + 1
    assert sorted(int(text) for name, text in found.items() if name != "sequence") == (
        sorted(
            {record.sequence % SLOTS: record.sequence for record in records}.values()
        )
    )


def test_its_files_pass_the_check(tmp_path: Path) -> None:
    """The mapping fits its schema, and names the topic."""
    folders = write_files(tmp_path)
    options = [f"--{name}={folder}" for name, folder in folders.items()]
    command = consumer_command("check", *options, "--output", "json")
    found = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - ours
    assert json.loads(found.stdout) == {"ok": True, "faults": []}


def test_a_report_names_the_command_that_repeats_it() -> None:
    """All that was drawn or asked for is in it."""
    options = Options(
        records=5, faults=2, seed=9, protocol="consumer", has_map=False, rate=50.0
    )
    assert command_of(options) == (
        "python -m tests.chaos.cluster --records 5 --faults 2 --seed 9 --rate 50 "
        "--protocol consumer --registry sandbox --map off"
    )
