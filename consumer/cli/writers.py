"""Records become events in a command: as in the service, but one question at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Self, TypeAlias

from consumer.config.settings import Settings
from consumer.decode.decoder import Decoder, Framing, TopicRule, Unclaimed
from consumer.decode.framing import BARE, frame, schema_id
from consumer.decode.readers import ReaderSchema
from consumer.decode.reasons import BytesRefusedError
from consumer.errors import SchemaError
from consumer.mapping.mapping_set import TopicClaim
from consumer.model import Decoded, NeedsSchema, Record, SchemaId, Undecodable
from consumer.pipeline.assembly import decode_limits
from consumer.registry import RegisteredSchema, Registry

__all__ = ["Answer", "Writers", "named_by", "rule_of"]

Answer: TypeAlias = Decoded | Undecodable | Unclaimed


class Writers:
    """Decodes records and knows the schemas that wrote them. Owned by one command.

    Attributes:
        known: What the registry, or a file, said of each schema.
    """

    def __init__(
        self,
        settings: Settings,
        readers: Mapping[str, ReaderSchema],
        known: Mapping[SchemaId, RegisteredSchema] | None = None,
    ) -> None:
        self._registry: Registry | None = None
        self._settings = settings
        self._runner = asyncio.Runner()
        self.known = dict(known or {})
        has_registry = settings.registry.url is not None or bool(self.known)
        limits = decode_limits(settings)
        self._decoder = Decoder(readers, limits, has_registry=has_registry)
        for name, found in self.known.items():
            self._learn(name, found)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._registry is not None:
            self._runner.run(self._registry.aclose())
        self._runner.close()

    def decode(self, record: Record, rule: TopicRule) -> Answer:
        """Return the event of a record, or why there is none.

        A registry that does not answer ends in a RegistryUnreachableError.
        """
        while True:
            try:
                answer = self._decoder.decode(record, rule)
            except SchemaError as error:  # in the service it would hold the topic
                return Undecodable(code=error.code, message=str(error))
            if not isinstance(answer, NeedsSchema):
                return answer
            self._ask(answer.id)

    def _ask(self, name: SchemaId) -> None:
        """Ask the registry for a schema, and tell the decoder what it said."""
        found = None
        if self._settings.registry.url is not None:
            if self._registry is None:
                self._registry = Registry(self._settings.registry)
            found = self._runner.run(self._registry.schema(name))
        if found is None:
            self._decoder.unknown(name)
            return
        self.known[name] = found
        self._learn(name, found)

    def _learn(self, name: SchemaId, found: RegisteredSchema) -> None:
        """Tell the decoder a schema; one that it does not admit it refuses by itself."""
        try:
            self._decoder.learn(name, found.text, found.references)
        except SchemaError:  # the answer to each record that names it says so
            return


def rule_of(claim: TopicClaim) -> TopicRule:
    """Return how records of a topic are read."""
    return TopicRule(Framing(claim.framing), tuple(claim.readers))


def named_by(record: Record, framing: Framing) -> tuple[SchemaId | None, int] | None:
    """Return which schema a record names, and where its event begins.

    Returns:
        None for a record without a value, or one that is not framed so; no schema for
        a bare one.
    """
    if record.value is None:
        return None
    try:
        key, start = frame(record.value, record.headers, framing)
    except BytesRefusedError:
        return None
    return (None if key == BARE else schema_id(key)), start
