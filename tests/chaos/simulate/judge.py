"""The judge: hears everything that passes between the processes and the outside.

Theory of operation: what a pipeline is told passes here first, so the picture of what
it knows is never behind; what it asks for is held at once against what is so. Each
promise is held in a module of its own (`of_...`); this one hears.
"""

from __future__ import annotations

from collections.abc import Mapping

from consumer.model import Commit, TopicPartition
from tests.chaos.simulate.books import Books
from tests.chaos.simulate.calls import REFUSED, Call
from tests.chaos.simulate.letters import Letter
from tests.chaos.simulate.of_calls import judge_call, judge_kept, see_rejected
from tests.chaos.simulate.of_commits import judge_commits
from tests.chaos.simulate.of_flow import Subject, judge_counts, judge_progress
from tests.chaos.simulate.of_letters import judge_letter
from tests.chaos.simulate.plan import Knobs
from tests.chaos.simulate.standing import Standing
from tests.chaos.simulate.verdict import Verdict

__all__ = ["Judge"]


class Judge:
    """Hears all. Owned by one history.

    Attributes:
        books: What is so.
        attempts: All calls, and tries that found nobody, in the order of their time.
        letters: All letters that the broker has.
        standings: What each process was told, by its name.
    """

    def __init__(self, knobs: Knobs, verdict: Verdict, lease_seconds: float) -> None:
        self.books = Books(knobs.partitions, may_hide=knobs.merged_items > 1)
        self.attempts: list[Call] = []
        self.letters: list[Letter] = []
        self.standings: dict[str, Standing] = {}
        self._knobs = knobs
        self._verdict = verdict
        self._lease_seconds = lease_seconds

    def standing(self, name: str) -> Standing:
        """Return what a process was told."""
        return self.standings.setdefault(name, Standing(name))

    def is_about(self, call: Call, partitions: frozenset[TopicPartition]) -> bool:
        """Tell whether a call carries a record of one of these."""
        entries = self.books.entries
        return any(entries[n].draft.partition in partitions for n in call.numbers)

    def began(self, call: Call, owners: Mapping[TopicPartition, str]) -> None:
        """Hear of a call's first byte."""
        self.attempts.append(call)
        judge_call(
            self.books,
            self._verdict,
            self.standing(call.process),
            call,
            owners=owners,
            lease_seconds=self._lease_seconds,
            calls_per_day=self._knobs.calls_per_day,
        )

    def arrived(self, call: Call, now: float) -> None:
        """Hear what the target made of a call."""
        if call.is_accepted:
            self.books.cover(call, now)
            judge_kept(self.books, self._verdict, self.standing(call.process), call)

    def learnt(self, call: Call) -> None:
        """Hear that a process learnt of a call's end."""
        shares = self.standing(call.process).shares
        if call.learnt is REFUSED:
            for held in shares.values():
                see_rejected(self._verdict, held.sent.get(call.profile, []))
        if not call.is_delivered:
            return
        for number in call.numbers:
            share = shares.get(self.books.entries[number].draft.partition)
            sent = share.sent.get(call.profile, ()) if share is not None else ()
            if share is not None and any(one is call for one in sent):
                share.told.add((number, call.profile))

    def wrote(self, letter: Letter) -> None:
        """Hear of a letter that the broker has."""
        self.letters.append(letter)
        judge_letter(self.books, self._verdict, letter, self.attempts)

    def asks(
        self,
        name: str,
        commits: Mapping[TopicPartition, Commit],
        *,
        is_last: bool = False,
    ) -> None:
        """Hear what a pipeline wants committed."""
        standing = self.standing(name)
        judge_commits(self.books, self._verdict, standing, commits, is_last=is_last)

    def counts(self, process: Subject) -> None:
        """Look at a pipeline's counts."""
        standing = self.standing(process.name)
        judge_counts(self._verdict, self._knobs, standing, process.statistics())

    def looks(self, process: Subject, now: float) -> None:
        """Look at whether a pipeline goes on."""
        self.counts(process)
        standing = self.standing(process.name)
        judge_progress(self._verdict, self.books, standing, process, now)
