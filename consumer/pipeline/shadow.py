"""What mappings in shadow would have sent: counted, and thrown away.

Rules:
    - Requests are made as they would be sent, so what the encoder refuses is seen.
    - Values are counted as they would be written; *changes* are those that differ from
      what the same mapping made of the profile before, as far as that is remembered.
    - An error is counted and rejects nothing.
    - Remembered is a hash of each value, of the profiles that came last.
"""

from __future__ import annotations

from collections import OrderedDict

from consumer.deliver.endpoint import Endpoint
from consumer.mapping.mapping_set import MappingSet
from consumer.model import (
    Decoded,
    Failure,
    Item,
    Mapped,
    Outcome,
    Part,
    ProfileId,
    Record,
    Work,
)
from consumer.pipeline.observe import Observer

__all__ = ["MOST_REMEMBERED", "Shadows"]

MOST_REMEMBERED = 10_000  # profiles, of all mappings in shadow together


class Shadows:
    """Counts for mappings in shadow. Owned by the intake."""

    def __init__(self, endpoint: Endpoint, observer: Observer) -> None:
        self._endpoint = endpoint
        self._observer = observer
        self._remembered: OrderedDict[tuple[str, ProfileId], dict[str, int]]
        self._remembered = OrderedDict()

    def note(
        self, mappings: MappingSet, record: Record, decoded: Decoded | None
    ) -> None:
        """Count what the mappings in shadow make of a record.

        Args:
            mappings: The set; those of it that are in shadow are run.
            record: The record.
            decoded: Its event; None when it has no value.
        """
        for name, made in mappings.shadowed(record, decoded):
            if isinstance(made, Mapped):
                for item in made.items:
                    self._count(name, record, item)
            elif isinstance(made, Failure):
                self._observer.shadow_failed(name, made.code)

    def _count(self, name: str, record: Record, item: Item) -> None:
        parts = (Part(record, item),)
        work = Work(item.profile, item.attributes, parts, 1, 0.0)
        requests = self._endpoint.encode(work)
        if isinstance(requests, Outcome):
            self._observer.shadow_failed(name, requests.reason)
            return
        self._observer.shadow_made(
            name,
            values=len(item.attributes),
            changes=self._changes((name, item.profile), item.attributes),
            calls=len(requests),
        )

    def _changes(self, key: tuple[str, ProfileId], attributes: dict[str, str]) -> int:
        known = self._remembered.setdefault(key, {})
        self._remembered.move_to_end(key)
        if len(self._remembered) > MOST_REMEMBERED:
            _ = self._remembered.popitem(last=False)
        fresh = {name: hash(value) for name, value in attributes.items()}
        changes = sum(known.get(name) != one for name, one in fresh.items())
        known.update(fresh)
        return changes
