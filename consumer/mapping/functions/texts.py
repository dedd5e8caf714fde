"""Functions of texts."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from consumer.mapping.faults import FaultCode, did_you_mean
from consumer.mapping.functions.registry import (
    ArgumentError,
    Call,
    Example,
    Function,
    Parameter,
)
from consumer.mapping.step import Step, StepError
from consumer.mapping.value_type import TEXT, Kind

__all__ = ["TEST_KEY", "TEXT_FUNCTIONS"]

# Stands for every key in tests of mapping files, so that their results can be published.
TEST_KEY = b"published test key"

TEXTS = frozenset({Kind.TEXT, Kind.ENUM})


def inline(name: str, template: str) -> Callable[[Call], Step]:
    """Return the builder of a function without arguments."""
    step = Step(name=f"apply {name}", template=template, result=TEXT)
    return lambda _: step


def calling(
    name: str, make: Callable[[Call], Callable[[str], str]]
) -> Callable[[Call], Step]:
    """Return the builder of a function that `make` makes for each call."""
    return lambda call: Step(
        name=f"apply {name}",
        template="{call}({v})",
        bindings={"call": make(call)},
        result=TEXT,
    )


def sha256(text: str) -> str:
    """Return the SHA-256 of the UTF-8 bytes of `text`, as 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def hmac_sha256(call: Call) -> Callable[[str], str]:
    """Return a function that hashes with the key that the call names.

    Raises:
        StepError: The configuration does not give that key.
    """
    name = call.text("key")
    secrets = call.secrets
    if secrets is not None and name not in secrets:
        raise StepError(
            FaultCode.UNKNOWN_SECRET,
            f"The configuration gives no key `{name}`.",
            f"Add `keys: {{{name}: {{file: ...}}}}` to it. {did_you_mean(name, secrets)}",
        )
    key = secrets[name] if secrets is not None else TEST_KEY
    return lambda text: hmac.digest(key, text.encode(), "sha256").hex()


def replace(call: Call) -> Callable[[str], str]:
    """Return a function that puts one text in place of another.

    Raises:
        ArgumentError: The text to look for is empty.
    """
    old, new = call.text("old"), call.text("new")
    if not old:
        raise ArgumentError("replace", "`old` is empty.", "Say what is to be replaced.")
    return lambda text: text.replace(old, new)


def mask(call: Call) -> Callable[[str], str]:
    """Return a function that hides a text but for its last characters.

    Raises:
        ArgumentError: A negative number would be kept, or the filling is no character.
    """
    keep, fill = call.number("keep"), call.text("fill")
    if keep < 0:
        raise ArgumentError("mask", "`keep` is less than none.", "Write none or more.")
    if len(fill) != 1:
        raise ArgumentError("mask", "`fill` is not one character.", "Write one.")

    def hide(text: str) -> str:
        shown = text[len(text) - keep :] if len(text) > keep else ""
        return fill * (len(text) - len(shown)) + shown

    return hide


def digits(text: str) -> str:
    """Return the digits 0 to 9 of `text`."""
    return "".join(sign for sign in text if sign in "0123456789")


def pad_left(call: Call) -> Callable[[str], str]:
    """Return a function that fills a text on its left.

    Raises:
        ArgumentError: The filling is not one character.
    """
    width, fill = call.number("width"), call.text("fill")
    if len(fill) != 1:
        raise ArgumentError("pad_left", "`fill` is not one character.", "Write one.")
    return lambda text: text.rjust(width, fill)


def left(call: Call) -> Callable[[str], str]:
    """Return a function that keeps the first characters.

    Raises:
        ArgumentError: None would be kept.
    """
    length = call.number("length")
    if length < 1:
        raise ArgumentError("left", "`length` is less than one.", "Write one or more.")
    return lambda text: text[:length]


def example(value: object, result: object, argument: object = None) -> Example:
    """Return an example of a text."""
    return Example(schema="string", value=value, argument=argument, result=result)


TEXT_FUNCTIONS = (
    Function(
        name="trim",
        summary="Removes white space on both sides.",
        takes=TEXTS,
        build=inline("trim", "{v}.strip()"),
        examples=(example("  C-1 \t", "C-1"), example("   ", "")),
    ),
    Function(
        name="lowercase",
        summary="Writes every letter small.",
        takes=TEXTS,
        build=inline("lowercase", "{v}.lower()"),
        examples=(example("Ann@Example.COM", "ann@example.com"),),
    ),
    Function(
        name="uppercase",
        summary="Writes every letter large.",
        takes=TEXTS,
        build=inline("uppercase", "{v}.upper()"),
        examples=(example("usd", "USD"),),
    ),
    Function(
        name="replace",
        summary="Puts one text in place of another, everywhere.",
        takes=TEXTS,
        build=calling("replace", replace),
        parameters=(
            Parameter(name="old", kind=str, meaning="What is replaced."),
            Parameter(
                name="new", kind=str, meaning="What takes its place.", default=""
            ),
        ),
        examples=(
            example("a b c", "a-b-c", {"old": " ", "new": "-"}),
            example("1,234", "1234", ","),
        ),
    ),
    Function(
        name="pad_left",
        summary="Fills a text on its left up to a width.",
        takes=TEXTS,
        build=calling("pad_left", pad_left),
        parameters=(
            Parameter(name="width", kind=int, meaning="How many characters at least."),
            Parameter(name="fill", kind=str, meaning="One character.", default="0"),
        ),
        examples=(
            example("42", "00042", 5),
            Example(
                schema="int", value=7, argument={"width": 2, "fill": "x"}, result="x7"
            ),
        ),
    ),
    Function(
        name="left",
        summary="Keeps the first characters.",
        takes=TEXTS,
        build=calling("left", left),
        parameters=(Parameter(name="length", kind=int, meaning="How many, from 1."),),
        examples=(example("10115 Berlin", "10115", 5),),
    ),
    Function(
        name="digits",
        summary="Keeps the digits 0 to 9 and nothing else.",
        takes=TEXTS,
        build=calling("digits", lambda _: digits),
        examples=(example("+41 (0)79-123 45 67", "410791234567"), example("-", "")),
    ),
    Function(
        name="mask",
        summary="Hides all but the last characters; a text no longer than those, whole.",
        takes=TEXTS,
        build=calling("mask", mask),
        parameters=(
            Parameter(
                name="keep", kind=int, meaning="How many stay readable.", default=4
            ),
            Parameter(name="fill", kind=str, meaning="One character.", default="*"),
        ),
        examples=(
            example("4111111111111111", "************1111"),
            example("C-1", "***"),
            example("C-10042", "xxxxx42", {"keep": 2, "fill": "x"}),
        ),
    ),
    Function(
        name="sha256",
        summary="SHA-256 of the text's UTF-8 bytes, as 64 hex digits.",
        takes=TEXTS,
        build=calling("sha256", lambda _: sha256),
        examples=(
            example(
                "ann@example.com",
                "71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476",
            ),
        ),
    ),
    Function(
        name="hmac_sha256",
        summary="HMAC-SHA-256 with a key of the configuration, as 64 hex digits.",
        takes=TEXTS,
        build=calling("hmac_sha256", hmac_sha256),
        parameters=(
            Parameter(
                name="key",
                kind=str,
                meaning="Name of a key under `keys` of the configuration.",
            ),
        ),
        examples=(
            example(
                "ann@example.com",
                hmac.digest(TEST_KEY, b"ann@example.com", "sha256").hex(),
                {"key": "crm-pepper"},
            ),
        ),
    ),
)
