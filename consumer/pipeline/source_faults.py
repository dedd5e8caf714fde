"""What the source says of itself: a pause for each fault until it is over."""

from __future__ import annotations

from collections.abc import Iterable

from consumer.model import Pause, PauseReason, TopicPartition
from consumer.source.values import SourceFault, SourceFaultKind

__all__ = ["SourceFaults"]

REASONS = {
    SourceFaultKind.OUT_OF_RANGE: PauseReason.OUT_OF_RANGE,
    SourceFaultKind.NO_OFFSET: PauseReason.OUT_OF_RANGE,
    SourceFaultKind.JUMPED_BACK: PauseReason.OUT_OF_RANGE,
    SourceFaultKind.COMMIT: PauseReason.COMMIT,
}


class SourceFaults:
    """The faults that last. Owned by the pipeline."""

    def __init__(self) -> None:
        self._lasting: dict[str, Pause] = {}

    def note(self, fault: SourceFault, now: float) -> None:
        """Take in a fault, or its end; one that is told again began when it first was."""
        name = f"{fault.kind} {fault.partition or ''}"
        if fault.is_over:
            self._lasting.pop(name, None)
            return
        known = self._lasting.get(name)
        self._lasting[name] = Pause(
            reason=REASONS.get(fault.kind, PauseReason.BROKER),
            scope=str(fault.partition or "source"),
            since=now if known is None else known.since,
            ends_when=fault.mend,
        )

    def drop(self, partitions: Iterable[TopicPartition]) -> None:
        """Forget faults of `partitions`: they are not ours any more."""
        gone = {str(partition) for partition in partitions}
        for name, pause in list(self._lasting.items()):
            if pause.scope in gone:
                del self._lasting[name]

    def pauses(self) -> Iterable[Pause]:
        """Name what lasts, oldest first."""
        return self._lasting.values()
