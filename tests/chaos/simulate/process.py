"""One process: the real pipeline on loops of its own.

Its end is a crash (nothing of it runs any more, and only what has left it remains) or a
drain. It may stand still: wholly, as by SIGSTOP, or its event loop only, as when
somebody blocks it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections.abc import Callable

from consumer.config.settings import (
    DecodeSettings,
    GuardSettings,
    KafkaSettings,
    LimitSettings,
    RetrySettings,
    Settings,
    SourceSettings,
    TargetSettings,
)
from consumer.mapping.overrides import NO_OVERRIDES, Mode, Override, Overrides
from consumer.model import Pause
from consumer.pipeline.assembly import Outside, assemble, source_options
from consumer.pipeline.in_force import InForce
from consumer.pipeline.letter_topics import LetterTopics
from consumer.pipeline.observe import Observer
from consumer.pipeline.pipeline import Pipeline
from consumer.pipeline.ports import Registry
from consumer.pipeline.topics import topic_names
from consumer.schedule.statistics import Statistics
from consumer.source.values import Subscription
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.tracing import OFF
from tests.chaos.simulate.clock import Clock, Loop
from tests.chaos.simulate.letters import Producer
from tests.chaos.simulate.plan import Knobs
from tests.chaos.simulate.records import TOPICS, material
from tests.chaos.simulate.source import SimulatedSource
from tests.chaos.simulate.target import Way
from tests.unit.pipeline import kit

__all__ = ["DRAIN_SECONDS", "Process", "settings_of"]

DRAIN_SECONDS = 8.0
STOP_SECONDS = 1.0


def settings_of(knobs: Knobs) -> Settings:
    """Return the settings of a history: every wait is short, in proportion."""
    kafka: dict[str, str | int | float | bool] = {
        "bootstrap.servers": "127.0.0.1:1",
        "group.id": "g",
        "session.timeout.ms": int(knobs.session_seconds * 1000),
    }
    made = kit.settings_of(
        limits=LimitSettings(
            max_in_flight=knobs.max_in_flight,
            held_records=knobs.held_records,
            held_bytes=knobs.held_bytes,
            calls_per_day=knobs.calls_per_day,
            merged_items=knobs.merged_items,
            adaptive=knobs.adaptive,
        ),
        target=TargetSettings(client="acme", timeout_seconds=knobs.timeout_seconds),
        source=SourceSettings(commit_interval_seconds=0.2),
        decode=DecodeSettings(schema_grace_seconds=2.0),
        retry=RetrySettings(
            base_seconds=0.05,
            cap_seconds=1.0,
            retry_after_cap_seconds=3.0,
            max_attempts=4,
            give_up_after_seconds=2.0,
        ),
        guard=GuardSettings(probe_seconds=1.0),
        drain_timeout_seconds=DRAIN_SECONDS,
    )
    return dataclasses.replace(made, kafka=KafkaSettings(properties=kafka))


class Process:
    """One process. Owned by its history.

    Attributes:
        name: Whose it is, and which of that member's lives: `m1.0`.
        main: The loop of its pipeline.
        thread: The loop of its Kafka client.
        pipeline: The real one.
        source: Its member of the group; set by whoever makes the process.
        revoke_seconds: How long its source waits for it when partitions are taken.
        way: Its way to the target.
        producer: Its way to the letters' topic.
        task: Its life, once begun.
    """

    source: SimulatedSource

    def __init__(
        self,
        name: str,
        clock: Clock,
        outside: Loop,
        *,
        knobs: Knobs,
        seed: int,
        registry: Registry,
        way_of: Callable[[Process], Way],
        producer_of: Callable[[Process], Producer],
    ) -> None:
        self.name = name
        self.main = Loop.made(clock, name)
        self.thread = Loop.made(clock, f"{name} kafka")
        self.way = way_of(self)
        self.producer = producer_of(self)
        self._outside = outside
        self._stop: Callable[[], None] | None = None
        self.task: asyncio.Task[None] | None = None
        self._lease_seconds = knobs.session_seconds / 2
        self._hold = knobs.hold
        in_force = InForce(material("first", knobs.hold))
        settings = settings_of(knobs)
        self.revoke_seconds = source_options(settings).revoke_timeout_seconds
        self.pipeline: Pipeline = assemble(
            settings,
            in_force,
            Outside(
                transport=self.way,
                registry=registry,
                letters=self.producer,
                observer=Observer(
                    metrics=Metrics(),
                    tracing=OFF,
                    method="POST",
                    mapping_set=lambda: in_force.mappings.version,
                    wall_ms=lambda: clock.now * 1000,
                ),
                refused=lambda: None,
                letter_topics=LetterTopics(
                    self.producer, topic_names(settings), may_create=True
                ),
            ),
            clock=self.main.time,
            wall_ms=lambda: int(clock.now * 1000),
            chance=random.Random(f"{name} {seed}").random,  # noqa: S311 - jitter, not a secret
        )

    # ------------------------------------------------------------ what befalls it

    def begin(self) -> None:
        """Let it run."""
        self.task = self.main.create_task(self._live())

    def crash(self) -> None:
        """Cut its power."""
        self.main.kill()
        self.thread.kill()

    def stop(self, stop: Callable[[], None]) -> None:
        """Have `stop` called when the next batch brings works, or in a moment.

        Then works were given out whose tasks have not run yet: nothing that they ask
        before their first byte was asked before the stop.
        """
        self._stop = stop
        self._outside.call_later(STOP_SECONDS, self.stop_now)

    def stop_now(self) -> None:
        """Do what `stop` was told, unless it is done."""
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()

    def drain(self) -> None:
        """Ask it to end."""
        self.main.call_soon_threadsafe(self.pipeline.drain)

    def reload(self, description: str) -> None:
        """Put another set of mappings in force, which means the same."""
        self.main.call_soon_threadsafe(
            self.pipeline.swap, material(description, self._hold)
        )

    def hold(self, mapping: str | None) -> None:
        """Have a mapping held, as by an operator's file; None for none any more."""
        overrides = (
            NO_OVERRIDES
            if mapping is None
            else Overrides(version="held", of={mapping: Override(mode=Mode.HOLD)})
        )
        self.main.call_soon_threadsafe(self.pipeline.override, overrides)

    def bury(self) -> None:
        """Cancel what is left of it, after the history."""
        self.main.revive()
        self.thread.revive()

    # ------------------------------------------------------------------ what it is

    @property
    def is_running(self) -> bool:
        """True while it neither crashed nor ended."""
        return not self.main.is_dead and self.task is not None and not self.task.done()

    @property
    def is_still(self) -> bool:
        """True while its event loop stands still."""
        return self.main.is_frozen

    @property
    def is_writing(self) -> bool:
        """True while a letter is on its way to the broker."""
        return self.producer.pending > 0

    @property
    def has_map(self) -> bool:
        """True while the broker has an offset map of one of its partitions."""
        return self.source.has_map

    def statistics(self) -> Statistics:
        """Return what its pipeline counts."""
        return self.pipeline.statistics()

    def pauses(self) -> list[Pause]:
        """Return what its pipeline says is paused."""
        return self.pipeline.pauses()

    async def _live(self) -> None:
        """Do what a run does: start the source, learn the lease, run."""
        await self.source.start(Subscription(topics=TOPICS))
        self.pipeline.set_lease(self._lease_seconds)
        await self.pipeline.run(self.source)
