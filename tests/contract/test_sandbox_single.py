"""The single profile update, as its documents have it: each test quotes its source."""

import pytest

from tests.unit.sandbox.box import SUCCESS, UPDATE, sandbox


@pytest.mark.parametrize("name", ["mboxPC", "mbox3rdPartyId"])
@pytest.mark.parametrize("shape", ["form", "query", "get"])
async def test_get_and_post_are_supported(name: str, shape: str) -> None:
    """A profile is named by mboxPC or mbox3rdPartyId, by GET or POST.

    profile-single-api.md: both URLs, "GET and POST are both supported".
    """
    parameters = f"{name}=1368007744041-575948.01_00&profile.attr=0&profile.attr2=1"
    async with sandbox() as box:
        kind = {"mboxPC": "pc_id", "mbox3rdPartyId": "third_party_id"}[name]
        await box.admin.create_profiles({f"{kind}:1368007744041-575948.01_00": {}})
        if shape == "form":
            said = await box.update(parameters)
        else:
            method = "GET" if shape == "get" else "POST"
            said = await box.ask(method, f"{UPDATE}?{parameters}")
        assert (said.status, said.text) == (200, SUCCESS)
        held = box.attributes(f"{kind}:1368007744041-575948.01_00")
        assert held == {"attr": "0", "attr2": "1"}


async def test_the_answer_is_the_documented_xml() -> None:
    """Success is told in XML.

    r_profile_update.md (analytics-1.4-apis), verbatim.
    """
    async with sandbox() as box:
        said = await box.update("mbox3rdPartyId=C-1&profile.a=1")
        assert said.text == (
            "<response><success>true</success><pcId></pcId>"
            "<message>Request successfully submitted</message></response>"
        )


async def test_an_update_creates_nothing() -> None:
    """A profile that does not exist is not created, and the call still says success.

    profile-single-api.md: if the profile is not found nothing is created; success means
    accepted for asynchronous processing.
    """
    async with sandbox() as box:
        said = await box.update("mbox3rdPartyId=C-9&profile.a=1")
        assert said.text == SUCCESS
        assert box.attributes("third_party_id:C-9") is None
        assert await box.admin.profiles() == {}


async def test_an_update_is_applied_asynchronously() -> None:
    """What was submitted is seen only after the delay, with the time of application.

    profile-single-api.md: "submitted" means accepted for processing; generally under one
    hour, up to 24 hours.
    """
    async with sandbox(apply_delay_seconds=3600.0) as box:
        box.create()
        await box.update("mbox3rdPartyId=C-1&profile.a=1")
        box.clock.now += 3599
        assert box.attributes() == {}
        box.clock.now += 1
        assert box.attributes() == {"a": "1"}
        profile = box.target.profiles.find("third_party_id:C-1", box.clock())
        assert profile is not None
        assert profile.attributes["a"].modified_at == box.clock.now


async def test_attributes_carry_the_prefix() -> None:
    """Only parameters that begin with `profile.` are attributes.

    profile-single-api.md: `profile.<paramName>=<value>`, any number of them.
    """
    many = "&".join(f"profile.n{number}={number}" for number in range(600))
    async with sandbox() as box:
        box.create()
        await box.update(f"mbox3rdPartyId=C-1&other=1&{many}")
        held = box.attributes()
        assert held == {f"n{number}": str(number) for number in range(600)}


async def test_names_and_values_are_url_encoded_utf8() -> None:
    """Percent-escapes are UTF-8, in names and values.

    profile-single-api.md: parameters and values must be URL-encoded, UTF-8.
    """
    async with sandbox() as box:
        box.create()
        await box.update(
            "mbox3rdPartyId=C-1&profile.s%C3%A9t=a%26b%3Dc%20%2B%20%E2%82%AC"
        )
        assert box.attributes() == {"sét": "a&b=c + €"}


async def test_names_and_values_are_case_sensitive() -> None:
    """`Tier` and `tier` are two attributes; `Gold` is not `gold`.

    profile-single-api.md: names and values are case-sensitive.
    """
    async with sandbox() as box:
        box.create()
        await box.update("mbox3rdPartyId=C-1&profile.tier=gold&profile.Tier=Gold")
        assert box.attributes() == {"tier": "gold", "Tier": "Gold"}


async def test_other_attributes_stay() -> None:
    """An update changes what it names only; the last processed wins.

    profile-single-api.md: not every attribute must be sent.
    """
    async with sandbox() as box:
        box.create(tier="basic", points="1")
        await box.update("mbox3rdPartyId=C-1&profile.tier=gold")
        assert box.attributes() == {"tier": "gold", "points": "1"}


