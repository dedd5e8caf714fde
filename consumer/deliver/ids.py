"""Which profile ids Target's APIs take.

target-limits.md: a third-party id has at most 256 characters; 3rd-party-id.md forbids
`+` and `/` in it. delivery-api.json: a PC id (`tntId`) and an ECID have at most 128.
"""

from __future__ import annotations

from consumer.model import IdKind, Outcome, OutcomeKind, ProfileId

__all__ = ["refused_id"]

_CHARS = {IdKind.THIRD_PARTY_ID: 256, IdKind.PC_ID: 128, IdKind.ECID: 128}


def refused_id(profile: ProfileId) -> Outcome | None:
    """Return why no API takes an id; None when it may be sent."""
    kind, value = profile
    if not 1 <= len(value) <= _CHARS[kind]:
        return _rejected(
            f"the {kind} has {len(value)} characters, "
            f"where 1 to {_CHARS[kind]} are allowed"
        )
    if "+" in value or "/" in value:
        return _rejected(f"the {kind} contains `+` or `/`")
    return None


def _rejected(message: str) -> Outcome:
    return Outcome(OutcomeKind.REJECTED, "invalid_id", message)
