"""Asking Target what it holds of profiles."""

from __future__ import annotations

from pathlib import Path

import pytest

from consumer.cli import fetching
from consumer.cli.fetching import Fetcher, fetch_profile, mend_of
from consumer.cli.shipped import shipped_mappings, shipped_schemas
from consumer.config.load import parse
from consumer.config.settings import Settings
from consumer.deliver.fetch import NO_PROFILE, FetchedAttribute, FetchedProfile
from consumer.errors import DependencyError
from consumer.model import FaultKind, IdKind, Outcome, OutcomeKind, ProfileId
from consumer.sandbox.faults import FaultKind as Strike
from consumer.sandbox.faults import FaultRule
from tests.broker.process import free_ports
from tests.proxy import running_proxy
from tests.unit.sandbox.box import Box, sandbox

KNOWN = ProfileId(IdKind.THIRD_PARTY_ID, "C 1")
VISITOR = ProfileId(IdKind.PC_ID, "111492025094307-353046.28_20")
UNKNOWN = ProfileId(IdKind.THIRD_PARTY_ID, "C-9")
BAD = ProfileId(IdKind.THIRD_PARTY_ID, "a/b")
MOMENT_MS = 1_800_000_000_000
HELD = FetchedProfile({"tier": FetchedAttribute("gold", MOMENT_MS)}, MOMENT_MS)


def settings(url: str, **target: object) -> Settings:
    """Return a configuration whose Target is at `url`."""
    more = "".join(f"  {name}: {value}\n" for name, value in target.items())
    text = (
        "kafka: {bootstrap.servers: '127.0.0.1:1', group.id: g}\n"
        f"schemas: {shipped_schemas()}\nmappings: {shipped_mappings()}\n"
        f"target:\n  client: acme\n  base_url: {url}\n{more}"
    )
    return parse(text, "consumer.yaml", {}, folder=Path.cwd()).settings


def strike(box: Box, **rule: object) -> None:
    """Let fetches fail so."""
    box.target.faults.add(FaultRule(path="/rest/", **rule), box.clock())  # type: ignore[arg-type]


@pytest.mark.parametrize("transport", ["connector", "session"])
async def test_profiles_are_fetched(transport: str) -> None:
    """Each kind of id, one that Target does not have, and one that it cannot have."""
    async with sandbox(require_token=True, token="t") as box:
        box.target.profiles.create(
            KNOWN.value, VISITOR.value, {"tier": "gold"}, box.clock()
        )
        wanted = [KNOWN, UNKNOWN, VISITOR, BAD, KNOWN]
        found = await fetch_profile(
            settings(box.url, token="t", transport=transport), wanted
        )
        assert box.target.counters["fetches"] == 3
        assert box.target.counters["updates"] == 0
    refused = found.pop(BAD)
    assert found == {KNOWN: HELD, UNKNOWN: NO_PROFILE, VISITOR: HELD}
    assert isinstance(refused, Outcome)
    assert refused.reason == "invalid_id"


async def test_a_large_profile_is_read() -> None:
    """A profile may be far larger than the answer of an update."""
    attributes = {f"a{number}": "v" * 250 for number in range(250)}
    async with sandbox() as box:
        box.target.profiles.create(KNOWN.value, None, attributes, box.clock())
        found = (await fetch_profile(settings(box.url), [KNOWN]))[KNOWN]
    assert isinstance(found, FetchedProfile)
    assert {name: held.value for name, held in found.attributes.items()} == attributes


async def test_the_way_through_a_proxy() -> None:
    """The proxy of the configuration is used, with its user."""
    async with sandbox() as box, running_proxy("user:word") as proxy:
        box.target.profiles.create(KNOWN.value, None, {"tier": "gold"}, box.clock())
        through = settings(box.url, proxy=f"http://user:word@127.0.0.1:{proxy.port}")
        assert await fetch_profile(through, [KNOWN]) == {KNOWN: HELD}
        assert len(proxy.heads) == 1


async def test_what_passes_is_tried_again() -> None:
    """A failure that passes is not the command's end; the wait asked for is honoured."""
    waits: list[float] = []

    async def asleep(seconds: float) -> None:
        waits.append(seconds)

    async with sandbox() as box, Fetcher(settings(box.url), asleep) as fetcher:
        box.target.profiles.create(KNOWN.value, None, {"tier": "gold"}, box.clock())
        strike(box, kind=Strike.STATUS, status=429, retry_after="900", count=1)
        strike(box, kind=Strike.RESET, count=1)
        assert await fetcher.profile(KNOWN) == HELD
    assert waits == [5.0, 0.4]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"status": 503}, "the target failed (HTTP 503). Try again later."),
        ({"status": 404}, "host (HTTP 404). Check target.client, target.base_url and"),
        (
            {"status": 302},
            "redirected: wrong client code, path or host (HTTP 302). Che",
        ),
        ({"status": 403}, "(HTTP 403). Put the profile API token of Target's account"),
        ({"kind": Strike.GARBAGE}, "not the target's answer: a proxy, a gateway or"),
    ],
)
async def test_the_fault_of_the_endpoint_ends_the_asking(
    monkeypatch: pytest.MonkeyPatch, rule: dict[str, object], said: str
) -> None:
    """It says where, what and the mend; no id stands in it."""
    monkeypatch.setattr(fetching, "FIRST_WAIT_SECONDS", 0.001)
    async with sandbox() as box:
        strike(box, **({"kind": Strike.STATUS} | rule))
        with pytest.raises(DependencyError) as raised:
            await fetch_profile(settings(box.url), [KNOWN, UNKNOWN])
        assert str(raised.value).startswith(f"Target at {box.url[7:]}: ")
    assert said in str(raised.value)
    assert KNOWN.value not in str(raised.value)


async def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """The way is named as what is to be checked."""
    monkeypatch.setattr(fetching, "FIRST_WAIT_SECONDS", 0.001)
    (port,) = free_ports(1)
    with pytest.raises(DependencyError, match=r"refused\. Check target\.client, .*pro"):
        await fetch_profile(settings(f"http://127.0.0.1:{port}"), [KNOWN])


async def test_one_question_is_a_value() -> None:
    """Who asks once sees the outcome itself."""
    async with sandbox(require_token=True) as box, Fetcher(settings(box.url)) as asked:
        found = await asked.ask(KNOWN)
    assert isinstance(found, Outcome)
    assert (found.kind, found.reason) == (OutcomeKind.SUSPECT, "http_403")


def test_every_fault_has_a_mend() -> None:
    """No fault of the endpoint leaves a person without a word of what to do."""
    for kind in (OutcomeKind.SUSPECT, OutcomeKind.RETRY):
        for reason in [*FaultKind, "http_302", "http_407", "http_500", "not_target"]:
            assert mend_of(Outcome(kind, reason)).endswith(".")
