"""Works as the tests of deliver and transport need them."""

from __future__ import annotations

from consumer.model import (
    IdKind,
    Item,
    Part,
    ProfileId,
    Record,
    Route,
    TopicPartition,
    Work,
)

__all__ = ["CUSTOMER", "work_of"]

CUSTOMER = ProfileId(IdKind.THIRD_PARTY_ID, "C-1234567")


def work_of(attributes: dict[str, str], profile: ProfileId = CUSTOMER) -> Work:
    """Return a work of one item that carries `attributes` for `profile`."""
    record = Record(TopicPartition("t", 0), 1, 0, None, b"", (), 1, 0)
    item = Item(profile, attributes, Route(("loan-funded",)))
    return Work(profile, attributes, (Part(record, item),), 1, 0.0)
