"""Reads a `Retry-After` header, which anybody on the way may have written.

RFC 9110 section 10.2.3: `Retry-After = HTTP-date / delay-seconds`, and
`delay-seconds = 1*DIGIT`. Anything else is as if the header were not there.
"""

from __future__ import annotations

import calendar
import re
from email.utils import parsedate_tz

__all__ = ["retry_after_seconds"]

_DIGITS = re.compile(r"[0-9]{1,10}")
_HTTP_DATE_CHARS = 64
_PLAUSIBLE_SECONDS = 31_536_000.0  # a year: beyond it is a mistake, not a wish


def retry_after_seconds(
    text: str, *, wall_seconds: float, cap_seconds: float
) -> float | None:
    """Return how long the target asks us to wait.

    Args:
        text: The header's value.
        wall_seconds: The time of day, Unix seconds, against which a date is read.
        cap_seconds: The longest that we are willing to wait, in seconds.

    Returns:
        Seconds from 0 to `cap_seconds`; None when `text` is no such header, or asks
        for more than a year.
    """
    text = text.strip(" \t")
    if _DIGITS.fullmatch(text):
        asked: float | None = float(text)
    else:
        asked = _seconds_until(text, wall_seconds)
    if asked is None or asked > _PLAUSIBLE_SECONDS:
        return None
    return min(max(asked, 0.0), cap_seconds)


def _seconds_until(text: str, wall_seconds: float) -> float | None:
    """Return the seconds to an HTTP-date (section 5.6.7 names three formats)."""
    if len(text) > _HTTP_DATE_CHARS or not text[:1].isalpha():
        return None
    parsed = parsedate_tz(text)
    if parsed is None:
        return None
    try:
        return calendar.timegm(parsed[:9]) - (parsed[9] or 0) - wall_seconds
    except (ValueError, OverflowError):  # a month or year that does not exist
        return None
