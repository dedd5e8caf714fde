"""The settings: one frozen value per section of the configuration file.

The fields are the registry of keys: name, default, kind and meaning of each stand here
and nowhere else; the loader, the JSON Schema and the table in the README are made from
them. A field without `key(...)` is not a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from consumer.config.kinds import (
    Boolean,
    Choice,
    Integer,
    Kind,
    Listen,
    Number,
    Password,
    Size,
    Text,
    Url,
)
from consumer.config.secret import MASK, Secret

__all__ = [
    "META",
    "DeadLetterSettings",
    "DecodeSettings",
    "HttpSettings",
    "KafkaSettings",
    "Key",
    "LimitSettings",
    "LoggingSettings",
    "RegistrySettings",
    "RetrySettings",
    "Settings",
    "SourceSettings",
    "TargetSettings",
    "TracingSettings",
]

META = "key"
KIBI, MEBI = 1 << 10, 1 << 20
# librdkafka's own default, CONFIGURATION.md "session.timeout.ms"
SESSION_TIMEOUT_MS = 45_000


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of one key.

    Attributes:
        kind: How its value is read.
        meaning: For a person, one sentence without a full stop at its end.
        default: What the table says when the default is not the field's own.
        path: `file` or `folder` when it is a path, relative to the configuration file,
            to something that must be there; empty when it is none.
    """

    kind: Kind
    meaning: str
    default: str | None = None
    path: str = ""


def key(kind: Kind, meaning: str, default: str | None = None) -> Mapping[str, object]:
    """Return the metadata of a field that is a key."""
    return {META: Key(kind, meaning, default)}


