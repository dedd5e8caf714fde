"""Faults on purpose: what a client sees of each, and whether the call was applied."""

import asyncio
import json

import aiohttp
import pytest

from consumer.sandbox.errors import SandboxError
from tests.unit.sandbox.box import SUCCESS, UPDATE, Box, sandbox

CALL = "mbox3rdPartyId=C-1&profile.a=1"


async def raw(box: Box, count: int = 1) -> bytes:
    """Send calls in one piece; return all bytes that come until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(box))
    request = f"POST {UPDATE} HTTP/1.1\r\nContent-Length: {len(CALL)}\r\n\r\n{CALL}"
    writer.write(request.encode() * count)
    try:
        return await reader.read()
    finally:
        writer.close()


def port_of(box: Box) -> int:
    """Return Target's port."""
    return int(box.url.rpartition(":")[2])


async def test_a_status() -> None:
    """The status, body and Retry-After are the rule's; the call is not applied."""
    async with sandbox() as box:
        box.create()
        await box.admin.set_fault(
            kind="status", status=429, retry_after=7, body="slow down"
        )
        said = await box.update(CALL)
        assert (said.status, said.text) == (429, "slow down")
        assert said.headers["Retry-After"] == "7"
        assert box.attributes() == {}
        assert [call async for call in box.admin.calls()] == []


async def test_a_status_of_an_applied_call() -> None:
    """A rule may say that the call is applied all the same."""
    async with sandbox() as box:
        box.create()
        await box.admin.set_fault(kind="status", status=500, applied=True)
        assert (await box.update(CALL)).status == 500
        assert box.attributes() == {"a": "1"}


async def test_a_late_answer() -> None:
    """Latencies of several rules add up, and the answer is the right one."""
    async with sandbox() as box:
        box.create()
        await box.admin.set_fault(kind="latency", seconds=0.01)
        await box.admin.set_fault(kind="latency", seconds=0.01, to_seconds=0.02)
        assert (await box.update(CALL)).text == SUCCESS
        assert box.attributes() == {"a": "1"}


@pytest.mark.parametrize(
    ("kind", "applied"),
    [("reset", False), ("lost_applied", True), ("lost_unapplied", False)],
)
async def test_no_answer(kind: str, applied: bool) -> None:  # noqa: FBT001 - pytest's
    """The connection ends without a byte; the two lost ones differ in what was done."""
    async with sandbox() as box:
        box.create()
        await box.admin.set_fault(kind=kind, seconds=0.01)
        with pytest.raises(aiohttp.ClientError):
            await box.update(CALL)
        assert box.attributes() == ({"a": "1"} if applied else {})


async def test_a_reset_is_a_reset() -> None:
    """A reset sends RST, so that the client's read fails; a lost answer ends in FIN."""
    async with sandbox() as box:
        number = await box.admin.set_fault(kind="reset")
        with pytest.raises(ConnectionResetError):
            await raw(box)
        await box.admin.ask("DELETE", f"/faults/{number}")
        await box.admin.set_fault(kind="lost_unapplied")
        assert await raw(box) == b""


