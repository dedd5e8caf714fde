"""The SDK's side of tracing: exporter, batches and a bounded end.

Only a process that exports traces imports this module (the SDK takes 0.1 s to import).

Facts that shaped it, measured with opentelemetry-sdk 1.45.2: `shutdown` took 13 to 30 s
with a dead collector and `force_flush` ignores its time-out, so the end runs in a thread
of its own and is left behind after its time; the provider's own `atexit` hook would wait
again, so it is off; one export holds the interpreter for 71 us per span, so batches are
small.
"""

from __future__ import annotations

import sys
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import (
    SERVICE_INSTANCE_ID,
    SERVICE_NAME,
    SERVICE_VERSION,
    Resource,
)
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SpanExporter,
)
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Tracer

from consumer.telemetry.names import SCHEMA_URL
from consumer.telemetry.switch import Switch

__all__ = ["Export"]

NAME = "target-profile-consumer"
QUEUE_SPANS = 8192
BATCH_SPANS = 128
DELAY_MS = 1000
EXPORT_SECONDS = 2.0
VALUE_CHARS = 256
END_SECONDS = 3.0
# The SDK reads seconds here, where the specification says milliseconds.
TIMEOUTS = ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT")


@dataclass(frozen=True, slots=True)
class Export:
    """Where spans go. `end` may be called once."""

    tracer: Tracer
    provider: TracerProvider

    @classmethod
    def begin(cls, switch: Switch, environ: Mapping[str, str], version: str) -> Export:
        """Set up the exporters that `switch` names; `environ` has their settings.

        The SDK reads `OTEL_EXPORTER_OTLP_*` and `OTEL_BSP_*` by itself, from the
        process; `environ` only tells which of our defaults they replace.
        """
        length = environ.get("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT")
        provider = TracerProvider(
            sampler=ALWAYS_ON,  # what is not sampled never comes here
            resource=resource(version),
            span_limits=SpanLimits(
                max_attribute_length=None if length else VALUE_CHARS
            ),
            shutdown_on_exit=False,
        )
        for name in sorted(switch.exporters):
            provider.add_span_processor(processor(name, environ))
        return cls(provider.get_tracer("consumer", version, SCHEMA_URL), provider)

    def end(self, cap_seconds: float = END_SECONDS) -> bool:
        """Flush and stop, for at most `cap_seconds`; False when that was not enough.

        It blocks: call it from a thread. What is left behind ends with the process.
        """
        thread = threading.Thread(
            target=self.provider.shutdown, name="telemetry-end", daemon=True
        )
        thread.start()
        thread.join(cap_seconds)
        return not thread.is_alive()


def processor(name: str, environ: Mapping[str, str]) -> BatchSpanProcessor:
    """Return the batch processor of one exporter; a variable replaces our number."""

    def unless(variable: str, number: int) -> int | None:
        return None if environ.get(variable) else number

    return BatchSpanProcessor(
        exporter(name, environ),
        max_queue_size=unless("OTEL_BSP_MAX_QUEUE_SIZE", QUEUE_SPANS),
        max_export_batch_size=unless("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", BATCH_SPANS),
        schedule_delay_millis=unless("OTEL_BSP_SCHEDULE_DELAY", DELAY_MS),
    )


def exporter(name: str, environ: Mapping[str, str]) -> SpanExporter:
    """Return one exporter; the console's spans go to standard error, as logs do."""
    if name == "console":
        return ConsoleSpanExporter(out=sys.stderr)
    has_timeout = any(environ.get(variable) for variable in TIMEOUTS)
    return OTLPSpanExporter(timeout=None if has_timeout else EXPORT_SECONDS)


def resource(version: str) -> Resource:
    """Return who we are; `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` go first."""
    named = Resource.create({})
    name = str(named.attributes.get(SERVICE_NAME, ""))
    ours = {SERVICE_VERSION: version, SERVICE_INSTANCE_ID: str(uuid.uuid4())}
    # The SDK's name for a service that nobody named.
    if not name or name.startswith("unknown_service"):
        ours[SERVICE_NAME] = NAME
    missing = {
        key: value
        for key, value in ours.items()
        if key == SERVICE_NAME or key not in named.attributes
    }
    return named.merge(Resource(missing))
