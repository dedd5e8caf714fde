"""What a run is made of beside its settings: our schemas and the mappings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consumer.config.settings import Settings
from consumer.decode.readers import ReaderSchema, load_readers
from consumer.errors import ConfigurationError, FileFault
from consumer.mapping.loading import load
from consumer.mapping.mapping_set import MappingSet
from consumer.watch import read_folder

__all__ = ["Material", "read_material"]

AVRO = frozenset({".avsc"})
YAML = frozenset({".yaml", ".yml"})


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


def read_material(settings: Settings) -> Material:
    """Read and check what `settings` name.

    Raises:
        ConfigurationError: With every fault of every file.
    """
    readers = load_readers(read_folder(settings.schemas, AVRO))
    mappings = load(
        read_folder(settings.mappings, YAML),
        readers,
        settings.topics,
        {name: key.reveal().encode() for name, key in settings.keys.items()},
    )
    if not mappings.plans:
        raise ConfigurationError((nothing_mapped(settings),))
    owners = {plan.spec.name: plan.spec.owner for plan in mappings.plans}
    return Material(
        readers=readers,
        mappings=mappings,
        owners={name: owner for name, owner in owners.items() if owner},
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
