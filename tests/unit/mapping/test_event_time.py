"""`order: event_time`: what an item says of its moment, and a clock that is wrong."""

from __future__ import annotations

import datetime as dt

from consumer.mapping.explaining import explain
from consumer.mapping.loading import check
from consumer.model import Decoded, Mapped
from tests.unit.mapping.kit import BASE, READERS, event, faults, mapping, record, run

TIMED = (
    BASE.replace("owner: team", "order: event_time\noccurred_at: at\nstamp: asOf")
    + "  x: id\n"
)
WRITTEN_MS = 1_772_379_000_000  # what `record` says, and `event` says of `at`
WRITTEN = dt.datetime(2026, 3, 1, 15, 30, tzinfo=dt.UTC)


def test_an_item_says_that_the_later_action_wins() -> None:
    """Its route carries it, beside the moment."""
    found = run(TIMED)
    assert isinstance(found, Mapped)
    (item,) = found.items
    assert item.route.by_event_time
    assert (item.occurred_at_ms, item.skewed) == (WRITTEN_MS, False)


def test_a_moment_five_minutes_ahead_of_its_record_is_believed_just_so() -> None:
    """One that is further ahead is a clock that is wrong: the record's time stands in.

    It would else win over everything to come. The stamp tells the same moment.
    """
    ahead = dt.timedelta(minutes=5)
    just = run(TIMED, at=WRITTEN + ahead)
    assert isinstance(just, Mapped)
    assert just.items[0].occurred_at_ms == WRITTEN_MS + 300_000
    far = run(TIMED, at=WRITTEN + ahead + dt.timedelta(milliseconds=1))
    assert isinstance(far, Mapped)
    (item,) = far.items
    assert (item.occurred_at_ms, item.skewed) == (WRITTEN_MS, True)
    assert item.attributes["asOf"] == "2026-03-01T15:30:00.000Z"


def test_how_far_ahead_is_believed_can_be_set() -> None:
    """In the configuration, for all mappings."""
    found = check({"thing.yaml": TIMED}, READERS, {}, {}, 0).mappings
    assert found is not None
    at = WRITTEN + dt.timedelta(milliseconds=1)
    mapped = found.map(record(), Decoded(event(at=at), "t.Thing"))
    assert isinstance(mapped, Mapped)
    assert mapped.items[0].skewed


def test_without_a_timestamp_of_the_broker_a_moment_is_believed() -> None:
    """There is nothing to compare it with."""
    late = Decoded(event(at=WRITTEN + dt.timedelta(days=900)), "t.Thing")
    found = mapping(TIMED).map(record(timestamp_ms=-1), late)
    assert isinstance(found, Mapped)
    assert not found.items[0].skewed


def test_an_order_in_time_needs_a_moment_of_every_record() -> None:
    """One that may be missing is refused, unless the record is then."""
    text = TIMED.replace("\nstamp: asOf", "").replace(
        "occurred_at: at",
        "occurred_at: {from: nick, parse: {timestamp: '%Y-%m-%dT%H:%M:%S%z'}}",
    )
    (fault,) = faults(text)
    assert (fault[0], "`order: event_time` needs it" in fault[3]) == ("M203", True)


def test_try_shows_that_a_moment_was_not_believed() -> None:
    """The step says what stands in its place."""
    (plan,) = mapping(TIMED).plans
    late = event(at=WRITTEN + dt.timedelta(hours=1))
    names = {rule.name: rule.result for rule in explain(plan, late, record()).rules}
    assert names["occurred_at too far ahead: the record's timestamp"] == WRITTEN
    assert names["stamp asOf"] == "2026-03-01T15:30:00.000Z"
