"""A whole run: real source, health server and transport; broker in this process."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as Place

from consumer.config.secret import Secret
from consumer.config.settings import (
    HttpSettings,
    KafkaSettings,
    RegistrySettings,
    Settings,
    SourceSettings,
    TargetSettings,
)
from consumer.errors import ConfigurationError, DependencyError
from consumer.model import TopicPartition
from consumer.pipeline.pipeline import Pipeline
from consumer.pipeline.service import serve, tracing_of
from consumer.pipeline.states import State
from consumer.telemetry.switch import read_switch
from tests.broker.mock import MockCluster
from tests.fake_transport import SUBMITTED
from tests.scripted_server import Step, scripted_server
from tests.unit.pipeline.kit import MATERIAL, event, material_of, settings_of

GROUP = "service"
EVENTS = TopicPartition("events", 0)
MATERIAL_OF_ONE = material_of(ev="events")
PATIENCE_SECONDS = 10.0


def single_object(profile: str, n: int) -> bytes:
    """Return an event that names our own schema: no registry is needed."""
    fingerprint = MATERIAL.readers["t.Event"].fingerprint
    return b"\xc3\x01" + fingerprint.to_bytes(8, "little") + event(profile, n)[5:]


def answered(status: int, body: bytes) -> Step:
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n"
    return Step(pieces=(head.encode(), body))


def settings_for(
    brokers: str, target: int = 1, token: Secret | None = None
) -> Settings:
    return dataclasses.replace(
        settings_of(source=SourceSettings(startup_timeout_seconds=2.0)),
        kafka=KafkaSettings(
            properties={
                "bootstrap.servers": brokers,
                "group.id": GROUP,
                "session.timeout.ms": 6000,
                "auto.offset.reset": "earliest",
            }
        ),
        registry=RegistrySettings(),
        target=TargetSettings(
            client="acme",
            base_url=f"http://127.0.0.1:{target}",
            timeout_seconds=2.0,
            token=token,
        ),
        http=HttpSettings(listen=("127.0.0.1", 0)),
        drain_timeout_seconds=5.0,
    )


def create_topics(cluster: MockCluster) -> None:
    """Create source and letter topic: nobody answers CreateTopics in this cluster."""
    cluster.create_topic("events")
    cluster.create_topic(f"{GROUP}.events.dead-letters")


def publish(cluster: MockCluster, *values: bytes) -> None:
    producer = Producer({"bootstrap.servers": cluster.bootstrap, "log_level": 0})
    for value in values:
        producer.produce("events", value, partition=0)
    assert producer.flush(PATIENCE_SECONDS) == 0


def committed(cluster: MockCluster) -> int:
    """Return what the group has committed."""
    reader = Consumer({
        "bootstrap.servers": cluster.bootstrap,
        "group.id": GROUP,
        "log_level": 0,
    })
    (place,) = reader.committed([Place(*EVENTS)], timeout=PATIENCE_SECONDS)
    reader.close()
    return int(place.offset)


def get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class Served:
    """A run under way. Made by `serving`."""

    def __init__(self, stop: asyncio.Event, caplog: pytest.LogCaptureFixture) -> None:
        self.stop = stop
        self.pipeline: Pipeline | None = None
        self._caplog = caplog

    def started(self, pipeline: Pipeline) -> None:
        """Keep the pipeline that began."""
        self.pipeline = pipeline

    @property
    def delivered(self) -> int:
        """Records that were delivered so far."""
        return self.pipeline.statistics().delivered if self.pipeline else 0

    @property
    def port(self) -> int:
        """Return where health is served, as the log says it."""
        (line,) = [
            one for one in self._caplog.records if "health and metrics" in one.message
        ]
        return int(line.__dict__["port"])


@asynccontextmanager
async def serving(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Served]:
    """Give a run; stop it in the end and wait for its drain."""
    caplog.set_level(logging.INFO)
    served = Served(asyncio.Event(), caplog)
    task = asyncio.create_task(
        serve(settings, MATERIAL_OF_ONE, {}, served.stop, on_started=served.started)
    )
    try:
        yield served
    finally:
        served.stop.set()
        await task


async def until(served: Served, delivered: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while served.delivered < delivered:  # noqa: ASYNC110 - a thread of Kafka's brings it
            await asyncio.sleep(0.02)


async def test_a_run_delivers_answers_its_probes_and_drains(
    mock_cluster: MockCluster, caplog: pytest.LogCaptureFixture
) -> None:
    """From the first record to the last commit: probes, status, metrics, and the end."""
    create_topics(mock_cluster)
    publish(mock_cluster, single_object("a", 1), single_object("b", 2))
    steps = [answered(200, SUBMITTED.body)] * 2
    async with scripted_server(steps) as target:
        settings = settings_for(mock_cluster.bootstrap, target.port)
        async with serving(settings, caplog) as served:
            await until(served, 2)
            await asyncio.sleep(0.6)  # a report is due twice a second
            port = served.port
            assert await asyncio.to_thread(get, port, "/livez") == (200, "alive\n")
            ready = await asyncio.to_thread(get, port, "/readyz")
            assert ready == (200, "running\n")
            _, status = await asyncio.to_thread(get, port, "/status")
            assert '"delivered":2' in status.replace(" ", "")
            _, metrics = await asyncio.to_thread(get, port, "/metrics")
            assert "target_consumer_build_info" in metrics
        assert served.pipeline is not None
        assert served.pipeline.lifecycle.state is State.CLOSED
        assert await asyncio.to_thread(committed, mock_cluster) == 2
        bodies = sorted(one.rpartition(b"\r\n")[2] for one in target.requests)
        assert bodies == [
            b"mbox3rdPartyId=a&profile.evN=1",
            b"mbox3rdPartyId=b&profile.evN=2",
        ]
        with pytest.raises(OSError, match=r".*"):
            await asyncio.to_thread(get, port, "/livez")


async def test_a_stop_during_the_start_is_a_clean_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Bug: a signal that came before the broker answered ended as a failure."""
    async with serving(settings_for("127.0.0.1:1"), caplog) as served:
        await asyncio.sleep(0.2)
    assert served.pipeline is not None
    assert served.pipeline.lifecycle.state is State.CLOSED


