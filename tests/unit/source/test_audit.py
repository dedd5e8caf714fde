"""When a member has to join anew because an answer of its group was lost."""

from __future__ import annotations

from consumer.model import TopicPartition
from consumer.source.audit import NONE, Watched

P0, P1, P2 = (TopicPartition("t", number) for number in range(3))
GRACE = 20.0


def of(*partitions: TopicPartition) -> frozenset[TopicPartition]:
    """Return a set of partitions."""
    return frozenset(partitions)


def test_agreement_is_nothing() -> None:
    """What the group thinks that we have, and wants us to have, is what we have."""
    watched = Watched(GRACE)
    for now in (0.0, 5.0, 100.0):
        assert watched.note(of(P0), of(P0), of(P0), now) == NONE


def test_what_waits_for_its_owner_is_no_fault() -> None:
    """A target that is not assigned yet hangs on another member, for as long as it may."""
    watched = Watched(GRACE)
    for now in (0.0, 30.0, 300.0):
        assert watched.note(of(P0), of(P0), of(P0, P1), now) == NONE


def test_what_we_hold_and_should_not_is_told_after_the_grace() -> None:
    """A revocation that never came: what is wanted elsewhere, and nothing else."""
    watched = Watched(GRACE)
    told = [
        watched.note(of(P0, P1), of(P0, P1), of(P0), now) for now in (1.0, 10.0, 21.0)
    ]
    assert told == [NONE, NONE, of(P1)]


def test_what_we_should_hold_and_do_not_is_told_after_the_grace() -> None:
    """An assignment that never came."""
    watched = Watched(GRACE)
    told = [watched.note(of(), of(P1), of(P1), now) for now in (1.0, 10.0, 21.0)]
    assert told == [NONE, NONE, of(P1)]


def test_only_what_lasts_is_told() -> None:
    """Partitions astray at different times are a rebalance that goes on."""
    watched = Watched(GRACE)
    assert watched.note(of(P0), of(P0, P1), of(P0, P1), 0.0) == NONE
    assert watched.note(of(P0, P1), of(P0, P1, P2), of(P0, P1, P2), 15.0) == NONE
    assert watched.note(of(P0, P1), of(P0, P1, P2), of(P0, P1, P2), 30.0) == NONE
    assert watched.note(of(P0, P1), of(P0, P1, P2), of(P0, P1, P2), 35.0) == of(P2)


def test_one_that_lasts_is_told_among_others() -> None:
    """What came later has no part in it."""
    watched = Watched(GRACE)
    assert watched.note(of(), of(P0), of(P0), 0.0) == NONE
    assert watched.note(of(), of(P0, P1), of(P0, P1), 20.0) == of(P0)


def test_after_it_was_told_the_grace_begins_anew() -> None:
    """Joining takes its time too."""
    watched = Watched(GRACE)
    watched.note(of(), of(P0), of(P0), 0.0)
    assert watched.note(of(), of(P0), of(P0), 20.0) == of(P0)
    assert watched.note(of(), of(P0), of(P0), 25.0) == NONE
    assert watched.note(of(), of(P0), of(P0), 44.0) == NONE
    assert watched.note(of(), of(P0), of(P0), 45.0) == of(P0)


def test_a_silence_begins_the_grace_anew() -> None:
    """Bug: the first answer after an outage of the brokers made everybody join anew."""
    watched = Watched(GRACE)
    watched.note(of(), of(P0), of(P0), 0.0)
    assert watched.note(of(), of(P0), of(P0), 600.0) == NONE
    assert watched.note(of(), of(P0), of(P0), 610.0) == NONE
    assert watched.note(of(), of(P0), of(P0), 620.0) == of(P0)