@pytest.mark.parametrize(("shape", "limit"), [("GET", 8 * 1024), ("POST", 60 * 1024)])
async def test_a_call_has_a_largest_size(shape: str, limit: int) -> None:
    """A call at the limit passes and one byte more does not.

    profile-single-api.md: the size limit is 8 KB for GET and 60 KB for POST.
    """
    start = "mbox3rdPartyId=C-1&profile.a="
    async with sandbox() as box:
        used = len(start) + (len(UPDATE) + 1 if shape == "GET" else 0)
        for surplus, status in ((0, 200), (1, 413)):
            parameters = start + "x" * (limit - used + surplus)
            if shape == "GET":
                said = await box.ask("GET", f"{UPDATE}?{parameters}")
            else:
                said = await box.update(parameters)
            assert said.status == status


@pytest.mark.parametrize("bad", ["C%2B1", "C%2F1", "C" * 257])
async def test_a_third_party_id_has_rules(bad: str) -> None:
    """A third-party id with + or /, or of more than 256 characters, is not accepted.

    single-profile-update-api.md: may not contain + or /; target-limits.md: 256.
    """
    async with sandbox() as box:
        said = await box.update(f"mbox3rdPartyId={bad}&profile.a=1")
        assert said.status == 400
        assert "<success>false</success>" in said.text


async def test_the_quota_is_rolling() -> None:
    """One call more than the quota in 24 hours fails; it frees as old calls age.

    profile-single-api.md: 1 000 000 updates in any rolling 24-hour period.
    """
    async with sandbox(calls_per_day=2) as box:
        assert (await box.update("mbox3rdPartyId=C-1&profile.a=1")).status == 200
        box.clock.now += 3600
        assert (await box.update("mbox3rdPartyId=C-1&profile.a=2")).status == 200
        assert (await box.update("mbox3rdPartyId=C-1&profile.a=3")).status == 429
        box.clock.now += 86_400 - 3600 + 1
        assert (await box.update("mbox3rdPartyId=C-1&profile.a=4")).status == 200
        assert (await box.update("mbox3rdPartyId=C-1&profile.a=5")).status == 429


async def test_the_default_quota_is_a_million() -> None:
    """Without an option the quota is the documented one.

    profile-single-api.md: 1 000 000 in any rolling 24-hour period.
    """
    async with sandbox() as box:
        quota = await box.admin.ask("GET", "/quota")
        assert (quota["limit"], quota["window_seconds"]) == (1_000_000, 86_400.0)


async def test_no_token_is_needed_by_default() -> None:
    """An account that does not require authentication takes calls without a token.

    profile-api-settings.md: Require Authentication is a toggle.
    """
    async with sandbox() as box:
        assert (await box.update("mbox3rdPartyId=C-1&profile.a=1")).status == 200


async def test_a_required_token_is_a_bearer_token() -> None:
    """When required, only `Authorization: Bearer <token>` passes.

    profile-api-settings.md: the header is Authorization, Bearer.
    """
    async with sandbox(require_token=True, token="s3cret") as box:
        call = "mbox3rdPartyId=C-1&profile.a=1"
        assert (await box.update(call)).status == 403
        assert (await box.update(call, authorization="Bearer no")).status == 403
        assert (await box.update(call, access_token="s3cret")).status == 403
        assert (await box.update(call, authorization="Bearer s3cret")).status == 200


async def test_a_new_token_ends_the_old_one_at_once() -> None:
    """After a rotation the old token is refused.

    profile-api-settings.md: generating a new token makes calls with the old one fail.
    """
    async with sandbox(require_token=True, token="old") as box:
        new = await box.admin.rotate_token()
        call = "mbox3rdPartyId=C-1&profile.a=1"
        assert (await box.update(call, authorization="Bearer old")).status == 403
        assert (await box.update(call, authorization=f"Bearer {new}")).status == 200


async def test_a_pc_id_and_a_third_party_id_may_be_linked() -> None:
    """Both ids of one visitor name one profile.

    3rd-party-id.md: when a visitor with a PCID sends a mbox3rdPartyId, both are linked.
    """
    async with sandbox() as box:
        box.target.profiles.create("C-1", "77.35_0", {}, box.clock())
        await box.update("mbox3rdPartyId=C-1&profile.a=1")
        await box.update("mboxPC=77.35_0&profile.b=2")
        assert box.attributes() == {"a": "1", "b": "2"}
        assert box.attributes("pc_id:77.35_0") == box.attributes()
