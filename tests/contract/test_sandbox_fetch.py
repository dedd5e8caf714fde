"""Profile fetch, as its documents have it: each test quotes its source."""

import json

import pytest

from tests.unit.sandbox.box import sandbox

FETCH = "/rest/v1/profiles"


@pytest.mark.parametrize("path", ["thirdPartyId/a1%2Cb", "111492025094307-353046"])
async def test_a_profile_is_fetched_as_json(path: str) -> None:
    """A profile is found by third-party id and by PC id; keys lack `profile.`.

    profile-fetch.md: both URLs; profiles-api.md: the JSON and its times.
    """
    async with sandbox() as box:
        box.clock.now = 1_503_093_219.003
        box.target.profiles.create(
            "a1,b", "111492025094307-353046", {"country": "france"}, box.clock()
        )
        said = await box.ask("GET", f"{FETCH}/{path}?client=acme")
        visitor = "a1,b" if "third" in path else "111492025094307-353046"
        when = "2017-08-18T21:53:39.003+00:00"
        assert said.status == 200
        assert said.headers["Content-Type"] == "application/json"
        assert json.loads(said.text) == {
            "client": "acme",
            "visitorId": visitor,
            "modifiedAt": when,
            "profileAttributes": {"country": {"value": "france", "modifiedAt": when}},
        }


@pytest.mark.parametrize(
    ("path", "words"),
    [("thirdPartyId/C-9", "third party id=C-9"), ("77.35_0", "mboxPC=77.35_0")],
)
async def test_a_missing_profile_is_a_404_with_a_body(path: str, words: str) -> None:
    """Both kinds of missing profile have their documented text.

    profile-fetch.md, both bodies verbatim.
    """
    async with sandbox() as box:
        said = await box.ask("GET", f"{FETCH}/{path}?client=acme")
        message = f"No profile found for client acme with {words}"
        assert said.status == 404
        assert json.loads(said.text) == {"status": 404, "message": message}


async def test_an_ecid_can_be_asked_for() -> None:
    """The URL of an ECID is served; no profile here has one.

    profile-fetch.md: `/rest/v1/profiles/marketingCloudVisitorId/<ECID>`.
    """
    async with sandbox() as box:
        said = await box.ask("GET", f"{FETCH}/marketingCloudVisitorId/1?client=acme")
        assert said.status == 404


async def test_a_fetch_needs_the_token_too() -> None:
    """Once required, a fetch without the token is refused with 403 Forbidden.

    profile-fetch.md: all profile API requests need the token; the 403 as seen in
    segmentio/action-destinations.
    """
    async with sandbox(require_token=True, token="t") as box:
        box.create()
        path = f"{FETCH}/thirdPartyId/C-1?client=acme"
        said = await box.ask("GET", path)
        assert (said.status, said.text) == (403, "Forbidden")
        assert (await box.ask("GET", path, authorization="Bearer t")).status == 200


async def test_a_fetch_is_not_metered() -> None:
    """Fetches do not use up the quota.

    profile-fetch.md: no limit.
    """
    async with sandbox(calls_per_day=1) as box:
        for _ in range(3):
            await box.ask("GET", f"{FETCH}/thirdPartyId/C-1?client=acme")
        assert (await box.update("mbox3rdPartyId=C-1&profile.a=1")).status == 200


async def test_a_profile_ends_after_fourteen_days_without_activity() -> None:
    """A profile without activity is gone after its lifetime.

    visitor-profile-lifetime.md: 14 days of inactivity by default.
    """
    async with sandbox() as box:
        box.create()
        path = f"{FETCH}/thirdPartyId/C-1?client=acme"
        box.clock.now += 14 * 86_400
        assert (await box.ask("GET", path)).status == 200
        box.clock.now += 1
        assert (await box.ask("GET", path)).status == 404


async def test_only_get_fetches() -> None:
    """Another method is not allowed.

    profile-fetch.md: GET.
    """
    async with sandbox() as box:
        assert (await box.ask("POST", f"{FETCH}/thirdPartyId/C-1")).status == 405
