"""The corners that the histories must reach, so that none is thought to be tested.

A state is a name that somebody sees while a history happens (`Verdict.see`). What is
counted beside this table is printed and not demanded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

__all__ = ["STATES", "missing", "table"]

TARGET = (
    *("401", "403", "408", "420", "429", "500", "502", "503", "504"),
    *("reset", "timeout", "truncated", "poisoned"),
    *("astray 200", "astray 302", "astray 404"),
    *(f"this profile {how}" for how in ("401", "404", "500", "busy")),
)
FATES = (
    *("lands", "poisoned", "bad id", "skipped", "tombstone", "unclaimed", "nobody"),
    *("garbage", "unmappable", "unknown schema", "late schema", "behind a gap"),
)
PAUSES = (
    *("held", "offset_map", "schema", "halted", "target", "throttled", "lease"),
    *("commit", "dead_letters", "quota", "registry", "broker"),
    *("guard", "override", "breaker"),
)
CODES = (12, 22, 25, 27, 113, 14, 15, 16, 7, -185)

STATES: Mapping[str, str] = {
    **{f"published: {fate}": "a record of this fate" for fate in FATES},
    **{f"target: {how}": "a call that the target answered so" for how in TARGET},
    **{f"paused: {reason}": "a pipeline said so" for reason in PAUSES},
    **{f"commit error {code}": "a pipeline was told this code" for code in CODES},
    "commit lost": "a commit never arrived",
    "commit late": "a commit arrived after later ones could",
    "answer lost": "a commit was kept, and its sender never learnt of it",
    "offsets unread": "committed offsets could not be read at an assignment",
    "commit with a map": "something was done beyond the committed offset",
    "began with a map": "a partition was begun with records marked as done",
    "crash": "a process ended as by a power cut",
    "crash with a call on the wire": "and nobody learnt of the answer",
    "crash with a map": "and what it had marked was read by the next",
    "freeze": "a process stood still",
    "freeze beyond the session": "for longer than the group waits",
    "block": "an event loop stood still, and the group was spoken to on",
    "block beyond the wire": "for longer than any call is on the wire",
    "stand in": "an event loop stood still, and others were given its partitions",
    "drain": "a process was asked to end",
    "lose": "a client found that it was too slow for the group",
    "hold": "somebody held a mapping",
    "limit below one": "the target bore less than one call at once",
    "reload": "another set of mappings was put in force",
    "thrown out for silence": "by the group",
    "partitions lost": "a pipeline was told so",
    "partitions given back": "a pipeline was asked to, and had",
    "came back at once": "a partition that was given back was the same process's again",
    "handed over": "a record that another process had been sending was sent on",
    "revoked with a call on the wire": "which carried a record of the partition",
    "refused at the first byte": "between the taking of a work and its first byte",
    "letter of decode": "a dead letter of that stage was written",
    "letter of mapping": "likewise",
    "letter of deliver": "likewise",
    "letter not confirmed": "and tried again",
    "rejected by the target": "a letter for what the record says",
    "given up for http_401": "a letter for a refusal that was the record's fault",
    "given up for http_500": "a letter for retries that were the record's fault",
    "call that merges": "a call with several records",
    "call that merges, rejected": "which the target refused for one of them",
    "rejected with what was applied": "when its answer was lost, and newer had joined",
    "poisoned, kept and given up": "a refused value was later covered by another",
    "a day passes": "after the quota was used up",
}


def missing(seen: Counter[str]) -> list[str]:
    """Return the states that were never reached."""
    return [state for state in STATES if not seen[state]]


def table(seen: Counter[str], histories: Counter[str]) -> str:
    """Return what was reached, for a person.

    Args:
        seen: How often each state was reached.
        histories: In how many histories.
    """
    lines = [f"{'times':>8} {'in':>5}  state"]
    for state in sorted(STATES.keys() | seen.keys()):
        is_demanded = "" if state in STATES else "  (not demanded)"
        lines.append(f"{seen[state]:8d} {histories[state]:5d}  {state}{is_demanded}")
    return "\n".join(lines)
