"""What a file may say and certainly does not mean: found after it was proved.

Rules:
- Only what is certain is an error: a condition that no record meets, a comparison that
  can never hold, a test that can never pass.
- What is likely, and no more, is a warning: the file runs all the same.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from consumer.errors import MappingError
from consumer.mapping.cel import CelScope, compile_condition
from consumer.mapping.checking import Checked, Readers
from consumer.mapping.comparisons import Judge, comparisons, type_at
from consumer.mapping.faults import FaultCode, Faults, did_you_mean
from consumer.mapping.file_checks import attributes_of
from consumer.mapping.paths import Scope
from consumer.mapping.personal import check_personal
from consumer.mapping.reads import Origin
from consumer.mapping.specification import MappingSpec, TestSpec
from consumer.mapping.step import StepError
from consumer.mapping.value_type import Kind, ValueType, from_avro
from consumer.yamlfile import Path, Place

__all__ = ["advise"]

WORD = re.compile(r"[A-Za-z_]\w*")


def advise(checked: Checked, readers: Readers) -> None:
    """Note in a file what it cannot mean.

    Args:
        checked: The file, after its own check.
        readers: Reader's schemas by full name.
    """
    spec, faults = checked.spec, checked.notes
    if spec is None or faults is None:
        return
    check_expected(spec, faults)
    reader = readers.get(spec.source.schema_)
    if reader is None:
        return
    others = {full: other.schema for full, other in readers.items()}
    event = from_avro(reader.schema, others)
    roots = {"event": event, **element_of(spec, event)}
    for path, text in expressions(spec):
        Conditions(roots, faults, path).check(text)
    check_personal(spec, faults, reader.schema, others)


def element_of(spec: MappingSpec, event: ValueType) -> Mapping[str, ValueType]:
    """Return the type of an element of `for_each`, by its name."""
    origin = Origin.of(spec)
    found = type_at(event, origin.path.split(".")) if origin.name else None
    if found is None or found.element is None:
        return {}
    return {origin.name: found.element}


def expressions(spec: MappingSpec) -> Iterator[tuple[Path, str]]:
    """Give every condition and expression of a file, and where it stands."""
    if spec.when is not None:
        yield ("when",), spec.when
    for index, case in enumerate(spec.cases):
        if case.when is not None:
            yield ("cases", index, "when"), case.when
    for name, rule in spec.attributes.items():
        if rule.cel is not None:
            yield ("attributes", name, "cel"), rule.cel
    for index, case in enumerate(spec.cases):
        for name, rule in case.attributes.items():
            if rule.cel is not None:
                yield ("cases", index, "attributes", name, "cel"), rule.cel


# ----------------------------------------------------------------------- conditions


@dataclass(slots=True)
class Conditions:
    """The check of one expression. Owned by `advise`."""

    roots: Mapping[str, ValueType]
    faults: Faults
    path: Path

    def check(self, text: str) -> None:
        """Note what can never hold in the expression `text`, if it is one at all."""
        place = self.faults.document.place(self.path)
        if any(Place(f.line, f.column) == place for f in self.faults.found):
            return
        if self.unknown_symbols(text) or self.path[-1] != "when":
            return
        reason = Judge(self.type_of, self.is_false).never(text)
        if reason:
            self.faults.add(
                FaultCode.NEVER_TRUE,
                self.path,
                f"No record meets this condition: {reason}.",
                "Mend it, or remove what it guards.",
            )

    def type_of(self, path: str) -> ValueType | None:
        """Return the type at a path of an expression; None when it is unknown."""
        first, _, rest = path.partition(".")
        root = self.roots.get(first)
        return None if root is None else type_at(root, rest.split("."))

    def unknown_symbols(self, text: str) -> bool:
        """Note symbols that an enum does not have; say whether there were any."""
        before = len(self.faults.found)
        for one in comparisons(text):
            found = self.type_of(one.path)
            if found is None or found.kind is not Kind.ENUM:
                continue
            for value in one.values:
                if value not in found.symbols:
                    self.faults.add(
                        FaultCode.NO_SUCH_VALUE,
                        self.path,
                        f"The enum `{one.path}` has no `{value}`.",
                        did_you_mean(str(value), found.symbols),
                    )
        return len(self.faults.found) > before

    def is_false(self, text: str) -> bool:
        """Return whether an expression that names nothing of a record is false."""
        if {"event", "meta", *self.roots} & set(WORD.findall(text)):
            return False
        try:
            condition = compile_condition(text, nowhere())
            return not condition.evaluate({})
        except (StepError, MappingError):  # its own check says what is wrong
            return False


@functools.cache
def nowhere() -> CelScope:
    """Return the scope of an expression that names nothing of a record."""
    return CelScope.of(Scope(event=None, schema="meta"))


# ---------------------------------------------------------------------------- tests


def check_expected(spec: MappingSpec, faults: Faults) -> None:
    """Note tests that expect an attribute that no rule makes."""
    deleted, made = set[str](), set[str]()
    for name, path in attributes_of(spec):
        (deleted if path[0] == "on_delete" else made).add(name)
    if spec.stamp is not None:
        made.add(spec.stamp)
    for index, test in enumerate(spec.tests):
        known = deleted if test.record is None else made
        for path, name in expected_names(test):
            if name not in known:
                faults.add(
                    FaultCode.UNKNOWN_EXPECTED,
                    ("tests", index, *path, name),
                    f"The test expects `{name}`, and no rule makes it.",
                    did_you_mean(name, known),
                    at_key=True,
                )


def expected_names(test: TestSpec) -> Iterator[tuple[Path, str]]:
    """Give every attribute that a test expects, and where it stands in the test."""
    for key, wanted in (("expect", test.expect), ("contains", test.contains)):
        listed = isinstance(wanted, list)
        for index, item in enumerate(wanted if isinstance(wanted, list) else [wanted]):
            attributes = item.get("attributes") if isinstance(item, dict) else None
            if isinstance(attributes, dict):
                path: Path = (key, *((index,) if listed else ()), "attributes")
                yield from ((path, str(name)) for name in attributes)
