"""Reads the body of Target's answer: XML, or the text of the documents.

Adobe's pages print `trueRequest successfully submitted`: "an XML body whose tags were
lost in the web page". The XML stands in an older edition only (analytics-1.4-apis,
`r_profile_update.md`), so this reader is tolerant: unknown elements, attributes,
prefixes, comments, a prolog, CDATA and other cases of letters are all welcome. It is
also bounded: it looks at the first `LOOKED_AT_BYTES` and its patterns cannot backtrack
further than their own small bounds.
"""

from __future__ import annotations

import html
import re
from typing import NamedTuple

__all__ = ["LOOKED_AT_BYTES", "Reading", "read"]

LOOKED_AT_BYTES = 8192

_NAME = r"<(?:[\w.-]{1,40}:)?"
_END = r"(?:\s[^<>]{0,200})?>\s{0,100}(?:<!\[CDATA\[)?"
_SUCCESS = re.compile(_NAME + "success" + _END + r"([^<\]]{0,40})", re.IGNORECASE)
_MESSAGE = re.compile(_NAME + "message" + _END + r"([^<\]]{0,2000})", re.IGNORECASE)
_WORDS = {"true": True, "false": False}
_PAGES = ("<html", "<!doctype")


class Reading(NamedTuple):
    """What a body says.

    Attributes:
        success: Target's own verdict; None when the body has none.
        message: The words beside it, not masked and not bounded to a line; empty for a
            web page.
    """

    success: bool | None
    message: str


def read(body: bytes) -> Reading:
    """Return what `body` says; never raises."""
    text = body[:LOOKED_AT_BYTES].decode("utf-8", "replace")
    text = text.lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        return _read_markup(text)
    for word, success in _WORDS.items():
        if text[: len(word)].lower() == word:
            return Reading(success, text[len(word) :])
    return Reading(None, text)


def _read_markup(text: str) -> Reading:
    if text[:9].lower().startswith(_PAGES):
        return Reading(None, "")
    text = _without_comments(text)
    message = _MESSAGE.search(text)
    said = html.unescape(message[1]) if message else ""
    success = _SUCCESS.search(text)
    if success is None:
        return Reading(None, said)
    return Reading(_WORDS.get(success[1].strip().lower()), said)


def _without_comments(text: str) -> str:
    """Cut comments out; one that does not end swallows the rest, as in XML."""
    kept = []
    start = text.find("<!--")
    while start >= 0:
        kept.append(text[:start])
        end = text.find("-->", start + 4)
        text = text[end + 3 :] if end >= 0 else ""
        start = text.find("<!--")
    kept.append(text)
    return "".join(kept)
