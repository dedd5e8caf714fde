"""The outside of the pipeline without the outside: real classes, on the loop's time.

Each keeps the contract of `consumer.pipeline.ports` as the real one does: a source hands
over no more than was granted, keeps one commit outstanding and asks before it takes
away; a letter is written once the broker has confirmed it; a registry knows, does not
know, or gives no answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from consumer.deadletter import LetterTooLargeError
from consumer.errors import DependencyError, RegistryUnreachableError
from consumer.model import (
    Answer,
    Commit,
    Fault,
    FaultKind,
    Header,
    Record,
    Request,
    SchemaId,
    TopicPartition,
)
from consumer.settle import DeadLetter
from consumer.source.values import Assigned, SourceListener
from tests.fake_transport import SUBMITTED

__all__ = ["FakeLetters", "FakeRegistry", "FakeSource", "FakeTarget", "FakeText"]

BATCH = 500
METADATA_TOO_LARGE = 12


class FakeSource:
    """A broker's log and one member of a group that reads it.

    Attributes:
        committed: What the broker has, by partition.
        metadata: What stands beside it.
        commits: Every commit that was sent.
        is_down: True while the broker answers nothing.
        failing: Error code of every commit that is answered; None for success.
        metadata_bytes: The broker's `offset.metadata.max.bytes`.
        paused: What the pipeline wants paused.
        room: Records that may still be handed over.
        revoke_seconds: How long the pipeline may take to give partitions back.
        closed_after: How many seconds `aclose` was given, call by call.
    """

    def __init__(self, listener: SourceListener) -> None:
        self.listener = listener
        self.committed: dict[TopicPartition, int] = {}
        self.metadata: dict[TopicPartition, str] = {}
        self.commits: list[Mapping[TopicPartition, Commit]] = []
        self.is_down = False
        self.failing: int | None = None
        self.metadata_bytes = 4096
        self.paused: frozenset[TopicPartition] = frozenset()
        self.room = 0
        self.answer_seconds = 0.001
        self.revoke_seconds = 12.0
        self.closed_after: list[float] = []
        self.epochs: dict[TopicPartition, int] = {}
        self._log: dict[TopicPartition, list[tuple[bytes | None, tuple[Header, ...]]]]
        self._log = {}
        self._next: dict[TopicPartition, int] = {}
        self._epoch = 0
        self._outstanding = False
        self._thread = asyncio.Lock()  # one thread gives everything back
        self._is_pumping = False

    # ------------------------------------------------------- the outside's side

    def publish(
        self,
        partition: TopicPartition,
        value: bytes | None,
        headers: tuple[Header, ...] = (),
    ) -> int:
        """Append a record to a partition and return its offset."""
        log = self._log.setdefault(partition, [])
        log.append((value, headers))
        self._wake()
        return len(log) - 1

    def assign(self, *partitions: TopicPartition) -> None:
        """Give partitions to this member, from their committed offsets."""
        given = []
        for partition in partitions:
            self._epoch += 1
            offset = self.committed.get(partition, 0)
            self.epochs[partition] = self._epoch
            self._next[partition] = offset
            given.append(
                Assigned(
                    partition=partition,
                    epoch=self._epoch,
                    offset=offset,
                    metadata=self.metadata.get(partition, ""),
                )
            )
        self.listener.on_assigned(tuple(given))
        self._wake()

    async def revoke(self, *partitions: TopicPartition) -> None:
        """Take partitions away, as a rebalance does."""
        async with self._thread:
            await self._give_back(frozenset(partitions), self.revoke_seconds)

    def lose(self, *partitions: TopicPartition) -> None:
        """Take partitions away without asking: the group has gone on."""
        self._forget(frozenset(partitions), lost=True)

    def log(
        self, partition: TopicPartition
    ) -> list[tuple[bytes | None, tuple[Header, ...]]]:
        """Return what was published to a partition: value and headers."""
        return self._log.setdefault(partition, [])

    def record(self, partition: TopicPartition, offset: int) -> Record:
        """Return a record as it is read now."""
        value, headers = self._log[partition][offset]
        return Record(
            source=partition,
            offset=offset,
            timestamp_ms=0,
            key=None,
            value=value,
            headers=headers,
            epoch=self.epochs[partition],
            size_bytes=len(value or b""),
        )

    # ------------------------------------------------------ the pipeline's side

    def grant(self, room: int) -> None:
        """Allow `room` more records."""
        self.room = max(room, 0)
        self._wake()

    def pause(self, partitions: frozenset[TopicPartition]) -> None:
        """Hand over nothing of exactly `partitions`."""
        self.paused = partitions
        self._wake()

    def commit(self, commits: Mapping[TopicPartition, Commit]) -> bool:
        """Send `commits`; answered after a moment, or when the broker is back."""
        if self._outstanding or not commits:
            return False
        self._outstanding = True
        self.commits.append(commits)
        loop = asyncio.get_running_loop()
        loop.call_later(self.answer_seconds, self._answer, commits, loop.time())
        return True

    async def aclose(self, deadline_seconds: float) -> None:
        """Give everything back within the deadline."""
        self.closed_after.append(deadline_seconds)
        async with self._thread:
            if self.epochs:
                await self._give_back(
                    frozenset(self.epochs), min(deadline_seconds, self.revoke_seconds)
                )

    # ------------------------------------------------------------------ inside

    async def _give_back(
        self, partitions: frozenset[TopicPartition], seconds: float
    ) -> None:
        commits: Mapping[TopicPartition, Commit] = {}
        try:
            async with asyncio.timeout(seconds):
                commits = await self.listener.on_revoking(partitions)
        except TimeoutError:
            pass
        sent_at = asyncio.get_running_loop().time()
        if commits and not self.is_down:
            self.commits.append(commits)
            failed = self._settle(commits)
            bare = {
                each: Commit(commits[each].offset, "", commits[each].epoch)
                for each, code in failed.items()
                if code == METADATA_TOO_LARGE
            }
            if bare:  # the last word of a partition: once more, without its map
                self.commits.append(bare)
                commits = {**commits, **bare}
                kept = {each: failed[each] for each in failed if each not in bare}
                failed = kept | self._settle(bare)
            self.listener.on_committed(commits, failed, sent_at)
        self._forget(partitions, lost=False)

    def _forget(self, partitions: frozenset[TopicPartition], *, lost: bool) -> None:
        for partition in partitions:
            self.epochs.pop(partition, None)
        self.listener.on_revoked(partitions, lost=lost)

    def _answer(self, commits: Mapping[TopicPartition, Commit], sent_at: float) -> None:
        if self.is_down:
            loop = asyncio.get_running_loop()
            loop.call_later(0.1, self._answer, commits, sent_at)
            return
        self._outstanding = False
        self.listener.on_committed(commits, self._settle(commits), sent_at)

    def _settle(
        self, commits: Mapping[TopicPartition, Commit]
    ) -> dict[TopicPartition, int]:
        if self.failing is not None:
            return dict.fromkeys(commits, self.failing)
        failed = {}
        for partition, commit in commits.items():
            if len(commit.metadata) > self.metadata_bytes:
                failed[partition] = METADATA_TOO_LARGE
            elif self.epochs.get(partition) == commit.epoch:
                self.committed[partition] = commit.offset
                self.metadata[partition] = commit.metadata
            else:
                failed[partition] = 22
        return failed

    def _wake(self) -> None:
        if not self._is_pumping:
            self._is_pumping = True
            asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        self._is_pumping = False
        batch: list[Record] = []
        room = min(self.room, BATCH)
        for partition in self.epochs:
            log = self._log.get(partition, [])
            while (
                partition not in self.paused
                and self._next[partition] < len(log)
                and len(batch) < room
            ):
                batch.append(self.record(partition, self._next[partition]))
                self._next[partition] += 1
        if batch:
            self.room -= len(batch)
            self.listener.on_records(batch)
            self._wake()


class FakeTarget:
    """Target behind a wire that takes time.

    Attributes:
        answer: Asked for each call, with the profile and the time.
        seconds: How long a call is on the wire.
        connect_seconds: How long it waits for its connection before.
        timeout_seconds: After which a call is given up by the transport.
        calls: Profile and attributes of each call whose first byte left.
        is_closed: True after `aclose`.
    """

    def __init__(
        self,
        answer: Callable[[str, float], Answer | Fault] = lambda *_: SUBMITTED,
        *,
        seconds: float = 0.005,
        timeout_seconds: float = 10.0,
    ) -> None:
        self.answer = answer
        self.seconds = seconds
        self.connect_seconds = 0.0
        self.timeout_seconds = timeout_seconds
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.times: list[float] = []
        self.is_closed = False

    async def send(
        self, request: Request, may_send: Callable[[], bool]
    ) -> Answer | Fault:
        """Carry one call."""
        await asyncio.sleep(self.connect_seconds)
        if not may_send():
            return Fault(FaultKind.LEASE)
        now = asyncio.get_running_loop().time()
        fields = {name: values[0] for name, values in fields_of(request).items()}
        profile = fields.pop("mbox3rdPartyId")
        self.calls.append((profile, fields))
        self.times.append(now)
        answer = self.answer(profile, now)
        if self.seconds >= self.timeout_seconds:
            await asyncio.sleep(self.timeout_seconds)
            return Fault(FaultKind.TIMEOUT)
        await asyncio.sleep(self.seconds)
        return answer

    async def aclose(self) -> None:
        """Close."""
        self.is_closed = True


def fields_of(request: Request) -> dict[str, list[str]]:
    """Return the form fields of a call."""
    return parse_qs(request.body.decode(), keep_blank_values=True)


class FakeLetters:
    """A letter topic.

    Attributes:
        written: The letters that were confirmed.
        tries: How often a write was tried.
        is_down: True while the broker confirms nothing.
        largest: The largest value that the topic takes.
        seconds: How long a confirmation takes.
        counts: The partition count of each topic that is there.
        asked: Which topics were asked for, each time.
    """

    def __init__(self) -> None:
        self.written: list[DeadLetter] = []
        self.counts: dict[str, int] = {}
        self.asked: list[tuple[str, ...]] = []
        self.tries = 0
        self.is_down = False
        self.largest = 1_000_000
        self.too_large_headers = False
        self.seconds = 0.002
        self.refused_topics: set[str] = set()

    async def write(self, letter: DeadLetter) -> None:
        """Keep the letter, or raise as the real one does.

        Raises:
            DependencyError: The broker is down, or refuses the topic.
            LetterTooLargeError: The letter does not fit.
        """
        self.tries += 1
        await asyncio.sleep(self.seconds)
        if self.is_down or letter.topic in self.refused_topics:
            raise DependencyError(f"the dead letter for {letter.topic} was not written")
        if self.too_large_headers or len(letter.value or b"") > self.largest:
            raise LetterTooLargeError("too large")
        self.written.append(letter)

    async def ensure_topics(
        self,
        wanted: Mapping[str, str],
        *,
        may_create: bool,
        patience_seconds: float = 0.0,  # noqa: ARG002 - it answers at once
    ) -> dict[str, int]:
        """Return the counts of topics; one that is missing is made, or refused.

        Raises:
            DependencyError: The broker is down, or a topic is missing.
        """
        self.asked.append(tuple(wanted))
        missing = wanted.keys() - self.counts.keys()
        if self.is_down or (missing and not may_create):
            raise DependencyError(f"topics are missing: {', '.join(sorted(missing))}")
        self.counts |= dict.fromkeys(missing, 1)
        return {name: self.counts[name] for name in wanted}

    @property
    def reasons(self) -> list[str]:
        """The reasons of the letters, in order."""
        return [header(letter, "dead-letter-reason") for letter in self.written]


def header(letter: DeadLetter, name: str) -> str:
    """Return one header of a letter as text; the last one counts."""
    found = [text for key, text in letter.headers if key == name]
    return (found[-1] or b"").decode() if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeText:
    """A registered schema."""

    text: str
    references: Mapping[str, str] = field(default_factory=dict)
    is_encrypted: bool = False


class FakeRegistry:
    """A schema registry.

    Attributes:
        texts: What it has, by number.
        references: Name to text of what each of them refers to, the innermost first.
        encrypted: Numbers of those whose writers encrypt.
        is_down: True while it gives no answer.
        asked: Number and time of each question.
        seconds: How long an answer takes.
    """

    def __init__(self, texts: Iterable[tuple[int, str]] = ()) -> None:
        self.texts = dict(texts)
        self.references: dict[int, Mapping[str, str]] = {}
        self.encrypted: set[int] = set()
        self.is_down = False
        self.asked: list[tuple[int, float]] = []
        self.seconds = 0.01
        self._known: dict[int, FakeText] = {}

    async def schema(self, schema_id: SchemaId) -> FakeText | None:
        """Return the schema; None when there is none.

        Raises:
            RegistryUnreachableError: It is down.
        """
        number = schema_id.number or 0
        self.asked.append((number, asyncio.get_running_loop().time()))
        await asyncio.sleep(self.seconds)
        if self.is_down:
            raise RegistryUnreachableError("registry.test: refused")
        text = self.texts.get(number)
        if text is None:
            return None
        found = FakeText(
            text=text,
            references=self.references.get(number, {}),
            is_encrypted=number in self.encrypted,
        )
        if self._known.get(number) != found:
            self._known[number] = found
        return self._known[number]
