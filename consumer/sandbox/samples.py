"""The bodies of the three sample events, as their publishers would fill them."""

import random
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from consumer.sandbox.profiles import PC_ID

__all__ = [
    "KINDS",
    "KIOSK",
    "LOAN",
    "LOYALTY",
    "Kind",
    "Moment",
    "kiosk",
    "loan",
    "swipe",
]


class Kind(NamedTuple):
    """One of the three events.

    Attributes:
        topic: Its topic's logical name.
        schema: Its Avro schema's full name.
        sequence: The attribute in which its mapping writes the sequence.
    """

    topic: str
    schema: str
    sequence: str


LOAN = Kind("crm.loan-funded.v1", "crm.LoanFunded", "loanSequence")
LOYALTY = Kind("pos.loyalty-card-swiped.v1", "pos.LoyaltyCardSwiped", "loyaltySequence")
KIOSK = Kind("kiosk.kiosk-accessed.v1", "kiosk.KioskAccessed", "kioskSequence")
KINDS = (LOAN, LOYALTY, KIOSK)

CITIES = (
    ("New York", "America/New_York"),
    ("Chicago", "America/Chicago"),
    ("Los Angeles", "America/Los_Angeles"),
    ("São Paulo", "America/Sao_Paulo"),
)
CATEGORIES = ("garden", "books", "fuel", "food & drink", "toys")
VENUES = ("Harbour Hall ", "Opera House", "Museum of Ships", "Zoo + Aquarium")
SCREENS = ("home", "tickets", "map", "events", "food")
PRODUCTS = ("MORTGAGE", "AUTO", "PERSONAL", "STUDENT", "OTHER")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When an event happens, its place in its series, and the source of its chance."""

    at: datetime
    sequence: int
    chooser: random.Random

    def event_id(self) -> str:
        """Choose the event's UUID."""
        return str(uuid.UUID(int=self.chooser.getrandbits(128), version=4))

    def money(self, most: int) -> Decimal:
        """Choose an amount with two decimals, below `most`."""
        return Decimal(self.chooser.randrange(most * 100)).scaleb(-2)

    def chance(self, ratio: float) -> bool:
        """Choose whether something of this probability happens."""
        return self.chooser.random() < ratio


def loan(profile: str, moment: Moment, *, funded: bool) -> dict[str, object]:
    """Return a `crm.LoanFunded`; a loan that is not funded is skipped by rule."""
    chooser = moment.chooser
    customer = profile.partition(":")[2]
    day = moment.at.date() + timedelta(days=30)
    return {
        "event_id": moment.event_id(),
        "sequence": moment.sequence,
        "status": "FUNDED" if funded else chooser.choice(("DECLINED", "WITHDRAWN")),
        "funded_at": moment.at,
        "customer": {
            "crm_id": customer,
            "email": f" {customer}@Example.COM" if moment.chance(0.8) else None,
            "marketing_consent": moment.chance(0.9),
        },
        "loan": {
            "product": chooser.choice(PRODUCTS),
            "amount": moment.money(500_000),
            "currency": chooser.choice(("USD", "usd", "EUR")),
            # Eighths are exact in binary and have three decimals.
            "rate": chooser.randrange(8, 96) / 8,
            "score": chooser.randrange(300, 851),
            "first_payment_on": day if moment.chance(0.7) else None,
        },
    }


def swipe(profile: str, moment: Moment) -> dict[str, object]:
    """Return a `pos.LoyaltyCardSwiped`."""
    chooser = moment.chooser
    city, zone = chooser.choice(CITIES)
    amounts = [moment.money(100) for _ in range(chooser.randrange(4))]
    number = chooser.randrange(1, 100)
    return {
        "event_id": moment.event_id(),
        "sequence": moment.sequence,
        "swiped_at": moment.at.replace(microsecond=0),
        "member": {
            "crm_id": profile.partition(":")[2],
            "tier": chooser.choice(("BASIC", "SILVER", "GOLD")),
            "points": chooser.randrange(100_000),
            "birthday": date(1980, 2, 29) if moment.chance(0.3) else None,
        },
        "store": {
            "store_id": f"S-{number}" if moment.chance(0.7) else number,
            "city": city,
            "zone": zone,
        },
        "lines": [line(moment, amount) for amount in amounts],
        "total": sum(amounts, Decimal("0.00")),
        "points_by_category": {
            name: chooser.randrange(1, 90) for name in CATEGORIES if moment.chance(0.3)
        },
        "coupon": " spring " if moment.chance(0.2) else None,
    }


def line(moment: Moment, amount: Decimal) -> dict[str, object]:
    """Return one line of a receipt."""
    return {
        "sku": f"A-{moment.chooser.randrange(1000)}",
        "category": moment.chooser.choice(CATEGORIES),
        "quantity": moment.chooser.randrange(1, 5),
        "amount": amount,
    }


def kiosk(
    profile: str | None, moment: Moment, *, diagnostic: bool
) -> dict[str, object]:
    """Return a `kiosk.KioskAccessed`; a technician's visit is refused by the target."""
    chooser = moment.chooser
    kind, _, value = (profile or "").partition(":")
    visit = "DIAGNOSTIC" if diagnostic else chooser.choice(("BROWSE", "TICKET"))
    answers = {"language": "en"}
    if moment.chance(0.5):
        answers["interest"] = chooser.choice((" Jazz", "sailing", "Käse"))
    return {
        "event_id": moment.event_id(),
        "sequence": moment.sequence,
        "accessed_at": moment.at,
        "visitor": {
            "pc_id": value if kind == PC_ID else None,
            "crm_id": value if profile and kind != PC_ID else None,
        },
        "kiosk": {
            "kiosk_id": f"K-{chooser.randrange(40)}",
            "venue": chooser.choice(VENUES),
            "installed_on": date(2024, 1, 1) + timedelta(days=chooser.randrange(500)),
        },
        "visit": {
            "kind": visit,
            "seconds": chooser.randrange(2, 400) / 2,
            "screens": [chooser.choice(SCREENS) for _ in range(chooser.randrange(6))],
            "answers": answers,
        },
    }
