"""An example of an event, made from its Avro schema, as people write it in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["sample_of"]

TEXT = "example"
WORDS: Mapping[str, str] = {
    "email": "ann@example.com",
    "mail": "ann@example.com",
    "zone": "Europe/Zurich",
    "timezone": "Europe/Zurich",
    "currency": "EUR",
    "city": "Zurich",
}
LOGICAL: Mapping[tuple[str, str], object] = {
    ("string", "uuid"): "5f0c1f4e-9a51-4c55-9a43-0d8a1f6f3b11",
    ("fixed", "uuid"): "5f0c1f4e-9a51-4c55-9a43-0d8a1f6f3b11",
    ("int", "date"): "2026-03-01",
    ("int", "time-millis"): "15:30:00",
    ("long", "time-micros"): "15:30:00",
    ("long", "timestamp-millis"): "2026-03-01T15:30:00Z",
    ("long", "timestamp-micros"): "2026-03-01T15:30:00Z",
    ("long", "timestamp-nanos"): "2026-03-01T15:30:00Z",
    ("fixed", "duration"): {"months": 1, "days": 2, "milliseconds": 3},
    ("long", "local-timestamp-nanos"): "2026-03-01T15:30:00",
    ("long", "local-timestamp-millis"): "2026-03-01T15:30:00",
    ("long", "local-timestamp-micros"): "2026-03-01T15:30:00",
}
PRIMITIVES: Mapping[str, object] = {
    "null": None,
    "boolean": True,
    "int": 7,
    "long": 7,
    "float": 2.5,
    "double": 2.5,
    "bytes": "",
}
DIGITS = "12345678901234567890"
SHOWN_DIGITS = 4  # before the point of a decimal


def sample_of(
    schema: object, others: Mapping[str, object], texts: Mapping[str, str]
) -> object:
    """Return an event with a value in every field and one element in every list.

    Args:
        schema: Avro schema of a record, as its JSON; one that a reader's check passed.
        others: Schemas of other files by full name.
        texts: Path of a field that is a text, to its value.
    """
    return Sample(dict(others), texts).value(schema, "", "")


@dataclass(slots=True)
class Sample:
    """One pass over a schema. Owned by `sample_of`.

    Attributes:
        names: Types that have a name, by full name.
        texts: What is wanted at some paths.
    """

    names: dict[str, object]
    texts: Mapping[str, str]

    def value(self, schema: object, path: str, space: str) -> object:
        """Return a value of `schema`, which stands at `path`."""
        if isinstance(schema, list):
            return self.union(schema, path, space)
        if isinstance(schema, dict):
            return self.complex(schema, path, space)
        name = str(schema)
        if name == "string":
            return self.text(path)
        if name in PRIMITIVES:
            return PRIMITIVES[name]
        full = name if "." in name else f"{space}.{name}".strip(".")
        return self.value(self.names[full], path, "")

    def text(self, path: str) -> str:
        """Return a text for the field at `path`."""
        last = path.rpartition(".")[2].lower()
        return self.texts.get(path) or WORDS.get(last, TEXT)

    def union(self, branches: list[object], path: str, space: str) -> object:
        """Return a value of the first branch that is not null.

        One key alone could be taken for the name of a branch, so it stands under it.
        """
        solid = [branch for branch in branches if branch != "null"]
        if not solid:
            return None
        found = self.value(solid[0], path, space)
        if isinstance(found, dict) and len(found) == 1:
            return {tag_of(solid[0], space): found}
        return found

    def complex(self, schema: dict[str, object], path: str, space: str) -> object:
        """Return a value of a type that is written as an object."""
        base = schema.get("type")
        if base in {"record", "error"}:
            return self.record(schema, path, space)
        if base == "enum":
            self.define(schema, space)
            symbols = schema.get("symbols")
            return symbols[0] if isinstance(symbols, list) else ""
        if base == "array":
            return [self.value(schema.get("items"), f"{path}[]", space)]
        if base == "map":
            return {TEXT: self.value(schema.get("values"), f"{path}{{}}", space)}
        if base == "fixed":
            self.define(schema, space)
        return self.logical(schema, path, space)

    def logical(self, schema: dict[str, object], path: str, space: str) -> object:
        """Return a value of a logical type, or of the type below one."""
        base, name = schema.get("type"), str(schema.get("logicalType"))
        if name == "decimal" and base in {"bytes", "fixed"}:
            return decimal(schema)
        if (str(base), name) in LOGICAL:
            return LOGICAL[str(base), name]
        if base == "fixed":
            size = schema.get("size")
            return "\0" * (size if isinstance(size, int) else 0)
        return self.value(base, path, space)

    def record(
        self, schema: dict[str, object], path: str, space: str
    ) -> dict[str, object]:
        """Return a record with all of its fields."""
        inner = self.define(schema, space).rpartition(".")[0]
        listed = schema.get("fields")
        found: dict[str, object] = {}
        for one in listed if isinstance(listed, list) else []:
            name = str(one["name"])
            below = f"{path}.{name}" if path else name
            found[name] = self.value(one["type"], below, inner)
        return found

    def define(self, schema: dict[str, object], space: str) -> str:
        """Remember a type that has a name, and return its full name."""
        name = str(schema.get("name"))
        own = str(schema.get("namespace", space))
        full = name if "." in name else f"{own}.{name}".strip(".")
        self.names[full] = {**schema, "name": full}
        return full


def tag_of(branch: object, space: str) -> str:
    """Return the name by which Avro's JSON encoding calls a branch of a union."""
    if not isinstance(branch, dict):
        return str(branch)
    name = str(branch.get("name", branch.get("type")))
    own = str(branch.get("namespace", space)) if "name" in branch else ""
    return name if "." in name or not own else f"{own}.{name}"


def decimal(schema: dict[str, object]) -> str:
    """Return a decimal that its precision and scale allow."""
    precision, scale = schema.get("precision"), schema.get("scale", 0)
    digits = scale if isinstance(scale, int) else 0
    whole = min((precision if isinstance(precision, int) else 1) - digits, SHOWN_DIGITS)
    before = DIGITS[:whole] or "0"
    return f"{before}.{'5'.ljust(digits, '0')}" if digits > 0 else before