def path(meaning: str, must_be: str = "file") -> Mapping[str, object]:
    """Return the metadata of a field that is a path."""
    return {META: Key(Text(meaning="a path"), meaning, path=must_be)}


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaSettings:
    """Every librdkafka property of the `kafka` section, as it stands.

    Attributes:
        properties: Name to value; secrets among them are plain here, so this value's
            `repr` names the properties only.
    """

    properties: Mapping[str, str | int | float | bool] = field(repr=False)

    def __repr__(self) -> str:
        """Return the properties with every value masked that is not harmless."""
        shown = {
            name: self.properties[name]
            if name in {"bootstrap.servers", "group.id", "client.id"}
            else MASK
            for name in sorted(self.properties)
        }
        return f"KafkaSettings({shown})"

    @property
    def bootstrap_servers(self) -> str:
        """The brokers to begin with."""
        return str(self.properties["bootstrap.servers"])

    @property
    def group_id(self) -> str:
        """The consumer group."""
        return str(self.properties["group.id"])

    @property
    def session_timeout_seconds(self) -> float:
        """How long the group waits for this member before it gives up on it."""
        if self.properties.get("group.protocol") == "consumer":
            return SESSION_TIMEOUT_MS / 1000  # the broker's; this is its default
        text = self.properties.get("session.timeout.ms", SESSION_TIMEOUT_MS)
        return float(text) / 1000

    @property
    def poll_interval_seconds(self) -> float:
        """How long the poll thread may be silent before it loses its partitions."""
        return float(self.properties.get("max.poll.interval.ms", 300_000)) / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySettings:
    """The `registry` section. Without a URL there is none."""

    url: str | None = field(
        default=None,
        metadata=key(
            Url(),
            "Schema registry (Confluent API); without it all schemas are local ones",
        ),
    )
    username: str | None = field(
        default=None, metadata=key(Text(), "User for basic authentication")
    )
    password: Secret | None = field(
        default=None, metadata=key(Password(), "Password for basic authentication")
    )
    proxy: Secret | None = field(
        default=None,
        metadata=key(Url(user=True, path=False), "Proxy, user and password included"),
    )
    ca_file: Path | None = field(
        default=None,
        metadata=path("Certificates (PEM) to trust instead of the system's"),
    )
    certificate_file: Path | None = field(
        default=None, metadata=path("Our certificate (PEM) for mutual TLS")
    )
    key_file: Path | None = field(
        default=None, metadata=path("The key (PEM) of `certificate_file`")
    )
    timeout_seconds: float = field(
        default=10.0,
        metadata=key(Number(above=True, high=300), "Longest wait for one answer"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSettings:
    """The `target` section."""

    client: str = field(
        metadata=key(
            Text(
                pattern=r"[a-z0-9][a-z0-9_-]{0,62}",
                meaning="a client code: lower-case letters and digits",
            ),
            "Target's client code; the service is `https://CLIENT.tt.omtrdc.net`",
        )
    )
    base_url: str | None = field(
        default=None,
        metadata=key(Url(), "A sandbox or gateway to call instead of Target itself"),
    )
    token: Secret | None = field(
        default=None,
        metadata=key(
            Password(),
            "Profile API token; read again from its file when Target refuses it",
        ),
    )
    request: str = field(
        default="form",
        metadata=key(
            Choice(words=("form", "query", "get")),
            "Shape of a single update: POST with a form, POST with a query, or GET",
        ),
    )
    transport: str = field(
        default="connector",
        metadata=key(
            Choice(words=("connector", "session")),
            "aiohttp's connector and parser with our own bytes, or its whole session",
        ),
    )
    timeout_seconds: float = field(
        default=10.0,
        metadata=key(Number(above=True, high=300), "Longest time for one whole call"),
    )
    proxy: Secret | None = field(
        default=None,
        metadata=key(Url(user=True, path=False), "Proxy, user and password included"),
    )
    ca_file: Path | None = field(
        default=None,
        metadata=path("Certificates (PEM) to trust instead of the system's"),
    )
    value_chars: int = field(
        default=256,
        metadata=key(
            Integer(low=1, high=65_536), "Longest value of an attribute, in characters"
        ),
    )
    over_value: str = field(
        default="reject",
        metadata=key(
            Choice(words=("reject", "truncate", "ignore")),
            "What becomes of a longer one: a dead letter, cut off, or sent as it is",
        ),
    )
    unknown_profiles: str = field(
        default="assume",
        metadata=key(
            Choice(words=("assume", "check")),
            "Whether Target knows a profile is taken for granted",
        ),
    )

    @property
    def url(self) -> str:
        """Where the calls go: `base_url`, or Target itself."""
        return self.base_url or f"https://{self.client}.tt.omtrdc.net"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """The `limits` section."""

    max_in_flight: int = field(
        default=64,
        metadata=key(Integer(low=1, high=10_000), "Calls on the wire at once"),
    )
    held_records: int = field(
        default=10_000,
        metadata=key(Integer(low=1), "Records held at once, whatever the lag"),
    )
    held_bytes: int = field(
        default=64 * MEBI,
        metadata=key(Size(low=KIBI), "Bytes of records held at once", "64MiB"),
    )
    calls_per_day: int = field(
        default=1_000_000,
        metadata=key(
            Integer(low=1), "Calls in any rolling 24 hours, of this process alone"
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterSettings:
    """The `dead_letters` section."""

    topic: str = field(
        default="{group}.{topic}.dead-letters",
        metadata=key(
            Text(
                pattern=r"([A-Za-z0-9._-]|\{group\}|\{topic\})+",
                meaning="a topic name in which {group} and {topic} may stand",
            ),
            "Topic of dead letters; `{group}` and `{topic}` are filled in",
        ),
    )
    create: bool = field(
        default=True,
        metadata=key(Boolean(), "Whether a missing one is created at start"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """The `http` section."""

    listen: tuple[str, int] = field(
        default=("127.0.0.1", 9464),
        metadata=key(
            Listen(),
            "Where `/livez /readyz /startupz /metrics /status` are answered",
            "127.0.0.1:9464",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """The `source` section."""

    commit_interval_seconds: float = field(
        default=0.5,
        metadata=key(
            Number(above=True, high=60), "How often what is settled is committed"
        ),
    )
    membership_lease_seconds: float | None = field(
        default=None,
        metadata=key(
            Number(above=True),
            "Nothing is sent unless a commit sent this recently was acknowledged",
            "20, or half the session timeout if that is less",
        ),
    )
    startup_timeout_seconds: float = field(
        default=30.0,
        metadata=key(
            Number(above=True, high=3600), "How long to wait for a broker at start"
        ),
    )
    out_of_range: str = field(
        default="pause",
        metadata=key(
            Choice(words=("pause", "reset")),
            "What to do when Kafka has deleted the next offset: wait for a person, "
            "or follow `auto.offset.reset`",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeSettings:
    """The `decode` section."""

    schema_grace_seconds: float = field(
        default=60.0,
        metadata=key(Number(), "How long a schema id may be unknown to the registry"),
    )
    max_record_bytes: int = field(
        default=MEBI,
        metadata=key(Size(low=64), "Largest value of a record", "1MiB"),
    )
    max_depth: int = field(
        default=64,
        metadata=key(Integer(low=1, high=256), "Deepest nesting of a value"),
    )
    max_elements: int = field(
        default=100_000,
        metadata=key(Integer(low=1), "Most array and map elements of a record"),
    )
    max_decimal_bytes: int = field(
        default=64,
        metadata=key(Integer(low=1, high=1024), "Longest decimal, in bytes"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrySettings:
    """The `retry` section."""

    base_seconds: float = field(
        default=0.2,
        metadata=key(Number(above=True, high=3600), "Bound of the first wait"),
    )
    cap_seconds: float = field(
        default=30.0,
        metadata=key(Number(above=True, high=3600), "Bound of any wait"),
    )
    retry_after_cap_seconds: float = field(
        default=300.0,
        metadata=key(Number(high=86_400), "Longest `Retry-After` that is honoured"),
    )
    max_attempts: int = field(
        default=20,
        metadata=key(Integer(low=1), "Counted attempts before a record is given up"),
    )
    give_up_after_seconds: float = field(
        default=3600.0,
        metadata=key(Number(), "Counted time that must have passed as well"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TracingSettings:
    """The `tracing` section; the collector is named by the `OTEL_` variables."""

    sample_ratio: float = field(
        default=0.01,
        metadata=key(
            Number(high=1.0),
            "Share of traces begun here; a publisher's own decision is followed",
        ),
    )
    consumer_relation: str = field(
        default="parent",
        metadata=key(
            Choice(words=("parent", "link")),
            "Whether a record's span continues the publisher's trace or links to it",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingSettings:
    """The `logging` section."""

    level: str = field(
        default="info",
        metadata=key(
            Choice(words=("debug", "info", "warning", "error")), "Least level written"
        ),
    )
    format: str = field(
        default="json",
        metadata=key(
            Choice(words=("json", "logfmt")), "Form of a line on standard error"
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration.

    Attributes:
        topics: Logical name in a mapping to the real name here.
        keys: Name to secret bytes, for keyed hashes.
    """

    kafka: KafkaSettings
    registry: RegistrySettings
    schemas: Path = field(
        default=Path("schemas/avro"),
        metadata=path("Folder of the readers' Avro schemas", must_be="folder"),
    )
    mappings: Path = field(
        default=Path("schemas/mappings"),
        metadata=path("Folder of the mapping files", must_be="folder"),
    )
    topics: Mapping[str, str] = field(default_factory=dict)
    target: TargetSettings
    limits: LimitSettings
    drain_timeout_seconds: float = field(
        default=25.0,
        metadata=key(Number(high=3600), "Longest time that a drain may take"),
    )
    dead_letters: DeadLetterSettings
    http: HttpSettings
    source: SourceSettings
    decode: DecodeSettings
    retry: RetrySettings
    tracing: TracingSettings
    logging: LoggingSettings
    keys: Mapping[str, Secret] = field(default_factory=dict)

    @property
    def membership_lease_seconds(self) -> float:
        """The lease: what is set, or the smaller of 20 and half the session timeout."""
        given = self.source.membership_lease_seconds
        if given is not None:
            return given
        return min(20.0, self.kafka.session_timeout_seconds / 2)
