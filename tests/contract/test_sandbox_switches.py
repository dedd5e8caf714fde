"""Each undocumented behaviour is a switch: its default, and the other way."""

import asyncio

import pytest

from consumer.sandbox.options import Switches, described
from tests.unit.sandbox.box import SUCCESS, UPDATE, sandbox

CALL = "mbox3rdPartyId=C-1&profile.a=1"


async def test_the_path_segment() -> None:
    """Any word stands for the client by default; it can be the code or `client` only."""
    async with sandbox() as box:
        for segment, allowed in (
            ("acme", {"any", "client"}),
            ("client", {"any", "word"}),
            ("demo", {"any"}),
        ):
            for switch in ("any", "client", "word"):
                await box.admin.set_switches(path_segment=switch)
                path = f"/m2/{segment}/profile/update"
                said = await box.ask("POST", path, body=CALL)
                assert said.status == (200 if switch in allowed else 404)


async def test_the_answer_without_tags() -> None:
    """XML by default, or the text that today's page shows."""
    async with sandbox(answer_format="text", content_type="text/html") as box:
        said = await box.update(CALL)
        assert said.text == "trueRequest successfully submitted"
        assert said.headers["Content-Type"] == "text/html"
        assert (await box.update("profile.a=1")).text.startswith("false")


async def test_a_missing_id() -> None:
    """No id is 400 with success false by default; the status can be another."""
    async with sandbox() as box:
        for parameters in ("profile.a=1", "mbox3rdPartyId=&profile.a=1"):
            said = await box.update(parameters)
            assert said.status == 400
            assert "<success>false</success>" in said.text
        await box.admin.set_switches(missing_id_status=200)
        assert (await box.update("profile.a=1")).status == 200


@pytest.mark.parametrize(
    ("switch", "status", "written"),
    [("refuse", 400, None), ("third_party_id", 200, "C-1"), ("pc_id", 200, "77")],
)
async def test_both_ids(switch: str, status: int, written: str | None) -> None:
    """Both ids are refused by default, or one of them counts."""
    async with sandbox(both_ids=switch) as box:
        await box.admin.create_profiles({"third_party_id:C-1": {}, "pc_id:77": {}})
        said = await box.update(f"mboxPC=77&{CALL}")
        assert said.status == status
        profiles = await box.admin.profiles()
        found = [name.split(":")[1] for name, held in profiles.items() if held]
        assert found == ([written] if written else [])


async def test_the_statuses_of_refusals() -> None:
    """Oversize, quota, bad token and bad id have settable statuses."""
    async with sandbox(post_bytes=40) as box:
        assert (await box.update(CALL + "x" * 40)).status == 413
        await box.admin.set_switches(oversize_status=400, bad_id_status=422)
        assert (await box.update(CALL + "x" * 40)).status == 400
        assert (await box.update("mbox3rdPartyId=a%2Bb")).status == 422
        await box.admin.rotate_token(required=True)
        assert (await box.update(CALL)).status == 403
        await box.admin.set_switches(unauthorized_status=401)
        said = await box.update(CALL)
        assert (said.status, said.text) == (401, "Forbidden")


async def test_the_answer_when_the_quota_is_used_up() -> None:
    """429 with Retry-After by default; status and header can be otherwise."""
    async with sandbox(calls_per_day=0, quota_window_seconds=60.0) as box:
        await box.admin.ask("PATCH", "/quota", {"limit": 1})
        await box.update(CALL)
        said = await box.update(CALL)
        assert said.status == 429
        assert said.headers["Retry-After"] == "61"
        await box.admin.set_switches(quota_status=403, quota_retry_after=False)
        said = await box.update(CALL)
        assert said.status == 403
        assert "Retry-After" not in said.headers


async def test_an_unknown_profile() -> None:
    """An update of an unknown profile says success by default, or is refused."""
    async with sandbox() as box:
        assert (await box.update(CALL)).text == SUCCESS
        await box.admin.set_switches(unknown_profile="refuse")
        assert (await box.update(CALL)).status == 404


