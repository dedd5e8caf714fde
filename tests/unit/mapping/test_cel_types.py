"""The table of types: what each type of Avro is in CEL."""

from __future__ import annotations

import pytest

from consumer.mapping.cel import CelScope
from consumer.mapping.paths import Scope
from consumer.mapping.value_type import from_avro
from tests.unit.mapping.kit import SCHEMA

SCOPE = CelScope.of(Scope(event=from_avro(SCHEMA, {}), schema="t.Thing"))


@pytest.mark.parametrize(
    ("path", "checked", "running"),
    [
        ("event.id", "STRING", "STRING"),
        ("event.colour", "STRING", "STRING"),
        ("event.uid", "STRING", "STRING"),
        ("event.day", "STRING", "STRING"),
        ("event.hour", "STRING", "STRING"),
        ("event.clock", "STRING", "STRING"),
        ("event.count", "INT", "INT"),
        ("event.ratio", "DOUBLE", "DOUBLE"),
        ("event.ok", "BOOL", "BOOL"),
        ("event.at", "TIMESTAMP", "TIMESTAMP"),
        ("event.price", "decimal", "STRING"),
        ("event.tags", "LIST<STRING>", "LIST<STRING>"),
        ("event.marks", "MAP<STRING, INT>", "MAP<STRING, INT>"),
        ("event.lines", "LIST<DYN>", "LIST<DYN>"),
        ("event.either", "DYN", "DYN"),
        ("event.home", "record", "DYN"),
        ("event.home.city", "STRING", "DYN"),
        ("event.nick", "STRING", "DYN"),
        ("meta.offset", "INT", "INT"),
        ("meta.headers", "MAP<STRING, STRING>", "MAP<STRING, STRING>"),
    ],
)
def test_the_type_of_each_variable(path: str, checked: str, running: str) -> None:
    """A variable has one type for the check; what may be null is dyn to an evaluation."""
    types = [env.compile(path).return_type() for env in (SCOPE.checking, SCOPE.running)]
    assert [one.name() for one in types] == [checked, running]


def test_bytes_are_no_variable() -> None:
    """Bytes do not reach CEL."""
    with pytest.raises(RuntimeError, match="undeclared reference"):
        SCOPE.checking.compile("event.raw")
