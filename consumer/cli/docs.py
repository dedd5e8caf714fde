"""`consumer docs`: the references that are made from the program itself."""

from __future__ import annotations

from collections.abc import Callable

import click

from consumer.cli.fault_reference import errors
from consumer.cli.output import emit
from consumer.config.describe import json_schema, table
from consumer.mapping.json_schema import json_schema as mapping_schema
from consumer.telemetry.names import table as metrics_table

__all__ = ["docs"]

TABLES: dict[str, Callable[[], str]] = {
    "configuration": table,
    "errors": errors,
    "metrics": metrics_table,
}
SCHEMAS: dict[str, Callable[[], object]] = {
    "configuration-schema": json_schema,
    "mapping-schema": mapping_schema,
}


@click.command()
@click.argument("subject", type=click.Choice([*TABLES, *SCHEMAS]))
def docs(subject: str) -> int:
    r"""Print a reference: markdown, or a JSON Schema.

    \b
    configuration          every key: default and meaning
    configuration-schema   the JSON Schema of the configuration file, for editors
    errors                 every code of a fault: meaning, reason, example and mend
    mapping-schema         the JSON Schema of a mapping file, for editors
    metrics                every metric: type, unit, labels and meaning
    """
    if subject in SCHEMAS:
        emit(SCHEMAS[subject]())
    else:
        click.echo(TABLES[subject](), nl=False)
    return 0
