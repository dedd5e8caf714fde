"""`schemas/mapping.schema.json`: it agrees with the model that reads mapping files."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from consumer.cli.fault_reference import SECTIONS
from consumer.cli.shipped import shipped_mappings
from consumer.mapping.reference import MEANINGS
from consumer.mapping.specification import CLEAR, MappingSpec
from consumer.yamlfile import read_yaml
from tests.unit.catalogue.framing import FRAMES, framed

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
SCHEMA: dict[str, Any] = json.loads(
    SCHEMAS.joinpath("mapping.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
README = SCHEMAS.joinpath("README.md").read_text(encoding="utf-8")
SHIPPED = sorted(SCHEMAS.joinpath("mappings").glob("*.yaml"))
SAMPLES = re.findall(
    r"^```yaml\n(version: 1\nname: .*?)^```", README, re.MULTILINE | re.DOTALL
)
MAPPINGS = [
    one for one in SECTIONS.values() if one.code[0] == "M" and one.code[1] != "6"
]
MAPPINGS.remove(SECTIONS["M423"])  # about a file of defaults
# M6.. are about the overrides file.
# What the shape alone can have wrong, names of functions included; a part that is not
# built has the right shape.
OF_SHAPE = {"M101", "M102", "M103", "M104", "M106", "M211"}
RIGHT: dict[str, Any] = {
    "version": 1,
    "name": "thing",
    "source": {"topic": "things", "schema": "t.Thing"},
    "profile": [{"third_party_id": "id"}],
    "attributes": {"x": "id"},
}


def is_valid(value: object) -> bool:
    """Return what the schema says of a file."""
    return VALIDATOR.is_valid(value)


def is_read(value: object) -> bool:
    """Return what the model says of it."""
    try:
        MappingSpec.model_validate(value)
    except ValidationError:
        return False
    return True


def test_it_is_a_schema() -> None:
    """It is a JSON Schema of its own dialect, and no form of the model is left open."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert CLEAR not in json.dumps(SCHEMA)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_mapping_is_valid_and_names_it(path: Path) -> None:
    """Editors find the schema by the first line, from where the mapping stands."""
    text = path.read_text(encoding="utf-8")
    assert list(VALIDATOR.iter_errors(read_yaml(text, path.name).value)) == []
    first = text.splitlines()[0]
    assert first == "# yaml-language-server: $schema=../mapping.schema.json"
    assert (path.parent / first.partition("=")[2]).is_file()


@pytest.mark.parametrize("text", SAMPLES)
def test_a_sample_is_valid(text: str) -> None:
    """Mappings in the guide are valid."""
    assert list(VALIDATOR.iter_errors(read_yaml(text, "sample").value)) == []


def test_it_travels_with_the_mappings() -> None:
    """The schema is beside the folder of mappings, wherever that is installed."""
    assert SAMPLES
    assert (shipped_mappings().parent / "mapping.schema.json").is_file()


@pytest.mark.parametrize("section", MAPPINGS, ids=lambda section: section.code)
def test_examples_of_the_catalogue(section: Any) -> None:
    """Right examples are valid; wrong ones are not, where their shape is wrong."""
    frame = FRAMES[section.event]
    assert is_valid(read_yaml(framed(section.right, frame), "f").value)
    wrong = read_yaml(framed(section.wrong, frame), "f").value
    assert is_valid(wrong) is (section.code not in OF_SHAPE)


