"""`consumer check`: configuration, schemas and mappings, before anything runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

import click

from consumer.cli.acls import Orders
from consumer.cli.connect import connected, connection_lines, connection_values
from consumer.cli.contracts import Contract, Written, judge_all
from consumer.cli.exits import Exit
from consumer.cli.files import load_settings
from consumer.cli.material import read_text, settings_for
from consumer.cli.output import emit, faults_value, output_option, say
from consumer.cli.quoting import quoted_faults
from consumer.config.load import Loaded, Origin
from consumer.config.settings import Settings
from consumer.decode.limits import DecodeLimits
from consumer.decode.readers import ReaderSchema
from consumer.errors import ConfigurationError, FileFault
from consumer.mapping.examples import run_tests
from consumer.mapping.loading import check as check_mappings
from consumer.mapping.mapping_set import MappingSet
from consumer.mapping.overrides import check_overrides
from consumer.pipeline.findings import Finding
from consumer.pipeline.material import (
    failed_test,
    keys_of,
    max_skew_ms,
    nothing_mapped,
    read_sources,
)
from consumer.pipeline.subjects import Naming
from consumer.source.properties import consumer_properties
from consumer.telemetry.switch import read_switch
from consumer.watch import read_file

__all__ = ["check"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What the mappings are held against, beside our own schemas.

    Attributes:
        registry: Every registered version of their subjects.
        naming: How subjects are named.
        candidate: A schema that is not registered yet.
        references: Schemas that it refers to, each after those it refers to itself.
        connect: The services outside.
    """

    registry: bool
    naming: str
    candidate: str | None
    references: tuple[str, ...]
    connect: bool

    def candidates(self) -> list[Written]:
        """Return the schema that is not registered yet, if there is one.

        Raises UsageError when a file cannot be read.
        """
        if self.candidate is None:
            return []
        return [
            Written(
                where=self.candidate,
                text=read_text(Path(self.candidate)),
                references={one: read_text(Path(one)) for one in self.references},
                is_file=True,
            )
        ]


@dataclass(slots=True)
class Findings:
    """What was found. Owned by one `check`.

    Attributes:
        own: In our files.
        theirs: In publishers' schemas.
        outside: Of the services that are connected to.
        orders: The rights to order, if they are asked for.
    """

    own: list[FileFault] = field(default_factory=list)
    theirs: list[FileFault] = field(default_factory=list)
    outside: list[Finding] = field(default_factory=list)
    orders: Orders | None = None

    def all(self) -> tuple[FileFault, ...]:
        """Return everything, our own files first."""
        return (*self.own, *self.theirs, *self.foreign())

    def foreign(self) -> list[FileFault]:
        """Return what is wrong outside."""
        return [one.fault for one in self.outside if one.fault is not None]

    def code(self) -> Exit:
        """Return how the command ends."""
        if has_error(self.own):
            return Exit.CONFIGURATION
        if has_error(self.foreign()):
            return Exit.DEPENDENCY
        return Exit.NO if has_error(self.theirs) else Exit.DONE

    def tried(self, step: Callable[[], T]) -> T | None:
        """Return what `step` gives; None, its faults noted, when it finds some."""
        try:
            return step()
        except ConfigurationError as error:
            self.own.extend(error.faults)
            return None


