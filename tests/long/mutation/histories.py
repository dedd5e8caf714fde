"""A few seeded histories: what is run against each mutant."""

from tests.property.histories import history


def test_a_few_histories() -> None:
    """The first that a mutant breaks ends it."""
    for seed in range(20):
        history(seed)
