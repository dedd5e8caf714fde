"""Collects the evidence when all is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tests.chaos.cluster.evidence import Call, LetterSeen, Stored
from tests.chaos.cluster.publisher import NUMBER
from tests.chaos.cluster.records import MARK, SEQUENCE, Written
from tests.chaos.cluster.site import LETTER_TOPIC, REAL_TOPIC
from tests.integration.kafka_log import everything, text_of

__all__ = ["calls_in", "letters_in", "profiles_in", "stored_in"]

KIND = "third_party_id:"


def stored_in(bootstrap: str, records: Sequence[Written]) -> Iterator[Stored]:
    """Yield what stands in the topic."""
    for message in everything(bootstrap, REAL_TOPIC):
        headers = dict(message.headers() or [])
        yield Stored(
            record=records[int(headers[NUMBER] or b"")],
            partition=int(message.partition() or 0),
            offset=int(message.offset() or 0),
            at=message.timestamp()[1] / 1000,
        )


def letters_in(bootstrap: str) -> Iterator[LetterSeen]:
    """Yield the dead letters."""
    for message in everything(bootstrap, LETTER_TOPIC):
        headers: Mapping[str, object] = dict(message.headers() or [])
        yield LetterSeen(
            partition=int(text_of(headers, "partition")),
            offset=int(text_of(headers, "offset")),
            at=message.timestamp()[1] / 1000,
            is_whole=message.value() is not None,
        )


def calls_in(log: Sequence[Mapping[str, object]]) -> Iterator[Call]:
    """Yield the calls of the target's log."""
    for call in log:
        attributes = call["attributes"]
        assert isinstance(attributes, dict)
        marks = [int(text) for name, text in attributes.items() if is_mark(name)]
        yield Call(
            place=int(str(call["sequence"])),
            profile=str(call["profile"]).removeprefix(KIND),
            sequences=tuple(sorted(marks)),
            latest=int(attributes.get(SEQUENCE, 0)),
            process=str(call["path"]).split("/")[2],
            first_byte_at=float(str(call["first_byte_at"])),
            read_at=float(str(call["read_at"])),
            is_accepted=bool(call["accepted"]),
            fault=str(call["fault"]),
        )


def profiles_in(
    held: Mapping[str, Mapping[str, str]],
) -> dict[str, Mapping[str, str]]:
    """Return the profiles that hold anything, by third-party id."""
    return {name.removeprefix(KIND): has for name, has in held.items() if has}


def is_mark(name: str) -> bool:
    """Whether an attribute is a record's own."""
    return name.startswith(MARK)
