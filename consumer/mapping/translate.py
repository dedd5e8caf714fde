"""The `translate` of a rule: one text for another, by a table.

A symbol of an enum, or a truth value, that the table leaves out is a fault of the file
unless `otherwise` stands beside it; any other value that it leaves out rejects the record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from consumer.errors import MappingError
from consumer.mapping.faults import FaultCode, did_you_mean
from consumer.mapping.step import Step, StepError
from consumer.mapping.text import text_of, text_step
from consumer.mapping.value_type import TEXT, Kind, ValueType

__all__ = ["translate_step"]


def translate_step(
    entries: Mapping[str, str], otherwise: str | None, source: ValueType
) -> Step:
    """Return the step of `translate`."""
    table = dict(entries)
    check_symbols(table, source, complete=otherwise is None)
    text_step(source)  # refuses what is no text by itself
    value = "{v}" if source.kind in {Kind.TEXT, Kind.ENUM} else "{text}({v})"
    template = f"{{call}}({value})"
    if otherwise is not None:
        template = f"{{table}}.get({value}, {{otherwise}})"
    elif source.kind is Kind.ENUM:
        template = f"{{table}}[{value}]"
    bindings: dict[str, object] = {
        "table": table,
        "otherwise": otherwise,
        "text": text_of,
        "call": translator(table),
    }
    used = {name: one for name, one in bindings.items() if f"{{{name}}}" in template}
    return Step(
        name="translate", template=template, bindings=used, result=TEXT, solid=True
    )


def translator(table: dict[str, str]) -> Callable[[str], str]:
    """Return a function that looks a text up."""

    def translate(text: str) -> str:
        found = table.get(text)
        if found is None:
            raise MappingError(
                "untranslated", "`translate` has no entry for the value."
            )
        return found

    return translate


def check_symbols(table: dict[str, str], source: ValueType, *, complete: bool) -> None:
    """Refuse entries that no symbol meets, and symbols without an entry.

    Raises:
        StepError: There is one.
    """
    symbols = {Kind.ENUM: source.symbols, Kind.BOOLEAN: ("true", "false")}.get(
        source.kind
    )
    if symbols is None:
        return
    for key in table:
        if key not in symbols:
            raise StepError(
                FaultCode.NO_SUCH_SYMBOL,
                f"The {source.kind} has no `{key}`.",
                did_you_mean(key, symbols),
                ("translate", key),
            )
    left = [symbol for symbol in symbols if symbol not in table]
    if complete and left:
        raise StepError(
            FaultCode.UNTRANSLATED,
            f"`translate` leaves out {', '.join(left)}.",
            "Add them, or `otherwise`.",
            ("translate",),
        )
