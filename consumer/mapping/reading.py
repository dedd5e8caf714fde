"""Text of a mapping file to its values, with every fault of its shape at its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from consumer.mapping.faults import FaultCode, Faults, did_you_mean
from consumer.mapping.specification import (
    CLEAR,
    CaseSpec,
    DefaultsSpec,
    DefaultValues,
    DeleteSpec,
    FormatSpec,
    MappingSpec,
    RuleSpec,
    SourceSpec,
    TestSpec,
)
from consumer.yamlfile import Document, Path, Value

__all__ = ["read_defaults", "read_mapping", "validated"]

Shape = TypeVar("Shape", bound=BaseModel)

# What to do about a wrong shape.
MENDS = {
    "string_type": "Quote it to make it a text.",
    "tuple_type": "Write a list: `- ` before each entry.",
}
SECTIONS: dict[str, type[BaseModel]] = {
    "source": SourceSpec,
    "cases": CaseSpec,
    "on_delete": DeleteSpec,
    "tests": TestSpec,
}


def read_mapping(document: Document, faults: Faults) -> MappingSpec | None:
    """Return what `document` says; None, and faults noted, when its shape is wrong."""
    begin = "Begin with `version: 1` and `name:`."
    return validated(MappingSpec, document, faults, known_keys, begin=begin)


def read_defaults(document: Document, faults: Faults) -> DefaultValues | None:
    """Return the defaults that `document` gives; None, and faults noted, like above."""
    begin = "Begin with `version: 1` and `defaults:`."
    found = validated(DefaultsSpec, document, faults, known_defaults, begin=begin)
    return None if found is None else found.defaults


def validated(
    shape: type[Shape],
    document: Document,
    faults: Faults,
    known: Callable[[Path], list[str]],
    *,
    begin: str,
    reference: str = "Compare it with the reference of mapping files.",
) -> Shape | None:
    """Return what a file says.

    Args:
        shape: Of the file.
        document: The file.
        faults: Where its faults are noted.
        known: Gives the keys that may stand beside the last one of a path.
        begin: How such a file begins.
        reference: What to look at, where nothing more is known of a fault.
    """
    if not isinstance(document.value, dict):
        faults.add(
            FaultCode.WRONG_SHAPE,
            (),
            "The file is not a mapping of keys to values.",
            begin,
        )
        return None
    try:
        return shape.model_validate(document.value)
    except ValidationError as error:
        # Only place and kind of an error are used: its text may carry the input.
        for detail in error.errors(include_url=False, include_input=False):
            note(dict(detail), document, faults, known, reference)
        return None


def note(
    detail: Mapping[str, object],
    document: Document,
    faults: Faults,
    known: Callable[[Path], list[str]],
    reference: str,
) -> None:
    """Note one error of the shape."""
    loc = detail["loc"]
    path = yaml_path(loc if isinstance(loc, tuple) else (), document.value)
    kind, message = str(detail["type"]), str(detail["msg"])
    name = str(path[-1]) if path else "the file"
    if kind == "extra_forbidden":
        faults.add(
            FaultCode.UNKNOWN_KEY,
            path,
            f"There is no key `{name}` here.",
            did_you_mean(name, known(path)),
            at_key=True,
        )
    elif kind == "missing":
        faults.add(
            FaultCode.MISSING_KEY,
            path[:-1],
            f"The key `{name}` is missing.",
            f"Add `{name}:`.",
        )
    elif kind in {"literal_error", "enum"}:
        context = detail["ctx"]
        expected = context.get("expected", "") if isinstance(context, dict) else ""
        faults.add(
            FaultCode.NOT_A_CHOICE,
            path,
            f"`{name}` is none of the choices.",
            f"It is one of: {str(expected).replace(chr(39), '')}.",
        )
    else:
        faults.add(
            FaultCode.WRONG_SHAPE,
            path,
            f"`{name}` has the wrong shape: {spoken(kind, message)}.",
            MENDS.get(kind, reference),
        )


def spoken(kind: str, message: str) -> str:
    """Return what is wrong in our words."""
    words = {
        "string_type": "it must be a text",
        "dict_type": "it must be keys with values",
        "model_type": "it must be keys with values",
        "int_type": "it must be a whole number",
        "bool_type": "it must be true or false",
        "tuple_type": "it must be a list",
    }
    return words.get(kind, message.removeprefix("Value error, ").lower())


def yaml_path(loc: tuple[object, ...], value: Value) -> Path:
    """Return where an error is in the file.

    The long forms have keys that the file does not: where one of them stands in `loc`,
    the file has a mapping of one key (`pc_id: path`), or a short form.
    """
    path: list[str | int] = []
    for part in loc:
        if isinstance(value, dict) and isinstance(part, str):
            only = len(value) == 1 and part in {"rule", "argument"}
            key = next(iter(value)) if only and part not in value else part
            value = value.get(key)
            path.append(key)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
            path.append(part)
    return tuple(path)


def known_defaults(path: Path) -> list[str]:
    """Return the keys that may stand beside the last one of `path`, among defaults."""
    return list(
        DefaultsSpec.model_fields if len(path) == 1 else DefaultValues.model_fields
    )


def known_keys(path: Path) -> list[str]:
    """Return the keys that may stand beside the last one of `path`."""
    parents = [part for part in path[:-1] if isinstance(part, str)]
    shape: type[BaseModel] = RuleSpec
    if not parents:
        shape = MappingSpec
    elif parents[-1] == "format":
        shape = FormatSpec
    elif len(parents) == 1:
        shape = SECTIONS.get(parents[0], RuleSpec)
    fields = shape.model_fields.items()
    names = [field.alias or name for name, field in fields]
    return [name for name in names if name != CLEAR]
