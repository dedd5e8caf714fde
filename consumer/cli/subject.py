"""One version of a subject of the schema registry, as a file that stands alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from confluent_kafka.schema_registry import RegisteredSchema, SchemaRegistryClient

from consumer.config.settings import RegistrySettings
from consumer.errors import RegistryUnreachableError, UsageError
from consumer.registry import NotRegisteredError, asked, client_properties, place

__all__ = ["alone", "read_subject"]


def read_subject(settings: RegistrySettings, subject: str) -> dict[str, object]:
    """Return the schema of `SUBJECT` or `SUBJECT:VERSION`, references written into it.

    Raises:
        UsageError: The registry has no such subject or version, or it is no version.
        RegistryUnreachableError: There was no answer of a registry.
    """
    name, _, version = subject.partition(":")
    if version and not version.isdecimal():
        raise UsageError(f"{subject}: the version after the colon is no number")
    where = place(settings.url or "")
    references: dict[str, str] = {}
    try:
        with (
            asked(where),
            SchemaRegistryClient(client_properties(settings)) as client,
        ):
            found = client.get_version(name, int(version) if version else "latest")
            collect(client, found, references)
    except NotRegisteredError:
        raise UsageError(f"{where} has no {subject}") from None
    try:
        others = {full: json.loads(text) for full, text in references.items()}
        return alone(json.loads(text_of(found)), others)
    except (ValueError, TypeError) as error:
        message = f"{where}: {subject} is not an Avro record"
        raise RegistryUnreachableError(message) from error


def collect(
    client: SchemaRegistryClient, found: RegisteredSchema, into: dict[str, str]
) -> None:
    """Add to `into` what a schema refers to, by full name."""
    for reference in found.schema.references or []:
        name = reference.name or ""
        if name in into:
            continue
        into[name] = ""  # a circle ends here
        inner = client.get_version(
            reference.subject or "", reference.version or 0, deleted=True
        )
        collect(client, inner, into)
        into[name] = text_of(inner)


def text_of(found: RegisteredSchema) -> str:
    """Return the JSON of a registered schema."""
    return found.schema.schema_str or ""


def alone(schema: object, references: Mapping[str, object]) -> dict[str, object]:
    """Return a schema with what it refers to written where it is named first.

    Args:
        schema: JSON of a record.
        references: JSON of other schemas by full name.

    Raises:
        TypeError: It is not a record's.
    """
    if not isinstance(schema, dict):
        raise TypeError("not a record")
    return Inlining(references).inside(schema, "")


@dataclass(slots=True)
class Inlining:
    """One pass over a schema. Owned by `alone`."""

    references: Mapping[str, object]
    done: set[str] = field(default_factory=set)

    def written(self, value: object, space: str) -> object:
        """Return a type, in its namespace, with references written out."""
        if isinstance(value, list):
            return [self.written(one, space) for one in value]
        if isinstance(value, dict):
            return self.inside(value, space)
        full = full_name(str(value), space)
        found = self.references.get(full)
        if not isinstance(found, dict) or full in self.done:
            return value
        self.done.add(full)
        return self.inside({**found, "name": full}, "")

    def inside(self, value: dict[str, object], space: str) -> dict[str, object]:
        """Return a type that is written as an object, with references written out."""
        inner = space
        if "name" in value:
            own = str(value.get("namespace", space))
            inner = full_name(str(value["name"]), own).rpartition(".")[0]
        found = dict(value)
        for key in ("type", "items", "values"):
            if key in found:
                found[key] = self.written(found[key], inner)
        fields = found.get("fields")
        if isinstance(fields, list):
            found["fields"] = [
                {**one, "type": self.written(one["type"], inner)} for one in fields
            ]
        return found


def full_name(name: str, space: str) -> str:
    """Return a name with its namespace."""
    return name if "." in name or not space else f"{space}.{name}"
