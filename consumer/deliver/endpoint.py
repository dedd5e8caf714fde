"""What every one of Target's ways in offers to the pipeline."""

from __future__ import annotations

from typing import Protocol

from consumer.model import Answer, Fault, Outcome, Request, Work

__all__ = ["Endpoint"]


class Endpoint(Protocol):
    """One of Target's ways in. Pure: it makes bytes and judges answers.

    A work that takes several requests is delivered when all of them are, in order; it
    keeps its profile's slot meanwhile.
    """

    def encode(self, work: Work) -> tuple[Request, ...] | Outcome:
        """Return the requests that carry `work`, in order, or why there can be none."""

    def judge(self, answer: Answer | Fault, work: Work | None = None) -> Outcome:
        """Say what `answer` means for `work`; without it, leave the target's words out."""

    def halve(self, work: Work) -> tuple[Work, ...]:
        """Cut `work` in two by its attributes; itself when it has only one.

        For a work that the target found too large although its documents allow it.
        """
