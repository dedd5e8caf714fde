"""Mappings and schemas that change under a running process.

Rules:
    - The whole set is read and checked, its tests included, and then swapped in whole.
    - A set that is at fault changes nothing: the one in force stays, and log, `/status`
      and a metric say what is wrong with the other, until a good one comes.
    - What was read is one state of the folders: nothing in them changed between the
      time before the first file was read and the time after the last. So a swap of a
      link in the middle gives no mixture.

Reading and checking happen in a thread, the swap itself on the loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from consumer.config.settings import Settings
from consumer.errors import ConfigurationError, DependencyError
from consumer.pipeline.in_force import InForce
from consumer.pipeline.material import SUFFIXES, Material, read_material
from consumer.watch import POLL_SECONDS, Folder

__all__ = ["Reloader", "Result"]

log = logging.getLogger(__name__)

MOST_READS = 5  # of folders that change while they are read; then the next poll
MOST_TOLD = 20  # faults of one set in the log and in `/status`

Result = Callable[[str], object]


class Reloader:
    """Watches the folders of `settings`. Owned by the run; lives on its loop.

    Attributes:
        refused: What is wrong with the newest set on disk; empty when it is in force.
    """

    def __init__(
        self,
        settings: Settings,
        in_force: InForce,
        put_in_force: Callable[[Material], Awaitable[None]],
        count: Result,
    ) -> None:
        """Begin with what was read at the start.

        Args:
            settings: Which folders.
            in_force: What is in force now.
            put_in_force: Swaps; raises DependencyError when the outside is not ready.
            count: Counts a reload by its result: `swapped`, `unchanged`, `refused` or
                `postponed`.
        """
        self._settings = settings
        self._in_force = in_force
        self._put_in_force = put_in_force
        self._count = count
        self._folder = Folder((settings.schemas, settings.mappings), SUFFIXES)
        self._is_owed = True  # what changed between the start's reading and now
        self.refused: tuple[str, ...] = ()

    def status(self) -> dict[str, object]:
        """Return what `/status` says of the mappings."""
        mappings = self._in_force.mappings
        return {
            "set": mappings.version,
            "files": dict(mappings.files),
            "refused": list(self.refused),
        }

    async def watch(self, poll_seconds: float = POLL_SECONDS) -> None:
        """Look again and again, for ever; what fails to read counts as a change."""
        while True:
            await asyncio.sleep(poll_seconds)
            if await asyncio.to_thread(self._folder.has_changed) or self._is_owed:
                await self.reload()

    async def reload(self) -> None:
        """Put what stands in the folders in force, if it is right."""
        self._is_owed = False
        try:
            material = await asyncio.to_thread(self._read)
        except ConfigurationError as error:
            self._refuse(tuple(map(str, error.faults)))
            return
        except Exception as error:
            # Whatever it was: the set in force is right, and goes on.
            log.exception("the new mappings cannot be judged")
            self._refuse((f"unexpected: {type(error).__name__}; see the log",))
            return
        if material is None:
            self._is_owed = True
            return
        self.refused = ()
        before = self._in_force.material
        if is_same(before, material):
            self._count("unchanged")
            return
        try:
            await self._put_in_force(material)
        except DependencyError as error:
            self._is_owed = True
            self._count("postponed")
            log.warning("new mappings wait", extra={"detail": str(error)})
            return
        self._count("swapped")
        log.info("mappings swapped", extra=difference(before, material))

    def _read(self) -> Material | None:
        """Return what the folders hold; None while they keep changing. Blocks.

        Raises:
            ConfigurationError: It is at fault.
        """
        for _ in range(MOST_READS):
            try:
                material = read_material(self._settings)
            except ConfigurationError:
                if not self._folder.has_changed():
                    raise
                continue
            if not self._folder.has_changed():
                return material
        return None

    def _refuse(self, faults: tuple[str, ...]) -> None:
        self.refused = faults[:MOST_TOLD]
        self._count("refused")
        log.error(
            "new mappings are refused; the old ones stay in force",
            extra={
                "set": self._in_force.mappings.version,
                "faults": list(self.refused),
                "more": max(0, len(faults) - MOST_TOLD),
            },
        )


def is_same(old: Material, new: Material) -> bool:
    """Return whether nothing is different that a record could show."""
    return old.mappings.version == new.mappings.version and old.readers == new.readers


def difference(old: Material, new: Material) -> dict[str, object]:
    """Return old and new version of the set, and of each file that differs."""
    return {
        "set": arrow(old.mappings.version, new.mappings.version),
        "files": changed(old.mappings.files, new.mappings.files),
        "schemas": changed(fingerprints(old), fingerprints(new)),
    }


def changed(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Return name to old and new version of whatever is not the same."""
    return {
        name: arrow(old.get(name), new.get(name))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    }


def fingerprints(material: Material) -> dict[str, str]:
    """Return each schema's full name and fingerprint."""
    return {
        name: f"{reader.fingerprint:016x}" for name, reader in material.readers.items()
    }


def arrow(old: str | None, new: str | None) -> str:
    """Return a change, for a line of the log."""
    return f"{old or 'none'} -> {new or 'none'}"
