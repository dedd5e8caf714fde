"""A member's commits: what of them is sent, how it travels, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping

from consumer.model import Commit, TopicPartition
from tests.chaos.simulate.group import ILLEGAL_GENERATION
from tests.chaos.simulate.member_values import Outlook, Owned

__all__ = ["TIMED_OUT", "Codes", "Commits", "Committing"]

TIMED_OUT = -185  # librdkafka's own code for an answer that never came

Commits = Mapping[TopicPartition, Commit]
Codes = dict[TopicPartition, int]


class Committing:
    """Sends commits. Owned by the client's thread.

    Attributes:
        number: Our number in the group; 0 when we are not in it.
        generation: The newest that we were told.
    """

    def __init__(self, outlook: Outlook, owned: Mapping[TopicPartition, Owned]) -> None:
        self.number = 0
        self.generation = 0
        self._outlook = outlook
        self._owned = owned

    async def send(self, commits: Commits, seconds: float, *, is_last: bool) -> Codes:
        """Send what is of a live epoch; return the code of each that failed, or may have.

        Args:
            commits: What is to be committed.
            seconds: How long the answer is waited for.
            is_last: True before partitions are given back: then all goes well.
        """
        live = {p: commit for p, commit in commits.items() if self._is_live(p, commit)}
        stale = {p: ILLEGAL_GENERATION for p in commits if p not in live}
        if not live:
            return stale
        outlook, number, generation = self._outlook, self.number, self.generation
        offsets = {p: (commit.offset, commit.metadata) for p, commit in live.items()}

        def serve() -> Codes:
            refused = outlook.sea.commit_codes(offsets)
            rest = {p: found for p, found in offsets.items() if p not in refused}
            return refused | outlook.group.commit(number, generation, rest)

        usual = outlook.connection.usual()
        route = usual if is_last else outlook.sea.commit_route(usual)
        failed = await outlook.connection.ask(serve, seconds, route)
        return stale | (dict.fromkeys(live, TIMED_OUT) if failed is None else failed)

    def _is_live(self, partition: TopicPartition, commit: Commit) -> bool:
        place = self._owned.get(partition)
        return place is not None and place.epoch == commit.epoch
