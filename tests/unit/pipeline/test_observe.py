"""What happens, as metrics and traces tell it."""

import asyncio
from collections.abc import Callable

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from consumer.model import Answer, Header
from consumer.telemetry.spans import Peer
from consumer.telemetry.switch import Sampling
from consumer.telemetry.tracing import Tracing
from tests.fake_transport import SUBMITTED
from tests.unit.pipeline.kit import MATERIAL, P0, P1, World, event
from tests.virtual_time import virtual

TRACE = "0af7651916cd43dd8448eb211c80319c"
SAMPLED: tuple[Header, ...] = (
    ("traceparent", f"00-{TRACE}-b7ad6b7169203331-01".encode()),
)
BAD = b"\x00"
Finished = Callable[[], dict[str, ReadableSpan]]


def traced() -> tuple[Tracing, InMemorySpanExporter]:
    """Return tracing that follows the publisher, and where its spans end."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing = Tracing(
        tracer=provider.get_tracer("test"),
        sampling=Sampling(follows_parent=True, ratio=0.0),
        is_child=True,
        group="g",
        peer=Peer(address="acme.test", port=443, url="https://acme.test/m2/acme/x"),
        random=lambda: 0.5,
    )
    return tracing, exporter


def names(exporter: InMemorySpanExporter) -> list[str]:
    """Return the names of the spans that have ended, in that order."""
    return [span.name for span in exporter.get_finished_spans()]


def outcomes(exporter: InMemorySpanExporter, name: str) -> list[object]:
    """Return the outcome of each span of a name."""
    return [
        (span.attributes or {}).get("target_consumer.outcome")
        for span in exporter.get_finished_spans()
        if span.name == name
    ]


def sample(world: World, line: str) -> float:
    """Return one sample of the exposition; 0 when there is none."""
    for text in world.metrics.exposition().decode().splitlines():
        if text.startswith((line, f"target_consumer_{line}")):
            return float(text.rpartition(" ")[2])
    return 0.0


async def begun(tracing: Tracing) -> World:
    world = World(tracing=tracing)
    world.start()
    world.source.assign(P0, P1)
    world.publish(P1, "known")
    await world.settle(0.3)
    return world


@virtual
async def test_a_record_and_each_of_its_attempts_have_a_span() -> None:
    """One process span per sampled record, one POST per attempt, in its trace."""
    tracing, exporter = traced()
    world = await begun(tracing)
    answers = [SUBMITTED, Answer(503)]
    world.target.answer = lambda *_: answers.pop()
    world.publish(P0, "a", headers=SAMPLED)
    await world.settle(2)
    assert names(exporter) == ["POST", "POST", "process events"]
    assert outcomes(exporter, "POST") == ["retry", "delivered"]
    assert outcomes(exporter, "process events") == ["delivered"]
    spans = exporter.get_finished_spans()
    assert {format(span.context.trace_id, "032x") for span in spans} == {TRACE}
    process = spans[-1].attributes or {}
    assert process["target_consumer.attempts"] == 2
    assert process["target_consumer.mapping_set"] == MATERIAL.mappings.version
    await world.end()


@virtual
async def test_a_dead_letter_has_a_span_whose_context_it_carries() -> None:
    """The letter goes on with the record's trace, and the record's span is an error."""
    tracing, exporter = traced()
    world = await begun(tracing)
    world.source.publish(P0, BAD, SAMPLED)
    await world.settle()
    assert names(exporter) == ["send g.events.dead-letters", "process events"]
    process = exporter.get_finished_spans()[-1]
    assert process.status.status_code is StatusCode.ERROR
    (letter,) = world.letters.written
    carried = dict(letter.headers)["dead-letter-traceparent"] or b""
    assert TRACE.encode() in carried
    await world.end()


@virtual
async def test_a_record_that_is_not_sampled_has_no_span() -> None:
    """Nothing is kept for a record whose publisher did not sample it."""
    tracing, exporter = traced()
    world = await begun(tracing)
    world.publish(P0, "a")
    world.source.publish(P0, BAD)
    await world.settle()
    assert names(exporter) == []
    assert world.observer._spans == {}
    await world.end()


@virtual
async def test_every_span_ends_when_its_partition_goes() -> None:
    """Bug: spans of abandoned letters and calls never ended, and were never told."""
    tracing, exporter = traced()
    world = await begun(tracing)
    world.letters.is_down = True
    world.source.publish(P0, BAD, SAMPLED)
    await world.settle(1)
    world.source.lose(P0)
    await world.settle(40)
    assert sorted(names(exporter)) == ["process events", "send g.events.dead-letters"]
    assert outcomes(exporter, "process events") == ["released"]
    world.letters.is_down = False
    world.target.seconds = world.target.timeout_seconds = 1000.0
    world.publish(P1, "a", headers=SAMPLED)
    await world.settle(1)
    exporter.clear()
    await world.end()
    assert sorted(names(exporter)) == ["POST", "process events"]
    assert world.observer._spans == {}


@virtual
async def test_each_record_is_counted_once_by_its_end() -> None:
    """The counters of promise 8, by mapping; what was given up, by stage and code."""
    world = World()
    world.start()
    world.source.assign(P0, P1)
    world.publish(P0, "a", "b")
    world.source.publish(P0, BAD)
    world.source.publish(P0, event("a", 13))
    await world.settle(2)
    consumed = sample(
        world,
        'messaging_client_consumed_messages_total{messaging_destination_name="events"',
    )
    delivered = sample(world, 'records_total{mapping="ev",outcome="delivered"}')
    skipped = sample(world, 'records_skipped_total{reason="when"}')
    dead = sample(world, 'records_total{mapping="",outcome="dead_lettered"}')
    assert (consumed, delivered, skipped, dead) == (4, 2, 1, 1)
    world.target.seconds = 5.0
    world.publish(P1, "c", "c")
    await world.settle(1)
    world.source.lose(P1)
    assert sample(world, 'records_total{mapping="",outcome="released"}') == 2
    await world.settle(10)
    await world.end()


@virtual
async def test_calls_are_counted_by_what_came_of_them() -> None:
    """A call's time by status, its retry by reason, and the target's 429."""
    world = World()
    world.start()
    world.source.assign(P0)
    answers = [SUBMITTED, Answer(429, retry_after="1"), Answer(500)]
    world.target.answer = lambda *_: answers.pop()
    world.publish(P0, "a")
    await world.settle(5)
    text = world.metrics.exposition().decode()
    assert sample(world, 'retries_total{reason="http_500"}') == 1
    assert sample(world, "throttled_total") == 1
    assert 'http_response_status_code="200"' in text
    assert 'http_response_status_code="429"' in text
    await world.end()


@virtual
async def test_a_failed_letter_and_a_failed_commit_are_counted() -> None:
    """What the broker did not confirm is counted each time."""
    world = World()
    world.start()
    world.source.assign(P0)
    await asyncio.sleep(0.1)
    world.letters.is_down = True
    world.source.failing = 25
    world.source.publish(P0, BAD)
    await world.settle(12)  # a renewal of the lease is due after ten
    assert sample(world, "dlq_produce_failures_total") >= 2
    assert sample(world, 'commit_total{result="failed"}') >= 1
    world.letters.is_down = False
    world.source.failing = None
    await world.settle(5)
    await world.end()


@pytest.mark.parametrize("kind", ["assigned", "revoked", "lost"])
def test_changes_of_the_assignment_are_counted(kind: str) -> None:
    """Assigned, revoked and lost are told apart."""

    @virtual
    async def scenario() -> None:
        world = World()
        world.start()
        world.source.assign(P0)
        await world.source.revoke(P0)
        world.source.assign(P0)
        world.source.lose(P0)
        expected = {"assigned": 2, "revoked": 1, "lost": 1}[kind]
        assert sample(world, f'rebalances_total{{type="{kind}"}}') == expected
        await world.end()

    scenario()
