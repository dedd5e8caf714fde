"""Other limits to compare with: a fixed one, and Vector's."""

from __future__ import annotations

import math

from consumer.schedule.limit import Sign

__all__ = ["Fixed", "Vector"]

# Vector 0.50, src/sinks/util/adaptive_concurrency/mod.rs: the published defaults.
INITIAL = 1
DECREASE_RATIO = 0.9
EWMA_ALPHA = 0.4
RTT_DEVIATION_SCALE = 2.5
BACK_PRESSURE = frozenset({Sign.OVERLOADED, Sign.OTHER})


class Fixed:
    """So many calls at once, always."""

    def __init__(self, limit: int) -> None:
        self.current = float(limit)

    def room(self, in_flight: int, now: float) -> int:  # noqa: ARG002 - the protocol's
        """Return what is left of the limit."""
        return int(self.current) - in_flight

    def next_due(self, in_flight: int, now: float) -> float | None:
        """Only an answer makes room."""

    def sent(self, now: float) -> None:
        """Nothing is learnt of a call."""

    def answered(self, sent_at: float, now: float, sign: Sign) -> None:
        """Nothing is learnt of an answer."""


class Vector:
    """Additive increase and multiplicative decrease as Vector has it (controller.rs).

    Once a round trip: one more if the limit was reached, nothing was refused and the
    mean latency is no longer than the moving one; a tenth less if anything was refused
    or the mean is 2.5 deviations above it. The published bound of 200 is `most` here.
    """

    def __init__(self, most: int) -> None:
        self.current = INITIAL
        self._most = most
        self._in_flight = 0
        self._past: tuple[float, float] | None = None  # mean and variance
        self._sum = 0.0
        self._count = 0
        self._update_at = 0.0
        self._refused = self._reached = False

    def room(self, in_flight: int, now: float) -> int:  # noqa: ARG002 - the protocol's
        """Return what is left of the limit."""
        return self.current - in_flight

    def next_due(self, in_flight: int, now: float) -> float | None:
        """Only an answer makes room."""

    def sent(self, now: float) -> None:  # noqa: ARG002 - the protocol's
        """Note whether the limit was reached."""
        self._in_flight += 1
        self._reached |= self._in_flight >= self.current

    def answered(self, sent_at: float, now: float, sign: Sign) -> None:
        """Count, and decide once a round trip."""
        self._in_flight -= 1
        self._refused |= sign in BACK_PRESSURE
        if sign is Sign.DELIVERED:
            self._sum += now - sent_at
            self._count += 1
        mean = self._sum / self._count if self._count else None
        if self._past is None:
            if mean is not None:
                self._past = (mean, 0.0)
                self._update_at = now + mean
        elif now >= self._update_at:
            self._decide(self._past, mean)
            self._past = moved(self._past, mean)
            self._update_at = now + self._past[0]
            self._sum, self._count = 0.0, 0
            self._refused = self._reached = False

    def _decide(self, past: tuple[float, float], mean: float | None) -> None:
        usual, variance = past
        threshold = usual + RTT_DEVIATION_SCALE * math.sqrt(variance)
        holds = mean is not None and mean <= usual
        if self.current < self._most and self._reached and not self._refused and holds:
            self.current += 1
        elif self._refused or (mean or 0.0) >= threshold:
            self.current = max(1, int(self.current * DECREASE_RATIO))


def moved(past: tuple[float, float], mean: float | None) -> tuple[float, float]:
    """Return the moving mean and variance after one more mean."""
    if mean is None:
        return past
    usual, variance = past
    step = EWMA_ALPHA * (mean - usual)
    return usual + step, (1.0 - EWMA_ALPHA) * (variance + (mean - usual) * step)
