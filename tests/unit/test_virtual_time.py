"""The loop on virtual time, which the tests of the pipeline stand on."""

import asyncio
import time

import pytest

from tests.virtual_time import run_virtually


def test_an_hour_takes_no_time_and_timers_keep_their_order() -> None:
    """Sleepers wake in the order of their times, at exactly those times."""
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        start = asyncio.get_running_loop().time()
        await asyncio.sleep(seconds)
        woken.append((name, round(asyncio.get_running_loop().time() - start, 3)))

    async def main() -> None:
        await asyncio.gather(sleeper("late", 3600), sleeper("soon", 0.5))

    began = time.monotonic()
    run_virtually(main())
    assert woken == [("soon", 0.5), ("late", 3600.0)]
    assert time.monotonic() - began < 60


def test_waiting_for_what_cannot_happen_is_told() -> None:
    """A test that waits for ever ends at once."""

    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="wait for ever"):
        run_virtually(main())


def test_a_task_that_is_left_behind_fails_the_test() -> None:
    """Whoever begins a task ends it."""

    async def main() -> None:
        asyncio.get_running_loop().left = asyncio.create_task(asyncio.sleep(60))  # type: ignore[attr-defined]  # kept alive

    with pytest.raises(AssertionError, match="left behind"):
        run_virtually(main())


def test_what_a_callback_raises_fails_the_test() -> None:
    """No error is only logged."""

    def broken() -> None:
        raise ValueError("lost")

    async def main() -> None:
        asyncio.get_running_loop().call_soon(broken)
        await asyncio.sleep(1)

    with pytest.raises(AssertionError):
        run_virtually(main())
