"""What the examples of the catalogue leave out, and the files that they name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import trustme

from consumer.cli.shipped import shipped_schemas
from consumer.config.load import parse
from consumer.config.settings import Settings
from consumer.decode.readers import load_readers
from consumer.watch import read_folder

__all__ = ["CONFIGURATION", "FRAMES", "READERS", "folder_of", "framed", "settings"]

READERS = load_readers(read_folder(shipped_schemas(), frozenset({".avsc"})))
AUTHORITY = trustme.CA().cert_pem.bytes()
TOP = re.compile(r"^(?=[a-z_]+:)", re.MULTILINE)

# What an example leaves out, by the event that it is about.
FRAMES = {
    "crm.LoanFunded": """\
version: 1
name: example
source: {topic: crm.loan-funded.v1, schema: crm.LoanFunded}
profile: {third_party_id: customer.crm_id}
attributes: {borrower: {value: "true"}}
""",
    "pos.LoyaltyCardSwiped": """\
version: 1
name: example
source: {topic: pos.loyalty-card-swiped.v1, schema: pos.LoyaltyCardSwiped}
profile: {third_party_id: member.crm_id}
attributes: {borrower: {value: "true"}}
""",
}
CONFIGURATION = """\
kafka: {bootstrap.servers: "broker:9092", group.id: profiles}
target: {client: acme}
schemas: avro
mappings: mappings
"""


def framed(fragment: str, frame: str) -> str:
    """Return an example with what it leaves out behind it, so that its lines stay."""
    text = fragment.strip("\n") + "\n"
    given = {block.partition(":")[0] for block in TOP.split(text)}
    more = [b for b in TOP.split(frame) if b.partition(":")[0] not in given]
    return text + "".join(more)


FAILING = """\
tests:
  - name: a visitor
    record: {id: C-1}
    expect: skipped
"""


def folder_of(folder: Path) -> Path:
    """Make the files that the examples of a configuration name."""
    for name in ("avro", "mappings", "empty", "failing", "secrets", "schemas/mappings"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in ("secrets/token", "not.pem"):
        (folder / name).write_text("t0ken", encoding="utf-8")
    (folder / "authorities.pem").write_bytes(AUTHORITY)
    mapping = FRAMES["crm.LoanFunded"].replace("crm.LoanFunded", "t.Seen")
    mapping = mapping.replace("customer.crm_id", "id")
    (folder / "schemas/mappings/seen.yaml").write_text(mapping, encoding="utf-8")
    (folder / "failing/seen.yaml").write_text(mapping + FAILING, encoding="utf-8")
    (folder / "avro/t.Seen.avsc").write_text(
        '{"type": "record", "name": "t.Seen", "fields": '
        '[{"name": "id", "type": "string"}]}',
        encoding="utf-8",
    )
    return folder


def settings(text: str, folder: Path, environ: Mapping[str, str]) -> Settings:
    """Load a configuration with what an example leaves out."""
    framed_text = framed(text, CONFIGURATION)
    return parse(framed_text, "consumer.yaml", environ, folder_of(folder)).settings
