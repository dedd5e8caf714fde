"""The cluster of `tests.chaos.simulate` in real time, so that its contract can be held.

What the simulation's source, letters and group do there on a virtual clock they do here
on the test's own loop; nothing else is different.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from consumer.model import Answer, Fault, Request, TopicPartition
from consumer.settle import DeadLetter
from consumer.source.source import Source
from consumer.source.values import SourceListener, SourceOptions
from tests.broker.kafka import Cluster
from tests.chaos.simulate.broker import Broker
from tests.chaos.simulate.calls import PROFILE, Call
from tests.chaos.simulate.group import Group
from tests.chaos.simulate.letters import LetterTopic, Producer
from tests.chaos.simulate.member_values import Loops, Outlook, SourceSizes
from tests.chaos.simulate.network import Connection
from tests.chaos.simulate.seas import Calm
from tests.chaos.simulate.source import SimulatedSource
from tests.chaos.simulate.target import Tell, Way
from tests.chaos.simulate.weather import Chance, Weather
from tests.fake_transport import HANG, SUBMITTED

__all__ = ["SimulatedCluster", "scripted_way"]

SEED = 1


class IllSea(Calm):
    """Refuses what it is told to refuse, once each."""

    def __init__(self) -> None:
        self.codes: list[int] = []
        self.unread = 0

    def commit_codes(
        self, partitions: Iterable[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """Return the next code for all of these."""
        return dict.fromkeys(partitions, self.codes.pop(0)) if self.codes else {}

    def offsets_are_unread(self) -> bool:
        """Return whether this question fails."""
        self.unread -= 1
        return self.unread >= 0


class SimulatedCluster(Cluster):
    """One broker and its groups, on the loop of the test. Owned by the test.

    It is made outside of the loop and used on it.
    """

    def __init__(self) -> None:
        super().__init__("simulated")
        self._broker = Broker()
        self._broker.is_down = lambda: self._is_down
        self._broker.wake = self._wake
        self._is_down = False
        self._groups: dict[str, Group] = {}
        self._sea = IllSea()
        self._sources: list[SimulatedSource] = []

    def create_topic(
        self, name: str, partitions: int = 1, settings: dict[str, str] | None = None
    ) -> None:
        """Create a topic; `settings` mean nothing here."""
        del settings
        self._broker.create(name, partitions)

    def publish(self, topic: str, values: Sequence[bytes], partition: int) -> None:
        """Write `values` with the headers of `members.published`."""
        for value in values:
            self._broker.append(
                TopicPartition(topic, partition),
                value,
                timestamp_ms=int(time.time() * 1000),
                key=b"k",
                headers=(("n", value), ("empty", None), ("n", b"again")),
            )

    def source(self, options: SourceOptions, listener: SourceListener) -> Source:
        """Return a member of the group that the options name."""
        kafka = options.kafka
        name = str(kafka["group.id"])
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = Group(
                self._loop,
                self._broker,
                Chance(SEED, name),
                protocol=protocol_of(str(kafka.get("partition.assignment.strategy"))),
            )
        connection = Connection(
            self._loop, self._loop, Chance(SEED, "way"), self._broker.is_down
        )
        made = SimulatedSource(
            Loops(main=self._loop, thread=self._loop),
            listener,
            Outlook(
                broker=self._broker, group=group, connection=connection, sea=self._sea
            ),
            SourceSizes(
                heartbeat_seconds=0.1,
                revoke_seconds=options.revoke_timeout_seconds,
                commit_seconds=options.commit_timeout_seconds,
                again_seconds=0.1,
                begins_at_end=kafka.get("auto.offset.reset") == "latest",
            ),
        )
        self._sources.append(made)
        return made  # type: ignore[return-value] # it is one in all that a listener sees

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    @functools.cached_property
    def letters(self) -> LetterTopic:
        """All letters, of all topics."""
        weather = Weather((), self._loop.time)
        topic = LetterTopic(self._loop, weather, Chance(SEED, "letters"))
        topic.is_down = self._broker.is_down
        return topic

    def producer(self, largest_bytes: int, given_up_seconds: float) -> Producer:
        """Return a producer of letters."""
        self.letters.largest_bytes = largest_bytes
        self.letters.given_up_seconds = given_up_seconds
        return Producer("p", self._loop, self.letters)

    def read_letters(self, topic: str, partition: int) -> list[DeadLetter]:
        """Return the letters in one partition of a topic."""
        written = [letter for _, letter in self.letters.written]
        return [
            one for one in written if (one.topic, one.partition) == (topic, partition)
        ]

    def fail_commits(self, *codes: int) -> None:
        """Have the next commits answered with these Kafka error codes."""
        self._sea.codes += codes

    def fail_offset_fetches(self, *codes: int) -> None:
        """Have so many reads of committed offsets fail."""
        self._sea.unread = len(codes)

    def set_down(self, *, is_down: bool) -> None:
        """Answer nobody, or everybody again."""
        self._is_down = is_down
        self._wake()

    def fence_members(self) -> None:
        """Have every member find that the group has gone on without it."""
        for group in self._groups.values():
            for number in list(group.names):
                group.evict(number)

    def _wake(self) -> None:
        for source in self._sources:
            source.wake()


class ScriptedPlace:
    """A target that answers from a script, and then that all is well."""

    def __init__(self, script: Iterable[Answer | Fault]) -> None:
        self._script = deque(script)

    def is_reachable(self) -> bool:
        """Return that somebody listens."""
        return True

    def miss(self, process: str, request: Request, fault: Fault) -> None:
        """Note nothing: every call finds somebody."""

    def begin(
        self,
        process: str,
        request: Request,  # noqa: ARG002 - the script does not depend on it
        tell: Tell,
    ) -> Call:
        """Answer with the next line of the script; `HANG` is no answer."""
        loop = asyncio.get_running_loop()
        answer = self._script.popleft() if self._script else SUBMITTED
        if answer is not HANG:
            loop.call_soon(tell, answer)
        return Call(process, {PROFILE: ""}, loop.time())


def scripted_way(
    script: Iterable[Answer | Fault],
    token: Callable[[], str | None],
    timeout_seconds: float,
) -> Way:
    """Return the simulation's transport with a target that follows a script."""
    return Way(
        "p",
        asyncio.get_running_loop(),
        ScriptedPlace(script),
        Chance(SEED, "way"),
        timeout_seconds=timeout_seconds,
        token=token,
    )


def protocol_of(strategy: str) -> str:
    """Return how a group shares, by the words of the properties."""
    words = {"range": "eager", "cooperative-sticky": "cooperative"}
    return words.get(strategy, "consumer")
