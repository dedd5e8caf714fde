"""Which waiting item is next.

Rules:
    - The order is an item's ready time less the head start of its class (high 60 s,
      low -60 s), then the order of offering. This orders and never delays: ready times
      pass, so nothing starves.
    - A shard whose first item has failed often stands apart, the least often first, then
      in the order of those items, whatever waits behind them: a few profiles that always
      fail are the oldest, and would go before all others for ever.
    - An item here is a hint, not a promise: it may have been taken for another item's
      sake, or dropped. Whoever takes it out looks at `Entry.waiting`.

Theory of operation:
    Within one class ready times only grow, so a deque per class is in order for nothing.
    What comes back (a retry that is due, an item whose shard was busy or whose
    partition was closed) is older than what the deques hold and goes to a heap, which
    stays about as small as the number of calls in flight. A hint that leads to an item
    which stands apart stays with the shard, as one that met a busy shard does.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque

from consumer.model import Priority
from consumer.schedule.entry import Entry, Ranked

__all__ = ["FIRST", "HEAD_START_SECONDS", "OFTEN", "Ready"]

HEAD_START_SECONDS = {Priority.HIGH: 60.0, Priority.NORMAL: 0.0, Priority.LOW: -60.0}
FIRST = float("-inf")  # the rank of what goes before all others
OFTEN = 4  # calls that failed


class Ready:
    """The ready items of one endpoint. Owned by that endpoint.

    Attributes:
        turn: Keeps two hints of one item from being compared by their items.
    """

    __slots__ = ("_back", "_fresh", "_high", "_low", "_normal", "_often", "turn")

    def __init__(self) -> None:
        self._high: deque[Entry] = deque()
        self._normal: deque[Entry] = deque()
        self._low: deque[Entry] = deque()
        self._fresh = (self._high, self._normal, self._low)
        self._back: list[Ranked] = []
        self._often: list[tuple[int, float, int, int, Entry]] = []
        self.turn = itertools.count(1)

    def __len__(self) -> int:
        return sum(map(len, self._fresh)) + len(self._back) + len(self._often)

    def offer(self, entry: Entry, priority: Priority) -> None:
        """Add an item that is ready from now on; ready times never go back."""
        if priority is Priority.NORMAL:
            self._normal.append(entry)
        elif priority is Priority.HIGH:
            self._high.append(entry)
        else:
            self._low.append(entry)

    def put_back(self, entry: Entry) -> None:
        """Add an item that was ready before, at its rank."""
        first = entry.shard.first_open()
        if first is not None and first.attempts >= OFTEN:
            self.put_apart(entry, first)
            return
        entry.hinted = True
        heapq.heappush(self._back, (entry.rank, entry.sequence, next(self.turn), entry))

    def put_apart(self, hint: Entry, first: Entry) -> None:
        """Add the first item of a shard, which failed often; a hint led to it."""
        first.hinted = True
        place = first.rank, first.sequence, next(self.turn), first
        heapq.heappush(self._often, (first.attempts, *place))
        if hint is not first:
            self.claim(hint)

    def claim(self, hint: Entry) -> None:
        """Keep a hint with its shard until the shard is free."""
        hint.hinted = True
        place = hint.rank, hint.sequence, next(self.turn), hint
        heapq.heappush(hint.shard.claims, place)

    def pop_often(self) -> Entry | None:
        """Take out what failed often, the least often first; None when nothing has."""
        while self._often:
            attempts, rank, *_, entry = heapq.heappop(self._often)
            if (attempts, rank) == (entry.attempts, entry.rank):
                return entry  # else it was added anew since
        return None

    def pop(self) -> Entry | None:
        """Take out the next item that has not failed often; None when there is none."""
        if self._back or self._high or self._low:
            return self._pop_best()
        return self._normal.popleft() if self._normal else None

    def _pop_best(self) -> Entry:
        heads = [(q[0].rank, q[0].sequence, n) for n, q in enumerate(self._fresh) if q]
        best = min(heads, default=None)
        if best is None or (self._back and self._back[0][:2] < best[:2]):
            return heapq.heappop(self._back)[-1]
        return self._fresh[best[2]].popleft()

    def drop_stale(self) -> None:
        """Forget the hints of items that no longer wait: after a revocation only."""
        for entry in (*self._high, *self._normal, *self._low):
            entry.hinted = entry.waiting
        for entry in (
            *(one[-1] for one in self._back),
            *(one[-1] for one in self._often),
        ):
            entry.hinted = entry.waiting
        for queue in self._fresh:
            kept = [entry for entry in queue if entry.waiting]
            queue.clear()
            queue.extend(kept)
        self._back = [ranked for ranked in self._back if ranked[-1].waiting]
        heapq.heapify(self._back)
        self._often = [apart for apart in self._often if apart[-1].waiting]
        heapq.heapify(self._often)
