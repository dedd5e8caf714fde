"""What the group's callbacks do when nobody waits for them any more."""

import threading
from typing import cast

from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as Place

from consumer.source.rebalance import Rebalance


def abandoned() -> Rebalance:
    """Return callbacks of a close that was left behind; they have nothing to call."""
    rebalance = object.__new__(Rebalance)
    rebalance.is_closing = rebalance.is_abandoned = True
    return rebalance


def test_a_close_that_was_left_behind_calls_nothing() -> None:
    """Bug: a late callback unassigned, held the interpreter's lock, and all stood still."""
    rebalance = abandoned()
    consumer = cast("Consumer", None)
    for callback in (rebalance.on_revoke, rebalance.on_lost):
        thread = threading.Thread(
            target=callback, args=(consumer, [Place("t", 0)]), daemon=True
        )
        thread.start()
        thread.join(0.05)
        assert thread.is_alive()  # parked: had it gone on, it would have raised
