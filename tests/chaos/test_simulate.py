"""Many simulated histories keep the promises, and what finds bugs there can find them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from consumer.model import Commit
from consumer.schedule.offset_map import written_map
from tests.chaos.simulate.__main__ import CI_SEEDS
from tests.chaos.simulate.clock import Clock, Loop, StuckError
from tests.chaos.simulate.mutants import MUTANTS
from tests.chaos.simulate.of_commits import marked_in
from tests.chaos.simulate.states import STATES, missing, table
from tests.chaos.simulate.themes import THEMES, plan_of

FEW = 20
ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.chaos

# One of each module of bugs; all of them are looked for by `python -m tests.long`.
SAMPLE = ("one_too_far", "merged_records_count_twice", "the_first_byte_asks_nobody")


def simulate(*arguments: str, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    """Run the command as a person would."""
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "tests.chaos.simulate", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_promises_hold_in_simulated_histories() -> None:
    """A few of the seeds; `.ci/run` has all of them, and the states that they reach."""
    done = simulate("--seeds", str(FEW))
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert f"{FEW} histories from seed 1" in done.stdout


def test_a_state_that_is_never_reached_is_told() -> None:
    """Each one that is demanded and was not seen, by its name."""
    assert missing(Counter()) == list(STATES)
    assert missing(Counter(dict.fromkeys(STATES, 1))) == []
    assert "crash with a map" in table(Counter(), Counter())


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_same_seed_is_the_same_history() -> None:
    """Line for line, whatever order a process gives to sets of names."""
    first = simulate("--seed", "3", "--trace", hash_seed="1")
    second = simulate("--seed", "3", "--trace", hash_seed="2")
    assert (first.returncode, first.stdout) == (0, second.stdout)
    assert len(first.stdout.splitlines()) > 500


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("mutant", SAMPLE)
def test_a_bug_is_found(mutant: str) -> None:
    """A bug on purpose breaks a promise in one of the first histories."""
    done = simulate("--mutant", mutant, "--seeds", "10", "--jobs", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{mutant}: seed " in done.stdout


@pytest.mark.timeout(60)
def test_a_broken_promise_is_told_with_how_to_see_it_again() -> None:
    """The command fails, and names promise, time, record and the seed's own command."""
    done = simulate("--mutant", "one_too_far", "--seed", "1", "--trace")
    assert done.returncode == 1
    assert "promise 1 is broken: " in done.stdout
    assert "which is not finished" in done.stdout.splitlines()[-1]


@pytest.mark.timeout(60)
def test_each_mutant_fits_the_code() -> None:
    """What it replaces is there; it would be no bug, and no survivor, otherwise."""
    put = "from tests.chaos.simulate.mutants import MUTANTS as m; "
    put += "print(len([one.put_in_force() for one in m.values()]))"
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", put],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.stdout.strip() == str(len(MUTANTS)), done.stderr
    assert {mutant.promise for mutant in MUTANTS.values()} == set(range(1, 11))


def test_each_theme_is_drawn_often() -> None:
    """No theme is left out of the seeds of CI, and a seed is one plan."""
    drawn = [theme for seed in range(CI_SEEDS) for theme in plan_of(seed).themes]
    assert {theme: drawn.count(theme) >= 5 for theme in THEMES} == dict.fromkeys(
        THEMES, True
    )
    assert plan_of(7) == plan_of(7)


def test_the_judge_reads_offset_maps_by_itself() -> None:
    """Its reader and the consumer's writer agree, each by the words of the README."""
    bitmap = bytes([0b1010_0110, 0, 0b1])
    text = written_map(40, bitmap, 4096).text
    assert list(marked_in(Commit(40, text, 1))) == [41, 42, 45, 47, 56]
    assert list(marked_in(Commit(40, "", 1))) == []


def test_a_frozen_loop_goes_on_with_what_came_for_it() -> None:
    """In order, and late; another loop's time has gone on meanwhile."""
    clock = Clock()
    frozen, other = Loop.made(clock, "frozen"), Loop.made(clock, "other")
    seen: list[tuple[str, float]] = []

    def note(name: str) -> None:
        seen.append((name, clock.now - 1000.0))

    frozen.freeze()
    frozen.call_soon(note, "soon")
    frozen.call_later(1.0, note, "later")
    other.call_later(2.0, note, "other")
    other.call_later(3.0, frozen.thaw)
    clock.run(lambda: False)
    assert seen == [("other", 2.0), ("soon", 3.0), ("later", 3.0)]


def test_a_dead_loop_never_runs_again() -> None:
    """What its tasks wait for does not come to them."""
    clock = Clock()
    dead, other = Loop.made(clock, "dead"), Loop.made(clock, "other")
    seen: list[str] = []

    async def live() -> None:
        seen.append("begun")
        try:
            await asyncio.sleep(2.0)
        finally:
            seen.append("cancelled")

    task = dead.create_task(live())
    other.call_later(1.0, dead.kill)
    clock.run(lambda: False)
    assert (seen, task.done()) == (["begun"], False)
    dead.revive()
    clock.run(lambda: False)
    assert (seen, task.cancelled()) == (["begun", "cancelled"], True)


def test_callbacks_without_end_are_an_error() -> None:
    """A loop that goes round in circles is told, not waited for."""
    clock = Clock()
    loop = Loop.made(clock, "busy")

    def again() -> None:
        loop.call_soon(again)

    again()
    with pytest.raises(StuckError, match="time stands still"):
        clock.run(lambda: False)
