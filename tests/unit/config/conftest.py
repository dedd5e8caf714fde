"""A folder in which a configuration finds what it names."""

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the two folders that the defaults name."""
    (tmp_path / "schemas" / "avro").mkdir(parents=True)
    (tmp_path / "schemas" / "mappings").mkdir()
    return tmp_path
