"""A target with hidden limits, and a client that always has work, in virtual time.

Every call is an arrival, an answer and perhaps a time-out on one heap; nothing waits
and nothing reads a clock, so a scenario is the same for every limit with one seed.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from consumer.schedule.limit import Sign

__all__ = ["NEVER", "Limit", "Run", "Scenario", "simulate"]

NEVER = float("inf")
NO_BOUND = ((0.0, NEVER),)
REFUSAL_SECONDS = 0.02  # a round trip and no work
SLOW_PROFILE_PAUSE_SECONDS = 5.0  # the mean wait before its retry
Steps: TypeAlias = tuple[tuple[float, float], ...]  # from when, what


class Limit(Protocol):
    """What the client asks before it sends; see `consumer.schedule.limit`."""

    def room(self, in_flight: int, now: float) -> int:
        """Return how many calls may be sent."""

    def next_due(self, in_flight: int, now: float) -> float | None:
        """Return when there is room without an answer."""

    def sent(self, now: float) -> None:
        """Note a call."""

    def answered(self, sent_at: float, now: float, sign: Sign) -> None:
        """Note an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What a target bears, and what happens to it. Times in virtual seconds.

    Attributes:
        name: For the table.
        seconds: How long it is.
        settled_at: From when refusals and latencies are judged.
        capacity: Calls that it works on at once; others queue.
        queue: The longest queue; a call beyond it is refused.
        rate: Calls a second; those beyond it are refused.
        burst_seconds: How long of that rate may be saved up.
        latency: Median time of the work itself.
        spread: Sigma of its logarithm.
        load_scale: So many calls at work at once double the latency, which grows with
            the square of their number; 0 when load changes nothing.
        timeout_seconds: When the client gives a call up.
        outage: From when until when everything is refused.
        is_silent: True when a refusal is no answer at all.
        slow_profile_seconds: Latency of one profile among thousands; 0 for none.
        fault_share: Share of the calls that are refused, however few there are.
    """

    name: str
    seconds: float = 30.0
    settled_at: float = 10.0
    capacity: Steps = NO_BOUND
    queue: float = NEVER
    rate: Steps = NO_BOUND
    burst_seconds: float = 0.1
    latency: Steps = ((0.0, 0.05),)
    spread: float = 0.3
    load_scale: float = 0.0
    timeout_seconds: float = 10.0
    outage: tuple[float, float] = (NEVER, NEVER)
    is_silent: bool = False
    slow_profile_seconds: float = 0.0
    fault_share: float = 0.0


@dataclass(slots=True)
class Run:
    """What came of it.

    Attributes:
        seconds: How long it lasted.
        delivered: When each delivery was answered.
        latencies: Seconds from sending to answer of the deliveries, since it settled.
        answers: Answers since it settled.
        refused: Those of them that were no delivery.
    """

    seconds: float
    delivered: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    answers: int = 0
    refused: int = 0

    @property
    def goodput(self) -> float:
        """Deliveries a second, from the first moment on."""
        return len(self.delivered) / self.seconds

    def goodput_since(self, at: float) -> float:
        """Deliveries a second, from `at` on."""
        return sum(one >= at for one in self.delivered) / (self.seconds - at)

    @property
    def p99_seconds(self) -> float:
        """99th percentile of the latencies."""
        ordered = sorted(self.latencies)
        return ordered[int(0.99 * len(ordered))] if ordered else NEVER

    @property
    def refused_share(self) -> float:
        """Share of the answers that were no delivery."""
        return self.refused / self.answers if self.answers else 0.0

    def recovery_seconds(self, since: float, rate: float) -> float:
        """Return how long after `since` a whole second first had 90 % of `rate`."""
        window: deque[float] = deque()
        for at in self.delivered:
            if at >= since:
                window.append(at)
                while window[0] < at - 1.0:
                    window.popleft()
                if len(window) >= 0.9 * rate:
                    return at - since
        return NEVER


@dataclass(slots=True, eq=False)
class Call:
    """One call on the wire."""

    sent_at: float
    is_slow: bool
    is_answered: bool = False


class World:
    """One run of a scenario."""

    def __init__(self, scenario: Scenario, limit: Limit, seed: int) -> None:
        self.scenario = scenario
        self.limit = limit
        self.now = 0.0
        self._ran = Run(scenario.seconds)
        self._random = random.Random(seed)  # noqa: S311 - a simulation
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._turn = itertools.count()
        self._in_flight = 0
        self._at_work = 0
        self._queue: deque[Call] = deque()
        self._tokens = NEVER
        self._tokens_at = 0.0
        self._wake_at = NEVER
        self._slow_due = 0.0 if scenario.slow_profile_seconds else NEVER

    def run(self) -> Run:
        """Run to the end."""
        for at, _ in self.scenario.capacity:
            self._at(at, self._serve)
        self._send()
        while self._events:
            self.now, _, happen = heapq.heappop(self._events)
            if self.now > self.scenario.seconds:
                break
            happen()
            self._send()
        return self._ran

    def _at(self, at: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (at, next(self._turn), happen))

    # ---------------------------------------------------------------- client

    def _send(self) -> None:
        limit, now = self.limit, self.now
        while limit.room(self._in_flight, now) > 0:
            is_slow = now >= self._slow_due
            if is_slow:
                self._slow_due = NEVER
            self._in_flight += 1
            limit.sent(now)
            self._arrive(Call(now, is_slow))
        due = limit.next_due(self._in_flight, now)
        if due is not None and due < self._wake_at:
            self._wake_at = due
            self._at(due, self._wake)

    def _wake(self) -> None:
        self._wake_at = NEVER

    def _answer(self, call: Call, sign: Sign) -> None:
        if call.is_answered:
            return
        call.is_answered = True
        self._in_flight -= 1
        now, ran = self.now, self._ran
        is_delivered = sign is Sign.DELIVERED
        if is_delivered:
            ran.delivered.append(now)
        if now >= self.scenario.settled_at:
            ran.answers += 1
            ran.refused += not is_delivered
            if is_delivered:
                ran.latencies.append(now - call.sent_at)
        if call.is_slow:
            pause = 2.0 * SLOW_PROFILE_PAUSE_SECONDS * self._random.random()
            self._slow_due = now + pause
        self.limit.answered(call.sent_at, now, sign)

    # ---------------------------------------------------------------- target

    def _arrive(self, call: Call) -> None:
        scenario, now = self.scenario, self.now
        start, end = scenario.outage
        if start <= now < end or self._is_faulty() or not self._has_token():
            self._refuse(call)
        elif self._at_work < current(scenario.capacity, now):
            self._begin(call)
        elif len(self._queue) < scenario.queue:
            self._queue.append(call)
            self._refuse_after(call, scenario.timeout_seconds)
        else:
            self._refuse(call)

    def _is_faulty(self) -> bool:
        share = self.scenario.fault_share
        return share > 0.0 and self._random.random() < share

    def _refuse(self, call: Call) -> None:
        silence = self.scenario.timeout_seconds
        self._refuse_after(
            call, silence if self.scenario.is_silent else REFUSAL_SECONDS
        )

    def _refuse_after(self, call: Call, seconds: float) -> None:
        self._at(self.now + seconds, lambda: self._answer(call, Sign.OVERLOADED))

    def _has_token(self) -> bool:
        rate = current(self.scenario.rate, self.now)
        if rate == NEVER:
            return True
        most = max(1.0, rate * self.scenario.burst_seconds)
        self._tokens = min(most, self._tokens + (self.now - self._tokens_at) * rate)
        self._tokens_at = self.now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def _begin(self, call: Call) -> None:
        scenario = self.scenario
        self._at_work += 1
        seconds = current(scenario.latency, self.now)
        seconds *= self._random.lognormvariate(0.0, scenario.spread)
        if scenario.load_scale:
            seconds *= 1.0 + (self._at_work / scenario.load_scale) ** 2
        if call.is_slow:
            seconds = scenario.slow_profile_seconds
        waited = self.now - call.sent_at
        if waited + seconds > scenario.timeout_seconds and not call.is_answered:
            self._refuse_after(call, scenario.timeout_seconds - waited)
        self._at(self.now + seconds, lambda: self._finish(call))

    def _finish(self, call: Call) -> None:
        self._at_work -= 1
        self._answer(call, Sign.DELIVERED)
        self._serve()

    def _serve(self) -> None:
        capacity = current(self.scenario.capacity, self.now)
        while self._queue and self._at_work < capacity:
            self._begin(self._queue.popleft())


def current(steps: Steps, now: float) -> float:
    """Return what is in force at `now`."""
    value = steps[0][1]
    for at, later in steps[1:]:
        if now >= at:
            value = later
    return value


def simulate(scenario: Scenario, limit: Limit, seed: int) -> Run:
    """Return what came of a scenario under a limit."""
    return World(scenario, limit, seed).run()
