"""The log of update calls: what an outside judge reads to check order and fate.

A call is logged where it takes its place in its profile, so the log's order is the order
in which the target applies. Attributes are kept as the bytes that came and are taken
apart when somebody reads them: a benchmark pays for neither.
"""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote_plus

__all__ = ["PREFIX", "Call", "CallLog", "attributes_of", "pairs_of"]

# What stands before the name of an attribute (profile-single-api.md).
PREFIX = "profile."


class Call(NamedTuple):
    """One update call that was read.

    Attributes:
        sequence: Counts calls from 1; never used twice.
        profile: `kind:id`.
        parameters: Query and form body as they came, joined by `&`.
        first_byte_at: When its first byte came, Unix seconds.
        read_at: When its last byte had been read, Unix seconds.
        accepted: Whether the target took it, answered or not.
        path: What it was sent to; the client code in it may tell callers apart.
        fault: The kind of the fault that struck it; empty when none did. Its answer may
            have been late, or never whole.
    """

    sequence: int
    profile: str
    parameters: str
    first_byte_at: float
    read_at: float
    accepted: bool
    path: str
    fault: str = ""

    @property
    def attributes(self) -> dict[str, str]:
        """What it writes: name, without `profile.`, to value."""
        return attributes_of(pairs_of(self.parameters))


def pairs_of(parameters: str) -> list[tuple[str, str]]:
    """Take `a=1&b=2` apart; `+` is a space and `%` an escape of UTF-8."""
    pairs = []
    for part in parameters.split("&"):
        name, _, value = part.partition("=")
        if "%" in part or "+" in part:
            name, value = unquote_plus(name), unquote_plus(value)
        pairs.append((name, value))
    return pairs


def attributes_of(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Return the profile attributes among parameters; a later value wins."""
    size = len(PREFIX)
    return {name[size:]: value for name, value in pairs if name.startswith(PREFIX)}


class CallLog:
    """The newest calls, oldest first. Owned by the event loop."""

    def __init__(self, kept: int) -> None:
        self._calls: deque[Call] = deque(maxlen=kept)
        self._last = 0

    def add(
        self,
        profile: str,
        parameters: str,
        times: tuple[float, float],
        *,
        accepted: bool,
        path: str = "",
        fault: str = "",
    ) -> None:
        """Log a call that takes its place now; `times` are first byte and last."""
        self._last += 1
        self._calls.append(
            Call(self._last, profile, parameters, *times, accepted, path, fault)
        )

    @property
    def last(self) -> int:
        """The newest call's sequence number; 0 before the first."""
        return self._last

    @property
    def oldest(self) -> int:
        """The oldest kept call's number: a reader that is behind it has lost some."""
        return self._calls[0].sequence if self._calls else self._last + 1

    def after(self, sequence: int, limit: int) -> Iterator[Call]:
        """Give at most `limit` kept calls with a number above `sequence`."""
        start = max(sequence + 1 - self.oldest, 0)
        return islice(self._calls, start, start + limit)

    def clear(self) -> None:
        """Forget the calls; numbers go on."""
        self._calls.clear()
