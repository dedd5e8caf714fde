"""What only a whole set of mappings can have wrong."""

from __future__ import annotations

from collections.abc import Sequence

from consumer.mapping.checking import Checked
from consumer.mapping.faults import FaultCode, Faults
from consumer.mapping.file_checks import attributes_of
from consumer.mapping.share import Share
from consumer.mapping.specification import MappingSpec, SourceSpec
from consumer.model import EndpointName
from consumer.yamlfile import Path

__all__ = ["check_set", "note_endpoints", "topics_of"]


def topics_of(source: SourceSpec) -> tuple[str, ...]:
    """Return the logical topics of a source; a pattern is its own."""
    if source.pattern is not None:
        return (f"/{source.pattern}/",)
    return (source.topic,) if source.topic is not None else source.topics or ()


def check_set(checked: Sequence[Checked]) -> None:
    """Note in each file what contradicts a file before it."""
    before: list[tuple[MappingSpec, Faults]] = []
    for one in checked:
        if one.spec is None or one.notes is None:
            continue
        for spec, faults in before:
            compare(one.spec, one.notes, spec, faults.document.file)
        before.append((one.spec, one.notes))


def compare(spec: MappingSpec, faults: Faults, other: MappingSpec, file: str) -> None:
    """Note what contradicts `other`, which stands in `file`."""
    if spec.name == other.name:
        faults.add(
            FaultCode.DUPLICATE_NAME,
            ("name",),
            f"{file} is named `{spec.name}`, too.",
            "Give each mapping a name of its own.",
        )
    shared = set(topics_of(spec.source)) & set(topics_of(other.source))
    if shared:
        compare_topic(spec, faults, other, min(shared))
        compare_shares(spec, faults, other)
    elif not settled(spec, other):
        compare_attributes(spec, faults, other)


def settled(spec: MappingSpec, other: MappingSpec) -> bool:
    """Return whether mappings of different topics may write the same attribute.

    They may if both stamp what they write, so that a reader sees how old it is, or if
    no profile is in both.
    """
    stamped = spec.stamp is not None and other.stamp is not None
    return stamped or not share_of(spec).meets(share_of(other))


def share_of(spec: MappingSpec) -> Share:
    """Return the share of a mapping; without one it is all."""
    return spec.share if spec.share is not None else Share()


def compare_topic(
    spec: MappingSpec, faults: Faults, other: MappingSpec, topic: str
) -> None:
    """Note what two mappings of one topic must say alike."""
    if spec.endpoint != other.endpoint:
        theirs = other.name, other.endpoint
        note_endpoints(faults, ("endpoint",), topic, theirs, spec.endpoint)
    if spec.order != other.order:
        faults.add(
            FaultCode.ORDERS_DIFFER,
            ("order",),
            f"`{other.name}` orders records of {topic} by `{other.order}`, "
            f"this by `{spec.order}`.",
            "Name the same order in all mappings of a topic.",
        )
    if spec.source.framing != other.source.framing:
        faults.add(
            FaultCode.FRAMINGS_DIFFER,
            ("source", "framing"),
            f"`{other.name}` reads {topic} as `{other.source.framing}`, "
            f"this as `{spec.source.framing}`.",
            "Name the same framing in all mappings of a topic.",
        )


def note_endpoints(
    faults: Faults,
    path: Path,
    topic: str,
    other: tuple[str, EndpointName],
    endpoint: EndpointName,
) -> None:
    """Note that another mapping of a topic, by name and endpoint, goes another way."""
    faults.add(
        FaultCode.ENDPOINTS_DIFFER,
        path,
        f"`{other[0]}` sends records of {topic} by `{other[1]}`, this by `{endpoint}`.",
        "Name the same endpoint in all mappings of a topic.",
    )


def compare_shares(spec: MappingSpec, faults: Faults, other: MappingSpec) -> None:
    """Note shares that meet, of two mappings that write the same attribute."""
    mine, theirs = share_of(spec), share_of(other)
    if (spec.share is None and other.share is None) or not mine.meets(theirs):
        return
    written = {name for name, _ in attributes_of(other)}
    common = sorted({name for name, _ in attributes_of(spec)} & written)
    if not common:
        return
    low, high = max(mine.low, theirs.low), min(mine.high, theirs.high)
    faults.add(
        FaultCode.SHARES_MEET,
        ("share",),
        f"The profiles of {low}-{high} are in the share of `{other.name}` "
        f"({theirs}), too, and both write {', '.join(f'`{n}`' for n in common)}.",
        "Choose shares that do not meet; a mapping without `share` has all of 0-99.",
    )


def compare_attributes(spec: MappingSpec, faults: Faults, other: MappingSpec) -> None:
    """Note attributes that mappings of different topics write."""
    theirs = {name for name, _ in attributes_of(other)}
    noted: set[str] = set()
    for name, path in attributes_of(spec):
        if name in theirs and name not in noted:
            noted.add(name)
            faults.add(
                FaultCode.SHARED_ATTRIBUTE,
                path,
                f"`{other.name}` writes `{name}`, too, from another topic.",
                "Choose another name, or give both mappings a `stamp`: between topics "
                "there is no order, so the older value could win.",
                at_key=True,
            )
