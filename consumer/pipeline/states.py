"""The life of the pipeline: a table of allowed moves.

    new ──> running <──> paused
     │         │           │
     │         └─> draining <┘
     │               │
     └──> failed <───┴──> closed

A pause is not a stop: the process lives, polls and answers its probes; what pauses and
what would end it is listed in `/status`.
"""

from __future__ import annotations

import enum

from consumer.errors import PipelineFailedError

__all__ = ["MOVES", "Lifecycle", "State"]


class State(enum.StrEnum):
    """Where the pipeline is in its life."""

    NEW = "new"
    RUNNING = "running"
    PAUSED = "paused"
    DRAINING = "draining"
    CLOSED = "closed"
    FAILED = "failed"


MOVES: dict[State, frozenset[State]] = {
    State.NEW: frozenset({State.RUNNING, State.DRAINING, State.FAILED}),
    State.RUNNING: frozenset({State.PAUSED, State.DRAINING, State.FAILED}),
    State.PAUSED: frozenset({State.RUNNING, State.DRAINING, State.FAILED}),
    State.DRAINING: frozenset({State.CLOSED, State.FAILED}),
    State.CLOSED: frozenset(),
    State.FAILED: frozenset(),
}


class Lifecycle:
    """The state now and since when. Owned by the pipeline.

    Attributes:
        state: Where it is.
        since: When it came there, on the clock of `now`.
    """

    def __init__(self, now: float) -> None:
        self.state = State.NEW
        self.since = now

    @property
    def is_live(self) -> bool:
        """Whether records may still be read and sent."""
        return self.state in {State.NEW, State.RUNNING, State.PAUSED}

    @property
    def is_over(self) -> bool:
        """Whether nothing can follow."""
        return not MOVES[self.state]

    def move(self, state: State, now: float) -> None:
        """Go to `state`; going to where it is already changes nothing.

        Raises:
            PipelineFailedError: The table does not allow the move: a fault of ours.
        """
        if state is self.state:
            return
        if state not in MOVES[self.state]:
            raise PipelineFailedError(f"no way from {self.state} to {state}")
        self.state = state
        self.since = now
