"""The keys, as read from the fields of the settings: what is known, fixed or not built."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from types import MappingProxyType

from consumer.config.settings import (
    META,
    DeadLetterSettings,
    DecodeSettings,
    EventTimeSettings,
    GuardSettings,
    HttpSettings,
    Key,
    LimitSettings,
    LoggingSettings,
    RegistrySettings,
    RetrySettings,
    Settings,
    SourceSettings,
    TargetSettings,
    TracingSettings,
)

__all__ = [
    "FIXED_PROPERTIES",
    "FREE_SECTIONS",
    "KEYS",
    "KNOWN_PATHS",
    "NOT_BUILT",
    "SECTIONS",
    "Known",
    "Path",
    "dotted",
]

Path = tuple[str, ...]

# In the order in which a person reads them: the table and the schema follow it.
SECTIONS: Mapping[str, type] = MappingProxyType({
    "registry": RegistrySettings,
    "target": TargetSettings,
    "limits": LimitSettings,
    "dead_letters": DeadLetterSettings,
    "http": HttpSettings,
    "source": SourceSettings,
    "decode": DecodeSettings,
    "event_time": EventTimeSettings,
    "retry": RetrySettings,
    "guard": GuardSettings,
    "tracing": TracingSettings,
    "logging": LoggingSettings,
})

# Sections whose keys are names that a person chooses.
FREE_SECTIONS: Mapping[str, str] = MappingProxyType({
    "kafka": "librdkafka properties, passed through as they stand",
    "topics": "a mapping's logical topic name: the real name in this cluster",
    "keys": "the name of a key for keyed hashes: its secret",
})

# Both rule when an offset is committed; at-least-once rests on our doing so alone.
FIXED_PROPERTIES: Mapping[str, str] = MappingProxyType({
    "enable.auto.commit": "an offset is committed only when its record is settled",
    "enable.auto.offset.store": "an offset is stored only when its record is settled",
})

NOT_BUILT: Mapping[Path, str] = MappingProxyType({
    ("bulk",): "the bulk endpoint",
    ("quota",): "the shared quota",
    ("target", "profile_grace_seconds"): "asking Target whether it knows a profile",
    ("target", "verify_ratio"): "fetching profiles to verify them",
    ("target", "verify_after_seconds"): "fetching profiles to verify them",
})


@dataclass(frozen=True, slots=True)
class Known:
    """One key that may stand in the file."""

    path: Path
    key: Key
    default: object

    @property
    def is_required(self) -> bool:
        """Say whether it has no default."""
        return self.default is MISSING


def known(prefix: Path, section: type) -> list[Known]:
    """Return the keys among the fields of `section`."""
    return [
        Known((*prefix, field.name), field.metadata[META], field.default)
        for field in dataclasses.fields(section)
        if META in field.metadata
    ]


KEYS: Mapping[Path, Known] = MappingProxyType({
    one.path: one
    for one in [
        *known((), Settings),
        *(one for name, kind in SECTIONS.items() for one in known((name,), kind)),
    ]
})

# Everything that a person may have meant: for "did you mean".
KNOWN_PATHS: tuple[Path, ...] = (
    *KEYS,
    *((name,) for name in (*SECTIONS, *FREE_SECTIONS)),
)


def dotted(path: Path) -> str:
    """Return `path` as a person writes it: `target.timeout_seconds`."""
    return ".".join(path)
