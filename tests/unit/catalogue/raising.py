"""How each example of the catalogue is run: from its text to the faults it raises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from consumer.catalogue.section import Section
from consumer.cli.contracts import Contract, Written, judge_all
from consumer.config.load import load
from consumer.deadletter import Line
from consumer.decode.limits import DecodeLimits
from consumer.decode.readers import load_readers
from consumer.errors import ConfigurationError, FileFault
from consumer.mapping.loading import check
from consumer.mapping.overrides import check_overrides
from consumer.pipeline.material import read_material
from consumer.pipeline.subjects import no_version
from consumer.registry import Registry
from consumer.source.properties import consumer_properties
from consumer.source.startup import UnknownTopicError, made
from consumer.telemetry.switch import read_switch
from consumer.transport.settings import TransportSettings
from consumer.transport.way import way_of
from consumer.yamlfile import read_yaml
from tests.unit.catalogue import outside
from tests.unit.catalogue.framing import (
    CONFIGURATION,
    FRAMES,
    READERS,
    folder_of,
    framed,
    settings,
)

__all__ = ["raised"]

QUIET: dict[str, str] = {"bootstrap.servers": "127.0.0.1:1", "log_level": "0"}
KEYS = {"crm-pepper": b"pepper"}
SEEN = """\
version: 1
name: seen
source: {topic: seen, schema: t.Seen}
profile: {third_party_id: id}
attributes:
  seenHow: {from: how, missing: skip}
