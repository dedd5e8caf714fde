"""What the pipeline asks of the outside: each protocol is as small as its use.

Every one has a real implementation at the top level of the package and a fake that
passes the same contract suite in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from consumer.model import Answer, Commit, Fault, Request, SchemaId, TopicPartition
from consumer.settle import DeadLetter

__all__ = ["Letters", "RegisteredText", "Registry", "Source", "Transport"]


class Source(Protocol):
    """Where records come from."""

    def grant(self, room: int) -> None:
        """Let at most `room` more records be handed over from now on."""

    def pause(self, partitions: frozenset[TopicPartition]) -> None:
        """Fetch nothing of exactly these partitions, until told otherwise."""

    def commit(self, commits: Mapping[TopicPartition, Commit]) -> bool:
        """Send `commits`; False when one is outstanding and nothing was sent."""

    async def aclose(self, deadline_seconds: float) -> None:
        """Ask for all positions, commit them, leave the group; may be called twice."""


class Transport(Protocol):
    """How a request reaches the target."""

    async def send(
        self, request: Request, may_send: Callable[[], bool]
    ) -> Answer | Fault:
        """Send `request`, asking `may_send` immediately before its first byte."""

    async def aclose(self) -> None:
        """End every connection."""


class Letters(Protocol):
    """Where dead letters go."""

    async def write(self, letter: DeadLetter) -> None:
        """Return once the broker has confirmed the letter; raise DependencyError."""

    async def ensure_topics(
        self,
        wanted: Mapping[str, str],
        *,
        may_create: bool,
        patience_seconds: float = 0.0,
    ) -> dict[str, int]:
        """Return the partition count of each topic that letters go to.

        Args:
            wanted: Letter topic to source topic, whose partition count a new one gets.
            may_create: Whether a missing one may be created.
            patience_seconds: How long to ask again while no broker answers.

        Raises DependencyError when one is missing, or nobody answers.
        """


class RegisteredText(Protocol):
    """A schema as a registry knows it."""

    @property
    def text(self) -> str:
        """The schema's JSON."""

    @property
    def references(self) -> Mapping[str, str]:
        """Name to JSON text of every schema that it refers to."""

    @property
    def is_encrypted(self) -> bool:
        """Whether writers encrypt what they write with it."""


class Registry(Protocol):
    """Where writers' schemas come from."""

    async def schema(self, schema_id: SchemaId) -> RegisteredText | None:
        """Return the schema; None when the registry answered that it has none.

        Raises RegistryUnreachableError when it gave no answer.
        """
