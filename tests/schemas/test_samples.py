"""Mappings as a data team writes them: five stories, each with its own tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from consumer.decode.readers import load_readers
from consumer.mapping.examples import TestResult, run_tests
from consumer.mapping.loading import check

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
