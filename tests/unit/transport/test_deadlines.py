"""Deadlines: whose cancellation is whose."""

from __future__ import annotations

import asyncio

import pytest

from consumer.transport.deadlines import Deadlines


async def forever() -> str:
    await asyncio.get_running_loop().create_future()
    return "never"


async def at_once() -> str:
    return "answer"


async def test_in_time() -> None:
    """What ends in time is returned, and nothing is watched any more."""
    deadlines = Deadlines(60.0)
    assert await deadlines.run(at_once()) == "answer"
    assert deadlines._calls == {}
    deadlines.close()


async def test_too_late() -> None:
    """What does not end is cut, and the task goes on as if never cancelled."""
    deadlines = Deadlines(0.01)
    assert await deadlines.run(forever()) is None
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    assert await deadlines.run(at_once()) == "answer"
    deadlines.close()


async def test_a_later_call_has_its_own_time() -> None:
    """A call that is cut does not take a younger one along."""
    deadlines = Deadlines(0.02)
    first = asyncio.ensure_future(deadlines.run(forever()))
    await asyncio.sleep(0.01)
    second = asyncio.ensure_future(deadlines.run(forever()))
    assert await first is None
    assert not second.done()
    assert await second is None
    deadlines.close()


async def test_a_cancellation_from_elsewhere() -> None:
    """It passes, whether or not the time is up."""
    deadlines = Deadlines(60.0)
    task = asyncio.ensure_future(deadlines.run(forever()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert deadlines._calls == {}
    deadlines.close()


async def test_both_at_once() -> None:
    """The caller's cancellation wins over ours."""
    deadlines = Deadlines(60.0)
    task = asyncio.ensure_future(deadlines.run(forever()))
    await asyncio.sleep(0)
    (call,) = deadlines._calls
    call.due = 0.0
    deadlines._cut()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    deadlines.close()


async def test_under_the_caller_s_own_timeout() -> None:
    """A timeout around the call is the caller's, and tells so."""
    deadlines = Deadlines(60.0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await deadlines.run(forever())
    deadlines.close()


async def test_an_error_without_a_cancellation() -> None:
    """A pool that was closed ends its waiters so; the task itself goes on."""

    async def closed() -> str:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        future.cancel()
        return await future

    deadlines = Deadlines(60.0)
    assert await deadlines.run(closed()) is None
    deadlines.close()
    deadlines.close()