RULES: list[object] = [
    "id",
    "clear",
    {"from": "id"},
    {"from": ["a", "b"], "apply": "minor_units"},
    {"from": "id", "apply": ["trim", {"left": 3}, {"left": {"length": 3}}]},
    {"from": "id", "apply": {"pluck": "a"}},
    {"from": "id", "missing": "skip"},
    {"from": "id", "missing": {"use": "x"}},
    {"from": "id", "parse": "date"},
    {"from": "id", "parse": {"epoch": "seconds"}},
    {"from": "id", "format": {"date": "%d", "zone": "UTC"}},
    {"from": "id", "format": {"date": "%d", "zone": {"from": "zone"}}},
    {"from": "id", "format": {"boolean": {"true": "Y", "false": "N"}}},
    {"from": "id", "translate": {"A": "a"}, "otherwise": "b", "max_length": 3},
    {"cel": "event.id", "description": "Its id.", "personal": False},
    {"value": "x"},
    5,
    None,
    [],
    {"from": 5},
    {"from": "id", "missing": "perhaps"},
    {"from": "id", "missing": {"us": "x"}},
    {"from": "id", "missing": {"use": 5}},
    {"from": "id", "parse": {"date": "%d", "epoch": "seconds"}},
    {"from": "id", "format": {"decimal": 31}},
    {"from": "id", "format": {"decimal": 2, "rounding": "away"}},
    {"from": "id", "format": {"zone": {"form": "x"}}},
    {"from": "id", "format": {"boolean": {"yes": "Y"}}},
    {"from": "id", "max_length": 0},
    {"from": "id", "translate": {"A": 1}},
    {"from": "id", "nobody": 1},
    {"value": "x", CLEAR: True},
    {"value": True},
]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_valid_when_the_model_reads_it(rule: object) -> None:
    """Short and long forms are told apart as the model does."""
    value = copy.deepcopy(RIGHT)
    value["attributes"]["x"] = rule
    # A file cannot hold the key that stands for `clear` in the model's long form.
    is_ours = isinstance(rule, dict) and CLEAR in rule
    assert is_valid(value) is (is_read(value) and not is_ours)


KEYS: list[dict[str, object]] = [
    {"profile": {"pc_id": "id"}},
    {"profile": [{"pc_id": {"from": "id"}}, {"third_party_id": "id"}]},
    {"send_within": "30s"},
    {"send_within": "1.5h", "priority": "high", "no_profile": "skip"},
    {"occurred_at": "at"},
    {"cases": [{"when": "event.ok", "attributes": {"y": "id"}}]},
    {"on_delete": {"profile": {"pc_id": "meta.key"}, "attributes": {"y": "clear"}}},
    {"tests": [{"name": "a", "record": None, "expect": "skipped"}]},
    {"tests": [{"name": "a", "base": "b.json", "contains": {"attributes": {}}}]},
    {"source": {"topics": ["a"], "schema": "t.Thing", "framing": "bare"}},
    {"send_within": 30},
    {"send_within": "30"},
    {"version": "1"},
    {"version": 2},
    {"profile": {"pc_id": "id", "ecid": "id"}},
    {"profile": {"email": "id"}},
    {"profile": "id"},
    {"cases": {"attributes": {}}},
    {"cases": [{"when": "event.ok"}]},
    {"tests": [{}]},
    {"on_delete": {"profile": {"pc_id": "id"}}},
    {"source": {"topic": "a"}},
    {"attributes": ["x"]},
    {"name": None},
    {"nobody": 1},
]


@pytest.mark.parametrize("change", KEYS)
def test_a_file_is_valid_when_the_model_reads_it(change: dict[str, object]) -> None:
    """Every key takes what the model takes, and nothing else."""
    value = {**copy.deepcopy(RIGHT), **change}
    assert is_valid(value) is is_read(value)


def test_every_key_has_its_meaning() -> None:
    """Keys of the model and meanings are the same, and each ends as a sentence."""
    shown = {"MappingSpec": SCHEMA, **SCHEMA["$defs"]}
    found = {
        name: set(one["properties"])
        for name, one in shown.items()
        if "properties" in one
    }
    assert found == {name: set(keys) for name, keys in MEANINGS.items()}
    meanings = [text for keys in MEANINGS.values() for text in keys.values()]
    assert [text for text in meanings if not re.search(r"[.]$", text)] == []
