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
from consumer.mapping.explaining import explain
from consumer.mapping.plan import Plan
from consumer.mapping.record_json import RecordShapeError, event_of, merge_patch
from consumer.mapping.specification import TestSpec
from consumer.model import Mapped, Record, TopicPartition
from consumer.yamlfile import read_yaml

__all__ = ["TestResult", "record_of", "run_tests"]


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


def run_tests(
    plans: tuple[Plan, ...], files: Mapping[str, str], readers: Readers
) -> tuple[TestResult, ...]:
    """Run the tests of checked mappings.

    Args:
        plans: The mappings; keys for hashing are those that they were checked with.
        files: Path to text, as they were checked, fixtures included.
        readers: Reader's schemas by full name.
    """
    return tuple(result for plan in plans for result in tests_of(plan, files, readers))


def tests_of(
    plan: Plan, files: Mapping[str, str], readers: Readers
) -> Iterator[TestResult]:
    """Give the result of each test of one file."""
    document = read_yaml(files[plan.file], plan.file)
    for index, spec in enumerate(plan.spec.tests):
        try:
            difference = tuple(run_one(plan, spec, files, readers))
        except (RecordShapeError, FixtureError) as error:
            difference = (str(error),)
        yield TestResult(
            file=plan.file,
            line=document.place(("tests", index)).line,
            mapping=plan.spec.name,
            name=spec.name,
            difference=difference,
        )


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
    found = outcome(plan, event, record_of(plan, spec.meta))
    exact = spec.expect is not None
    wanted = spec.expect if exact else spec.contains
    yield from differences(wanted, found, exact=exact)


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


# ---------------------------------------------------------------------- differences


def differences(
    wanted: object, found: object, *, exact: bool, path: str = ""
) -> Iterator[str]:
    """Give a line for everything that is not as wanted."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        yield from keys_differ(wanted, found, exact=exact, path=path)
    elif isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            yield f"{path or 'items'}: expected {len(wanted)}, found {len(found)}"
        for index, (left, right) in enumerate(zip(wanted, found, strict=False)):
            inner = f"{path}[{index}]"
            yield from differences(left, right, exact=exact, path=inner)
    elif wanted != found or type(wanted) is not type(found):
        where = f"{path}: " if path else ""
        yield f"{where}expected {shown(wanted)}, found {shown(found)}"


def keys_differ(
    wanted: dict[str, object], found: dict[str, object], *, exact: bool, path: str
) -> Iterator[str]:
    """Give a line for everything that is not as wanted between two mappings."""
    for name, value in wanted.items():
        inner = f"{path}.{name}" if path else name
        if name not in found:
            yield f"{inner}: expected {shown(value)}, found nothing"
        else:
            yield from differences(value, found[name], exact=exact, path=inner)
    if not exact:
        return
    for name, value in found.items():
        if name not in wanted:
            inner = f"{path}.{name}" if path else name
            yield f"{inner}: expected nothing, found {shown(value)}"


def shown(value: object) -> str:
    """Return a value as JSON, for a person."""
    return json.dumps(value, ensure_ascii=False, default=str)
