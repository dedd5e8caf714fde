"""Records become events in a command."""

from pathlib import Path

import pytest

from consumer.cli.material import settings_for
from consumer.cli.shipped import shipped_schemas
from consumer.cli.writers import Writers, named_by
from consumer.decode.decoder import Framing, TopicRule
from consumer.decode.readers import load_readers
from consumer.errors import RegistryUnreachableError
from consumer.model import Decoded, SchemaId, Undecodable
from consumer.registry import RegisteredSchema
from tests.unit.cli.events import TEXT, loan
from tests.unit.cli.test_plan import record_of

RULE = TopicRule(Framing.AUTO, ("crm.LoanFunded",))
READERS = load_readers({str(shipped_schemas() / "crm.LoanFunded.avsc"): TEXT})
SETTINGS = settings_for(None, None, None)
NUMBER = SchemaId(number=7)


def decoded(text: str) -> object:
    """Return what becomes of a loan that this schema is said to have written."""
    known = {NUMBER: RegisteredSchema(text=text)}
    with Writers(SETTINGS, READERS, known) as writers:
        return writers.decode(record_of(0, loan(7)), RULE)


def test_schemas_that_are_known() -> None:
    """What a file says of a schema needs no registry."""
    assert isinstance(decoded(TEXT), Decoded)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no JSON", "schema_invalid"),
        (
            '{"type": "record", "name": "crm.LoanFunded", "fields": []}',
            "schema_unresolvable",
        ),
    ],
)
def test_schemas_that_are_of_no_use(text: str, code: str) -> None:
    """A schema that is not admitted, or does not become ours, is an answer with a code."""
    answer = decoded(text)
    assert isinstance(answer, Undecodable)
    assert answer.code == code


def test_a_schema_that_nobody_has() -> None:
    """Without a registry, an id that no file knows is unknown."""
    known = {NUMBER: RegisteredSchema(text=TEXT)}
    with Writers(SETTINGS, READERS, known) as writers:
        answer = writers.decode(record_of(0, loan(8)), RULE)
    assert isinstance(answer, Undecodable)
    assert answer.code == "unknown_schema"


def test_a_registry_that_does_not_answer(config: Path) -> None:
    """It is not taken for one that does not have the schema."""
    text = config.read_text() + "registry: {url: 'http://127.0.0.1:1'}\n"
    config.write_text(text)
    settings = settings_for(str(config), None, None)
    with (
        Writers(settings, READERS) as writers,
        pytest.raises(RegistryUnreachableError),
    ):
        writers.decode(record_of(0, loan(8)), RULE)


def test_what_a_record_names() -> None:
    """The schema, and where the event begins; nothing when it is not framed so."""
    assert named_by(record_of(0, loan(7)), Framing.AUTO) == (NUMBER, 5)
    assert named_by(record_of(0, loan()), Framing.BARE) == (None, 0)
    assert named_by(record_of(0, b"x"), Framing.AUTO) is None
    assert named_by(record_of(0, None), Framing.AUTO) is None