"""


def collected(step: Callable[[], object]) -> tuple[FileFault, ...]:
    """Return the faults that a step ends with; none when it ends well."""
    try:
        step()
    except ConfigurationError as error:
        return error.faults
    return ()


def in_mapping(section: Section, text: str, _: Path) -> tuple[FileFault, ...]:
    """Check a mapping file, and the one beside it before."""
    frame = FRAMES[section.event]
    files = {"b.yaml": framed(text, frame)}
    if section.code == "M423":
        files = {
            "_defaults.yaml": text.strip("\n"),
            "b.yaml": framed("owner: lending", frame),
        }
    if section.beside:
        files["a.yaml"] = framed(section.beside, frame)
    if section.code in {"M504", "M505"}:
        files["fixtures/loan.json"] = "{}"
    return check(files, READERS, {}, KEYS).faults


def in_overrides(section: Section, text: str, _: Path) -> tuple[FileFault, ...]:
    """Check an overrides file, beside a mapping and perhaps another one."""
    frame = FRAMES["crm.LoanFunded"]
    files = {"a.yaml": framed("name: loan-funded", frame)}
    if section.beside:
        files["b.yaml"] = framed(section.beside, frame)
    mappings = check(files, READERS, {}, KEYS).mappings
    assert mappings is not None
    return check_overrides(text.strip("\n"), "overrides.yaml", mappings).faults


def in_yaml(section: Section, text: str, _: Path) -> tuple[FileFault, ...]:
    """Read a YAML file; the one that is too large is not written out."""
    more = "#" * 1024 * 1024 if section.code == "Y102" and "more" in text else ""
    return collected(lambda: read_yaml(text + more, "f.yaml"))


def in_schema(section: Section, text: str, _: Path) -> tuple[FileFault, ...]:
    """Read one of our schemas, and the one beside it before."""
    files = {"a.avsc": section.beside} if section.beside else {}
    return collected(lambda: load_readers({**files, "b.avsc": text}))


def in_configuration(_: Section, text: str, folder: Path) -> tuple[FileFault, ...]:
    """Load a configuration."""
    return collected(lambda: settings(text, folder, {}))


def variables(text: str) -> dict[str, str]:
    """Return the variables that an example sets."""
    return dict(line.split("=", 1) for line in text.split())


def in_environment(_: Section, text: str, folder: Path) -> tuple[FileFault, ...]:
    """Load a configuration under some variables."""
    return collected(lambda: settings("", folder, variables(text)))


def in_telemetry(_: Section, text: str, __: Path) -> tuple[FileFault, ...]:
    """Read the variables of OpenTelemetry."""
    return collected(lambda: read_switch(variables(text), 1.0))


def in_command(_: Section, text: str, folder: Path) -> tuple[FileFault, ...]:
    """Load the configuration that a command names; the right one is there."""
    file = folder_of(folder) / "consumer.yaml"
    file.write_text(CONFIGURATION, encoding="utf-8")
    return collected(lambda: load(folder / text.rsplit(maxsplit=1)[-1], {}))


def in_material(_: Section, text: str, folder: Path) -> tuple[FileFault, ...]:
    """Read the mappings that a configuration names."""
    return collected(lambda: read_material(settings(text, folder, {})))


def in_kafka(section: Section, text: str, folder: Path) -> tuple[FileFault, ...]:
    """Make what the properties of Kafka are for."""
    properties = settings(text, folder, {}).kafka.properties
    steps: dict[str, Callable[[], object]] = {
        "K101": lambda: consumer_properties(properties),
        "K102": lambda: made({**properties, **QUIET}, {}).close(),
        "K103": lambda: Line({
            k: v for k, v in {**properties, **QUIET}.items() if k != "group.id"
        }).close(0),
    }
    return collected(steps[section.code])


def in_cluster(_: Section, text: str, folder: Path) -> tuple[FileFault, ...]:
    """Say which of the topics a cluster with one topic does not have."""
    there = {"prod.loan-funded"}
    missing = set(settings(text, folder, {}).topics.values()) - there
    return UnknownTopicError(tuple(missing)).faults if missing else ()


def in_certificates(section: Section, text: str, folder: Path) -> tuple[FileFault, ...]:
    """Make the clients that read certificates."""
    found = settings(text, folder, {})
    if section.code == "R101":
        return collected(lambda: Registry(found.registry))
    file = str(found.target.ca_file)
    transport = TransportSettings(base_url="https://acme.example", ca_file=file)
    return collected(lambda: way_of(transport))


def in_publisher(section: Section, text: str, _: Path) -> tuple[FileFault, ...]:
    """Hold a publisher's schema against ours, which a mapping reads."""
    readers = load_readers({"t.Seen.avsc": section.beside})
    found = check({"seen.yaml": SEEN}, readers, {}, None)
    assert found.mappings is not None, found.faults
    contracts = [Contract(plan, readers["t.Seen"]) for plan in found.mappings.plans]
    written = [Written(where="NEW.avsc", text=text, is_file=True)]
    return tuple(judge_all(written, contracts, DecodeLimits()))


def in_subject(_: Section, text: str, __: Path) -> tuple[FileFault, ...]:
    """Ask for the versions of a subject where there is one other."""
    subject = text.split(maxsplit=1)[0]
    return () if subject == "crm.loan-funded.v1-value" else (no_version(subject),)


RUNNERS: dict[str, Callable[[Section, str, Path], tuple[FileFault, ...]]] = {
    "M": in_mapping,
    "S": in_publisher,
    "S107": in_subject,
    "Y": in_yaml,
    "A": in_schema,
    "C": in_configuration,
    "K": in_kafka,
    "C108": in_environment,
    "C110": in_command,
    "C111": in_material,
    "C112": in_material,
    "C201": in_telemetry,
    "C701": in_certificates,
    "K201": in_cluster,
    "K202": outside.in_silence,
    "K203": outside.in_rights,
    "K204": outside.in_letters,
    "K205": outside.in_letters,
    "K206": outside.in_patterns,
    "M601": in_overrides,
    "M602": in_overrides,
    "R101": in_certificates,
    "R102": outside.in_silence,
    "T": outside.in_target,
}


def raised(section: Section, text: str, folder: Path) -> tuple[FileFault, ...]:
    """Return the faults that a text raises, in the way of its section."""
    run = RUNNERS.get(section.code) or RUNNERS[section.code[0]]
    return run(section, text, folder)
