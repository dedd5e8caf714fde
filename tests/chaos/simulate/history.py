"""One history: the processes, the deeds of its plan, and how it ends.

Theory of operation: everything of the plan is queued at the beginning. Four times a
second somebody looks: at every pipeline that is not standing still, and at whether all
is drained. After the faults have ended whoever is missing begins again; once everything
is finished and committed, all are drained, and what must hold in the end is held.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from consumer.model import PauseReason
from tests.chaos.simulate.clock import Loop, StuckError
from tests.chaos.simulate.drawing import witness
from tests.chaos.simulate.of_end import judge_end
from tests.chaos.simulate.plan import CALM_AT, Deed, Plan
from tests.chaos.simulate.process import DRAIN_SECONDS, Process
from tests.chaos.simulate.records import EVENT, LATE_ID
from tests.chaos.simulate.scene import Scene
from tests.chaos.simulate.themes import plan_of
from tests.chaos.simulate.verdict import Breach

__all__ = ["Found", "run"]

LOOK_SECONDS = 0.25
BEGIN_SECONDS = 0.3  # from one process to the next
PATIENCE_SECONDS = 350.0  # after the last fault: more than what is remembered of it
WITNESS_EVERY = 4  # looks
STAND_IN_SECONDS = 0.1  # from a stop to the round in which others get the partitions
QUIET_SECONDS = 20.0  # before the end, without a new record
END_SECONDS = DRAIN_SECONDS + 20.0
QUOTA_DAY = 86_500.0  # a sleep that lets every call leave the rolling window


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a history showed.

    Attributes:
        plan: What was to happen.
        breaches: The promises that were broken.
        seen: How often each state was reached.
        trace: The time line.
        calls: How many calls were made.
        seconds: How long it took, in its own time.
    """

    plan: Plan
    breaches: tuple[Breach, ...]
    seen: Counter[str]
    trace: list[str]
    calls: int
    seconds: float


def run(seed: int) -> Found:
    """Let the history of `seed` happen."""
    history = History(plan_of(seed))
    gc.disable()  # nothing of a process that crashed may run by and by
    try:
        history.run()
        scene = history.scene
        return Found(
            plan=history.plan,
            breaches=tuple(scene.verdict.breaches),
            seen=scene.verdict.seen,
            trace=scene.verdict.trace(),
            calls=len(scene.target.calls),
            seconds=scene.weather.seconds,
        )
    finally:
        history.bury()
        gc.enable()


