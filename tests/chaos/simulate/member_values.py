"""What a group's member is made with, and what it owns."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from consumer.model import TopicPartition
from tests.chaos.simulate.broker import Broker
from tests.chaos.simulate.group import Group
from tests.chaos.simulate.network import Connection, Route

__all__ = ["Loops", "Outlook", "Owned", "Sea", "SourceSizes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loops:
    """The loops of a process.

    Attributes:
        main: The pipeline's.
        thread: The Kafka client's.
    """

    main: asyncio.AbstractEventLoop
    thread: asyncio.AbstractEventLoop


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSizes:
    """How a member behaves.

    Attributes:
        batch: The most records of one fetch.
        fetch_seconds: How long a fetch takes, at least.
        heartbeat_seconds: Between two signs of life.
        request_seconds: How long an answer is waited for.
        revoke_seconds: How long the pipeline may take to give partitions back.
        commit_seconds: How long the last commit of a partition may take.
        again_seconds: Between tries to read committed offsets.
        begins_at_end: True when reading begins at the end where nothing is committed.
    """

    batch: int = 500
    fetch_seconds: float = 0.02
    heartbeat_seconds: float = 0.5
    request_seconds: float = 3.0
    revoke_seconds: float = 3.0
    commit_seconds: float = 2.0
    again_seconds: float = 0.5
    begins_at_end: bool = False


class Sea(Protocol):
    """What befalls requests on their way."""

    def commit_route(self, usual: Route) -> Route:
        """Return how a commit travels."""

    def commit_codes(
        self, partitions: Iterable[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """Return which of the partitions the broker refuses now, and by which code."""

    def offsets_are_unread(self) -> bool:
        """Return whether a question for committed offsets fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a member finds outside.

    Attributes:
        broker: Where records and offsets are.
        group: The coordinator.
        connection: The way to both.
        sea: What befalls it.
    """

    broker: Broker
    group: Group
    connection: Connection
    sea: Sea


class Owned:
    """A partition that is ours. Owned by the client's thread.

    Attributes:
        epoch: The number of its assignment.
        position: What is fetched next.
    """

    __slots__ = ("epoch", "position")

    def __init__(self, epoch: int, position: int) -> None:
        self.epoch = epoch
        self.position = position
