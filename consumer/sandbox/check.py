"""The outside judge: profiles against the fold, and order on the accepted calls."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from consumer.sandbox.samples import KINDS

__all__ = ["Comparison", "SeenCall", "compare", "order_violations"]

SHOWN = 5


class SeenCall(Protocol):
    """An update call as the log shows it."""

    @property
    def profile(self) -> str:
        """Whom it names, `kind:id`."""

    @property
    def attributes(self) -> Mapping[str, str]:
        """What it writes."""

    @property
    def accepted(self) -> bool:
        """Whether the target took it."""


class Comparison(NamedTuple):
    """How the profiles compare.

    Attributes:
        expected: How many profiles there must be.
        equal: How many are exactly as they must be.
        different: How many are not, missing and surplus ones included.
        samples: For the first of these, the names of the attributes that differ.
    """

    expected: int
    equal: int
    different: int
    samples: tuple[tuple[str, tuple[str, ...]], ...]


def compare(
    expected: Mapping[str, Mapping[str, str]],
    actual: Mapping[str, Mapping[str, str]],
    *,
    only_expected: bool = False,
) -> Comparison:
    """Compare every profile, attribute by attribute.

    Args:
        expected: What the events say: `kind:id` to attributes.
        actual: What the target holds.
        only_expected: Pass over profiles and attributes that no event wrote, for a
            target that others write to as well.
    """
    samples: list[tuple[str, tuple[str, ...]]] = []
    different = 0
    names = expected if only_expected else {**expected, **actual}
    for name in names:
        wanted, held = expected.get(name), actual.get(name)
        wrong = differing(wanted, held, only_expected=only_expected)
        if wrong or wanted is None or held is None:
            different += 1
            if len(samples) < SHOWN:
                samples.append((name, wrong))
    equal = len(names) - different
    return Comparison(len(expected), equal, different, tuple(samples))


def differing(
    wanted: Mapping[str, str] | None,
    held: Mapping[str, str] | None,
    *,
    only_expected: bool,
) -> tuple[str, ...]:
    """Return the names of the attributes that differ."""
    wanted, held = wanted or {}, held or {}
    names = wanted if only_expected else {**wanted, **held}
    return tuple(name for name in names if wanted.get(name) != held.get(name))


def order_violations(calls: Iterable[SeenCall]) -> int:
    """Count accepted calls whose sequence is below an earlier one.

    Each kind of event has a sequence of its own per profile, and all events of a profile
    and kind share a key, hence a source partition: so a sequence attribute stands for
    one profile and one partition. A repeated call repeats its sequence and is no
    violation; after a crash, records that are read again may be, so this judges runs
    without one.

    Args:
        calls: In the order in which the target applied them.
    """
    names = tuple(kind.sequence for kind in KINDS)
    newest: dict[tuple[str, str], int] = {}
    violations = 0
    for call in calls:
        if not call.accepted:
            continue
        attributes = call.attributes
        for name in names:
            text = attributes.get(name, "")
            if not text.isdecimal():
                continue
            place = call.profile, name
            sequence = int(text)
            violations += sequence < newest.get(place, 0)
            newest[place] = max(sequence, newest.get(place, 0))
    return violations
