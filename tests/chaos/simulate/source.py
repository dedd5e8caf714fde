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
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from consumer.model import Record, TopicPartition
from consumer.source.values import (
    Assigned,
    SourceFault,
    SourceFaultKind,
    SourceListener,
    Subscription,
)
from tests.chaos.simulate.committing import Codes, Commits, Committing
from tests.chaos.simulate.member_values import Loops, Outlook, Owned, SourceSizes
from tests.chaos.simulate.membership import Membership
from tests.chaos.simulate.reading import Reading

__all__ = ["SimulatedSource"]

Partitions = frozenset[TopicPartition]
Starts = dict[TopicPartition, tuple[int, str]]


class SimulatedSource:
    """A member. Its public methods are the pipeline's, but for the group's and `lose`.

    Attributes:
        number: Its number in the group; None while it is not in it.
        has_asked: Called with each commit that the pipeline wants, on its loop.
    """

    def __init__(
        self,
        loops: Loops,
        listener: SourceListener,
        outlook: Outlook,
        sizes: SourceSizes,
        name: str = "",
    ) -> None:
        """Make a member that has not begun.

        Args:
            loops: Where it lives.
            listener: The pipeline.
            outlook: What it finds outside.
            sizes: How it behaves.
            name: Whose it is.
        """
        self.number: int | None = None
        self.has_asked: Callable[[Commits], None] = lambda _: None
        self._name = name
        self._loops = loops
        self._listener = listener
        self._outlook = outlook
        self._sizes = sizes
        self._reading = Reading(outlook.broker, sizes.batch)
        self._owned = self._reading.owned
        self._committing = Committing(outlook, self._owned)
        self._is_committing = False
        self._topics: tuple[str, ...] = ()
        self._unread: list[TopicPartition] = []
        self._membership: Membership | None = None
        self._epochs = itertools.count(1)
        self._commands: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._is_fetching = self._is_busy = self._is_closed = False
        self._told: set[SourceFaultKind] = set()
        self._ended: asyncio.Future[None] = loops.main.create_future()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def has_map(self) -> bool:
        """True while metadata is committed beside an offset of what is ours."""
        committed = self._outlook.broker.committed
        return any(committed.get(p, (0, ""))[1] for p in self._owned)

    # ------------------------------------------------------ the pipeline's side

    async def start(self, subscription: Subscription) -> None:
        """Begin to read."""
        self._topics = subscription.topics
        self._loops.thread.call_soon_threadsafe(self._begin)

    def subscribe(self, subscription: Subscription) -> None:
        """Read exactly `subscription` from now on."""

        async def join_anew() -> None:
            await self._give_all_back(
                self._sizes.revoke_seconds, self._sizes.commit_seconds
            )
            self._leave()
            self._topics = subscription.topics
            await self._join()

        self._command(join_anew)

    def grant(self, room: int) -> None:
        """Let at most `room` more records be handed over from now on."""
        self._reading.room.grant(room)
        self.wake()

    def pause(self, partitions: Partitions) -> None:
        """Hand over nothing of exactly `partitions`, from soon on."""

        async def apply() -> None:
            self._reading.paused = partitions

        self._command(apply)

    def commit(self, commits: Commits) -> bool:
        """Send `commits`; False when one is outstanding."""
        if self._is_committing or not commits:
            return False
        self._is_committing = True
        self.has_asked(commits)

        async def send() -> None:
            self._aside(self._send(commits))

        self._command(send)
        return True

    def heartbeat(self) -> float:
        """Return when the thread last showed life: it always does."""
        return self._loops.main.time()

    async def aclose(self, deadline_seconds: float) -> None:
        """Ask for all positions, commit them, leave the group; may be called twice."""
        if not self._topics:
            return
        close_by = self._loops.main.time() + deadline_seconds

        async def finish() -> None:
            left = max(close_by - self._loops.thread.time(), 0.0)
            await self._give_all_back(min(left, self._sizes.revoke_seconds), left)
            self._is_closed = True
            self._leave()

        self._command(finish)
        await asyncio.shield(self._ended)

    # -------------------------------------------------------- the group's side

    def on_round(self, going: Partitions, given_back: Callable[[], None]) -> None:
        """Give partitions back, and tell the group."""

        async def serve() -> None:
            self._unread = [p for p in self._unread if p not in going]
            ours = going & self._owned.keys()
            if ours:
                sizes = self._sizes
                await self._give_back(ours, sizes.revoke_seconds, sizes.commit_seconds)
            self._outlook.connection.send(given_back)

        self._command(serve)

    def on_share(self, generation: int, share: Partitions) -> None:
        """Take what is new."""

        async def serve() -> None:
            self._committing.generation = generation
            await self._take(sorted(share - self._owned.keys()))

        self._command(serve)

    def lose(self) -> None:
        """Have the client find that it has been silent for too long; from the outside.

        "If poll() is not called before expiration of this timeout, then the consumer is
        considered failed" (Apache Kafka consumer, max.poll.interval.ms): librdkafka
        tells of the loss first and leaves then.
        """

        async def leave() -> None:
            self._drop_all()
            self._leave()
            await self._join()

        self._command(leave)

    def wake(self) -> None:
        """There is something new to read, or room for it; from any loop."""
        self._loops.thread.call_soon_threadsafe(self._wake)

    # ----------------------------------------------------------------- the thread

    def _begin(self) -> None:
        self._aside(self._serve())
        self._aside(self._join())
        self._beat()

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loops.thread.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

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
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()
        self._tell(self._end)

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    def _wake(self) -> None:
        if not self._is_fetching and not self._is_closed and self._reading.has_room:
            self._is_fetching = True
            seconds = self._sizes.fetch_seconds + self._outlook.connection.way()
            self._loops.thread.call_later(seconds, self._fetch)

    def _fetch(self) -> None:
        self._is_fetching = False
        if self._is_busy or self._is_closed:
            return
        is_down = self._outlook.broker.is_down()
        if is_down or self._reading.fetch(lambda one: self._tell(self._receive, one)):
            self._wake()

    def _receive(self, batch: list[Record]) -> None:
        self._reading.room.receive(len(batch))
        self._listener.on_records(batch)

    # ---------------------------------------------------------------- membership

    async def _join(self) -> None:
        """Join the group, however often it takes."""
        while not self._is_closed:
            if self._membership is not None:
                self._membership.is_over = True
            membership = self._membership = Membership(self, self._loops.thread)
            found = await self._outlook.connection.ask(
                lambda one=membership: self._outlook.group.join(  # type: ignore[misc] # mypy cannot infer a lambda with a default
                    one, self._topics, self._name
                ),
                self._sizes.request_seconds,
            )
            if found is not None:
                self.number = self._committing.number = found
                membership.begin()
                return

    def _leave(self) -> None:
        number, self.number = self.number, None
        if number is not None:
            self._outlook.connection.send(lambda: self._outlook.group.leave(number))

    def _beat(self) -> None:
        """Show life, and learn whether the group knows us."""
        if self._is_closed:
            return
        is_down = self._outlook.broker.is_down()
        self._tell_fault(SourceFaultKind.BROKERS_DOWN, is_so=is_down)
        if self.number is not None:
            self._aside(self._ask_whether_known(self.number))
        self._loops.thread.call_later(self._sizes.heartbeat_seconds, self._beat)

    async def _ask_whether_known(self, number: int) -> None:
        is_known = await self._outlook.connection.ask(
            lambda: self._outlook.group.heartbeat(number), self._sizes.request_seconds
        )
        if is_known is False and self.number == number:
            self.number = None
            self._command(self._lose)

    def _tell_fault(self, kind: SourceFaultKind, *, is_so: bool) -> None:
        """Tell when a fault begins and when it is over."""
        if is_so == (kind in self._told):
            return
        self._told ^= {kind}
        fault = SourceFault(
            kind=kind,
            message=f"{kind}, as the simulation has it",
            mend="It goes on by itself when the broker does.",
            is_over=not is_so,
        )
        self._tell(self._listener.on_fault, fault)

    # ---------------------------------------------------------- giving and taking

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

    async def _give_all_back(self, ask_seconds: float, commit_seconds: float) -> None:
        if self._owned:
            await self._give_back(frozenset(self._owned), ask_seconds, commit_seconds)

    async def _give_back(
        self, going: Partitions, ask_seconds: float, commit_seconds: float
    ) -> None:
        """Ask for positions, commit them, drop the partitions."""
        commits = await self._positions(going, ask_seconds)
        sent_at = self._loops.thread.time()
        ended = await self._committing.send_last(commits, commit_seconds)
        if ended is not None:
            self._tell(self._listener.on_committed, *ended, sent_at)
        for partition in going:
            del self._owned[partition]
        self._tell(lambda: self._listener.on_revoked(going, lost=False))

    async def _positions(self, going: Partitions, seconds: float) -> Commits:
        """Return what the pipeline wants committed; nothing when it takes too long."""
        main, thread = self._loops.main, self._loops.thread
        answer: asyncio.Future[Commits] = thread.create_future()
        given_up = False
        asking: list[asyncio.Task[None]] = []

        async def ask() -> None:
            if not given_up:
                found = await self._listener.on_revoking(going)
                thread.call_soon_threadsafe(give, found)

        def give(found: Commits) -> None:
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
        outlook, sizes = self._outlook, self._sizes
        while wanted := list(self._unread):
            found = await outlook.connection.ask(
                lambda wanted=wanted: self._starts(wanted),  # type: ignore[misc] # mypy cannot infer a lambda with a default
                sizes.request_seconds,
            )
            is_read = found is not None and not outlook.sea.offsets_are_unread()
            self._tell_fault(SourceFaultKind.OFFSETS_UNREAD, is_so=not is_read)
            if found is not None and is_read:
                self._unread = []
                self._assign(found)
                return
            await asyncio.sleep(sizes.again_seconds)
            if not self._commands.empty():
                self._command(self._take_again)  # others first: it may be about these
                return

    async def _take_again(self) -> None:
        await self._take(self._unread)

    def _starts(self, wanted: list[TopicPartition]) -> Starts:
        """Return where each begins (on the server)."""
        broker, at_end = self._outlook.broker, self._sizes.begins_at_end
        return {
            partition: broker.committed.get(
                partition, (broker.end(partition) if at_end else 0, "")
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

    # ------------------------------------------------------------------- commits

    async def _send(self, commits: Commits) -> None:
        """Send a commit of the pipeline's, and tell how it ended."""
        sent_at = self._loops.thread.time()
        seconds = self._sizes.request_seconds
        failed = await self._committing.send(commits, seconds)
        self._tell(self._report, commits, failed, sent_at)

    def _report(self, commits: Commits, failed: Codes, sent_at: float) -> None:
        self._is_committing = False
        self._listener.on_committed(commits, failed, sent_at)
