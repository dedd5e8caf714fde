"""One member of the group, as `consumer.source.Source` is one: the same promises, no Kafka.

Theory of operation: as there, a thread owns the client and the pipeline lives on an event
loop. The thread is a loop of its own here. Commands of the pipeline, and what the group
says, are served one after the other; a rebalance callback holds the thread until it
returns, while heartbeats go on by themselves, as librdkafka's do. Batches and results
cross to the pipeline's loop by `call_soon_threadsafe`, in order.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from consumer.model import Commit, Record, TopicPartition
from consumer.source.room import Room
from consumer.source.values import Assigned, SourceListener, Subscription
from tests.chaos.simulate.broker import Broker, Stored
from tests.chaos.simulate.group import ILLEGAL_GENERATION, Group
from tests.chaos.simulate.network import Connection, Route

__all__ = ["TIMED_OUT", "Loops", "Sea", "SimulatedSource", "SourceSizes"]

TIMED_OUT = -185

Batch = Mapping[TopicPartition, Commit]
Codes = dict[TopicPartition, int]


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

    def commit_codes(self, partitions: Iterable[TopicPartition]) -> Codes:
        """Return which of the partitions the broker refuses now, and by which code."""

    def offsets_are_unread(self) -> bool:
        """Return whether a question for committed offsets fails."""


class Membership:
    """One joining of a member, as the group speaks to it. Owned by the thread.

    What the group says of a joining whose answer was lost is for nobody: the member has
    joined anew meanwhile, under another number.
    """

    def __init__(self, source: SimulatedSource) -> None:
        self._source = source
        self._early: list[Callable[[], None]] | None = []

    def begin(self) -> None:
        """The group's answer has come: what it said before counts."""
        early, self._early = self._early or [], None
        for say in early:
            say()

    def on_round(
        self, going: frozenset[TopicPartition], given_back: Callable[[], None]
    ) -> None:
        """Have partitions given back."""
        self._say(lambda: self._source.on_round(going, given_back))

    def on_share(self, generation: int, share: frozenset[TopicPartition]) -> None:
        """Have partitions taken."""
        self._say(lambda: self._source.on_share(generation, share))

    def _say(self, say: Callable[[], None]) -> None:
        self._source.run(self, say)

    def say(self, call: Callable[[], None]) -> None:
        """Let a message through, or keep it until the answer has come."""
        if self._early is None:
            call()
        else:
            self._early.append(call)


class Owned:
    """A partition that is ours. Owned by the thread."""

    __slots__ = ("epoch", "position")

    def __init__(self, epoch: int, position: int) -> None:
        self.epoch = epoch
        self.position = position


