"""What Python code does, counted and not timed: the same on every machine.

A step is one instruction of the interpreter. What C does within one (a heap's push, the
copy of a list) is one step however long it takes; loops of ours are counted turn by turn.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import TypeAlias

__all__ = ["steps"]

Tracer: TypeAlias = "Callable[[FrameType, str, object], Tracer | None]"


def steps(call: Callable[[], object]) -> int:
    """Return how many instructions `call` takes, with all that it calls."""
    counter = Counter()
    before = sys.gettrace()  # coverage's, where it is measured
    sys.settrace(counter.entered)
    try:
        call()
    finally:
        sys.settrace(before)
    return counter.count


class Counter:
    """Counts instructions. Owned by `steps`."""

    def __init__(self) -> None:
        self.count = 0

    def entered(self, frame: FrameType, _event: str, _argument: object) -> Tracer:
        """Count the instructions of a function that is called."""
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self.counted

    def counted(self, _frame: FrameType, event: str, _argument: object) -> Tracer:
        """Count one."""
        self.count += event == "opcode"
        return self.counted