async def test_half_an_answer() -> None:
    """The head promises more than what comes."""
    async with sandbox() as box:
        box.create()
        await box.admin.set_fault(kind="truncated")
        answer = await raw(box)
        head, _, body = answer.partition(b"\r\n\r\n")
        assert f"Content-Length: {len(SUCCESS)}".encode() in head
        assert body == SUCCESS[: len(SUCCESS) // 2].encode()
        assert box.attributes() == {"a": "1"}


async def test_a_slow_drip() -> None:
    """The answer comes whole, byte after byte, and the connection lives on."""
    async with sandbox() as box:
        box.create()
        await box.admin.set_fault(kind="drip", seconds=0.0001, count=1)
        assert (await box.update(CALL)).text == SUCCESS
        assert (await box.update(CALL)).text == SUCCESS
        assert box.attributes() == {"a": "1"}


async def test_a_body_that_is_not_targets() -> None:
    """200 with a gateway's page, or with the rule's own body; nothing is applied."""
    async with sandbox() as box:
        box.create()
        await box.admin.set_fault(kind="garbage", count=1)
        await box.admin.set_fault(kind="garbage", body="ok")
        first, second = await box.update(CALL), await box.update(CALL)
        assert (first.status, first.text[:6]) == (200, "<html>")
        assert (second.status, second.text) == (200, "ok")
        assert box.attributes() == {}


async def test_a_ratio_is_seeded() -> None:
    """The same seed strikes the same calls; another strikes others."""
    struck: dict[int, list[int]] = {}
    for seed in (1, 1, 2):
        async with sandbox() as box:
            await box.admin.set_fault(kind="status", ratio=0.3, seed=seed)
            statuses = [(await box.update(CALL)).status for _ in range(60)]
            assert struck.setdefault(seed, statuses) == statuses
    assert struck[1] != struck[2]
    assert 5 < struck[1].count(503) < 30


async def test_a_rule_chooses_path_profile_and_number() -> None:
    """Only the named path and profile is struck, and only so often."""
    async with sandbox() as box:
        await box.admin.set_fault(kind="status", path="/rest/", status=500)
        await box.admin.set_fault(
            kind="status", profiles=["third_party_id:C-2"], count=2
        )
        assert (await box.update(CALL)).status == 200
        fetch = "/rest/v1/profiles/77?client=acme"
        assert (await box.ask("GET", fetch)).status == 500
        other = "mbox3rdPartyId=C-2&profile.a=1"
        statuses = [(await box.update(other)).status for _ in range(3)]
        assert statuses == [503, 503, 200]


async def test_a_rule_has_a_time_window() -> None:
    """A rule strikes from its beginning to its end only."""
    async with sandbox() as box:
        await box.admin.set_fault(kind="status", after_seconds=10, for_seconds=5)
        statuses = []
        for _ in range(4):
            statuses.append((await box.update(CALL)).status)
            box.clock.now += 5
        assert statuses == [200, 200, 503, 200]


async def test_rules_are_shown_and_taken_back() -> None:
    """The rules in force are listed with their strikes, and end when taken back."""
    async with sandbox() as box:
        number = await box.admin.set_fault(kind="status")
        await box.update(CALL)
        shown = (await box.admin.ask("GET", "/faults"))["faults"]
        assert [(rule["id"], rule["struck"]) for rule in shown] == [(number, 1)]
        assert (await box.admin.counters())["fault_status"] == 1
        await box.admin.clear_faults()
        assert (await box.update(CALL)).status == 200
        with pytest.raises(SandboxError, match="no such fault rule"):
            await box.admin.ask("DELETE", f"/faults/{number}")


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "nonsense"},
        {},
        {"kind": "status", "ratio": 2},
        {"kind": "status", "status": 99},
        {"kind": "status", "seconds": -1},
        {"kind": "latency", "seconds": 2, "to_seconds": 1},
        {"kind": "latency", "applied": False},
        {"kind": "status", "nonsense": 1},
        {"kind": "status", "ratio": "all"},
    ],
)
async def test_a_wrong_rule_is_refused(rule: dict[str, object]) -> None:
    """A rule that cannot be is refused with a reason, and nothing is set."""
    async with sandbox() as box:
        with pytest.raises(SandboxError, match="POST /faults: "):
            await box.admin.set_fault(**rule)
        assert json.dumps(box.target.faults.to_json()) == "[]"


async def test_calls_sent_ahead_are_answered_in_order() -> None:
    """Three calls in one piece get three answers on one connection."""
    async with sandbox() as box:
        await box.admin.set_fault(kind="latency", seconds=0.01, ratio=0.5, seed=3)
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(box))
        request = f"POST {UPDATE} HTTP/1.1\r\nContent-Length: {len(CALL)}\r\n\r\n{CALL}"
        writer.write(request.encode() * 3)
        for _ in range(3):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK")
            assert (await reader.readexactly(len(SUCCESS))).decode() == SUCCESS
        writer.close()


async def test_the_log_tells_which_calls_were_struck() -> None:
    """A call that was applied under a fault names the fault's kind; others name none."""
    async with sandbox() as box:
        box.create()
        await box.admin.set_fault(kind="lost_applied", count=1)
        with pytest.raises(aiohttp.ClientError):
            await box.update(CALL)
        await box.update(CALL)
        await box.admin.set_fault(kind="latency", seconds=0.001)
        await box.update(CALL)
        calls = [call.fault async for call in box.admin.calls()]
        assert calls == ["lost_applied", "", "latency"]
