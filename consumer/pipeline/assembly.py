"""From settings to stages: each stage gets its own frozen policy, none sees settings."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from consumer.config.checks import longest_lease_seconds
from consumer.config.settings import Settings
from consumer.decode.decoder import Decoder
from consumer.decode.limits import DecodeLimits
from consumer.deliver.single import Single
from consumer.deliver.single_settings import OverValue, Shape, SingleSettings
from consumer.errors import ConfigurationError, FileFault
from consumer.letters.replayed import again
from consumer.model import Settlement
from consumer.pipeline.dispatch import Dispatch
from consumer.pipeline.in_force import InForce
from consumer.pipeline.intake import Intake
from consumer.pipeline.letter_topics import LetterTopics
from consumer.pipeline.observe import Observer
from consumer.pipeline.overriding import OverrideDesk
from consumer.pipeline.pipeline import Pipeline, PipelinePolicy, Rooms
from consumer.pipeline.ports import Letters, Registry, Transport
from consumer.pipeline.replays import Replays
from consumer.pipeline.schemas import SchemaDesk
from consumer.pipeline.settlement import Compose, SettlementDesk
from consumer.pipeline.shadow import Shadows
from consumer.pipeline.topics import topic_names
from consumer.schedule.charges import Charges
from consumer.schedule.guard import GuardPolicy
from consumer.schedule.policy import MergePolicy, RetryPolicy, SchedulePolicy
from consumer.schedule.quota import Quota
from consumer.schedule.scheduler import Scheduler
from consumer.settle import DeadLetter, LetterContext, dead_letter
from consumer.source.values import OutOfRange, SourceOptions
from consumer.transport.settings import TransportSettings

__all__ = [
    "Outside",
    "assemble",
    "base_url",
    "lease_seconds",
    "single",
    "single_settings",
    "source_options",
    "transport_settings",
]

REVOKE_MARGIN_SECONDS = 2.0
LETTER_BYTES = 1 << 31  # librdkafka knows the real bound, and says when it is crossed


def wall_ms_now() -> int:
    """Return the time of day, Unix milliseconds."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the pipeline reaches the outside with.

    Attributes:
        transport: The way to Target.
        registry: Writers' schemas; None without one.
        letters: The dead-letter producer.
        observer: Metrics and traces.
        refused: Called when the target refuses our token.
        letter_topics: Where dead letters go.
    """

    transport: Transport
    registry: Registry | None
    letters: Letters
    observer: Observer
    refused: Callable[[], None]
    letter_topics: LetterTopics


def base_url(settings: Settings) -> str:
    """Return where Target is called: what is set, or the client's own host.

    "https://<your-client-code>.tt.omtrdc.net" (Adobe Target developer guide, Single
    Profile Update API).
    """
    given = settings.target.base_url
    return given or f"https://{settings.target.client}.tt.omtrdc.net"


def single(settings: Settings) -> Single:
    """Return the single update as the settings want it."""
    return Single(single_settings(settings), time.time)


def single_settings(settings: Settings) -> SingleSettings:
    """Return where Target is, and how single updates are made."""
    target = settings.target
    parts = urlsplit(base_url(settings))
    return SingleSettings(
        client=target.client,
        authority=parts.netloc,
        path_prefix=parts.path.rstrip("/"),
        shape=Shape(target.request),
        value_chars=target.value_chars,
        over_value=OverValue(target.over_value),
        retry_after_cap_seconds=settings.retry.retry_after_cap_seconds,
    )


def transport_settings(settings: Settings) -> TransportSettings:
    """Return how requests reach the target."""
    target = settings.target
    return TransportSettings(
        base_url=base_url(settings),
        timeout_seconds=target.timeout_seconds,
        max_connections=settings.limits.max_in_flight,
        proxy=None if target.proxy is None else target.proxy.reveal(),
        ca_file=None if target.ca_file is None else str(target.ca_file),
    )


def source_options(settings: Settings) -> SourceOptions:
    """Return how the source reads.

    A revocation waits for the pipeline as long as a lease may last: a loop that was
    blocked all the while may have works whose first byte is still to come, and would
    send them after another had gone on with their partition, were its lease not over.
    """
    longest = longest_lease_seconds(settings.kafka.session_timeout_seconds)
    wire_seconds = settings.target.timeout_seconds
    return SourceOptions(
        kafka=settings.kafka.properties,
        startup_timeout_seconds=settings.source.startup_timeout_seconds,
        revoke_timeout_seconds=max(wire_seconds, longest) + REVOKE_MARGIN_SECONDS,
        out_of_range=OutOfRange(settings.source.out_of_range),
    )


def schedule_policy(settings: Settings, lease_seconds: float) -> SchedulePolicy:
    """Return the scheduler's rules."""
    limits, retry, guard = settings.limits, settings.retry, settings.guard
    return SchedulePolicy(
        held_records=limits.held_records,
        held_bytes=limits.held_bytes,
        max_in_flight=limits.max_in_flight,
        adaptive=limits.adaptive,
        breaker=limits.breaker,
        membership_lease_seconds=lease_seconds,
        merge=MergePolicy(items=limits.merged_items),
        event_time_profiles=settings.event_time.profiles,
        guard=GuardPolicy(
            enabled=guard.enabled,
            max_rejected_ratio=guard.max_rejected_ratio,
            max_consecutive=guard.max_consecutive,
            probe_seconds=guard.probe_seconds,
        ),
        retry=RetryPolicy(
            base_seconds=retry.base_seconds,
            cap_seconds=retry.cap_seconds,
            retry_after_cap_seconds=retry.retry_after_cap_seconds,
            max_attempts=retry.max_attempts,
            give_up_after_seconds=retry.give_up_after_seconds,
        ),
    )


