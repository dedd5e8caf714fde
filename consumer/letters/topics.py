"""The topics that belong to a source topic: its letters, and its records that come again.

Both are named by a template in which `{group}` and `{topic}` stand; that of replays always
has a `{topic}`, so that the name alone says whose records they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from consumer.settle import letter_topic

__all__ = ["TopicNames"]

PLACE = "{topic}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicNames:
    """How one group names its topics.

    Attributes:
        group: The consumer group.
        letter_template: The name of a topic of letters.
        replay_template: The name of a topic of replayed records; has a `{topic}`.
        reads_replays: Whether the service reads those.
    """

    group: str
    letter_template: str
    replay_template: str
    reads_replays: bool = True

    def letters(self, topic: str) -> str:
        """Return the name of the topic for the letters of a source topic."""
        return letter_topic(self.letter_template, self.group, topic)

    def replay(self, topic: str) -> str:
        """Return the name of the topic for records of a source topic that come again."""
        return letter_topic(self.replay_template, self.group, topic)

    def is_letters(self, name: str) -> bool:
        """Return whether a topic is one of letters of this group, by its name."""
        if PLACE not in self.letter_template:
            return name == self.letters("")
        return self.with_letters(name) is not None

    def with_letters(self, name: str) -> str | None:
        """Return the source topic whose letters go to `name`; None when it says none."""
        return self._source(self.letter_template, name)

    def with_replay(self, name: str) -> str | None:
        """Return the source topic whose records come again in `name`, or None."""
        return self._source(self.replay_template, name)

    def optional(self, topics: Iterable[str]) -> tuple[str, ...]:
        """Return the replay topics that are read beside source topics, in order.

        A name that is a source topic itself is none of them.
        """
        named = frozenset(topics)
        wanted = {self.replay(topic) for topic in named} if self.reads_replays else ()
        return tuple(sorted(frozenset(wanted) - named))

    def optional_patterns(self, patterns: Iterable[str]) -> tuple[str, ...]:
        """Return patterns of the replay topics beside patterns `^(...)$` of topics."""
        if not self.reads_replays:
            return ()
        before, after = (part.replace(".", "[.]") for part in self._around())
        return tuple(f"^{before}{one[1:-1]}{after}$" for one in patterns)

    def _around(self) -> tuple[str, str]:
        """Return what stands before and behind the source topic in a replay topic."""
        before, _, after = self.replay_template.partition(PLACE)
        return before.replace("{group}", self.group), after.replace(
            "{group}", self.group
        )

    def _source(self, template: str, name: str) -> str | None:
        """Return what stands for `{topic}` in a name that a template made, or None."""
        before, place, after = (
            part.replace("{group}", self.group) for part in template.partition(PLACE)
        )
        fits = name.startswith(before) and name.endswith(after)
        if not place or not fits or len(name) <= len(before) + len(after):
            return None
        return name[len(before) : len(name) - len(after)]
