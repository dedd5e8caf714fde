"""Many histories of the scheduler against its model: more, longer, from a seed."""

import sys

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.property.test_schedule import World

__all__ = ["run"]


def run(number: int, examples: int, steps: int) -> None:
    """Run histories from the seed `number`; the first that breaks a promise raises."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(World), settings=chosen)


if __name__ == "__main__":
    run(*map(int, sys.argv[1:4]))
