"""How many records may still be handed over."""

from __future__ import annotations

import threading

from consumer.source.room import Room


def test_nothing_is_allowed_at_first() -> None:
    """Without a grant there is no room."""
    assert Room().left() == 0


def test_a_grant_is_used_up() -> None:
    """What is handed over counts against the grant."""
    room = Room()
    room.grant(10)
    room.hand_over(4)
    assert room.left() == 6


def test_a_grant_replaces_the_one_before() -> None:
    """Room is what was granted last; none at all can be granted too."""
    room = Room()
    room.grant(10)
    room.grant(3)
    assert room.left() == 3
    room.grant(-5)
    assert room.left() == 0


def test_records_on_their_way_are_part_of_a_grant() -> None:
    """A grant made before the loop has seen a batch does not let it through twice."""
    room = Room()
    room.grant(10)
    room.hand_over(10)
    room.grant(10)  # the loop does not know of the ten yet
    assert room.left() == 0
    room.receive(10)
    room.grant(10)
    assert room.left() == 10


def test_a_wait_ends_with_a_grant_or_a_command() -> None:
    """The thread sleeps without room, and wakes as soon as there is something to do."""
    room = Room()
    for wake in (room.wake, lambda: room.grant(1)):
        thread = threading.Thread(target=room.wait, args=(15,))
        thread.start()
        wake()
        thread.join(10)
        assert not thread.is_alive()
