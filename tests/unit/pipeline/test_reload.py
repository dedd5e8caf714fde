"""Mappings that change under load: whole, explained, and without a lost record."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import fastavro
import pytest

from consumer.errors import DependencyError
from consumer.model import PauseReason
from consumer.pipeline import reload
from consumer.pipeline.material import Material, read_material
from consumer.pipeline.reload import Reloader
from tests.unit.pipeline.deployment import Deployment, mapping_text
from tests.unit.pipeline.kit import EVENT, P0, P1, Q0, World, event

pytestmark = pytest.mark.timeout(90)  # real files, threads and time

SWAPS = 50
POLL_SECONDS = 0.005
REJECTS = "  oneNote: {from: note, missing: reject}\n"
FAILS = """\
tests:
  - name: it says something else
    record: {id: C-1, n: 7, note: x}
    expect: skipped
"""
BROKEN = (
    lambda mark: mapping_text("two", mark).replace("version: 1", "version: 9"),
    lambda mark: mapping_text("two", mark, rest=FAILS),
    lambda mark: "- not a mapping " + mark,
)


def pair(mark: int) -> dict[str, str]:
    """Return two mappings of one topic that must always be of the same deployment."""
    return {
        "one.yaml": mapping_text("one", f"{mark}", rest=REJECTS),
        "two.yaml": mapping_text("two", f"{mark}"),
    }


class Run:
    """A pipeline and the reloader beside it, on the real clock.

    Attributes:
        counts: Reloads by their result.
    """

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        material = read_material(deployment.settings)
        self.world = World(deployment.settings, material=material)
        self.counts: Counter[str] = Counter()
        self.before_swap: Callable[[], Awaitable[None]] = self._nothing
        self.reloader = Reloader(
            deployment.settings,
            self.world.pipeline.in_force,
            self._put_in_force,
            lambda result: self.counts.update([result]),
        )

    async def _nothing(self) -> None:
        """Be ready at once."""

    async def _put_in_force(self, material: Material) -> None:
        await self.before_swap()
        self.world.pipeline.swap(material)

    @property
    def version(self) -> str:
        """Version of the set in force."""
        return self.world.pipeline.in_force.mappings.version

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(40):
            while not is_so():  # noqa: ASYNC110 - it looks from outside
                await asyncio.sleep(POLL_SECONDS / 5)

    @classmethod
    @asynccontextmanager
    async def begun(cls, deployment: Deployment) -> AsyncIterator[Run]:
        """Give one that runs and watches; drain it in the end."""
        run = cls(deployment)
        run.world.start()
        run.world.source.assign(P0, P1)
        watching = asyncio.create_task(run.reloader.watch(POLL_SECONDS))
        await run.until(lambda: run.counts["unchanged"] == 1)
        yield run
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await run.world.end()


async def publish(world: World, end: asyncio.Event) -> int:
    """Publish events, one in nine of them bad, until `end`; return how many."""
    number = 0
    while not end.is_set():
        note = None if number % 9 == 0 else "x"
        value = event(f"C-{number % 12}", number, note=note)
        world.source.publish((P0, P1)[number % 12 % 2], value)
        number += 1
        await asyncio.sleep(0.001)
    return number


@pytest.mark.peer("Redpanda Connect #1733")
async def test_fifty_swaps_under_load(tmp_path: Path) -> None:
    """No record is lost, none half mapped, each explained by exactly one version."""
    deployment = Deployment(tmp_path, pair(0))
    async with Run.begun(deployment) as run:
        end = asyncio.Event()
        publishing = asyncio.create_task(publish(run.world, end))
        marks = {run.version: 0}
        for mark in range(1, SWAPS + 1):
            before = run.counts.copy()
            if mark % 5 == 0:
                broken = BROKEN[mark // 5 % 3](f"{mark}")
                deployment.deploy({**pair(mark), "two.yaml": broken})
                await run.until(lambda: run.counts["refused"] > before["refused"])  # noqa: B023 - awaited here
            else:
                deployment.deploy(pair(mark))
                await run.until(lambda: run.counts["swapped"] > before["swapped"])  # noqa: B023 - awaited here
                marks[run.version] = mark
        end.set()
        count = await publishing
        await run.until(lambda: run.world.statistics.held == 0)
        judge(run, count, marks)
    assert dict(run.counts) == {"unchanged": 1, "swapped": 40, "refused": 10}


def number_of(value: bytes) -> int:
    """Return the number of the event in a framed value."""
    found = fastavro.schemaless_reader(
        io.BytesIO(value[5:]), fastavro.parse_schema(json.loads(EVENT)), None
    )
    assert isinstance(found, dict)
    return int(found["n"])


def judge(run: Run, count: int, marks: dict[str, int]) -> None:
    """Check each of `count` events by what the target and the letter topic got."""
    made_by: dict[int, int] = {}
    for _, fields in run.world.target.calls:
        of_one, of_two = fields["profile.oneMark"], fields["profile.twoMark"]
        assert of_one == of_two, "half mapped"
        number = int(fields["profile.oneN"])
        assert number not in made_by, "mapped twice"
        made_by[number] = int(of_one)
    for letter in run.world.letters.written:
        headers = {name: (text or b"").decode() for name, text in letter.headers}
        number = number_of(letter.value or b"")
        assert number not in made_by, "mapped twice"
        made_by[number] = marks[headers["dead-letter-mapping-set"]]
    assert set(made_by) == set(range(count)), "lost"
    for source in (0, 1):
        of_one_partition = [made_by[n] for n in range(count) if n % 12 % 2 == source]
        assert of_one_partition == sorted(of_one_partition), "an older set came back"
    assert set(made_by.values()) <= set(marks.values())
    assert len(set(made_by.values())) > SWAPS // 4, "there was no load"


@pytest.mark.peer("Benthos #91")
async def test_a_refused_set_changes_nothing_and_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The old set stays in force; log and status name each fault of the new one."""
    deployment = Deployment(tmp_path, pair(1))
    async with Run.begun(deployment) as run:
        old = run.version
        deployment.deploy({**pair(2), "two.yaml": mapping_text("two", "2", rest=FAILS)})
        await run.until(lambda: run.counts["refused"] == 1)
        status = run.reloader.status()
        assert (run.version, status["set"]) == (old, old)
        (said,) = run.reloader.refused
        assert "two.yaml:11:1: error C112" in said
        assert "`it says something else` of `two` fails" in said
        (line,) = [one for one in caplog.records if one.levelno == logging.ERROR]
        assert line.__dict__["faults"] == [said] == status["refused"]
        deployment.deploy(pair(3))
        await run.until(lambda: run.counts["swapped"] == 1)
        assert run.reloader.status()["refused"] == []


