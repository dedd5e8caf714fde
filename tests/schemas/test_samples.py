"""Mappings as a data team writes them: five stories, each with its own tests."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from consumer.decode.readers import load_readers
from consumer.mapping.compiling import compile_write
from consumer.mapping.examples import TestResult, record_of, run_tests
from consumer.mapping.explaining import explain
from consumer.mapping.json_schema import json_schema
from consumer.mapping.loading import check
from consumer.mapping.record_json import event_of
from consumer.yamlfile import read_yaml

HERE = Path(__file__).resolve().parent
FILES = {
    str(path.relative_to(HERE)): path.read_text(encoding="utf-8")
    for path in sorted(HERE.joinpath("mappings").rglob("*"))
    if path.is_file()
}
AVRO = {
    path.name: path.read_text(encoding="utf-8")
    for path in sorted(HERE.joinpath("avro").glob("*.avsc"))
}
READERS = load_readers(AVRO)
FOUND = check(FILES, READERS, {}, None)
RESULTS = run_tests(FOUND.mappings.plans if FOUND.mappings else (), FILES, READERS)


def test_the_samples_pass_the_check() -> None:
    """No sample has a fault, nor a warning."""
    assert FOUND.faults == ()


@pytest.mark.parametrize(
    "result", RESULTS, ids=lambda one: f"{one.mapping}: {one.name}"
)
def test_the_tests_inside_the_samples_pass(result: TestResult) -> None:
    """What a sample says of itself is true."""
    assert result.difference == ()


def test_editors_find_the_samples_valid() -> None:
    """The schema for editors takes every part of the language that the samples use."""
    validator = jsonschema.Draft202012Validator(json_schema())
    for name, text in FILES.items():
        if name.endswith(".yaml") and "_defaults" not in name:
            assert list(validator.iter_errors(read_yaml(text, name).value)) == []


def test_every_sample_has_tests() -> None:
    """The five stories are six files, and none is without a test."""
    assert {result.mapping for result in RESULTS} == {
        "consent-withdrawn",
        "contact-changed",
        "customer-changed",
        "customer-deleted",
        "household-changed",
        "receipt-printed",
    }


STORIES = {
    "receipt-printed": "receipt",
    "consent-withdrawn": "consent",
    "contact-changed": "contact",
    "customer-changed": "change",
    "household-changed": "household",
}


@pytest.mark.parametrize("name", STORIES)
def test_what_is_explained_is_what_is_done(name: str) -> None:
    """The steps that `try` shows end in the values of the items, in their order."""
    assert FOUND.mappings is not None
    [plan] = [one for one in FOUND.mappings.plans if one.spec.name == name]
    schemas = {full: reader.schema for full, reader in READERS.items()}
    value = json.loads(FILES[f"mappings/fixtures/{STORIES[name]}.json"])
    event = event_of(value, schemas[plan.spec.source.schema_], schemas)
    record = record_of(plan, {})
    done = compile_write(plan.event, plan.route)(event, record)
    shown: dict[str, dict[str, object]] = {}
    for rule in explain(plan, event, record).rules:
        kind, _, attribute = rule.name.partition(" ")
        if kind in {"attribute", "stamp"} and rule.result is not None:
            shown.setdefault(rule.element, {})[attribute] = rule.result
    made = [dict(item.attributes) for item in done.items]
    assert made == list(shown.values())
    assert made != []
