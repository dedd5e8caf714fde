"""Promises 1 and 10, at each commit that a pipeline asks for."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping

from consumer.model import Commit, TopicPartition
from tests.chaos.simulate.books import Books
from tests.chaos.simulate.standing import Share, Standing
from tests.chaos.simulate.verdict import Verdict

__all__ = ["judge_commits", "marked_in"]


def judge_commits(
    books: Books,
    verdict: Verdict,
    standing: Standing,
    commits: Mapping[TopicPartition, Commit],
    *,
    is_last: bool,
) -> None:
    """Hold what is asked to be committed against what is so.

    Args:
        books: What is so.
        verdict: Where breaches go.
        standing: What the process was told.
        commits: What it asks for.
        is_last: True for the answer to a revocation.
    """
    for partition, commit in commits.items():
        share = standing.shares.get(partition)
        if share is None or share.epoch != commit.epoch:
            verdict.broken(
                10, f"{standing.name} commits {partition}, which is not its own"
            )
        elif share.is_fenced and not is_last:
            verdict.broken(
                10, f"{standing.name} commits {partition}, being revoked, by itself"
            )
        else:
            where = f"{standing.name} commits {partition}@{commit.offset}"
            judge_position(books, verdict, where, share, (partition, commit))


def judge_position(
    books: Books,
    verdict: Verdict,
    where: str,
    share: Share,
    asked: tuple[TopicPartition, Commit],
) -> None:
    """Hold one partition's commit against what is so."""
    partition, commit = asked
    if commit.offset < share.asked:
        verdict.broken(1, f"{where}, after {share.asked} in the same epoch")
    if commit.offset > max(books.end(partition), share.start):
        verdict.broken(1, f"{where}, beyond the log's end {books.end(partition)}")
    share.asked = max(share.asked, commit.offset)
    passed = books.unfinished_below(partition, commit.offset)
    if passed is not None:
        verdict.broken(1, f"{where}, past {passed}, which is not finished")
    for offset in marked_in(commit):
        entry = books.at(partition, offset)
        if entry is not None and not entry.is_finished:
            verdict.broken(1, f"{where} with a map that marks {entry}, not finished")
    if commit.metadata:
        verdict.see("commit with a map")


def marked_in(commit: Commit) -> Iterator[int]:
    """Yield the offsets that a commit's map calls done.

    Read by the words of the README, not by the consumer's own reader: `M1`, base64url
    without padding of CRC-32, base offset and a raw deflate of a bitmap.
    """
    if not commit.metadata.startswith("M1"):
        return
    text = commit.metadata[2:]
    body = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    base = int.from_bytes(body[4:12], "big")
    bitmap = zlib.decompress(body[12:], -zlib.MAX_WBITS)
    for place in range(8 * len(bitmap)):
        if bitmap[place >> 3] >> (place & 7) & 1:
            yield base + place
