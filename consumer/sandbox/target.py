"""Target's front: the emulated APIs on one port, with faults before and after them.

Theory of operation:
    A request arrives whole. A fault may strike it. Unless the fault says that it is not
    applied, or the switch `late` says that it takes its place after the latency, the API
    handles it at once, so the latency changes only when the answer leaves.
"""

import time
from collections import Counter
from collections.abc import Callable

from consumer.sandbox.access import Access
from consumer.sandbox.calls import CallLog, pairs_of
from consumer.sandbox.faults import FaultKind, FaultRule, Faults, Strike
from consumer.sandbox.fetch import ProfileFetch
from consumer.sandbox.http import Later, Manner, Reply
from consumer.sandbox.options import SandboxOptions, Switches
from consumer.sandbox.profiles import THIRD_PARTY_ID, Profiles
from consumer.sandbox.quota import Quota
from consumer.sandbox.single import SingleUpdate, parameters_of, profile_of
from consumer.sandbox.wire import Request

__all__ = ["Target", "strike"]

GARBAGE = "<html><body>It works!</body></html>"


class Target:
    """The emulated account. Owned by the event loop.

    Attributes:
        switches: What undocumented behaviours are set to; see `set_switches`.
        profiles: The account's profiles.
        log: The update calls, in the order of their places.
        access: Its token.
        quota: Its rolling quota.
        faults: The fault rules in force.
        counters: Calls and their fates, by name.
    """

    def __init__(
        self, options: SandboxOptions, clock: Callable[[], float] = time.time
    ) -> None:
        self.switches = options.switches
        self.client = options.client
        self.profiles = Profiles(options.switches)
        self.log = CallLog(options.kept_calls)
        self.access = Access(options.token, required=options.require_token)
        self.quota = Quota(options.calls_per_day, options.quota_window_seconds)
        self.faults = Faults()
        self.counters: Counter[str] = Counter()
        self.clock = clock
        self._single = SingleUpdate(
            options.client,
            self.profiles,
            self.log,
            access=self.access,
            quota=self.quota,
            counters=self.counters,
        )
        self._fetch = ProfileFetch(
            options.client, self.profiles, access=self.access, counters=self.counters
        )

    def set_switches(self, switches: Switches) -> None:
        """Put other switches in force, for calls that are read from now on."""
        self.profiles.apply(self.clock())
        self.switches = self.profiles.switches = switches

    def handle(self, request: Request) -> Reply | Later:
        """Answer one request."""
        self.counters["calls"] += 1
        hit = self._strike(request) if self.faults else None
        if hit is None and not self.switches.answer_delay_seconds:
            return self._route(request)
        return strike(
            hit or Strike(0.0, None),
            lambda: self._route(request, "" if hit is None else kind_of(hit)),
            base_seconds=self.switches.answer_delay_seconds,
            late=self.switches.late,
        )

    def _strike(self, request: Request) -> Strike | None:
        profile = None
        if self.faults.chooses_profiles:
            profile = profile_of(pairs_of(parameters_of(request)), THIRD_PARTY_ID)
        hit = self.faults.strike(request.path, profile, self.clock())
        if hit is not None:
            self.counters[f"fault_{kind_of(hit)}"] += 1
        return hit

    def _route(self, request: Request, fault: str = "") -> Reply:
        now = self.clock()
        if self._single.claims(request.path, self.switches):
            self.counters["updates"] += 1
            return self._single.answer(request, self.switches, now, fault)
        if self._fetch.claims(request.path):
            return self._fetch.answer(request, self.switches, now)
        self.counters["not_found"] += 1
        return Reply(404, b"Not Found", "text/plain")


def kind_of(hit: Strike) -> str:
    """Return the kind of what strikes a call; a latency alone is one as well."""
    return str(FaultKind.LATENCY if hit.rule is None else hit.rule.kind)


def strike(
    hit: Strike,
    route: Callable[[], Reply],
    *,
    base_seconds: float = 0.0,
    late: bool = False,
) -> Reply | Later:
    """Answer a request under a fault.

    Args:
        hit: What strikes it.
        route: Handles the request; called at most once.
        base_seconds: A delay of the server itself, added to the fault's.
        late: Whether the request is handled after the latency, not before.
    """
    rule = hit.rule
    seconds = hit.latency_seconds + base_seconds
    if rule is not None and rule.kind in SILENT:
        seconds += rule.seconds

    def finish() -> Reply:
        if rule is None:
            return route()
        return spoilt(rule, route() if rule.applies else None)

    if not seconds:
        return finish()
    if late:
        return Later(seconds, finish)
    reply = finish()
    return Later(seconds, lambda: reply)


# Kinds that hold back the end of the connection for the rule's `seconds`.
SILENT = frozenset({FaultKind.RESET, FaultKind.LOST_APPLIED, FaultKind.LOST_UNAPPLIED})
MANNERS = {
    FaultKind.RESET: Manner.RESET,
    FaultKind.TRUNCATED: Manner.TRUNCATED,
    FaultKind.DRIP: Manner.DRIP,
    FaultKind.LOST_APPLIED: Manner.CLOSE,
    FaultKind.LOST_UNAPPLIED: Manner.CLOSE,
}


def spoilt(rule: FaultRule, handled: Reply | None) -> Reply:
    """Return what a client sees of a struck call."""
    if rule.kind is FaultKind.STATUS:
        hint = (("Retry-After", rule.retry_after),) if rule.retry_after else ()
        return Reply(rule.status, (rule.body or "").encode(), "text/plain", hint)
    if rule.kind is FaultKind.GARBAGE:
        body = GARBAGE if rule.body is None else rule.body
        return Reply(200, body.encode(), "text/html")
    reply = handled or Reply(200, b"<response></response>", "application/xml")
    return reply._replace(manner=MANNERS[rule.kind], drip_seconds=rule.seconds)
