"""Promises 4, 6 and 8, whenever somebody looks at a pipeline."""

from __future__ import annotations

from typing import Protocol

from consumer.model import Pause
from consumer.schedule.statistics import Statistics
from tests.chaos.simulate.books import Books
from tests.chaos.simulate.plan import Knobs
from tests.chaos.simulate.standing import Standing
from tests.chaos.simulate.verdict import Verdict

__all__ = ["STALL_SECONDS", "Subject", "judge_counts", "judge_progress"]

STALL_SECONDS = 4.0  # longer than any wait, in these settings, that is no pause
LARGEST_BYTES = 80  # of any record here


class Subject(Protocol):
    """What the judge asks of a process."""

    @property
    def name(self) -> str:
        """Whose it is."""

    @property
    def is_writing(self) -> bool:
        """Whether a letter is on its way to the broker."""

    def statistics(self) -> Statistics:
        """Return what its pipeline counts."""

    def pauses(self) -> list[Pause]:
        """Return what its pipeline says is paused."""


def judge_counts(
    verdict: Verdict, knobs: Knobs, standing: Standing, said: Statistics
) -> None:
    """Hold a pipeline's counts against their sum, their bounds and what it was given."""
    name = standing.name
    ends = said.delivered + said.merged + said.skipped + said.dead_lettered
    if said.consumed != ends + said.released + said.held:
        verdict.broken(8, f"{name}: the counts do not add up: {said}")
    if said.consumed > standing.handed:
        verdict.broken(8, f"{name} counts {said.consumed} of {standing.handed} records")
    if said.dead_lettered > standing.confirmed_letters:
        verdict.broken(
            8, f"{name} counts {said.dead_lettered} letters that nobody confirmed"
        )
    if said.held > knobs.held_records:
        verdict.broken(4, f"{name} holds {said.held} of {knobs.held_records} records")
    if said.held_bytes > knobs.held_bytes + knobs.batch * LARGEST_BYTES:
        verdict.broken(4, f"{name} holds {said.held_bytes} of {knobs.held_bytes} bytes")


def judge_progress(
    verdict: Verdict, books: Books, standing: Standing, process: Subject, now: float
) -> None:
    """Tell whether a pipeline that might do something does it, or says why not."""
    said, pauses = process.statistics(), process.pauses()
    if said.limit < 1:
        verdict.see("limit below one")
    for pause in pauses:
        verdict.see(f"paused: {pause.reason}")
        if not pause.ends_when or not pause.scope or pause.since > now:
            verdict.broken(6, f"{standing.name}: a pause without an end: {pause}")
    is_idle = said.held > 0 and not said.in_flight and not process.is_writing
    done = len(standing.call_times), standing.handed, standing.confirmed_letters
    if pauses or not is_idle or done != standing.done:
        standing.idle_since = now
    if pauses or not has_unread(books, standing) or done != standing.done:
        standing.unread_since = now
    standing.done = done
    if now - standing.idle_since > STALL_SECONDS:
        verdict.broken(
            6, f"{standing.name} holds {said.held} records, does nothing, says nothing"
        )
    if now - standing.unread_since > STALL_SECONDS:
        verdict.broken(6, f"{standing.name} reads nothing and does not say why")


def has_unread(books: Books, standing: Standing) -> bool:
    """Tell whether anything is left to read for a process."""
    return any(
        not share.is_fenced and share.read_to < books.end(partition)
        for partition, share in standing.shares.items()
    )
