"""What is asked of the services outside, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from consumer.config.settings import Settings
from consumer.decode.readers import ReaderSchema
from consumer.errors import FileFault
from consumer.mapping.mapping_set import MappingSet
from consumer.pipeline.subjects import Naming

__all__ = ["Finding", "Needs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What is asked for.

    Attributes:
        settings: Where everything is.
        mappings: What is read.
        readers: Our schemas by full name.
        naming: How publishers name their subjects.
        answer_seconds: The longest wait for one answer of Kafka; None for its own.
    """

    settings: Settings
    mappings: MappingSet
    readers: Mapping[str, ReaderSchema]
    naming: Naming = Naming.TOPIC
    answer_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was asked for.

    Attributes:
        subject: What.
        said: What was found, for a person.
        fault: What is wrong; None when nothing is.
    """

    subject: str
    said: str
    fault: FileFault | None = field(default=None)
