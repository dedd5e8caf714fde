"""The tutorial of schemas/README.md, done as it says."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from consumer.decode.readers import load_readers
from consumer.mapping.checking import check_file
from consumer.mapping.examples import record_of, run_tests
from consumer.mapping.explaining import explain
from consumer.mapping.functions.all_functions import FUNCTIONS
from consumer.mapping.loading import load
from consumer.mapping.record_json import event_of
from consumer.mapping.specification import MappingSpec

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
README = SCHEMAS.joinpath("README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^`([\w./-]+)`\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)


def read(folder: Path) -> dict[str, str]:
    """Return path and text of every file of a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): path.read_text(encoding="utf-8") for path in files}


def test_the_tutorial_works_step_by_step(tmp_path: Path) -> None:
    """Writing the blocks to the files that are named above them adds an event."""
    copy = tmp_path / "schemas"
    shutil.copytree(SCHEMAS, copy)
    blocks = BLOCK.findall(README)
    assert [name for name, _ in blocks] == [
        "avro/support.CallCentreReached.avsc",
        "mappings/call-centre-reached.yaml",
        "mappings/fixtures/call-centre.json",
    ]
    for name, text in blocks:
        assert not (copy / name).exists()
        (copy / name).write_text(text, encoding="utf-8")
    readers = load_readers(read(copy / "avro"))
    files = read(copy / "mappings")
    mappings = load(files, readers, {}, {})
    results = run_tests(mappings.plans, files, readers)
    assert [r.difference for r in results if not r.passed] == []
    assert [r.name for r in results if r.mapping == "call-centre-reached"] == [
        "a complaint after a long wait",
        "without a rating none is written",
        "other calls are of no interest",
    ]


def test_the_last_step_shows_every_rule() -> None:
    """What `try` shows for the tutorial's record ends with the values of its test."""
    texts = dict(BLOCK.findall(README))
    readers = load_readers({"a.avsc": texts["avro/support.CallCentreReached.avsc"]})
    found = check_file("m", texts["mappings/call-centre-reached.yaml"], readers, {})
    assert found.plan is not None
    schema = readers["support.CallCentreReached"].schema
    value = json.loads(texts["mappings/fixtures/call-centre.json"])
    trace = explain(found.plan, event_of(value, schema, {}), record_of(found.plan, {}))
    assert {rule.name: rule.result for rule in trace.rules if "attr" in rule.name} == {
        "attribute callTopic": "complaint",
        "attribute callReachedOn": "2026-03-01",
        "attribute callPatience": "tested",
        "attribute callRating": "2",
    }


def test_every_function_is_in_the_guide() -> None:
    """The table of functions names each one, with its summary."""
    missing = [
        name
        for name, function in FUNCTIONS.items()
        if f"| `{name}` |" not in README or function.summary not in README
    ]
    assert missing == []


def test_every_key_is_in_the_guide() -> None:
    """Every key of a mapping file is named in the guide."""
    missing = [key for key in MappingSpec.model_fields if f"`{key}" not in README]
    assert missing == []
