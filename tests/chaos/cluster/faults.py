"""Does to the installation what the plan says, and notes when it really was.

Theory of operation: each scope has a thread that works off its faults, one after the
other, none before its time. So what happens to one process, to the broker and to the
target overlaps as planned, and a fault that takes longer to mend only delays those of
its own scope.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, Self

from tests.chaos.cluster.members import Members
from tests.chaos.cluster.plan import PROCESS_KINDS, TARGET_KINDS, Fault, Kind
from tests.chaos.cluster.site import Site
from tests.chaos.cluster.timeline import TimeLine
from tests.processes import post_json

__all__ = ["Happened", "Injector"]


class Happened(NamedTuple):
    """A fault as it was.

    Attributes:
        fault: As planned.
        victim: The process that it struck; empty when it was none's.
        begun: When, Unix seconds.
        ended: When it was mended: a new process had been started, a broker answered.
    """

    fault: Fault
    victim: str
    begun: float
    ended: float


class Injector:
    """Works off a plan. Owned by the run; the end of its block ends all faults.

    Attributes:
        happened: What has happened so far, in the order of its end.
        errors: What the injector itself could not do.
    """

    def __init__(
        self,
        site: Site,
        members: Members,
        timeline: TimeLine,
        new_schema: Callable[[], None],
    ) -> None:
        """Take the parts; `new_schema` lets the publisher go on with another schema."""
        self.happened: list[Happened] = []
        self.errors: list[BaseException] = []
        self._site = site
        self._members = members
        self._timeline = timeline
        self._new_schema = new_schema
        self._threads: list[threading.Thread] = []
        self._ends = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def start(self, plan: Sequence[Fault], began: float) -> None:
        """Begin; the plan's times count from `began`, Unix seconds."""
        scopes: dict[str, list[Fault]] = defaultdict(list)
        for fault in plan:
            scopes[fault.scope].append(fault)
        for scope, faults in scopes.items():
            thread = threading.Thread(
                target=self._work_off, args=(faults, began), name=scope
            )
            thread.start()
            self._threads.append(thread)

    def join(self) -> None:
        """Return once all has happened and is mended.

        Raises:
            BaseExceptionGroup: The injector could not do what it should.
        """
        for thread in self._threads:
            thread.join()
        if self.errors:
            raise BaseExceptionGroup("faults that could not be done", self.errors)

    def _work_off(self, faults: Sequence[Fault], began: float) -> None:
        try:
            for fault in faults:
                if self._ends.wait(max(0.0, began + fault.at_seconds - time.time())):
                    return
                self._do(fault)
        except BaseException as error:  # noqa: BLE001 - `join` raises it
            self.errors.append(error)

    def _do(self, fault: Fault) -> None:
        victim = ""
        if fault.kind in PROCESS_KINDS:
            victim = self._members.settle(fault.slot).process.name
        detail = f" {dict(fault.rule)}" if fault.rule else ""
        name = f"{fault.number:>2} {fault.kind} {victim}".rstrip()
        self._timeline.say(f"-> {name} for {fault.lasts_seconds:.1f} s{detail}")
        begun = time.time()
        with self._effect(fault):
            self._ends.wait(fault.lasts_seconds)
        self.happened.append(Happened(fault, victim, begun, time.time()))
        self._timeline.say(f"<- {name}")

    def _effect(self, fault: Fault) -> AbstractContextManager[None]:
        if fault.kind in TARGET_KINDS:
            return self._target(fault)
        if fault.kind is Kind.KILL:
            return self._ended(fault.slot, self._members.kill)
        if fault.kind is Kind.TERMINATE:
            return self._ended(fault.slot, self._members.terminate)
        if fault.kind in PROCESS_KINDS:
            return self._stopped(fault.slot)
        return {
            Kind.BROKER_STOP: self._site.broker.server.frozen,
            Kind.BROKER_KILL: self._broker_killed,
            Kind.REGISTRY: self._registry_stopped,
            Kind.LETTERS: self._letters_refused,
        }[fault.kind]()

    @contextmanager
    def _ended(self, slot: int, end: Callable[[int], None]) -> Iterator[None]:
        end(slot)
        yield
        self._members.start(slot)

    @contextmanager
    def _stopped(self, slot: int) -> Iterator[None]:
        process = self._members.member(slot).process
        process.stop()
        try:
            yield
        finally:
            process.resume()

    @contextmanager
    def _broker_killed(self) -> Iterator[None]:
        self._site.broker.kill()
        yield
        self._site.broker.start()

    @contextmanager
    def _registry_stopped(self) -> Iterator[None]:
        with self._site.registry_stopped():
            self._new_schema()  # else nobody asks
            yield

    @contextmanager
    def _letters_refused(self) -> Iterator[None]:
        self._site.refuse_letters(is_refused=True)
        yield
        self._site.refuse_letters(is_refused=False)

    @contextmanager
    def _target(self, fault: Fault) -> Iterator[None]:
        admin = self._site.sandbox.admin
        answer = post_json(f"{admin}/faults", dict(fault.rule))
        assert isinstance(answer, dict)
        yield
        post_json(f"{admin}/faults/{answer['id']}", None, method="DELETE")
