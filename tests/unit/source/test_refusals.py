"""Which partitions of a commit the broker refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.model import Commit, TopicPartition
from consumer.source.refusals import Batch, divided, without_map

TOO_LARGE, UNKNOWN_TOPIC, FORBIDDEN = 12, 3, 29


def batch(*lengths: int, topic: str = "t") -> Batch:
    """Return commits whose maps have these lengths."""
    return {
        TopicPartition(topic, number): Commit(number, "x" * length, 1)
        for number, length in enumerate(lengths)
    }


@given(st.lists(st.integers(0, 9), min_size=2))
def test_the_longest_maps_are_halved_together(lengths: list[int]) -> None:
    """Nothing is left out or sent twice, and no map of the first half is longer."""
    commits = batch(*lengths)
    short, long = divided(commits, TOO_LARGE)
    assert {**short, **long} == commits
    assert len(short) + len(long) == len(commits)
    assert abs(len(short) - len(long)) <= 1
    assert max(len(commit.metadata) for commit in short.values()) <= min(
        len(commit.metadata) for commit in long.values()
    )


@pytest.mark.parametrize("code", [UNKNOWN_TOPIC, FORBIDDEN])
def test_a_reason_of_a_topic_is_divided_by_topic(code: int) -> None:
    """A topic that is gone or forbidden stands alone with all its partitions."""
    one, two = batch(1, 2), batch(3, 4, topic="u")
    assert divided({**one, **two}, code) == [one, two]
    assert divided(one, code) == []


@pytest.mark.parametrize("code", [22, 25, 27, 113, 16, -185, -195])
def test_a_reason_of_the_member_speaks_of_all(code: int) -> None:
    """A membership that is over, or no answer, is not asked again in parts."""
    assert divided({**batch(1, 2), **batch(3, topic="u")}, code) == []
    assert without_map(batch(1), code) == {}


def test_a_refusal_that_stands_alone_is_not_divided() -> None:
    """One partition is one partition."""
    assert divided(batch(5), TOO_LARGE) == []


def test_a_map_is_left_out_when_it_is_refused_alone() -> None:
    """The offset is what counts; without a map there is nothing to leave out."""
    (name,) = batch(5)
    assert {name: Commit(0, "", 1)} == without_map(batch(5), TOO_LARGE)
    assert without_map(batch(0), TOO_LARGE) == {}
    assert without_map(batch(5, 5), TOO_LARGE) == {}
