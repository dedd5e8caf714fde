"""How many calls an endpoint bears at once: found out, not configured.

Rules:
    - The limit rises only on answers to calls that were sent since it last fell, while
      it is used up and while latency holds: a round's median is at most 1.5 times the
      base, which is the median with room to spare.
    - It falls on 429, 420, 503 and time-outs once for each round trip, by a tenth and
      then harder, as long as no round passes without them. One in a hundred is
      pardoned, so one slow profile among thousands lowers nothing. (Vector #21725: one
      bad tenant throttles all.)
    - A time-out is never a latency: when all calls end after the same time, that is no
      sign that more calls would be as fast. (Netflix concurrency-limits #137: the limit
      ran to its bound when every call timed out.)
    - It stays between a floor above 0 and the configured bound. Below 1 there is one
      call every latency / limit seconds, and at least one in ten seconds.

Theory of operation:
    *Rise.* At first each answer adds 1, which doubles the limit in a round trip (Vector
    #7371: at +1 for each round trip from 1, it was ten times slower than a fixed
    limit). The limit at which trouble began is the ceiling: from then on each round
    closes a part of the gap to it, then adds at most 1, and beyond it the step doubles
    with each round without trouble, so that a target that became larger is found soon.
    (The shape is CUBIC's, RFC 9438 section 4.2, but in answers and not in seconds: so a
    ceiling is touched once in some hundred calls, however fast they are.)

    *Latency.* A round is a number of answers to calls that were sent within it. A slow
    round takes its own rise back. If the next is slow again, the limit is a quarter for
    one round: what is measured then is the new base, and by Little's law (calls at once
    = rate x latency) the best rate seen on the way down tells which limit gives 1.5
    times the base. So a slower target is not starved, and the base cannot creep up
    under a steady queue. (Netflix pull request 134: Gradient2 grows without bound.)

    *Fractions.* A limit of 9.6 is nine calls at once or ten, in the right proportion: a
    phase moves with each call by the golden ratio, the most even of sequences. A limit
    below 5 spaces its calls evenly, in base / limit seconds, since a target that counts
    calls in a second refuses two that come together.
"""

from __future__ import annotations

import enum

__all__ = ["START", "AdaptiveLimit", "Sign"]

