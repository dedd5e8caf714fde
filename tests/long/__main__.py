"""Run what takes long, with a fresh seed: `python -m tests.long [--seed S] [--only NAME]`.

Each part is a command of its own, printed before it runs, so that one that failed can
be run again alone with the same seed.
"""

import argparse
import os
import random
import subprocess
import sys
import time


def parts(seed: int) -> dict[str, tuple[str, ...]]:
    """Return name to command of each part."""
    python = sys.executable
    histories = (python, "-m", "tests.long.histories", str(seed), "2000")
    chaos = (python, "-m", "tests.chaos.cluster", "--seed", str(seed))
    bench = (python, "-m", "tests.bench")
    simulate = (python, "-m", "tests.chaos.simulate", "--first", str(seed))
    demo = (python, "-m", "consumer", "demo", "--output", "json")
    return {
        "histories": histories,
        "simulate": (*simulate, "--seeds", "500"),
        "mutation": (python, "-m", "tests.long.mutation"),
        "mutants": (python, "-m", "tests.chaos.simulate", "--mutants"),
        "decode": (python, "-m", "tests.bench.decode", "--repeats", "100"),
        "avro": (python, "-m", "tests.long.avro", str(seed), "5000"),
        "demo": (*demo, "--records", "100000", "--seed", str(seed)),
        "chaos": (*chaos, "--records", "100000", "--faults", "50", "--map", "both"),
        "pipeline": (*bench, "pipeline", "--only", "alone", "--real-kafka"),
        "skewed": (*bench, "pipeline", "--only", "skewed"),
        "schedule": (python, "-m", "tests.bench.schedule"),
        "limit": (python, "-m", "tests.bench.limit"),
        "memory": (*bench, "memory"),
    }


def main() -> int:
    """Run the parts one after the other; 1 when one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.long", description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=random.SystemRandom().getrandbits(31)
    )
    parser.add_argument("--only", choices=sorted(parts(0)), action="append")
    asked = parser.parse_args()
    environment = {**os.environ, "CONSUMER_TEST_SEED": str(asked.seed)}
    failed = []
    for name, command in parts(asked.seed).items():
        if asked.only and name not in asked.only:
            continue
        print(f"== {name}, seed {asked.seed}: {' '.join(command)}", flush=True)  # noqa: T201 - a command
        began = time.monotonic()
        code = subprocess.call(command, env=environment)  # noqa: S603 - our own
        if code:
            failed.append(name)
        print(f"== {name}: exit {code}, {time.monotonic() - began:.0f} s", flush=True)  # noqa: T201 - a command
    print(f"failed: {', '.join(failed) or 'none'}")  # noqa: T201 - a command
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
