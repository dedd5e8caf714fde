"""Promises 1 and 9, at each dead letter that the broker has."""

from __future__ import annotations

from collections.abc import Sequence

from consumer.model import Answer
from tests.chaos.simulate.books import Books, Entry
from tests.chaos.simulate.calls import Call
from tests.chaos.simulate.letters import Letter
from tests.chaos.simulate.records import Fate
from tests.chaos.simulate.verdict import Verdict

__all__ = ["judge_letter"]

DECODE = {Fate.GARBAGE, Fate.UNKNOWN, Fate.LATE}
MAPPING = {Fate.UNMAPPABLE}
DELIVER = {Fate.LANDS, Fate.POISONED, Fate.BAD_ID, Fate.LATE}
OWN_REASONS = {"invalid_id"}  # found before anything is sent
REJECTED = 400
WINDOW_SECONDS = 300.0
LEAST_BLAMED = 3  # refusals, or the attempts that the settings here allow


def judge_letter(
    books: Books, verdict: Verdict, letter: Letter, calls: Sequence[Call]
) -> None:
    """Hold a letter against its record's fate and the target's log.

    Args:
        books: What is so.
        verdict: Where breaches go.
        letter: The letter.
        calls: All calls so far.
    """
    entry = books.at(letter.place, letter.offset)
    if entry is None:
        verdict.broken(8, f"a letter for {letter.place}@{letter.offset}: no record")
        return
    said, stage = letter.said, letter.said["stage"]
    allowed = {"decode": DECODE, "mapping": MAPPING, "deliver": DELIVER}[stage]
    if entry.draft.fate not in allowed:
        verdict.broken(9, f"{entry} ({entry.draft.fate}) is a letter of {stage}")
    delivered = books.letter(entry, said.get("delivered", ""))
    for profile in sorted(delivered - entry.covered.keys()):
        verdict.broken(1, f"a letter calls {entry} delivered to {profile}; it is not")
    verdict.see(f"letter of {stage}")
    if stage == "deliver" and said["reason"] not in OWN_REASONS:
        judge_blame(books, verdict, letter, entry, calls)


def judge_blame(
    books: Books, verdict: Verdict, letter: Letter, entry: Entry, calls: Sequence[Call]
) -> None:
    """Tell whether the record could be blamed for what the target said."""
    reason = letter.said["reason"]
    known = [call for call in calls if call.process == letter.process and call.ended_at]
    failed = [
        call for call in known if not call.is_delivered and books.may_carry(call, entry)
    ]
    if reason == f"http_{REJECTED}":
        if entry.draft.fate is not Fate.POISONED:
            verdict.broken(9, f"{entry} is a letter for what another record says")
        verdict.see("rejected by the target")
        return
    blamed = sum(others_are_served(call, known) for call in failed)
    if blamed < LEAST_BLAMED:
        verdict.broken(
            9,
            f"{entry} is a letter for {reason}: {len(failed)} calls failed, "
            f"{blamed} of them while the target accepted nine in ten others",
        )
    verdict.see(f"given up for {reason}")


def others_are_served(call: Call, known: Sequence[Call]) -> bool:
    """Tell whether nine in ten other profiles' newest answers were no failures.

    Those of five minutes, when the call's end was learnt.
    """
    end = call.ended_at or 0.0
    newest: dict[str, Call] = {}
    for other in sorted(known, key=lambda one: one.ended_at or 0.0):
        at = other.ended_at or 0.0
        if other.profile != call.profile and end - WINDOW_SECONDS <= at <= end:
            newest[other.profile] = other
    served = sum(one.is_delivered or is_rejection(one) for one in newest.values())
    return served > 0 and 10 * served >= 9 * len(newest)


def is_rejection(call: Call) -> bool:
    """Tell whether the process learnt that the target refuses what the call says."""
    return isinstance(call.learnt, Answer) and call.learnt.status == REJECTED
