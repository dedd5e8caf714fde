"""A member's commits: what of them is sent, how it travels, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping

from consumer.model import Commit, TopicPartition
from tests.chaos.simulate.broker import METADATA_TOO_LARGE
from tests.chaos.simulate.group import ILLEGAL_GENERATION
from tests.chaos.simulate.member_values import Outlook, Owned
from tests.chaos.simulate.network import Route

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
        self._newest: dict[TopicPartition, Commit] = {}

    async def send(self, commits: Commits, seconds: float) -> Codes:
        """Send what is of a live epoch; return the code of each that failed, or may have.

        Args:
            commits: What is to be committed.
            seconds: How long the answer is waited for.
        """
        sea, usual = self._outlook.sea, self._outlook.connection.usual()
        return await self._send(commits, seconds, sea.commit_route(usual))

    async def send_last(
        self, commits: Commits, seconds: float
    ) -> tuple[Commits, Codes] | None:
        """Send what is new before partitions are given back; nothing goes astray now.

        What is refused for its map is sent once more without it.

        Returns:
            What was sent in the end and how it ended; None when nothing is new.
        """
        new = {
            partition: commit
            for partition, commit in commits.items()
            if self._is_live(partition, commit)
            and self._newest.get(partition) != commit
        }
        if not new:
            return None
        usual = self._outlook.connection.usual
        failed = await self._send(new, seconds, usual())
        bare = {
            partition: Commit(new[partition].offset, "", new[partition].epoch)
            for partition, code in failed.items()
            if code == METADATA_TOO_LARGE and new[partition].metadata
        }
        if bare:
            again = await self._send(bare, seconds, usual())
            failed = {p: c for p, c in failed.items() if p not in bare} | again
        return new | bare, failed

    async def _send(self, commits: Commits, seconds: float, route: Route) -> Codes:
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

        failed = await outlook.connection.ask(serve, seconds, route)
        if failed is None:
            failed = dict.fromkeys(live, TIMED_OUT)
        self._newest.update({p: live[p] for p in live if p not in failed})
        return stale | failed

    def _is_live(self, partition: TopicPartition, commit: Commit) -> bool:
        place = self._owned.get(partition)
        return place is not None and place.epoch == commit.epoch
