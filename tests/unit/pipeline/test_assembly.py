"""From settings to stages: each key of the configuration changes something."""

import asyncio
import dataclasses
from pathlib import Path

import pytest

from consumer.config.secret import Secret
from consumer.config.settings import (
    DecodeSettings,
    KafkaSettings,
    LimitSettings,
    RetrySettings,
    SourceSettings,
    TargetSettings,
)
from consumer.deliver.single import Single
from consumer.errors import ConfigurationError
from consumer.model import Answer, IdKind, Outcome, ProfileId, Request
from consumer.pipeline.assembly import (
    base_url,
    decode_limits,
    lease_seconds,
    schedule_policy,
    single,
    source_options,
    transport_settings,
)
from consumer.source.values import OutOfRange
from tests.unit.pipeline.kit import MATERIAL, P0, World, settings_of
from tests.virtual_time import virtual
from tests.works import work_of

PROFILE = ProfileId(IdKind.THIRD_PARTY_ID, "C-1")


def request(endpoint: Single, **attributes: str) -> Request:
    found = endpoint.encode(work_of(attributes or {"a": "b"}, PROFILE))
    assert not isinstance(found, Outcome)
    return found[0]


def test_without_a_base_url_the_clients_own_host_is_called() -> None:
    """`target.client` names the host, `target.base_url` another one."""
    assert base_url(settings_of()) == "https://acme.tt.omtrdc.net"
    target = TargetSettings(client="acme", base_url="http://127.0.0.1:8080/gw/")
    assert base_url(settings_of(target=target)) == "http://127.0.0.1:8080/gw/"
    sent = request(single(settings_of(target=target)))
    assert sent.target == "/gw/m2/acme/profile/update"
    assert b"Host: 127.0.0.1:8080\r\n" in sent.head


@pytest.mark.parametrize(
    ("shape", "method", "has_body"),
    [("form", "POST", True), ("query", "POST", False), ("get", "GET", False)],
)
def test_the_request_has_the_configured_shape(
    shape: str,
    method: str,
    has_body: bool,  # noqa: FBT001 - a case of the table
) -> None:
    """`target.request` chooses method and place of the fields."""
    sent = request(
        single(settings_of(target=TargetSettings(client="x", request=shape)))
    )
    assert (sent.method, bool(sent.body)) == (method, has_body)


@pytest.mark.parametrize(
    ("over_value", "body"), [("truncate", b"=abc"), ("ignore", b"=abcdef")]
)
def test_long_values_are_treated_as_configured(over_value: str, body: bytes) -> None:
    """`target.value_chars` and `target.over_value` rule long values."""
    target = TargetSettings(client="x", value_chars=3, over_value=over_value)
    endpoint = single(settings_of(target=target))
    assert request(endpoint, a="abcdef").body.endswith(body)


def test_a_retry_after_is_clamped_as_configured() -> None:
    """`retry.retry_after_cap_seconds` bounds what a target may ask for."""
    endpoint = single(settings_of(retry=RetrySettings(retry_after_cap_seconds=7)))
    assert endpoint.judge(Answer(503, retry_after="900")).wait_seconds == 7


def test_the_transport_gets_its_bounds_and_its_way() -> None:
    """Time-out, calls at once, proxy and CA reach the transport."""
    target = TargetSettings(
        client="x",
        timeout_seconds=3.0,
        proxy=Secret("http://u:p@proxy:3128"),
        ca_file=Path("/ca.pem"),
    )
    found = transport_settings(
        settings_of(target=target, limits=LimitSettings(max_in_flight=5))
    )
    assert (found.timeout_seconds, found.max_connections) == (3.0, 5)
    assert (found.proxy, found.ca_file) == ("http://u:p@proxy:3128", "/ca.pem")


def test_the_source_gets_its_waits_and_its_rule() -> None:
    """Start-up time, out-of-range rule and the target's time-out reach the source."""
    found = source_options(
        settings_of(
            source=SourceSettings(startup_timeout_seconds=4, out_of_range="reset"),
            target=TargetSettings(client="x", timeout_seconds=3.0),
        )
    )
    assert found.startup_timeout_seconds == 4
    assert found.out_of_range is OutOfRange.RESET
    # It waits for the pipeline longer than the pipeline waits for the wire.
    assert found.revoke_timeout_seconds > 3.0
    assert found.kafka["group.id"] == "g"


