"""An outage of the target dead-letters nothing, whatever it answers meanwhile."""

from __future__ import annotations

from consumer.model import End, Outcome, OutcomeKind
from tests.unit.schedule.desk import LOANS, Desk

OTHERS = 100  # delivered before the outage
UNAVAILABLE = Outcome(
    OutcomeKind.RETRY, "http_503", "the target failed", status=503, wait_seconds=2.0
)


def test_an_outage_that_names_a_wait_dead_letters_nothing() -> None:
    """Bug: 503 with Retry-After for six seconds gave good records up."""
    desk = Desk()
    for offset in range(OTHERS):
        desk.deliver(f"other-{offset}", offset, 0.0)
    for offset in range(4):
        desk.put(offset, f"p-{offset}", source=LOANS, now=10.0)
    ends = []
    for now in (10.0, 12.5, 15.0, 17.5):
        desk.renew(now)
        for work in desk.scheduler.take(100, now):
            ends += desk.answer(work, UNAVAILABLE, now)
    assert [each.end for each in ends if each.end is End.DEAD_LETTERED] == []
