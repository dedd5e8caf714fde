"""What a fault says, in the form of the catalogue."""

from __future__ import annotations

from pathlib import Path

from consumer.errors import FileFault

__all__ = ["spoken"]


def spoken(fault: FileFault, folder: Path) -> str:
    """Return `place message | mend`: the place is a line's, or a name without spaces."""
    place = f"{fault.line}:{fault.column}" if fault.line else fault.file
    text = f"{place} {fault.message.strip()} | {fault.mend}"
    return text.replace(f"{folder}/", "").replace(str(folder), ".")