class SimulatedSource:
    """A member. Its public methods but the group's are the pipeline's.

    Attributes:
        name: Whose it is.
        number: Its number in the group; None while it is not in it.
        has_asked: Called with each commit that the pipeline wants, on its loop.
    """

    def __init__(
        self,
        loops: Loops,
        listener: SourceListener,
        broker: Broker,
        group: Group,
        connection: Connection,
        sea: Sea,
        sizes: SourceSizes,
        name: str = "",
    ) -> None:
        self.name = name
        self.number: int | None = None
        self.has_asked: Callable[[Batch], None] = lambda _: None
        self._loops = loops
        self._listener = listener
        self._broker = broker
        self._group = group
        self._connection = connection
        self._sea = sea
        self._sizes = sizes
        self._room = Room()
        self._is_committing = False
        self._topics: tuple[str, ...] = ()
        self._owned: dict[TopicPartition, Owned] = {}
        self._unread: list[TopicPartition] = []
        self._paused: frozenset[TopicPartition] = frozenset()
        self._generation = 0
        self._membership: Membership | None = None
        self._epochs = itertools.count(1)
        self._commands: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._is_fetching = False
        self._is_busy = False
        self._is_closed = False
        self._ended: asyncio.Future[None] = loops.main.create_future()
        self._serving: asyncio.Task[None] | None = None
        self._outstanding: set[asyncio.Task[None]] = set()

    @property
    def has_map(self) -> bool:
        """True while metadata is committed beside an offset of what is ours."""
        committed = self._broker.committed
        return any(committed.get(p, (0, ""))[1] for p in self._owned)

    # ------------------------------------------------------ the pipeline's side

    async def start(self, subscription: Subscription) -> None:
        """Begin to read."""
        self._topics = subscription.topics
        thread = self._loops.thread
        thread.call_soon_threadsafe(self._begin)

    def subscribe(self, subscription: Subscription) -> None:
        """Read exactly `subscription` from now on."""

        async def join_anew() -> None:
            going = frozenset(self._owned)
            if going:
                sizes = self._sizes
                await self._give_back(going, sizes.revoke_seconds, sizes.commit_seconds)
            number = self.number or 0
            self._connection.send(lambda: self._group.leave(number))
            self._topics = subscription.topics
            await self._join()

        self._command(join_anew)

    def grant(self, room: int) -> None:
        """Let at most `room` more records be handed over from now on."""
        self._room.grant(room)
        self._loops.thread.call_soon_threadsafe(self._wake)

    def pause(self, partitions: frozenset[TopicPartition]) -> None:
        """Hand over nothing of exactly `partitions`, from soon on."""

        async def apply() -> None:
            self._paused = partitions
            self._wake()

        self._command(apply)

    def commit(self, commits: Batch) -> bool:
        """Send `commits`; False when one is outstanding."""
        if self._is_committing or not commits:
            return False
        self._is_committing = True
        self.has_asked(commits)

        async def send() -> None:
            task = self._loops.thread.create_task(self._send(commits))
            self._outstanding.add(task)
            task.add_done_callback(self._outstanding.discard)

        self._command(send)
        return True

    def heartbeat(self) -> float:
        """Return when the thread last showed life: it always does."""
        return self._loops.main.time()

    async def aclose(self, deadline_seconds: float) -> None:
        """Ask for all positions, commit them, leave the group; may be called twice."""
        if self._serving is None and not self._topics:
            return
        close_by = self._loops.main.time() + deadline_seconds

        async def finish() -> None:
            going = frozenset(self._owned)
            if going:
                left = max(close_by - self._loops.thread.time(), 0.0)
                await self._give_back(
                    going, min(left, self._sizes.revoke_seconds), left
                )
            self._is_closed = True
            number = self.number or 0
            self._connection.send(lambda: self._group.leave(number))
            self.number = None

        self._command(finish)
        await asyncio.shield(self._ended)

    # ---------------------------------------------------------- the group's side

    def on_round(
        self, going: frozenset[TopicPartition], given_back: Callable[[], None]
    ) -> None:
        """Give partitions back, and tell the group."""

        async def serve() -> None:
            self._unread = [p for p in self._unread if p not in going]
            ours = going & self._owned.keys()
            if ours:
                sizes = self._sizes
                await self._give_back(ours, sizes.revoke_seconds, sizes.commit_seconds)
            self._connection.send(given_back)

        self._command(serve)

    def run(self, membership: Membership, call: Callable[[], None]) -> None:
        """Hear what the group says to a membership; nothing if it is over."""

        def hear() -> None:
            if membership is self._membership:
                membership.say(call)

        self._loops.thread.call_soon_threadsafe(hear)

    def on_share(self, generation: int, share: frozenset[TopicPartition]) -> None:
        """Take what is new."""

        async def serve() -> None:
            self._generation = generation
            new = sorted(share - self._owned.keys())
            if new:
                await self._take(new)

        self._command(serve)

    # ------------------------------------------------------------------- inside

    def lose(self) -> None:
        """Have the client find that it has been silent for too long; from the outside.

        "If poll() is not called before expiration of this timeout, then the consumer is
        considered failed" (Apache Kafka consumer, max.poll.interval.ms): librdkafka
        tells of the loss first and leaves then.
        """

        async def leave() -> None:
            number, self.number = self.number or 0, None
            self._drop_all()
            self._connection.send(lambda: self._group.leave(number))
            await self._join()

        self._command(leave)

    def _begin(self) -> None:
        self._serving = self._loops.thread.create_task(self._serve())
        self._loops.thread.create_task(self._join())
        self._loops.thread.call_soon(self._beat)

    def _command(self, call: Callable[[], Awaitable[None]]) -> None:
        self._loops.thread.call_soon_threadsafe(self._commands.put_nowait, call)

    def _tell(self, call: Callable[..., object], *args: object) -> None:
        self._loops.main.call_soon_threadsafe(call, *args)

    async def _serve(self) -> None:
        """Be the thread: one thing after the other."""
        while not self._is_closed:
            command = await self._commands.get()
            self._is_busy = True
            await command()
            self._is_busy = False
            self._wake()
        for task in self._outstanding:
            task.cancel()
        self._tell(self._close)

    def _close(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    async def _join(self) -> None:
        """Join the group, however often it takes."""
        while not self._is_closed:
            membership = self._membership = Membership(self)
            found = await self._connection.ask(
                lambda membership=membership: self._group.join(membership, self._topics, self.name),  # type: ignore[misc] # mypy cannot infer a lambda with a default
                self._sizes.request_seconds,
            )
            if found is not None:
                self.number = found
                membership.begin()
                return

    def _beat(self) -> None:
        """Show life, and learn whether the group knows us."""
        if self._is_closed:
            return
        number = self.number
        if number is not None:
            self._loops.thread.create_task(self._ask_whether_known(number))
        self._loops.thread.call_later(self._sizes.heartbeat_seconds, self._beat)

    async def _ask_whether_known(self, number: int) -> None:
        is_known = await self._connection.ask(
            lambda: self._group.heartbeat(number), self._sizes.request_seconds
        )
        if is_known is False and self.number == number:
            self.number = None
            self._command(self._lose)

    async def _lose(self) -> None:
        """The group has gone on without us: drop all and join anew."""
        self._drop_all()
        await self._join()

    def _drop_all(self) -> None:
        going = frozenset(self._owned)
        self._owned.clear()
        self._unread.clear()
        if going:
            self._tell(lambda: self._listener.on_revoked(going, lost=True))

    async def _give_back(
        self,
        going: frozenset[TopicPartition],
        ask_seconds: float,
        commit_seconds: float,
    ) -> None:
        """Ask for positions, commit them, drop the partitions."""
        commits = await self._positions(going, ask_seconds)
        chosen = {p: commits[p] for p in sorted(going) if p in commits}
        live, stale = self._sorted_out(chosen)
        if live:
            sent_at = self._loops.thread.time()
            failed = await self._committed(live, commit_seconds, self._usual())
            self._tell(self._listener.on_committed, chosen, stale | failed, sent_at)
        for partition in going:
            del self._owned[partition]
        self._tell(lambda: self._listener.on_revoked(going, lost=False))

    async def _positions(
        self, going: frozenset[TopicPartition], seconds: float
    ) -> Batch:
        """Return what the pipeline wants committed; nothing when it takes too long."""
        main, thread = self._loops.main, self._loops.thread
        answer: asyncio.Future[Batch] = thread.create_future()
        given_up = False
        asking: list[asyncio.Task[None]] = []

        async def ask() -> None:
            if given_up:
                return
            found = await self._listener.on_revoking(going)
            thread.call_soon_threadsafe(give, found)

        def give(found: Batch) -> None:
            if not answer.done():
                answer.set_result(found)

        self._tell(lambda: asking.append(main.create_task(ask())))
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            given_up = True
            self._tell(lambda: [task.cancel() for task in asking])
            return {}

    async def _take(self, new: list[TopicPartition]) -> None:
        """Begin with partitions, each from its committed offset."""
        self._unread = new
        while self._unread:
            wanted = list(self._unread)
            found = await self._connection.ask(
                lambda wanted=wanted: self._starts(wanted),  # type: ignore[misc] # mypy cannot infer a lambda with a default
                self._sizes.request_seconds,
            )
            if found is not None and not self._sea.offsets_are_unread():
                self._unread = []
                self._assign(found)
                return
            await asyncio.sleep(self._sizes.again_seconds)
            if self.number is None or not self._commands.empty():
                # Somebody else has something to say; it may be about these.
                left = list(self._unread)
                self._command(lambda: self._take_again(left))
                return

    async def _take_again(self, left: list[TopicPartition]) -> None:
        still = [p for p in left if p in self._unread]
        if still:
            await self._take(still)

    def _starts(self, wanted: list[TopicPartition]) -> dict[TopicPartition, tuple[int, str]]:
        """Return where each begins (on the server)."""
        return {
            partition: self._broker.committed.get(
                partition,
                (self._broker.end(partition) if self._sizes.begins_at_end else 0, ""),
            )
            for partition in wanted
        }

    def _assign(self, starts: Mapping[TopicPartition, tuple[int, str]]) -> None:
        assigned = []
        for partition, (offset, metadata) in starts.items():
            epoch = next(self._epochs)
            self._owned[partition] = Owned(epoch, offset)
            assigned.append(
                Assigned(
                    partition=partition, epoch=epoch, offset=offset, metadata=metadata
                )
            )
        self._tell(self._listener.on_assigned, tuple(assigned))
        self._wake()

    # ------------------------------------------------------------------ commits

    async def _send(self, commits: Batch) -> None:
        """Send what of `commits` is still ours, and tell the result."""
        sent_at = self._loops.thread.time()
        live, stale = self._sorted_out(commits)
        failed: Codes = {}
        if live:
            route = self._sea.commit_route(self._usual())
            failed = await self._committed(live, self._sizes.request_seconds, route)
        self._tell(self._report, commits, stale | failed, sent_at)

    def _report(self, commits: Batch, failed: Codes, sent_at: float) -> None:
        self._is_committing = False
        self._listener.on_committed(commits, failed, sent_at)

    def _usual(self) -> Route:
        return self._connection.usual()

    async def _committed(self, live: Batch, seconds: float, route: Route) -> Codes:
        """Return the code of each commit that failed, or may have."""
        number, generation = self.number or 0, self._generation
        offsets = {p: (commit.offset, commit.metadata) for p, commit in live.items()}

        def commit() -> Codes:
            refused = self._sea.commit_codes(offsets)
            rest = {p: found for p, found in offsets.items() if p not in refused}
            return refused | self._group.commit(number, generation, rest)

        failed = await self._connection.ask(commit, seconds, route)
        return dict.fromkeys(live, TIMED_OUT) if failed is None else failed

    def _sorted_out(self, commits: Batch) -> tuple[dict[TopicPartition, Commit], Codes]:
        """Return what is of a live epoch, and the rest with its code."""
        live = {
            partition: commit
            for partition, commit in commits.items()
            if partition in self._owned
            and self._owned[partition].epoch == commit.epoch
        }
        return live, {p: ILLEGAL_GENERATION for p in commits if p not in live}

    # ------------------------------------------------------------------ reading

    def wake(self) -> None:
        """There is something new in the logs; from the outside."""
        self._loops.thread.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if not self._is_fetching and not self._is_closed:
            self._is_fetching = True
            seconds = self._sizes.fetch_seconds + self._connection.way()
            self._loops.thread.call_later(seconds, self._fetch)

    def _fetch(self) -> None:
        """Hand over what there is, as far as there is room."""
        self._is_fetching = False
        room = min(self._room.left(), self._sizes.batch)
        if self._is_busy or self._is_closed or room <= 0 or self._broker.is_down():
            if room > 0 and not self._is_closed and self._broker.is_down():
                self._wake()
            return
        batch: list[Record] = []
        for partition, place in self._owned.items():
            if partition in self._paused or len(batch) >= room:
                continue
            found = self._broker.read(partition, place.position, room - len(batch))
            batch += [record_of(partition, place.epoch, one) for one in found]
            if found:
                place.position = found[-1].offset + 1
        if batch:
            # The partition that came first is the last next time.
            first = batch[0].source
            self._owned[first] = self._owned.pop(first)
            self._room.hand_over(len(batch))
            self._tell(self._receive, batch)
            self._wake()

    def _receive(self, batch: list[Record]) -> None:
        self._room.receive(len(batch))
        self._listener.on_records(batch)


def record_of(source: TopicPartition, epoch: int, stored: Stored) -> Record:
    """Return a record as the pipeline reads it."""
    headers = sum(len(name) + len(text or b"") for name, text in stored.headers)
    return Record(
        source=source,
        offset=stored.offset,
        timestamp_ms=stored.timestamp_ms,
        key=stored.key,
        value=stored.value,
        headers=stored.headers,
        epoch=epoch,
        size_bytes=len(stored.key or b"") + len(stored.value or b"") + headers,
    )
