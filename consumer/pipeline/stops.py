"""Which pauses stop the whole, and make the state `paused`.

What stops one partition or one mapping is no pause of the whole: others go on.
"""

from __future__ import annotations

from collections.abc import Iterable

from consumer.model import Pause, PauseReason, TopicPartition

__all__ = ["stops_all"]

STOPS = frozenset({
    PauseReason.LEASE,
    PauseReason.DEAD_LETTERS,
    PauseReason.HALTED,
    PauseReason.BREAKER,
    PauseReason.TARGET,
    PauseReason.QUOTA,
    PauseReason.BROKER,
})


def stops_all(pauses: Iterable[Pause], assigned: Iterable[TopicPartition]) -> bool:
    """Tell whether one of these pauses stops more than a partition or a mapping."""
    parts = {str(partition) for partition in assigned}
    return any(
        pause.reason in STOPS
        and pause.scope not in parts
        and not pause.scope.startswith("mapping ")
        for pause in pauses
    )
