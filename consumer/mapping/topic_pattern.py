r"""Patterns of topics: the part of regular expressions that two readers understand alike.

Rules:
- A pattern is matched against the whole name of a topic, by us and by librdkafka (POSIX).
- Signs of a name, `.`, sets such as `[a-z0-9]`, `\.`, alternatives in brackets, and `*`,
  `+`, `?`, `{2}`, `{1,3}` behind a sign or a set.
- What may be repeated without end stands at most three times and is no group: `(a+)+` needs
  11 s for 28 letters with Python's `re`; this part needs milliseconds for any topic.
"""

from __future__ import annotations

import re

__all__ = ["of_kafka", "problem_of"]

LONGEST = 249  # characters of a topic's name
ENDLESS = 3
UNKNOWN = "is not understood by Kafka's client."
TOKEN = re.compile(
    r"(?P<sign>\\[.^$*+?()\[\]{}|\\]|\[\^?[A-Za-z0-9._-]+\]|[A-Za-z0-9._-])"
    r"|(?P<repeat>[*+?]|\{\d{1,3}(?:,\d{0,3})?\})"
    r"|(?P<bracket>[()|])"
)


def problem_of(pattern: str) -> str | None:
    """Return what is wrong with a pattern; None when nothing is."""
    bare = stripped(pattern)
    try:
        re.compile(bare)
    except re.error as error:
        return f"The pattern is no regular expression: {error.msg}."
    if len(bare) > LONGEST:
        return (
            f"The pattern is longer than {LONGEST} characters, as no topic's name is."
        )
    place, endless = 0, 0
    before: re.Match[str] | None = None
    while place < len(bare):
        token = TOKEN.match(bare, place)
        if token is None:
            return f"`{bare[place : place + 2]}` {UNKNOWN}"
        if token["repeat"] and (before is None or before["sign"] is None):
            if before is not None and before[0] == ")":
                return "A group is repeated, which may take for ever to match."
            return f"`{bare[place - 1 : token.end()]}` {UNKNOWN}"
        endless += token[0] in {"*", "+"} or token[0].endswith(",}")
        place, before = token.end(), token
    return "More than three parts repeat without end." if endless > ENDLESS else None


def stripped(pattern: str) -> str:
    """Return a pattern without the signs of beginning and end, which go without saying."""
    return pattern.removeprefix("^").removesuffix("$")


def of_kafka(pattern: str) -> str:
    """Return a pattern as librdkafka takes it: it begins with `^`, and matches the whole."""
    return f"^({stripped(pattern)})$"
