"""An operator's overrides: put in force, and watched in their file.

Rules:
    - A file that is at fault changes nothing: what was in force stays, and log, `/status`
      and a metric say what is wrong, until a good one comes. A file that is gone is at
      fault: a hold must not end because a volume was not mounted. An empty one is right,
      and overrides nothing.
    - It is judged against the mappings in force; another set of them judges it anew, and
      what is said of a mapping that is gone is dropped.
    - A mapping's share of the calls is kept before a call's first byte: who has none
      left is held until calls of it leave the window.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from pathlib import Path

from consumer.errors import ConfigurationError, FileFault
from consumer.mapping.mapping_set import MappingSet
from consumer.mapping.overrides import (
    NO_OVERRIDES,
    Mode,
    Override,
    Overrides,
    check_overrides,
    load_overrides,
)
from consumer.model import PauseReason, Work
from consumer.pipeline.in_force import InForce
from consumer.pipeline.intake import Intake
from consumer.schedule.charges import Charges
from consumer.schedule.scheduler import Scheduler
from consumer.telemetry import names
from consumer.telemetry.metrics import Metrics
from consumer.watch import POLL_SECONDS, read_file

__all__ = ["OverrideDesk", "OverrideFile", "read_overrides"]

log = logging.getLogger(__name__)

HELD = "the overrides file says otherwise"


def read_overrides(file: Path | None, mappings: MappingSet) -> Overrides:
    """Return what a file says of some mappings; nothing when there is no file.

    Raises ConfigurationError with every fault of the file.
    """
    if file is None:
        return NO_OVERRIDES
    return load_overrides(read_file(file), str(file), mappings)


class OverrideDesk:
    """Puts overrides in force, and keeps shares of the calls. Owned by the pipeline.

    Attributes:
        charges: The calls of each mapping.
    """

    def __init__(
        self,
        *,
        in_force: InForce,
        scheduler: Scheduler,
        intake: Intake,
        charges: Charges,
        clock: Callable[[], float],
    ) -> None:
        self._in_force = in_force
        self._scheduler = scheduler
        self._guarding = scheduler.guarding
        self._intake = intake
        self.charges = charges
        self._clock = clock
        self.renew()

    def override(self, overrides: Overrides) -> None:
        """Put overrides in force; what they change is mapped anew if it was not sent."""
        before = self._in_force.overrides.of
        self._in_force.override(overrides)
        after = self._in_force.overrides.of
        names = {*before, *after}
        changed = [one for one in names if before.get(one) != after.get(one)]
        taken = self._guarding.override(changed, self._names(Mode.LIVE))
        self._hold()
        self._intake.retake(taken)

    def renew(self) -> None:
        """Follow another set: what was said of mappings that it has not is over."""
        _ = self._guarding.override((), self._names(Mode.LIVE))
        self._hold()

    def follow(self, now: float) -> None:
        """End the holds of mappings that may make a call again."""
        for mapping in self._guarding.held(PauseReason.QUOTA):
            if self.charges.may_go_on(mapping, now):
                self._guarding.release(mapping, PauseReason.QUOTA)

    def may_charge(self, work: Work, now: float) -> bool:
        """Charge the call of a work; False when one of its mappings may make none.

        That mapping is held then, so its work waits where it is.
        """
        mappings = mappings_of(work)
        spent = self.charges.spent(mappings, now) if self.charges.shares else None
        if spent is not None:
            self._spend_up(spent, now)
            # One that claims the topic no more does not hold it: its last items go.
            if not self._scheduler.may_send(work, now):
                return False
        self.charges.spend(mappings, now)
        return True

    def _spend_up(self, mapping: str, now: float) -> None:
        frees_at = self.charges.frees_at(mapping)
        wait = 0.0 if frees_at is None else frees_at - now
        share = self.charges.shares[mapping]
        if mapping not in self._guarding.held(PauseReason.QUOTA):
            log.warning(
                "a mapping's share of the calls is used up: it is held",
                extra={"mapping": mapping, "calls_per_day": share},
            )
        ends_when = (
            f"calls of it leave the rolling window in {wait:.0f} s, or calls_per_day "
            f"({share}) is overridden with more"
        )
        self._guarding.hold(mapping, PauseReason.QUOTA, ends_when, now)

    def _hold(self) -> None:
        """Hold what is to be held, let the rest go, and give each its share."""
        now, wanted = self._clock(), self._names(Mode.HOLD)
        for mapping in self._guarding.held(PauseReason.OVERRIDE):
            if mapping not in wanted:
                self._guarding.release(mapping, PauseReason.OVERRIDE)
        for mapping in wanted:
            self._guarding.hold(mapping, PauseReason.OVERRIDE, HELD, now)
        overrides = self._in_force.overrides.of.items()
        self.charges.shares = {
            name: one.calls_per_day for name, one in overrides if one.calls_per_day
        }
        self.follow(now)

    def _names(self, mode: Mode) -> Collection[str]:
        return self._in_force.overrides.names(mode)


def said_of(override: Override) -> dict[str, object]:
    """Return what an override says, key by key."""
    return override.model_dump(mode="json", exclude_none=True)


def mappings_of(work: Work) -> tuple[str, ...]:
    """Return the mappings that made a work, each once."""
    parts = work.parts
    if len(parts) == 1:
        return parts[0].item.route.mappings
    names = (name for part in parts for name in part.item.route.mappings)
    return tuple(dict.fromkeys(names))


class OverrideFile:
    """Watches the overrides file. Owned by the run; lives on its loop.

    Attributes:
        refused: What is wrong with the newest file; empty when it is in force.
    """

    def __init__(
        self,
        file: Path | None,
        in_force: InForce,
        put_in_force: Callable[[Overrides], None],
        metrics: Metrics,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Begin with what was read at the start.

        Args:
            file: Which file; None for none.
            in_force: What is in force now.
            put_in_force: Puts other overrides in force.
            metrics: Where a file that was judged is counted by its result: `swapped`,
                `unchanged` or `refused`.
            wall: The time of day, Unix seconds.
        """
        self._file = file
        self._current = in_force
        self._put_in_force = put_in_force
        self._count = metrics.counter(names.OVERRIDE_RELOADS)
        self._wall = wall
        self._judged: tuple[str, str] | None = None
        self._since: dict[str, tuple[Override, float]] = {}
        self.refused: tuple[str, ...] = ()
        self._date()

    async def watch(self, poll_seconds: float = POLL_SECONDS) -> None:
        """Look again and again, for ever; if there is a file."""
        while self._file is not None:
            await self.reload(self._file)
            await asyncio.sleep(poll_seconds)

    async def reload(self, file: Path) -> None:
        """Put what stands in a file in force, if it is new and right."""
        mappings = self._current.material.mappings
        try:
            text = await asyncio.to_thread(read_file, file)
        except ConfigurationError as error:
            self._refuse(error.faults, ("", str(error)))
            return
        seen = text, mappings.version
        if seen == self._judged:
            return
        try:
            found = await asyncio.to_thread(check_overrides, text, str(file), mappings)
        except Exception:
            # Whatever it was: what is in force is right, and goes on.
            log.exception("the overrides file cannot be judged")
            self._refuse((), seen)
            return
        if self._current.material.mappings is not mappings:
            return  # the mappings changed meanwhile: the next look judges again
        if found.overrides is None:
            self._refuse(found.faults, seen)
        else:
            self._take(found.overrides, found.faults, seen)

    def _take(
        self,
        overrides: Overrides,
        warnings: tuple[FileFault, ...],
        seen: tuple[str, str],
    ) -> None:
        """Put overrides in force, unless they are."""
        self._judged, self.refused = seen, ()
        if overrides.of == self._current.overrides.of:
            self._count("unchanged").inc()
            return
        self._put_in_force(overrides)
        self._count("swapped").inc()
        said = {name: said_of(one) for name, one in overrides.of.items()}
        also = [warning.message for warning in warnings]
        log.warning("overrides changed", extra={"overrides": said, "also": also})

    def in_force(self) -> list[tuple[dict[str, object], float]]:
        """Return each override in force, and since when, Unix seconds."""
        self._date()  # a swap may have dropped some
        return [
            ({"mapping": name, **said_of(one)}, since)
            for name, (one, since) in sorted(self._since.items())
        ]

    def _date(self) -> None:
        """Note since when each override is in force."""
        now, known = self._wall(), self._since
        self._since = {
            name: known[name] if name in known and known[name][0] == one else (one, now)
            for name, one in self._current.overrides.of.items()
        }

    def _refuse(self, faults: tuple[FileFault, ...], seen: tuple[str, str]) -> None:
        if seen == self._judged:
            return
        self._judged = seen
        self.refused = tuple(map(str, faults)) or ("unexpected; see the log",)
        self._count("refused").inc()
        log.error(
            "the overrides file is refused; the old overrides stay in force",
            extra={"file": str(self._file), "faults": list(self.refused)},
        )
