"""Between a group's member and its pipeline: what the pipeline is told, the judge hears.

The pipeline hears nothing that the judge has not heard before, and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Mapping

from consumer.model import Commit, Record, TopicPartition
from consumer.pipeline.pipeline import Pipeline
from consumer.source.values import Assigned, SourceFault
from tests.chaos.simulate.judge import Judge
from tests.chaos.simulate.process import Process
from tests.chaos.simulate.verdict import Verdict

__all__ = ["Listener"]

Partitions = frozenset[TopicPartition]
Commits = Mapping[TopicPartition, Commit]


class Listener:
    """A `SourceListener` that passes all on. Lives on the process's main loop."""

    def __init__(
        self, process: Process, pipeline: Pipeline, judge: Judge, verdict: Verdict
    ) -> None:
        self._process = process
        self._pipeline = pipeline
        self._judge = judge
        self._verdict = verdict
        self._standing = judge.standing(process.name)

    def on_records(self, batch: list[Record]) -> None:
        """Pass records on."""
        first, last = batch[0], batch[-1]
        self._note(f"reads {len(batch)}: {first.source}@{first.offset} to {last}")
        self._standing.hand(batch)
        before = self._process.statistics().in_flight
        self._pipeline.on_records(batch)
        self._judge.counts(self._process)
        if self._process.statistics().in_flight > before:
            self._process.stop_now()

    def on_assigned(self, assigned: tuple[Assigned, ...]) -> None:
        """Pass new partitions on."""
        now = self._pipeline._clock()
        for one in assigned:
            self._note(
                f"is given {one.partition}@{one.offset} epoch {one.epoch}"
                f"{' with a map' * bool(one.metadata)}"
            )
            if one.metadata:
                self._verdict.see("began with a map")
            if self._standing.gave_back.get(one.partition) == one.offset:
                self._verdict.see("came back at once")
        self._standing.assign(assigned, now)
        self._pipeline.on_assigned(assigned)
        self._judge.counts(self._process)

    async def on_revoking(self, partitions: Partitions) -> Commits:
        """Pass the question on."""
        self._note(f"is to give back {named(partitions)}")
        self._standing.fence(partitions)
        if any(
            call.ended_at is None and self._judge.is_about(call, partitions)
            for call in self._standing.calls.values()
        ):
            self._verdict.see("revoked with a call on the wire")
        commits = await self._pipeline.on_revoking(partitions)
        self._judge.asks(self._process.name, commits, is_last=True)
        return commits

    def on_revoked(self, partitions: Partitions, *, lost: bool) -> None:
        """Pass the loss on."""
        self._note(f"{'loses' if lost else 'has given back'} {named(partitions)}")
        self._verdict.see("partitions lost" if lost else "partitions given back")
        for partition in partitions & self._standing.shares.keys():
            self._standing.gave_back[partition] = self._standing.shares[partition].asked
        self._standing.drop(partitions)
        self._pipeline.on_revoked(partitions, lost=lost)
        self._judge.counts(self._process)

    def on_committed(
        self, commits: Commits, failed: Mapping[TopicPartition, int], sent_at: float
    ) -> None:
        """Pass a commit's result on."""
        for partition, commit in sorted(commits.items()):
            code = failed.get(partition)
            result = "committed" if code is None else f"error {code}"
            self._note(
                f"{result}: {partition}@{commit.offset}{'+map' * bool(commit.metadata)}"
            )
            if code is not None:
                self._verdict.see(f"commit error {code}")
        self._standing.commit(commits, failed, sent_at)
        self._pipeline.on_committed(commits, failed, sent_at)

    def on_fault(self, fault: SourceFault) -> None:
        """Pass a fault on."""
        self._note(f"fault {fault.kind}{' is over' * fault.is_over}")
        self._pipeline.on_fault(fault)

    def _note(self, what: str) -> None:
        self._verdict.note(self._process.name, what)


def named(partitions: Partitions) -> str:
    """Return the names, in order."""
    return ", ".join(map(str, sorted(partitions)))
