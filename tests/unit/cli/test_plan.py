"""`consumer plan`: what would change."""

import shutil
from pathlib import Path

import pytest

from consumer.cli.comparison import Example
from consumer.cli.exits import Exit
from consumer.cli.plan import masked_by
from consumer.cli.recording import Recording, write_recording
from consumer.cli.shipped import shipped_mappings, shipped_schemas
from consumer.model import Record, SchemaId, TopicPartition
from consumer.registry import RegisteredSchema
from tests.unit.cli.command import Ended, run
from tests.unit.cli.events import TEXT, TOPIC, letter_of, loan

NUMBER = 7


def record_of(offset: int, value: bytes | None, topic: str = TOPIC) -> Record:
    """Return a record of the loans' topic."""
    return Record(
        source=TopicPartition(topic, 0),
        offset=offset,
        timestamp_ms=0,
        key=b"C-1",
        value=value,
        headers=(),
        epoch=0,
        size_bytes=0,
    )


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """Return a file of recorded loans, some of them bad."""
    values = [
        loan(NUMBER),
        loan(NUMBER, loan={"product": "AUTO"}),
        loan(NUMBER, status="DECLINED"),
        loan(NUMBER, customer={"crm_id": " "}),
        loan(NUMBER, customer={"crm_id": "C+1"}),
        loan(NUMBER)[:-1],
        None,
    ]
    records = [record_of(offset, value) for offset, value in enumerate(values)]
    records.append(record_of(7, loan(NUMBER), "other"))
    records.append(letter_of(loan(NUMBER)))
    path = tmp_path / "sample.json"
    schemas = {SchemaId(number=NUMBER): RegisteredSchema(text=TEXT)}
    recording = Recording(masked=False, schemas=schemas, records=tuple(records))
    write_recording(recording, path)
    return path


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Return a copy of the shipped folders, to be changed."""
    folder = tmp_path / "mine"
    shutil.copytree(shipped_schemas(), folder / "avro")
    shutil.copytree(shipped_mappings(), folder / "mappings")
    return folder


def change(mine: Path, old: str, new: str) -> None:
    """Change the loan's mapping; its tests are left out."""
    path = mine / "mappings" / "loan-funded.yaml"
    text = path.read_text().partition("tests:")[0]
    assert old in text
    path.write_text(text.replace(old, new))


def planned(
    capsys: pytest.CaptureFixture[str], mine: Path, sample: Path, *more: str
) -> Ended:
    """Plan to deploy `mine` in place of the shipped mappings."""
    return run(
        capsys,
        *("plan", "--against", str(shipped_mappings()), "--sample", str(sample)),
        *("--mappings", str(mine / "mappings"), "--schemas", str(mine / "avro")),
        *more,
    )


def test_nothing_changes(
    capsys: pytest.CaptureFixture[str], mine: Path, sample: Path
) -> None:
    """The same mappings change nothing, and the exit code is 0."""
    ended = planned(capsys, mine, sample, "--output", "json")
    assert (ended.code, ended.json) == (
        Exit.DONE,
        {
            "ok": True,
            "records": 9,
            "attributes": {},
            "ends": [],
            "profiles": {"records": 0, "examples": []},
            "calls": {
                "before": 3,
                "after": 3,
                "per_record_before": 0.333,
                "per_record_after": 0.333,
            },
        },
    )
    ended = planned(capsys, mine, sample)
    assert ended.out == "calls per record: 0.333 -> 0.333\n"
    assert ended.err == "9 records were mapped twice: nothing changes\n"


def test_attributes_change(
    capsys: pytest.CaptureFixture[str], mine: Path, sample: Path
) -> None:
    """Each attribute says how many records gain, lose or change it, with examples."""
    change(mine, "AUTO: auto", "AUTO: car")
    change(mine, '  borrower: {value: "true"}', '  debtor: {value: "true"}')
    ended = planned(capsys, mine, sample, "--show-values", "--output", "json")
    assert ended.code == Exit.NO
    attributes = ended.json["attributes"]
    assert isinstance(attributes, dict)
    assert attributes["loanProduct"] == {
        "changed": 1,
        "examples": [
            {
                "change": "changed",
                "record": f"{TOPIC}[0]@1",
                "before": "auto",
                "after": "car",
            }
        ],
    }
    assert attributes["borrower"]["lost"] == attributes["debtor"]["gained"] == 3
    assert attributes["debtor"]["examples"][2]["record"].endswith("dead-letters[0]@0")
    masked = planned(capsys, mine, sample)
    assert f'    {TOPIC}[0]@1: "auto" -> "car"\n' not in masked.out
    assert "attribute loanProduct: changed by 1\n" in masked.out
    assert "attribute debtor: gained by 3\n" in masked.out
    assert f'    {TOPIC}[0]@1: nothing -> "' in masked.out


