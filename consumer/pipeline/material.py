"""What a run is made of beside its settings: our schemas and the mappings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consumer.config.settings import Settings
from consumer.decode.readers import ReaderSchema, load_readers
from consumer.errors import ConfigurationError, FileFault
from consumer.mapping.examples import TestResult, run_tests
from consumer.mapping.loading import load
from consumer.mapping.mapping_set import MappingSet
from consumer.watch import read_folder

__all__ = [
    "SUFFIXES",
    "Material",
    "keys_of",
    "max_skew_ms",
    "read_material",
    "read_sources",
]

AVRO = frozenset({".avsc"})
MAPPINGS = frozenset({".yaml", ".yml", ".json"})  # fixtures stand beside mappings
SUFFIXES = AVRO | MAPPINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Schemas and mappings that were checked together.

    Attributes:
        readers: Our schemas by full name.
        mappings: The mappings, compiled.
        owners: Owner of each mapping that names one.
    """

    readers: Mapping[str, ReaderSchema]
    mappings: MappingSet
    owners: Mapping[str, str]


def keys_of(settings: Settings) -> dict[str, bytes]:
    """Return the configuration's keys for hashing, by name."""
    return {name: key.reveal().encode() for name, key in settings.keys.items()}


def max_skew_ms(settings: Settings) -> int:
    """Return how far ahead of its record an `occurred_at` may be, in milliseconds."""
    return int(settings.event_time.max_clock_skew_seconds * 1000)


def read_sources(
    settings: Settings,
) -> tuple[dict[str, ReaderSchema], dict[str, str]]:
    """Return our schemas by full name, and the texts of mappings and fixtures by path.

    Raises ConfigurationError with every fault of the schemas.
    """
    readers = load_readers(read_folder(settings.schemas, AVRO))
    return readers, read_folder(settings.mappings, MAPPINGS)


def read_material(settings: Settings) -> Material:
    """Read and check what `settings` name, and run the tests inside the mappings.

    Raises:
        ConfigurationError: With every fault of every file.
    """
    readers, files = read_sources(settings)
    skew = max_skew_ms(settings)
    mappings = load(files, readers, settings.topics, keys_of(settings), skew)
    if not mappings.plans:
        raise ConfigurationError((nothing_mapped(settings),))
    # The tests expect what the published test key gives, not a secret's hashes.
    tested = load(files, readers, settings.topics, None, skew)
    failed = [one for one in run_tests(tested.plans, files, readers) if not one.passed]
    if failed:
        raise ConfigurationError(tuple(map(failed_test, failed)))
    owners = {plan.spec.name: plan.spec.owner for plan in mappings.plans}
    return Material(
        readers=readers,
        mappings=mappings,
        owners={name: owner for name, owner in owners.items() if owner},
    )


def failed_test(result: TestResult) -> FileFault:
    """Return the fault of a test that fails."""
    return FileFault(
        code="C112",
        file=result.file,
        line=result.line,
        column=1,
        message=f"The test `{result.name}` of `{result.mapping}` fails.",
        mend="Mend the rule or the test; `consumer test` shows the difference.",
    )


def nothing_mapped(settings: Settings) -> FileFault:
    """Return the fault of a folder without a mapping: there would be nothing to read."""
    return FileFault(
        code="C111",
        file=str(settings.mappings),
        line=0,
        column=0,
        message="There is no mapping file in this folder.",
        mend="Point `mappings` to a folder with at least one NAME.yaml.",
    )