START = 10.0
FLOOR = 0.1
EVEN_BELOW = 5.0
LONGEST_WAIT_SECONDS = 10.0
UNKNOWN_LATENCY_SECONDS = 0.2  # while nothing was delivered
PARDON_PER_ANSWER = 0.01
LEAST_CUT, MOST_CUT = 0.9, 0.5
QUICK_ROUND_ANSWERS, ROUND_ANSWERS, MOST_ROUND_ANSWERS = 10, 20, 512
SLOW_ROUND_ANSWERS = 4  # below one call at once twenty would take minutes
FASTER, HOLDS, IS_SLOW = 0.75, 1.5, 2.0  # of the base; noise is less than a quarter
DOUBT_SECONDS = 10.0
TRIAL = 0.25
STILL_QUEUING = 0.4  # of the latency before a trial; 0.25 when all of it was queueing
GAP_PER_ROUND = 0.15
STEP_PER_ANSWER = 0.0005  # of the ceiling
PARD = 1.0
NEAR = 0.9
SLOW_STEP = 0.02
SPEED_UP = 1.5
MOST_STEP = 0.25
GOLDEN_RATIO = 0.6180339887498949
NEVER = float("-inf")


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
        "_base",
        "_began",
        "_ceiling",
        "_cut",
        "_cut_at",
        "_growth",
        "_holds",
        "_is_full",
        "_most",
        "_needed",
        "_pardon",
        "_phase",
        "_round_at",
        "_samples",
        "_sent_at",
        "_step",
        "_stepped_at",
        "_tried_at",
        "_trouble_seconds",
        "_way_down",
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
        self._base: float | None = None
        self._cut_at = NEVER
        self._tried_at = NEVER
        self._begin(START, NEVER)

    def restart(self, now: float) -> None:
        """Begin anew after an outage: what was found out in it says nothing.

        It begins with one call: if too many calls were the outage, ten would bring it
        back, and this again.
        """
        self._begin(1.0, now)

    def _begin(self, start: float, now: float) -> None:
        self.current = min(start, self._most)
        self._ceiling: float | None = None
        self._step = self._cut = self._trouble_seconds = 0.0
        self._stepped_at = NEVER
        self._pardon = 1.0
        self._accepted = False  # anything, since the limit last fell
        self._holds = True
        self._way_down: list[tuple[float, float]] = []  # limits and their medians
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
        self._accepted = True
        if self._pardon < 1.0:
            self._pardon += PARDON_PER_ANSWER
        current = self.current
        if self._holds and self._is_full and current < self._most:
            grown = current + min(self._growth, current)
            self.current = min(self._most, grown)
        if sign is Sign.DELIVERED and sent_at >= self._round_at:
            self._samples.append(now - sent_at)
            if len(self._samples) >= self._needed:
                self._end_round(now)

    def _is_even(self) -> bool:
        """True while calls are spaced; a trial measures only, and a bound is no find."""
        limit = self.current
        if limit >= EVEN_BELOW or limit >= self._most:
            return False
        return limit < 1.0 or not self._way_down

    def _spacing(self) -> float:
        base = UNKNOWN_LATENCY_SECONDS if self._base is None else self._base
        return min(base / self.current, LONGEST_WAIT_SECONDS)

    def _overloaded(self, sent_at: float, now: float) -> None:
        ceiling = self._ceiling
        if self._pardon >= 1.0 and (ceiling is None or self.current <= PARD * ceiling):
            self._pardon -= 1.0
            return
        if ceiling is None:
            self._ceiling = self.current
        elif self._accepted:  # else nothing is learnt of the ceiling
            self._ceiling = (ceiling + self.current) / 2
        self._cut = max(MOST_CUT, self._cut**2) if self._cut else LEAST_CUT
        self.current = max(FLOOR, self.current * self._cut)
        self._cut_at = now
        self._trouble_seconds = now - sent_at
        self._accepted = False
        self._holds = True
        self._step = 0.0
        self._way_down = []
        self._begin_round(now)

    # ---------------------------------------------------------------- rounds

    def _begin_round(self, now: float) -> None:
        limit, ceiling = self.current, self._ceiling
        self._round_at = now
        self._began = limit
        self._samples: list[float] = []
        self._is_full = False
        is_quick = ceiling is None or self._way_down
        least = QUICK_ROUND_ANSWERS if is_quick else ROUND_ANSWERS
        if limit < 1.0:
            least = SLOW_ROUND_ANSWERS
        # Fewer than the limit would be the fastest of them.
        self._needed = min(max(least, int(limit)), MOST_ROUND_ANSWERS)
        self._growth = 1.0 if ceiling is None else self._measured(limit, ceiling, now)

    def _measured(self, limit: float, ceiling: float, now: float) -> float:
        """Return what one answer adds, when the ceiling is known."""
        answers = limit + self._needed  # of earlier calls, and of the round's own
        gap = NEAR * ceiling - limit
        if limit < 1.0:  # calls are seldom here: by a low ceiling it would take minutes
            step = max(SLOW_STEP * limit, SPEED_UP * self._step)
            self._step = min(step, MOST_STEP * limit)
            return max(self._step, GAP_PER_ROUND * gap) / answers
        if gap > 0.0:
            step = min(1.0, STEP_PER_ANSWER * ceiling * answers)
            return max(step, GAP_PER_ROUND * gap) / answers
        if self._base:
            # Trouble is heard of only so late: no second step before.
            answers = max(answers, limit * self._trouble_seconds / self._base)
        step = min(1.0, STEP_PER_ANSWER * ceiling * answers)
        if limit < ceiling:
            self._step = step
        elif now >= self._stepped_at + self._trouble_seconds:
            self._stepped_at = now
            self._step = min(max(step, SPEED_UP * self._step), MOST_STEP * limit)
        return self._step / answers

    def _end_round(self, now: float) -> None:
        median = sorted(self._samples)[len(self._samples) // 2]
        base = self._base
        self._cut = 0.0
        if self._way_down:
            self._judge_trial(median)
        elif base is None or median < FASTER * base:
            self._base, self._holds = median, True
        elif median <= HOLDS * base:
            self._holds = True
        elif self._holds:
            self._holds = False
            self._step = 0.0
            self.current = self._ceiling = self._began
        elif not self._is_full or self.current <= 1.0:
            # No queue of ours: the target itself is slower.
            self._base, self._holds = median, True
        elif median > IS_SLOW * base or now >= self._tried_at + DOUBT_SECONDS:
            self._tried_at = now
            self._try_less(median)
        self._begin_round(now)

    def _try_less(self, median: float) -> None:
        self._way_down.append((self.current, median))
        self.current = max(1.0, self.current * TRIAL)

    def _judge_trial(self, median: float) -> None:
        _, slower = self._way_down[-1]
        if (
            0.0 < median < STILL_QUEUING * slower
            and self.current > 1.0
            and self._is_full
        ):
            self._try_less(median)
            return
        before, _ = self._way_down[0]
        rate = max(limit / seconds for limit, seconds in self._way_down)
        self._way_down = []
        self._base, self._holds = median, True
        self.current = self._ceiling = min(before, max(1.0, HOLDS * median * rate))
