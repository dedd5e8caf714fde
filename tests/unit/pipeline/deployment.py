"""A folder of mappings that is deployed as Kubernetes does it: by swapping a link."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from consumer.config.settings import Settings
from tests.unit.pipeline.kit import EVENT, settings_of

__all__ = ["Deployment", "mapping_text"]


def mapping_text(name: str, mark: str, *, topic: str = "events", rest: str = "") -> str:
    """Return a mapping whose attribute `NAMEMark` says which deployment made it."""
    return f"""\
version: 1
name: {name}
owner: {name}-team
source: {{topic: {topic}, schema: t.Event}}
profile:
  - third_party_id: {{from: id}}
attributes:
  {name}Mark: {{value: "{mark}"}}
  {name}N: n
{rest}"""


class Deployment:
    """The folders of one installation. Owned by its test.

    Attributes:
        mappings: Where the mappings are, each a link through `..data`.
        settings: The defaults, with these folders.
    """

    def __init__(self, folder: Path, files: Mapping[str, str]) -> None:
        schemas, self.mappings = folder / "avro", folder / "mappings"
        schemas.mkdir()
        self.mappings.mkdir()
        (schemas / "t.Event.avsc").write_text(EVENT)
        self._count = 0
        self.deploy(files)
        self.settings: Settings = dataclasses.replace(
            settings_of(), schemas=schemas, mappings=self.mappings
        )

    def deploy(self, files: Mapping[str, str]) -> None:
        """Put exactly `files` there, all at the same moment."""
        self._count += 1
        version = self.mappings / f"..{self._count}"
        version.mkdir()
        for name, text in files.items():
            (version / name).write_text(text)
        link = self.mappings / "..data"
        fresh = self.mappings / "..fresh"
        fresh.symlink_to(version.name)
        fresh.rename(link)
        for path in self.mappings.glob("*.*"):
            if path.name[:2] != ".." and path.name not in files:
                path.unlink()
        for name in files:
            place = self.mappings / name
            if not place.is_symlink():
                place.symlink_to(f"..data/{name}")
