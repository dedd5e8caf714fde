"""Many seeded histories of the scheduler against its model: `FIRST_SEED COUNT`."""

import sys
from collections import Counter

from tests.property.histories import history
from tests.property.world import STATES

__all__ = ["run"]


def run(first: int, count: int) -> None:
    """Play `count` histories from the seed `first`; the first that breaks is raised."""
    reached: Counter[str] = Counter()
    for seed in range(first, first + count):
        reached += history(seed).reached
    lines = [f"{name}: {reached[name]}" for name in sorted(STATES)]
    lines.append(f"{count} histories from seed {first}: none is broken")
    print("\n".join(lines))  # noqa: T201 - a command


if __name__ == "__main__":
    run(*map(int, sys.argv[1:3]))
