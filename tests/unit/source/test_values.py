"""What the source and the pipeline say to each other."""

from __future__ import annotations

import pytest

from consumer.source.session import session_timeout_seconds
from consumer.source.values import SourceOptions, Subscription


def test_times_are_positive() -> None:
    """An option that makes no sense cannot be made."""
    with pytest.raises(ValueError, match="commit_timeout_seconds"):
        SourceOptions(kafka={}, commit_timeout_seconds=0)


def test_options_hide_the_properties() -> None:
    """A password never gets into a log by way of `repr`."""
    assert "hunter2" not in repr(SourceOptions(kafka={"sasl.password": "hunter2"}))


def test_a_subscription_names_something() -> None:
    """Nothing at all, and a pattern that librdkafka takes for a name, are refused."""
    with pytest.raises(ValueError, match="at least one"):
        Subscription(topics=())
    with pytest.raises(ValueError, match="begins with"):
        Subscription(topics=(), patterns=("events.*",))
    with pytest.raises(ValueError, match="begins with"):
        Subscription(topics=("t",), optional_patterns=("events.*",))
    assert Subscription(topics=(), patterns=("^events.*",)).topics == ()


def test_an_optional_topic_is_named_or_matched() -> None:
    """By its whole name, or by a pattern of optional topics; no other is."""
    wanted = Subscription(
        topics=("a",),
        patterns=("^b",),
        optional=("a.r",),
        optional_patterns=("^(c.r)$",),
    )
    names = ("a", "b", "a.r", "c.r", "c.rx")
    assert [wanted.is_optional(name) for name in names] == [
        *(False, False),
        *(True, True, False),
    ]


def test_the_classic_session_timeout_is_the_members_own() -> None:
    """`session.timeout.ms`, else librdkafka's 45 s."""
    assert session_timeout_seconds({"session.timeout.ms": 6000}) == 6.0
    assert session_timeout_seconds({}) == 45.0
