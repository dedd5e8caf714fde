"""Patterns of topics: what is understood, and what would take for ever."""

from __future__ import annotations

import re
import time

import pytest

from consumer.mapping.topic_pattern import of_kafka, problem_of
from tests.unit.mapping.test_cel import when


@pytest.mark.parametrize(
    ("pattern", "topic"),
    [
        (r"crm\..*", "crm.loans"),
        (r"^crm\.[a-z]+\.v[0-9]{1,2}$", "crm.loans.v12"),
        ("(crm|pos)_events", "pos_events"),
        ("[^.x]+-x?", "a-"),
    ],
)
def test_what_both_readers_understand(pattern: str, topic: str) -> None:
    """Such a pattern has no fault and claims whole names, by us and by Kafka's client."""
    assert problem_of(pattern) is None
    assert re.fullmatch(pattern, topic)
    sent = of_kafka(pattern)
    assert re.fullmatch(sent, topic)
    assert not re.match(sent, f"x{topic}")
    assert (sent[:2], sent[-2:]) == ("^(", ")$")


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(a+)+", "A group is repeated, which may take for ever to match."),
        ("(a|b){2,}", "A group is repeated, which may take for ever to match."),
        ("a*b*c*d*", "More than three parts repeat without end."),
        ("a{2,}b*c+.*", "More than three parts repeat without end."),
        (r"crm\.\d+", r"`\d` is not understood by Kafka's client."),
        ("(?=crm).*", "`(?` is not understood by Kafka's client."),
        ("a*?b", "`*?` is not understood by Kafka's client."),
        (r"(a)\1", r"`\1` is not understood by Kafka's client."),
        ("crm .*", "` .` is not understood by Kafka's client."),
        (
            "a" * 250,
            "The pattern is longer than 249 characters, as no topic's name is.",
        ),
        (
            "(",
            "The pattern is no regular expression: missing ), unterminated subpattern.",
        ),
    ],
)
def test_what_is_refused(pattern: str, problem: str) -> None:
    """A pattern that two readers understand otherwise, or that may hang one, is a fault."""
    assert problem_of(pattern) == problem


def test_the_worst_that_is_allowed_is_quick() -> None:
    """Three endless parts against the longest name take a moment at most."""
    pattern = "a*a*a*b"
    assert problem_of(pattern) is None
    began = time.process_time()
    assert re.fullmatch(pattern, "a" * 249) is None
    assert time.process_time() - began < 2.0


def test_expressions_match_in_linear_time() -> None:
    """CEL's `matches` is no way around: the pattern that hangs others is answered at once."""
    began = time.process_time()
    condition = 'event.type.matches("^(a+)+$")'
    assert when(condition, type="a" * 28 + "!") is False
    assert time.process_time() - began < 2.0
