"""The sections that name what is outside: brokers, registry, Target, and our own port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from consumer.config.key import key, path
from consumer.config.kinds import (
    Boolean,
    Choice,
    Integer,
    Listen,
    Number,
    Password,
    Text,
    Url,
    Urls,
)
from consumer.config.secret import MASK, Secret

__all__ = [
    "DeadLetterSettings",
    "HttpSettings",
    "KafkaSettings",
    "RegistrySettings",
    "TargetSettings",
]

# librdkafka's own default, CONFIGURATION.md "session.timeout.ms"
SESSION_TIMEOUT_MS = 45_000
# What goes into a header as it stands.
HEADER = Text(pattern=r"[!-~]{1,200}", meaning="a text without spaces")


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
            Urls(),
            "Schema registry (Confluent API), several with commas or as a list; "
            "without it all schemas are local ones",
        ),
    )
    username: str | None = field(
        default=None, metadata=key(Text(), "User for basic authentication")
    )
    password: Secret | None = field(
        default=None, metadata=key(Password(), "Password for basic authentication")
    )
    token: Secret | None = field(
        default=None,
        metadata=key(
            Password(),
            "Bearer token, instead of user and password; a file is read at each request",
        ),
    )
    logical_cluster: str | None = field(
        default=None,
        metadata=key(
            HEADER, "The registry's logical cluster, which a hosted one wants to know"
        ),
    )
    identity_pool: str | None = field(
        default=None,
        metadata=key(HEADER, "The identity pool of a token, if the registry has pools"),
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
    replay_topic: str = field(
        default="{group}.{topic}.replay",
        metadata=key(
            Text(
                pattern=r"([A-Za-z0-9._-]|\{group\}|\{topic\})*\{topic\}"
                r"([A-Za-z0-9._-]|\{group\})*",
                meaning="a topic name in which {topic} stands, and perhaps {group}",
            ),
            "Topic of records that `consumer dlq replay` sends again; the group owns it, "
            "and `{group}` and `{topic}` are filled in",
        ),
    )
    read_replays: bool = field(
        default=True,
        metadata=key(
            Boolean(), "Whether those topics are read, each as soon as it is there"
        ),
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
