"""The tests inside mapping files: run without anything outside, with a readable answer.

A test maps one record by the mapping of its file alone. `record` is merged over `base`
(RFC 7396), and `record: null` is a record without a value; `expect` is everything that must come out, `contains` a part of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from posixpath import dirname, join, normpath

from consumer.errors import ConfigurationError, MappingError
from consumer.mapping.checking import Readers
from consumer.mapping.compiling import REFUSALS, compile_write
from consumer.mapping.coverage import Coverage, coverage_of, stated
from consumer.mapping.difference import differences
from consumer.mapping.explaining import explain
from consumer.mapping.noting import Notes, instrumented
from consumer.mapping.plan import Plan
from consumer.mapping.record_json import RecordShapeError, event_of, merge_patch
from consumer.mapping.specification import TestSpec
from consumer.model import Mapped, Record, TopicPartition
from consumer.yamlfile import read_yaml

__all__ = ["TestResult", "TestRun", "outcome", "record_of", "run_all", "run_tests"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """How one test ended.

    Attributes:
        file: The mapping file.
        line: Where the test stands, from 1.
        mapping: Name of the mapping.
        name: Name of the test.
        difference: What differs, a line each; empty when the test passed.
    """

    __test__ = False  # for pytest: this is no test class

    file: str
    line: int
    mapping: str
    name: str
    difference: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether what came out is what was expected."""
        return not self.difference


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRun:
    """What running the tests of some mappings found.

    Attributes:
        results: How each test ended.
        coverage: What the tests of each mapping touch.
    """

    __test__ = False  # for pytest: this is no test class

    results: tuple[TestResult, ...]
    coverage: tuple[Coverage, ...]


def run_tests(
    plans: tuple[Plan, ...], files: Mapping[str, str], readers: Readers
) -> tuple[TestResult, ...]:
    """Run the tests of checked mappings; the arguments are those of `run_all`."""
    return run_all(plans, files, readers).results


def run_all(
    plans: tuple[Plan, ...], files: Mapping[str, str], readers: Readers
) -> TestRun:
    """Run the tests of checked mappings, and measure what they touch.

    Args:
        plans: The mappings; keys for hashing are those that they were checked with.
        files: Path to text, as they were checked, fixtures included.
        readers: Reader's schemas by full name.
    """
    results: list[TestResult] = []
    coverage: list[Coverage] = []
    for plan in plans:
        document = read_yaml(files[plan.file], plan.file)
        touched: list[tuple[Notes, frozenset[str]]] = []
        for index, spec in enumerate(plan.spec.tests):
            notes = Notes()
            difference = difference_of(instrumented(plan, notes), spec, files, readers)
            results.append(
                TestResult(
                    file=plan.file,
                    line=document.place(("tests", index)).line,
                    mapping=plan.spec.name,
                    name=spec.name,
                    difference=difference,
                )
            )
            touched.append((notes, stated(wanted_of(spec))))
        coverage.append(coverage_of(plan, document, touched))
    return TestRun(results=tuple(results), coverage=tuple(coverage))


def difference_of(
    plan: Plan, spec: TestSpec, files: Mapping[str, str], readers: Readers
) -> tuple[str, ...]:
    """Return what differs in one test, or why it cannot be run."""
    try:
        return tuple(run_one(plan, spec, files, readers))
    except (RecordShapeError, FixtureError) as error:
        return (str(error),)


def wanted_of(spec: TestSpec) -> object:
    """Return what a test states."""
    return spec.expect if spec.expect is not None else spec.contains


class FixtureError(Exception):
    """A fixture is missing or cannot be read."""


def run_one(
    plan: Plan, spec: TestSpec, files: Mapping[str, str], readers: Readers
) -> Iterator[str]:
    """Give what differs in one test."""
    if (spec.expect is None) == (spec.contains is None):
        yield "a test has exactly one of `expect` and `contains`."
        return
    event = event_of_test(plan, spec, files, readers)
    record = record_of(plan, spec.meta)
    found = outcome(plan, event, record)
    differs = tuple(differences(wanted_of(spec), found, exact=spec.expect is not None))
    yield from differs
    if differs:
        yield from reason(plan, event, record)


def event_of_test(
    plan: Plan, spec: TestSpec, files: Mapping[str, str], readers: Readers
) -> dict[str, object] | None:
    """Return the event that a test maps; None for a record without a value."""
    if spec.record is None:
        return None
    value = merge_patch(fixture(plan.file, spec.base, files), spec.record)
    others = {name: reader.schema for name, reader in readers.items()}
    return event_of(value, others[plan.spec.source.schema_], others)


def fixture(file: str, base: str | None, files: Mapping[str, str]) -> object:
    """Return the record that a test begins with.

    Raises:
        FixtureError: There is none of that name, or it is no JSON.
    """
    if base is None:
        return {}
    path = normpath(join(dirname(file.replace("\\", "/")), base))
    text = {
        normpath(name.replace("\\", "/")): text for name, text in files.items()
    }.get(path)
    if text is None:
        raise FixtureError(f"there is no fixture {path}.")
    try:
        return (
            json.loads(text) if path.endswith(".json") else read_yaml(text, path).value
        )
    except json.JSONDecodeError as error:
        raise FixtureError(
            f"{path}:{error.lineno}: this is not JSON: {error.msg}."
        ) from None
    except ConfigurationError as error:
        raise FixtureError(str(error)) from None


def record_of(plan: Plan, meta: Mapping[str, object]) -> Record:
    """Return a record with the coordinates that `meta` gives, and defaults."""
    source = plan.spec.source
    topic = source.topic or (source.topics or ("",))[0] or "topic"
    key, headers = meta.get("key"), meta.get("headers")
    given = headers.items() if isinstance(headers, dict) else ()
    return Record(
        source=TopicPartition(
            str(meta.get("topic", topic)), number(meta, "partition", 0)
        ),
        offset=number(meta, "offset", 0),
        timestamp_ms=number(meta, "timestamp", -1),
        key=None if key is None else str(key).encode(),
        value=b"",
        headers=tuple((str(name), str(one).encode()) for name, one in given),
        epoch=0,
        size_bytes=0,
    )


def number(meta: Mapping[str, object], name: str, default: int) -> int:
    """Return a whole number of `meta`."""
    found = meta.get(name, default)
    return found if isinstance(found, int) else default


def outcome(plan: Plan, event: dict[str, object] | None, record: Record) -> object:
    """Return what a mapping makes of a record, in the words of a test."""
    write = plan.event if event is not None else plan.delete
    if write is None:
        return "skipped"
    try:
        mapped = compile_write(write, plan.route)(event, record)
    except MappingError as error:
        return {"rejected": error.code}
    except REFUSALS:
        rules = explain(plan, event, record).rules
        return {"rejected": f"unexpected ({rules[-1].name})"}
    return spoken(mapped)


def reason(
    plan: Plan, event: dict[str, object] | None, record: Record
) -> Iterator[str]:
    """Give which rule refused a record, and why, when one did."""
    for rule in explain(plan, event, record).rules:
        if rule.refused:
            yield f"rejected by {rule.name}: {rule.refused}"


def spoken(mapped: Mapped) -> object:
    """Return items in the words of a test: one alone, several as a list."""
    items: list[object] = [
        {
            "profile": {str(item.profile.kind): item.profile.value},
            "attributes": dict(item.attributes),
        }
        for item in mapped.items
    ]
    if not items:
        return "skipped"
    return items[0] if len(items) == 1 else items
