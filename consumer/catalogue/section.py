"""One entry of the catalogue of faults, and how it is printed.

Every entry's example is run as a test: `wrong` has to raise just this code, with the
message and at the place that `found` says, and `right` must not raise it.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Section", "markdown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What a person may read about one code.

    Attributes:
        code: Such as `M101`.
        meaning: One sentence.
        why: What would happen without this fault.
        wrong: A small example that has it, or the command that meets it.
        found: What is said of it, as `place message | mend`.
        right: The example, mended.
        event: The event that the example is about; empty where that says nothing.
        beside: Another file that belongs to the example.
        beside_title: What that file is.
        language: Of the example, for colours.
        is_warning: Whether the program runs all the same.
    """

    code: str
    meaning: str
    why: str
    wrong: str
    found: str
    right: str
    event: str = ""
    beside: str = ""
    beside_title: str = "Another file says:"
    language: str = "yaml"
    is_warning: bool = False


def markdown(section: Section) -> str:
    """Return one section of the reference."""
    place, _, rest = section.found.partition(" ")
    message, _, mend = rest.partition(" | ")
    severity = "warning" if section.is_warning else "error"
    lines = [f"### {section.code}: {section.meaning}", ""]
    about = f" The example is about `{section.event}`." if section.event else ""
    lines += [f"{section.why}{about}", ""]
    if section.beside:
        lines += [section.beside_title, "", *fenced(section, section.beside)]
        lines += ["And this one:", ""]
    lines += fenced(section, section.wrong)
    lines += fenced(section, f"{place}: {severity} {section.code}: {message}", "text")
    lines += [f"{mend}", "", *fenced(section, section.right)]
    return "\n".join(lines)


def fenced(section: Section, text: str, language: str | None = None) -> list[str]:
    """Return the lines of a block of code."""
    return [
        f"```{language or section.language}",
        *text.strip("\n").splitlines(),
        "```",
        "",
    ]
