"""Why no call is delivered, in words that a person can act on.

Rules:
    - Trouble is when call after call is neither delivered nor rejected: three at least,
      for a second at least. One refused profile among others that are served, or one
      error in five, is none.
    - A cause is logged once, when it begins; `/status` shows the newest.
"""

from __future__ import annotations

import logging

from consumer.model import Outcome, OutcomeKind, Pause, PauseReason

__all__ = ["WAIT", "TargetTrouble", "mend_of"]

LEAST_ANSWERS = 3
LEAST_SECONDS = 1.0
SERVED = frozenset({OutcomeKind.DELIVERED, OutcomeKind.REJECTED})

TOKEN = "Set target.token to a valid token; a new one in its file needs no restart."  # noqa: S105 - a text for a person
WAY = "Check target.client and target.base_url."
ADDRESS = "Check target.base_url and target.proxy: is the target there?"
MENDS = {
    "http_401": TOKEN,
    "http_403": TOKEN,
    "http_404": WAY,
    "http_405": WAY,
    "http_407": "Set user and password in target.proxy.",
    "not_target": "Check target.base_url and target.proxy: another server answers.",
    "oversize": "Check target.base_url and target.proxy: another server answers.",
    "connect": ADDRESS,
    "protocol": "Check target.base_url, https or http, and target.proxy.",
    "reset": "Check target.base_url, https or http, and target.proxy.",
    "timeout": "See the network and the target; target.timeout_seconds is the bound.",
}
TLS_MENDS = (
    # OpenSSL's words, as `transport` hands them on.
    ("not trusted", "Set target.ca_file to the authority that signed it."),
    ("", "Check target.base_url: its port may not speak TLS (then http://)."),
)
REDIRECTED = range(300, 400)
WAIT = "It goes on by itself when the target serves again."


def mend_of(outcome: Outcome) -> str:
    """Return what a person does about an answer that is not the record's fault."""
    if outcome.reason == "tls":
        return next(mend for words, mend in TLS_MENDS if words in outcome.message)
    if outcome.status in REDIRECTED:
        return WAY
    return MENDS.get(outcome.reason, WAIT)


log = logging.getLogger(__name__)


class TargetTrouble:
    """What is known of calls that are not delivered. Owned by `Dispatch`.

    Attributes:
        since: When the first of the present series failed; None while calls are served.
    """

    def __init__(self) -> None:
        self.since: float | None = None
        self._answers = 0
        self._newest: Outcome | None = None
        self._told = ""

    def note(self, outcome: Outcome, now: float) -> None:
        """Take in a call's outcome."""
        if outcome.kind in SERVED:
            if self.since is not None:
                self._served()
            return
        if outcome.kind is OutcomeKind.UNSENT:
            return
        self.since = now if self.since is None else self.since
        self._answers += 1
        self._newest = outcome
        if self.is_trouble(now) and outcome.reason != self._told:
            self._told = outcome.reason
            log.warning(
                "no call is delivered",
                extra={
                    "reason": outcome.reason,
                    "detail": outcome.message,
                    "mend": mend_of(outcome),
                },
            )

    def is_trouble(self, now: float) -> bool:
        """Whether so many calls failed, for so long, that it is the target's way."""
        if self.since is None or self._answers < LEAST_ANSWERS:
            return False
        return now - self.since >= LEAST_SECONDS

    def pauses(self, now: float) -> list[Pause]:
        """Name the trouble, if there is one."""
        newest, since = self._newest, self.since
        if newest is None or since is None or not self.is_trouble(now):
            return []
        return [
            Pause(
                reason=PauseReason.TARGET,
                scope="single",
                since=since,
                ends_when=(
                    f"a call is delivered; now {newest.reason}: {newest.message}. "
                    f"{mend_of(newest)}"
                ),
            )
        ]

    def _served(self) -> None:
        if self._told:
            log.info("calls are delivered again", extra={"reason": self._told})
        self.since = self._newest = None
        self._answers, self._told = 0, ""
