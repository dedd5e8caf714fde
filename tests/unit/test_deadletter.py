"""Writing dead letters: what needs no broker."""

from __future__ import annotations

import asyncio

import pytest
from confluent_kafka import KafkaError, KafkaException, Message

from consumer.deadletter import DeadLetters, reporter
from consumer.errors import ConfigurationError


async def reported(error: KafkaError | None) -> asyncio.Future[None]:
    """Return a future after librdkafka has reported `error` for it."""
    confirmed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    reporter(confirmed)(error, Message())
    await asyncio.sleep(0)
    return confirmed


async def test_a_report_without_error_confirms() -> None:
    """Only the broker's word settles a letter."""
    assert (await reported(None)).result() is None


async def test_a_report_with_an_error_is_one() -> None:
    """What librdkafka says reaches the writer."""
    confirmed = await reported(KafkaError(KafkaError._MSG_TIMED_OUT))
    assert isinstance(confirmed.exception(), KafkaException)


async def test_a_report_for_a_cancelled_writer_is_dropped() -> None:
    """A late report harms nobody."""
    confirmed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    confirmed.cancel()
    reporter(confirmed)(None, Message())
    await asyncio.sleep(0)
    assert confirmed.cancelled()


def test_a_report_after_the_loops_end_is_dropped() -> None:
    """Librdkafka's thread survives an event loop that is closed."""
    loop = asyncio.new_event_loop()
    confirmed = loop.create_future()
    loop.close()
    reporter(confirmed)(None, Message())
    assert not confirmed.done()


def test_a_wrong_property_is_named() -> None:
    """A property that librdkafka refuses is a configuration fault that names it."""
    with pytest.raises(ConfigurationError, match=r"no\.such\.thing"):
        DeadLetters({"bootstrap.servers": "127.0.0.1:1", "no.such.thing": 1})