async def test_refused_names() -> None:
    """Names that begin with `refused.` are answered success false; other prefixes can."""
    async with sandbox() as box:
        box.create()
        said = await box.update(f"{CALL}&profile.refused.by.target=true")
        assert said.status == 200
        assert "<success>false</success>" in said.text
        assert box.attributes() == {}
        await box.admin.set_switches(refused_names="user.,entity.", refused_status=400)
        assert (await box.update(f"{CALL}&profile.refused.x=1")).status == 200
        assert (await box.update(f"{CALL}&profile.user.age=1")).status == 400
        await box.admin.set_switches(refused_names="")
        assert (await box.update(f"{CALL}&profile.user.age=1")).status == 200


async def test_long_names_and_values() -> None:
    """Long names and values pass by default; they can be refused, values cut."""
    async with sandbox() as box:
        box.create()
        name, value = "n" * 129, "v" * 257
        assert (await box.update(f"{CALL}&profile.{name}={value}")).text == SUCCESS
        await box.admin.set_switches(over_name="refuse", over_value="truncate")
        assert "false" in (await box.update(f"{CALL}&profile.{name}=1")).text
        assert (await box.update(f"{CALL}&profile.b={value}")).text == SUCCESS
        assert box.attributes() == {"a": "1", name: value, "b": "v" * 256}
        await box.admin.set_switches(over_value="refuse")
        assert "false" in (await box.update(f"{CALL}&profile.b={value}")).text


async def test_empty_values() -> None:
    """An empty value leaves the attribute by default, or is written."""
    async with sandbox() as box:
        box.create(a="1")
        await box.update("mbox3rdPartyId=C-1&profile.a=")
        assert box.attributes() == {"a": "1"}
        await box.admin.set_switches(empty_values="write")
        await box.update("mbox3rdPartyId=C-1&profile.a=")
        assert box.attributes() == {"a": ""}


async def test_a_full_profile() -> None:
    """An update beyond the profile's size passes by default, or is dropped."""
    async with sandbox(profile_bytes=10) as box:
        box.create(a="1")
        await box.update("mbox3rdPartyId=C-1&profile.a=12345678")
        assert box.attributes() == {"a": "12345678"}
        await box.admin.set_switches(over_profile="drop")
        assert (await box.update(f"{CALL}234567890")).text == SUCCESS
        assert box.attributes() == {"a": "12345678"}


async def test_whether_an_update_is_activity() -> None:
    """An update extends the profile's life by default, or does not."""
    for extends, lives in ((True, True), (False, False)):
        async with sandbox(lifetime_seconds=10.0, update_extends_life=extends) as box:
            box.create()
            box.clock.now += 9
            await box.update(CALL)
            box.clock.now += 9
            assert (box.attributes() is not None) == lives


@pytest.mark.parametrize(("late", "last"), [(False, "second"), (True, "first")])
async def test_the_place_of_a_delayed_call(late: bool, last: str) -> None:  # noqa: FBT001 - pytest's
    """A call's place is fixed when it is read; `late` fixes it after the delay."""
    async with sandbox(late=late) as box:
        box.create()
        await box.admin.set_fault(kind="latency", seconds=0.1, count=1)
        box.clock.asked.clear()
        first = asyncio.create_task(box.update("mbox3rdPartyId=C-1&profile.a=first"))
        await box.clock.asked.wait()
        await box.update("mbox3rdPartyId=C-1&profile.a=second")
        assert (await first).text == SUCCESS
        assert box.attributes() == {"a": last}
        order = [call.attributes["a"] async for call in box.admin.calls()]
        assert order[-1] == last


async def test_an_answer_may_take_its_time() -> None:
    """With an answer delay the answers still come, and right."""
    async with sandbox(answer_delay_seconds=0.01) as box:
        assert (await box.update(CALL)).text == SUCCESS
        said = await box.ask("GET", "/rest/v1/profiles/77?client=acme")
        assert said.status == 404


async def test_other_paths_and_methods() -> None:
    """Another path is 404, another method 405."""
    async with sandbox() as box:
        assert (
            await box.ask("POST", "/m2/acme/profile/updates", body=CALL)
        ).status == 404
        assert (await box.ask("GET", "/")).status == 404
        assert (await box.ask("PUT", UPDATE, body=CALL)).status == 405


def test_every_switch_names_its_default() -> None:
    """The help of each switch ends with its default."""
    for entry in described(Switches):
        assert ". Default: " in entry.help, entry.name
