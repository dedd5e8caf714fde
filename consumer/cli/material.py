"""Mappings and schemas for the commands of a mapping author, with or without a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from consumer.cli.files import load_settings
from consumer.cli.shipped import shipped_mappings, shipped_schemas
from consumer.config.load import parse
from consumer.config.settings import Settings
from consumer.decode.readers import ReaderSchema
from consumer.errors import UsageError
from consumer.mapping.loading import load
from consumer.mapping.mapping_set import MappingSet
from consumer.pipeline.material import max_skew_ms, read_sources

__all__ = ["Material", "read_material", "read_text", "settings_for"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What an author's command works on.

    Attributes:
        files: Path to text of the mapping files and their fixtures.
        readers: Readers' schemas by full name.
        mappings: The mappings, checked and compiled.
    """

    files: Mapping[str, str]
    readers: Mapping[str, ReaderSchema]
    mappings: MappingSet


def settings_for(
    config: str | None, schemas: str | None, mappings: str | None
) -> Settings:
    """Return the settings of `config`, or those of a client that nobody has.

    Raises:
        UsageError: A folder is named beside a configuration that names its own.
    """
    if config is not None:
        if schemas is not None or mappings is not None:
            raise UsageError("--config names the folders: leave the others out")
        return load_settings(config).settings
    text = msgspec.yaml.encode({
        "kafka": {"bootstrap.servers": "none", "group.id": "none"},
        "schemas": str(Path(schemas or shipped_schemas()).absolute()),
        "mappings": str(Path(mappings or shipped_mappings()).absolute()),
        "target": {"client": "client"},
    })
    return parse(text.decode(), "the command line", {}, Path.cwd()).settings


def read_material(
    settings: Settings, keys: Mapping[str, bytes] | None, only: Path | None = None
) -> Material:
    """Read, check and compile what `settings` name.

    Args:
        settings: Which folders, and the topics' real names.
        keys: Keys for hashing; None stands for the published test key.
        only: One mapping file in place of the folder.

    Raises:
        UsageError: `only` is no mapping file by its name.
    """
    readers, files = read_sources(settings)
    if only is not None:
        files = {str(only): read_text(only)}
    mappings = load(files, readers, settings.topics, keys, max_skew_ms(settings))
    if only is not None and not mappings.plans:
        raise UsageError(f"{only} is no mapping file: its name must end in .yaml")
    return Material(files=files, readers=readers, mappings=mappings)


def read_text(path: Path) -> str:
    """Return the text of a file that a person named.

    Raises:
        UsageError: It is not there, or no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {type(error).__name__}") from None
