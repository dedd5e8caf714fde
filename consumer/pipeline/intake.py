"""Records in: decode, map, offer; and the records that wait for a schema.

Rules:
    - A record that waits holds the records behind it in its partition: its profile is
      not known yet, so none may overtake it. Other partitions go on.
    - A writer's schema that cannot be resolved to the reader's holds its whole topic
      at the first such record, all partitions of it: a deployment fault, not a
      thousand bad records. What was offered before is still sent.
    - A record of a topic that no mapping names any more, read before the topic was given
      back, waits until it is: nobody said that it may be skipped.
    - While a guard of its topic is open a record waits, not mapped; now and then one is
      tried. What was held is mapped by the set that is in force when it goes on.
    - A record is admitted (counted, incomplete) before anything else happens to it.
    - A record that comes again by a replay topic is read and mapped as the one that it
      was; for the scheduler it stays where it was read.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from heapq import merge

from consumer.decode.decoder import Decoder, TopicRule, Unclaimed
from consumer.decode.readers import ReaderSchema
from consumer.errors import SchemaUnresolvableError
from consumer.letters.letter import Letter
from consumer.letters.replayed import left
from consumer.model import (
    Decoded,
    Failure,
    Item,
    Mapped,
    NeedsSchema,
    Pause,
    PauseReason,
    Record,
    SchemaId,
    Settlement,
    SkipReason,
    Stage,
    TopicPartition,
    Undecodable,
)
from consumer.pipeline.in_force import InForce
from consumer.pipeline.observe import Observer
from consumer.pipeline.replays import Replays
from consumer.pipeline.schemas import SchemaDesk
from consumer.pipeline.shadow import Shadows
from consumer.schedule.guards import GuardEvent, GuardNews
from consumer.schedule.scheduler import Scheduler

__all__ = ["Intake"]

log = logging.getLogger(__name__)

UNMAPPED = Mapped(items=(), skipped=SkipReason.UNMAPPED, mappings=())
MOST_TRIALS = 100  # of one turn: most of them may be skipped, and say nothing
BROKEN = "mapping or schema is broken: records are kept, one is tried now and then"
MEND = "See the message of its newest dead letters; mend the mapping, or override it."


class Waiting:
    """The records of one partition that wait, oldest first. Owned by the intake.

    Attributes:
        since: When the first of them began to wait.
        schema_id: What it waits for; None when its topic is held.
        is_kept: True when it waits for a guard alone.
    """

    __slots__ = ("is_kept", "records", "schema_id", "since")

    def __init__(self, since: float) -> None:
        self.records: deque[Record] = deque()
        self.since = since
        self.schema_id: SchemaId | None = None
        self.is_kept = False

    def wait_for(self, schema_id: SchemaId | None, *, is_kept: bool = False) -> None:
        """Note what the first of them waits for now."""
        self.schema_id = schema_id
        self.is_kept = is_kept


class Intake:
    """Takes records in, in the order of each partition. Owned by the pipeline."""

    def __init__(
        self,
        *,
        scheduler: Scheduler,
        decoder: Decoder,
        in_force: InForce,
        replays: Replays,
        observer: Observer,
        schemas: SchemaDesk,
        shadows: Shadows,
        clock: Callable[[], float],
        wall_ms: Callable[[], int],
        on_settled: Callable[[Settlement], None],
    ) -> None:
        self._scheduler = scheduler
        self._guarding = scheduler.guarding
        self._shadows = shadows
        self._decoder = decoder
        self._in_force = in_force
        self._replays = replays
        self._observer = observer
        self._schemas = schemas
        self._clock = clock
        self._wall_ms = wall_ms
        self._on_settled = on_settled
        self._waiting: dict[TopicPartition, Waiting] = {}
        self._held_topics: dict[str, Pause] = {}
        self._unmapped: set[str] = set()
        self._guarding.renew(in_force.mappings.version)

    def take_in(self, batch: list[Record], now: float) -> None:
        """Admit `batch` and bring each record as far as it can go.

        Those that are done already, or of an epoch that is gone, are not admitted.
        """
        admit, waiting = self._scheduler.admit, self._waiting
        admitted = [record for record in batch if admit(record, now)]
        left = 0 if len(admitted) == len(batch) else self._already_done(batch, admitted)
        self._observer.admitted(admitted, left)
        for record in admitted:
            held = waiting.get(record.source)
            if held is not None:
                held.records.append(record)
            elif not self._advance(record, now):
                waiting[record.source].records.append(record)

    def drop(self, partitions: Iterable[TopicPartition]) -> None:
        """Forget what waits of `partitions`: they are not ours any more."""
        for source in partitions:
            self._waiting.pop(source, None)
        waiting = {source.topic for source in self._waiting}
        for topic in self._held_topics.keys() - waiting:
            del self._held_topics[topic]  # whoever reads it again finds out again

    def renew(self, readers: Mapping[str, ReaderSchema]) -> None:
        """Go on with the set that is in force now, and with its schemas.

        What did not resolve, or was claimed by no mapping, is tried again.
        """
        self._decoder.renew(readers)
        self._replays.renew()
        self._held_topics.clear()
        self._unmapped.clear()
        now = self._clock()
        self.retake(self._guarding.renew(self._in_force.mappings.version))
        for source, held in list(self._waiting.items()):
            if held.schema_id is None:
                self._drain(source, held, now)

    def retake(self, records: Iterable[Record]) -> None:
        """Go on with records that had been mapped, each in its place by offset."""
        by_source: dict[TopicPartition, list[Record]] = {}
        for record in records:
            by_source.setdefault(record.source, []).append(record)
        now = self._clock()
        for source, taken in by_source.items():
            held = self._waiting.setdefault(source, Waiting(now))
            held.records = deque(merge(taken, held.records, key=offset_of))
            held.wait_for(None)
            self._drain(source, held, now)

    def follow(self, now: float) -> None:
        """Go on with what guards let go, and try what is to be tried."""
        self.retake(self._guarding.close_passed())
        for source, held in list(self._waiting.items()):
            if held.is_kept and source.topic not in self._guarding.topics:
                self._drain(source, held, now)
        for _ in range(MOST_TRIALS):
            if not self._try_next(now):
                break
        for event in self._guarding.news():
            self._observer.guarded(event)
            tell(event)

    def pauses(self) -> list[Pause]:
        """Name each topic and partition that waits, and what would end it."""
        return [
            *self._held_topics.values(),
            *(
                pause_of(source, held)
                for source, held in self._waiting.items()
                if source.topic not in self._held_topics and not held.is_kept
            ),
        ]

    def _already_done(self, batch: list[Record], admitted: list[Record]) -> int:
        """Count what was not admitted although its epoch is alive.

        Records of an ended epoch, which were on their way when it ended, are nobody's.
        """
        known = set(admitted)
        epoch = self._scheduler.epoch
        return sum(
            record not in known and epoch(record.source) == record.epoch
            for record in batch
        )

    def _resume(self, schema_id: SchemaId) -> None:
        """Go on with the partitions that waited for `schema_id`: it is known now."""
        now = self._clock()
        for source, held in list(self._waiting.items()):
            if held.schema_id == schema_id:
                self._drain(source, held, now)

    def _drain(self, source: TopicPartition, held: Waiting, now: float) -> None:
        records = held.records
        while records and self._advance(records[0], now):
            records.popleft()
        if not records:
            del self._waiting[source]

    def _try_next(self, now: float) -> bool:
        """Try the record that a guard wants tried; False when none does."""
        waiting = self._waiting
        heads = {s: held.records[0] for s, held in waiting.items() if held.is_kept}
        trial = self._guarding.begin_trial(heads, now)
        if trial is None:
            return False
        if not trial.is_mapped:
            self._try(trial.record, now)
        return True

    def _try(self, record: Record, now: float) -> None:
        source = record.source
        held = self._waiting.setdefault(source, Waiting(now))
        if not held.records or held.records[0] is not record:  # it had been mapped
            held.records.appendleft(record)
        if not self._advance(record, now, is_trial=True):
            self._guarding.end_trial(record)
            return
        _ = held.records.popleft()
        if not held.records:
            del self._waiting[source]

    def _advance(self, record: Record, now: float, *, is_trial: bool = False) -> bool:
        """Bring `record` to the scheduler; False when it has to wait."""
        topic = record.source.topic
        rule = self._in_force.rule(self._replays.source_of(topic))
        if not rule.readers or self._held_topics or self._guarding.topics:
            is_held = not rule.readers or topic in self._held_topics
            is_kept = topic in self._guarding.topics and not is_trial
            if is_held or is_kept:
                held = self._waiting.setdefault(record.source, Waiting(now))
                held.wait_for(None, is_kept=not is_held)
                return False
        replay = self._replays.taken(record)
        if isinstance(replay, Failure):
            self._hand_over(record, replay, now)
            return True
        return self._decode(record, replay, rule, now)

    def _decode(
        self, record: Record, replay: Letter | None, rule: TopicRule, now: float
    ) -> bool:
        """Bring `record` to the scheduler; False when it has to wait for a schema."""
        mappings = self._in_force.mappings
        seen = record if replay is None else replay.origin
        if seen.value is None:
            if mappings.shadows:
                self._shadows.note(mappings, seen, None)
            self._hand_over(record, mappings.map_tombstone(seen), now, replay)
            return True
        try:
            answer = self._decoder.decode(seen, rule)
        except SchemaUnresolvableError as error:
            self._hold_topic(record, str(error), now)
            return False
        if type(answer) is Decoded:
            if mappings.shadows:
                self._shadows.note(mappings, seen, answer)
            self._hand_over(record, mappings.map(seen, answer), now, replay)
        elif type(answer) is NeedsSchema:
            self._hold(record, answer.id, now)
            return False
        elif type(answer) is Undecodable:
            failure = Failure(
                stage=Stage.DECODE, code=answer.code, message=answer.message
            )
            self._hand_over(record, failure, now)
        elif type(answer) is Unclaimed:
            self._skip_unclaimed(record, answer, now)
        return True

    def _hand_over(
        self,
        record: Record,
        mapped: Mapped | Failure,
        now: float,
        replay: Letter | None = None,
    ) -> None:
        if type(mapped) is Failure:
            self._on_settled(self._scheduler.reject(record, mapped, now))
            return
        if replay is not None and isinstance(mapped, Mapped):
            mapped = left(mapped, replay)
        items: tuple[Item, ...] = mapped.items  # type: ignore[union-attr]  # a Mapped: type() narrows one way only
        for item in items:
            if item.skewed:
                self._observer.skewed(item)
        settlement = self._scheduler.offer(record, mapped, now, self._wall_ms())  # type: ignore[arg-type]  # likewise
        if settlement is not None:
            self._on_settled(settlement)

    def _skip_unclaimed(self, record: Record, answer: Unclaimed, now: float) -> None:
        name = f"{record.source.topic} {answer.schema}"
        if name not in self._unmapped:
            self._unmapped.add(name)
            log.info(
                "no mapping claims these records: they are skipped",
                extra={"topic": record.source.topic, "schema": answer.schema},
            )
        self._hand_over(record, UNMAPPED, now)

    def _hold(self, record: Record, schema_id: SchemaId, now: float) -> None:
        held = self._waiting.setdefault(record.source, Waiting(now))
        held.wait_for(schema_id)
        self._schemas.want(schema_id, self._resume)

    def _hold_topic(self, record: Record, detail: str, now: float) -> None:
        topic = record.source.topic
        self._waiting.setdefault(record.source, Waiting(now)).wait_for(None)
        self._held_topics[topic] = Pause(
            reason=PauseReason.UNRESOLVABLE, scope=topic, since=now, ends_when=detail
        )
        log.error(
            "topic held: a writer's schema does not resolve to ours",
            extra={"topic": topic, "detail": detail},
        )


def offset_of(record: Record) -> int:
    """Return a record's place in its partition."""
    return record.offset


def tell(event: GuardEvent) -> None:
    """Write to the log what happened to a guard."""
    extra = {"guard": str(event.name), "reason": event.code}
    if event.news is GuardNews.TRIPPED:
        log.error(BROKEN, extra={**extra, "mend": MEND})
    elif event.news is GuardNews.CLOSED:
        log.warning("what was kept as broken goes on", extra=extra)
    else:
        log.info("a kept record was tried", extra={**extra, "result": event.news})


def pause_of(source: TopicPartition, held: Waiting) -> Pause:
    """Return the pause of a partition that waits by itself, not with its topic."""
    if held.schema_id is None:
        reason = PauseReason.UNMAPPED
        ends_when = "it is given back, as no mapping names its topic, or one does again"
    else:
        reason = PauseReason.SCHEMA
        ends_when = f"the registry gives {held.schema_id}"
    return Pause(
        reason=reason, scope=str(source), since=held.since, ends_when=ends_when
    )
