"""What is read for a set of mappings."""

from consumer.pipeline.service import subscription
from consumer.source.values import Subscription
from tests.unit.letters.test_topics import names
from tests.unit.pipeline.kit import MAPPING, material_of
from tests.unit.pipeline.test_replay import material


def test_each_topic_has_one_beside_it_for_what_comes_again() -> None:
    """They need not exist; a set that changes them is another subscription."""
    mappings = material_of(ev="events", vi="visits").mappings
    assert subscription(mappings, names()) == Subscription(
        topics=("events", "visits"),
        optional=("g.events.replay", "g.visits.replay"),
    )
    assert subscription(mappings, names(reads_replays=False)) == Subscription(
        topics=("events", "visits")
    )


def test_patterns_have_patterns_beside_them() -> None:
    """The replay topics of what a pattern finds are found by a pattern."""
    text = MAPPING.format(name="ev", topic="events").replace(
        "topic: events", 'pattern: "crm[.].*"'
    )
    found = subscription(material(text).mappings, names())
    assert found.patterns == ("^(crm[.].*)$",)
    assert found.optional_patterns == ("^g[.](crm[.].*)[.]replay$",)
