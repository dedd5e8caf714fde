"""Commits, with a client that tells one error for all partitions, as the real one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import TopicPartition as Place

from consumer.model import Commit, TopicPartition
from consumer.source import commits as module
from consumer.source.bridge import Bridge
from consumer.source.commits import Commits, of
from consumer.source.refusals import Batch
from tests.unit.source.test_bridge import Listener

A0, A1, A2 = (TopicPartition("a", number) for number in range(3))
B0, B1 = TopicPartition("b", 0), TopicPartition("b", 1)
ALL = (A0, A1, A2, B0, B1)
LARGEST = 10
EPOCH = 4


class Broken:
    """A place with an error."""

    def __init__(self, place: Place, error: KafkaError) -> None:
        self.topic, self.partition = place.topic, place.partition
        self.offset, self.error = place.offset, error


class Client:
    """Commits as a broker and librdkafka 2.16 do together.

    Attributes:
        committed: What the broker took.
        codes: The code with which it refuses a partition.
        requests: The partitions of each request.
        answers: What the callback is to be called with.
    """

    def __init__(self) -> None:
        self.committed: dict[TopicPartition, tuple[int, str]] = {}
        self.codes: dict[TopicPartition, int] = {}
        self.requests: list[list[TopicPartition]] = []
        self.answers: list[tuple[KafkaError | None, list[Place]]] = []
        self.refuses: KafkaError | None = None

    def commit(self, *, offsets: list[Place], asynchronous: bool) -> list[Place] | None:
        """Take what may be taken; one refusal is told of all.

        Raises:
            KafkaException: One was refused, or librdkafka takes none.
        """
        if self.refuses is not None:
            raise KafkaException(self.refuses)
        self.requests.append([of(place) for place in offsets])
        codes = [code for place in offsets if (code := self.code(place))]
        for place in offsets:
            if not self.code(place):
                self.committed[of(place)] = (place.offset, place.metadata or "")
        error = KafkaError(codes[-1]) if codes else None
        if asynchronous:
            told = [Broken(place, error) if error else place for place in offsets]
            self.answers.append((error, told))  # type: ignore[arg-type] # an error cannot be set from outside
            return None
        if error is not None:
            raise KafkaException(error)
        return offsets

    def code(self, place: Place) -> int:
        """Return the code with which a place is refused; 0 when it is not."""
        if len(place.metadata or "") > LARGEST:
            return 12
        return self.codes.get(of(place), 0)


class Assigned:
    """Partitions of one epoch, but for those that are gone."""

    def __init__(self) -> None:
        self.gone: set[TopicPartition] = set()

    def epoch(self, partition: TopicPartition) -> int | None:
        """Return the epoch; None when it is gone."""
        return None if partition in self.gone else EPOCH


class Desk:
    """Commits, and what they reported."""

    def __init__(self) -> None:
        self.client = Client()
        self.partitions = Assigned()
        self.reported: list[tuple[Batch, Mapping[TopicPartition, int]]] = []
        self.acknowledged: dict[TopicPartition, int] = {}
        self.commits = Commits(
            self.partitions,  # type: ignore[arg-type] # only what is used of them
            lambda commits, failed, _: self.reported.append((commits, failed)),
            self.acknowledged,
        )

    def send(self, commits: Batch) -> None:
        """Send, and turn until it is reported, twenty times at most."""
        self.commits.send(self.client, commits)  # type: ignore[arg-type] # likewise
        for _ in range(20):
            self.turn()

    def turn(self, now: float = 0.0) -> None:
        """Take the client's answers, and look after the rest."""
        answers, self.client.answers = self.client.answers, []
        for error, places in answers:
            self.commits.answered(error, places)
        self.commits.check(self.client, now)  # type: ignore[arg-type] # likewise


def at(offset: int, *names: TopicPartition, metadata: str = "") -> Batch:
    """Return commits of `names` at one offset."""
    return {name: Commit(offset, metadata, EPOCH) for name in names}


def test_a_commit_is_one_request_and_one_answer() -> None:
    """Nothing is asked twice while nothing is refused."""
    desk = Desk()
    desk.send(at(7, *ALL))
    assert desk.client.requests == [list(ALL)]
    assert desk.reported == [(at(7, *ALL), {})]
    assert desk.acknowledged == dict.fromkeys(ALL, 7)


def test_a_map_that_is_too_large_is_found_among_the_others() -> None:
    """The broker took the others, whatever librdkafka says of them."""
    desk = Desk()
    commits = {**at(7, *ALL), **at(7, A1, metadata="x" * 11)}
    desk.send(commits)
    assert desk.reported == [(commits, {A1: 12})]
    assert desk.acknowledged == {name: 7 for name in ALL if name != A1}
    assert len(desk.client.requests) <= 7


@pytest.mark.parametrize("code", [3, 29])
def test_a_topic_that_is_gone_fails_no_other(code: int) -> None:
    """A topic is asked for as a whole: it is forbidden as a whole."""
    desk = Desk()
    desk.client.codes = {A0: code, A1: code, A2: code}
    desk.send(at(7, *ALL))
    assert desk.reported == [(at(7, *ALL), {A0: code, A1: code, A2: code})]
    assert desk.client.requests == [list(ALL), [A0, A1, A2], [B0, B1]]


