"""What a mapping costs: `python -m tests.bench.mapping`.

The loan mapping without CEL, against the same mapping written by hand in Python and equal
in every item; and CEL expressions, against their bare evaluation. All are measured in
turns in one process, the least of several rounds counts, in CPU time.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import fastavro

from consumer.decode.readers import load_readers
from consumer.errors import MappingError
from consumer.mapping.cel import CelScope, Condition, compile_condition, compile_value
from consumer.mapping.loading import load
from consumer.mapping.mapping_set import MappingSet
from consumer.mapping.paths import Scope
from consumer.mapping.value_type import from_avro
from consumer.model import (
    Decoded,
    IdKind,
    Item,
    Mapped,
    ProfileId,
    Record,
    Route,
    TopicPartition,
)
from consumer.sandbox.events import Fate, generate
from consumer.sandbox.samples import LOAN

__all__ = ["Figure", "main", "measure"]

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
MICROSECONDS = 1_000_000
AIM_MICROSECONDS, AIM_BY_HAND, AIM_CEL = 10.0, 2.5, 1.3
NEW_YORK = ZoneInfo("America/New_York")
EPOCH_SECONDS = 1000
LATER_MS = 4_102_444_800_000  # the year 2100: no event happened too far ahead of it

# What takes the place of the shipped mapping's CEL.
BAND = "loanBand: {from: loan.score, apply: [{band: {edges: [701], names: [standard, prime]}}]}"
EXPRESSIONS = {
    "condition": 'event.status == "FUNDED"',
    "condition of three": 'event.status == "FUNDED" && event.loan.score > 700 && '
    "event.customer.marketing_consent",
    "attribute": 'event.loan.score > 700 ? "prime" : "standard"',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one thing costs beside what it is compared with.

    Attributes:
        name: Of the thing.
        ours: Microseconds of CPU.
        other: Microseconds of CPU of what it is compared with.
        aim: How many times the other's it may cost.
        most: How much it may cost, in microseconds; None for no limit.
    """

    name: str
    ours: float
    other: float
    aim: float
    most: float | None = None

    @property
    def ratio(self) -> float:
        """How many times the other's it costs."""
        return self.ours / self.other

    @property
    def is_met(self) -> bool:
        """Whether both aims are met."""
        return self.ratio <= self.aim and (self.most is None or self.ours <= self.most)

    def __str__(self) -> str:
        """Return a line for a person."""
        limit = "" if self.most is None else f" and {self.most:g} us"
        verdict = "met" if self.is_met else "missed"
        return (
            f"{self.name:<28} {self.ours:7.2f} us   beside {self.other:7.2f} us   "
            f"{self.ratio:4.2f} times (at most {self.aim:g}{limit}: {verdict})"
        )


# --------------------------------------------------------------------------- by hand


def by_hand(route: Route) -> Callable[[dict[str, object], Record], Mapped]:
    """Return the loan mapping as a careful person writes it in Python."""
    products = {"MORTGAGE": "mortgage", "AUTO": "auto", "PERSONAL": "personal"}
    names = route.mappings

    def run(event: dict[str, object], _: Record) -> Mapped:
        loan, customer = event["loan"], event["customer"]
        assert isinstance(loan, dict)
        assert isinstance(customer, dict)
        crm_id = customer["crm_id"].strip()
        if not crm_id:
            raise MappingError("no_profile", "The record names no profile.")
        funded_at = event["funded_at"]
        currency = loan["currency"].strip().upper()
        first, reference = loan["first_payment_on"], event["event_id"]
        if not currency or not reference:
            raise MappingError("missing", "The value is missing or empty.")
        attributes = {
            "loanSequence": str(event["sequence"]),
            "loanReference": str(reference),
            "loanProduct": products.get(loan["product"], "other"),
            "loanAmount": f"{loan['amount']:.2f}",
            "loanCurrency": currency,
            "loanRate": f"{loan['rate']:.3f}",
            "loanFundedOn": funded_at.astimezone(NEW_YORK).strftime("%Y-%m-%d"),  # type: ignore[attr-defined]  # by the schema
            "loanFirstPayment": "none" if first is None else first.isoformat(),
            "loanBand": "prime" if loan["score"] >= 701 else "standard",
        }
        email = customer["email"]
        if email is not None:
            address = email.strip().lower().encode()
            attributes["emailHash"] = hashlib.sha256(address).hexdigest()
        attributes["borrower"] = "true"
        profile = ProfileId(IdKind.THIRD_PARTY_ID, crm_id)
        occurred = int(funded_at.timestamp() * EPOCH_SECONDS)  # type: ignore[attr-defined]  # by the schema
        return Mapped((Item(profile, attributes, route, occurred),), None, names)

    return run


# ---------------------------------------------------------------------------- measuring


