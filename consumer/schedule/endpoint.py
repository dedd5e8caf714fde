"""Whose fault it is: the endpoint's state, and what counts against an item.

Rules:
    - A *suspect* answer is the endpoint's fault when two works of different profiles
      got one with no delivery by the endpoint between the two answers. The endpoint
      then halts; if the answer is a 503 with `Retry-After`, it is held that long.
      Until then only the refused work waits.
    - A 429 holds the endpoint for its `Retry-After`: it speaks of the whole account.
    - While halted, one call at a time asks whether it is well again: probes of
      different profiles, those that were not asked yet before the others, oldest first.
      A delivery ends the halt, and refused works are tried again first.
    - When most of the last answers were to try again (`breaker`), it is left alone, too,
      and asked by probes, until one is delivered. What was sent before tells nothing.
    - How many calls there are at once is found out (`limit`), if the policy says so.
    - An answer counts against its item only if the endpoint was neither halted, held nor
      open when the call was sent and accepts the profiles of others (`answers`); after a
      hold, which ends by itself, only once one of these was accepted again. 429 never
      counts. So an outage of any length gives up nothing. (Vector #24543: a
      401 lost the record, because a later delivery moved the offset past it.)

Theory of operation:
    Nothing but probes is taken while the endpoint is halted or held, so "well when
    sent" means "not a probe". The seconds in which it was not well are summed, so that
    an item's own time can leave them out.
"""

from __future__ import annotations

from collections.abc import Callable

from consumer.model import FaultKind, Outcome, OutcomeKind, ProfileId, Work
from consumer.schedule.answers import Answers
from consumer.schedule.breaker import Breaker
from consumer.schedule.entry import Entry
from consumer.schedule.limit import AdaptiveLimit, Sign
from consumer.schedule.policy import SchedulePolicy
from consumer.schedule.ready import Ready
from consumer.schedule.retry import RetryBudget, backoff_seconds

__all__ = ["Endpoint", "Halt", "is_suspect"]

TOO_MANY_REQUESTS = 429
UNAVAILABLE = 503
OVERLOADED = frozenset({420, TOO_MANY_REQUESTS, UNAVAILABLE})
NEVER = float("-inf")


def sign_of(outcome: Outcome) -> Sign:
    """Return what an outcome says of the load on the target."""
    kind = outcome.kind
    if kind is OutcomeKind.DELIVERED:
        return Sign.DELIVERED
    if kind is OutcomeKind.REJECTED and outcome.status is not None:
        return Sign.REJECTED
    if outcome.status in OVERLOADED or outcome.reason == FaultKind.TIMEOUT:
        return Sign.OVERLOADED
    return Sign.OTHER


def is_suspect(outcome: Outcome) -> bool:
    """Tell whether an answer may be the endpoint's fault and not the record's."""
    if outcome.kind is OutcomeKind.RETRY:
        return outcome.status == UNAVAILABLE and outcome.wait_seconds is not None
    return outcome.kind is OutcomeKind.SUSPECT


class Halt:
    """What is known while an endpoint is halted. Owned by the endpoint.

    Attributes:
        since: When it halted.
        is_breaker: True when the breaker opened; False when different profiles were
            refused.
        asked: Profiles that were refused, or probed, since the last round began.
        aside: Hints of asked profiles, kept for the next round or the end of the halt.
        probe: The probe on the wire; None when there is none.
        probe_at: When the next one may go.
    """

    __slots__ = (
        "_probes",
        "aside",
        "asked",
        "is_breaker",
        "probe",
        "probe_at",
        "since",
    )

    def __init__(
        self, since: float, asked: set[ProfileId], *, is_breaker: bool = False
    ) -> None:
        self.since = since
        self.is_breaker = is_breaker
        self.asked = asked
        self.aside: list[Entry] = []
        self.probe: Work | None = None
        self.probe_at = since
        self._probes = 0

    def wait(self, now: float, backoff: Callable[[int], float]) -> None:
        """Let the next probe wait, longer with each that failed."""
        self._probes += 1
        self.probe = None
        self.probe_at = now + backoff(self._probes)


