"""Promises 2, 7 and 10, at each call's first byte; and what its end says."""

from __future__ import annotations

from collections.abc import Mapping

from consumer.model import TopicPartition
from tests.chaos.simulate.books import Books, Entry
from tests.chaos.simulate.calls import REFUSED, Call
from tests.chaos.simulate.quota import judge_quota
from tests.chaos.simulate.standing import Share, Standing
from tests.chaos.simulate.verdict import Verdict

__all__ = ["judge_call", "judge_kept", "see_rejected"]


def judge_call(
    books: Books,
    verdict: Verdict,
    standing: Standing,
    call: Call,
    *,
    owners: Mapping[TopicPartition, str],
    lease_seconds: float,
    calls_per_day: int,
) -> None:
    """Hold a call whose first byte leaves against what its process was told.

    Args:
        books: What is so.
        verdict: Where breaches go.
        standing: What the process was told.
        call: The call.
        owners: Which process the group says each partition is of.
        lease_seconds: How long an acknowledged commit proves membership.
        calls_per_day: The process's quota.
    """
    now, name = call.began_at, standing.name
    before = standing.calls.get(call.profile)
    if before is not None and before.ended_at is None:
        verdict.broken(2, f"{name} has two calls for {call.profile} on the wire")
    standing.calls[call.profile] = call
    judge_quota(verdict, standing, now, calls_per_day)
    if now >= standing.renewed_at + lease_seconds:
        verdict.broken(10, f"{name} sends after its lease has lapsed")
    for number in sorted(call.numbers):
        entry = books.entries[number]
        partition = entry.draft.partition
        share = standing.shares.get(partition)
        owner = owners.get(partition)
        if share is None or entry.offset not in share.handed:
            verdict.broken(10, f"{name} sends {entry}, of an epoch that is over")
            continue
        if owner is not None and owner != name:
            verdict.broken(10, f"{name} sends {entry}, which is {owner}'s by now")
        judge_share(verdict, name, entry, share)
        if call.profile not in entry.draft.items:
            verdict.broken(3, f"{name} sends {entry} to {call.profile}, not its own")
        if (number, call.profile) in share.told:
            verdict.broken(2, f"{name} sends {entry} again after its delivery")
        judge_order(books, verdict, call, entry, share)
        if entry.sent_by not in {"", name}:
            verdict.see("handed over")
        entry.sent_by = name
        sent = share.sent.setdefault(call.profile, [])
        if not sent or sent[-1] is not call:
            sent.append(call)


def judge_kept(books: Books, verdict: Verdict, standing: Standing, call: Call) -> None:
    """Hold a call that the target keeps against what it had of the same partitions.

    Looking for the record that the target rejects may bring the same once more, never
    something older. (A record is given up by itself, also when a call that failed may
    have been applied.)
    """
    newest: dict[TopicPartition, int] = {}
    for number in sorted(call.numbers):
        newest[books.entries[number].draft.partition] = number
    for partition, number in newest.items():
        share = standing.shares.get(partition)
        if share is None or books.entries[number].offset not in share.handed:
            continue
        before = share.kept.get(call.profile, number)
        if before > number and is_cut(share.sent[call.profile]):
            text = f"{call.process} takes {call.profile} back from"
            verdict.broken(2, f"{text} {books.entries[before]} to #{number}")
        share.kept[call.profile] = max(before, number)


def is_cut(calls: list[Call]) -> bool:
    """Tell whether the newest of a profile's calls is a part of one that was rejected."""
    return len(calls) > 1 and calls[-2].learnt is REFUSED


def see_rejected(verdict: Verdict, calls: list[Call]) -> None:
    """Note that a call was rejected which newer records had joined when its end was open."""
    if len(calls) < 2:
        return
    before, call = calls[-2:]
    if before.is_accepted and not before.is_delivered and before.numbers < call.numbers:
        verdict.see("rejected with what was applied")


def judge_share(verdict: Verdict, name: str, entry: Entry, share: Share) -> None:
    """Tell whether anything of a partition may be sent."""
    if share.is_fenced:
        verdict.broken(10, f"{name} sends {entry} though its revocation has begun")
    if not share.is_confirmed:
        verdict.broken(10, f"{name} sends {entry} before a commit is acknowledged")
    if share.is_stopped:
        verdict.broken(10, f"{name} sends {entry} though the broker refused a commit")


def judge_order(
    books: Books, verdict: Verdict, call: Call, entry: Entry, share: Share
) -> None:
    """Tell whether a later record of the profile and partition went before this one.

    One that was sent together with it, or may be hidden with it, is no later one.
    """
    number, partition = entry.draft.number, entry.draft.partition
    for earlier in share.sent.get(call.profile, ()):
        if books.may_carry(earlier, entry):
            continue
        for other in earlier.numbers:
            later = books.entries[other]
            if other > number and later.draft.partition == partition:
                verdict.broken(
                    2, f"{call.process} sends {entry} to {call.profile} after {later}"
                )
                return