def test_ends_change(
    capsys: pytest.CaptureFixture[str], mine: Path, sample: Path
) -> None:
    """New dead letters and skips are named with their reasons; calls are counted."""
    change(mine, 'when: event.status == "FUNDED"', "when: event.loan.score > 800")
    ended = planned(capsys, mine, sample, "--output", "json")
    ends = {(one["before"], one["after"]): one for one in ended.listed("ends")}
    assert ends["delivered", "skipped: when"]["records"] == 3
    assert ends["dead letter: no_profile", "skipped: when"]["records"] == 1
    assert ends["dead letter: invalid_id", "skipped: when"]["records"] == 1
    calls = ended.json["calls"]
    assert isinstance(calls, dict)
    assert (calls["before"], calls["after"]) == (3, 0)
    change(mine, "when: event.loan.score > 800", 'when: event.status == "FUNDED"')
    change(
        mine,
        "AUTO: auto, PERSONAL: personal}, otherwise: other",
        "AUTO: auto}, otherwise: other",
    )
    change(
        mine,
        "from: loan.currency, apply: [trim, uppercase]",
        "from: loan.currency, apply: [{replace: {old: USD, new: ''}}]",
    )
    text = planned(capsys, mine, sample).out
    assert "delivered -> dead letter: missing: 3 records\n" in text
    assert f"    {TOPIC}[0]@0  loan-funded: attribute loanCurrency: " in text


def test_another_profile(
    capsys: pytest.CaptureFixture[str], mine: Path, sample: Path
) -> None:
    """Records that would update another profile are counted; ids are masked."""
    change(
        mine,
        "third_party_id: {from: customer.crm_id, apply: [trim]}",
        "third_party_id: loan.currency",
    )
    ended = planned(capsys, mine, sample)
    assert "another profile: 3 records\n" in ended.out
    assert "C-1" not in ended.out
    assert f'    {TOPIC}[0]@0 (third_party_id): "' in ended.out
    shown = planned(capsys, mine, sample, "--show-values").out
    assert f'    {TOPIC}[0]@0 (third_party_id): "C-1" -> "USD"\n' in shown


def test_masks_look_different() -> None:
    """Short values that differ never look alike, whatever the key."""
    for number in range(50):
        show = masked_by(bytes([number]))
        before, after = show(Example(record="", before="1", after="2"))
        assert before != after
        assert show(Example(record="", before=None, after="2"))[0] is None


def test_a_letter_without_its_payload(
    capsys: pytest.CaptureFixture[str], mine: Path, tmp_path: Path
) -> None:
    """A dead letter that was too large for its value is no tombstone: it is not tried."""
    path = tmp_path / "letters.json"
    letter = letter_of(loan(NUMBER), max_bytes=1)
    write_recording(Recording(masked=False, schemas={}, records=(letter,)), path)
    change(
        mine,
        "cases:",
        "on_delete: {profile: {pc_id: meta.key}, attributes: {borrower: clear}}\ncases:",
    )
    assert planned(capsys, mine, path).code == Exit.DONE


def test_schemas_may_differ_too(
    capsys: pytest.CaptureFixture[str], mine: Path, sample: Path
) -> None:
    """A folder with `mappings` and `avro` is compared with its own schemas."""
    path = mine / "avro" / "crm.LoanFunded.avsc"
    path.write_text(path.read_text().replace('"default": "USD"', '"default": "EUR"'))
    where = ("--against", str(mine), "--sample", str(sample))
    assert run(capsys, "plan", *where).code == Exit.DONE
    (mine / "avro" / "crm.LoanFunded.avsc").unlink()
    ended = run(capsys, "plan", *where, "--output", "json")
    assert (ended.code, "No file defines the schema" in ended.err) == (3, True)
    shutil.rmtree(mine / "avro")
    assert run(capsys, "plan", *where).code == Exit.DONE


def test_files_that_are_not_there(
    capsys: pytest.CaptureFixture[str], sample: Path, tmp_path: Path
) -> None:
    """A folder or a sample that is missing is named."""
    missing = str(tmp_path / "none")
    ended = run(capsys, "plan", "--against", missing, "--sample", str(sample))
    assert (ended.code, "none is no folder" in ended.err) == (Exit.USAGE, True)
    ended = run(capsys, "plan", "--against", str(tmp_path), "--sample", missing)
    assert (ended.code, "none cannot be read" in ended.err) == (Exit.USAGE, True)
