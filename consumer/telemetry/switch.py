"""Whether traces are exported, and which are sampled: OpenTelemetry's own variables.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ is
honoured as far as it concerns traces over HTTP. Nothing here imports the SDK, so a run
without a collector does not pay for it.

Every decision is made before a span is built, so the SDK is given only spans that are
kept. It follows the publisher's flag in both relations: the SDK's `ParentBased` looks at
the parent only, and a link's decision would be lost. Flags may be `03` (random trace
id), so the bit is tested and not the number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from opentelemetry.trace import SpanContext

from consumer.errors import ConfigurationError, FileFault

__all__ = ["Sampling", "Switch", "read_switch"]

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
EXPORTERS = ("otlp", "console", "none")
PARENT_BASED = "parentbased_"
RATIOS = {"always_on": 1.0, "always_off": 0.0, "traceidratio": None}
# The specification's TraceIdRatioBased looks at the lower 64 bits in this SDK.
LOW_BITS = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which records are traced.

    Attributes:
        follows_parent: True when the publisher's flag decides where there is one.
        ratio: Share of the others, from 0 to 1.
    """

    follows_parent: bool
    ratio: float

    def decide(self, parent: SpanContext | None, chance: float) -> bool:
        """Say whether to trace; `chance` is random, from 0 up to 1."""
        if parent is None:
            return chance < self.ratio
        if self.follows_parent:
            return parent.trace_flags.sampled
        return parent.trace_id & LOW_BITS < round(self.ratio * (LOW_BITS + 1))


@dataclass(frozen=True, slots=True)
class Switch:
    """What the environment says of traces.

    Attributes:
        exporters: Of `otlp` and `console`; empty when traces are off.
        sampling: Which records are traced.
    """

    exporters: frozenset[str]
    sampling: Sampling

    @property
    def is_on(self) -> bool:
        """Say whether any span is exported."""
        return bool(self.exporters)


def read_switch(environ: Mapping[str, str], ratio: float) -> Switch:
    """Return what `environ` says; `ratio` is the setting that stands below it.

    Raises:
        ConfigurationError: A variable says what cannot be done.
    """
    faults: list[FileFault] = []
    exporters = exporters_of(environ, faults)
    sampling = sampling_of(environ, ratio, faults)
    if exporters and faults:
        raise ConfigurationError(tuple(faults))
    return Switch(exporters, sampling)


def exporters_of(environ: Mapping[str, str], faults: list[FileFault]) -> frozenset[str]:
    """Return the exporters; without an endpoint or a named exporter there is none."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return frozenset()
    has_endpoint = any(environ.get(name) for name in ENDPOINTS)
    text = environ.get("OTEL_TRACES_EXPORTER") or ("otlp" if has_endpoint else "none")
    names = frozenset(name.strip().lower() for name in text.split(","))
    if names - frozenset(EXPORTERS):
        expected = ", ".join(EXPORTERS)
        faults.append(fault("OTEL_TRACES_EXPORTER", f"must be one of {expected}"))
    for name in PROTOCOLS:
        protocol = environ.get(name) or "http/protobuf"
        if protocol != "http/protobuf":
            faults.append(fault(name, "must be http/protobuf: no other is built in"))
    return names - {"none"}


def sampling_of(
    environ: Mapping[str, str], ratio: float, faults: list[FileFault]
) -> Sampling:
    """Return the sampling that `OTEL_TRACES_SAMPLER` names, else by `ratio`."""
    text = environ.get("OTEL_TRACES_SAMPLER", "").strip().lower()
    if not text:
        return Sampling(follows_parent=True, ratio=ratio)
    name = text.removeprefix(PARENT_BASED)
    if name not in RATIOS:
        known = ", ".join([*RATIOS, *(PARENT_BASED + one for one in RATIOS)])
        faults.append(fault("OTEL_TRACES_SAMPLER", f"must be one of {known}"))
        return Sampling(follows_parent=True, ratio=ratio)
    share = RATIOS[name]
    if share is None:
        share = argument(environ, faults)
    return Sampling(follows_parent=name != text, ratio=share)


def argument(environ: Mapping[str, str], faults: list[FileFault]) -> float:
    """Return `OTEL_TRACES_SAMPLER_ARG`; 1 when it is not set."""
    try:
        share = float(environ.get("OTEL_TRACES_SAMPLER_ARG") or 1.0)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        faults.append(fault("OTEL_TRACES_SAMPLER_ARG", "must be a number from 0 to 1"))
    return share


def fault(name: str, message: str) -> FileFault:
    """Return the fault of one variable."""
    return FileFault(
        code="C201",
        file=f"${name}",
        line=0,
        column=0,
        message=f"`{name}` {message}.",
        mend="Change or remove the variable.",
    )
