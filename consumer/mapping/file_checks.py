"""What a mapping file can have wrong without a look at its schema."""

from __future__ import annotations

from collections.abc import Iterator

from consumer.mapping.faults import FaultCode, Faults
from consumer.mapping.names import is_attribute, is_mapping, is_topic, reserved_by
from consumer.mapping.specification import MappingSpec, SourceSpec
from consumer.mapping.topic_pattern import problem_of
from consumer.model import EndpointName
from consumer.yamlfile import Path

__all__ = [
    "attributes_of",
    "check_built",
    "check_hold",
    "check_names",
    "check_order",
    "check_source",
    "check_stamp",
    "unbuilt_endpoint",
]

BUILT = frozenset({EndpointName.AUTO, EndpointName.SINGLE})


def check_names(spec: MappingSpec, faults: Faults) -> None:
    """Note names that nobody can take."""
    if not is_mapping(spec.name):
        faults.add(
            FaultCode.BAD_NAME,
            ("name",),
            f"`{spec.name[:100]}` cannot name a mapping.",
            "Use letters, digits, `-`, `_` and `.`, at most 100.",
        )
    for name, path in attributes_of(spec):
        reason = reserved_by(name)
        if not is_attribute(name):
            faults.add(
                FaultCode.BAD_NAME,
                path,
                f"`{name[:128]}` cannot name an attribute.",
                "Begin with a letter; use letters, digits, `-`, `_` and `.`, at "
                "most 128.",
                at_key=True,
            )
        elif reason:
            faults.add(
                FaultCode.RESERVED_NAME,
                path,
                f"`{name}` is reserved: {reason}.",
                "Choose another name.",
                at_key=True,
            )


def check_source(source: SourceSpec, faults: Faults) -> None:
    """Note a source that claims nothing, or that cannot be."""
    given = [source.topic, source.topics, source.pattern]
    if sum(one is not None for one in given) != 1:
        faults.add(
            FaultCode.ONE_OF,
            ("source",),
            "A source has exactly one of `topic`, `topics` and `pattern`.",
            "Keep one of them.",
        )
    if source.topics == ():
        faults.add(
            FaultCode.NOTHING_WRITTEN,
            ("source", "topics"),
            "The list of topics is empty.",
            "Name a topic.",
        )
    for topic in [source.topic] if source.topic is not None else source.topics or ():
        if not is_topic(topic):
            faults.add(
                FaultCode.BAD_NAME,
                ("source", "topic" if source.topic is not None else "topics"),
                f"`{topic[:100]}` cannot name a topic.",
                "Use letters, digits, `.`, `_` and `-`, at most 249.",
            )
    check_pattern(source.pattern, faults)


def check_pattern(pattern: str | None, faults: Faults) -> None:
    """Note a pattern that cannot be matched, or not in good time."""
    problem = None if pattern is None else problem_of(pattern)
    if problem is not None:
        faults.add(
            FaultCode.BAD_REGEX,
            ("source", "pattern"),
            problem,
            "Write one such as `crm\\..*`.",
        )


def check_built(spec: MappingSpec, faults: Faults) -> None:
    """Note what the file uses and this program does not do yet."""
    for path, what in not_built(spec):
        note_unbuilt(what, path, faults)
    unbuilt_endpoint(spec.endpoint, ("endpoint",), faults)


def unbuilt_endpoint(endpoint: EndpointName, path: Path, faults: Faults) -> bool:
    """Return whether an endpoint is not built yet; that is noted then."""
    if endpoint in BUILT:
        return False
    note_unbuilt(f"`endpoint: {endpoint}`", path, faults)
    return True


def note_unbuilt(what: str, path: Path, faults: Faults) -> None:
    """Note something that this program does not do yet."""
    faults.add(
        FaultCode.NOT_BUILT,
        path,
        f"{what} is not built yet.",
        "Leave it out for now.",
        at_key=True,
    )


def check_stamp(spec: MappingSpec, faults: Faults) -> None:
    """Note a stamp that has nothing to say, or that a rule writes."""
    if spec.stamp is None:
        return
    if spec.occurred_at is None:
        faults.add(
            FaultCode.BAD_STAMP,
            ("stamp",),
            "`stamp` writes when it happened, and the file does not say when.",
            "Add `occurred_at`.",
        )
    for name, path in attributes_of(spec):
        if name == spec.stamp and path[0] in {"attributes", "cases"}:
            faults.add(
                FaultCode.BAD_STAMP,
                path,
                f"`{name}` is the `stamp`, which is written by itself.",
                "Choose another name for one of them.",
                at_key=True,
            )


def check_order(spec: MappingSpec, faults: Faults) -> None:
    """Note an order in time of what has no time."""
    if spec.order == "event_time" and spec.occurred_at is None:
        faults.add(
            FaultCode.NO_MOMENT,
            ("order",),
            "With `order: event_time` the later action wins, and the file does not say "
            "when one happened.",
            "Add `occurred_at`.",
        )


def check_hold(spec: MappingSpec, faults: Faults) -> None:
    """Note a window that holds nothing."""
    if spec.merge == "window" and not spec.send_within:
        faults.add(
            FaultCode.NO_HOLD,
            ("merge",),
            "`merge: window` holds every update for `send_within`, and there is none.",
            "Add one, such as `send_within: 30s`.",
        )


def attributes_of(spec: MappingSpec) -> Iterator[tuple[str, Path]]:
    """Give every attribute that a file writes, and where."""
    for name in spec.attributes:
        yield name, ("attributes", name)
    for index, case in enumerate(spec.cases):
        for name in case.attributes:
            yield name, ("cases", index, "attributes", name)
    if spec.stamp is not None:
        yield spec.stamp, ("stamp",)
    for name in spec.on_delete.attributes if spec.on_delete is not None else ():
        yield name, ("on_delete", "attributes", name)


def not_built(spec: MappingSpec) -> Iterator[tuple[Path, str]]:
    """Give what the file uses and this program does not do yet."""
    if spec.send != "always":
        yield ("send",), "`send: changed`"