def lease_seconds(settings: Settings, session_timeout_seconds: float) -> float:
    """Return the lease: what is set, else the longest that the group allows.

    Args:
        settings: What is set.
        session_timeout_seconds: How long the group waits for a silent member.

    Raises:
        ConfigurationError: What is set could outlive our membership. With
            `group.protocol: consumer` only the broker knows the session timeout, so
            this shows at start.
    """
    given = settings.source.membership_lease_seconds
    longest = longest_lease_seconds(session_timeout_seconds)
    if given is not None and given > longest:
        fault = FileFault(
            code="C109",
            file="source.membership_lease_seconds",
            line=0,
            column=0,
            message=f"{given:g} is more than {longest:g}: the smaller of 20 and half "
            f"the group's session timeout ({session_timeout_seconds:g} s).",
            mend="Make it smaller, or remove it.",
        )
        raise ConfigurationError((fault,))
    return longest if given is None else given


def decode_limits(settings: Settings) -> DecodeLimits:
    """Return what a record may cost."""
    decode = settings.decode
    return DecodeLimits(
        max_record_bytes=decode.max_record_bytes,
        max_depth=decode.max_depth,
        max_elements=decode.max_elements,
        max_decimal_bytes=decode.max_decimal_bytes,
        max_schema_bytes=decode.max_schema_bytes,
        max_schema_types=decode.max_schema_types,
    )


def assemble(
    settings: Settings,
    in_force: InForce,
    outside: Outside,
    *,
    clock: Callable[[], float] = time.monotonic,
    wall_ms: Callable[[], int] = wall_ms_now,
    chance: Callable[[], float] = random.random,  # noqa: S311 - jitter, not a secret
) -> Pipeline:
    """Join the stages into a pipeline that has not begun.

    Args:
        settings: The configuration.
        in_force: Schemas and mappings.
        outside: What the pipeline reaches the outside with.
        clock: Monotonic seconds; the loop's own time.
        wall_ms: The time of day, Unix milliseconds.
        chance: A number in [0, 1), for the jitter of waits; no secret hangs on it.
    """
    replays = Replays(in_force, topic_names(settings))
    scheduler = Scheduler(
        schedule_policy(
            settings, lease_seconds(settings, settings.kafka.session_timeout_seconds)
        ),
        chance,
        replays.claims,
        is_evidence=lambda topic: replays.origin(topic) is None,
    )
    decoder = Decoder(
        in_force.material.readers,
        decode_limits(settings),
        has_registry=outside.registry is not None,
    )
    quota = Quota(settings.limits.calls_per_day)
    settlement = SettlementDesk(
        scheduler=scheduler,
        letters=outside.letters,
        topics=outside.letter_topics,
        source_of=replays.source_of,
        compose=composer(settings, replays, clock, wall_ms),
        observer=outside.observer,
        clock=clock,
    )
    schemas = SchemaDesk(
        outside.registry, decoder, settings.decode.schema_grace_seconds
    )
    intake = Intake(
        scheduler=scheduler,
        decoder=decoder,
        in_force=in_force,
        replays=replays,
        observer=outside.observer,
        schemas=schemas,
        shadows=Shadows(single(settings), outside.observer),
        clock=clock,
        wall_ms=wall_ms,
        on_settled=settlement.settled,
    )
    overriding = OverrideDesk(
        in_force=in_force,
        scheduler=scheduler,
        intake=intake,
        charges=Charges(),
        clock=clock,
    )
    dispatch = Dispatch(
        scheduler=scheduler,
        endpoint=single(settings),
        transport=outside.transport,
        observer=outside.observer,
        quota=quota,
        may_charge=overriding.may_charge,
        clock=clock,
        on_settled=settlement.settled,
        on_refused=outside.refused,
    )
    rooms = Rooms(
        scheduler=scheduler,
        in_force=in_force,
        intake=intake,
        schemas=schemas,
        dispatch=dispatch,
        settlement=settlement,
        overriding=overriding,
        quota=quota,
    )
    policy = PipelinePolicy(
        connections=settings.limits.max_in_flight,
        commit_interval_seconds=settings.source.commit_interval_seconds,
        wire_seconds=settings.target.timeout_seconds,
        drain_timeout_seconds=settings.drain_timeout_seconds,
    )
    return Pipeline(rooms, policy, outside.observer, clock)


def composer(
    settings: Settings,
    replays: Replays,
    clock: Callable[[], float],
    wall_ms: Callable[[], int],
) -> Compose:
    """Return how a dead letter is composed."""
    names = topic_names(settings)

    def compose(
        settlement: Settlement, traceparent: str, *, partitions: int, has_value: bool
    ) -> DeadLetter:
        before = replays.letter(settlement.record)
        return dead_letter(
            settlement if before is None else again(settlement, before),
            LetterContext(
                group=names.group,
                template=names.letter_template,
                partitions=partitions,
                max_bytes=LETTER_BYTES if has_value else 0,
                mapping_set=replays.in_force.mappings.version,
                now=clock(),
                wall_ms=wall_ms(),
                owners=replays.in_force.material.owners,
                replays=0 if before is None else before.replays + 1,
                topic=names.letters(replays.source_of(settlement.record.source.topic)),
                first_failure="" if before is None else before.first_failure,
                traceparent=traceparent,
            ),
        )

    return compose
