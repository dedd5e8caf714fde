"""Run histories: `python -m tests.chaos.simulate --help`."""

import sys
import time

from tests.chaos.simulate.history import run

if __name__ == "__main__":
    first, count = int(sys.argv[1]), int(sys.argv[2])
    for seed in range(first, first + count):
        began = time.perf_counter()
        found = run(seed)
        print(seed, f"{time.perf_counter() - began:.2f} s", found.plan.themes, found.plan.knobs.members, len(found.plan.drafts), found.calls, f"{found.seconds:.1f}")
        for b in found.breaches:
            print("   ", b)
        if found.breaches and count == 1:
            print("\n".join(found.trace[-80:]))
        if count == 1: print(found.seen)
