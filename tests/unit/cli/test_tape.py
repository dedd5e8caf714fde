"""What is recorded, record by record."""

from pathlib import Path

import pytest

from consumer.cli.material import Material, read_material, settings_for
from consumer.cli.shipped import shipped_mappings
from consumer.cli.tape import Tape
from consumer.cli.writers import Writers
from consumer.decode.limits import DecodeLimits
from consumer.decode.masking import Masking
from tests.unit.cli.events import SINGLE_OBJECT, loan
from tests.unit.cli.test_plan import record_of

SETTINGS = settings_for(None, None, None)


@pytest.fixture
def bare(tmp_path: Path) -> Material:
    """Return the loan's mapping, for records that name no schema."""
    text = (shipped_mappings() / "loan-funded.yaml").read_text().partition("tests:")[0]
    path = tmp_path / "loan-funded.yaml"
    schema = "  schema: crm.LoanFunded\n"
    path.write_text(text.replace(schema, f"{schema}  framing: bare\n"))
    return read_material(SETTINGS, None, path)


def tape(material: Material, masking: Masking | None) -> Tape:
    """Return a tape without a registry."""
    writers = Writers(SETTINGS, material.readers)
    return Tape(material, writers, DecodeLimits(), masking)


def test_records_that_name_no_schema(bare: Material) -> None:
    """They are masked by the schema that their mapping names."""
    found = tape(bare, Masking(b"k")).recorded(record_of(0, loan()))
    assert found.value is not None
    assert (len(found.value) > 0, b"Ann" in found.value) == (True, False)
    assert b"Example" not in found.value


def test_topics_that_nobody_maps(bare: Material) -> None:
    """Their records are kept, and masked as bytes: nobody has checked them."""
    for value, start in ((SINGLE_OBJECT + loan(), 10), (b"Ann", 0)):
        one = tape(bare, None)
        record = record_of(0, value, "other")
        assert one.recorded(record) is record
        assert sum(one.refused.values()) == 1
        found = tape(bare, Masking(b"k")).recorded(record).value or b""
        assert (len(found), found[:start]) == (len(value), value[:start])
        assert b"Ann" not in found