@pytest.mark.parametrize("code", [22, 25, 27, 113])
def test_an_error_of_membership_is_true_of_all(code: int) -> None:
    """It is not asked again: the pipeline stops, and repeats it with its interval."""
    desk = Desk()
    desk.client.codes = dict.fromkeys(ALL, code)
    desk.send(at(7, *ALL))
    assert desk.reported == [(at(7, *ALL), dict.fromkeys(ALL, code))]
    assert len(desk.client.requests) == 1


def test_a_part_whose_epoch_has_ended_meanwhile_is_not_sent() -> None:
    """Between two parts a partition may be revoked: nothing of it follows."""
    desk = Desk()
    desk.client.codes = {A0: 3}
    desk.commits.send(desk.client, at(7, A0, B0))  # type: ignore[arg-type] # a fake
    desk.partitions.gone = {B0}
    desk.client.committed.clear()
    for _ in range(5):
        desk.turn()
    assert desk.reported == [(at(7, A0, B0), {A0: 3, B0: 22})]
    assert desk.client.committed == {}


def test_what_librdkafka_refuses_at_once_is_answered() -> None:
    """Else no other commit could ever be sent."""
    desk = Desk()
    desk.client.refuses = KafkaError(KafkaError._STATE)
    desk.send(at(7, A0))
    assert desk.reported == [(at(7, A0), {A0: KafkaError._STATE})]


@pytest.mark.peer("Parallel Consumer #809")
def test_one_that_librdkafka_forgot_is_given_up() -> None:
    """All of it counts as timed out, also what was not sent yet."""
    desk = Desk()
    desk.commits.send(desk.client, at(7, A0))  # type: ignore[arg-type] # a fake
    desk.client.answers.clear()
    desk.turn()
    assert desk.reported == []
    desk.turn(now=float("inf"))
    assert desk.reported == [(at(7, A0), {A0: module.TIMED_OUT})]
    desk.turn(now=float("inf"))
    assert len(desk.reported) == 1


def test_a_final_commits_answer_is_not_the_outstanding_ones() -> None:
    """It names other offsets, and is left alone; so is one that nobody waits for."""
    desk = Desk()
    desk.commits.answered(None, [Place(*A0, 9)])
    desk.commits.send(desk.client, at(7, A0))  # type: ignore[arg-type] # a fake
    desk.commits.answered(None, [Place(*A0, 9)])
    assert desk.reported == []
    desk.turn()
    assert desk.reported == [(at(7, A0), {})]


class Final(Listener):
    """Remembers the last commit's result."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[tuple[Batch, Mapping[TopicPartition, int]]] = []

    def on_committed(
        self,
        commits: Mapping[TopicPartition, Commit],
        failed: Mapping[TopicPartition, int],
        sent_at: float,
    ) -> None:
        """Remember it."""
        del sent_at
        self.results.append((commits, failed))


async def final(
    desk: Desk, commits: Batch, seconds: float = 60.0
) -> Sequence[tuple[Batch, Mapping[TopicPartition, int]]]:
    """Make a last commit and return what was told of it."""
    listener = Final()
    bridge = Bridge(asyncio.get_running_loop(), listener)
    desk.commits.final(desk.client, commits, bridge, seconds)  # type: ignore[arg-type] # a fake
    await asyncio.sleep(0)
    return listener.results


async def test_a_last_commit_leaves_out_the_map_that_is_refused() -> None:
    """The offset is committed all the same, and the others keep their maps."""
    desk = Desk()
    small, large = at(7, *ALL, metadata="map"), at(8, A1, metadata="x" * 11)
    assert await final(desk, {**small, **large}) == [({**small, **at(8, A1)}, {})]
    kept = {name: (7, "map") for name in ALL if name != A1}
    assert desk.client.committed == {**kept, A1: (8, "")}


async def test_a_last_commit_tells_what_stays_refused() -> None:
    """A topic that may not be committed fails alone."""
    desk = Desk()
    desk.client.codes = {B0: 29, B1: 29}
    (result,) = await final(desk, at(7, *ALL))
    assert result == (at(7, *ALL), {B0: 29, B1: 29})
    assert set(desk.client.committed) == {A0, A1, A2}


async def test_a_last_commit_whose_time_is_up_asks_no_more() -> None:
    """What is refused then stays refused: nothing is sent after the deadline."""
    desk = Desk()
    (result,) = await final(desk, at(7, A0, metadata="x" * 11), seconds=0.0)
    assert result[1][A0] in {12, module.TIMED_OUT}
    assert len(desk.client.requests) <= 1


async def test_a_last_commit_repeats_nothing_that_was_acknowledged() -> None:
    """What the broker has, map and all, needs no second answer; news does."""
    desk = Desk()
    desk.send(at(7, A0, A1, A2))
    asked = len(desk.client.requests)
    news = {**at(8, A1), **at(7, A2, metadata="map")}
    (result,) = await final(desk, {**at(7, A0), **news})
    assert result == ({**at(7, A0), **news}, {})
    assert desk.client.requests[asked:] == [[A1, A2]]
    assert await final(desk, at(7, A0)) == []


async def test_a_last_commit_of_nothing_asks_nothing() -> None:
    """Every epoch was over."""
    desk = Desk()
    desk.partitions.gone = set(ALL)
    assert await final(desk, at(7, *ALL)) == []
    assert desk.client.requests == []
