"""The single update API: one profile per call.

Adobe's page (`profile-single-api.md`): `mboxPC` or `mbox3rdPartyId` names the profile,
`profile.<name>=<value>` each attribute; names and values URL-encoded, UTF-8, case kept.

Theory of operation: most works are small and plain, so `encode` asks each question once
for the whole work (is any value too long, is anything to encode, is the whole too
large) and goes through the attributes one by one only when the answer is yes.
"""

from __future__ import annotations

from collections.abc import Callable

from consumer.deliver.answers import TOO_LARGE, outcome_of
from consumer.deliver.encoding import is_plain, percent_encoded
from consumer.deliver.ids import refused_id
from consumer.deliver.retry_after import retry_after_seconds
from consumer.deliver.single_settings import OverValue, Shape, SingleSettings
from consumer.model import (
    Answer,
    Fault,
    IdKind,
    Outcome,
    OutcomeKind,
    ProfileId,
    Request,
    Work,
)

__all__ = ["Single"]

_NAME_CHARS = 128  # target-limits.md, "profile parameter name"
_NAMES_REMEMBERED = 4096

_THIRD_PARTY_ID = IdKind.THIRD_PARTY_ID
_PC_ID = IdKind.PC_ID


class Single:
    """Makes single updates and judges their answers. Holds no work."""

    def __init__(
        self, settings: SingleSettings, wall_clock: Callable[[], float]
    ) -> None:
        """Prepare what all requests share.

        Args:
            settings: How to make them.
            wall_clock: The time of day, Unix seconds: asked only for a `Retry-After`.
        """
        self._settings = settings
        self._wall_clock = wall_clock
        self._value_chars = settings.value_chars
        self._is_form = settings.shape is Shape.FORM
        self._room = settings.size_limit
        self._names: dict[str, str] = {}
        self._method = "GET" if settings.shape is Shape.GET else "POST"
        self._path = settings.path
        self._line = f"{self._method} {self._path}"
        self._head = _head(settings)
        if not self._is_form:
            self._room -= len(self._path) + 1

    def encode(self, work: Work) -> tuple[Request, ...] | Outcome:
        """Return the requests that carry `work`, in order.

        Returns:
            One request, or several when the documented size does not hold all
            attributes; an outcome (rejected) when the id, a name or a value cannot be
            sent, or when one attribute alone is too large.
        """
        try:
            return self._encode(work.profile, work.attributes)
        except UnicodeEncodeError:
            return _rejected(
                "invalid_text", "an id, name or value has half a character"
            )

    def judge(self, answer: Answer | Fault, work: Work | None = None) -> Outcome:
        """Say what `answer` means for `work`; without it, leave the target's words out."""
        wait_seconds = None
        if isinstance(answer, Answer) and answer.retry_after is not None:
            wait_seconds = retry_after_seconds(
                answer.retry_after,
                wall_seconds=self._wall_clock(),
                cap_seconds=self._settings.retry_after_cap_seconds,
            )
        return outcome_of(answer, work, wait_seconds)

    def halve(self, work: Work) -> tuple[Work, ...]:
        """Cut `work` in two by its attributes; itself when it has only one.

        For a work that the target found too large although its documents allow it.
        """
        attributes = tuple(work.attributes.items())
        middle = len(attributes) // 2
        if middle == 0:
            return (work,)
        return tuple(
            Work(
                work.profile,
                dict(half),
                work.parts,
                work.attempt,
                work.ready_at,
                work.probe,
            )
            for half in (attributes[:middle], attributes[middle:])
        )

    def _encode(
        self, profile: ProfileId, attributes: dict[str, str]
    ) -> tuple[Request, ...] | Outcome:
        start = _id_field(profile)
        if isinstance(start, Outcome):
            return start
        joined = "".join(attributes.values())
        if len(joined) > self._value_chars:
            bounded = self._bounded(attributes)
            if isinstance(bounded, Outcome):
                return bounded
            attributes = bounded
        names = self._names
        try:
            if is_plain(joined):
                fields = [names[name] + value for name, value in attributes.items()]
            else:
                fields = [
                    names[name] + percent_encoded(value)
                    for name, value in attributes.items()
                ]
        except KeyError:
            return self._learn(attributes) or self._encode(profile, attributes)
        content = start + "".join(fields)
        if len(content) <= self._room and fields:
            return (self._request(content),)
        return self._divided(start, fields, attributes)

    def _request(self, content: str) -> Request:
        if self._is_form:
            body = content.encode()
            head = b"%s%d\r\n" % (self._head, len(body))
            return Request(self._method, self._path, head, body)
        head = f"{self._line}?{content} HTTP/1.1\r\n".encode() + self._head
        return Request(self._method, f"{self._path}?{content}", head, b"")

    def _divided(
        self, start: str, fields: list[str], attributes: dict[str, str]
    ) -> tuple[Request, ...] | Outcome:
        """Fill one request after the other, in order."""
        if not fields:
            return _rejected("empty", "there is no attribute to send")
        requests = []
        content = start
        for name, field in zip(attributes, fields, strict=True):
            if len(start) + len(field) > self._room:
                return _rejected(
                    TOO_LARGE,
                    f"attribute {name!r} alone is larger than the"
                    f" {self._settings.size_limit} bytes that a call may have",
                )
            if len(content) + len(field) > self._room:
                requests.append(self._request(content))
                content = start
            content += field
        return (*requests, self._request(content))

    def _bounded(self, attributes: dict[str, str]) -> dict[str, str] | Outcome:
        """Apply `over_value` to each value."""
        limit = self._value_chars
        policy = self._settings.over_value
        if policy is OverValue.IGNORE:
            return attributes
        if policy is OverValue.TRUNCATE:
            return {name: value[:limit] for name, value in attributes.items()}
        for name, value in attributes.items():
            if len(value) > limit:
                return _rejected(
                    "value_too_long",
                    f"the value of attribute {name!r} has {len(value)} characters, "
                    f"more than the {limit} that are allowed",
                )
        return attributes

    def _learn(self, attributes: dict[str, str]) -> Outcome | None:
        """Check and remember the names; they come from mappings, so they repeat."""
        if len(self._names) > _NAMES_REMEMBERED:
            self._names.clear()
        for name in attributes:
            if not 1 <= len(name) <= _NAME_CHARS:
                return _rejected(
                    "invalid_name",
                    f"an attribute's name has {len(name)} characters, "
                    f"where 1 to {_NAME_CHARS} are allowed",
                )
            self._names[name] = f"&profile.{percent_encoded(name)}="
        return None


def _head(settings: SingleSettings) -> bytes:
    """Return what all heads share: for a form up to the length, else from Host on."""
    common = (
        f"Host: {settings.authority}\r\n"
        f"User-Agent: {settings.user_agent}\r\n"
        "Accept: application/xml, text/xml, text/plain, */*\r\n"
    )
    if settings.shape is Shape.GET:
        return common.encode()
    if settings.shape is Shape.QUERY:
        return f"{common}Content-Length: 0\r\n".encode()
    return (
        f"POST {settings.path} HTTP/1.1\r\n{common}"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        "Content-Length: "
    ).encode()


def _id_field(profile: ProfileId) -> str | Outcome:
    """Return the parameter that names the profile, or why it cannot be named."""
    kind, value = profile
    if kind is _THIRD_PARTY_ID:
        name = "mbox3rdPartyId="
    elif kind is _PC_ID:
        name = "mboxPC="
    else:
        return _rejected("unsupported_id", f"a single update cannot name a {kind}")
    return refused_id(profile) or name + percent_encoded(value)


def _rejected(reason: str, message: str) -> Outcome:
    return Outcome(OutcomeKind.REJECTED, reason, message)
