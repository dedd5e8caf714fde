"""The JSON Schema of a mapping file, for editors: made from the model that reads it.

Rules:
- What the model turns into its long form is described in all its forms: a rule may be a
  text, `apply` one function, a duration a text with a unit.
- Functions and their arguments are those of the registry of functions.
- A key that may be left out is not to be written as null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from consumer.mapping.functions.all_functions import FUNCTIONS
from consumer.mapping.functions.registry import REQUIRED, Function, Parameter
from consumer.mapping.reference import MEANINGS
from consumer.mapping.specification import CLEAR, DURATION, MappingSpec, Rule
from consumer.model import IdKind

__all__ = ["json_schema"]

Schema: TypeAlias = dict[str, Any]  # JSON Schema has no narrower type
TEXT: Schema = {"type": "string"}
TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array"}
DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Exactly one of these keys has to be there.
ONE_OF = {
    "RuleSpec": ("from", "cel", "value"),
    "SourceSpec": ("topic", "topics", "pattern"),
}


def json_schema() -> Schema:
    """Return the schema of a mapping file."""
    made = MappingSpec.model_json_schema(schema_generator=Generator)
    parts = {"Call": functions({}), "Rule": any_of(TEXT, refer("RuleSpec"))}
    definitions = {
        name: shared(described(name, tidy(one)), parts)
        for name, one in made.pop("$defs").items()
    }
    return {
        "$schema": DIALECT,
        "title": "A mapping file",
        **shared(described("MappingSpec", tidy(made)), parts),
        "$defs": {**definitions, **parts},
    }


class Generator(GenerateJsonSchema):
    """Describes what stands in a file, where the model would describe its long form."""

    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        """Return the schema of what goes into a validator, by the validator's name."""
        inner = super().function_before_schema(schema)
        name = str(getattr(schema["function"]["function"], "__name__", ""))
        if name == "expand_profile":
            return profile(self.generate_inner(TypeAdapter(Rule).core_schema))
        return FORMS[name](inner)


# ------------------------------------------------------------------------------ forms


def one_key(properties: Mapping[str, Schema]) -> Schema:
    """Return the schema of a map of one key."""
    return {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def any_of(*schemas: Schema) -> Schema:
    """Return the schema of one form among several."""
    return {"anyOf": list(schemas)}


def choice(*words: str) -> Schema:
    """Return the schema of one word among several."""
    return {"enum": list(words)}


def profile(rule: Schema) -> Schema:
    """Return the schema of one alternative of the profile."""
    return one_key({str(kind): rule for kind in IdKind})


def functions(_: Schema) -> Schema:
    """Return the schema of one call of `apply`."""
    alone = [
        f.name for f in FUNCTIONS.values() if not any(map(is_needed, f.parameters))
    ]
    calls = {f.name: arguments(f) for f in FUNCTIONS.values() if f.parameters}
    return any_of(choice(*alone), one_key(calls))


def arguments(function: Function) -> Schema:
    """Return the schema of what stands under a function's name."""
    parameters = function.parameters
    whole: Schema = {
        "description": function.summary,
        "type": "object",
        "properties": {one.name: argument(one) for one in parameters},
        "required": [one.name for one in parameters if is_needed(one)],
        "additionalProperties": False,
    }
    return any_of(argument(parameters[0]), whole)


def argument(parameter: Parameter) -> Schema:
    """Return the schema of one argument."""
    return {"description": parameter.meaning, "type": TYPES[parameter.kind]}


def is_needed(parameter: Parameter) -> bool:
    """Return whether an argument may not be left out."""
    return parameter.default is REQUIRED


def parse(_: Schema) -> Schema:
    """Return the schema of `parse`."""
    kinds = ("integer", "decimal", "boolean", "date", "timestamp")
    units = choice("seconds", "milliseconds", "microseconds")
    local: Schema = {
        "type": "object",
        "properties": {"timestamp": TEXT, "zone": zone()},
        "required": ["timestamp", "zone"],
        "additionalProperties": False,
    }
    named = one_key({"date": TEXT, "timestamp": TEXT, "epoch": units})
    return any_of(choice(*kinds), named, local)


def zone() -> Schema:
    """Return the schema of a time zone."""
    return any_of(TEXT, one_key({"from": TEXT}))


FORMS: dict[str, Callable[[Schema], Schema]] = {
    "seconds": lambda _: {**TEXT, "pattern": f"^{DURATION.pattern}$"},
    "listed": lambda inner: any_of(inner["items"], inner),
    "tupled": lambda inner: inner,
    "expand_missing": lambda _: any_of(
        choice("skip", "reject", "clear"), one_key({"use": TEXT})
    ),
    "expand_function": functions,
    "expand_zone": lambda _: zone(),
    "expand_parse": parse,
    "expand_rule": lambda inner: any_of(TEXT, inner),
    "expand_for_each": lambda _: {**one_key({}), "additionalProperties": TEXT},
    "share_named": lambda _: {**TEXT, "pattern": "^[0-9]{1,2}-[0-9]{1,2}$"},
}


# ------------------------------------------------------------------------------- tidy


def refer(name: str) -> Schema:
    """Return the reference of a definition."""
    return {"$ref": f"#/$defs/{name}"}


def shared(value: Any, parts: Mapping[str, Schema]) -> Any:
    """Return a schema in which each of `parts` is a reference, wherever it stands."""
    for name, part in parts.items():
        if value == part:
            return refer(name)
    if isinstance(value, dict):
        return {key: shared(one, parts) for key, one in value.items()}
    return [shared(one, parts) for one in value] if isinstance(value, list) else value


def tidy(schema: Schema) -> Schema:
    """Return a schema without titles, without null where null only means left out."""
    found = {key: cleaned(key, value) for key, value in schema.items()}
    found.pop("title", None)
    if "default" in found and found["default"] is None:
        del found["default"]
        found = without_null(found)
    return found


def cleaned(key: str, value: object) -> object:
    """Return what stands under one key of a schema, tidy."""
    if key in {"properties", "$defs"}:
        below = cast("dict[str, Schema]", value)
        return {name: tidy(one) for name, one in below.items() if name != CLEAR}
    if isinstance(value, dict) and key in {"items", "additionalProperties"}:
        return tidy(value)
    if isinstance(value, list) and key == "anyOf":
        return [tidy(one) for one in value]
    return value


def without_null(schema: Schema) -> Schema:
    """Return a schema that does not take null; alone, a form is written as itself."""
    forms = [one for one in schema.get("anyOf", []) if one != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    if len(forms) == 1:
        return {**rest, **forms[0]}
    return {**rest, "anyOf": forms} if forms else rest


def described(model: str, schema: Schema) -> Schema:
    """Return the schema of a model with the meaning of each key."""
    meanings = MEANINGS.get(model, {})
    properties = schema.get("properties", {})
    for name, meaning in meanings.items():
        properties[name] = {"description": meaning, **properties[name]}
    if model in ONE_OF:
        schema["oneOf"] = [{"required": [name]} for name in ONE_OF[model]]
    return schema
