"""Configuration files for the commands under test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

__all__ = ["ROOT", "Sections", "configuration", "sections"]

ROOT = Path(__file__).parents[2]

Sections = dict[str, object]


def sections(
    bootstrap: str, target: str, listen: str = "127.0.0.1:0", group: str = "offline"
) -> Sections:
    """Return what a quick run needs: short times, the shipped schemas and mappings."""
    return {
        "kafka": {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "fetch.wait.max.ms": 50,
        },
        "schemas": str(ROOT / "schemas/avro"),
        "mappings": str(ROOT / "schemas/mappings"),
        "target": {"client": "acme", "base_url": target, "timeout_seconds": 2},
        "decode": {"schema_grace_seconds": 0.5},
        "source": {"startup_timeout_seconds": 10},
        "drain_timeout_seconds": 10,
        "http": {"listen": listen},
    }


def configuration(
    file: Path, base: Sections, changes: Mapping[str, object] | None = None
) -> str:
    """Write `base` with `changes`, section by section, into `file`; return its path.

    JSON is YAML too, and needs no quoting of our own. A change to None leaves its key
    or section out.
    """
    merged: Sections = dict(base)
    for name, change in (changes or {}).items():
        held = merged.get(name)
        if isinstance(held, dict) and isinstance(change, dict):
            joined = {**held, **change}
            merged[name] = {
                key: value for key, value in joined.items() if value is not None
            }
        else:
            merged[name] = change
    kept = {name: value for name, value in merged.items() if value is not None}
    file.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    return str(file)
