"""The header line that carries the token: it is made here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["Authorization"]

_TOKEN = re.compile(r"[!-~]{1,4096}")


class Authorization:
    """Makes the `Authorization` line of the token of the day. Owned by a transport."""

    def __init__(self, token: Callable[[], str | None]) -> None:
        """Ask `token` at each call: it may be rotated at any time."""
        self._token = token
        self._known: str | None = None
        self._line: bytes | None = b""

    def line(self) -> bytes | None:
        """Return the line with its CRLF; empty without a token.

        Returns:
            None when the token has characters that no header may carry, such as the
            line break at the end of a file.
        """
        token = self._token()
        if token is not self._known:
            self._learn(token)
        return self._line

    def _learn(self, token: str | None) -> None:
        self._known = token
        self._line = b""
        if token is None:
            return
        if _TOKEN.fullmatch(token) is None:
            self._line = None
            return
        self._line = f"Authorization: Bearer {token}\r\n".encode()
