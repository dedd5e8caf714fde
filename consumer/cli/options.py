"""Options that several commands take, each written once."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

__all__ = ["sample_options"]

P = ParamSpec("P")
R = TypeVar("R")


def sample_options(
    default_records: int,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Give a command `--records` and `--seed` of the sample events."""
    records = click.option(
        "--records",
        type=click.IntRange(min=1),
        default=default_records,
        show_default=True,
        help="How many events to publish.",
    )
    seed = click.option(
        "--seed",
        type=int,
        default=1,
        show_default=True,
        help="The same seed gives the same events.",
    )

    def decorate(command: Callable[P, R]) -> Callable[P, R]:
        return records(seed(command))

    return decorate
