"""What the process says of itself: `/status`, and the gauges that a scrape reads.

The loop builds one frozen picture now and then; the health thread and the scrape read
that picture and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from consumer.health import Snapshot
from consumer.model import Pause, PauseReason
from consumer.pipeline.overriding import OverrideFile
from consumer.pipeline.pipeline import Pipeline
from consumer.pipeline.states import State
from consumer.schedule.statistics import Statistics
from consumer.telemetry import names
from consumer.telemetry.metrics import Sample

__all__ = ["Picture", "Reporter"]

UNWELL = frozenset({
    PauseReason.BREAKER,
    PauseReason.HALTED,
    PauseReason.THROTTLED,
})


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The process at one moment.

    Attributes:
        state: Of the pipeline.
        since: When it came there, Unix seconds.
        pauses: What is paused; `since` on the monotonic clock.
        statistics: What the scheduler holds and has counted.
        quota_used: Calls made in the last 24 hours.
        quota_calls: Calls allowed in 24 hours.
        quota_lasts: Seconds until none is left at the present rate; None for ever.
        mapping_set: Version of the mappings in force.
        calls: Mapping to its calls of the last 24 hours.
        overridden: Mapping to its mode, which is empty where an override says none.
    """

    state: State = State.NEW
    since: float = 0.0
    pauses: tuple[Pause, ...] = ()
    statistics: Statistics | None = None
    quota_used: int = 0
    quota_calls: int = 1
    quota_lasts: float | None = None
    mapping_set: str = ""
    calls: Mapping[str, float] = field(default_factory=dict)
    overridden: Mapping[str, str] = field(default_factory=dict)


class Reporter:
    """Takes pictures. `take` is the loop's; `samples` runs on any thread."""

    def __init__(
        self,
        pipeline: Pipeline,
        mappings: Callable[[], Mapping[str, object]],
        clock: Callable[[], float],
        wall: Callable[[], float],
        overrides: OverrideFile | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._mappings = mappings
        self._overrides = overrides
        self._clock = clock
        self._wall = wall
        self.picture = Picture()

    def take(self) -> Snapshot:
        """Take a picture and return what `/readyz` and `/status` show of it."""
        now, wall = self._clock(), self._wall()
        lifecycle = self._pipeline.lifecycle
        statistics = self._pipeline.statistics()
        pauses = tuple(self._pipeline.pauses())
        runs_out = self._pipeline.quota.runs_out_at(now)
        self.picture = Picture(
            state=lifecycle.state,
            since=wall - (now - lifecycle.since),
            pauses=pauses,
            statistics=statistics,
            quota_used=self._pipeline.quota.used(now),
            quota_calls=self._pipeline.quota.calls_per_day,
            quota_lasts=None if runs_out is None else runs_out - now,
            mapping_set=self._pipeline.in_force.mappings.version,
            calls=self._pipeline.charges.used(now),
            overridden={
                name: one.mode or ""
                for name, one in self._pipeline.in_force.overrides.of.items()
            },
        )
        return Snapshot(
            is_started=self._pipeline.has_joined,
            is_ready=self._pipeline.has_joined and lifecycle.is_live,
            state=lifecycle.state,
            status=self._status(self.picture, now, wall),
        )

    def samples(self) -> Iterator[Sample]:
        """Yield the gauges of the newest picture."""
        picture = self.picture
        for state in State:
            yield Sample(names.STATE, (state,), float(picture.state is state))
        for reason in PauseReason:
            count = sum(pause.reason is reason for pause in picture.pauses)
            yield Sample(names.PAUSES, (reason,), float(count))
        if picture.mapping_set:
            yield Sample(names.MAPPING_SET, (picture.mapping_set,), 1.0)
        yield Sample(names.QUOTA_USED, (), picture.quota_used / picture.quota_calls)
        unwell = any(pause.reason in UNWELL for pause in picture.pauses)
        yield Sample(names.CIRCUIT, ("single",), float(unwell))
        for mapping, calls in picture.calls.items():
            yield Sample(names.MAPPING_CALLS, (mapping,), calls)
        for mapping, mode in picture.overridden.items():
            yield Sample(names.OVERRIDDEN, (mapping, mode), 1.0)
        if picture.statistics is not None:
            yield from held_samples(picture.statistics)

    def _status(self, picture: Picture, now: float, wall: float) -> dict[str, object]:
        statistics = picture.statistics
        if statistics is None:
            return {}
        return {
            "since": moment(picture.since),
            "pauses": [
                {
                    "reason": pause.reason,
                    "scope": pause.scope,
                    "since": moment(wall - (now - pause.since)),
                    "ends_when": pause.ends_when,
                }
                for pause in picture.pauses
            ],
            "partitions": [
                {
                    "topic": one.partition.topic,
                    "partition": one.partition.partition,
                    "epoch": one.epoch,
                    "committable": one.committable,
                    "committed": one.acknowledged,
                    "next_offset": one.next_offset,
                    "held": one.held,
                    "paused": one.is_paused,
                }
                for one in statistics.partitions
            ],
            "endpoints": {
                "single": {
                    "in_flight": statistics.in_flight,
                    "limit": round(statistics.limit, 2),
                    "calls_last_24_hours": picture.quota_used,
                    "calls_per_day": picture.quota_calls,
                    "calls_run_out_in_seconds": picture.quota_lasts,
                }
            },
            "mappings": self._mappings(),
            **self._overridden(),
            "counters": counters(statistics),
        }

    def _overridden(self) -> dict[str, object]:
        """Return what an operator's file says, and what is wrong with it."""
        file = self._overrides
        in_force = [] if file is None else file.in_force()
        refused = () if file is None else file.refused
        listed = [{**said, "since": moment(since)} for said, since in in_force]
        return {"overrides": listed, "overrides_refused": list(refused)}


def counters(statistics: Statistics) -> dict[str, int]:
    """Return the counts of which promise 8 speaks."""
    return {
        name: getattr(statistics, name)
        for name in (
            "consumed",
            "delivered",
            "merged",
            "skipped",
            "dead_lettered",
            "released",
            "held",
        )
    }


def held_samples(statistics: Statistics) -> Iterator[Sample]:
    """Yield what is held and, for each partition, how far it is."""
    partitions = statistics.partitions
    yield Sample(names.HELD_RECORDS, (), statistics.held)
    yield Sample(names.HELD_BYTES, (), statistics.held_bytes)
    yield Sample(names.IN_FLIGHT, (), statistics.in_flight)
    yield Sample(names.LIMIT, (), statistics.limit)
    yield Sample(names.ASSIGNED, (), len(partitions))
    yield Sample(names.PAUSED, (), sum(one.is_paused for one in partitions))
    for name in statistics.guards:
        yield Sample(names.GUARD_OPEN, (name.kind, name.name), 1.0)
    for topic, count in statistics.kept.items():
        yield Sample(names.GUARD_KEPT, (topic,), count)
    for topic, count in statistics.scattered.items():
        yield Sample(names.SCATTERED, (topic,), count)
    for one in partitions:
        labels = (one.partition.topic, str(one.partition.partition))
        span = one.next_offset - one.committable
        yield Sample(names.UNCOMMITTED_SPAN, labels, span)
        if one.acknowledged is not None:
            yield Sample(names.COMMITTED, labels, one.acknowledged)


def moment(wall: float) -> str:
    """Return Unix seconds as RFC 3339 in UTC."""
    text = datetime.fromtimestamp(wall, UTC).isoformat(timespec="seconds")
    return text.replace("+00:00", "Z")
