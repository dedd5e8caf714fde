"""The values that flow between the stages.

Every stage imports this module and none imports another: a record comes in, items
come out of it, works carry items to an endpoint, outcomes come back, and a settlement
says how a record ended. All values are frozen.

The values made per record are `msgspec.Struct` (0.07 us to make one with eight fields;
a named tuple took 0.27 us and a frozen dataclass over 1 us on the same machine).
`gc=False` is safe because none of them can be part of a reference cycle.

No `repr` here shows a profile id, an attribute, a key or a value: such text ends in
logs and tracebacks.
"""

from __future__ import annotations

import enum
import hashlib
from typing import NamedTuple, TypeAlias

import msgspec

__all__ = [
    "DELIVERED",
    "UNSENT",
    "Answer",
    "Commit",
    "Decoded",
    "End",
    "EndpointName",
    "Failure",
    "Fault",
    "FaultKind",
    "Header",
    "IdKind",
    "Item",
    "Mapped",
    "NeedsSchema",
    "Outcome",
    "OutcomeKind",
    "Part",
    "Pause",
    "PauseReason",
    "Priority",
    "ProfileId",
    "Record",
    "Request",
    "Route",
    "SchemaId",
    "Settlement",
    "SkipReason",
    "Stage",
    "TopicPartition",
    "Undecodable",
    "Work",
]

Header: TypeAlias = tuple[str, bytes | None]


class TopicPartition(NamedTuple):
    """One partition of one topic, under the topic's real name in the cluster."""

    topic: str
    partition: int

    def __str__(self) -> str:
        """Return `topic[partition]`, as librdkafka writes it."""
        return f"{self.topic}[{self.partition}]"


class Record(msgspec.Struct, frozen=True, gc=False, eq=False):
    """What Kafka gave us.

    Two records are the same only if they are the same object: after a rebalance the
    same offset may be read again in another epoch.

    Attributes:
        source: Where it was read.
        offset: Its offset there.
        timestamp_ms: The broker's timestamp, Unix milliseconds; -1 when it has none.
        key: The key's bytes.
        value: The value's bytes; None is a tombstone.
        headers: In the order in which they were written; names may repeat.
        epoch: The assignment of the partition under which it was read.
        size_bytes: Key, value and headers together: what it counts against held bytes.
    """

    source: TopicPartition
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    epoch: int
    size_bytes: int

    def __repr__(self) -> str:
        """Return the coordinates only."""
        return f"<Record {self.source}@{self.offset}>"


# --------------------------------------------------------------------------- decode


class SchemaId(msgspec.Struct, frozen=True):
    """A writer's schema as a record names it: exactly one of the fields is set.

    Attributes:
        number: A registry's id.
        guid: A registry's GUID, 32 hex digits without hyphens.
        fingerprint: CRC-64-AVRO of the canonical form (Avro specification 1.12,
            "Single-object encoding"), as an unsigned integer.
    """

    number: int | None = None
    guid: str | None = None
    fingerprint: int | None = None

    def __str__(self) -> str:
        """Return `id 7`, `guid ...` or `fingerprint ...`."""
        if self.number is not None:
            return f"id {self.number}"
        if self.guid is not None:
            return f"guid {self.guid}"
        return f"fingerprint {self.fingerprint:016x}"


class Decoded(msgspec.Struct, frozen=True):
    """A record's event.

    Attributes:
        event: The fields, after Avro's resolution to the reader's schema.
        schema: Full name of the reader's schema.
    """

    event: dict[str, object]
    schema: str

    def __repr__(self) -> str:
        """Return the schema only."""
        return f"<Decoded {self.schema}>"


class NeedsSchema(msgspec.Struct, frozen=True):
    """The writer's schema is not known yet; the record waits, those behind it too."""

    id: SchemaId


class Undecodable(msgspec.Struct, frozen=True):
    """The bytes are not an event.

    Attributes:
        code: Low-cardinality reason, such as `truncated` or `too_deep`.
        message: For a person; never contains a value.
    """

    code: str
    message: str


# -------------------------------------------------------------------------- mapping


class IdKind(enum.StrEnum):
    """Which of Target's ids names a profile."""

    THIRD_PARTY_ID = "third_party_id"  # mbox3rdPartyId
    PC_ID = "pc_id"  # mboxPC, tntId
    ECID = "ecid"  # Delivery API only


class ProfileId(NamedTuple):
    """One profile: the key of a shard."""

    kind: IdKind
    value: str

    @property
    def digest(self) -> str:
        """First 16 hex digits of SHA-256 of `kind:id`: what may be written down."""
        text = f"{self.kind}:{self.value}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __repr__(self) -> str:
        """Return the kind only: an id never reaches a log."""
        return f"<ProfileId {self.kind}>"


class EndpointName(enum.StrEnum):
    """One of Target's ways in."""

    SINGLE = "single"
    BULK = "bulk"
    DELIVERY = "delivery"
    AUTO = "auto"


