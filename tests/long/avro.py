"""Many Avro schemas and events, by Apache's reader and by ours, from a seed."""

import sys

from hypothesis import HealthCheck, given, seed, settings

from tests.property.avro_drawing import cases
from tests.property.test_avro_differential import agree

__all__ = ["run"]


def run(number: int, examples: int) -> None:
    """Compare from the seed `number`; the first that differs raises."""
    chosen = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    for evolving in (False, True):
        seed(number)(chosen(given(cases(evolving=evolving))(agree)))()


if __name__ == "__main__":
    run(*map(int, sys.argv[1:3]))
