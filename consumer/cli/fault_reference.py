"""The one reference of all faults: every stage's part of the catalogue, joined."""

from __future__ import annotations

from consumer.catalogue.configuration import CONFIGURATION
from consumer.catalogue.publishers import PUBLISHERS
from consumer.catalogue.section import Section, markdown
from consumer.catalogue.services import SERVICES
from consumer.catalogue.yaml_files import YAML_FILES
from consumer.mapping.catalogue.advice import ADVICE
from consumer.mapping.catalogue.overrides import OVERRIDES
from consumer.mapping.catalogue.schema import EXPRESSIONS, SCHEMA
from consumer.mapping.catalogue.sets import SETS
from consumer.mapping.catalogue.shape import SHAPE

__all__ = ["PARTS", "SECTIONS", "errors"]

PARTS: dict[str, tuple[Section, ...]] = {
    "Mapping files: their shape": SHAPE,
    "Mapping files: rules and the schema": SCHEMA,
    "Mapping files: CEL": EXPRESSIONS,
    "Mapping files: names, and files of one set": SETS,
    "Mapping files: what they cannot mean": ADVICE,
    "Overrides": OVERRIDES,
    "Publishers' schemas": PUBLISHERS,
    "YAML": YAML_FILES,
    "Configuration": CONFIGURATION,
    "Schemas, Kafka, registry, Target": SERVICES,
}
SECTIONS: dict[str, Section] = {
    section.code: section for part in PARTS.values() for section in part
}


def errors() -> str:
    """Return the reference: a table of all codes, then a section for each."""
    lines = ["| code | meaning |", "| --- | --- |"]
    lines += [f"| {one.code} | {one.meaning} |" for one in SECTIONS.values()]
    for title, part in PARTS.items():
        lines += ["", f"## {title}", "", "\n".join(map(markdown, part)).rstrip()]
    return "\n".join(lines) + "\n"