class Priority(enum.StrEnum):
    """A mapping's class; it orders ready shards and never delays one."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Route(msgspec.Struct, frozen=True):
    """What a mapping says of the way of its items: one value shared by all of them.

    Attributes:
        mappings: Names of the mappings whose rules made the item, in order.
        versions: Version of each mapping file, as its git blob id, in that order; behind
            `+` stand those of the files of defaults that it takes from.
        endpoint: Where the items go.
        priority: Their class.
        send_within_seconds: The longest an item may be held back in order to merge.
        window: True when it is always held that long (`merge: window`).
        mapping_set: Version of the set whose mappings made the item.
        by_event_time: True when the later `occurred_at` wins, not the later offset.
    """

    mappings: tuple[str, ...]
    versions: tuple[str, ...] = ()
    endpoint: EndpointName = EndpointName.AUTO
    priority: Priority = Priority.NORMAL
    send_within_seconds: float = 0.0
    window: bool = False
    mapping_set: str = ""
    by_event_time: bool = False


class Item(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One update of one profile.

    Attributes:
        profile: Whose.
        attributes: Name (without `profile.`) to value, in the mapping's order.
            Nobody changes it after the item is made.
        route: What its mapping says of its way.
        occurred_at_ms: When the action happened, Unix milliseconds, if the mapping says.
        skewed: True when that was too far ahead, and is the record's timestamp instead.
    """

    profile: ProfileId
    attributes: dict[str, str]
    route: Route
    occurred_at_ms: int | None = None
    skewed: bool = False

    def __repr__(self) -> str:
        """Return who made it and how large it is, no value."""
        return f"<Item of {','.join(self.route.mappings)}: {len(self.attributes)}>"


class SkipReason(enum.StrEnum):
    """Why a record has no item left to send."""

    UNMAPPED = "unmapped"
    TOMBSTONE = "tombstone"
    WHEN = "when"
    NO_PROFILE = "no_profile"
    EMPTY = "empty"  # `for_each` of a list without elements
    SHARE = "share"  # every profile is in another share
    STALE = "stale"
    SHADOW = "shadow"
    UNCHANGED = "unchanged"
    DELIVERED = "delivered"  # a replay: every profile had its update before


class Mapped(msgspec.Struct, frozen=True):
    """What the mappings made of one record.

    Attributes:
        items: At most one for each profile, in order; may be empty.
        skipped: Why there is none; None when there is one.
        mappings: Names of the mappings that claimed the record.
    """

    items: tuple[Item, ...]
    skipped: SkipReason | None
    mappings: tuple[str, ...]


class Stage(enum.StrEnum):
    """Where a record was given up."""

    DECODE = "decode"
    MAPPING = "mapping"
    DELIVER = "deliver"


class Failure(msgspec.Struct, frozen=True):
    """Why a record was given up.

    Attributes:
        stage: Where.
        code: Low-cardinality reason: a metric's label and a dead letter's `reason`.
        message: For a person; never contains a value or an id.
        mappings: Names of the mappings concerned, if any.
        mapping_set: Version of the set that they are of; empty where none had a part.
    """

    stage: Stage
    code: str
    message: str
    mappings: tuple[str, ...] = ()
    mapping_set: str = ""


# ------------------------------------------------------------------ schedule, deliver