class Endpoint:
    """One of the target's ways in. Owned by the scheduler.

    Attributes:
        ready: What is ready to be sent this way.
        starved: Items whose retry waits for the budget: a heap, by attempts and rank.
        budget: The retries that there may be.
        limit: How many calls there may be at once; None when that is not found out.
        halt: What is known of the halt; None when not halted.
        held_until: When a target's `Retry-After` ends.
        held_since: When it began.
    """

    def __init__(self, policy: SchedulePolicy, random: Callable[[], float]) -> None:
        self.ready = Ready()
        self.starved: list[tuple[int, float, int, Entry]] = []
        self.budget = RetryBudget(policy.max_in_flight)
        self.limit = AdaptiveLimit(policy.max_in_flight) if policy.adaptive else None
        self._most = float(policy.max_in_flight)
        self._breaker = Breaker() if policy.breaker else None
        self.halt: Halt | None = None
        self.held_until = NEVER
        self.held_since = NEVER
        self._policy = policy.retry
        self._random = random
        self._answers = Answers()
        self._suspects: set[ProfileId] = set()
        self._strained: tuple[ProfileId | None, float] = (None, NEVER)  # by whom last
        self._resumed_at = NEVER  # when the last halt ended
        self._doubted_at = NEVER  # a hold ends by itself, and proves nothing
        self._unwell_since: float | None = None
        self._unwell_total = 0.0

    @property
    def most(self) -> float:
        """How many calls there may be at once."""
        return self._most if self.limit is None else self.limit.current

    def is_flowing(self, now: float) -> bool:
        """True when it is neither halted nor held."""
        return self.halt is None and now >= self.held_until

    def probe_due(self, now: float) -> Halt | None:
        """Return the halt when the endpoint may be asked again, else None."""
        halt = self.halt
        if halt is None or halt.probe is not None:
            return None
        return halt if now >= max(halt.probe_at, self.held_until) else None

    def note_call(self, now: float) -> None:
        """Note a call that is no probe."""
        self.budget.note_call()
        if self.limit is not None:
            self.limit.sent(now)

    def note_answer(
        self, work: Work, outcome: Outcome, sent_at: float, now: float
    ) -> None:
        """Let the limit know how a call ended; what an answer says of faults is apart."""
        limit = self.limit
        if limit is None or work.probe:
            return
        sign = sign_of(outcome)
        if sign is Sign.OVERLOADED:
            # What fails for one profile again, while others are accepted, is its own.
            who, at = self._strained
            if who == work.profile and self.others_accepted_at(who) >= at:
                sign = Sign.OTHER
            self._strained = work.profile, now
        limit.answered(sent_at, now, sign)
        self.budget.bound(limit.current)

    def backoff(self, failures: int) -> float:
        """Return a wait in seconds after so many failures, with full jitter."""
        return backoff_seconds(self._policy, failures, self._random)

    def wait_seconds(self, outcome: Outcome) -> float:
        """Return how long the target asks us to wait, within our cap; 0 if it does not."""
        return min(outcome.wait_seconds or 0.0, self._policy.retry_after_cap_seconds)

    def note_delivery(self, work: Work, now: float) -> Halt | None:
        """Note a delivery; return the halt that it ended, if it ended one."""
        self._answers.note(work.profile, now, accepted=True)
        if self._breaker is not None:
            self._breaker.note_answer()
        if work.is_retry and not work.probe:
            self.budget.give_back()
        if self._suspects:
            self._suspects.clear()
        halt = self.halt
        if halt is None or (halt.is_breaker and halt.probe is not work):
            return None
        unwell = self.unwell_seconds(now)
        self.halt = None
        self._resumed_at = now
        if now >= self.held_until:
            self._unwell_total, self._unwell_since = unwell, None
        if self._breaker is not None:
            self._breaker.reset()
        if self.limit is not None:
            self.limit.restart(now)
        return halt

    def others_accepted_at(self, profile: ProfileId) -> float:
        """Return when another profile was accepted last; long ago if none ever was."""
        return self._answers.others_accepted_at(profile)

    @property
    def accepted_at(self) -> float:
        """When anybody was accepted last; long ago if nobody ever was."""
        return self._answers.accepted_at

    def tells_faults_apart(self, now: float) -> bool:
        """Tell whether a failure of a profile that was not accepted would count now."""
        return (
            self.is_flowing(now)
            and self._answers.others_accepted_by_failing(now)
            and self.accepted_at >= self._doubted_at
        )

    def note_unsent(self, work: Work, now: float) -> None:
        """Note that a work was not sent after all: its token or its turn is returned."""
        halt = self.halt
        if halt is not None and halt.probe is work:
            halt.probe = None
            halt.probe_at = now
            halt.asked.discard(work.profile)
        elif work.is_retry and not work.probe:
            self.budget.give_back()

    def note_failure(
        self, work: Work, outcome: Outcome, sent_at: float, now: float
    ) -> bool:
        """Note any other outcome; return whether it counts against the item.

        What was sent before a halt ended does not open the breaker.
        """
        counts = (
            not work.probe
            and outcome.status != TOO_MANY_REQUESTS
            and self._answers.others_accepted(work.profile, now)
            and self.others_accepted_at(work.profile) >= self._doubted_at
        )
        rejected = outcome.kind is OutcomeKind.REJECTED
        if not rejected or outcome.status is not None:
            # A rejection without a status is our own encoder's: no word of the target.
            self._answers.note(work.profile, now, accepted=rejected)
        if self.halt is not None and self.halt.probe is work:
            self.halt.wait(now, self.backoff)
        if outcome.status == TOO_MANY_REQUESTS:
            self._hold(outcome, now)
        elif is_suspect(outcome):
            self._suspect(work.profile, outcome, now)
        if sent_at >= self._resumed_at:
            self._note_for_breaker(work, outcome, now)
        return counts

    def unwell_seconds(self, now: float) -> float:
        """Return how long it was halted or held, in all."""
        since = self._unwell_since
        if since is None:
            return self._unwell_total
        if self.is_flowing(now):  # a hold ended by itself
            self._unwell_total += self.held_until - since
            self._unwell_since = None
            return self._unwell_total
        return self._unwell_total + now - since

    def next_due(self, in_flight: int, now: float) -> float | None:
        """Return when a halt, a hold, the limit or the budget lets something go; or None."""
        halt = self.halt
        if halt is not None:
            work = len(self.ready) or halt.aside or self.starved
            waits = halt.probe is None and work
            return max(halt.probe_at, self.held_until) if waits else None
        if now < self.held_until:
            return self.held_until if len(self.ready) or self.starved else None
        limit = self.limit
        if limit is not None and len(self.ready):
            due = limit.next_due(in_flight, now)
            if due is not None:
                return due
        return self.budget.next_at(now) if self.starved else None

    def _note_for_breaker(self, work: Work, outcome: Outcome, now: float) -> None:
        breaker = self._breaker
        if breaker is None or self.halt is not None:
            return
        if outcome.kind is OutcomeKind.RETRY:
            if breaker.note_failure(work.profile):
                self._open_unwell(now)
                self.halt = Halt(now, {work.profile}, is_breaker=True)
                self.halt.wait(now, self.backoff)
        elif outcome.kind is OutcomeKind.REJECTED and outcome.status is not None:
            breaker.note_answer()

    def _suspect(self, profile: ProfileId, outcome: Outcome, now: float) -> None:
        if self.halt is not None:
            self.halt.asked.add(profile)
        self._suspects.add(profile)
        if len(self._suspects) < 2:  # noqa: PLR2004 - two profiles are the rule itself
            return
        if outcome.status == UNAVAILABLE and outcome.wait_seconds is not None:
            self._hold(outcome, now)
        elif self.halt is None:
            self._open_unwell(now)
            self.halt = Halt(now, set(self._suspects))
            self.halt.wait(now, self.backoff)

    def _hold(self, outcome: Outcome, now: float) -> None:
        until = now + self.wait_seconds(outcome)
        if until <= max(now, self.held_until):
            return
        self._open_unwell(now)
        if now >= self.held_until:
            self.held_since = now
        self.held_until = until
        self._doubted_at = now

    def _open_unwell(self, now: float) -> None:
        self.unwell_seconds(now)  # ends the sum of a hold that is over
        if self._unwell_since is None:
            self._unwell_since = now
