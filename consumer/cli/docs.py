"""`consumer docs`: the references that are made from the program itself."""

from __future__ import annotations

from collections.abc import Callable

import click

from consumer.cli.output import emit
from consumer.config.describe import json_schema, table
from consumer.telemetry.names import table as metrics_table

__all__ = ["docs"]

TABLES: dict[str, Callable[[], str]] = {
    "configuration": table,
    "metrics": metrics_table,
}


@click.command()
@click.argument("subject", type=click.Choice([*TABLES, "configuration-schema"]))
def docs(subject: str) -> int:
    r"""Print a reference: a markdown table, or the JSON Schema of the configuration.

    \b
    configuration          every key: default and meaning
    configuration-schema   the JSON Schema of the configuration file, for editors
    metrics                every metric: type, unit, labels and meaning
    """
    if subject == "configuration-schema":
        emit(json_schema())
    else:
        click.echo(TABLES[subject](), nl=False)
    return 0
