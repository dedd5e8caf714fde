"""The target, and each process's way to it.

Theory of operation: a call is on the wire from its first byte until its process learns
of its end. It arrives after a moment, in the order of its first byte or not, always well
before the group could have given its partition to somebody else; then it is applied, or
not, and the answer sets out. So what the target has is what arrived, in that order,
whatever its callers were told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qsl

from consumer.model import Answer, Fault, FaultKind, Request
from tests.chaos.simulate.plan import CALM_AT, WHILE
from tests.chaos.simulate.records import numbers_in
from tests.chaos.simulate.weather import Chance, Weather
from tests.fake_transport import SUBMITTED

__all__ = ["REFUSED", "Call", "Target", "Treatment", "Way"]

PROFILE = "mbox3rdPartyId"
PREFIX = "profile."
ARRIVAL_SECONDS = 0.02  # less than it takes to give a partition to somebody else
FAULTS = (FaultKind.RESET, FaultKind.TRUNCATED, FaultKind.TIMEOUT)
REFUSED = Answer(400, b"<response><success>false</success></response>")
FOREIGN = Answer(200, b"<html>Welcome</html>")


class Treatment(NamedTuple):
    """What becomes of one call.

    Attributes:
        answer: What its caller is to learn; a time-out is never told.
        is_applied: Whether the target keeps it.
        seconds: How long the answer takes.
        reason: Why, for the time line.
    """

    answer: Answer | Fault
    is_applied: bool
    seconds: float
    reason: str = ""


class Call:
    """One call whose first byte has left. Owned by the target.

    Attributes:
        process: Who called.
        profile: For whom.
        attributes: What it writes.
        numbers: The records that it shows.
        began_at: When its first byte left.
        ended_at: When its process learnt of the end; None before.
        learnt: What its process learnt then.
        treatment: What the target made of it; None before it arrived.
    """

    __slots__ = (
        "attributes",
        "began_at",
        "ended_at",
        "learnt",
        "numbers",
        "process",
        "profile",
        "treatment",
    )

    def __init__(
        self, process: str, profile: str, attributes: dict[str, str], now: float
    ) -> None:
        self.process = process
        self.profile = profile
        self.attributes = attributes
        self.numbers = numbers_in(attributes)
        self.began_at = now
        self.ended_at: float | None = None
        self.learnt: Answer | Fault | None = None
        self.treatment: Treatment | None = None

    @property
    def is_accepted(self) -> bool:
        """True when the target keeps it."""
        return self.treatment is not None and self.treatment.is_applied

    @property
    def is_delivered(self) -> bool:
        """True when its process learnt that the target keeps it."""
        return self.learnt is SUBMITTED


class Target:
    """What the target has, and all calls to it. Owned by the outside.

    Attributes:
        calls: In the order of their first bytes.
        profiles: What stands in each profile.
        on_begun: Called with each call when its first byte leaves.
        on_arrived: Called with each call when it has been treated.
        on_missed: Called with each call that found nobody.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        weather: Weather,
        chance: Chance,
        *,
        poison: frozenset[int],
        bad_profiles: dict[str, str],
        timeout_seconds: float,
        noise: float,
    ) -> None:
        self.calls: list[Call] = []
        self.profiles: dict[str, dict[str, str]] = {}
        self.on_begun: Callable[[Call], None] = lambda _: None
        self.on_arrived: Callable[[Call], None] = lambda _: None
        self.on_missed: Callable[[Call], None] = lambda _: None
        self._loop = loop
        self._weather = weather
        self._chance = chance
        self._poison = poison
        self._bad_profiles = bad_profiles
        self._timeout_seconds = timeout_seconds
        self._noise = noise

    def is_reachable(self) -> bool:
        """Return whether anybody listens."""
        return self._weather.hits("unreachable", self._chance) is None

    def begin(
        self, process: str, request: Request, tell: Callable[[Answer | Fault], None]
    ) -> Call:
        """Take a call's first byte; `tell` is called with its answer, if one comes."""
        call = self._call(process, request)
        self.calls.append(call)
        self.on_begun(call)
        seconds = self._chance.uniform(0.001, ARRIVAL_SECONDS)
        self._loop.call_later(seconds, self._arrive, call, tell)
        return call

    def miss(self, process: str, request: Request, fault: Fault) -> None:
        """Note a call that found nobody."""
        call = self._call(process, request)
        call.ended_at, call.learnt = call.began_at, fault
        self.on_missed(call)

    def _call(self, process: str, request: Request) -> Call:
        fields = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        profile = fields.pop(PROFILE)
        attributes = {name.removeprefix(PREFIX): fields[name] for name in fields}
        return Call(process, profile, attributes, self._loop.time())

    def _arrive(self, call: Call, tell: Callable[[Answer | Fault], None]) -> None:
        call.treatment = treatment = self._treat(call)
        if treatment.is_applied:
            self.profiles.setdefault(call.profile, {}).update(call.attributes)
        self.on_arrived(call)
        is_silent = (
            isinstance(treatment.answer, Fault)
            and treatment.answer.kind is FaultKind.TIMEOUT
        )
        if not is_silent:
            self._loop.call_later(treatment.seconds, tell, treatment.answer)

    def _treat(self, call: Call) -> Treatment:
        chance, hits = self._chance, self._weather.hits
        seconds = chance.uniform(0.001, 0.03)
        if hits("slow", chance):
            seconds = chance.uniform(0.0, 1.5 * self._timeout_seconds)
        if hits("outage", chance) or chance.hits(self._noise_now()):
            return self._broken(seconds)
        if (spell := hits("denied", chance)) is not None:
            return Treatment(Answer(int(spell.value)), False, seconds, spell.value)
        if (spell := hits("astray", chance)) is not None:
            answer = FOREIGN if spell.value == "200" else Answer(int(spell.value))
            return Treatment(answer, False, seconds, f"astray {spell.value}")
        if hits("throttled", chance):
            return Treatment(self._wait(429, 0.2, 4.0), False, seconds, "429")
        if hits("busy", chance):
            return Treatment(self._wait(503, 0.5, 3.0), False, seconds, "503")
        bad = self._bad(call.profile)
        if bad is not None:
            answer = self._wait(503, 0.5, 1.5) if bad == "busy" else Answer(int(bad))
            return Treatment(answer, False, seconds, f"this profile {bad}")
        if not self._poison.isdisjoint(call.numbers):
            return Treatment(REFUSED, False, seconds, "poisoned")
        return Treatment(SUBMITTED, True, seconds)

    def _bad(self, profile: str) -> str | None:
        """Return how a profile is treated otherwise now."""
        bad = self._bad_profiles.get(profile)
        if bad is None or not bad.endswith(WHILE):
            return bad
        is_over = self._weather.seconds > CALM_AT / 2
        return None if is_over else bad.removesuffix(WHILE)

    def _noise_now(self) -> float:
        return 0.0 if self._weather.is_calm else self._noise

    def _wait(self, status: int, low: float, high: float) -> Answer:
        # A number of seconds is whole: "Retry-After = HTTP-date / delay-seconds",
        # "delay-seconds = 1*DIGIT" (RFC 9110, 10.2.3).
        return Answer(status, b"", str(round(self._chance.uniform(low, high))))

    def _broken(self, seconds: float) -> Treatment:
        """Return one of the ways in which a server fails."""
        chance = self._chance
        if chance.hits(0.5):
            status = chance.choice((500, 502, 503, 504, 408, 420))
            return Treatment(Answer(status), False, seconds, str(status))
        kind = chance.choice(FAULTS)
        return Treatment(Fault(kind), chance.hits(0.5), seconds, str(kind))


