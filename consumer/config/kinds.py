"""The kinds of values: how each is read, and how it is named to a person.

A kind takes what stood in YAML, or a text from the environment or a file, and returns
the value, or `Wrong` with a message that does not repeat what was given: the loader
adds it, masked where it must be.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from consumer.config.secret import Secret

__all__ = [
    "Boolean",
    "Choice",
    "Integer",
    "Kind",
    "Listen",
    "Number",
    "Password",
    "Size",
    "Text",
    "Url",
    "Urls",
    "Wrong",
]

UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
SIZE = re.compile(r"([0-9]+) ?(KiB|MiB|GiB)?")
# No dot segment: a path that is normalised on its way is another path.
PLAIN_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,99}){0,10}")
PORTS = range(65_536)
ADDRESS = re.compile(
    r"(\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s:\[\]]+)):(?P<port>[0-9]{1,5})"
)


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why something is no value of a kind.

    Attributes:
        message: Begins with a verb: `must be a number`.
        code: C102 for the wrong type, C103 for a value that may not be.
    """

    message: str
    code: str = "C103"


class Kind(Protocol):
    """One kind of value."""

    @property
    def is_secret(self) -> bool:
        """Say whether values of it are masked everywhere."""

    def read(self, raw: object, *, is_text: bool) -> object:
        """Return the value of `raw`, or `Wrong`.

        `is_text` says that it came as bare text, from a variable or a file.
        """

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of what a person may write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text that is not empty; `pattern`, if any, fits all of it."""

    pattern: str = r"(?s).+"
    meaning: str = "a text that is not empty"
    is_secret: bool = False

    def read(self, raw: object, *, is_text: bool) -> str | Wrong:
        """Return the text, without spaces around it when it came as bare text."""
        if not isinstance(raw, str):
            return Wrong(f"must be {self.meaning}", "C102")
        text = raw.strip() if is_text else raw
        if not re.fullmatch(self.pattern, text):
            return Wrong(f"must be {self.meaning}")
        return text

    def schema(self) -> Mapping[str, object]:
        """Return a string of at least one character."""
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Password:
    """A text that is masked everywhere."""

    is_secret: bool = True

    def read(self, raw: object, *, is_text: bool) -> Secret | Wrong:
        """Return the masked text."""
        text = Text().read(raw, is_text=is_text)
        return text if isinstance(text, Wrong) else Secret(text)

    def schema(self) -> Mapping[str, object]:
        """Return a string of at least one character."""
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of some words."""

    words: tuple[str, ...]
    is_secret: bool = False

    def read(self, raw: object, *, is_text: bool) -> str | Wrong:
        """Return the word."""
        text = raw.strip() if is_text and isinstance(raw, str) else raw
        if not isinstance(text, str) or text not in self.words:
            return Wrong(f"must be one of {', '.join(self.words)}")
        return text

    def schema(self) -> Mapping[str, object]:
        """Return the words."""
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Boolean:
    """True or false."""

    is_secret: bool = False

    def read(self, raw: object, *, is_text: bool) -> bool | Wrong:
        """Return the truth value; as text `true` or `false`."""
        if is_text and isinstance(raw, str):
            raw = {"true": True, "false": False}.get(raw.strip().lower())
        if not isinstance(raw, bool):
            return Wrong("must be true or false", "C102")
        return raw

    def schema(self) -> Mapping[str, object]:
        """Return a boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number between two bounds, or above the lower one."""

    low: float = 0.0
    high: float = math.inf
    above: bool = False
    is_secret: bool = False

    def read(self, raw: object, *, is_text: bool) -> float | Wrong:
        """Return the number as a float."""
        if is_text and isinstance(raw, str):
            raw = as_number(raw)
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            return Wrong("must be a number", "C102")
        value = float(raw)
        is_low = value <= self.low if self.above else value < self.low
        if is_low or value > self.high or not math.isfinite(value):
            return Wrong(f"must be {self.bounds()}")
        return value

    def bounds(self) -> str:
        """Name the bounds, for a person."""
        low = f"{'more than' if self.above else 'at least'} {self.low:g}"
        return low if self.high == math.inf else f"{low} and at most {self.high:g}"

    def schema(self) -> Mapping[str, object]:
        """Return a number and its bounds."""
        least = "exclusiveMinimum" if self.above else "minimum"
        top = {} if self.high == math.inf else {"maximum": self.high}
        return {"type": "number", least: self.low, **top}


