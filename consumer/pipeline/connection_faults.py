"""What may be wrong between this program and the services that it needs.

Pure: a fault is made of what a service said. Messages carry no secret and no id.
"""

from __future__ import annotations

from collections.abc import Iterable

from consumer.errors import DependencyError, FileFault
from consumer.model import Outcome
from consumer.pipeline.fetcher import mend, said

__all__ = [
    "forbidden",
    "letters_missing",
    "letters_small",
    "nothing_matches",
    "registry_silent",
    "target_fault",
    "unanswered",
]

ORDER = "`consumer check --print-acls` prints what to order."
# A letter is its record and some headers, so what is a little less takes nearly all.
LEAST_SHARE = 0.9
REFUSED = frozenset({401, 403})


def unanswered(error: DependencyError) -> FileFault:
    """Return the fault of a cluster that does not answer."""
    return fault("K202", "kafka", str(error), "Nothing else was asked of the cluster.")


def forbidden(
    place: str, needed: Iterable[str], given: frozenset[str] | None
) -> FileFault | None:
    """Return the fault of a topic or group with which we may not do all that we must.

    Args:
        place: Such as `topics/NAME`.
        needed: Operations, upper case.
        given: Those that we may do; None when the broker did not tell.
    """
    missing = [] if given is None else [one for one in needed if one not in given]
    if not missing:
        return None
    words = " and ".join(one.replace("_", " ").lower() for one in missing)
    return fault("K203", place, f"we have no right to {words} it", f"Grant it: {ORDER}")


def letters_missing(topic: str, partitions: int, why: str) -> FileFault:
    """Return the fault of a letter topic that is not there, and would not be created."""
    return fault(
        "K204",
        f"topics/{topic}",
        f"this topic of dead letters does not exist, and would not be created: {why}",
        f"Create it with {partitions} partitions, or grant Create on it: {ORDER}",
    )


def letters_small(topic: str, room: int, needed: int) -> FileFault | None:
    """Return the warning of a letter topic that takes less than its source brings.

    Args:
        topic: The letter topic.
        room: Bytes of the largest message that it takes, and our producer sends.
        needed: Bytes of the largest record that is read.
    """
    if room >= needed * LEAST_SHARE:
        return None
    return fault(
        "K205",
        f"topics/{topic}",
        f"dead letters may have {room} bytes, and records {needed}: a larger one is "
        "kept without its value",
        "Raise max.message.bytes of the topic, and kafka.message.max.bytes of ours.",
        "warning",
    )


def nothing_matches(pattern: str) -> FileFault:
    """Return the warning of a pattern that matches no topic."""
    return fault(
        "K206",
        "topics",
        f"no topic matches the pattern {pattern}, or we may not see one",
        "Create one, grant Describe, or look at the pattern; new ones are found later.",
        "warning",
    )


def registry_silent(error: DependencyError) -> FileFault:
    """Return the fault of a registry that does not answer."""
    return fault(
        "R102", "registry", str(error), "Check section `registry` and the way there."
    )


def target_fault(host: str, outcome: Outcome) -> FileFault:
    """Return the fault of a Target that does not serve us.

    Args:
        host: Where it is.
        outcome: Its answer to a harmless question, judged.
    """
    code = "T102" if outcome.status in REFUSED else "T101"
    return fault(code, "target", f"{host}: {said(outcome)}", mend(outcome))


def fault(
    code: str, place: str, message: str, mend: str, severity: str = "error"
) -> FileFault:
    """Return a fault that is of no line of a file."""
    return FileFault(
        code=code,
        file=place,
        line=0,
        column=0,
        message=message,
        mend=mend,
        severity=severity,
    )
