"""The admin interface: what an operator or an outside judge can ask."""

import ssl
import time
from pathlib import Path

import aiohttp
import pytest
import trustme

from consumer.sandbox.adminclient import AdminClient
from consumer.sandbox.errors import SandboxError
from consumer.sandbox.options import SandboxOptions, options_from
from consumer.sandbox.server import Addresses, Sandbox, serve
from tests.unit.sandbox.box import SUCCESS, UPDATE, sandbox

CALL = "mbox3rdPartyId=C-1&profile.a=1"


async def test_profiles_are_created_in_bulk_and_read_in_pages() -> None:
    """What was created is read back whole, however many pages it takes."""
    wanted = {f"third_party_id:C-{number}": {"n": str(number)} for number in range(25)}
    async with sandbox() as box:
        await box.admin.create_profiles(wanted)
        assert await box.admin.profiles() == wanted
        page = await box.admin.ask("GET", "/profiles?after=20&limit=10")
        assert len(page["profiles"]) == 5
        assert page["next"] is None
        shown = await box.admin.ask("GET", "/profiles?limit=1&modified=1")
        n = {"value": "0", "modified_at": box.clock.now}
        assert shown["profiles"] == {"third_party_id:C-0": {"n": n}}
        await box.admin.ask("DELETE", "/profiles")
        assert await box.admin.profiles() == {}


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"profiles": 1},
        {"profiles": [1]},
        {"profiles": [{}]},
        {"profiles": [{"pc_id": 1}]},
        {"profiles": [{"pc_id": "1", "attributes": {"a": 1}}]},
    ],
)
async def test_wrong_profiles_are_refused(body: object) -> None:
    """A body that does not describe profiles is refused with a reason."""
    async with sandbox() as box:
        with pytest.raises(SandboxError, match="POST /profiles: "):
            await box.admin.ask("POST", "/profiles", body)


async def test_the_log_has_every_call_in_order() -> None:
    """Calls are numbered in the order of their places, refused ones included."""
    async with sandbox() as box:
        before = time.time()
        await box.update("mbox3rdPartyId=C-1&profile.a=%C3%A9+1")
        await box.update("mboxPC=7&profile.refused.x=1")
        await box.ask("GET", f"{UPDATE}?mboxPC=7&profile.b=2")
        calls = [call async for call in box.admin.calls()]
        assert [call.sequence for call in calls] == [1, 2, 3]
        assert [(call.profile, call.attributes, call.accepted) for call in calls] == [
            ("third_party_id:C-1", {"a": "é 1"}, True),
            ("pc_id:7", {"refused.x": "1"}, False),
            ("pc_id:7", {"b": "2"}, True),
        ]
        times = [time for call in calls for time in (call.first_byte_at, call.read_at)]
        assert times == sorted(times)
        assert before <= times[0] <= times[-1] <= time.time()


async def test_a_log_that_lost_calls_says_so() -> None:
    """A reader that is behind the oldest kept call is told, not misled."""
    async with sandbox(kept_calls=2) as box:
        for _ in range(3):
            await box.update(CALL)
        with pytest.raises(SandboxError, match="no longer holds"):
            assert [call async for call in box.admin.calls()]
        assert [call.sequence async for call in box.admin.calls(after=1)] == [2, 3]
        await box.admin.ask("DELETE", "/calls")
        assert [call async for call in box.admin.calls(after=3)] == []


async def test_counters_count() -> None:
    """Calls and their fates are counted by name."""
    async with sandbox() as box:
        box.create()
        await box.update(CALL)
        await box.update("profile.a=1")
        await box.ask("GET", "/rest/v1/profiles/9?client=acme")
        counters = await box.admin.counters()
        assert counters == {
            "calls": 3,
            "updates": 2,
            "accepted": 1,
            "refused": 1,
            "refused_400": 1,
            "fetches": 1,
            "fetches_not_found": 1,
            "profiles": 1,
            "pending": 0,
            "logged": 2,
        }


