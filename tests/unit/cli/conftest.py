"""A configuration that is right, as a file."""

from pathlib import Path

import pytest

from consumer.cli.shipped import shipped_mappings, shipped_schemas


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration file that names the shipped schemas and mappings."""
    path = tmp_path / "consumer.yaml"
    path.write_text(
        f"""\
kafka:
  bootstrap.servers: 127.0.0.1:1
  group.id: offline-profiles
schemas: {shipped_schemas()}
mappings: {shipped_mappings()}
target:
  client: acme
"""
    )
    return path
