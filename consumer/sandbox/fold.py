"""What the events say: the expected profiles and counts, written by hand.

This knows the events and what their publishers want to see in Target. It knows nothing
of mapping files or of the code that runs them, so it cannot share their mistakes.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from consumer.sandbox.events import SKIPS, Fate, SampleEvent
from consumer.sandbox.samples import KIOSK, LOAN, LOYALTY

__all__ = ["Fold", "attributes_of"]

Attributes: TypeAlias = dict[str, str]


def attributes_of(event: SampleEvent) -> Attributes:
    """Return what an event that lands must write."""
    return WRITERS[event.kind.topic](event.fields)


def of_loan(fields: dict[str, Any]) -> Attributes:
    """Return what a funded loan writes."""
    terms, customer = fields["loan"], fields["customer"]
    day = fields["funded_at"].astimezone(ZoneInfo("America/New_York")).date()
    first = terms["first_payment_on"]
    known = {"MORTGAGE": "mortgage", "AUTO": "auto", "PERSONAL": "personal"}
    attributes = {
        "loanSequence": str(fields["sequence"]),
        "loanReference": fields["event_id"],
        "loanProduct": known.get(terms["product"], "other"),
        "loanAmount": f"{terms['amount']:.2f}",
        "loanCurrency": terms["currency"].upper(),
        "loanRate": f"{terms['rate']:.3f}",
        "loanFundedOn": day.isoformat(),
        "loanFirstPayment": first.isoformat() if first else "none",
        "loanBand": "prime" if terms["score"] > 700 else "standard",  # noqa: PLR2004 - the bank's
        "borrower": "true",
    }
    if not customer["marketing_consent"]:
        attributes["emailHash"] = "none"
    elif customer["email"] is not None:
        address = customer["email"].strip().lower().encode()
        attributes["emailHash"] = hashlib.sha256(address).hexdigest()
    return attributes


def of_swipe(fields: dict[str, Any]) -> Attributes:
    """Return what a swiped card writes."""
    member, store, lines = fields["member"], fields["store"], fields["lines"]
    local = fields["swiped_at"].astimezone(ZoneInfo(store["zone"]))
    coupon = fields["coupon"]
    attributes = {
        "loyaltySequence": str(fields["sequence"]),
        "loyaltyTier": member["tier"].lower(),
        "loyaltyPoints": str(member["points"]),
        "loyaltyStore": str(store["store_id"]),
        "loyaltyCity": store["city"].lower(),
        "loyaltyTotal": f"{fields['total']:.2f}",
        "loyaltySwipedAt": local.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "loyaltyLines": str(len(lines)),
        "loyaltyFuelPoints": str(fields["points_by_category"].get("fuel", 0)),
        "loyaltyCoupon": coupon.strip().upper() if coupon else "none",
    }
    if lines:
        attributes["loyaltyCategory"] = lines[0]["category"]
    return attributes


def of_kiosk(fields: dict[str, Any]) -> Attributes:
    """Return what a visit to a kiosk writes."""
    device, visit = fields["kiosk"], fields["visit"]
    attributes = {
        "kioskSequence": str(fields["sequence"]),
        "kioskVenue": device["venue"].strip().lower(),
        "kioskVisitedOn": fields["accessed_at"].astimezone(UTC).date().isoformat(),
        "kioskInstalledOn": device["installed_on"].isoformat(),
        "kioskVisit": visit["kind"].lower(),
        "kioskSeconds": str(math.floor(visit["seconds"] + 0.5)),
        "kioskScreens": "|".join(dict.fromkeys(visit["screens"])) or "none",
        "kioskEngaged": "yes" if visit["seconds"] >= 60 else "no",  # noqa: PLR2004 - the venue's
    }
    if "interest" in visit["answers"]:
        attributes["kioskInterest"] = visit["answers"]["interest"].strip().lower()
    return attributes


WRITERS: Mapping[str, Callable[[dict[str, Any]], Attributes]] = {
    LOAN.topic: of_loan,
    LOYALTY.topic: of_swipe,
    KIOSK.topic: of_kiosk,
}


class Fold:
    """Expected profiles and counts, event after event. Owned by the publisher.

    Attributes:
        profiles: `kind:id` to what must be there in the end.
        fates: How many events have each fate.
    """

    def __init__(self, profiles: Iterable[str] = ()) -> None:
        self.profiles: dict[str, Attributes] = {name: {} for name in profiles}
        self.fates: Counter[Fate] = Counter()

    def add(self, event: SampleEvent) -> None:
        """Take one event into account, in the order of publication."""
        self.fates[event.fate] += 1
        if event.fate is Fate.LANDS and event.profile is not None:
            held = self.profiles.setdefault(event.profile, {})
            held.update(attributes_of(event))

    @property
    def published(self) -> int:
        """How many events there were."""
        return self.fates.total()

    @property
    def landed(self) -> int:
        """How many must be delivered, alone or merged."""
        return self.fates[Fate.LANDS]

    @property
    def skipped(self) -> int:
        """How many must be skipped by rule."""
        return sum(self.fates[fate] for fate in SKIPS)

    @property
    def bad(self) -> int:
        """How many must end as dead letters."""
        return self.published - self.landed - self.skipped
