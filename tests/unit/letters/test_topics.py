"""Names of the topics of letters and of replays."""

from __future__ import annotations

import re

import pytest

from consumer.letters.topics import TopicNames


def names(letters: str = "{group}.{topic}.dead-letters", **more: object) -> TopicNames:
    """Return names of the group g."""
    given = {"replay_template": "{group}.{topic}.replay", **more}
    return TopicNames(group="g", letter_template=letters, **given)  # type: ignore[arg-type] # checked when it runs


@pytest.mark.parametrize("topic", ["loans", "crm.loans.v1", "a.replay"])
def test_a_name_leads_back_to_its_source(topic: str) -> None:
    """Both kinds, and neither for the other."""
    one = names()
    assert one.with_letters(one.letters(topic)) == topic
    assert one.with_replay(one.replay(topic)) == topic
    assert one.with_replay(one.letters(topic)) is None
    assert one.with_letters(one.replay(topic)) is None
    assert one.is_letters(one.letters(topic))


@pytest.mark.parametrize("name", ["loans", "g..replay", "g.replay", "h.loans.replay"])
def test_other_names_lead_nowhere(name: str) -> None:
    """Another group's, one without a topic, and a source topic itself."""
    assert names().with_replay(name) is None


def test_one_topic_for_all_letters_says_no_source() -> None:
    """Its letters do, each for itself."""
    one = names("all-letters")
    assert one.is_letters("all-letters")
    assert not one.is_letters("others")
    assert one.with_letters("all-letters") is None


def test_replay_topics_that_are_read() -> None:
    """One beside each source, but for a name that is a source itself."""
    assert names().optional({"b", "a", "g.a.replay"}) == (
        *("g.b.replay", "g.g.a.replay.replay"),
    )
    assert names(reads_replays=False).optional({"a"}) == ()


def test_replay_topics_of_patterns() -> None:
    """A pattern of topics becomes one of their replay topics."""
    [pattern] = names().optional_patterns(("^(crm.*|a)$",))
    assert pattern == "^g[.](crm.*|a)[.]replay$"
    fits = [bool(re.search(pattern, name)) for name in ("g.crm.x.replay", "gxa.replay")]
    assert fits == [True, False]
    assert names(reads_replays=False).optional_patterns(("^(a)$",)) == ()