class Part(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One item in a work, and the record that it was born of."""

    record: Record
    item: Item


class Work(msgspec.Struct, frozen=True, gc=False, eq=False):
    """What is sent in one go for one shard.

    Attributes:
        profile: Whose.
        attributes: What is sent, already merged.
        parts: The items in it, in offset order; never empty.
        attempt: 1 for the first time these items are sent.
        ready_at: When it became ready, on the clock of `now` (for the queue wait).
        probe: True when it is sent to find out whether the endpoint is well again.
        is_retry: True when an item of it failed before: it took a token of the budget.
    """

    profile: ProfileId
    attributes: dict[str, str]
    parts: tuple[Part, ...]
    attempt: int
    ready_at: float
    probe: bool = False
    is_retry: bool = False

    def __repr__(self) -> str:
        """Return sizes only."""
        return f"<Work {len(self.parts)} items, attempt {self.attempt}>"


class OutcomeKind(enum.StrEnum):
    """What an answer means for the work that it answers."""

    DELIVERED = "delivered"
    RETRY = "retry"
    REJECTED = "rejected"
    SUSPECT = "suspect"  # retry or halted: `schedule` judges whose fault it is
    UNSENT = "unsent"  # nothing left this process: back to the shard, uncounted


# What may have been applied: a failure may come after it (500), or from something on the
# way (502, 504, and a 2xx that is not the target's).
_FAILED_SOMEWHERE = frozenset({*range(200, 300), 500, 502, 504})


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """One work's answer, judged.

    Attributes:
        kind: What it means.
        reason: Low-cardinality code, such as `http_503`, `timeout`, `refused`; empty
            when delivered.
        message: For a person, from the target's answer, bounded, without values.
        wait_seconds: The target's own `Retry-After`, clamped; None when it named none.
        status: The HTTP status, if there was one.
    """

    kind: OutcomeKind
    reason: str = ""
    message: str = ""
    wait_seconds: float | None = None
    status: int | None = None

    @property
    def is_unsure(self) -> bool:
        """True when the work failed and may have been applied all the same."""
        if self.kind not in {OutcomeKind.RETRY, OutcomeKind.SUSPECT}:
            return False
        return self.status is None or self.status in _FAILED_SOMEWHERE


DELIVERED = Outcome(kind=OutcomeKind.DELIVERED)
UNSENT = Outcome(kind=OutcomeKind.UNSENT, reason="lease")


class Request(msgspec.Struct, frozen=True, gc=False, eq=False):
    """The exact bytes of one HTTP request, but for the secret headers.

    Attributes:
        method: Upper case.
        target: Path and query, percent-encoded, as in the request line.
        head: Request line and headers, each line ended by CRLF, without the empty line
            that ends the head: `transport` adds `Authorization` and that line.
        body: The body's bytes, empty for none.
    """

    method: str
    target: str
    head: bytes
    body: bytes

    def __repr__(self) -> str:
        """Return the method and size: the target may carry ids and values."""
        return f"<Request {self.method} {len(self.head) + len(self.body)} bytes>"


class Answer(msgspec.Struct, frozen=True, gc=False):
    """A whole HTTP answer, bounded.

    Attributes:
        status: The status code.
        body: The body, whole, as long as the transport's bound allows.
        retry_after: The `Retry-After` header's text, if any.
    """

    status: int
    body: bytes = b""
    retry_after: str | None = None


class FaultKind(enum.StrEnum):
    """Why there is no whole answer."""

    TIMEOUT = "timeout"
    CONNECT = "connect"  # refused, unreachable, or the name did not resolve
    TLS = "tls"
    RESET = "reset"  # the connection ended before the answer began
    TRUNCATED = "truncated"  # the answer began and did not end
    OVERSIZE = "oversize"  # the answer is larger than our bound
    PROTOCOL = "protocol"  # not HTTP
    LEASE = "lease"  # we may not send: not one byte left


class Fault(msgspec.Struct, frozen=True, gc=False):
    """A call that brought no whole answer; whether it was applied is unknown.

    Attributes:
        kind: Why.
        detail: For a person; never a URL, an id or a value.
    """

    kind: FaultKind
    detail: str = ""


# --------------------------------------------------------------------------- settle


class End(enum.StrEnum):
    """How a record ended; each is counted once (promise 8)."""

    DELIVERED = "delivered"
    MERGED = "merged"
    SKIPPED = "skipped"
    DEAD_LETTERED = "dead_lettered"


class Settlement(msgspec.Struct, frozen=True):
    """How a record ended, or ends once its dead letter is confirmed.

    Attributes:
        record: Which.
        end: How. For `DEAD_LETTERED` the record stays incomplete until the
            scheduler's `settle` is told that the broker confirmed the letter.
        mappings: Names of the mappings that claimed it.
        skipped: The reason, when skipped.
        failure: Why it was given up, when dead-lettered.
        attempts: Calls made for the item that was given up; 0 when none was.
        first_failure: When its first failure was, on the clock of `now`.
        last_failure: When its last failure was, likewise.
        delivered: Digests of the profiles whose item was delivered all the same.
        mapping_set: Version of the set that mapped it; empty for the one in force.
    """

    record: Record
    end: End
    mappings: tuple[str, ...] = ()
    skipped: SkipReason | None = None
    failure: Failure | None = None
    attempts: int = 0
    first_failure: float | None = None
    last_failure: float | None = None
    delivered: tuple[str, ...] = ()
    mapping_set: str = ""


class Commit(msgspec.Struct, frozen=True):
    """What is committed for one partition.

    Attributes:
        offset: The lowest incomplete offset, or one past the highest seen.
        metadata: The offset map as text, at most `offset.metadata.max.bytes`; empty
            for none.
        epoch: The assignment that it belongs to.
    """

    offset: int
    metadata: str
    epoch: int


class PauseReason(enum.StrEnum):
    """Why something is not fetched or not sent."""

    HELD = "held"
    OFFSET_MAP = "offset_map"
    SCHEMA = "schema"
    UNRESOLVABLE = "unresolvable"
    UNMAPPED = "unmapped"
    HALTED = "halted"
    BREAKER = "breaker"
    TARGET = "target"
    THROTTLED = "throttled"
    LEASE = "lease"
    COMMIT = "commit"
    DEAD_LETTERS = "dead_letters"
    QUOTA = "quota"
    OUT_OF_RANGE = "out_of_range"
    REGISTRY = "registry"
    BROKER = "broker"
    GUARD = "guard"
    OVERRIDE = "override"


class Pause(msgspec.Struct, frozen=True):
    """A pause, with its reason and its way out.

    Attributes:
        reason: Why.
        scope: What is paused: a partition (`topic[3]`), a topic, an endpoint, or
            `mapping NAME`.
        since: When it began, on the clock of `now`.
        ends_when: What would end it, for a person.
    """

    reason: PauseReason
    scope: str
    since: float
    ends_when: str
