"""What decoding costs: `python -m tests.bench.decode [--repeats N]`.

First the compiled check against fastavro's own decode of the same record, for the
shipped schemas; then what each hostile payload of the tests costs.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from fastavro import parse_schema, schemaless_reader

from consumer.decode.admission import admit
from consumer.decode.check import compile_check
from consumer.decode.decoder import Framing, TopicRule
from consumer.decode.limits import DecodeLimits
from consumer.mapping.record_json import event_of
from consumer.model import Decoded
from tests.bench.report import markdown
from tests.unit.decode.avro import FRAME, ID, encode, make_decoder, record
from tests.unit.decode.hostile_cost import Cost, measured

__all__ = ["AIM", "Ratio", "main", "ratio_of"]

ROOT = Path(__file__).resolve().parents[2]
AIM = 1.0  # of fastavro's own decode of the loan record
MICROSECONDS = 1_000_000
PER_ROUND = 2_000
# Schema, and the fixture of its mapping's tests.
SHIPPED = {
    "crm.LoanFunded": "loan",
    "pos.LoyaltyCardSwiped": "loyalty",
    "kiosk.KioskAccessed": "kiosk",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """What one record costs, in CPU microseconds.

    Attributes:
        name: Its schema.
        size: Its bytes.
        check_us: The compiled check.
        fastavro_us: fastavro's own decode.
        whole_us: Our decoder, from the record to the answer.
    """

    name: str
    size: int
    check_us: float
    fastavro_us: float
    whole_us: float

    @property
    def ratio(self) -> float:
        """What the check costs, in decodes by fastavro."""
        return self.check_us / self.fastavro_us


def ratio_of(name: str, fixture: str, repeats: int) -> Ratio:
    """Measure the record of a fixture.

    Raises:
        TypeError: Our decoder refuses it.
    """
    text = (ROOT / f"schemas/avro/{name}.avsc").read_text()
    written = json.loads(text)
    folder = ROOT / "schemas/mappings/fixtures"
    event = event_of(json.loads((folder / f"{fixture}.json").read_text()), written, {})
    body = encode(written, event)
    limits = DecodeLimits()
    check = compile_check(admit(text, {}, limits), limits)
    parsed = parse_schema(written)
    decoder = make_decoder(written)
    decoder.learn(ID, text, {})
    rule = TopicRule(framing=Framing.AUTO, readers=(name,))
    sent = record(FRAME + body)
    if not isinstance(decoder.decode(sent, rule), Decoded):
        raise TypeError(name)
    check_us, fastavro_us, whole_us = cheapest(
        repeats,
        lambda: check(body, 0, limits.max_elements),
        lambda: schemaless_reader(BytesIO(body), parsed, None),
        lambda: decoder.decode(sent, rule),
    )
    return Ratio(
        name=name,
        size=len(body),
        check_us=check_us,
        fastavro_us=fastavro_us,
        whole_us=whole_us,
    )


def cheapest(repeats: int, *calls: Callable[[], object]) -> list[float]:
    """Return CPU microseconds of each call, the least of rounds that take turns."""
    found: list[list[float]] = [[] for _ in calls]
    for _ in range(repeats):
        for call, spent in zip(calls, found, strict=True):
            began = time.process_time()
            for _ in range(PER_ROUND):
                call()
            spent.append((time.process_time() - began) / PER_ROUND * MICROSECONDS)
    return [min(spent) for spent in found]


def ratio_rows(ratios: Sequence[Ratio]) -> list[tuple[str, ...]]:
    """Return a heading and a row for each record."""
    rows: list[tuple[str, ...]] = [
        ("record", "bytes", "check us", "fastavro us", "check / fastavro", "whole us")
    ]
    for one in ratios:
        verdict = "met" if one.ratio <= AIM else "missed"
        rows.append((
            one.name,
            str(one.size),
            f"{one.check_us:.2f}",
            f"{one.fastavro_us:.2f}",
            f"{one.ratio:.2f} ({AIM:.1f} {verdict})",
            f"{one.whole_us:.2f}",
        ))
    return rows


def cost_rows(costs: Sequence[Cost]) -> list[tuple[str, ...]]:
    """Return a heading and a row for each hostile payload."""
    return [
        ("hostile payload", "refused as", "CPU ms", "valid twin, ms", "grown MiB"),
        *(
            (
                one.name,
                one.code,
                f"{one.seconds * 1_000:.3f}",
                f"{one.valid_seconds * 1_000:.3f}",
                f"{one.grown_bytes / (1 << 20):.1f}",
            )
            for one in costs
        ),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both tables; 1 when the check of the loan record misses its aim."""
    made = argparse.ArgumentParser(
        prog="python -m tests.bench.decode",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--repeats", type=int, default=20, help="the least counts")
    repeats = made.parse_args(arguments).repeats
    ratios = [ratio_of(*one, repeats) for one in SHIPPED.items()]
    tables = (markdown(ratio_rows(ratios)), markdown(cost_rows(measured()[0])))
    sys.stdout.write("\n\n".join(tables) + "\n")
    return 0 if ratios[0].ratio <= AIM else 1


if __name__ == "__main__":
    sys.exit(main())
