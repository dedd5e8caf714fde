"""`consumer try`: each step from a record to the exact HTTP requests, nothing sent."""

from __future__ import annotations

import difflib
import json
from dataclasses import asdict
from pathlib import Path

import click

from consumer.cli.exits import Exit
from consumer.cli.material import (
    Material,
    keys_of,
    read_material,
    read_text,
    settings_for,
)
from consumer.cli.output import emit, output_option, say
from consumer.config.settings import Settings
from consumer.errors import UsageError
from consumer.mapping.explaining import RuleTrace, Trace, explain
from consumer.mapping.plan import Plan
from consumer.mapping.record_json import RecordShapeError, event_of
from consumer.model import (
    Decoded,
    Failure,
    Item,
    Mapped,
    Outcome,
    Part,
    Record,
    Request,
    TopicPartition,
    Work,
)
from consumer.pipeline.assembly import single

__all__ = ["try_"]


@click.command("try")
@click.argument("mapping", metavar="MAPPING")
@click.option(
    "--record",
    "file",
    required=True,
    metavar="FILE.json",
    help="The event: plain JSON or Avro's JSON encoding; null is a tombstone.",
)
@click.option("--config", metavar="FILE", help="Configuration: client, keys, folders.")
@click.option(
    "--schemas", metavar="FOLDER", help="Avro schemas; else the shipped ones."
)
@output_option
def try_(
    form: str, /, mapping: str, file: str, config: str | None, schemas: str | None
) -> int:
    """Show every step from a record to the requests that it makes; send nothing.

    MAPPING is a mapping's name, or its file. Without --config the client is called
    `client`, and keyed hashes use the published test key. Exit code 1 when the record is
    refused.
    """
    settings = settings_for(config, schemas, None)
    keys = keys_of(settings)
    is_file = mapping.endswith((".yaml", ".yml"))
    only = Path(mapping) if is_file else None
    material = read_material(settings, keys if config else None, only)
    plan = material.mappings.plans[0] if is_file else plan_named(mapping, material)
    event = read_event(Path(file), plan, material)
    trial = Trial(settings, material, plan, event)
    if form == "json":
        emit(trial.value())
    else:
        trial.show()
    return Exit.NO if trial.refused else Exit.DONE


def plan_named(name: str, material: Material) -> Plan:
    """Return the mapping of that name.

    Raises:
        UsageError: There is none; the message says which there are.
    """
    plans = {plan.spec.name: plan for plan in material.mappings.plans}
    if name in plans:
        return plans[name]
    near = difflib.get_close_matches(name, plans, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(plans)}"
    raise UsageError(f"there is no mapping {name}: {hint}")


def read_event(path: Path, plan: Plan, material: Material) -> dict[str, object] | None:
    """Return the event that a JSON file writes; None for a tombstone.

    Raises:
        UsageError: It is no JSON, or does not fit the mapping's schema.
    """
    try:
        value = json.loads(read_text(path))
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}") from None
    if value is None:
        return None
    schemas = {name: reader.schema for name, reader in material.readers.items()}
    try:
        return event_of(value, schemas[plan.spec.source.schema_], schemas)
    except RecordShapeError as error:
        raise UsageError(f"{path} does not fit its schema: {error}") from None


class Trial:
    """One record on its way through one mapping. Owned by the command.

    Attributes:
        refused: Why nothing can be sent; empty when something can, or it is skipped.
        skipped: The reason, when nothing is to be sent.
    """

    def __init__(
        self,
        settings: Settings,
        material: Material,
        plan: Plan,
        event: dict[str, object] | None,
    ) -> None:
        record = record_for(plan, material, is_tombstone=event is None)
        self.trace: Trace = explain(plan, event, record)
        self.refused = ""
        self.skipped = ""
        self.requests: list[tuple[Item, Request]] = []
        mapped = mapped_of(plan, material, event, record)
        if isinstance(mapped, Failure):
            self.refused = f"{mapped.code}: {mapped.message}"
            return
        self.skipped = mapped.skipped.value if mapped.skipped else ""
        endpoint = single(settings)
        for item in mapped.items:
            work = Work(
                profile=item.profile,
                attributes=item.attributes,
                parts=(Part(record=record, item=item),),
                attempt=1,
                ready_at=0.0,
            )
            requests = endpoint.encode(work)
            if isinstance(requests, Outcome):
                self.refused = f"{requests.reason}: {requests.message}"
                return
            self.requests += [(item, request) for request in requests]

    def value(self) -> dict[str, object]:
        """Return what a program reads."""
        return {
            "mapping": self.trace.mapping,
            "rules": [asdict(rule) for rule in self.trace.rules],
            "skipped": self.skipped,
            "refused": self.refused,
            "requests": [
                {
                    "profile": {item.profile.kind.value: item.profile.value},
                    "attributes": item.attributes,
                    "method": request.method,
                    "target": request.target,
                    "head": request.head.decode(),
                    "body": request.body.decode(),
                    "bytes": size_of(request),
                }
                for item, request in self.requests
            ],
        }

    def show(self) -> None:
        """Print what a person reads."""
        click.echo(f"mapping {self.trace.mapping}")
        for rule in self.trace.rules:
            show_rule(rule)
        for number, (_, request) in enumerate(self.requests, 1):
            of = len(self.requests)
            click.echo(f"\nrequest {number} of {of}, {size_of(request)} bytes:")
            click.echo((request.head + b"\r\n" + request.body).decode().rstrip())
        if self.refused:
            say(f"refused: {self.refused}", "red")
        elif self.skipped:
            say(f"skipped: {self.skipped}", "yellow")


def record_for(plan: Plan, material: Material, *, is_tombstone: bool) -> Record:
    """Return a record as it would come from the mapping's first topic."""
    named = material.mappings.named(plan)
    topic = named[0] if named else str(plan.spec.source.pattern)
    return Record(
        source=TopicPartition(topic, 0),
        offset=0,
        timestamp_ms=0,
        key=None,
        value=None if is_tombstone else b"",
        headers=(),
        epoch=0,
        size_bytes=0,
    )


def mapped_of(
    plan: Plan, material: Material, event: dict[str, object] | None, record: Record
) -> Mapped | Failure:
    """Return what the mapping makes of a record."""
    if event is None:
        return material.mappings.map_tombstone(record)
    decoded = Decoded(event=event, schema=plan.spec.source.schema_)
    return material.mappings.map(record, decoded)


def size_of(request: Request) -> int:
    """Return the size of a request in bytes, without what authorizes it."""
    return len(request.head) + len(b"\r\n") + len(request.body)


def show_rule(rule: RuleTrace) -> None:
    """Print one rule and its steps."""
    click.echo(f"  {rule.name}")
    for step in rule.steps:
        click.echo(f"    {step.name:<28} {shown(step.value)}")
    if rule.refused:
        click.echo(f"    refused: {rule.refused}")


def shown(value: object) -> str:
    """Return a value as JSON where it is JSON's, else as text."""
    return json.dumps(value, ensure_ascii=False, default=str)