@pytest.mark.parametrize(("session_ms", "lease"), [(6_000, 3.0), (600_000, 20.0)])
def test_a_revocation_outlasts_the_lease(session_ms: int, lease: float) -> None:
    """Bug: a loop blocked for longer than a revocation waited sent what was another's.

    Its lease was not over yet, and nothing had told it that its partition was.
    """
    settings = settings_of(target=TargetSettings(client="x", timeout_seconds=1.0))
    kafka = KafkaSettings(
        properties={**settings.kafka.properties, "session.timeout.ms": session_ms}
    )
    found = source_options(dataclasses.replace(settings, kafka=kafka))
    assert found.revoke_timeout_seconds > lease


def test_the_scheduler_gets_its_bounds_and_rules() -> None:
    """Limits and retry reach the scheduler, one by one."""
    policy = schedule_policy(
        settings_of(
            limits=LimitSettings(held_records=11, held_bytes=12, max_in_flight=13),
            retry=RetrySettings(
                base_seconds=1,
                cap_seconds=2,
                retry_after_cap_seconds=3,
                max_attempts=4,
                give_up_after_seconds=5,
            ),
        ),
        6.0,
    )
    retry = policy.retry
    found = (policy.held_records, policy.held_bytes, policy.max_in_flight)
    assert found == (11, 12, 13)
    assert policy.membership_lease_seconds == 6.0
    assert (retry.base_seconds, retry.cap_seconds) == (1, 2)
    assert (retry.retry_after_cap_seconds, retry.max_attempts) == (3, 4)
    assert retry.give_up_after_seconds == 5


def test_the_decoder_gets_its_limits() -> None:
    """Each limit of `decode` reaches the decoder."""
    found = decode_limits(
        settings_of(
            decode=DecodeSettings(
                max_record_bytes=64, max_depth=2, max_elements=3, max_decimal_bytes=4
            )
        )
    )
    assert (found.max_record_bytes, found.max_depth) == (64, 2)
    assert (found.max_elements, found.max_decimal_bytes) == (3, 4)


def test_the_lease_is_the_groups_unless_a_shorter_one_is_set() -> None:
    """The smaller of 20 and half the session time-out, or what is set below that."""
    assert lease_seconds(settings_of(), 45.0) == 20.0
    assert lease_seconds(settings_of(), 10.0) == 5.0
    given = settings_of(source=SourceSettings(membership_lease_seconds=4))
    assert lease_seconds(given, 10.0) == 4
    with pytest.raises(ConfigurationError, match="5"):
        lease_seconds(
            settings_of(source=SourceSettings(membership_lease_seconds=6)),
            10.0,
        )


@virtual
async def test_letters_are_the_configured_topics_and_name_owner_and_set() -> None:
    """`dead_letters.topic` is filled in; a letter names what gave the record up."""
    async with World.begun() as world:
        world.source.publish(P0, b"\x00")
        await world.settle()
        (letter,) = world.letters.written
        headers = dict(letter.headers)
        assert letter.topic == "g.events.dead-letters"
        assert headers["dead-letter-mapping-set"] == MATERIAL.mappings.version.encode()


@virtual
async def test_a_record_that_is_larger_than_allowed_is_refused() -> None:
    """`decode.max_record_bytes` is in force in the pipeline that is assembled."""
    settings = settings_of(decode=DecodeSettings(max_record_bytes=64))
    async with World.begun(settings) as world:
        world.publish(P0, "x" * 100)
        await world.settle()
        assert world.letters.reasons == ["too_large"]


@virtual
async def test_giving_up_follows_the_settings() -> None:
    """`retry.max_attempts` and `give_up_after_seconds` together end the retries."""
    retry = RetrySettings(
        base_seconds=0.1, cap_seconds=0.1, max_attempts=3, give_up_after_seconds=1
    )
    async with World.begun(settings_of(retry=retry)) as world:
        world.target.answer = lambda profile, _: (
            Answer(500)
            if profile == "bad"
            else Answer(200, b"<response><success>true</success></response>")
        )
        world.publish(P0, "a", "b", "bad")
        for _ in range(60):
            world.publish(P0, "a", "b")
            await asyncio.sleep(0.1)
        assert world.letters.reasons == ["http_500"]
