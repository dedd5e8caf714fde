"""One call to the target, as the target and its caller know it."""

from __future__ import annotations

from typing import NamedTuple, Self
from urllib.parse import parse_qsl

from consumer.model import Answer, Fault, Request
from tests.chaos.simulate.records import numbers_in
from tests.fake_transport import SUBMITTED

__all__ = ["PROFILE", "REFUSED", "Call", "Treatment"]

PROFILE = "mbox3rdPartyId"
PREFIX = "profile."
REFUSED = Answer(400, b"<response><success>false</success></response>")


class Treatment(NamedTuple):
    """What becomes of one call.

    Attributes:
        answer: What its caller is to learn; a time-out is never told.
        seconds: How long the answer takes.
        reason: Why, for the time line; empty when nothing is wrong.
        is_applied: Whether the target keeps it.
    """

    answer: Answer | Fault
    seconds: float
    reason: str = ""
    is_applied: bool = False


class Call:
    """One call. Owned by the target.

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

    def __init__(self, process: str, fields: dict[str, str], now: float) -> None:
        self.process = process
        self.profile = fields.pop(PROFILE)
        self.attributes = {n.removeprefix(PREFIX): fields[n] for n in fields}
        self.numbers = numbers_in(self.attributes)
        self.began_at = now
        self.ended_at: float | None = None
        self.learnt: Answer | Fault | None = None
        self.treatment: Treatment | None = None

    def __str__(self) -> str:
        return f"{self.profile} {' '.join(f'#{n}' for n in sorted(self.numbers))}"

    @classmethod
    def read(cls, process: str, request: Request, now: float) -> Self:
        """Return a call as its request says."""
        fields = parse_qsl(request.body.decode(), keep_blank_values=True)
        return cls(process, dict(fields), now)

    @property
    def is_accepted(self) -> bool:
        """True when the target keeps it."""
        return self.treatment is not None and self.treatment.is_applied

    @property
    def is_delivered(self) -> bool:
        """True when its process learnt that the target keeps it."""
        return self.learnt is SUBMITTED
