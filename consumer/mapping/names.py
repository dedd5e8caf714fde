"""Names that Target, Kafka and this program can take."""

from __future__ import annotations

import re

__all__ = ["is_attribute", "is_mapping", "is_topic", "is_word", "reserved_by"]

# 128 characters: target-limits page, "profile parameter name". Dots are fine in practice.
ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
MAPPING = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")

# Built-in `profile.*` attributes, script attributes and internal request parameters, as
# Target's documentation names them; it says there are more and does not list them.
PREFIXES = {
    "profile.": "the prefix is added when the attribute is sent",
    "user.": "script attributes begin so",
    "entity.": "recommendations begin so",
    "geolocation.": "Target fills it in",
    "mobile.": "Target fills it in",
    "mbox": "internal parameters begin so",
}
WORDS = {
    "browserTime",
    "averageDaysBetweenVisits",
    "sessionCount",
    "firstSessionStart",
    "orderId",
    "orderTotal",
    "productPurchasedId",
    "productPurchasedIds",
}


def is_attribute(name: str) -> bool:
    """Return whether Target can take `name` for an attribute."""
    return ATTRIBUTE.fullmatch(name) is not None


def is_word(name: str) -> bool:
    """Return whether a path can begin with `name`."""
    return WORD.fullmatch(name) is not None


def is_mapping(name: str) -> bool:
    """Return whether `name` can name a mapping."""
    return MAPPING.fullmatch(name) is not None


def is_topic(name: str) -> bool:
    """Return whether Kafka can have a topic of that name."""
    return TOPIC.fullmatch(name) is not None and name not in {".", ".."}


def reserved_by(name: str) -> str:
    """Return why Target keeps `name` for itself; empty when it does not."""
    if name in WORDS:
        return "Target keeps it for itself"
    for prefix, reason in PREFIXES.items():
        if name.startswith(prefix):
            return reason
    return ""
