"""A whole run: what is started, in which order, and how it ends.

A stop may come at any moment, also while it starts: whatever the start waits for then is
left behind.

Order of the end: stop fetching, finish what is on the wire, commit, leave the group
(all of that is the pipeline's drain); then the connections; then, in a thread and for
three seconds at most, the traces. The SDK's own shutdown was measured at 13 to 30 s with
a dead collector, and it must not keep a drained process from ending.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import consumer
from consumer.config.settings import Settings
from consumer.deadletter import DeadLetters
from consumer.health import HealthServer, Heart
from consumer.letters.topics import TopicNames
from consumer.mapping.mapping_set import MappingSet
from consumer.pipeline.advice import Advice
from consumer.pipeline.assembly import (
    Outside,
    assemble,
    base_url,
    lease_seconds,
    source_options,
    transport_settings,
)
from consumer.pipeline.in_force import InForce
from consumer.pipeline.letter_topics import LetterTopics
from consumer.pipeline.material import Material
from consumer.pipeline.observe import Observer
from consumer.pipeline.overriding import OverrideFile, read_overrides
from consumer.pipeline.pipeline import Pipeline
from consumer.pipeline.ports import Transport
from consumer.pipeline.reload import Reloader
from consumer.pipeline.status import Reporter
from consumer.pipeline.topics import topic_names
from consumer.registry import Registry
from consumer.source.properties import producer_properties
from consumer.source.session import session_timeout_seconds
from consumer.source.source import Source
from consumer.source.values import Subscription
from consumer.telemetry import names
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.provider import Export
from consumer.telemetry.spans import Peer
from consumer.telemetry.switch import Switch, read_switch
from consumer.telemetry.tracing import Tracing
from consumer.transport.connector import ConnectorTransport
from consumer.transport.session import SessionTransport
from consumer.watch import TokenFile, changes

__all__ = ["serve"]

REPORT_SECONDS = 0.5
LOOP_LIMIT_SECONDS = 10.0
CLOSE_SECONDS = 3.0

log = logging.getLogger(__name__)


async def serve(
    settings: Settings,
    material: Material,
    environ: Mapping[str, str],
    stop: asyncio.Event,
    *,
    metrics: Metrics | None = None,
    on_started: Callable[[Pipeline], None] = lambda _: None,
) -> None:
    """Run until `stop` is set, then drain.

    Args:
        settings: The configuration.
        material: The mappings, and our schemas.
        environ: OpenTelemetry's own variables.
        stop: Set by whoever wants the drain, such as a signal's handler.
        metrics: Where to count, if somebody counts there already.
        on_started: Told the pipeline once it reads.

    Ends with DependencyError when there is no broker, ConfigurationError when a topic
    does not exist, PipelineFailedError when the service could not go on.
    """
    switch = read_switch(environ, settings.tracing.sample_ratio)
    export = (
        Export.begin(switch, environ, consumer.__version__) if switch.is_on else None
    )
    try:
        tracing = tracing_of(settings, switch, export)
        run = Run(settings, material, tracing, metrics or Metrics())
        await run.go(stop, on_started)
    finally:
        if export is not None:
            await asyncio.to_thread(export.end)


def tracing_of(settings: Settings, switch: Switch, export: Export | None) -> Tracing:
    """Return how spans are made, or that none are."""
    parts = urlsplit(base_url(settings))
    host = parts.hostname or ""
    return Tracing(
        tracer=None if export is None else export.tracer,
        sampling=switch.sampling,
        is_child=settings.tracing.consumer_relation == "parent",
        group=settings.kafka.group_id,
        peer=Peer(
            address=host,
            port=parts.port or (443 if parts.scheme == "https" else 80),
            url=f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
            f"/m2/{settings.target.client}/profile/update",
        ),
        random=random.Random().random,  # noqa: S311 - sampling, not a secret
    )


class Run:
    """One run of the service. Owned by `serve`."""

    def __init__(
        self,
        settings: Settings,
        material: Material,
        tracing: Tracing,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._names = topic_names(settings)
        overrides = read_overrides(settings.overrides, material.mappings)
        self._in_force = InForce(material, overrides)
        self._tracing = tracing
        self._metrics = metrics
        self._token = TokenFile.of(settings.target.token)
        self._beat = time.monotonic()
        self._reloading: asyncio.Task[bool] | None = None

    async def go(
        self, stop: asyncio.Event, on_started: Callable[[Pipeline], None]
    ) -> None:
        """Start everything, run until `stop`, end everything."""
        settings = self._settings
        registry = Registry(settings.registry) if settings.registry.url else None
        letters = DeadLetters(producer_properties(settings.kafka.properties))
        topics = LetterTopics(
            letters, self._names, may_create=settings.dead_letters.create
        )
        transport = self._transport()
        try:
            outside = Outside(
                transport=transport,
                registry=registry,
                letters=letters,
                observer=self._observer(),
                refused=self._reload_token,
                letter_topics=topics,
            )
            pipeline = assemble(settings, self._in_force, outside)
            await self._run(pipeline, topics, stop, on_started)
        finally:
            await letters.aclose(CLOSE_SECONDS)
            await transport.aclose()
            if registry is not None:
                await registry.aclose()

    async def _run(
        self,
        pipeline: Pipeline,
        topics: LetterTopics,
        stop: asyncio.Event,
        on_started: Callable[[Pipeline], None],
    ) -> None:
        source = Source(
            source_options(self._settings), asyncio.get_running_loop(), pipeline
        )
        reloader = self._reloader(pipeline, source, topics)
        overrides = OverrideFile(
            self._settings.overrides, self._in_force, pipeline.override, self._metrics
        )
        reporter = self._reporter(pipeline, reloader, overrides)
        health = self._health(source, reporter)
        port = health.start()
        log.info("health and metrics are served", extra={"port": port})
        beside: list[asyncio.Task[object]] = []
        beside.append(asyncio.create_task(self._report(reporter, health)))
        if self._token is not None:
            beside.append(asyncio.create_task(self._watch_token(self._token)))
        try:
            starting = asyncio.create_task(self._start(pipeline, source, topics))
            stopping = asyncio.create_task(stop.wait())
            beside += [starting, stopping]
            await asyncio.wait(
                {starting, stopping}, return_when=asyncio.FIRST_COMPLETED
            )
            if not starting.done():
                starting.cancel()
                pipeline.drain()
            else:
                starting.result()
                for watched in (reloader.watch(), overrides.watch()):
                    watching = asyncio.create_task(watched)
                    watching.add_done_callback(failing(pipeline))
                    beside.append(watching)
            on_started(pipeline)
            stopping.add_done_callback(lambda _: pipeline.drain())
            await pipeline.run(source)
        finally:
            try:
                await source.aclose(CLOSE_SECONDS)
            finally:  # whatever the source's thread died of
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)
                health.publish(reporter.take())
                health.close()

    async def _start(
        self, pipeline: Pipeline, source: Source, topics: LetterTopics
    ) -> None:
        """Find all that must be there; cancelled when a stop comes first.

        The source before the others, because its faults say more; the lease before any
        commit.
        """
        mappings = self._in_force.mappings
        await source.start(subscription(mappings, self._names))
        # The broker that has just answered may be away again, as while it restarts.
        patience = self._settings.source.startup_timeout_seconds
        await topics.check(mappings.topics, patience)
        seconds = lease_seconds(self._settings, await self._session_timeout())
        pipeline.set_lease(seconds)

    def _transport(self) -> Transport:
        options = transport_settings(self._settings)
        if self._settings.target.transport == "session":
            return SessionTransport(options, self._current_token)
        return ConnectorTransport(options, self._current_token)

    def _reloader(
        self, pipeline: Pipeline, source: Source, topics: LetterTopics
    ) -> Reloader:
        async def put_in_force(material: Material) -> None:
            before, after = self._in_force.mappings, material.mappings
            await topics.check(after.topics)
            # First the swap: a record of a new topic must meet its mapping, and one of
            # a topic that goes waits until it is given back.
            pipeline.swap(material)
            wanted = subscription(after, self._names)
            if wanted != subscription(before, self._names):
                source.subscribe(wanted)

        count = self._metrics.counter(names.RELOADS)
        return Reloader(
            self._settings,
            self._in_force,
            put_in_force,
            lambda result: count(result).inc(),
        )

    async def _session_timeout(self) -> float:
        """Return how long the group waits for a silent member; may ask a broker."""
        kafka = self._settings.kafka.properties
        return await asyncio.to_thread(session_timeout_seconds, kafka)

    def _observer(self) -> Observer:
        method = "GET" if self._settings.target.request == "get" else "POST"
        return Observer(
            metrics=self._metrics,
            tracing=self._tracing,
            method=method,
            mapping_set=lambda: self._in_force.mappings.version,
            wall_ms=lambda: time.time() * 1000,
        )

    def _reporter(
        self, pipeline: Pipeline, reloader: Reloader, overrides: OverrideFile
    ) -> Reporter:
        self._metrics.gauge(names.BUILD)(consumer.__version__).set(1)
        reporter = Reporter(
            pipeline, reloader.status, time.monotonic, time.time, overrides
        )
        self._metrics.collect_from(reporter.samples)
        return reporter

    def _health(self, source: Source, reporter: Reporter) -> HealthServer:
        poll_seconds = self._settings.kafka.poll_interval_seconds / 2
        server = HealthServer(
            self._settings.http.listen,
            (
                Heart(
                    name="loop",
                    beat=lambda: self._beat,
                    limit_seconds=LOOP_LIMIT_SECONDS,
                ),
                Heart(
                    name="poll thread",
                    beat=source.heartbeat,
                    limit_seconds=poll_seconds,
                ),
            ),
            self._metrics.exposition,
        )
        server.publish(reporter.take())
        return server

    async def _report(self, reporter: Reporter, health: HealthServer) -> None:
        lag = self._metrics.histogram(names.LOOP_LAG)()
        clock = time.monotonic
        advice = Advice()
        while True:
            began = clock()
            await asyncio.sleep(REPORT_SECONDS)
            self._beat = clock()
            lag.observe(max(self._beat - began - REPORT_SECONDS, 0.0))
            health.publish(reporter.take())
            advice.look(reporter.picture.statistics)

    def _current_token(self) -> str | None:
        secret = self._settings.target.token
        if self._token is not None:
            return self._token.current()
        return None if secret is None else secret.reveal()

    def _reload_token(self) -> None:
        """Read the token's file again, unless that is being done."""
        if self._token is None or (self._reloading and not self._reloading.done()):
            return
        self._reloading = asyncio.create_task(asyncio.to_thread(self._token.reload))

    async def _watch_token(self, token: TokenFile) -> None:
        async for _ in changes(token.reload):
            log.info("a new token is in use")


def subscription(mappings: MappingSet, names: TopicNames) -> Subscription:
    """Return what is read for `mappings`: their topics, and what comes again of them."""
    patterns = tuple(mappings.patterns)
    return Subscription(
        topics=tuple(sorted(mappings.topics)),
        patterns=patterns,
        optional=names.optional(mappings.topics),
        optional_patterns=names.optional_patterns(patterns),
    )


def failing(pipeline: Pipeline) -> Callable[[asyncio.Task[None]], None]:
    """Return what ends the pipeline when a task beside it ends by an error."""

    def ended(task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            pipeline.fail(error)

    return ended