def least(runs: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Return the least CPU seconds of each run; they take turns."""
    best = [float("inf")] * len(runs)
    for _ in range(rounds):
        for number, run in enumerate(runs):
            began = time.process_time()
            run()
            best[number] = min(best[number], time.process_time() - began)
    return best


def material() -> tuple[MappingSet, dict[str, object]]:
    """Return the loan mapping without CEL, and its schema."""
    text = SCHEMAS.joinpath("mappings/loan-funded.yaml").read_text(encoding="utf-8")
    kept = text[: text.index("cases:")].replace('when: event.status == "FUNDED"\n', "")
    begin = kept.index("loanBand:")
    kept = kept[:begin] + BAND + kept[kept.index("\n", begin) :]
    schema = SCHEMAS.joinpath("avro/crm.LoanFunded.avsc").read_text(encoding="utf-8")
    readers = load_readers({"crm.LoanFunded.avsc": schema})
    return load({"loan.yaml": kept}, readers, {}, {}), dict(
        readers["crm.LoanFunded"].schema
    )


def loans(count: int, schema: dict[str, object]) -> list[dict[str, object]]:
    """Return the events of so many loans, as the decoder gives them."""
    parsed = fastavro.parse_schema(dict(schema))
    found: list[dict[str, object]] = []
    for sample in generate(count * 4, 1):
        if sample.kind is LOAN and sample.fate is Fate.LANDS and len(found) < count:
            raw = io.BytesIO()
            fastavro.schemaless_writer(raw, parsed, sample.fields)
            raw.seek(0)
            found.append(fastavro.schemaless_reader(raw, parsed, None))  # type: ignore[arg-type]  # a record
    return found


def record_at(offset: int) -> Record:
    """Return a record that is later than any event; the mapping looks at nothing else."""
    source = TopicPartition("crm.loan-funded.v1", 0)
    return Record(source, offset, LATER_MS, None, b"", (), 1, 0)


def measure(count: int = 2000, rounds: int = 15) -> list[Figure]:
    """Measure everything.

    Args:
        count: How many events a round maps.
        rounds: How many rounds each takes.
    """
    mappings, schema = material()
    some = loans(count, schema)
    record = record_at(1)
    run = mappings.claim("crm.loan-funded.v1", "crm.LoanFunded")
    assert run is not None
    hand = by_hand(run.run(some[0], record).items[0].route)
    for event in some:
        [ours], [other] = run.run(event, record).items, hand(event, record).items
        assert ours.profile == other.profile
        assert list(ours.attributes.items()) == list(other.attributes.items())
        assert (ours.route, ours.occurred_at_ms) == (other.route, other.occurred_at_ms)
    decoded = [Decoded(event, "crm.LoanFunded") for event in some]
    best = least(
        [
            lambda: [mappings.map(record, one) for one in decoded],
            lambda: [hand(event, record) for event in some],
        ],
        rounds,
    )
    each = [seconds / len(some) * MICROSECONDS for seconds in best]
    figure = Figure(
        name="loan without CEL, by hand",
        ours=each[0],
        other=each[1],
        aim=AIM_BY_HAND,
        most=AIM_MICROSECONDS,
    )
    bench = Bench(CelScope.of(scope_of(schema)), some, record, rounds)
    return [figure, *(bench.figure(name, text) for name, text in EXPRESSIONS.items())]


def scope_of(schema: dict[str, object]) -> Scope:
    """Return where the paths of expressions begin."""
    return Scope(event=from_avro(schema, {}), schema="crm.LoanFunded")


@dataclass(frozen=True, slots=True)
class Bench:
    """What expressions are measured on."""

    scope: CelScope
    some: list[dict[str, object]]
    record: Record
    rounds: int

    def figure(self, name: str, text: str) -> Figure:
        """Measure one expression against its bare evaluation."""
        is_condition = name.startswith("condition")
        found: Condition = (compile_condition if is_condition else compile_value)(
            text, self.scope
        )
        given = eval(f"lambda event, record: {found.data}", dict(found.names))  # noqa: S307 - as the compiler does
        data = [given(event, self.record) for event in self.some]
        bare = self.scope.running.compile(text).eval

        def evaluate_bare() -> None:
            for one in data:
                bare(None, one).value()

        ours = inlined(found, self.some, self.record)
        best = least([ours, evaluate_bare], self.rounds)
        each = [seconds / len(self.some) * MICROSECONDS for seconds in best]
        return Figure(
            name=f"CEL {name}, bare", ours=each[0], other=each[1], aim=AIM_CEL
        )


def inlined(
    found: Condition, some: list[dict[str, object]], record: Record
) -> Callable[[], object]:
    """Return an expression over all events, written as the compiler writes it."""
    source = (
        "def run(some, record):\n"
        "    for event in some:\n"
        f"        v = evaluate({found.data})\n"
    )
    space: dict[str, object] = {**found.names, "evaluate": found.evaluate}
    exec(source, space)  # noqa: S102 - as the compiler does
    run = space["run"]
    assert callable(run)
    return lambda: run(some, record)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 when a ratio is missed: microseconds are the machine's."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.mapping")
    parser.add_argument("--events", type=int, default=2000, help="of one round")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--slack",
        type=float,
        default=1.0,
        help="how much of an aim is enough: more than 1 where others use the machine",
    )
    options = parser.parse_args(arguments)
    figures = measure(options.events, options.rounds)
    sys.stdout.write("\n".join(str(figure) for figure in figures) + "\n")
    enough = all(figure.ratio <= figure.aim * options.slack for figure in figures)
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