@click.command()
@click.option("--config", metavar="FILE", help="Configuration file.")
@click.option("--schemas", metavar="FOLDER", help="Avro schemas, without --config.")
@click.option("--mappings", metavar="FOLDER", help="Mapping files, without --config.")
@click.option(
    "--registry",
    is_flag=True,
    help="Compare with every registered version of the events' subjects.",
)
@click.option(
    "--subjects",
    type=click.Choice(["topic", "record", "topic-record"]),
    default="topic",
    show_default=True,
    help="How publishers name them: TOPIC-value, full name, or TOPIC-full name.",
)
@click.option(
    "--candidate",
    metavar="FILE.avsc",
    help="Compare with a schema that is not registered yet; needs no registry.",
)
@click.option(
    "--reference",
    "references",
    multiple=True,
    metavar="FILE.avsc",
    help="A schema that the candidate refers to; may be repeated, in order.",
)
@click.option(
    "--connect",
    is_flag=True,
    help="Ask the brokers, the registry and Target whether all that is needed is there.",
)
@click.option(
    "--print-acls",
    is_flag=True,
    help="Print the rights that the cluster's owners have to give, and the commands.",
)
@click.option(
    "--principal",
    metavar="NAME",
    help="Whom --print-acls names; the user of SASL, or a placeholder.",
)
@click.option(
    "--show-origin",
    is_flag=True,
    help="Say where each value came from, secrets masked.",
)
@output_option
def check(
    form: str,
    *,
    config: str | None,
    schemas: str | None,
    mappings: str | None,
    subjects: str,
    candidate: str | None,
    references: tuple[str, ...],
    registry: bool,
    connect: bool,
    print_acls: bool,
    principal: str | None,
    show_origin: bool,
) -> int:
    """Check the configuration, the schemas and the mappings that it names.

    Every fault is named with file, line, column, what is wrong and the mend; `consumer
    docs errors` explains each code. Nothing is connected to, but for --registry and
    --connect; and those change nothing: no topic is made, no group joined, no profile
    updated.

    Exit code 3 when there is a fault; 4 when something outside is missing, refuses us or
    does not answer; 1 when only a publisher's schema is at fault.
    """
    refuse_nothing(config, schemas, mappings)
    if connect or print_acls:
        refuse_nothing(config)
    findings = Findings()
    loaded = findings.tried(lambda: loaded_from(config, schemas, mappings))
    if loaded is not None:
        against = Against(
            registry=registry,
            naming=subjects,
            candidate=candidate,
            references=references,
            connect=connect,
        )
        found = examine(loaded.settings, against, findings, config)
        if found is not None and print_acls:
            findings.orders = Orders(loaded.settings, found, principal)
    origins = loaded.origins if loaded is not None and show_origin else ()
    code = findings.code()
    if form == "json":
        emit(value(findings, origins, is_ok=code is Exit.DONE))
    else:
        show(findings, origins, config)
        say(counted(findings.all()), "green" if code is Exit.DONE else "red")
    return code


def refuse_nothing(*named: str | None) -> None:
    """Refuse a command line that names nothing to check.

    Raises:
        click.UsageError: It does.
    """
    if all(one is None for one in named):
        also = ", or '--mappings'" if len(named) > 1 else ""
        raise click.UsageError(f"Missing option '--config'{also}.")


def loaded_from(
    config: str | None, schemas: str | None, mappings: str | None
) -> Loaded:
    """Return the configuration, or one that names the folders and nothing else.

    Raises ConfigurationError with all that is wrong, UsageError when both are named.
    """
    if config is not None and schemas is None and mappings is None:
        return load_settings(config)
    return Loaded(settings_for(config, schemas, mappings), ())


def examine(
    settings: Settings, against: Against, findings: Findings, config: str | None
) -> MappingSet | None:
    """Check what a configuration names, and return its mappings; None when at fault.

    Args:
        settings: The configuration.
        against: What the mappings are held against.
        findings: Where everything is noted.
        config: The configuration file; without one keys for hashing are not known.
    """
    if config is not None:
        findings.tried(lambda: consumer_properties(settings.kafka.properties))
        findings.tried(lambda: read_switch(os.environ, settings.tracing.sample_ratio))
    known = None if config is None else keys_of(settings)
    contracts = findings.tried(lambda: proved(settings, known, findings.own))
    if contracts is None:
        return None
    findings.tried(lambda: overrides(settings, contracts[0], findings.own))
    compare(settings, against, contracts, findings)
    if against.registry and settings.registry.url is None:
        findings.own.append(no_registry(config or "the command line"))
    if against.connect:
        connect_to(settings, against, contracts, findings)
    return contracts[0]


def connect_to(
    settings: Settings,
    against: Against,
    ours: tuple[MappingSet, list[Contract]],
    findings: Findings,
) -> None:
    """Ask the services outside."""
    mappings, contracts = ours
    readers = {one.reader.name: one.reader for one in contracts}
    found = findings.tried(
        lambda: connected(settings, mappings, readers, against.naming)
    )
    findings.outside += found or []


