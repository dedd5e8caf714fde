"""The topics of letters: seen to at the start, or when a pattern's first letter is owed."""

from __future__ import annotations

import asyncio

import pytest

from consumer.errors import DependencyError
from consumer.letters.topics import TopicNames
from consumer.model import PauseReason
from consumer.pipeline.letter_topics import LetterTopics
from consumer.pipeline.settlement import WRITERS
from tests.fakes import FakeLetters
from tests.unit.pipeline.kit import P0, P1, World
from tests.virtual_time import virtual

BAD = b"\x00"
NAMES = TopicNames(
    group="g",
    letter_template="{group}.{topic}.dead-letters",
    replay_template="{group}.{topic}.replay",
)
LETTERS = "g.events.dead-letters"


def topics_of(letters: FakeLetters, *, may_create: bool = True) -> LetterTopics:
    """Return the topics, none of them known."""
    return LetterTopics(letters, NAMES, may_create=may_create)


@virtual
async def test_what_was_checked_is_not_asked_for_again() -> None:
    """A start asks once for all."""
    letters = FakeLetters()
    letters.counts = {LETTERS: 4}
    topics = topics_of(letters)
    await topics.check(("events", "others"))
    assert [await topics.partitions(one) for one in ("events", "others")] == [4, 1]
    assert letters.asked == [(LETTERS, "g.others.dead-letters")]


@virtual
async def test_writers_that_come_at_once_ask_once() -> None:
    """The first one asks; the others wait for its answer."""
    letters = FakeLetters()
    topics = topics_of(letters)
    counts = await asyncio.gather(*(topics.partitions("events") for _ in range(8)))
    assert (counts, letters.asked) == ([1] * 8, [(LETTERS,)])


@virtual
async def test_one_that_is_missing_is_asked_for_until_it_is_there() -> None:
    """Without leave to create it somebody else has to."""
    letters = FakeLetters()
    topics = topics_of(letters, may_create=False)
    for _ in range(2):
        with pytest.raises(DependencyError, match=LETTERS):
            await topics.partitions("events")
    letters.counts = {LETTERS: 3}
    assert await topics.partitions("events") == 3
    assert letters.asked == [(LETTERS,)] * 3


@virtual
async def test_letters_of_a_topic_that_a_pattern_matched_keep_their_partition() -> None:
    """Bug: all letters of such a topic went to partition 0, and none created it."""
    world = World()
    world.start(is_checked=False)
    world.letters.counts = {LETTERS: 2}
    world.source.assign(P0, P1)
    await world.settle(0.1)
    each = WRITERS // 2
    for _ in range(each):
        world.source.publish(P0, BAD)
        world.source.publish(P1, BAD)
    await world.settle(1)
    found = sorted(letter.partition for letter in world.letters.written)
    assert found == [0] * each + [1] * each
    assert world.letters.asked == [(LETTERS,)]
    await world.end()


@virtual
async def test_a_topic_that_cannot_be_seen_to_pauses_until_it_can() -> None:
    """The record is held meanwhile, and its letter is written then."""
    world = World()
    world.start(is_checked=False)
    world.letters.is_down = True
    world.source.assign(P0)
    await world.settle(0.1)
    world.source.publish(P0, BAD)
    await world.settle(1)
    assert world.reasons == {PauseReason.DEAD_LETTERS}
    assert (world.statistics.held, world.letters.tries) == (1, 0)
    world.letters.is_down = False
    await world.settle(5)
    assert world.reasons == set()
    assert world.statistics.dead_lettered == 1
    await world.end()