async def test_switches_are_checked() -> None:
    """An unknown switch, a wrong type and a wrong choice are refused."""
    async with sandbox() as box:
        for wrong in (
            {"nonsense": 1},
            {"late": 1},
            {"path_segment": "none"},
            {"apply_delay_seconds": -1},
        ):
            with pytest.raises(SandboxError, match="PATCH /switches: "):
                await box.admin.set_switches(**wrong)
        await box.admin.set_switches(apply_delay_seconds=3)
        shown = await box.admin.ask("GET", "/switches")
        assert shown["apply_delay_seconds"] == 3.0


async def test_the_quota_is_read_and_set() -> None:
    """The quota shows what is used, and can be set while running."""
    async with sandbox() as box:
        await box.update(CALL)
        await box.admin.ask("PATCH", "/quota", {"limit": 5, "window_seconds": 60})
        assert await box.admin.ask("GET", "/quota") == {
            "limit": 5,
            "window_seconds": 60.0,
            "used": 1,
            "wait_seconds": 0,
        }


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/quota", {"limit": "1"}),
        ("PATCH", "/quota", {"window_seconds": "1"}),
        ("PATCH", "/quota", {"limit": -1}),
        ("PATCH", "/quota", []),
        ("POST", "/token", {"token": 1}),
        ("POST", "/token", {"required": "yes"}),
        ("POST", "/faults", []),
        ("PATCH", "/switches", []),
    ],
)
async def test_wrong_values_are_refused(method: str, path: str, body: object) -> None:
    """A body that does not fit is refused with a reason, and nothing is set."""
    async with sandbox() as box:
        token = box.target.access.token
        with pytest.raises(SandboxError, match=f"{method} {path}: "):
            await box.admin.ask(method, path, body)
        assert (box.target.quota.limit, box.target.access.token) == (1_000_000, token)


async def test_the_admin_port_says_what_it_does() -> None:
    """`GET /` lists what can be asked; what cannot is refused, wrong JSON too."""
    async with sandbox() as box:
        listed = await box.admin.ask("GET", "/")
        assert listed[0] == "GET /health: whether it runs"
        assert await box.admin.ask("GET", "/health") == {"ok": True}
        for method, path in (("GET", "/nonsense"), ("PUT", "/calls"), ("POST", "/")):
            with pytest.raises(SandboxError):
                await box.admin.ask(method, path)
        for path in ("/calls?after=x", "/calls?limit=-1"):
            with pytest.raises(SandboxError, match="is a whole number"):
                await box.admin.ask("GET", path)
        url = box.running.addresses.admin + "/faults"
        async with box.session.post(url, data=b"{") as answer:
            assert answer.status == 400


async def test_serve_runs_until_cancelled() -> None:
    """`serve` tells its addresses once it listens; a taken port is told as such."""
    async with sandbox() as box:
        port = int(box.url.rpartition(":")[2])
        with pytest.raises(SandboxError, match="cannot listen"):
            await serve(SandboxOptions(port=port, admin_port=0, registry_port=0))

    class ReadyError(Exception):
        pass

    def started(addresses: Addresses) -> None:
        assert addresses.target.startswith("http://127.0.0.1:")
        raise ReadyError

    with pytest.raises(ReadyError):
        await serve(SandboxOptions(port=0, admin_port=0, registry_port=0), started)


async def test_a_client_without_a_sandbox_says_so() -> None:
    """A closed client, or one without a sandbox, fails with a reason."""
    client = AdminClient("http://127.0.0.1:1")
    with pytest.raises(SandboxError, match="not open"):
        await client.counters()
    async with client:
        with pytest.raises(SandboxError, match="no sandbox at"):
            await client.counters()


async def test_target_speaks_tls(tmp_path: Path) -> None:
    """With a certificate, Target's port speaks TLS 1.2 or later.

    tls-transport-layer-security-encryption.md: required for APIs as well.
    """
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    options = options_from({
        "port": 0,
        "admin_port": 0,
        "registry_port": 0,
        "certificate": str(tmp_path / "cert.pem"),
        "private_key": str(tmp_path / "key.pem"),
    })
    context = ssl.create_default_context()
    authority.configure_trust(context)
    async with Sandbox(options) as box, aiohttp.ClientSession() as session:
        url = box.addresses.target + UPDATE
        form = {"content-type": "application/x-www-form-urlencoded"}
        async with session.post(url, data=CALL, headers=form, ssl=context) as answer:
            assert await answer.text() == SUCCESS
