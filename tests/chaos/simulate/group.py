"""The coordinator of one consumer group: who is a member, who reads what, who may commit.

Theory of operation: whoever joins, leaves or is silent for too long begins a round. In a
round every member is told what to give back and says when it has; one that does not in
time is thrown out. Then the generation goes up and each member is told all that is its
own. A commit counts only if it names a member and the present generation.

    "ILLEGAL_GENERATION 22, UNKNOWN_MEMBER_ID 25, REBALANCE_IN_PROGRESS 27,
    STALE_MEMBER_EPOCH 113" (Kafka protocol guide, error codes)

Two rounds of the cooperative protocol are one here, and heartbeats carry no errors but
"unknown": what matters to a member is what it is told, and what is refused.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable
from typing import Protocol

from consumer.model import TopicPartition
from tests.chaos.simulate.broker import Broker, Offsets
from tests.chaos.simulate.weather import Chance

__all__ = ["ILLEGAL_GENERATION", "Group", "Member"]

ILLEGAL_GENERATION, UNKNOWN_MEMBER, IN_PROGRESS, STALE_EPOCH = 22, 25, 27, 113
CHECK_SECONDS = 0.25
ORDER_SECONDS = 1e-6

Partitions = frozenset[TopicPartition]


class Member(Protocol):
    """What the coordinator tells a client; each call takes its time to arrive."""

    def on_round(self, going: Partitions, given_back: Callable[[], None]) -> None:
        """Give `going` back, and say so."""

    def on_share(self, generation: int, share: Partitions) -> None:
        """Learn the generation, and all that is one's own in it."""


class Seat:
    """One member, as the coordinator knows it. Owned by its group."""

    def __init__(self, member: Member, wanted: Partitions, now: float) -> None:
        self.member = member
        self.wanted = wanted
        self.seen_at = now
        self.generation = 0  # the newest that it has been told
        self.gave_back: asyncio.Event | None = None
        self.told_at = now  # when the newest message arrives: they keep their order


