"""The mappings and schemas that are in force: one set at a time.

A swap takes place between two records, never in the middle of one: both happen on the
loop, and neither waits. What a set made keeps that set's version, on its items and its
failures; so each record is explained by exactly one set, also when it ends after a swap.
"""

from __future__ import annotations

from consumer.decode.decoder import Framing, TopicRule
from consumer.mapping.mapping_set import MappingSet
from consumer.pipeline.material import Material

__all__ = ["InForce"]


class InForce:
    """What records are read and mapped by now. Owned by the pipeline.

    Attributes:
        material: The set and its schemas.
    """

    def __init__(self, material: Material) -> None:
        self.material = material
        self._rules: dict[str, TopicRule] = {}

    @property
    def mappings(self) -> MappingSet:
        """The set."""
        return self.material.mappings

    def swap(self, material: Material) -> None:
        """Put `material` in force."""
        self.material = material
        self._rules = {}

    def rule(self, topic: str) -> TopicRule:
        """Return how records of a real topic are read; looked up once for each."""
        found = self._rules.get(topic)
        if found is None:
            said = self.mappings.rule(topic)
            found = TopicRule(Framing(said.framing), tuple(said.readers))
            self._rules[topic] = found
        return found
