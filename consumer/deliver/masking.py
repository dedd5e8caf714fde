"""Takes ids and values out of what the target says, before anybody reads it.

An error text may repeat what it complains about, whole, encoded, or cut short. Such
text ends in dead letters, logs and spans, where no id and no value may be. So whatever
was sent is masked, and so is each longer word that is part of something sent: a word
too many masked is harmless, a value shown is not.
"""

from __future__ import annotations

import html
import re
from urllib.parse import quote, quote_plus

from consumer.model import Work

__all__ = ["MESSAGE_CHARS", "masked"]

MESSAGE_CHARS = 200

_READ_CHARS = 2000
_MASK = "***"
_SHORT_CHARS = 2  # such a value is masked only where it stands alone
_WORD = re.compile(r"[\w@.+-]{4,}")


def masked(text: str, work: Work) -> str:
    """Return at most `MESSAGE_CHARS` printable characters of `text`, on one line.

    Args:
        text: What the target said.
        work: What was sent: its id and values are masked.
    """
    sent = {work.profile.value, *work.attributes.values()}
    text = text[:_READ_CHARS]
    for secret in sorted(sent, key=len, reverse=True):
        text = _without(text, secret)
    folded = [secret.casefold() for secret in sent]
    text = _WORD.sub(lambda word: _word(word[0], folded), _one_line(text))
    return text[:MESSAGE_CHARS]


def _without(text: str, secret: str) -> str:
    if not secret:
        return text
    forms = {
        secret,
        html.escape(secret),
        quote(secret, safe="", errors="replace"),
        quote_plus(secret, safe="", errors="replace"),
    }
    pattern = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    if len(secret) <= _SHORT_CHARS:
        pattern = rf"(?<!\w)(?:{pattern})(?!\w)"
    return re.sub(pattern, _MASK, text, flags=re.IGNORECASE)


def _word(word: str, folded: list[str]) -> str:
    inner = word.strip("@.+-").casefold()
    is_sent = len(inner) > _SHORT_CHARS and any(inner in secret for secret in folded)
    return _MASK if is_sent else word


def _one_line(text: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())
