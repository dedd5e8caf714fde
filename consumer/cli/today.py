"""What would become of a dead letter today: by the mappings and schemas that are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from consumer.cli.comparison import DELIVERED, End
from consumer.cli.material import read_material
from consumer.cli.side import UNMAPPED, dead, end_of
from consumer.cli.writers import Answer, Writers, named_by, rule_of
from consumer.config.settings import Settings
from consumer.decode.decoder import Unclaimed
from consumer.letters.letter import Letter
from consumer.mapping.mapping_set import MappingSet
from consumer.model import ProfileId, SkipReason, Undecodable
from consumer.pipeline.assembly import single
from consumer.pipeline.material import keys_of

__all__ = ["Seen", "Today"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A letter's record, read and mapped today.

    Attributes:
        answer: Its event, or why there is none; None for a tombstone.
        writer: How its bytes name the schema that wrote them; empty when they do not.
        end: How it would end.
    """

    answer: Answer | None
    writer: str
    end: End


class Today:
    """Reads and maps letters as the service would. Owned by the command that entered it."""

    def __init__(self, settings: Settings) -> None:
        """Read the files.

        Raises ConfigurationError with every fault of every file.
        """
        material = read_material(settings, keys_of(settings))
        self.mappings: MappingSet = material.mappings
        self._writers = Writers(settings, material.readers)
        self._endpoint = single(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writers.__exit__(kind, error, trace)

    def is_read(self, topic: str) -> bool:
        """Return whether any mapping reads a source topic."""
        return bool(self.mappings.of_topic(topic))

    def seen(self, letter: Letter) -> Seen:
        """Return what becomes of a letter that has its payload.

        A registry that does not answer ends in a RegistryUnreachableError.
        """
        record = letter.origin
        rule = rule_of(self.mappings.rule(record.source.topic))
        answer = None if record.value is None else self._writers.decode(record, rule)
        named = named_by(record, rule.framing)
        writer = "" if named is None else str(named[0] or "bare")
        if isinstance(answer, Undecodable):
            end = dead(answer.code, answer.message)
        elif isinstance(answer, Unclaimed):
            end = UNMAPPED
        else:
            end = left(end_of(self.mappings, self._endpoint, record, answer), letter)
        return Seen(answer=answer, writer=writer, end=end)


def left(end: End, letter: Letter) -> End:
    """Return an end without the profiles that had their update before."""
    if end.name != DELIVERED:
        return end
    done = frozenset(letter.delivered)
    items: Mapping[ProfileId, Mapping[str, str]] = {
        profile: attributes
        for profile, attributes in end.items.items()
        if profile.digest not in done
    }
    if not items:
        return End(name=f"skipped: {SkipReason.DELIVERED}")
    return End(name=DELIVERED, items=items, calls=end.calls)
