"""One set of mappings, and what becomes of a recorded event under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from consumer.cli.comparison import DELIVERED, End
from consumer.cli.material import read_material
from consumer.cli.trial import mapped_of, work_of
from consumer.cli.writers import Writers, rule_of
from consumer.config.settings import Settings
from consumer.decode.decoder import Unclaimed
from consumer.deliver.endpoint import Endpoint
from consumer.letters.letter import opened
from consumer.mapping.mapping_set import MappingSet
from consumer.model import (
    Decoded,
    Failure,
    Outcome,
    ProfileId,
    Record,
    SchemaId,
    SkipReason,
    Undecodable,
)
from consumer.pipeline.assembly import single
from consumer.pipeline.material import keys_of
from consumer.registry import RegisteredSchema

__all__ = ["UNMAPPED", "Side", "dead", "end_of", "settings_against"]

NOT_TRIED = End(name="not tried: the dead letter has no payload")
UNMAPPED = End(name=f"skipped: {SkipReason.UNMAPPED}")


def settings_against(settings: Settings, folder: Path) -> Settings:
    """Return settings that name other mappings.

    Args:
        settings: The others.
        folder: One of mapping files, or one that has `mappings` and `avro` below.
    """
    if not (folder / "mappings").is_dir():
        return replace(settings, mappings=folder)
    schemas = folder / "avro" if (folder / "avro").is_dir() else settings.schemas
    return replace(settings, mappings=folder / "mappings", schemas=schemas)


class Side:
    """Maps records by one set. Owned by the command that entered it.

    Nothing is connected to: the schemas are those that were recorded.
    """

    def __init__(
        self,
        settings: Settings,
        schemas: Mapping[SchemaId, RegisteredSchema],
        *,
        has_keys: bool,
    ) -> None:
        """Read the files.

        Raises ConfigurationError with every fault of every file.
        """
        alone = replace(settings, registry=replace(settings.registry, url=None))
        material = read_material(alone, keys_of(alone) if has_keys else None)
        self._mappings = material.mappings
        self._writers = Writers(alone, material.readers, schemas)
        self._endpoint = single(alone)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writers.__exit__(kind, error, trace)

    def end(self, record: Record) -> End:
        """Return how a record would end; a dead letter is taken as what it was."""
        letter = opened(record)
        if letter is not None and not letter.has_payload:
            return NOT_TRIED
        origin = record if letter is None else letter.origin
        answer = None
        if origin.value is not None:
            rule = rule_of(self._mappings.rule(origin.source.topic))
            answer = self._writers.decode(origin, rule)
        if isinstance(answer, Undecodable):
            return dead(answer.code, answer.message)
        if isinstance(answer, Unclaimed):
            return UNMAPPED
        return end_of(self._mappings, self._endpoint, origin, answer)


def end_of(
    mappings: MappingSet, endpoint: Endpoint, record: Record, answer: Decoded | None
) -> End:
    """Return how a record whose event is known would end."""
    mapped = mapped_of(mappings, record, answer)
    if isinstance(mapped, Failure):
        return dead(mapped.code, mapped.message)
    if mapped.skipped is not None:
        return End(name=f"skipped: {mapped.skipped}")
    items: dict[ProfileId, Mapping[str, str]] = {}
    calls = 0
    for item in mapped.items:
        requests = endpoint.encode(work_of(record, item))
        if isinstance(requests, Outcome):
            return dead(requests.reason, requests.message)
        calls += len(requests)
        items[item.profile] = item.attributes
    return End(name=DELIVERED, items=items, calls=calls)


def dead(code: str, message: str) -> End:
    """Return the end of a record that would be given up."""
    return End(name=f"dead letter: {code}", message=message)