@dataclass(frozen=True, slots=True, kw_only=True)
class Integer:
    """A whole number between two bounds."""

    low: int = 0
    high: int = 1 << 53
    is_secret: bool = False

    def read(self, raw: object, *, is_text: bool) -> int | Wrong:
        """Return the number."""
        if is_text and isinstance(raw, str):
            raw = as_number(raw)
        if isinstance(raw, bool) or not isinstance(raw, int):
            return Wrong("must be a whole number", "C102")
        if not self.low <= raw <= self.high:
            return Wrong(f"must be from {self.low} to {self.high}")
        return raw

    def schema(self) -> Mapping[str, object]:
        """Return an integer and its bounds."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A number of bytes, or a text such as `64MiB`."""

    low: int = 1
    high: int = 1 << 40
    is_secret: bool = False

    def read(self, raw: object, *, is_text: bool) -> int | Wrong:  # noqa: ARG002 - as every kind
        """Return the bytes."""
        if isinstance(raw, str):
            match = SIZE.fullmatch(raw.strip())
            if match is None:
                return Wrong("must be bytes, or a text with KiB, MiB or GiB", "C102")
            raw = int(match[1][:20]) * UNITS.get(match[2], 1)
        if isinstance(raw, bool) or not isinstance(raw, int):
            return Wrong("must be bytes, or a text with KiB, MiB or GiB", "C102")
        if not self.low <= raw <= self.high:
            return Wrong(f"must be from {self.low} to {self.high} bytes")
        return raw

    def schema(self) -> Mapping[str, object]:
        """Return an integer or a text with a unit."""
        number = {"type": "integer", "minimum": self.low}
        text = {"type": "string", "pattern": "^[0-9]+ ?(KiB|MiB|GiB)?$"}
        return {"anyOf": [number, text]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Url:
    """An address with host and scheme; a user in it only where `user` says so."""

    user: bool = False
    path: bool = True
    schemes: tuple[str, ...] = ("http", "https")

    @property
    def is_secret(self) -> bool:
        """Say whether values of it are masked: those that may carry a password."""
        return self.user

    def read(self, raw: object, *, is_text: bool) -> str | Secret | Wrong:
        """Return the address without a slash at its end; masked if it may carry a user."""
        text = Text(meaning="an address").read(raw, is_text=is_text)
        if isinstance(text, Wrong):
            return text
        wrong = self.wrong(text)
        if wrong is not None:
            return wrong
        text = text.rstrip("/")
        return Secret(text) if self.user else text

    def wrong(self, text: str) -> Wrong | None:
        """Return why `text` is no such address, or None."""
        try:
            parts = urlsplit(text)
            host, _ = parts.hostname, parts.port
        except ValueError:
            return Wrong("is no address, or its port is none")
        if parts.scheme not in self.schemes or not host or re.search(r"\s", text):
            schemes = " or ".join(f"{scheme}://" for scheme in self.schemes)
            return Wrong(f"must begin with {schemes} and name a host")
        if parts.username is not None and not self.user:
            return Wrong("must not carry a user or password")
        if parts.query or parts.fragment or (parts.path.strip("/") and not self.path):
            return Wrong(f"must end after the {'path' if self.path else 'port'}")
        if PLAIN_PATH.fullmatch(parts.path.rstrip("/")) is None:
            return Wrong("must have a plain path: letters, digits, dots, hyphens")
        return None

    def schema(self) -> Mapping[str, object]:
        """Return a string that begins with a scheme."""
        return {"type": "string", "pattern": f"^({'|'.join(self.schemes)})://"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Urls:
    """Addresses of one service, the first to be tried first: a list, or with commas."""

    is_secret: bool = False

    def read(self, raw: object, *, is_text: bool) -> str | Wrong:
        """Return the addresses with commas between them."""
        found = []
        for one in raw.split(",") if isinstance(raw, str) else as_list(raw):
            text = one.strip() if isinstance(one, str) else one
            address = Url().read(text, is_text=is_text)
            if isinstance(address, Wrong):
                return address
            found.append(str(address))
        return ",".join(found)

    def schema(self) -> Mapping[str, object]:
        """Return a string that begins with a scheme, or a list of them."""
        one = Url().schema()
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """`host:port`; an IPv6 address stands in brackets; port 0 takes a free one."""

    is_secret: bool = False

    def read(self, raw: object, *, is_text: bool) -> tuple[str, int] | Wrong:
        """Return host and port."""
        text = Text(meaning="host:port").read(raw, is_text=is_text)
        match = ADDRESS.fullmatch(text) if isinstance(text, str) else None
        if match is None or int(match["port"]) not in PORTS:
            return Wrong("must be host:port, with a port from 0 to 65535")
        return match["six"] or match["host"], int(match["port"])

    def schema(self) -> Mapping[str, object]:
        """Return a string that ends with a port."""
        return {"type": "string", "pattern": ":[0-9]+$"}


def as_list(raw: object) -> list[object]:
    """Return a list as it is, and anything else as the only item of one."""
    return raw if isinstance(raw, list) and raw else [raw]


def as_number(text: str) -> int | float | None:
    """Return the number that `text` writes, or None."""
    text = text.strip()
    if re.fullmatch(r"[-+]?[0-9]{1,20}", text):
        return int(text)
    if re.fullmatch(r"[-+]?[0-9]{1,20}(\.[0-9]{1,20})?([eE][-+]?[0-9]{1,3})?", text):
        return float(text)
    return None
