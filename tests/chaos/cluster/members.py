"""The consuming processes: one in each slot, and another when it has ended.

Theory of operation: a slot belongs to one thread at a time, that of its faults. A process
is known by its name, the slot's letter and a number: client id and client code, so that
the broker's pictures and the target's log name it.
"""

from __future__ import annotations

import string
import time
from pathlib import Path
from subprocess import TimeoutExpired
from typing import NamedTuple, Self

from tests.broker.process import free_ports
from tests.chaos.cluster.site import Site
from tests.chaos.cluster.timeline import TimeLine
from tests.integration.scene import Member
from tests.processes import Process, consumer_command, get_json

__all__ = ["Ended", "Members"]

START_SECONDS = 60.0
DRAIN_SECONDS = 10.0  # as configured (tests/integration/settings.py)
GRACE_SECONDS = 15.0  # for all that a drain's time does not bound, on a slow machine


class Ended(NamedTuple):
    """A process that ended: its name, its exit code, and whether that was to be."""

    name: str
    code: int
    is_wanted: bool


class Members:
    """The processes of all slots. Owned by the run; the end of its block ends them.

    Attributes:
        ended: Those that have ended, in the order in which that was seen.
    """

    def __init__(self, site: Site, timeline: TimeLine, count: int) -> None:
        self.ended: list[Ended] = []
        self._site = site
        self._timeline = timeline
        self._started = [0] * count
        self._members: list[Member | None] = [None] * count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for member in self._members:
            if member is not None:
                member.process.__exit__()

    def start_all(self) -> None:
        """Start one process in each slot; return once all have joined."""
        slots = range(len(self._members))
        for slot in slots:
            self.start(slot)
        for slot in slots:
            self.member(slot).until_ready()

    def start(self, slot: int) -> str:
        """Start the next process of a slot; return its name."""
        self._started[slot] += 1
        name = f"{string.ascii_lowercase[slot]}{self._started[slot]}"
        (http,) = free_ports(1)
        file = self._site.configuration(name, http)
        command = consumer_command("run", "--config", file)
        process = Process(name, command, self._site.folder)
        self._members[slot] = Member(process=process, http=f"http://127.0.0.1:{http}")
        self._timeline.say(f"{name} starts, process {process.pid}")
        return name

    def member(self, slot: int) -> Member:
        """Return the newest process of a slot."""
        member = self._members[slot]
        assert member is not None
        return member

    def settle(self, slot: int) -> Member:
        """Return a slot's process once it answers its probes; one must be there.

        One that ended by itself is noted, and replaced. One that does not join, since
        its broker is away, is returned as it is.
        """
        end = time.monotonic() + START_SECONDS
        while True:
            member = self.member(slot)
            if not member.process.is_alive:
                self.note(slot, is_wanted=False)
                self.start(slot)
            elif answers(member, "livez") or time.monotonic() > end:
                return member
            else:
                time.sleep(0.1)

    def settle_all(self) -> None:
        """See to it that each slot has a process that lives."""
        for slot in range(len(self._members)):
            if not self.member(slot).process.is_alive:
                self.settle(slot)

    def kill(self, slot: int) -> None:
        """Send SIGKILL."""
        self.member(slot).process.kill()
        self.note(slot, is_wanted=True)

    def terminate(self, slot: int) -> None:
        """Send SIGTERM and wait for the end, which is to be in order and in time."""
        process = self.member(slot).process
        began = time.monotonic()
        try:
            code = process.terminate(DRAIN_SECONDS + GRACE_SECONDS)
        except TimeoutExpired:
            self._timeline.say(f"{process.name} did not drain in time")
            process.kill()
            code = process.wait(0)
        seconds = time.monotonic() - began
        self._timeline.say(f"{process.name} drained in {seconds:.1f} s, exit {code}")
        self.note(slot, is_wanted=code == 0)

    def note(self, slot: int, *, is_wanted: bool) -> None:
        """Note that a slot's process has ended."""
        process = self.member(slot).process
        end = Ended(process.name, process.wait(30), is_wanted)
        self.ended.append(end)
        if not is_wanted:
            self._timeline.say(f"{end.name} ended by itself, exit {end.code}")

    def drain_all(self) -> None:
        """End every process in order."""
        for slot in range(len(self._members)):
            self.settle(slot)
            self.terminate(slot)

    def statuses(self) -> dict[str, object]:
        """Return what each process says of itself; why not, where one does not."""
        found: dict[str, object] = {}
        for slot in range(len(self._members)):
            member = self.member(slot)
            try:
                found[member.process.name] = get_json(f"{member.http}/status", 5.0)
            except (OSError, ValueError) as error:
                found[member.process.name] = repr(error)
        return found

    @property
    def logs(self) -> list[Path]:
        """Where the processes' logs are."""
        return sorted(self._site.folder.glob("*.log"))


def answers(member: Member, probe: str) -> bool:
    """Whether a process answers a probe with 200."""
    try:
        get_json(f"{member.http}/{probe}", 2.0)
    except OSError:
        return False
    except ValueError:  # 200, and not JSON
        return True
    return True
