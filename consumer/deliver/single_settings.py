"""How single updates are made, and the documented limits that they keep to.

    form    POST, everything in an `application/x-www-form-urlencoded` body
    query   POST, everything in the query and no body (the shape that another product
            has had in production since 2022)
    get     GET, everything in the query

Adobe's page (`profile-single-api.md`): "8 KB for GET, 60 KB for POST". A kilobyte is
taken as 1,000 bytes, the smaller of its two meanings.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

__all__ = ["OverValue", "Shape", "SingleSettings"]

# RFC 9112 section 3: "It is RECOMMENDED that all HTTP senders and recipients support,
# at a minimum, request-line lengths of 8000 octets." It also bounds the query shape,
# whose documented 60 KB many a server's request line does not reach.
_QUERY_BYTES = 8_000
_FORM_BYTES = 60_000

_PATTERNS = {
    "client": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "authority": re.compile(r"[A-Za-z0-9._:\[\]-]{1,260}"),
    "path_prefix": re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,99}){0,10}"),
    "user_agent": re.compile(r"[ -~]{1,200}"),
}


class Shape(enum.StrEnum):
    """How a call carries its parameters."""

    FORM = "form"
    QUERY = "query"
    GET = "get"


class OverValue(enum.StrEnum):
    """What becomes of a value beyond the limit."""

    REJECT = "reject"
    TRUNCATE = "truncate"
    IGNORE = "ignore"  # the limit is ignored: the value goes out as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleSettings:
    """How single updates are made.

    Attributes:
        client: Target's client code, as it stands in the path.
        authority: Host, with the port when it is not the scheme's own: the Host line.
        path_prefix: What stands before `/m2`, for a gateway; usually empty.
        shape: How a call carries its parameters.
        value_chars: Longest value, in characters (target-limits.md: 256).
        over_value: What becomes of a longer one.
        form_bytes: Largest form body.
        query_bytes: Largest path and query.
        retry_after_cap_seconds: The longest `Retry-After` that is honoured.
        user_agent: The User-Agent line.
    """

    client: str
    authority: str
    path_prefix: str = ""
    shape: Shape = Shape.FORM
    value_chars: int = 256
    over_value: OverValue = OverValue.REJECT
    form_bytes: int = _FORM_BYTES
    query_bytes: int = _QUERY_BYTES
    retry_after_cap_seconds: float = 300.0
    user_agent: str = "target-profile-consumer"

    def __post_init__(self) -> None:
        """Refuse what would break out of the request line or of a header.

        Raises:
            ValueError: A field has characters or a size that it cannot have.
        """
        for name, pattern in _PATTERNS.items():
            if pattern.fullmatch(getattr(self, name)) is None:
                raise ValueError(f"{name} has characters that it cannot have")
        if min(self.value_chars, self.form_bytes, self.query_bytes) < 1:
            raise ValueError("a limit must be at least 1")

    @property
    def path(self) -> str:
        """Path of the single update."""
        return f"{self.path_prefix}/m2/{self.client}/profile/update"

    @property
    def size_limit(self) -> int:
        """The most bytes that a call's parameters may take."""
        return self.form_bytes if self.shape is Shape.FORM else self.query_bytes
