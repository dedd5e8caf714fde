"""`check --connect`: what is found outside, in words and for a program."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from consumer.cli.columns import printable
from consumer.config.settings import Settings
from consumer.decode.readers import ReaderSchema
from consumer.mapping.mapping_set import MappingSet
from consumer.pipeline.findings import Finding, Needs
from consumer.pipeline.subjects import Naming

__all__ = ["connected", "connection_lines", "connection_values"]


def connected(
    settings: Settings,
    mappings: MappingSet,
    readers: dict[str, ReaderSchema],
    naming: str,
) -> list[Finding]:
    """Return what is found of the services outside.

    Raises ConfigurationError when a client cannot be made.
    """
    # The clients of Kafka, registry and Target take 0.5 s to import.
    from consumer.pipeline.connections import connections  # noqa: PLC0415 - as said

    needs = Needs(
        settings=settings,
        mappings=mappings,
        readers=readers,
        naming=Naming(naming),
    )
    return asyncio.run(connections(needs))


def connection_lines(found: Sequence[Finding]) -> Iterator[str]:
    """Give a line for each thing that is well; the others are faults."""
    for one in found:
        if one.fault is None:
            yield printable(f"{one.subject}: OK, {one.said}")


def connection_values(found: Sequence[Finding]) -> list[dict[str, object]]:
    """Return what a program reads: the codes of what is wrong stand among the faults."""
    return [
        {
            "subject": one.subject,
            "state": "ok" if one.fault is None else one.fault.severity,
            "said": one.said or None,
            "code": None if one.fault is None else one.fault.code,
        }
        for one in found
    ]
