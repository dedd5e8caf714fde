"""What a run is asked for."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["PROTOCOLS", "Options", "protocol_of"]

PROTOCOLS = ("classic", "consumer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One run.

    Attributes:
        records: How many are published.
        faults: How many happen.
        seed: Of records, faults and victims.
        rate: Records published in a second, evenly.
        protocol: The group's: `classic` (cooperative-sticky) or `consumer` (KIP-848).
        has_real_registry: Whether schemas come from a real registry.
        has_map: False lets the broker refuse all offset maps, for a comparison.
        is_traced: Whether the time line is shown while it is written.
        kinds: The kinds of faults; none for all.
        kafka: librdkafka properties beside the usual, such as `debug`.
    """

    records: int
    faults: int
    seed: int
    rate: float = 200.0
    protocol: str = "classic"
    has_real_registry: bool = False
    has_map: bool = True
    is_traced: bool = False
    kinds: tuple[str, ...] = ()
    kafka: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long the publishing takes."""
        return self.records / self.rate


def protocol_of(seed: int) -> str:
    """Return the group protocol that a seed chooses."""
    return random.Random(f"protocol {seed}").choice(PROTOCOLS)  # noqa: S311 - repeatable
