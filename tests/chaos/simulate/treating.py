"""How the target treats a call, by the weather and by what the call is about."""

from __future__ import annotations

from collections.abc import Mapping

from consumer.model import Answer, Fault, FaultKind
from tests.chaos.simulate.calls import REFUSED, Call, Treatment
from tests.chaos.simulate.plan import CALM_AT, WHILE
from tests.chaos.simulate.weather import Chance, Weather
from tests.fake_transport import SUBMITTED

__all__ = ["Treating"]

FAULTS = (FaultKind.RESET, FaultKind.TRUNCATED, FaultKind.TIMEOUT)
STATUSES = (500, 502, 503, 504, 408, 420)
FOREIGN = Answer(200, b"<html>Welcome</html>")


class Treating:
    """The target's manners. Owned by it."""

    def __init__(
        self,
        weather: Weather,
        chance: Chance,
        *,
        poison: frozenset[int],
        bad_profiles: Mapping[str, str],
        timeout_seconds: float,
        noise: float,
    ) -> None:
        """Take them from a plan.

        Args:
            weather: What goes wrong when.
            chance: What hits whom.
            poison: The records that are refused, and every call with one of them.
            bad_profiles: Whom it treats otherwise, and how.
            timeout_seconds: How long a caller waits.
            noise: The share of calls that go wrong by themselves.
        """
        self._weather = weather
        self._chance = chance
        self._poison = poison
        self._bad_profiles = bad_profiles
        self._timeout_seconds = timeout_seconds
        self._noise = noise

    def treat(self, call: Call) -> Treatment:
        """Return what becomes of a call that has arrived."""
        chance, weather = self._chance, self._weather
        seconds = chance.uniform(0.001, 0.03)
        if weather.hits("slow", chance):
            seconds = chance.uniform(0.0, 1.5 * self._timeout_seconds)
        noise = 0.0 if weather.is_calm else self._noise
        if weather.hits("outage", chance) or chance.hits(noise):
            return self._broken(call, seconds)
        answer, reason = self._trouble() or self._about(call) or (SUBMITTED, "")
        return Treatment(answer, seconds, reason, is_applied=answer is SUBMITTED)

    def _trouble(self) -> tuple[Answer, str] | None:
        """Return the answer that everybody gets now, if it is not the usual one."""
        chance, hits = self._chance, self._weather.hits
        if (spell := hits("denied", chance)) is not None:
            return Answer(int(spell.value)), spell.value
        if (spell := hits("astray", chance)) is not None:
            answer = FOREIGN if spell.value == "200" else Answer(int(spell.value))
            return answer, f"astray {spell.value}"
        if hits("throttled", chance):
            return self._wait(429, 0.2, 4.0), "429"
        if hits("busy", chance):
            return self._wait(503, 0.5, 3.0), "503"
        return None

    def _about(self, call: Call) -> tuple[Answer, str] | None:
        """Return the answer that this call gets, if it is not the usual one."""
        bad = self._bad_profiles.get(call.profile, "")
        if bad.endswith(WHILE):
            is_over = self._weather.seconds > CALM_AT / 2
            bad = "" if is_over else bad.removesuffix(WHILE)
        if bad:
            answer = self._wait(503, 0.5, 1.5) if bad == "busy" else Answer(int(bad))
            return answer, f"this profile {bad}"
        return (REFUSED, "poisoned") if self._is_poisoned(call) else None

    def _is_poisoned(self, call: Call) -> bool:
        return not self._poison.isdisjoint(call.numbers)

    def _wait(self, status: int, low: float, high: float) -> Answer:
        # A number of seconds is whole: "Retry-After = HTTP-date / delay-seconds",
        # "delay-seconds = 1*DIGIT" (RFC 9110, 10.2.3).
        return Answer(status, b"", str(round(self._chance.uniform(low, high))))

    def _broken(self, call: Call, seconds: float) -> Treatment:
        """Return one of the ways in which a server fails, before or after its work."""
        chance = self._chance
        if chance.hits(0.5):
            status = chance.choice(STATUSES)
            return Treatment(Answer(status), seconds, str(status))
        kind = chance.choice(FAULTS)
        is_applied = chance.hits(0.5) and not self._is_poisoned(call)
        return Treatment(Fault(kind), seconds, str(kind), is_applied)
