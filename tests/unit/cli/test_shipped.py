"""The shipped schemas and mappings: in the wheel, or in a checkout."""

from pathlib import Path

import pytest

from consumer.cli import shipped
from consumer.errors import DependencyError


def test_the_wheel_carries_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What lies inside the package goes before what lies beside it."""
    package = tmp_path / "site-packages" / "consumer"
    monkeypatch.setattr(shipped, "PACKAGE", package)
    with pytest.raises(DependencyError, match="the shipped schemas are missing"):
        shipped.shipped_schemas()
    (package.parent / "schemas" / "avro").mkdir(parents=True)
    assert shipped.shipped_schemas() == package.parent / "schemas" / "avro"
    (package / "schemas" / "avro").mkdir(parents=True)
    assert shipped.shipped_schemas() == package / "schemas" / "avro"
    assert shipped.shipped_mappings() == package / "schemas" / "mappings"
