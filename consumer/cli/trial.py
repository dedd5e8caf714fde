"""One record on its way through the mappings that claim it, up to the HTTP requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from consumer.cli.hidden import hidden, hidden_fields
from consumer.cli.writers import Answer, named_by
from consumer.config.settings import Settings
from consumer.decode.decoder import Framing, Unclaimed
from consumer.letters.letter import Letter
from consumer.mapping.explaining import RuleTrace, Trace, explain
from consumer.mapping.mapping_set import MappingSet
from consumer.mapping.plan import Plan
from consumer.model import (
    Decoded,
    Failure,
    Item,
    Mapped,
    Outcome,
    Part,
    Record,
    Request,
    Undecodable,
    Work,
)
from consumer.pipeline.assembly import single

__all__ = ["Taken", "Trial", "size_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A record that was taken from somewhere.

    Attributes:
        record: At its own place; its value is empty bytes when it came from JSON.
        answer: Its event, or why there is none; None for a record without a value.
        framing: How it was read; None when it came from JSON.
        letter: The dead letter that it came in, if it did.
    """

    record: Record
    answer: Answer | None
    framing: Framing | None = None
    letter: Letter | None = None


class Trial:
    """One record on its way. Owned by the command.

    Attributes:
        traces: What each mapping that claims the record did, rule by rule.
        refused: Why nothing can be sent; empty when something can, or it is skipped.
        skipped: The reason, when nothing is to be sent.
        requests: Each request with its item.
    """

    def __init__(self, settings: Settings, mappings: MappingSet, taken: Taken) -> None:
        self.taken = taken
        self.traces: tuple[Trace, ...] = ()
        self.refused = ""
        self.skipped = ""
        self.requests: list[tuple[Item, Request]] = []
        answer, record = taken.answer, taken.record
        if taken.letter is not None and not taken.letter.has_payload:
            self.refused = "payload_omitted: the letter was too large for its value"
        elif isinstance(answer, Undecodable):
            self.refused = f"{answer.code}: {answer.message}"
        elif isinstance(answer, Unclaimed):
            self.skipped = "unmapped"
        else:
            event = None if answer is None else answer.event
            plans = claiming(mappings, record, answer)
            self.traces = tuple(explain(plan, event, record) for plan in plans)
            self.send(settings, mapped_of(mappings, record, answer))

    def send(self, settings: Settings, mapped: Mapped | Failure) -> None:
        """Encode what the mappings made; the first refusal refuses all."""
        if isinstance(mapped, Failure):
            self.refused = f"{mapped.code}: {mapped.message}"
            return
        self.skipped = mapped.skipped.value if mapped.skipped else ""
        endpoint = single(settings)
        for item in mapped.items:
            requests = endpoint.encode(work_of(self.taken.record, item))
            if isinstance(requests, Outcome):
                self.refused = f"{requests.reason}: {requests.message}"
                self.requests = []
                return
            self.requests += [(item, request) for request in requests]

    def value(self, *, shown: bool) -> dict[str, object]:
        """Return what a program reads; values themselves only if they are `shown`."""
        event = self.event()
        return {
            "record": self.record_value(shown=shown),
            "letter": self.taken.letter.said if self.taken.letter else None,
            "event": event if shown or event is None else hidden_fields(event),
            "mappings": [
                {
                    "mapping": trace.mapping,
                    "rules": [rule_value(rule, shown=shown) for rule in trace.rules],
                }
                for trace in self.traces
            ],
            "skipped": self.skipped,
            "refused": self.refused,
            "requests": [
                request_value(item, request, shown=shown)
                for item, request in self.requests
            ],
        }

    def event(self) -> Mapping[str, object] | None:
        """Return the event; None when there is none."""
        answer = self.taken.answer
        return answer.event if isinstance(answer, Decoded) else None

    def record_value(self, *, shown: bool) -> dict[str, object]:
        """Return where the record is, and what its bytes say of themselves."""
        record, answer = self.taken.record, self.taken.answer
        named = None
        if self.taken.framing is not None:
            named = named_by(record, self.taken.framing)
        key = None if record.key is None else record.key.decode(errors="replace")
        return {
            "topic": record.source.topic,
            "partition": record.source.partition,
            "offset": record.offset,
            "timestamp_ms": record.timestamp_ms,
            "key": key if shown else hidden(key),
            "headers": [name for name, _ in record.headers],
            "bytes": None if self.taken.framing is None else len(record.value or b""),
            "writer": None if named is None else str(named[0] or "bare"),
            "begins_at": None if named is None else named[1],
            "reader": answer.schema if isinstance(answer, Decoded) else None,
            "unclaimed": answer.schema if isinstance(answer, Unclaimed) else None,
        }


def claiming(
    mappings: MappingSet, record: Record, answer: Decoded | None
) -> list[Plan]:
    """Return the mappings that claim a record, in order of their names."""
    plans = mappings.of_topic(record.source.topic)
    if answer is None:
        return [plan for plan in plans if plan.delete is not None]
    return [plan for plan in plans if plan.spec.source.schema_ == answer.schema]


def mapped_of(
    mappings: MappingSet, record: Record, answer: Decoded | None
) -> Mapped | Failure:
    """Return what the mappings make of a record."""
    if answer is None:
        return mappings.map_tombstone(record)
    return mappings.map(record, answer)


def work_of(record: Record, item: Item) -> Work:
    """Return the work that one item alone is."""
    return Work(
        profile=item.profile,
        attributes=item.attributes,
        parts=(Part(record=record, item=item),),
        attempt=1,
        ready_at=0.0,
    )


def rule_value(rule: RuleTrace, *, shown: bool) -> dict[str, object]:
    """Return one rule and its steps as a program reads them."""
    found = asdict(rule)
    if shown:
        return found
    steps = [{"name": one.name, "value": hidden(one.value)} for one in rule.steps]
    return {**found, "steps": steps, "result": hidden(rule.result)}


def request_value(item: Item, request: Request, *, shown: bool) -> dict[str, object]:
    """Return one request as a program reads it."""
    profile = {item.profile.kind.value: item.profile.value}
    found: dict[str, object] = {
        "profile": profile,
        "attributes": item.attributes,
        "method": request.method,
        "target": request.target,
        "head": request.head.decode(),
        "body": request.body.decode(),
    }
    if not shown:
        found = {
            "profile": hidden_fields(profile),
            "attributes": hidden_fields(item.attributes),
            "method": request.method,
            "target": request.target.partition("?")[0],
        }
    return {**found, "bytes": size_of(request)}


def size_of(request: Request) -> int:
    """Return the size of a request in bytes, without what authorizes it."""
    return len(request.head) + len(b"\r\n") + len(request.body)
