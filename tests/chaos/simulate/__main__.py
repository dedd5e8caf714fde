"""Run histories: one from its seed, many, or many against bugs on purpose.

python -m tests.chaos.simulate --seed 7 --trace     one history and its time line
python -m tests.chaos.simulate --seeds 150          many, and the states that they reached
python -m tests.chaos.simulate --mutants            whether they find bugs put in on purpose
"""

import argparse
import os
import sys
import time

from tests.chaos.simulate.history import run
from tests.chaos.simulate.many import Summary, caught, quiet, summary
from tests.chaos.simulate.mutants import MUTANTS
from tests.chaos.simulate.states import missing, table

CI_SEEDS = 150
MOST_SHOWN = 10  # broken seeds
# Sets and frozensets of names have an order of their own in each process otherwise.
HASH_SEED = {"PYTHONHASHSEED": "0"}


def say(text: str) -> None:
    """Print a line, at once."""
    print(text, flush=True)  # noqa: T201 - a command


def one(seed: int, *, with_trace: bool) -> int:
    """Let one history happen; 1 when a promise was broken."""
    found = run(seed)
    plan = found.plan
    say(f"seed {seed}: {', '.join(plan.themes)}")
    say(f"{plan.knobs}")
    for spell in plan.spells:
        say(
            f"  {spell.since:6.2f} to {spell.until:6.2f} s: "
            f"{spell.kind} {spell.value} ({spell.share:.0%})"
        )
    for profile, how in sorted(plan.bad_profiles.items()):
        say(f"  profile {profile}: {how}")
    if with_trace:
        say("\n".join(found.trace))
    say(
        f"{len(plan.drafts)} records, {found.calls} calls, "
        f"{found.seconds:.1f} s of its own time"
    )
    for breach in found.breaches:
        say(str(breach))
    return 1 if found.breaches else 0


def many(first: int, count: int, jobs: int, *, demand: bool) -> int:
    """Let many happen; 1 when a promise was broken, or a state not reached."""
    found, began = Summary(), time.monotonic()
    for part in summary(range(first, first + count), jobs):
        found.add(part)
        for seed, breaches in part.broken.items():
            if len(found.broken) > MOST_SHOWN:
                continue
            say(f"seed {seed}: {breaches[0]}")
            say(f"  python -m tests.chaos.simulate --seed {seed} --trace")
    say(table(found.seen, found.histories))
    left = missing(found.seen) if demand else []
    for state in left:
        say(f"never reached: {state}")
    say(
        f"{found.seeds} histories from seed {first}, {found.records} records, "
        f"{found.calls} calls: {len(found.broken)} broke a promise; "
        f"{time.monotonic() - began:.0f} s, {found.cpu_seconds:.0f} s of CPU"
    )
    return 1 if found.broken or left else 0


def hunt(names: list[str], seeds: int, jobs: int) -> int:
    """Look for mutants; 1 when one survives."""
    survivors = []
    for found in caught(names, seeds, jobs):
        if found.breach is None:
            survivors.append(found.mutant)
            say(f"{found.mutant}: SURVIVES {seeds} seeds")
        else:
            say(f"{found.mutant}: seed {found.seed}, {found.breach}")
    say(f"{len(names)} mutants, {len(survivors)} survive")
    return 1 if survivors else 0


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.simulate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, help="one history")
    parser.add_argument("--trace", action="store_true", help="with its time line")
    parser.add_argument("--seeds", type=int, default=CI_SEEDS, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--mutants", action="store_true", help="look for all mutants")
    parser.add_argument(
        "--mutant", choices=sorted(MUTANTS), help="put one in force, or look for it"
    )
    return parser.parse_args()


def main() -> int:
    """Do what is asked."""
    asked = parsed()
    if os.environ.get("PYTHONHASHSEED") != HASH_SEED["PYTHONHASHSEED"]:
        command = [sys.executable, "-m", "tests.chaos.simulate", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, **HASH_SEED})  # noqa: S606 - ourselves
    quiet()
    if asked.seed is not None:
        if asked.mutant:
            MUTANTS[asked.mutant].put_in_force()
        return one(asked.seed, with_trace=asked.trace)
    if asked.mutants or asked.mutant:
        names = [asked.mutant] if asked.mutant else list(MUTANTS)
        return hunt(names, asked.seeds, asked.jobs)
    return many(asked.first, asked.seeds, asked.jobs, demand=asked.seeds >= CI_SEEDS)


if __name__ == "__main__":
    sys.exit(main())
