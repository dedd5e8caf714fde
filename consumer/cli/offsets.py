"""`consumer offsets`: what a commit says in detail, and another in its place."""

from __future__ import annotations

import click

from consumer.cli.offsets_reset import reset
from consumer.cli.offsets_show import show

__all__ = ["offsets"]


@click.group(commands=[show, reset])
def offsets() -> None:
    """Show or reset what the consumer group has committed, from Kafka alone."""