class Way:
    """A process's transport: it asks, at the first byte, whether it may send.

    Attributes:
        on_refused: Called when it might not.
        on_learnt: Called with each call whose answer has come.
    """

    def __init__(
        self,
        process: str,
        loop: asyncio.AbstractEventLoop,
        target: Target,
        chance: Chance,
        timeout_seconds: float,
    ) -> None:
        self.on_refused: Callable[[], None] = lambda: None
        self.on_learnt: Callable[[Call], None] = lambda _: None
        self._process = process
        self._loop = loop
        self._target = target
        self._chance = chance
        self._timeout_seconds = timeout_seconds
        self._is_closed = False

    async def send(
        self, request: Request, may_send: Callable[[], bool]
    ) -> Answer | Fault:
        """Carry one call."""
        if self._is_closed:
            return Fault(FaultKind.CONNECT, "closed")
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._carry(request, may_send)
        except TimeoutError:
            return Fault(FaultKind.TIMEOUT, "no whole answer in time")

    async def aclose(self) -> None:
        """Close."""
        self._is_closed = True

    async def _carry(
        self, request: Request, may_send: Callable[[], bool]
    ) -> Answer | Fault:
        await asyncio.sleep(self._chance.choice((0.0, 0.0, 0.003, 0.05)))
        if not self._target.is_reachable():
            fault = Fault(FaultKind.CONNECT, "refused")
            self._target.miss(self._process, request, fault)
            return fault
        if not may_send():
            self.on_refused()
            return Fault(FaultKind.LEASE)
        answer: asyncio.Future[Answer | Fault] = self._loop.create_future()

        def give(found: Answer | Fault) -> None:
            if not answer.done():
                answer.set_result(found)

        call = self._target.begin(
            self._process,
            request,
            lambda found: self._loop.call_soon_threadsafe(give, found),
        )
        try:
            call.learnt = await answer
        finally:
            call.ended_at = self._loop.time()
        self.on_learnt(call)
        return call.learnt
