"""Topics that need not exist: when they are looked for, and what is said of them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from confluent_kafka import KafkaError, KafkaException

from consumer.source.arrivals import Arrivals

UNKNOWN = KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)
FORBIDDEN = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)


@dataclass
class Broker:
    """What a cluster says of topics; stands in for the client."""

    answers: dict[str, KafkaError | None] = field(default_factory=dict)
    is_down: bool = False
    asked: list[str] = field(default_factory=list)

    def list_topics(self, name: str, timeout: float) -> SimpleNamespace:
        """Return the answer for one topic.

        Raises:
            KafkaException: It is down.
        """
        assert timeout > 0
        self.asked.append(name)
        if self.is_down:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        topic = SimpleNamespace(error=self.answers.get(name, UNKNOWN))
        return SimpleNamespace(topics={name: topic})


def arrivals(broker: Broker, *wanted: str) -> Arrivals:
    """Return what looks for topics every five seconds."""
    found = Arrivals(broker, 5.0)  # type: ignore[arg-type] # only what is used of a consumer
    found.want(wanted, frozenset())
    return found


def test_it_looks_now_and_then() -> None:
    """At once, and then each time the interval has passed."""
    broker = Broker()
    looking = arrivals(broker, "a", "b")
    assert not looking.check(100.0)
    assert not looking.check(104.9)
    assert broker.asked == ["a", "b"]
    broker.answers["b"] = None
    assert looking.check(105.0)
    assert looking.found == ("b",)
    assert not looking.check(110.0)


def test_nothing_optional_asks_nothing() -> None:
    """A subscription without optional topics costs no request."""
    broker = Broker()
    assert not arrivals(broker).check(100.0)
    assert broker.asked == []


def test_what_is_wanted_may_change() -> None:
    """What was found stays, what is known is there at once, and all is looked for now."""
    broker = Broker({"a": None})
    looking = arrivals(broker, "a", "b")
    assert looking.check(100.0)
    looking.want(("c", "b", "a"), frozenset({"c", "x"}))
    assert list(looking.found) == ["c", "a"]
    broker.answers["c"] = None
    assert not looking.check(100.1)
    looking.want(("b",), frozenset())
    assert list(looking.found) == []


def test_no_answer_changes_nothing() -> None:
    """A broker that is away takes no topic away."""
    broker = Broker({"a": None})
    looking = arrivals(broker, "a")
    assert looking.check(100.0)
    broker.is_down = True
    assert not looking.check(105.0)
    assert looking.found == ("a",)


def test_a_topic_that_is_gone_is_left() -> None:
    """It is not found any more."""
    broker = Broker({"a": None})
    looking = arrivals(broker, "a")
    assert looking.check(100.0)
    broker.answers["a"] = UNKNOWN
    assert looking.check(105.0)
    assert list(looking.found) == []


def test_a_topic_that_we_may_not_see_is_named_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Who forgot to grant the right learns of it, without a line every five seconds."""
    broker = Broker({"a": FORBIDDEN})
    looking = arrivals(broker, "a")
    with caplog.at_level(logging.INFO):
        assert not looking.check(100.0)
        assert not looking.check(105.0)
        broker.answers["a"] = None
        assert looking.check(110.0)
        broker.answers["a"] = FORBIDDEN
        assert looking.check(115.0)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert "grant Describe" in said[0]
