"""`consumer profile`, as the shell sees it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumer.cli import fetching
from consumer.cli.exits import Exit
from consumer.sandbox.faults import FaultKind, FaultRule
from consumer.sandbox.profiles import Attribute
from consumer.sandbox.server import Sandbox
from tests.broker.process import free_ports
from tests.unit.cli.command import run
from tests.unit.cli.outside import NOW, outside

CANARY = "gold-canary"
ID = "C-1-canary"
VISITOR = "111492025094307-353046.28_20"
DIGEST = hashlib.sha256(f"third_party_id:{ID}".encode()).hexdigest()[:16]
WHEN = "2027-01-15T08:00:00.000Z"


@pytest.fixture
def target() -> Iterator[Sandbox]:
    """Give a Target that wants a token and holds one profile."""
    with outside(require_token=True, token="t") as box:
        box.target.profiles.create(ID, VISITOR, {"tier": CANARY, "\x1b[2J": "2"}, NOW)
        found = box.target.profiles.find(f"third_party_id:{ID}", NOW)
        assert found is not None
        found.attributes["older"] = Attribute("1", NOW - 1.5)
        yield box


def config_of(config: Path, url: str, access: str = "t") -> str:
    """Let a configuration name a Target."""
    config.write_text(f"{config.read_text()}  base_url: {url}\n  token: {access}\n")
    return str(config)


def test_a_profile_is_shown(
    capsys: pytest.CaptureFixture[str], config: Path, target: Sandbox
) -> None:
    """Attributes with their times, the newest first; neither id nor value is shown."""
    file = config_of(config, target.addresses.target)
    ended = run(capsys, "profile", ID, "--config", file)
    assert ended.out == (
        f"third_party_id {DIGEST}: 3 attributes, modified {WHEN}\n"
        "  attribute  modified                  value\n"
        f"  ?[2J       {WHEN}  <text, 1>\n"
        f"  tier       {WHEN}  <text, 11>\n"
        "  older      2027-01-15T07:59:58.500Z  <text, 1>\n"
    )
    assert (ended.code, ended.err) == (Exit.DONE, "")


@pytest.mark.parametrize(
    ("more", "value"), [((), "<text, 11>"), (("--show-values",), CANARY)]
)
def test_a_program_reads_it(
    capsys: pytest.CaptureFixture[str],
    config: Path,
    target: Sandbox,
    more: tuple[str, ...],
    value: str,
) -> None:
    """One JSON value; values only on demand; another kind of id finds the same."""
    file = config_of(config, target.addresses.target)
    arguments = ("--config", file, "--kind", "pc_id", "--output", "json", *more)
    ended = run(capsys, "profile", VISITOR, *arguments)
    found = ended.json
    digest = hashlib.sha256(f"pc_id:{VISITOR}".encode()).hexdigest()[:16]
    attributes = found.pop("attributes")
    assert isinstance(attributes, dict)
    assert attributes["tier"] == {"value": value, "modified_at": WHEN}
    assert found == {
        "ok": True,
        "found": True,
        "profile": {"kind": "pc_id", "digest": digest},
        "modified_at": WHEN,
    }


def test_times_that_target_does_not_say(
    capsys: pytest.CaptureFixture[str], config: Path, target: Sandbox
) -> None:
    """What has no time stands last; a profile without attributes has no table."""
    held = {"b": "1", "a": {"value": "2", "modifiedAt": WHEN}}
    for body in (json.dumps({"profileAttributes": one}) for one in (held, {})):
        rule = FaultRule(kind=FaultKind.GARBAGE, path="/rest/", count=1, body=body)
        target.target.faults.add(rule, NOW)
    file = config_of(config, target.addresses.target)
    ended = run(capsys, "profile", ID, "--config", file)
    assert ended.out.splitlines()[0].endswith("2 attributes, modified (not said)")
    assert ended.out.splitlines()[2:] == [
        f"  a          {WHEN}  <text, 1>",
        "  b          (not said)                <text, 1>",
    ]
    ended = run(capsys, "profile", ID, "--config", file)
    assert ended.out.endswith(": 0 attributes, modified (not said)\n")


def test_no_such_profile(
    capsys: pytest.CaptureFixture[str], config: Path, target: Sandbox
) -> None:
    """The answer is no, and says what else it may mean."""
    file = config_of(config, target.addresses.target)
    ended = run(capsys, "profile", "C-9", "--config", file)
    assert (ended.code, ended.out) == (Exit.NO, "")
    assert ended.err.startswith("Target holds no such profile. A new one may take")
    ended = run(capsys, "profile", "C-9", "--config", file, "--output", "json")
    assert ended.code == Exit.NO
    assert (ended.json["ok"], ended.json["found"]) == (False, False)


def test_an_id_that_cannot_be(
    capsys: pytest.CaptureFixture[str], config: Path, target: Sandbox
) -> None:
    """It is a fault of the command line, and is not repeated."""
    file = config_of(config, target.addresses.target)
    ended = run(capsys, "profile", "canary/1", "--config", file)
    assert ended.code == Exit.USAGE
    assert ended.err == (
        "error: Target cannot be asked for it: the third_party_id contains `+` or `/`\n"
    )
    ended = run(capsys, "profile", "1", "--config", file, "--kind", "email")
    assert (ended.code, "'third_party_id', 'pc_id', 'ecid'" in ended.err) == (2, True)


def test_a_token_that_is_refused(
    capsys: pytest.CaptureFixture[str], config: Path, target: Sandbox
) -> None:
    """Target's refusal is a dependency's, with the mend; the token is not shown."""
    file = config_of(config, target.addresses.target, "stale-canary")
    ended = run(capsys, "profile", ID, "--config", file, "--output", "json")
    assert ended.code == Exit.DEPENDENCY
    assert ended.json["error"] == "DependencyError"
    assert "the target refuses the token (HTTP 403). Put the profile" in ended.err
    assert "canary" not in ended.out + ended.err


def test_nobody_listens(
    capsys: pytest.CaptureFixture[str],
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A Target that is away is a dependency that is missing."""
    monkeypatch.setattr(fetching, "FIRST_WAIT_SECONDS", 0.001)
    (port,) = free_ports(1)
    file = config_of(config, f"http://127.0.0.1:{port}")
    ended = run(capsys, "profile", ID, "--config", file)
    assert ended.code == Exit.DEPENDENCY
    assert ended.err.startswith(f"error: Target at 127.0.0.1:{port}: no connection to")
    assert ID not in ended.err
