"""What two sets of mappings make of the same records, and how that differs. Pure.

Rules:
- Items are compared by their profile. A record with one item on each side, of another
  profile, is noted as such, and its attributes are compared all the same.
- A record gains, loses or changes an attribute once, however many items it has.
- A record that ends otherwise (a dead letter, skipped) also loses, or gains, what the
  other side writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from consumer.model import ProfileId

__all__ = ["Comparison", "End", "Example", "Tally"]

EXAMPLES = 3
DELIVERED = "delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """What one side makes of one record.

    Attributes:
        name: `delivered`, `skipped: REASON` or `dead letter: CODE`.
        items: Attributes of each profile; none unless delivered.
        calls: How many requests it takes.
        message: Why it is a dead letter; never a value.
    """

    name: str
    items: Mapping[ProfileId, Mapping[str, str]] = field(default_factory=dict)
    calls: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One record that differs.

    Attributes:
        record: Where it is: `topic[partition]@offset`.
        before: What the other side makes; None for nothing.
        after: What this side makes; None for nothing.
    """

    record: str
    before: str | None
    after: str | None


@dataclass(slots=True)
class Tally:
    """How many records differ in one way, and a few of them. Owned by a comparison."""

    records: int = 0
    examples: list[Example] = field(default_factory=list)

    def add(self, example: Example) -> None:
        """Count one record."""
        self.records += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)


@dataclass(slots=True)
class Comparison:
    """The difference of two sets, record by record. Owned by the command.

    Attributes:
        records: How many were compared.
        attributes: Attribute and `gained`, `lost` or `changed`, to its tally.
        ends: Names of both ends, where they differ, to their tally.
        profiles: Records that update another profile.
        calls_before: Requests of all records, on the other side.
        calls_after: Requests of all records, on this side.
    """

    records: int = 0
    attributes: dict[tuple[str, str], Tally] = field(default_factory=dict)
    ends: dict[tuple[str, str], Tally] = field(default_factory=dict)
    profiles: Tally = field(default_factory=Tally)
    calls_before: int = 0
    calls_after: int = 0

    @property
    def is_changed(self) -> bool:
        """Whether any record differs."""
        differs = self.attributes or self.ends or self.profiles.records
        return bool(differs) or self.calls_before != self.calls_after

    def add(self, place: str, before: End, after: End) -> None:
        """Compare what both sides make of one record."""
        self.records += 1
        self.calls_before += before.calls
        self.calls_after += after.calls
        if before.name != after.name:
            said = Example(record=place, before=before.message, after=after.message)
            self.ends.setdefault((before.name, after.name), Tally()).add(said)
        seen: set[tuple[str, str]] = set()
        for left, right in self.pairs(place, before, after):
            for name, example in differing(place, left, right):
                kind = kind_of(example)
                if (name, kind) not in seen:
                    seen.add((name, kind))
                    self.attributes.setdefault((name, kind), Tally()).add(example)

    def pairs(
        self, place: str, before: End, after: End
    ) -> Iterator[tuple[Mapping[str, str], Mapping[str, str]]]:
        """Give the attributes that both sides write to each profile."""
        profiles = dict.fromkeys([*before.items, *after.items])
        if len(before.items) == len(after.items) == 1 and len(profiles) > 1:
            [(left, old), (right, new)] = [*before.items.items(), *after.items.items()]
            kinds = dict.fromkeys((str(left.kind), str(right.kind)))
            self.profiles.add(
                Example(
                    record=f"{place} ({' -> '.join(kinds)})",
                    before=left.value,
                    after=right.value,
                )
            )
            yield old, new
            return
        for profile in profiles:
            yield before.items.get(profile, {}), after.items.get(profile, {})

    def by_attribute(self) -> dict[str, dict[str, Tally]]:
        """Return the tallies of each attribute, in order of names."""
        found: dict[str, dict[str, Tally]] = {}
        for (name, kind), tally in sorted(self.attributes.items(), key=first):
            found.setdefault(name, {})[kind] = tally
        return found


def first(entry: tuple[tuple[str, str], Tally]) -> tuple[str, str]:
    """Return the key of an entry."""
    return entry[0]


def differing(
    place: str, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[tuple[str, Example]]:
    """Give each attribute that one profile would get otherwise."""
    for name in dict.fromkeys([*before, *after]):
        left, right = before.get(name), after.get(name)
        if left != right:
            yield name, Example(record=place, before=left, after=right)


def kind_of(example: Example) -> str:
    """Return what becomes of an attribute."""
    if example.before is None:
        return "gained"
    return "lost" if example.after is None else "changed"
