"""What can be wrong in mapping files: the catalogue of codes, and the list under way.

Rules:
- A code never changes its meaning; each has a test that asserts message and place.
- Every fault says what to do about it.
"""

from __future__ import annotations

import difflib
import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from consumer.errors import FileFault
from consumer.yamlfile import Document, Path

__all__ = ["FaultCode", "Faults", "did_you_mean"]


class FaultCode(enum.StrEnum):
    """Every fault that the check of mapping files can find."""

    meaning: str

    UNKNOWN_KEY = "M101", "A key that the language does not have."
    MISSING_KEY = "M102", "A key that must be there."
    NOT_A_CHOICE = "M103", "A value that is none of the choices."
    WRONG_SHAPE = "M104", "A value of the wrong kind, such as a number for a text."
    NOT_BUILT = "M105", "A part of the language that is not built yet."
    ONE_OF = "M106", "Exactly one of several keys must be there."
    EMPTY_TEXT = "M107", "An empty text: Target cannot store nothing."
    BAD_REGEX = "M108", "A pattern that is no regular expression."

    UNKNOWN_SCHEMA = "M201", "A schema that no file defines."
    UNKNOWN_PATH = "M202", "A path that the schema does not have."
    MISSING_UNSAID = (
        "M203",
        "A value may be missing and the rule does not say what then.",
    )
    WRONG_TYPE = "M204", "A step that the type of the value does not fit."
    UNTRANSLATED = "M205", "Symbols of an enum that `translate` leaves out."
    NO_SUCH_SYMBOL = "M206", "An entry of `translate` that can never be met."
    NO_TEXT = "M207", "A value that does not become a text by itself."
    ROUNDING_UNSAID = "M208", "Digits would be lost and the rule does not say how."
    BAD_PATTERN = "M209", "A pattern of a date with a directive that is not allowed."
    UNKNOWN_ZONE = (
        "M210",
        "A time zone that does not exist, or is missing or not wanted.",
    )
    UNKNOWN_FUNCTION = "M211", "A function that the language does not have."
    BAD_ARGUMENT = "M212", "An argument that a function does not take."
    UNKNOWN_SECRET = "M213", "A key for hashing that the configuration does not give."

    CEL_INVALID = "M301", "A CEL expression that does not compile."
    CEL_TYPE = "M302", "A CEL expression whose result has the wrong type."
    CEL_KIND = "M303", "A value that does not reach CEL: a decimal, or bytes."
    CEL_HAS = "M304", "`has()` of a field: a field is always there."

    BAD_NAME = "M401", "A name that Target or this program cannot take."
    RESERVED_NAME = "M402", "A name that Target keeps for itself."
    DUPLICATE_NAME = "M403", "Two mappings of one name."
    ENDPOINTS_DIFFER = "M404", "Mappings of one topic that name different endpoints."
    FRAMINGS_DIFFER = "M405", "Mappings of one topic that name different framings."
    SHARED_ATTRIBUTE = "M406", "Mappings of different topics that write one attribute."
    TOO_LONG = "M407", "A text that is longer than Target takes."
    UNREACHABLE_CASE = "M408", "A case behind one that always applies."
    NOTHING_WRITTEN = "M409", "A mapping, or a case of it, that writes nothing."
    BAD_STAMP = "M421", "A `stamp` without `occurred_at`, or that a rule writes, too."
    SHARES_MEET = "M422", "Shares of one topic that meet and write one attribute."
    UNUSED_DEFAULT = "M423", "A default that no mapping takes."
    NO_HOLD = "M424", "A window without `send_within`."
    NO_MOMENT = "M425", "An order in time without `occurred_at`."
    ORDERS_DIFFER = "M426", "Mappings of one topic that are ordered differently."

    NO_SUCH_VALUE = "M501", "A comparison with a symbol that the enum does not have."
    NEVER_TRUE = "M502", "A condition that no record can meet."
    UNKNOWN_EXPECTED = "M503", "A test that expects an attribute that no rule makes."
    NO_FIXTURE = "M504", "A fixture that a test names and that is not there."
    UNUSED_FIXTURE = "M505", "A fixture that no test names."
    PERSONAL = "M506", "Likely personal data, neither hashed nor marked."

    UNKNOWN_MAPPING = "M601", "An override of a mapping that does not exist."
    ALSO_STOPPED = "M602", "A hold that stops other mappings of a topic, too."

    def __new__(cls, code: str, meaning: str) -> Self:
        """Make a member whose value is its code."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member


@dataclass(slots=True)
class Faults:
    """What was found in one file. Owned by the check of that file.

    Attributes:
        document: The file.
        found: In the order of finding.
    """

    document: Document
    found: list[FileFault] = field(default_factory=list)

    def add(
        self,
        code: FaultCode,
        path: Path,
        message: str,
        mend: str,
        *,
        at_key: bool = False,
        severity: str = "error",
    ) -> None:
        """Note one fault at the value of `path`, or at its key."""
        document = self.document
        place = document.key_place(path) if at_key else document.place(path)
        self.found.append(
            FileFault(
                code=str(code),
                file=document.file,
                line=place.line,
                column=place.column,
                message=message,
                mend=mend,
                severity=severity,
            )
        )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the mend for a word that is unknown: the nearest, or all of them."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1)
    if near:
        return f"Did you mean `{near[0]}`?"
    if not words:
        return "There is nothing to choose from here."
    return f"It is one of: {', '.join(words[:30])}."