async def test_no_broker_is_a_missing_dependency(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without a broker for the start-up time the run ends and says so."""
    caplog.set_level(logging.CRITICAL)
    with pytest.raises(DependencyError):
        await serve(settings_for("127.0.0.1:1"), MATERIAL_OF_ONE, {}, asyncio.Event())


async def test_an_unknown_topic_is_a_fault_of_the_files(
    mock_cluster: MockCluster,
) -> None:
    """A mapping's topic that does not exist ends the run as a configuration error."""
    settings = settings_for(mock_cluster.bootstrap)
    material = material_of(ev="no-such-topic")
    with pytest.raises(ConfigurationError, match="no-such-topic"):
        await serve(settings, material, {}, asyncio.Event())


async def test_a_refused_token_is_read_again_from_its_file(
    mock_cluster: MockCluster, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A 401 reads the token's file, and a later call carries the new one."""
    create_topics(mock_cluster)
    publish(mock_cluster, single_object("a", 1))
    file = tmp_path / "token"
    file.write_text("new")
    steps = [*[answered(401, b"")] * 3, answered(200, SUBMITTED.body)]
    async with scripted_server(steps) as target:
        settings = settings_for(
            mock_cluster.bootstrap, target.port, Secret("old", file=file)
        )
        async with serving(settings, caplog) as served:
            await until(served, 1)
        tokens = [bearer(one) for one in target.requests]
        assert (tokens[0], tokens[-1]) == ("old", "new")


def bearer(request: bytes) -> str:
    """Return the token of a request."""
    return request.partition(b"Bearer ")[2].partition(b"\r\n")[0].decode()


def test_spans_name_the_whole_url_of_the_target() -> None:
    """Bug: port and path of a gateway were missing in the URL of spans."""
    settings = settings_of(
        target=TargetSettings(client="acme", base_url="http://gw.test:8080/adobe/")
    )
    tracing = tracing_of(settings, read_switch({}, 0.0), None)
    assert (tracing.peer.address, tracing.peer.port) == ("gw.test", 8080)
    assert tracing.peer.url == "http://gw.test:8080/adobe/m2/acme/profile/update"
    assert not tracing.enabled