class Group:
    """The coordinator. Owned by the outside; lives on its loop.

    Attributes:
        owners: Which member may read each partition; absent when nobody may.
        generation: The number of the newest round that ended.
        names: Whose number each is, or was.
        on_evicted: Called with the number of a member that was thrown out.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        broker: Broker,
        chance: Chance,
        *,
        protocol: str = "cooperative",
        session_seconds: float = 6.0,
        round_seconds: float = 30.0,
        way_seconds: float = 0.02,
    ) -> None:
        """Begin without members.

        Args:
            loop: The outside's.
            broker: What is shared out and committed.
            chance: Who gets what, and how long messages take.
            protocol: cooperative, eager or consumer.
            session_seconds: How long it waits for a silent member.
            round_seconds: How long it waits for what is to be given back.
            way_seconds: The longest that a message is on its way.
        """
        self.owners: dict[TopicPartition, int] = {}
        self.generation = 0
        self.names: dict[int, str] = {}
        self.on_evicted: Callable[[int], None] = lambda _: None
        self._loop = loop
        self._broker = broker
        self._chance = chance
        self._protocol = protocol
        self._session_seconds = session_seconds
        self._round_seconds = round_seconds
        self._way_seconds = way_seconds
        self._seats: dict[int, Seat] = {}
        self._numbers = itertools.count(1)
        self._is_wanted = self._is_whole = False
        self._but: int | None = None
        self._round: asyncio.Task[None] | None = None
        self._is_watching = False

    # ---------------------------------------------------------- what members ask

    def join(self, member: Member, topics: Iterable[str], name: str = "") -> int:
        """Take a member in; return its number."""
        number = next(self._numbers)
        self.names[number] = name
        names = frozenset(topics)
        wanted = frozenset(p for p in self._broker.logs if p.topic in names)
        self._seats[number] = Seat(member, wanted, self._loop.time())
        self.share_anew()
        if not self._is_watching:
            self._is_watching = True
            self._watch()
        return number

    def heartbeat(self, number: int) -> bool:
        """Note a sign of life; False when there is no such member."""
        seat = self._seats.get(number)
        if seat is None:
            return False
        seat.seen_at = self._loop.time()
        return True

    def leave(self, number: int) -> None:
        """Let a member go."""
        if self._seats.pop(number, None) is not None:
            self._free(number)
            self.share_anew()

    def commit(
        self, number: int, generation: int, offsets: Offsets
    ) -> dict[TopicPartition, int]:
        """Keep a member's offsets; return the code of each that is refused."""
        seat = self._seats.get(number)
        if seat is None:
            return dict.fromkeys(offsets, UNKNOWN_MEMBER)
        seat.seen_at = self._loop.time()
        if generation == self.generation:
            return self._broker.commit(offsets)
        if self._protocol == "consumer":
            return dict.fromkeys(offsets, STALE_EPOCH)
        is_behind = seat.generation < self.generation
        code = IN_PROGRESS if is_behind else ILLEGAL_GENERATION
        return dict.fromkeys(offsets, code)

    # ------------------------------------------------------------ what befalls it

    def evict(self, number: int) -> None:
        """Throw a member out: its partitions are others' from now on."""
        if self._seats.pop(number, None) is None:
            return
        self._free(number)
        self.on_evicted(number)
        self.share_anew()

    def share_anew(self, *, wholly: bool = False, but: int | None = None) -> None:
        """Have a round, soon.

        Args:
            wholly: Whether everybody gives everything back, and may get it back.
            but: The number of a member that gets nothing in it, if there is another.
        """
        self._is_wanted = True
        self._but = but or self._but
        self._is_whole = self._is_whole or wholly
        if self._round is None or self._round.done():
            self._round = self._loop.create_task(self._rounds())

    # ------------------------------------------------------------------- inside

    def _watch(self) -> None:
        """Throw out whoever is silent; nobody while the coordinator itself is away."""
        now = self._loop.time()
        if self._broker.is_down():
            for seat in self._seats.values():
                seat.seen_at = now
        for number, seat in list(self._seats.items()):
            if now - seat.seen_at > self._session_seconds:
                self.evict(number)
        if self._seats or self._is_wanted:
            self._loop.call_later(CHECK_SECONDS, self._watch)
        else:
            self._is_watching = False

    async def _rounds(self) -> None:
        while self._is_wanted:
            await asyncio.sleep(self._way())
            while self._broker.is_down():  # noqa: ASYNC110 - weather has no event
                await asyncio.sleep(CHECK_SECONDS)
            self._is_wanted = False
            target = self._target()
            await self._give_back(target)
            self._share_out(target)

    async def _give_back(self, target: dict[TopicPartition, int]) -> None:
        """Have everybody give back what is to be another's."""
        waited = []
        for number, seat in self._seats.items():
            mine = {p for p, owner in self.owners.items() if owner == number}
            is_all = self._is_whole or self._protocol == "eager"
            going = frozenset(p for p in mine if is_all or target.get(p) != number)
            seat.gave_back = asyncio.Event()
            waited.append((number, seat))
            given_back = self._returned(number, going)
            self._tell(seat, seat.member.on_round, going, given_back)
        end = self._loop.time() + self._round_seconds
        for number, seat in waited:
            while (
                self._seats.get(number) is seat
                and seat.gave_back is not None
                and not seat.gave_back.is_set()
            ):
                if self._loop.time() >= end:
                    self.evict(number)
                    break
                await asyncio.sleep(self._way_seconds)

    def _returned(self, number: int, going: Partitions) -> Callable[[], None]:
        """Return what a member calls when it has given `going` back."""

        def given_back() -> None:
            seat = self._seats.get(number)
            if seat is None or seat.gave_back is None:
                return
            for partition in going:
                if self.owners.get(partition) == number:
                    del self.owners[partition]
            seat.gave_back.set()

        return given_back

    def _share_out(self, target: dict[TopicPartition, int]) -> None:
        """End the round: who has what is said."""
        self._is_whole = False
        self.generation += 1
        for partition, number in target.items():
            if number in self._seats:
                self.owners.setdefault(partition, number)
        for number, seat in self._seats.items():
            if seat.gave_back is None:
                continue  # it came during the round; the next one is for it
            share = frozenset(p for p, o in self.owners.items() if o == number)
            seat.gave_back = None
            self._tell(seat, self._shared, number, self.generation, share)

    def _shared(self, number: int, generation: int, share: Partitions) -> None:
        seat = self._seats.get(number)
        if seat is not None:
            seat.generation = generation
            seat.member.on_share(generation, share)

    def _target(self) -> dict[TopicPartition, int]:
        """Share out: about equal parts, much of it as it was."""
        numbers = [n for n in self._seats if n != self._but] or list(self._seats)
        self._but = None
        if not numbers:
            return {}
        partitions = sorted({p for s in self._seats.values() for p in s.wanted})
        self._chance.shuffle(numbers)
        most = -(-len(partitions) // len(numbers))
        counts = dict.fromkeys(numbers, 0)
        target = {}
        for partition in partitions:
            able = [n for n in numbers if partition in self._seats[n].wanted]
            owner = self.owners.get(partition)
            stays = owner in able and counts[owner] < most and self._chance.hits(0.7)
            chosen = owner if stays else min(able, key=counts.__getitem__)
            assert chosen is not None
            target[partition] = chosen
            counts[chosen] += 1
        return target

    def _free(self, number: int) -> None:
        for partition, owner in list(self.owners.items()):
            if owner == number:
                del self.owners[partition]

    def _way(self) -> float:
        return self._chance.uniform(0.001, self._way_seconds)

    def _tell(self, seat: Seat, call: Callable[..., object], *args: object) -> None:
        arrives = self._loop.time() + self._way()
        seat.told_at = max(seat.told_at + ORDER_SECONDS, arrives)
        self._loop.call_at(seat.told_at, lambda: call(*args))
