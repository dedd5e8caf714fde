"""Every registered version of the subjects that the mappings' events have."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from confluent_kafka.schema_registry import SchemaRegistryClient

from consumer.cli.contracts import Contract, Written, judge_all
from consumer.config.settings import RegistrySettings
from consumer.decode.limits import DecodeLimits
from consumer.errors import FileFault
from consumer.mapping.mapping_set import MappingSet
from consumer.model import SchemaId
from consumer.pipeline.subjects import Naming, no_version, subjects_of
from consumer.registry import (
    NotRegisteredError,
    Registry,
    asked,
    client_properties,
    place,
)

__all__ = ["judge_registry"]

T = TypeVar("T")


def judge_registry(
    settings: RegistrySettings,
    contracts: Sequence[Contract],
    mappings: MappingSet,
    naming: Naming,
    limits: DecodeLimits,
) -> list[FileFault]:
    """Return all that is wrong between registered schemas and ours.

    Args:
        settings: The `registry` section, with a URL.
        contracts: The mappings and the schemas that they are read by.
        mappings: The set, which knows the real names of topics.
        naming: How subjects are named.
        limits: What a schema may cost.

    Raises RegistryUnreachableError when there is no answer, ConfigurationError when a
    certificate cannot be used.
    """
    asking = Asking(settings)
    faults: list[FileFault] = []
    for subject, some in subjects(contracts, mappings, naming, asking.subjects).items():
        written = asking.versions(subject)
        faults += judge_all(written, some, limits)
        if not written:
            faults.append(no_version(subject))
    return faults


def subjects(
    contracts: Sequence[Contract],
    mappings: MappingSet,
    naming: Naming,
    known: Callable[[], list[str]],
) -> dict[str, list[Contract]]:
    """Return each subject, and the mappings that read its records."""
    found: dict[str, list[Contract]] = {}
    for one in contracts:
        for some in subjects_of(one.plan, one.reader, mappings, naming, known):
            for subject in some:
                found.setdefault(subject, []).append(one)
    return dict(sorted(found.items()))


class Asking:
    """Asks one registry, one question after the other. Owned by the command."""

    def __init__(self, settings: RegistrySettings) -> None:
        self._settings = settings
        self._place = place(settings.url or "")

    def subjects(self) -> list[str]:
        """Return the names of all subjects."""
        return self._ask(lambda client: client.get_subjects()) or []

    def versions(self, subject: str) -> list[Written]:
        """Return the versions of a subject, the oldest first; none when it is unknown."""
        numbers = self._ask(lambda client: client.get_versions(subject)) or []
        ids = self._ask(
            lambda client: {
                number: client.get_version(subject, number).schema_id or 0
                for number in numbers
            }
        )
        return asyncio.run(self._written(subject, ids or {}))

    async def _written(self, subject: str, ids: dict[int, int]) -> list[Written]:
        registry = Registry(self._settings)
        try:
            found = {n: await registry.schema(SchemaId(number=ids[n])) for n in ids}
        finally:
            await registry.aclose()
        return [
            Written(
                where=f"subjects/{subject}/versions/{number}",
                text=schema.text,
                references=schema.references,
                is_newest=number == max(ids),
            )
            for number, schema in found.items()
            if schema is not None  # deleted in this moment
        ]

    def _ask(self, question: Callable[[SchemaRegistryClient], T]) -> T | None:
        """Return the answer; None when the registry has no such thing.

        Without an answer of a registry it ends in a RegistryUnreachableError.
        """
        properties = client_properties(self._settings)
        try:
            with asked(self._place), SchemaRegistryClient(properties) as client:
                return question(client)
        except NotRegisteredError:
            return None