class History:
    """One history. Owned by `run`.

    Attributes:
        plan: What is to happen.
        scene: The outside.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.scene = Scene(plan)
        self.scene.broker.wake = self._wake
        self._members: list[Process | None] = [None] * plan.knobs.members
        self._processes: list[Process] = []
        self._is_ending = False
        self._end_by = CALM_AT + PATIENCE_SECONDS
        self._witnesses = 0
        self._out_of_quota_since: float | None = None

    def run(self) -> None:
        """Let it happen."""
        outside = self.scene.outside
        for member in range(len(self._members)):
            outside.call_later(BEGIN_SECONDS * member, self._begin, member)
        for draft in self.plan.drafts:
            outside.call_later(draft.at, self.scene.publish, draft)
        for deed in self.plan.deeds:
            outside.call_later(deed.at, self._do, deed)
        outside.call_soon(self._look)
        verdict = self.scene.verdict
        try:
            self.scene.clock.run(self._is_over)
        except StuckError as error:
            verdict.broken(6, str(error))
        for found in self.scene.clock.errors:
            verdict.broken(6, f"an error in a callback: {found}")
        if not verdict.breaches:
            judge_end(self.plan, self.scene, self._processes)

    def bury(self) -> None:
        """Cancel what is left, so that nothing of it runs by and by."""
        for process in self._processes:
            process.bury()
        self.scene.outside.revive()
        self.scene.clock.run(lambda: True)

    # ------------------------------------------------------------------- looking

    def _is_over(self) -> bool:
        if self.scene.verdict.breaches or self.scene.clock.errors:
            return True
        return self._is_ending and not any(p.is_running for p in self._processes)

    def _look(self) -> None:
        """See how everybody is, and whether all is done."""
        scene = self.scene
        scene.registry.is_down = scene.weather.spell("registry down") is not None
        for process in self._processes:
            if process.is_running and not process.is_still:
                self._look_at(process)
        if self._is_ending and scene.weather.seconds > self._end_by:
            scene.verdict.broken(6, "a drain takes longer than it may")
        elif scene.weather.is_calm and not self._is_ending:
            self._look_at_all()
        scene.outside.call_later(LOOK_SECONDS, self._look)

    def _look_at(self, process: Process) -> None:
        judge = self.scene.judge
        if self._is_ending:
            judge.counts(process)
            return
        judge.looks(process, self.scene.clock.now)
        self._let_days_pass(process)

    def _let_days_pass(self, process: Process) -> None:
        """Where the quota is used up and all else is done, let a day pass."""
        clock = self.scene.clock
        is_out = any(pause.reason is PauseReason.QUOTA for pause in process.pauses())
        if not is_out or not self.scene.weather.is_calm:
            self._out_of_quota_since = None
        elif self._out_of_quota_since is None:
            self._out_of_quota_since = clock.now
        elif clock.now > self._out_of_quota_since + 1.0:
            self.scene.verdict.note("outside", "a day passes")
            self.scene.verdict.see("a day passes")
            clock.now += QUOTA_DAY
            self._end_by += QUOTA_DAY
            self._out_of_quota_since = None

    def _look_at_all(self) -> None:
        """After the last fault: have everybody run, and end when all is done."""
        for member in range(len(self._members)):
            self._begin(member)
        scene = self.scene
        if self._is_drained():
            scene.verdict.note("outside", "all is finished and committed")
            self._is_ending = True
            self._end_by = scene.weather.seconds + END_SECONDS
            for process in self._processes:
                if process.is_running:
                    process.drain()
        elif scene.weather.seconds > self._end_by:
            scene.verdict.broken(6, f"it does not drain: {self._what_is_left()}")
        elif scene.weather.seconds < self._end_by - QUIET_SECONDS:
            self._witnesses += 1
            if self._witnesses % WITNESS_EVERY == 0:
                self.scene.publish(witness(self.plan, self._witnesses // WITNESS_EVERY))

    def _is_drained(self) -> bool:
        """Tell whether every record is finished and committed, in all partitions."""
        books, committed = self.scene.judge.books, self.scene.broker.committed
        return all(
            committed.get(partition, (0, ""))[0] >= books.end(partition)
            for partition in books.logs
        )

    def _what_is_left(self) -> str:
        """Say what waits, and what the pipelines say of it."""
        books, committed = self.scene.judge.books, self.scene.broker.committed
        left = [
            f"{partition} at {committed.get(partition, (0, ''))[0]} of {books.end(partition)}"
            for partition in books.logs
        ]
        said = [
            f"{p.name}: held {p.statistics().held}, {[str(x.reason) for x in p.pauses()]}"
            for p in self._processes
            if p.is_running
        ]
        return "; ".join(left + said)

    # --------------------------------------------------------------------- deeds

    def _begin(self, member: int) -> None:
        """Let a member run, if it does not."""
        old = self._members[member]
        if self._is_ending or (old is not None and old.is_running):
            return
        lives = sum(p.name.startswith(f"m{member}.") for p in self._processes)
        process = self.scene.process(f"m{member}.{lives}")
        self._members[member] = process
        self._processes.append(process)
        self.scene.verdict.note(process.name, "begins")
        process.begin()

    def _do(self, deed: Deed) -> None:
        scene, process = self.scene, self._members[deed.member % len(self._members)]
        if deed.kind == "register":
            scene.registry.texts[LATE_ID] = EVENT
            scene.verdict.note("registry", f"has schema {LATE_ID} from now on")
        elif deed.kind == "bounce":
            wholly = deed.seconds > 0
            scene.verdict.note("group", f"shares anew{', wholly' * wholly}")
            scene.group.share_anew(wholly=wholly)
        elif process is not None and process.is_running and not process.is_still:
            scene.verdict.note(process.name, f"{deed.kind}, {deed.seconds:.2f} s")
            scene.verdict.see(deed.kind)
            DEEDS[deed.kind](self, process, deed)

    def crash(self, process: Process, deed: Deed) -> None:
        """Cut a process's power; it begins again later."""
        self.scene.judge.counts(process)
        if process.statistics().in_flight:
            self.scene.verdict.see("crash with a call on the wire")
        if process.has_map:
            self.scene.verdict.see("crash with a map")
        process.crash()
        self.scene.outside.call_later(
            deed.seconds, self._begin, deed.member % len(self._members)
        )

    def freeze(self, process: Process, deed: Deed) -> None:
        """Let a process stand still."""
        if deed.seconds > self.plan.knobs.session_seconds:
            self.scene.verdict.see("freeze beyond the session")
        self._stop(process, deed, (process.thread, process.main))

    def block(self, process: Process, deed: Deed) -> None:
        """Let a process's event loop stand still."""
        self._stop(process, deed, (process.main,))

    def stand_in(self, process: Process, deed: Deed) -> None:
        """Let an event loop stand still, and others get its partitions meanwhile."""
        if deed.seconds > self.plan.knobs.timeout_seconds + 2.0:
            self.scene.verdict.see("block beyond the wire")

        def share_anew() -> None:
            self.scene.group.share_anew(but=process.source.number)

        def stop() -> None:
            self.scene.outside.call_later(STAND_IN_SECONDS, share_anew)

        self._stop(process, deed, (process.main,), stop)

    def _stop(
        self,
        process: Process,
        deed: Deed,
        loops: Sequence[Loop],
        besides: Callable[[], None] = lambda: None,
    ) -> None:
        def go_on() -> None:
            for loop in loops:
                loop.thaw()

        def stop() -> None:
            self.scene.verdict.note(process.name, f"stands still, {deed.kind}")
            for loop in loops:
                loop.freeze()
            self.scene.outside.call_later(deed.seconds, go_on)
            besides()

        process.stop(stop)

    def drain(self, process: Process, deed: Deed) -> None:
        """Ask a process to end; it begins again later."""
        process.drain()
        self.scene.outside.call_later(
            DRAIN_SECONDS + deed.seconds, self._begin, deed.member % len(self._members)
        )

    def lose(self, process: Process, deed: Deed) -> None:  # noqa: ARG002 - it lasts no time
        """Let a process's client find that it was too slow for the group."""
        process.source.lose()

    def hold(self, process: Process, deed: Deed) -> None:
        """Have a mapping held for a while."""
        process.hold(self.plan.knobs.partitions[-1].topic)
        self.scene.outside.call_later(deed.seconds, lambda: process.hold(None))

    def reload(self, process: Process, deed: Deed) -> None:
        """Put another set of mappings in force."""
        process.reload(("second", "third")[int(deed.at) % 2])

    def _wake(self) -> None:
        for process in self._processes:
            if process.is_running:
                process.source.wake()


DEEDS: Mapping[str, Callable[[History, Process, Deed], None]] = {
    "crash": History.crash,
    "freeze": History.freeze,
    "block": History.block,
    "stand in": History.stand_in,
    "drain": History.drain,
    "lose": History.lose,
    "hold": History.hold,
    "reload": History.reload,
}