def proved(
    settings: Settings, keys: dict[str, bytes] | None, found: list[FileFault]
) -> tuple[MappingSet, list[Contract]] | None:
    """Return the mappings and the schemas they are read by; None when they are wrong.

    Raises ConfigurationError when the schemas are wrong: nothing can be said then.
    """
    readers, files = read_sources(settings)
    checked = check_mappings(
        files, readers, settings.topics, keys, max_skew_ms(settings)
    )
    found.extend(checked.faults)
    mappings = checked.mappings
    if mappings is None:
        return None
    if not mappings.plans:
        found.append(nothing_mapped(settings))
    found.extend(failing(files, readers, settings))
    contracts = [Contract(p, readers[p.spec.source.schema_]) for p in mappings.plans]
    return mappings, contracts


def overrides(settings: Settings, mappings: MappingSet, found: list[FileFault]) -> None:
    """Note what is wrong with the overrides file, and what its holds also stop.

    Raises ConfigurationError when it cannot be read.
    """
    file = settings.overrides
    if file is not None:
        found.extend(check_overrides(read_file(file), str(file), mappings).faults)


def failing(
    files: Mapping[str, str], readers: Mapping[str, ReaderSchema], settings: Settings
) -> Iterator[FileFault]:
    """Give each test that fails, as `run` refuses it.

    Tests expect what the published test key gives, so the files are compiled with it.
    """
    skew = max_skew_ms(settings)
    tested = check_mappings(files, readers, settings.topics, None, skew).mappings
    for result in run_tests(tested.plans, files, readers) if tested else ():
        if not result.passed:
            yield failed_test(result)


def compare(
    settings: Settings,
    against: Against,
    ours: tuple[MappingSet, list[Contract]],
    findings: Findings,
) -> None:
    """Hold mappings against publishers' schemas."""
    mappings, contracts = ours
    limits = DecodeLimits(max_depth=settings.decode.max_depth)
    findings.theirs += judge_all(against.candidates(), contracts, limits)
    if not against.registry or settings.registry.url is None:
        return
    # Importing the registry's client takes 0.2 s, which only this option is worth.
    from consumer.cli.subjects import judge_registry  # noqa: PLC0415 - as said

    found = findings.tried(
        lambda: judge_registry(
            settings.registry, contracts, mappings, Naming(against.naming), limits
        )
    )
    findings.theirs += found or []


def no_registry(config: str) -> FileFault:
    """Return the fault of a configuration without the registry that is to be asked."""
    return FileFault(
        code="C104",
        file=config,
        line=0,
        column=0,
        message="`registry.url` is missing: `--registry` asks it.",
        mend="Set it in section `registry`.",
    )


def has_error(faults: list[FileFault]) -> bool:
    """Return whether one of the faults is more than a warning."""
    return any(fault.severity == "error" for fault in faults)


def counted(faults: tuple[FileFault, ...]) -> str:
    """Return how many faults and warnings there are."""
    warnings = sum(1 for fault in faults if fault.severity == "warning")
    errors = len(faults) - warnings
    said = "ok" if not errors else "1 fault" if errors == 1 else f"{errors} faults"
    more = "1 warning" if warnings == 1 else f"{warnings} warnings"
    return f"{said}, {more}" if warnings else said


def value(
    findings: Findings, origins: tuple[Origin, ...], *, is_ok: bool
) -> dict[str, object]:
    """Return what a program reads."""
    found: dict[str, object] = {"ok": is_ok, "faults": faults_value(findings.all())}
    if findings.outside:
        found["connections"] = connection_values(findings.outside)
    if findings.orders is not None:
        found["acls"] = findings.orders.value()
    if origins:
        found["origins"] = [asdict(origin) for origin in origins]
    return found


def show(findings: Findings, origins: tuple[Origin, ...], config: str | None) -> None:
    """Print what a person reads; of the configuration no value, but where it is told."""
    for origin in origins:
        click.echo(f"{origin.key} = {origin.shown}  ({origin.where})")
    for line in connection_lines(findings.outside):
        click.echo(line)
    faults = findings.all()
    if faults:
        masked = frozenset() if config is None else frozenset({config})
        click.echo(quoted_faults(faults, masked))
    for line in findings.orders.lines() if findings.orders is not None else ():
        click.echo(line)