@pytest.mark.peer("Benthos #89")
async def test_a_swap_logs_one_line_with_old_and_new_versions(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What changed, came and went is named with both versions; the rest is not."""
    caplog.set_level(logging.INFO, "consumer.pipeline.reload")
    deployment = Deployment(tmp_path, pair(1))
    async with Run.begun(deployment) as run:
        old = run.version, dict(run.world.pipeline.in_force.mappings.files)
        files = {"one.yaml": pair(1)["one.yaml"], "new.yaml": mapping_text("new", "2")}
        deployment.deploy(files)
        await run.until(lambda: run.counts["swapped"] == 1)
        new = run.version, dict(run.world.pipeline.in_force.mappings.files)
    (line,) = [one for one in caplog.records if one.msg == "mappings swapped"]
    two, fresh = (str(deployment.mappings / name) for name in ("two.yaml", "new.yaml"))
    assert line.__dict__["set"] == f"{old[0]} -> {new[0]}"
    assert line.__dict__["schemas"] == {}
    assert line.__dict__["files"] == {
        fresh: f"none -> {new[1][fresh]}",
        two: f"{old[1][two]} -> none",
    }


async def test_what_was_queued_keeps_the_version_that_made_it(tmp_path: Path) -> None:
    """A record that waits for the target is sent as the older set made it."""
    deployment = Deployment(tmp_path, pair(1))
    async with Run.begun(deployment) as run:
        run.world.target.seconds = 0.3
        for number in range(3):
            run.world.source.publish(P0, event("C-1", number, note="x"))
        await run.until(
            lambda: run.world.statistics.in_flight == 1
        )  # so all are mapped
        deployment.deploy(pair(2))
        await run.until(lambda: run.counts["swapped"] == 1)
        assert run.world.statistics.delivered < 3
        run.world.source.publish(P0, event("C-1", 3, note="x"))
        await run.until(lambda: run.world.statistics.delivered == 4)
        sent = [fields["profile.oneMark"] for _, fields in run.world.target.calls]
        assert sent == ["1", "1", "1", "2"]


async def test_a_swap_waits_until_the_outside_is_ready(tmp_path: Path) -> None:
    """A letter topic that cannot be made now keeps the old set, and is asked again."""
    deployment = Deployment(tmp_path, pair(1))
    async with Run.begun(deployment) as run:
        tries = iter([DependencyError("no broker"), None])

        async def ready() -> None:
            error = next(tries)
            if error is not None:
                raise error

        run.before_swap = ready
        deployment.deploy(pair(2))
        await run.until(lambda: run.counts["swapped"] == 1)
        assert run.counts["postponed"] == 1


async def test_a_topic_that_is_dropped_is_not_skipped(tmp_path: Path) -> None:
    """Records that come before it is given back wait, and are nobody's skips."""
    visits = {"visits.yaml": mapping_text("vi", "1", topic="visits")}
    deployment = Deployment(tmp_path, {**pair(1), **visits})
    async with Run.begun(deployment) as run:
        world = run.world
        world.source.assign(Q0)
        deployment.deploy(pair(1))
        await run.until(lambda: run.counts["swapped"] == 1)
        world.source.publish(Q0, event("C-1", 1))
        world.source.publish(Q0, None)
        await run.until(lambda: world.statistics.held == 2)
        assert world.reasons == {PauseReason.UNMAPPED}
        world.source.publish(P0, event("C-1", 2, note="x"))
        await run.until(lambda: world.statistics.delivered == 1)
        await world.source.revoke(Q0)
        assert world.source.committed.get(Q0, 0) == 0
        assert (world.statistics.skipped, world.statistics.released) == (0, 2)
        assert world.reasons == set()


async def test_a_topic_that_comes_back_goes_on(tmp_path: Path) -> None:
    """What waited for a mapping is mapped by the set that has one."""
    visits = {"visits.yaml": mapping_text("vi", "1", topic="visits")}
    deployment = Deployment(tmp_path, pair(1))
    async with Run.begun(deployment) as run:
        run.world.source.assign(Q0)
        run.world.source.publish(Q0, event("C-1", 1))
        await run.until(lambda: run.world.statistics.held == 1)
        deployment.deploy({**pair(1), **visits})
        await run.until(lambda: run.world.statistics.delivered == 1)
        assert run.world.reasons == set()


async def test_a_schema_that_is_mended_lets_its_topic_go_on(tmp_path: Path) -> None:
    """A topic held by a writer's schema goes on with a reader's schema that fits."""
    deployment = Deployment(tmp_path, pair(1))
    schema = deployment.settings.schemas / "t.Event.avsc"
    async with Run.begun(deployment) as run:
        run.world.publish(P0, "C-1", schema_id=8)  # its `n` is a text
        await run.until(lambda: PauseReason.UNRESOLVABLE in run.world.reasons)
        schema.write_text(schema.read_text().replace('"long"', '"string"'))
        await run.until(lambda: run.counts["swapped"] == 1)
        await run.until(lambda: run.world.statistics.held == 0)
        assert run.world.reasons == set()


async def test_what_nobody_foresaw_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: an error that is no fault of a file ended a healthy process."""
    deployment = Deployment(tmp_path, pair(1))
    async with Run.begun(deployment) as run:
        old = run.version

        def fail(_: object) -> Material:
            raise RuntimeError("canary")

        with monkeypatch.context() as patched:
            patched.setattr(reload, "read_material", fail)
            deployment.deploy(pair(2))
            await run.until(lambda: run.counts["refused"] == 1)
        assert run.version == old
        assert run.reloader.refused == ("unexpected: RuntimeError; see the log",)
        deployment.deploy(pair(3))
        await run.until(lambda: run.counts["swapped"] == 1)
