"""Which records the target has answered, and when.

A call carries the newest event of its profile; the older ones that were merged into it
are answered with it, since updates of one profile go out in order. So the target needs to
tell only of each answer which event it was, and whoever published knows the rest.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Sequence
from urllib.request import urlopen

from tests.bench.stub import ANSWERED, MOST_TOLD
from tests.processes import Process

__all__ = ["Answers", "quantile", "until_answered"]

LOOK_SECONDS = 0.05


class Answers:
    """The records of one run. Owned by who measures it.

    Attributes:
        calls: Answers that the target gave in this run.
        records: Records that were answered by them.
        answered_at: When each record was, on the monotonic clock; NaN until then.
    """

    def __init__(self, port: int, customers: Sequence[int]) -> None:
        """Begin with what the target at `port` has answered so far.

        Args:
            port: Of the stub.
            customers: Whom the records are about, in the order of their numbers.
        """
        self.calls = self.records = 0
        self.answered_at = [math.nan] * len(customers)
        self._port = port
        self._customers = customers
        self._waiting: dict[int, deque[int]] = {}
        for number, customer in enumerate(customers):
            self._waiting.setdefault(customer, deque()).append(number)
        self._seen = 0
        while self._told():
            pass

    def read(self) -> None:
        """Bring it up to date.

        Raises:
            RuntimeError: An update came from no event that was published.
        """
        while found := self._told():
            for at, event in found:
                if not 0 <= event < len(self._customers):
                    raise RuntimeError(f"an update from event {event}: nobody's")
                self.note(at, event)

    def note(self, at: float, event: int) -> None:
        """Note an answer to an update whose newest event is this."""
        self.calls += 1
        waiting = self._waiting[self._customers[event]]
        while waiting and waiting[0] <= event:
            self.answered_at[waiting.popleft()] = at
            self.records += 1

    def ages(self, times: Sequence[float], now: float) -> list[float]:
        """Return seconds from each record's time to its answer.

        One that is not answered yet counts as answered at `now`, so a quantile that
        falls on it says too little, never too much.
        """
        return [
            (now if math.isnan(end) else end) - began
            for began, end in zip(times, self.answered_at, strict=True)
        ]

    def _told(self) -> list[tuple[float, int]]:
        url = f"http://127.0.0.1:{self._port}/answers?{self._seen}"
        with urlopen(url, timeout=10) as answer:
            found = list(ANSWERED.iter_unpack(answer.read()))
        assert len(found) <= MOST_TOLD
        self._seen += len(found)
        return found


def until_answered(
    answers: Answers, process: Process, count: int, seconds: float
) -> bool:
    """Wait until so many records are answered; False when that takes too long.

    Raises:
        RuntimeError: The consumer ended.
    """
    end = time.monotonic() + seconds
    while True:
        answers.read()
        if answers.records >= count:
            return True
        if not process.is_alive:
            raise RuntimeError(f"the consumer ended:\n{process.text()[-2000:]}")
        if time.monotonic() > end:
            return False
        time.sleep(LOOK_SECONDS)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the least of the values that `share` of them do not exceed."""
    place = math.ceil(share * len(values)) - 1
    return sorted(values)[max(place, 0)]
