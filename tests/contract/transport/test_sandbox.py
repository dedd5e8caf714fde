"""deliver and transport against the sandbox: works become attributes of profiles."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from consumer.deliver.single import Single
from consumer.deliver.single_settings import Shape, SingleSettings
from consumer.model import DELIVERED, IdKind, Outcome, OutcomeKind, ProfileId, Work
from consumer.sandbox.faults import FaultKind as Strike
from consumer.sandbox.faults import FaultRule
from consumer.sandbox.options import SandboxOptions, Switches
from consumer.sandbox.server import Sandbox
from consumer.transport.connector import ConnectorTransport
from consumer.transport.session import SessionTransport
from consumer.transport.settings import TransportSettings
from tests.contract.transport.subjects import REAL, always
from tests.works import CUSTOMER, work_of

ODD = {"loanProduct": "mort gage+&=#%", "größe": "é\U0001f600", "plain": "1.0"}
VISITOR = ProfileId(IdKind.PC_ID, "1368007744041-575948.01_00")


@dataclass(frozen=True, slots=True)
class Delivery:
    """An endpoint and a transport before a sandbox."""

    box: Sandbox
    endpoint: Single
    transport: ConnectorTransport | SessionTransport

    async def carry(self, work: Work) -> Outcome:
        """Send `work` in as many requests as it takes."""
        requests = self.endpoint.encode(work)
        if isinstance(requests, Outcome):
            return requests
        outcome = DELIVERED
        for request in requests:
            answer = await self.transport.send(request, always)
            outcome = self.endpoint.judge(answer, work)
            if outcome.kind is not OutcomeKind.DELIVERED:
                return outcome
        return outcome

    def held(self, profile: ProfileId) -> dict[str, str] | None:
        """Return the attributes that the sandbox holds."""
        found = self.box.target.profiles.find(
            f"{profile.kind}:{profile.value}", time.time()
        )
        if found is None:
            return None
        return {name: each.value for name, each in found.attributes.items()}


@asynccontextmanager
async def delivery(
    kind: str,
    shape: Shape = Shape.FORM,
    *,
    switches: Switches | None = None,
    token: str | None = None,
    timeout_seconds: float = 5.0,
) -> AsyncIterator[Delivery]:
    options = SandboxOptions(
        port=0,
        admin_port=0,
        registry_port=0,
        require_token=token is not None,
        token="good",
        switches=switches or Switches(),
    )
    async with Sandbox(options) as box:
        box.target.profiles.create(CUSTOMER.value, None, {}, time.time())
        box.target.profiles.create(None, VISITOR.value, {}, time.time())
        base_url = box.addresses.target
        settings = SingleSettings(
            client="acme", authority=base_url.removeprefix("http://"), shape=shape
        )
        transport = REAL[kind](
            TransportSettings(base_url=base_url, timeout_seconds=timeout_seconds),
            lambda: token,
        )
        yield Delivery(box, Single(settings, time.time), transport)
        await transport.aclose()


@pytest.mark.parametrize("shape", list(Shape))
@pytest.mark.parametrize("profile", [CUSTOMER, VISITOR])
@pytest.mark.parametrize("answer_format", ["xml", "text"])
async def test_an_update_arrives(
    real: str, shape: Shape, profile: ProfileId, answer_format: str
) -> None:
    """In each shape, for each kind of id, every character of name and value."""
    switches = Switches(answer_format="text" if answer_format == "text" else "xml")
    async with delivery(real, shape, switches=switches) as under_test:
        assert await under_test.carry(work_of(ODD, profile)) == DELIVERED
        assert under_test.held(profile) == ODD


@pytest.mark.parametrize("shape", list(Shape))
async def test_a_split_update_arrives_whole(real: str, shape: Shape) -> None:
    """More than one call holds is sent in several, none refused for its size."""
    attributes = {f"a{number:03}": "v" * 250 for number in range(240)}
    switches = Switches(profile_bytes=1_000_000)
    async with delivery(real, shape, switches=switches) as under_test:
        assert await under_test.carry(work_of(attributes)) == DELIVERED
        assert under_test.held(CUSTOMER) == attributes
        assert under_test.box.target.counters["updates"] > 1


async def test_halves_arrive_where_the_whole_is_too_large(real: str) -> None:
    """A target with smaller limits than documented is served by halving."""
    attributes = {f"a{number}": "v" * 100 for number in range(8)}
    async with delivery(real, switches=Switches(post_bytes=600)) as under_test:
        work = work_of(attributes)
        refused = await under_test.carry(work)
        assert (refused.reason, refused.status) == ("too_large", 413)
        for half in under_test.endpoint.halve(work):
            assert await under_test.carry(half) == DELIVERED
        assert under_test.held(CUSTOMER) == attributes


@pytest.mark.parametrize(("token", "reason"), [("good", ""), ("expired", "http_403")])
async def test_the_token(real: str, token: str, reason: str) -> None:
    """The right token delivers; a wrong one is suspect, not the record's fault."""
    async with delivery(real, token=token) as under_test:
        outcome = await under_test.carry(work_of(ODD))
    assert outcome.reason == reason
    assert outcome.kind is (
        OutcomeKind.DELIVERED if token == "good" else OutcomeKind.SUSPECT
    )


async def test_a_refused_name(real: str) -> None:
    """Target's own `false` is a rejection with its words."""
    async with delivery(real) as under_test:
        outcome = await under_test.carry(work_of({"refused.x": "value-of-x"}))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, "refused")
    assert "profile.refused.x is not allowed" in outcome.message


@pytest.mark.parametrize(
    ("rule", "kind", "reason", "is_applied"),
    [
        (FaultRule(kind=Strike.STATUS), "retry", "http_503", False),
        (
            FaultRule(kind=Strike.STATUS, retry_after="7"),
            "suspect",
            "http_503",
            False,
        ),
        (
            FaultRule(kind=Strike.STATUS, status=429, retry_after="7"),
            "retry",
            "http_429",
            False,
        ),
        (FaultRule(kind=Strike.STATUS, status=404), "suspect", "http_404", False),
        (FaultRule(kind=Strike.GARBAGE), "suspect", "not_target", False),
        (FaultRule(kind=Strike.TRUNCATED), "retry", "truncated", True),
        (FaultRule(kind=Strike.LOST_APPLIED), "retry", "reset", True),
        (FaultRule(kind=Strike.LOST_UNAPPLIED), "retry", "reset", False),
        (FaultRule(kind=Strike.RESET), "retry", "reset", False),
        (FaultRule(kind=Strike.DRIP, seconds=0.1), "retry", "timeout", True),
        (FaultRule(kind=Strike.LATENCY, seconds=9.0), "retry", "timeout", True),
    ],
    ids=lambda value: str(value.kind) if isinstance(value, FaultRule) else None,
)
async def test_faults(
    real: str, rule: FaultRule, kind: str, reason: str, *, is_applied: bool
) -> None:
    """Each fault of the target has its outcome, and the next call is well."""
    async with delivery(real, timeout_seconds=0.3) as under_test:
        number = under_test.box.target.faults.add(rule, time.time())
        outcome = await under_test.carry(work_of({"a": "1"}))
        assert (outcome.kind, outcome.reason) == (kind, reason)
        assert (under_test.held(CUSTOMER) == {"a": "1"}) is is_applied
        under_test.box.target.faults.remove(number)
        assert await under_test.carry(work_of({"b": "2"})) == DELIVERED
