"""The settings: one frozen value per section of the configuration file.

The fields are the registry of keys: name, default, kind and meaning of each stand here
and nowhere else; the loader, the JSON Schema and the table in the README are made from
them. A field without `key(...)` is not a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from consumer.config.key import META, Key, key, path
from consumer.config.kinds import Number
from consumer.config.outside import (
    DeadLetterSettings,
    HttpSettings,
    KafkaSettings,
    RegistrySettings,
    TargetSettings,
)
from consumer.config.rules import (
    DecodeSettings,
    EventTimeSettings,
    GuardSettings,
    LimitSettings,
    LoggingSettings,
    RetrySettings,
    SourceSettings,
    TracingSettings,
)
from consumer.config.secret import Secret

__all__ = [
    "META",
    "DeadLetterSettings",
    "DecodeSettings",
    "EventTimeSettings",
    "GuardSettings",
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
    overrides: Path | None = field(
        default=None,
        metadata=path("File of an operator's overrides, read again when it changes"),
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
    event_time: EventTimeSettings
    retry: RetrySettings
    guard: GuardSettings
    tracing: TracingSettings
    logging: LoggingSettings
    keys: Mapping[str, Secret] = field(default_factory=dict)
