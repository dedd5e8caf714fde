"""The overrides file under a running process: judged, put in force, or refused."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import msgspec
import pytest

from consumer.errors import ConfigurationError
from consumer.mapping.mapping_set import MappingSet
from consumer.mapping.overrides import (
    NO_OVERRIDES,
    CheckedOverrides,
    Mode,
    Overrides,
    check_overrides,
)
from consumer.pipeline import overriding
from consumer.pipeline.in_force import InForce
from consumer.pipeline.overriding import OverrideFile, read_overrides
from consumer.pipeline.status import Reporter
from consumer.telemetry import names
from consumer.telemetry.metrics import Metrics
from tests.unit.pipeline.kit import World
from tests.unit.pipeline.test_guard import material_of

HOLD = "mappings: {ev: {mode: hold}}\n"
WALL = 1_700_000_000.0
RESULTS = ("swapped", "unchanged", "refused")


class Watch:
    """A file, what is in force, and how its judgements were counted."""

    def __init__(self, path: Path, text: str = "") -> None:
        self.path = path / "overrides.yaml"
        self.path.write_text(text)
        material = material_of()
        overrides = read_overrides(self.path, material.mappings)
        self.in_force = InForce(material, overrides)
        self.metrics = Metrics()
        self.wall = WALL
        self.file = OverrideFile(
            self.path,
            self.in_force,
            self.in_force.override,
            self.metrics,
            lambda: self.wall,
        )

    @property
    def counts(self) -> dict[str, int]:
        """How often a file was judged, by its result."""
        counter = self.metrics.counter(names.OVERRIDE_RELOADS)
        found = {result: counter(result)._value.get() for result in RESULTS}
        return {result: int(count) for result, count in found.items() if count}

    async def look(self) -> None:
        """Look at the file as it is."""
        await self.file.reload(self.path)

    @property
    def modes(self) -> dict[str, Mode | None]:
        """The modes in force."""
        return {name: one.mode for name, one in self.in_force.overrides.of.items()}

    async def write(self, text: str) -> None:
        """Change the file, and look at it."""
        self.path.write_text(text)
        await self.look()


async def test_a_file_that_changes_is_in_force(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is judged once for each content; the log names what is in force now."""
    caplog.set_level(logging.WARNING, "consumer.pipeline.overriding")
    watch = Watch(tmp_path)
    await watch.look()
    await watch.look()
    assert (watch.modes, watch.counts) == ({}, {"unchanged": 1})
    await watch.write(HOLD)
    await watch.look()
    assert (watch.modes, watch.counts.get("swapped")) == ({"ev": Mode.HOLD}, 1)
    (line,) = caplog.records
    assert line.__dict__["overrides"] == {"ev": {"mode": "hold"}}
    assert line.__dict__["also"] == []
    await watch.write("# nothing is held any more\n")
    assert (watch.modes, watch.counts.get("swapped")) == ({}, 2)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("mappings: {evv: {mode: hold}}\n", "error M601: There is no mapping `evv`"),
        ("mappings: {ev: {mode: stop}}\n", "error M103: `mode` is none of the choices"),
        ("mappings: {ev: {mode: hold}\n", "error Y101: This is not YAML"),
        ("mappings: {ev: {endpoint: bulk}}\n", "error M105: `endpoint: bulk` is not"),
        ("- ev\n", "error M104: The file is not a mapping of keys to values."),
        ("a: " + "[" * 200 + "\n", "error Y1"),
        ("mappings:\n  ev: {mode: hold}\n" + "#" * 1024 * 1024, "error Y102: The file"),
    ],
)
async def test_a_file_at_fault_keeps_the_old_overrides(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, fault: str
) -> None:
    """Log and `/status` name file, line and mend; the next good one is in force."""
    watch = Watch(tmp_path, "mappings: {vi: {mode: hold}}\n")
    await watch.write(text)
    assert watch.modes == {"vi": Mode.HOLD}
    assert fault in watch.file.refused[0]
    assert watch.file.refused[0].startswith(str(watch.path))
    await watch.look()
    assert watch.counts == {"refused": 1}
    (line,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert line.__dict__["faults"] == list(watch.file.refused)
    await watch.write(HOLD)
    assert (watch.modes, watch.file.refused) == ({"ev": Mode.HOLD}, ())


async def test_a_file_that_is_gone_ends_no_hold(tmp_path: Path) -> None:
    """A volume that is not mounted any more is no word of an operator."""
    watch = Watch(tmp_path, HOLD)
    watch.path.unlink()
    await watch.look()
    await watch.look()
    assert watch.modes == {"ev": Mode.HOLD}
    assert "no such file or directory" in watch.file.refused[0]
    assert watch.counts == {"refused": 1}
    await watch.write(HOLD)
    assert (watch.file.refused, watch.counts.get("unchanged")) == ((), 1)


async def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """As any other fault."""
    watch = Watch(tmp_path, HOLD)
    watch.path.write_bytes(b"\xff")
    await watch.look()
    assert (watch.modes, len(watch.file.refused)) == ({"ev": Mode.HOLD}, 1)


async def test_another_set_judges_the_file_anew(tmp_path: Path) -> None:
    """What is said of a mapping that is gone is dropped, and the file is at fault."""
    watch = Watch(tmp_path, "mappings: {ev: {mode: hold}, vi: {priority: low}}\n")
    watch.in_force.swap(material_of(name="ev2"))
    assert watch.modes == {"vi": None}
    await watch.look()
    assert "There is no mapping `ev`" in watch.file.refused[0]
    watch.in_force.swap(material_of())
    await watch.look()
    assert (watch.modes, watch.file.refused) == ({"ev": Mode.HOLD, "vi": None}, ())


async def test_a_set_that_comes_while_the_file_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was judged by the old one is not put in force over the new one."""
    watch = Watch(tmp_path)

    def swapping(text: str, file: str, mappings: MappingSet) -> CheckedOverrides:
        watch.in_force.swap(material_of(name="ev2"))
        return check_overrides(text, file, mappings)

    with monkeypatch.context() as patched:
        patched.setattr(overriding, "check_overrides", swapping)
        await watch.write(HOLD)
    assert (watch.modes, watch.counts) == ({}, {})
    await watch.look()
    assert "There is no mapping `ev`" in watch.file.refused[0]


async def test_what_nobody_foresaw_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of ours in judging a file ends no healthy process."""

    def fail(*_: object) -> Overrides:
        raise RuntimeError("canary")

    watch = Watch(tmp_path, HOLD)
    with monkeypatch.context() as patched:
        patched.setattr(overriding, "check_overrides", fail)
        await watch.write("# other\n")
    assert (watch.modes, watch.file.refused) == (
        {"ev": Mode.HOLD},
        ("unexpected; see the log",),
    )


async def test_the_status_lists_overrides_with_since_when(tmp_path: Path) -> None:
    """One that stays keeps its time; what a refused file says is beside."""
    world = World(material=material_of())
    watch = Watch(tmp_path, HOLD)
    world.pipeline.in_force = watch.in_force
    reporter = Reporter(
        world.pipeline, dict, world.pipeline._clock, lambda: WALL, watch.file
    )
    world.metrics.collect_from(reporter.samples)
    watch.wall += 60
    await watch.write("mappings: {ev: {mode: hold}, vi: {priority: low}}\n")
    await watch.write("mappings: {vi: {priority: lo}}\n")
    status = json.loads(msgspec.json.encode(reporter.take().status))
    assert status["overrides"] == [
        {"mapping": "ev", "mode": "hold", "since": "2023-11-14T22:13:20Z"},
        {"mapping": "vi", "priority": "low", "since": "2023-11-14T22:14:20Z"},
    ]
    (refused,) = status["overrides_refused"]
    assert refused.startswith(f"{watch.path}:1:27: error M103:")
    lines = world.metrics.exposition().decode().splitlines()
    assert 'target_consumer_overridden{mapping="ev",mode="hold"} 1.0' in lines
    assert 'target_consumer_overridden{mapping="vi",mode=""} 1.0' in lines


def test_without_a_file_nothing_is_overridden(tmp_path: Path) -> None:
    """A file that is wrong at the start is refused as a whole."""
    mappings = material_of().mappings
    assert read_overrides(None, mappings) is NO_OVERRIDES
    path = tmp_path / "overrides.yaml"
    path.write_text("mappings: {x: {mode: hold}}\n")
    with pytest.raises(ConfigurationError, match="There is no mapping `x`"):
        read_overrides(path, mappings)
