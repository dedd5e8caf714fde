"""What a dead letter is: pure, so that it can be shown without a broker.

Rules:
    - A letter carries the record's key, value and headers as they came; what we say of
      it stands in headers of our own behind them, `dead-letter-` and UTF-8. A header of
      the same name that the record brought stays; the last one is ours.
    - No header of ours contains a profile id or a value. Profiles whose item was
      delivered all the same are named by their digest, so that a replay leaves them
      out; more than 500 are not named, and a replay offers all of them again.
    - A letter that its topic would refuse for its size is written without the value.

Times inside the service are monotonic; this is where they become wall time, with one
pair of (`now`, `wall_ms`) that was read together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from consumer.model import Failure, Header, Settlement

__all__ = ["DeadLetter", "LetterContext", "dead_letter", "letter_topic"]

VERSION = "1"
PREFIX = "dead-letter-"
MAX_DELIVERED = 500
UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Kafka's record batch, header (61 bytes) and one record's own fields and lengths, at
# their longest: kafka.apache.org/documentation/#recordbatch and #record.
BATCH_BYTES = 61 + 36
HEADER_BYTES = 10  # two variable-length sizes, of five bytes at most


class DeadLetter(msgspec.Struct, frozen=True, gc=False, eq=False):
    """A record given up, as it is written.

    Attributes:
        topic: Where to.
        partition: Which one of its partitions.
        key: The record's key.
        value: The record's value; None also when it was too large.
        headers: The record's headers, then ours.
    """

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]

    def __repr__(self) -> str:
        """Return the coordinates only."""
        return f"<DeadLetter {self.topic}[{self.partition}]>"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterContext:
    """What a letter says beyond how the record ended.

    Attributes:
        group: The consumer group.
        template: The topic's name, with `{group}` and `{topic}`.
        partitions: How many partitions the letter topic has.
        max_bytes: The largest message that the letter topic takes.
        mapping_set: Version in force, for a record that no set had a part in.
        now: The monotonic time, in seconds.
        wall_ms: The wall time read together with `now`, Unix milliseconds.
        owners: Owner of each mapping, by the mapping's name.
        replays: How often the record was replayed before.
        topic: Where the letter goes; empty for what the template says.
        first_failure: When the record was given up for the first time, as its earlier
            letter says it; empty when there is none.
        traceparent: W3C trace context of the record's span; empty when not traced.
    """

    group: str
    template: str
    partitions: int
    max_bytes: int
    mapping_set: str
    now: float
    wall_ms: int
    owners: Mapping[str, str] = field(default_factory=dict)
    replays: int = 0
    topic: str = ""
    first_failure: str = ""
    traceparent: str = ""

    def __post_init__(self) -> None:
        """Refuse a topic without partitions.

        Raises:
            ValueError: `partitions` is below 1.
        """
        if self.partitions < 1:
            raise ValueError("a letter topic has at least one partition")


def letter_topic(template: str, group: str, topic: str) -> str:
    """Return the name of the topic for the letters of `topic`.

    Only `{group}` and `{topic}` are places; a name put in is not looked through again.
    """
    before, place, after = template.partition("{topic}")
    parts = [part.replace("{group}", group) for part in (before, after)]
    return topic.join(parts) if place else parts[0]


def dead_letter(settlement: Settlement, context: LetterContext) -> DeadLetter:
    """Return the letter of a record that was given up.

    Args:
        settlement: How the record ended; its end is `DEAD_LETTERED`.
        context: What the letter says beyond that.

    Raises:
        ValueError: The record was not given up.
    """
    failure = settlement.failure
    if failure is None:
        raise ValueError(f"{settlement.record} was not given up")
    record = settlement.record
    headers = record.headers + tuple(
        (PREFIX + name, text.encode(errors="replace"))
        for name, text in _said(settlement, failure, context).items()
        if text
    )
    value = record.value
    if value is not None and _size(record.key, value, headers) > context.max_bytes:
        value = None
        headers += ((PREFIX + "payload-omitted", b"true"),)
    return DeadLetter(
        topic=context.topic
        or letter_topic(context.template, context.group, record.source.topic),
        partition=record.source.partition % context.partitions,
        key=record.key,
        value=value,
        headers=headers,
    )


def _said(
    settlement: Settlement, failure: Failure, context: LetterContext
) -> dict[str, str]:
    """Return our headers without their prefix; an empty text is left out."""
    record = settlement.record
    mappings = failure.mappings or settlement.mappings
    owners = dict.fromkeys(context.owners.get(name, "") for name in mappings)
    delivered = settlement.delivered
    return {
        "version": VERSION,
        "group": context.group,
        "stage": failure.stage,
        "reason": failure.code,
        "message": failure.message,
        "mappings": ",".join(mappings),
        "owner": ",".join(filter(None, owners)),
        "mapping-set": settlement.mapping_set or context.mapping_set,
        "topic": record.source.topic,
        "partition": str(record.source.partition),
        "offset": str(record.offset),
        "timestamp": str(record.timestamp_ms),
        "attempts": str(settlement.attempts),
        "first-failure": context.first_failure
        or _wall(settlement.first_failure, context),
        "last-failure": _wall(settlement.last_failure, context),
        "replays": str(context.replays),
        "traceparent": context.traceparent,
        "delivered": ",".join(delivered) if len(delivered) <= MAX_DELIVERED else "",
    }


def _wall(at: float | None, context: LetterContext) -> str:
    """Return a monotonic time as RFC 3339 in UTC, with milliseconds."""
    if at is None:
        return ""
    wall_ms = context.wall_ms - round((context.now - at) * 1000)
    moment = UNIX_EPOCH + timedelta(milliseconds=wall_ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _size(key: bytes | None, value: bytes, headers: tuple[Header, ...]) -> int:
    said = sum(
        len(name.encode()) + len(text or b"") + HEADER_BYTES for name, text in headers
    )
    return BATCH_BYTES + len(key or b"") + len(value) + said
