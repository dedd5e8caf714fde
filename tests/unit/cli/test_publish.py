"""`consumer publish`: sample events to any cluster and registry."""

from pathlib import Path

import pytest

from consumer.cli.exits import Exit
from consumer.sandbox.events import generate, population_of
from consumer.sandbox.fold import Fold
from consumer.sandbox.mockcluster import MockCluster
from tests.unit.cli.command import run
from tests.unit.cli.outside import registry


def test_the_end_is_told(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    """The JSON says how many were published, and which attributes must be there."""
    cluster = MockCluster()
    cluster.start()
    try:
        with registry() as url:
            text = config.read_text().replace("127.0.0.1:1\n", "BROKERS\n")
            text = text.replace("BROKERS", cluster.bootstrap_servers)
            config.write_text(f"{text}registry: {{url: '{url}'}}\n")
            ended = run(
                capsys,
                *("publish", "--config", str(config), "--output", "json"),
                *("--records", "60", "--seed", "7"),
            )
    finally:
        cluster.close()
    fold = Fold(population_of(60, 7).names)
    for event in generate(60, 7):
        fold.add(event)
    assert ended.code == Exit.DONE
    assert ended.json == {
        "published": 60,
        "seed": 7,
        "profiles": {name: found for name, found in fold.profiles.items() if found},
    }


def test_without_a_registry(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    """Publishing registers schemas, so a registry is needed."""
    ended = run(capsys, "publish", "--config", str(config), "--output", "json")
    assert ended.code == Exit.CONFIGURATION
    assert ended.json["ok"] is False
    assert "`registry.url` is missing: publishing registers the schemas." in ended.err


def test_a_registry_that_does_not_answer(
    capsys: pytest.CaptureFixture[str], config: Path
) -> None:
    """An unreachable registry ends with 4."""
    text = "registry: {url: 'http://127.0.0.1:1', timeout_seconds: 1}\n"
    config.write_text(config.read_text() + text)
    ended = run(capsys, "publish", "--config", str(config), "--output", "json")
    assert ended.code == Exit.DEPENDENCY
    assert "cannot register the schemas" in ended.err
    assert ended.json["error"] == "SandboxError"
