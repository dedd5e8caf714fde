"""Schemas and mappings, read from their folders."""

import dataclasses
from pathlib import Path

import pytest

from consumer.config.settings import Settings
from consumer.errors import ConfigurationError
from consumer.pipeline.material import read_material
from tests.unit.pipeline.kit import EVENT, MAPPING, settings_of


def settings_with(folder: Path, mapping: str) -> Settings:
    (folder / "t.Event.avsc").write_text(EVENT)
    (folder / "ev.yaml").write_text(mapping)
    return dataclasses.replace(settings_of(), schemas=folder, mappings=folder)


def test_schemas_mappings_and_owners_are_read_together(tmp_path: Path) -> None:
    """What the settings name is read, checked and compiled; owners are kept by name."""
    settings = settings_with(tmp_path, MAPPING.format(name="ev", topic="crm"))
    material = read_material(dataclasses.replace(settings, topics={"crm": "real"}))
    assert set(material.readers) == {"t.Event"}
    assert material.mappings.topics == {"real"}
    assert material.owners == {"ev": "ev-team"}


def test_a_mapping_that_is_wrong_is_a_fault_of_its_file(tmp_path: Path) -> None:
    """Every fault is told with its file before anything runs."""
    wrong = MAPPING.format(name="ev", topic="crm").replace("event.n", "event.m")
    with pytest.raises(ConfigurationError, match=r"ev\.yaml"):
        read_material(settings_with(tmp_path, wrong))
