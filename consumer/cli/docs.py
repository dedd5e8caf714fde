"""`consumer docs`: the references that are made from the program itself."""

from __future__ import annotations

from collections.abc import Callable

import click

from consumer.cli.fault_reference import errors
from consumer.cli.material import read_material, settings_for
from consumer.cli.output import emit
from consumer.config.describe import json_schema, table
from consumer.errors import UsageError
from consumer.mapping.attribute_tables import attributes
from consumer.mapping.function_tables import functions
from consumer.mapping.json_schema import json_schema as mapping_schema
from consumer.mapping.key_tables import mapping_keys
from consumer.mapping.text_tables import texts
from consumer.telemetry.names import table as metrics_table

__all__ = ["docs"]

TABLES: dict[str, Callable[[], str]] = {
    "configuration": table,
    "errors": errors,
    "functions": functions,
    "mapping": mapping_keys,
    "metrics": metrics_table,
    "texts": texts,
}
SCHEMAS: dict[str, Callable[[], object]] = {
    "configuration-schema": json_schema,
    "mapping-schema": mapping_schema,
}
ATTRIBUTES = "attributes"


@click.command()
@click.argument("subject", type=click.Choice([ATTRIBUTES, *TABLES, *SCHEMAS]))
@click.option("--config", metavar="FILE", help="Configuration that names the folders.")
@click.option("--schemas", metavar="FOLDER", help="Avro schemas; the shipped ones.")
@click.option("--mappings", metavar="FOLDER", help="Mapping files; the shipped ones.")
def docs(
    subject: str, config: str | None, schemas: str | None, mappings: str | None
) -> int:
    """Print a reference: markdown, or a JSON Schema. The options are for attributes.

    \b
    attributes             what the mappings of a folder write, and where it is from
    configuration          every key: default and meaning
    configuration-schema   the JSON Schema of the configuration file, for editors
    errors                 every code of a fault: meaning, reason, example and mend
    functions              every function of mapping files, with examples
    mapping                every key of a mapping file: meaning, values, default
    mapping-schema         the JSON Schema of a mapping file, for editors
    metrics                every metric: type, unit, labels and meaning
    texts                  how a value becomes a text, with examples
    """  # noqa: D301 - click's own mark, a real backspace, keeps the lines apart
    if subject == ATTRIBUTES:
        click.echo(catalogue(config, schemas, mappings), nl=False)
        return 0
    refuse_folders(subject, config, schemas, mappings)
    if subject in SCHEMAS:
        emit(SCHEMAS[subject]())
    else:
        click.echo(TABLES[subject](), nl=False)
    return 0


def catalogue(config: str | None, schemas: str | None, mappings: str | None) -> str:
    """Return the catalogue of the attributes of some mappings.

    Raises ConfigurationError when they are wrong, UsageError when too much is named.
    """
    settings = settings_for(config, schemas, mappings)
    material = read_material(settings, keys=None)
    return attributes(material.mappings.plans, material.readers)


def refuse_folders(subject: str, *named: str | None) -> None:
    """Refuse options that a reference does not take.

    Raises:
        UsageError: One is there.
    """
    if any(one is not None for one in named):
        raise UsageError(f"docs {subject} is about the program: leave the options out")
