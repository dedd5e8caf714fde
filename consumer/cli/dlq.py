"""`consumer dlq`: what became of dead letters, from Kafka alone."""

from __future__ import annotations

import click

from consumer.cli.dlq_list import list_
from consumer.cli.dlq_replay import replay
from consumer.cli.dlq_resolve import resolve
from consumer.cli.dlq_show import show

__all__ = ["dlq"]


@click.group()
def dlq() -> None:
    """List, show, replay and resolve dead letters.

    They are read from the cluster, whether or not any process of the group runs. A letter
    is open until it is replayed or resolved; one that fails again is open again.
    """


for command in (list_, show, replay, resolve):
    dlq.add_command(command)
