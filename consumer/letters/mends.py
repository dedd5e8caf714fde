"""What a person does about a dead letter, by the code of its reason.

A code that is not named here has the mend of its stage: codes of rules are as many as
functions and formats, and each says by its message which rule it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from consumer.decode.reasons import Reason
from consumer.model import Stage

__all__ = ["mend_of"]

FRAMING = (
    "Its publisher has to name the schema (`schemas/README.md`, framings), or the mapping "
    "has to say `source.framing`; then replay it."
)
BYTES = (
    "The bytes are not what their schema says: only its publisher can mend that, by a new "
    "record. Tell them the place, and resolve this letter."
)
LIMIT = (
    "Raise the limit in section `decode` if such records are right, and replay it; else "
    "resolve it."
)
SCHEMA = (
    "Its publisher has to register another schema and publish the record again; resolve "
    "this letter."
)
AGAIN = "It was not the record's fault: replay it when the target serves again."
ACCESS = "See target.token, target.client and target.base_url; then replay it."
WORDS = (
    "The message has the target's own words. Mend the mapping or the profile and replay "
    "it, or resolve it."
)

STAGES: Mapping[str, str] = MappingProxyType({
    Stage.DECODE: BYTES,
    Stage.MAPPING: (
        "Mend the rule that the message names (`consumer try --from` shows each step), "
        "deploy the mapping, and replay it."
    ),
    Stage.DELIVER: WORDS,
})
UNKNOWN = "See the message; replay it when its cause is mended, or resolve it."

REASONS: Mapping[str, str] = MappingProxyType({
    Reason.TOO_LARGE: LIMIT,
    Reason.NO_FRAMING: FRAMING,
    Reason.WRONG_FRAMING: FRAMING,
    Reason.BAD_HEADER: FRAMING,
    Reason.NO_REGISTRY: "Set registry.url, and replay it.",
    Reason.UNKNOWN_SCHEMA: "Register the schema that it names, and replay it.",
    Reason.UNKNOWN_FINGERPRINT: "Add its schema to the folder `schemas`, and replay it.",
    Reason.TOO_MANY_ELEMENTS: LIMIT,
    Reason.DECIMAL_TOO_LONG: LIMIT,
    Reason.UNRESOLVED_VALUE: (
        "Add the branch or symbol to the schema in the folder `schemas`, or give the enum "
        "a default, and replay it."
    ),
    Reason.SCHEMA_INVALID: SCHEMA,
    Reason.SCHEMA_NOT_RECORD: SCHEMA,
    Reason.SCHEMA_RECURSIVE: SCHEMA,
    Reason.SCHEMA_ZERO_WIDTH: SCHEMA,
    Reason.SCHEMA_TOO_DEEP: LIMIT,
    Reason.SCHEMA_TOO_LARGE: LIMIT,
    Reason.SCHEMA_DECIMAL: SCHEMA,
    Reason.SCHEMA_ENCRYPTED: SCHEMA,
    "no_letter": (
        "Somebody wrote to a replay topic by hand. Publish the record to its own topic, "
        "and resolve this letter."
    ),
    "payload_omitted": (
        "`consumer dlq replay` reads the record where it was first, if Kafka still has it."
    ),
    "missing": (
        "The field is missing in the record. Say in the mapping what `missing` does, or "
        "have the publisher send it; then replay it."
    ),
    "no_profile": (
        "The record names no profile. Give the mapping another alternative, or say "
        "`no_profile: skip`; then replay it."
    ),
    "untranslated": "Add the value to `translate`, or say `otherwise`; then replay it.",
    "value_too_long": (
        "Shorten the value in the mapping (`max_length`), or see target.over_value; then "
        "replay it."
    ),
    "too_large": "Map fewer or shorter attributes, and replay it.",
    "invalid_id": (
        "Target takes no such id. Mend the mapping's `profile` rule and replay it, or "
        "resolve it."
    ),
    "http_401": ACCESS,
    "http_403": ACCESS,
    "http_404": ACCESS,
    "http_405": ACCESS,
    "http_407": "Set user and password in target.proxy, and replay it.",
    "not_target": ACCESS,
    "timeout": AGAIN,
    "connect": AGAIN,
    "tls": AGAIN,
    "reset": AGAIN,
    "protocol": AGAIN,
})


def mend_of(stage: str, reason: str) -> str:
    """Return what a person does about a letter.

    Args:
        stage: Where the record was given up.
        reason: The code of why.
    """
    if stage == Stage.DELIVER and is_the_targets(reason):
        return AGAIN
    return REASONS.get(reason) or STAGES.get(stage, UNKNOWN)


def is_the_targets(reason: str) -> bool:
    """Return whether a reason of the deliver stage is an answer worth another try."""
    return reason in {"truncated", "http_408", "http_420", "http_425", "http_429"} or (
        reason.startswith("http_5")
    )
