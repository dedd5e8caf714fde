"""The mappings and schemas that are shipped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumer.decode.readers import load_readers
from consumer.mapping.examples import run_all
from consumer.mapping.loading import check

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
FILES = {
    str(path.relative_to(SCHEMAS)): path.read_text(encoding="utf-8")
    for path in sorted(SCHEMAS.joinpath("mappings").rglob("*"))
    if path.is_file()
}
AVRO = {
    str(path.relative_to(SCHEMAS)): path.read_text(encoding="utf-8")
    for path in sorted(SCHEMAS.joinpath("avro").glob("*.avsc"))
}


def documented(schema: object, path: str = "") -> Iterator[tuple[str, bool]]:
    """Give every record, enum and field of a schema, and whether it has a `doc`."""
    if isinstance(schema, list):
        for branch in schema:
            yield from documented(branch, path)
    if not isinstance(schema, dict):
        return
    if schema.get("type") in {"record", "enum"}:
        yield f"{path}{schema['name']}", bool(schema.get("doc"))
    for field in schema.get("fields", []):
        inner = f"{path}{schema['name']}.{field['name']}"
        yield inner, bool(field.get("doc"))
        yield from documented(field["type"], f"{inner}:")
    for key in ("items", "values"):
        yield from documented(schema.get(key), path)


@pytest.mark.parametrize("file", AVRO)
def test_every_field_has_a_doc(file: str) -> None:
    """Each field, record and enum of a shipped schema says what it means."""
    missing = [name for name, has in documented(json.loads(AVRO[file])) if not has]
    assert missing == []


def test_the_schemas_show_what_avro_can_do() -> None:
    """Between them the three schemas use every type that a publisher may ask about."""
    text = " ".join(AVRO.values())
    wanted = [
        '"enum"',
        '"array"',
        '"map"',
        '["null", "string"]',
        '["string", "int"]',
        '"decimal"',
        '"date"',
        '"timestamp-millis"',
        '"timestamp-micros"',
        '"uuid"',
        '"default"',
        '"aliases"',
    ]
    assert [one for one in wanted if one not in text] == []


def test_the_shipped_mappings_pass_the_check() -> None:
    """The shipped files have no fault, and need no key."""
    assert check(FILES, load_readers(AVRO), {}, {}).faults == ()


def test_the_tests_inside_the_shipped_mappings_pass() -> None:
    """Every test inside a shipped mapping passes, and they touch all of it."""
    readers = load_readers(AVRO)
    mappings = check(FILES, readers, {}, {}).mappings
    assert mappings is not None
    run = run_all(mappings.plans, FILES, readers)
    results = run.results
    assert [(r.mapping, r.name, r.difference) for r in results if not r.passed] == []
    assert {r.mapping for r in results} == {plan.spec.name for plan in mappings.plans}
    assert [missed for one in run.coverage for missed in one.missed] == []
