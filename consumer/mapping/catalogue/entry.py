"""One entry about a mapping file: its meaning is said by the code itself."""

from __future__ import annotations

from consumer.catalogue.section import Section
from consumer.mapping.faults import FaultCode

__all__ = ["LOAN", "LOYALTY", "entry"]

LOAN = "crm.LoanFunded"
LOYALTY = "pos.LoyaltyCardSwiped"


def entry(
    code: FaultCode,
    why: str,
    *,
    wrong: str,
    found: str,
    right: str,
    event: str = LOAN,
    beside: str = "",
    is_warning: bool = False,
) -> Section:
    """Return the section of one code."""
    return Section(
        code=str(code),
        meaning=code.meaning,
        why=why,
        wrong=wrong,
        found=found,
        right=right,
        event=event,
        beside=beside,
        is_warning=is_warning,
    )
