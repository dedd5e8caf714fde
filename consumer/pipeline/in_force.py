"""The mappings and schemas that are in force: one set at a time, and what overrides it.

A swap takes place between two records, never in the middle of one: both happen on the
loop, and neither waits. What a set made keeps that set's version, on its items and its
failures; so each record is explained by exactly one set, also when it ends after a swap.
"""

from __future__ import annotations

from consumer.decode.decoder import Framing, TopicRule
from consumer.mapping.mapping_set import MappingSet
from consumer.mapping.overrides import NO_OVERRIDES, Overrides, overridden
from consumer.pipeline.material import Material

__all__ = ["InForce"]


class InForce:
    """What records are read and mapped by now. Owned by the pipeline.

    Attributes:
        material: The set and its schemas, as the files have them.
        overrides: What an operator says of mappings of the set.
        mappings: The set, as it is overridden.
    """

    def __init__(self, material: Material, overrides: Overrides = NO_OVERRIDES) -> None:
        self.material = material
        self.overrides = NO_OVERRIDES
        self.mappings: MappingSet = material.mappings
        self._rules: dict[str, TopicRule] = {}
        self.override(overrides)

    def swap(self, material: Material) -> None:
        """Put `material` in force; overrides of mappings that it has not are dropped."""
        self.material = material
        self.override(self.overrides)

    def override(self, overrides: Overrides) -> None:
        """Put overrides in force."""
        mappings = self.material.mappings
        self.overrides = overrides.only(mappings)
        if self.overrides.of:
            mappings = overridden(mappings, self.overrides)
        self.mappings = mappings
        self._rules = {}

    def claims(self, topic: str) -> tuple[str, ...]:
        """Return the mappings that claim a real topic and may send."""
        return self.mappings.names(topic)

    def rule(self, topic: str) -> TopicRule:
        """Return how records of a real topic are read; looked up once for each."""
        found = self._rules.get(topic)
        if found is None:
            said = self.mappings.rule(topic)
            found = TopicRule(Framing(said.framing), tuple(said.readers))
            self._rules[topic] = found
        return found
