"""Mapping files to a set that can be used, or to every fault that there is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from consumer.errors import ConfigurationError, FileFault
from consumer.mapping.advice import advise
from consumer.mapping.checking import Checked, Readers, check_file
from consumer.mapping.defaults import Inherited, folders_of, unused
from consumer.mapping.fixtures import check_fixtures
from consumer.mapping.mapping_set import MappingSet
from consumer.mapping.plan import MAX_SKEW_MS
from consumer.mapping.set_checks import check_set

__all__ = ["CheckedSet", "check", "load"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSet:
    """What a check found.

    Attributes:
        faults: In order of file and place.
        mappings: The set; None when there is an error.
    """

    faults: tuple[FileFault, ...]
    mappings: MappingSet | None


def check(
    files: Mapping[str, str],
    readers: Readers,
    topics: Mapping[str, str],
    keys: Mapping[str, bytes] | None,
    max_skew_ms: int = MAX_SKEW_MS,
) -> CheckedSet:
    """Check a set of mapping files.

    Args:
        files: Path to text. Files that do not end in `.yaml` or `.yml`, or whose name
            begins with `_`, are no mappings; `_defaults.yaml` is for those around it.
        readers: Reader's schemas by full name.
        topics: Logical name of a topic to its real name.
        keys: Keys for hashing by name; None stands for the published test key.
        max_skew_ms: How far ahead of its record's timestamp an `occurred_at` may be.
    """
    named = sorted(path for path in files if is_mapping_file(path))
    faults: list[FileFault] = []
    folders = folders_of(files, faults)
    above = [Inherited.of(path, folders) for path in named]
    checked = [
        check_file(path, files[path], readers, keys, inherited, max_skew_ms=max_skew_ms)
        for path, inherited in zip(named, above, strict=True)
    ]
    check_set(checked)
    for one in checked:
        advise(one, readers)
    faults += check_fixtures(checked, files)
    faults += [fault for one in checked for fault in one.faults]
    right = all(fault.severity != "error" for fault in faults)
    if right:  # else a file that was not read to its end may take what seems unused
        faults += unused(folders, above)
    faults.sort(key=lambda fault: (fault.file, fault.line, fault.column, fault.code))
    return CheckedSet(
        faults=tuple(faults), mappings=set_of(checked, topics) if right else None
    )


def is_mapping_file(path: str) -> bool:
    """Return whether a file holds a mapping, by its name."""
    name = path.replace("\\", "/").rpartition("/")[2]
    return name.endswith((".yaml", ".yml")) and not name.startswith(("_", "."))


def set_of(checked: list[Checked], topics: Mapping[str, str]) -> MappingSet:
    """Return the set of files without a fault."""
    plans = [one.plan for one in checked if one.plan is not None]
    plans.sort(key=lambda plan: plan.spec.name)
    versions = {plan.file: plan.version for plan in plans}
    text = json.dumps({plan.spec.name: plan.version for plan in plans}, sort_keys=True)
    return MappingSet(
        version=hashlib.sha256(text.encode()).hexdigest()[:16],
        files=versions,
        plans=tuple(plans),
        real=dict(topics),
    )


def load(
    files: Mapping[str, str],
    readers: Readers,
    topics: Mapping[str, str],
    keys: Mapping[str, bytes] | None,
    max_skew_ms: int = MAX_SKEW_MS,
) -> MappingSet:
    """Return a set that can be used; the arguments are those of `check`.

    Raises:
        ConfigurationError: With every fault of every file.
    """
    found = check(files, readers, topics, keys, max_skew_ms)
    if found.mappings is None:
        raise ConfigurationError(found.faults)
    return found.mappings
