"""Bugs on purpose that blame the wrong one, or go on where others do: promises 9, 10."""

from __future__ import annotations

from typing import Any

from consumer.deliver import answers as deliver_answers
from consumer.errors import DependencyError
from consumer.model import Commit, OutcomeKind
from consumer.pipeline import assembly
from consumer.pipeline.pipeline import Pipeline
from consumer.pipeline.schemas import SchemaDesk
from consumer.schedule.answers import Answers
from consumer.schedule.commits import Commits
from consumer.schedule.offsets import Partition
from consumer.schedule.scheduler import Scheduler
from consumer.schedule.shards import Shards
from tests.chaos.simulate.bugs import mutant, replace

# ------------------------------------------------------------------ 9: whose fault


@mutant(9)
def refusals_are_rejections() -> None:
    """A 401 is the record's fault at once."""
    rules = tuple(
        rule._replace(kind=OutcomeKind.REJECTED)
        if rule.kind is OutcomeKind.SUSPECT
        else rule
        for rule in deliver_answers.STATUSES
    )
    replace(deliver_answers, "STATUSES", rules)


@mutant(9)
def the_target_is_always_well() -> None:
    """Failures count against an item though the target accepts nobody."""
    replace(Answers, "others_accepted", lambda *_: True)


@mutant(9)
def an_outage_of_the_registry_is_an_answer() -> None:
    """A registry that does not answer has no schema."""

    async def is_found(self: SchemaDesk, schema_id: Any) -> bool:
        try:
            found = await self._registry.schema(schema_id)  # type: ignore[union-attr] # histories have one
        except DependencyError:
            return False
        return found is not None and bool(await old(self, schema_id))

    old = replace(SchemaDesk, "_is_found", is_found)


# -------------------------------------------------------------------- 10: fenced


@mutant(10)
def the_first_byte_asks_nobody() -> None:
    """Whether a work may be sent is asked when it is taken only."""
    replace(Scheduler, "may_send", lambda *_: True)


@mutant(10)
def a_blocked_loop_is_not_waited_for() -> None:
    """A revocation waits for the calls on the wire only, not for the lease."""
    replace(assembly, "longest_lease_seconds", lambda _: 0.001)


@mutant(10)
def leases_last() -> None:
    """The lease is ten times as long as the group allows."""

    def set_lease(self: Scheduler, seconds: float) -> None:
        old(self, 10 * seconds)

    old = replace(Scheduler, "set_lease", set_lease)


@mutant(10)
def leases_begin_with_the_answer() -> None:
    """The lease counts from the answer of a commit, not from its sending."""

    def on_committed(self: Pipeline, commits: Any, failed: Any, sent_at: float) -> None:
        del sent_at
        old(self, commits, failed, self._clock())

    old = replace(Pipeline, "on_committed", on_committed)


@mutant(10)
def an_assignment_proves_membership() -> None:
    """Items of a new assignment do not wait for a commit's answer."""

    def assign(self: Scheduler, partition: Any, *rest: Any) -> None:
        old(self, partition, *rest)
        self._partitions[partition].confirm()

    old = replace(Scheduler, "assign", assign)


@mutant(10)
def refused_commits_stop_nothing() -> None:
    """After an ILLEGAL_GENERATION a partition's items are taken on."""
    replace(Partition, "stop", lambda *_: None)


@mutant(10)
def fences_are_open() -> None:
    """A revocation that has begun keeps nothing from being taken."""
    replace(Scheduler, "fence", lambda *_: None)


@mutant(10)
def revoked_items_stay() -> None:
    """What waits of a partition stays in its shards when it is taken away."""
    replace(Shards, "drop", lambda *_: None)
    replace(Partition, "_judge", lambda self: setattr(self, "open", self.confirmed))


@mutant(10)
def old_epochs_are_committed() -> None:
    """A commit names the newest epoch but the offset of an older one."""
    remembered: dict[Any, int] = {}

    def commit(self: Partition) -> Commit:
        offset = max(remembered.get(self.name, 0), self.committable)
        remembered[self.name] = offset
        return Commit(offset, "", self.epoch)

    def revoke(self: Scheduler, partitions: Any) -> int:
        names = tuple(partitions)
        for name in names:
            found = self._partitions.get(name)
            if found is not None:
                remembered[name] = found.next_offset
        return int(old(self, names))

    replace(Partition, "commit", property(commit))
    old = replace(Scheduler, "revoke", revoke)


@mutant(10)
def fenced_partitions_are_committed() -> None:
    """While a partition is given back, the usual commits name it on."""

    def due(self: Commits, partitions: Any, now: float) -> Any:
        found = old(self, partitions, now)
        return found | {n: p.commit for n, p in partitions.items() if p.fenced}

    old = replace(Commits, "due", due)
