"""Who owned which partition and when, asked of the broker all the time.

The broker answers in a few milliseconds, so the pictures are close together. Two
pictures in a row that give a partition to somebody else prove that it was not ours
between them. While a classic group is being balanced its members are shown without
partitions, and one balancing may follow another without a pause in which a picture could
be taken: then, and where the broker gives no answer, nothing is proven and nothing is
claimed.

A question of the group's coordinator that librdkafka lets time out aborts the process when
the coordinator is back (librdkafka #5397): its own time-out is the longest there is, and
who gives up drops the client.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import NamedTuple, Self

from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient

from tests.processes import until

__all__ = ["GroupWatch", "Partition", "Picture", "Stretch", "stretches"]

BETWEEN_SECONDS = 0.01
REQUEST_SECONDS = 1.0
TIMEOUT_SECONDS = 3600.0
GAP_SECONDS = 1.0
BALANCING = {
    ConsumerGroupState.PREPARING_REBALANCING,
    ConsumerGroupState.COMPLETING_REBALANCING,
}


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    number: int


class Picture(NamedTuple):
    """The group at one moment between `begun` and `ended`, Unix seconds.

    Attributes:
        owners: Partition to client id; None when the broker did not say, or could not.
    """

    begun: float
    ended: float
    owners: Mapping[Partition, str] | None


class Stretch(NamedTuple):
    """A time in which a partition was `owner`'s without a break, Unix seconds."""

    owner: str
    since: float
    until: float


class GroupWatch:
    """Takes pictures of a group on a thread of its own while the block lasts."""

    def __init__(
        self, bootstrap: str, group: str, between_seconds: float = BETWEEN_SECONDS
    ) -> None:
        self._between_seconds = between_seconds
        self.pictures: list[Picture] = []
        self._group = group
        self._bootstrap = bootstrap
        self._admin: AdminClient | None = None
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="group watch")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ends.set()
        self._thread.join()

    def owners(self) -> Mapping[Partition, str]:
        """Return the newest picture's owners; nobody when it shows none."""
        return (self.pictures[-1].owners or {}) if self.pictures else {}

    def until_owned(self, count: int, without: str = "", seconds: float = 60.0) -> None:
        """Wait until `count` partitions have owners, none of them `without`."""

        def is_so() -> bool:
            owners = self.owners()
            return len(owners) == count and without not in owners.values()

        until(
            is_so, f"{count} partitions owned, none by {without or 'nobody'}", seconds
        )

    def until_owned_by(self, name: str, seconds: float = 60.0) -> None:
        """Wait until `name` has partitions."""
        until(lambda: name in self.owners().values(), f"{name} has partitions", seconds)

    def _run(self) -> None:
        while not self._ends.wait(self._between_seconds):
            begun = time.time()
            owners = self._asked()
            self.pictures.append(Picture(begun, time.time(), owners))

    def _asked(self) -> Mapping[Partition, str] | None:
        if self._admin is None:
            self._admin = AdminClient({
                "bootstrap.servers": self._bootstrap,
                "log_level": 0,
            })
        try:
            asked = self._admin.describe_consumer_groups(
                [self._group], request_timeout=TIMEOUT_SECONDS
            )
            found = asked[self._group].result(REQUEST_SECONDS)
        except KafkaException:
            return None
        except TimeoutError:
            self._admin = None
            return None
        if found.state in BALANCING:
            return None
        return {
            Partition(place.topic, place.partition): member.client_id
            for member in found.members
            for place in member.assignment.topic_partitions
        }


def stretches(pictures: list[Picture], partition: Partition) -> Iterator[Stretch]:
    """Yield the times in which one owner of `partition` is proven."""
    first: Picture | None = None
    last: Picture | None = None
    owner: str | None = None
    for picture in pictures:
        now = None if picture.owners is None else picture.owners.get(partition)
        is_gap = last is not None and picture.begun - last.ended > GAP_SECONDS
        if now != owner or is_gap:
            if owner is not None and first is not None and last is not None:
                yield Stretch(owner, first.ended, last.begun)
            first, owner = picture, now
        last = picture
    if owner is not None and first is not None and last is not None:
        yield Stretch(owner, first.ended, last.begun)
