"""How many calls an endpoint bears at once: found out, not configured.

Rules:
    - The limit rises only on answers to calls that were sent since it last fell, while
      it is used up and while latency holds (`latency`).
    - It falls on 429, 420, 503 and time-outs, as far as they are not tolerated
      (`tolerance`), once for each round trip, by an eighth and then harder, as long as no
      round passes without them.
    - What fell is blamed on the limit that was in force when the call was sent, since a
      time-out tells of it seconds later.
    - A time-out is never a latency: when all calls end after the same time, that is no
      sign that more calls would be as fast. (Netflix concurrency-limits #137: the limit
      ran to its bound when every call timed out.)
    - It stays between a floor above 0 and the configured bound. Below 1 there is one
      call every latency / limit seconds, and at least one in ten seconds.

Theory of operation:
    *Rise.* At first each answer adds 1, which doubles the limit in a round trip (Vector
    #7371: at +1 for each round trip from 1, it was ten times slower than a fixed limit),
    until twice the calls give no quarter more answers a second. The limit at which
    trouble began is the ceiling: up to nine tenths of it each round closes a part of the
    gap, then adds a fiftieth of it, and beyond it the step grows with each round without
    trouble, so that a target that became larger is found soon. (The shape is CUBIC's,
    RFC 9438 section 4.2, but in answers and not in seconds: a ceiling is touched once in
    some hundred calls, however fast they are.)

    *Rounds.* A round is a number of answers to calls that were sent within it.

    *Fractions.* A limit of 9.6 is nine calls at once or ten, in the right proportion: a
    phase moves with each call by the golden ratio, the most even of sequences. A limit
    below 5 spaces its calls evenly, in base / limit seconds, since a target that counts
    calls in a second refuses two that come together.
"""

from __future__ import annotations

import enum
from collections import deque

from consumer.schedule.latency import Latency
from consumer.schedule.tolerance import Tolerance, Verdict

__all__ = ["FLOOR", "START", "AdaptiveLimit", "Sign"]

START = 10.0
FLOOR = 0.1
EVEN_BELOW = 5.0
LONGEST_WAIT_SECONDS = 10.0
UNKNOWN_LATENCY_SECONDS = 0.2  # while nothing was delivered
LEAST_CUT, MOST_CUT = 0.88, 0.5
QUICK_ROUND_ANSWERS, ROUND_ANSWERS, MOST_ROUND_ANSWERS = 10, 20, 512
EVEN_ROUND_ANSWERS = 18
SLOW_ROUND_ANSWERS = 4  # below one call at once twenty would take minutes
PLATEAU = 1.25
NEAR, GAP_PER_ROUND, APPROACH = 0.9, 0.3, 0.02  # of the ceiling, and of the gap to it
FIRST_STEP = 0.06  # of the ceiling, beyond it
SPEED_UP, MOST_STEP = 1.6, 0.2
EVEN_SPEED_UP, EVEN_MOST_STEP = 3.0, 0.5  # few calls do little harm
UNMEASURED = 4  # rounds of which nothing is a measure: all is rejected
REMEMBERED = 256
GROWN = 1.02  # is worth remembering
GOLDEN_RATIO = 0.6180339887498949
NEVER = float("-inf")
NOT_YET = float("inf")


class Sign(enum.Enum):
    """What an answer says of the load."""

    DELIVERED = enum.auto()
    REJECTED = enum.auto()  # accepted, but how fast says nothing of a delivery
    OVERLOADED = enum.auto()  # 429, 420, 503, a time-out
    OTHER = enum.auto()  # nothing


