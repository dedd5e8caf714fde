"""Where the shipped schemas and mappings are: in the wheel, or in a checkout."""

from __future__ import annotations

from pathlib import Path

from consumer.errors import DependencyError

__all__ = ["shipped_mappings", "shipped_schemas"]

PACKAGE = Path(__file__).resolve().parent.parent


def folder() -> Path:
    """Return the folder that the wheel carries, or the checkout's beside the package.

    Raises:
        DependencyError: There is neither.
    """
    for candidate in (PACKAGE / "schemas", PACKAGE.parent / "schemas"):
        if (candidate / "avro").is_dir():
            return candidate
    raise DependencyError("the shipped schemas are missing: install the package again")


def shipped_schemas() -> Path:
    """Return the folder of the shipped Avro schemas.

    Raises DependencyError when there is none.
    """
    return folder() / "avro"


def shipped_mappings() -> Path:
    """Return the folder of the shipped mapping files.

    Raises DependencyError when there is none.
    """
    return folder() / "mappings"