class AdaptiveLimit:
    """The concurrency limit of one endpoint. Owned by that endpoint.

    Attributes:
        current: The limit, between the floor and the bound.
    """

    __slots__ = (
        "_accepted",
        "_accepted_from",
        "_began",
        "_best",
        "_ceiling",
        "_cut",
        "_cut_at",
        "_growth",
        "_is_full",
        "_latency",
        "_most",
        "_needed",
        "_past",
        "_phase",
        "_round_at",
        "_samples",
        "_sent_at",
        "_step",
        "_stepped_at",
        "_tolerance",
        "_trouble_seconds",
        "current",
    )

    def __init__(self, most: int) -> None:
        """Start at ten calls, or at the bound if that is less.

        Args:
            most: The bound, at least 1.
        """
        self._most = float(most)
        self._phase = 0.0
        self._sent_at = NEVER
        self._cut_at = NEVER
        self._latency = Latency()
        self._begin(START, NEVER)

    def restart(self, now: float) -> None:
        """Begin anew after an outage: what was found out in it says nothing.

        It begins with one call: if too many calls were the outage, ten would bring it
        back, and this again. Nor do answers to what was sent before it.
        """
        self._cut_at = now
        self._begin(1.0, now)

    def _begin(self, start: float, now: float) -> None:
        self.current = min(start, self._most)
        self._ceiling: float | None = None
        self._best = 0.0, 0.0  # answers a second, and the limit that gave them
        self._step = self._cut = self._trouble_seconds = 0.0
        self._stepped_at = NEVER
        self._accepted_from = NOT_YET  # the first call since the fall that was accepted
        self._tolerance = Tolerance()
        self._past: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)
        self._latency.forget_doubt()
        self._begin_round(now)

    def room(self, in_flight: int, now: float) -> int:
        """Return how many calls may be sent now, when so many are in flight."""
        if self._is_even():
            self._is_full = True
            is_due = now >= self._sent_at + self._spacing()
            return int(is_due and in_flight < self.current)
        room = int(self.current + self._phase) - in_flight
        if room <= 1:
            self._is_full = True
        return max(0, room)

    def next_due(self, in_flight: int, now: float) -> float | None:
        """Return when there is room without an answer; None when only one makes room."""
        if in_flight >= self.current or not self._is_even():
            return None
        due = self._sent_at + self._spacing()
        return due if due > now else None

    def sent(self, now: float) -> None:
        """Note a call."""
        self._sent_at = now
        phase = self._phase + GOLDEN_RATIO
        self._phase = phase - 1.0 if phase >= 1.0 else phase

    def answered(self, sent_at: float, now: float, sign: Sign) -> None:
        """Note the answer to a call that was sent at `sent_at`."""
        if sent_at < self._cut_at or sign is Sign.OTHER:
            return
        if sign is Sign.OVERLOADED:
            self._overloaded(sent_at, now)
            return
        self._accepted += 1
        self._accepted_from = min(self._accepted_from, sent_at)
        self._tolerance.note_accepted()
        if self._tolerance.is_judging:
            self._judge(now, is_bad=False)
        elif self._is_full and self._latency.holds and self.current < self._most:
            self._grow(now)
        if sign is Sign.DELIVERED and sent_at >= self._round_at:
            self._samples.append(now - sent_at)
            if len(self._samples) >= self._needed:
                self._end_round(now)
        elif self._accepted > UNMEASURED * self._needed and self._latency.is_trying:
            self.current = self._latency.end_trial()
            self._begin_round(now)

    def _is_even(self) -> bool:
        """True while calls are spaced; a trial measures only, and a bound is no find."""
        limit = self.current
        if limit >= EVEN_BELOW or limit >= self._most:
            return False
        return limit < 1.0 or not self._latency.is_trying

    def _spacing(self) -> float:
        base = self._latency.base
        seconds = UNKNOWN_LATENCY_SECONDS if base is None else base
        return min(seconds / self.current, LONGEST_WAIT_SECONDS)

    # ------------------------------------------------------------------- trouble

    def _overloaded(self, sent_at: float, now: float) -> None:
        tolerance, ceiling = self._tolerance, self._ceiling
        if tolerance.is_judging:
            self._judge(now, is_bad=True)
            return
        blamed = self._limit_at(sent_at)
        if tolerance.pardons(is_known=ceiling is None or blamed <= ceiling):
            return
        late = self._trouble_seconds = now - sent_at
        base = self._latency.base or late
        borne = blamed if ceiling is None else min(blamed, ceiling)
        is_alive = self._accepted_from <= sent_at
        if self._cut:
            self._cut = max(MOST_CUT, self._cut**2)
        else:
            self._cut = LEAST_CUT
            tolerance.note_borne(borne)
        least = max(FLOOR, self._cut * borne, MOST_CUT * blamed)
        if is_alive or late < base:
            is_spaced = least < EVEN_BELOW
            least = tolerance.fall(least, now, late, late if is_spaced else base)
        self.current = min(least, self.current)
        if ceiling is None:
            self._ceiling = blamed
        elif is_alive:  # else nothing at all was accepted: that teaches nothing
            self._ceiling = (ceiling + blamed) / 2
        self._fell(now)

    def _judge(self, now: float, *, is_bad: bool) -> None:
        """Go on with what was found out about trouble, if it was."""
        verdict = self._tolerance.judge(self.current, now, is_bad=is_bad)
        if verdict is None:
            return
        if verdict is Verdict.RETURN:
            self.current *= 2.0
        elif verdict is Verdict.TOO_MUCH:
            self._ceiling = self.current
        elif verdict is Verdict.LOAD:
            self._ceiling = 0.75 * self.current
            self.current /= 2.0
        elif verdict is Verdict.NO_LOAD:
            self._ceiling = None
            self._best = 0.0, 0.0
        self._fell(now)

    def _fell(self, now: float) -> None:
        """Go on from another limit: answers to earlier calls say nothing of it."""
        self._cut_at = now
        self._accepted_from = NOT_YET
        self._step = 0.0
        self._latency.forget_doubt()
        self._begin_round(now)

    def _limit_at(self, sent_at: float) -> float:
        """Return the limit that was in force when a call was sent."""
        for at, limit in reversed(self._past):
            if at <= sent_at:
                return limit
        return self._past[0][1]

    # -------------------------------------------------------------------- rounds

    def _begin_round(self, now: float) -> None:
        limit = self.current
        self._round_at = now
        self._began = limit
        self._samples: list[float] = []
        self._accepted = 0
        self._past.append((now, limit))
        self._is_full = False
        least = QUICK_ROUND_ANSWERS if self._ceiling is None else ROUND_ANSWERS
        if limit < EVEN_BELOW:
            least = min(least, EVEN_ROUND_ANSWERS)
        if limit < 1.0:
            least = SLOW_ROUND_ANSWERS
        # Fewer than the limit would be the fastest of them.
        self._needed = min(max(least, int(limit)), MOST_ROUND_ANSWERS)
        self._growth = self._growth_by_answer(limit, now)

    def _end_round(self, now: float) -> None:
        if now >= self._cut_at + 2.0 * self._trouble_seconds:
            self._cut = 0.0
        self._tolerance.end_round(now)
        if self._tolerance.is_judging:  # the limit stays as it is
            self._begin_round(now)
            return
        latency = self._latency
        median = sorted(self._samples)[len(self._samples) // 2]
        limit = latency.judge(
            median, self._began, self.current, now, is_full=self._is_full
        )
        if limit is not None:
            self.current = limit
            self._step = 0.0
            if not latency.is_trying:
                self._ceiling = limit
        elif self._ceiling is None and self._is_full:
            self._find_plateau(now)
        self._begin_round(now)

    def _find_plateau(self, now: float) -> None:
        """End the quick start when twice the calls give hardly more answers a second."""
        seconds = now - self._round_at
        if seconds <= 0.0:  # of one moment, no rate is known
            return
        rate = self._accepted / seconds
        best_rate, limit = self._best
        if rate >= PLATEAU * best_rate:
            self._best = rate, self._began
        elif self._began >= 2.0 * limit:
            self.current = self._ceiling = 2.0 * limit

    # ---------------------------------------------------------------------- rise

    def _grow(self, now: float) -> None:
        current = self.current
        grown = current + min(self._growth, current)
        self.current = min(self._most, grown)
        if grown > GROWN * self._past[-1][1]:
            self._past.append((now, grown))

    def _growth_by_answer(self, limit: float, now: float) -> float:
        """Return what one answer of a round adds."""
        ceiling = self._ceiling
        if ceiling is None:
            return 1.0
        answers = limit + self._needed  # of earlier calls, and of the round's own
        gap = NEAR * ceiling - limit
        if gap > 0.0:
            return max(GAP_PER_ROUND * gap, APPROACH * ceiling) / answers
        base = self._latency.base
        if base:  # trouble is heard of only so late: no second step before
            answers = max(answers, limit * self._trouble_seconds / base)
        if limit < ceiling:
            self._step = FIRST_STEP * ceiling
            return APPROACH * ceiling / answers
        if now >= self._stepped_at + self._trouble_seconds:
            self._stepped_at = now
            self._step = self._next_step(limit, ceiling)
        return self._step / answers

    def _next_step(self, limit: float, ceiling: float) -> float:
        speed_up, most = SPEED_UP, MOST_STEP
        if limit < EVEN_BELOW:
            speed_up, most = EVEN_SPEED_UP, EVEN_MOST_STEP
        return min(max(FIRST_STEP * ceiling, speed_up * self._step), most * limit)
