"""What a dead letter carries."""

import pytest

from consumer.model import End, Failure, Record, Settlement, Stage, TopicPartition
from consumer.settle import LetterContext, dead_letter, letter_topic

SOURCE = TopicPartition("crm.loans", 7)
RECORD = Record(
    SOURCE, 42, 1_700_000_000_123, b"k", b"value", (("h", b"1"), ("h", None)), 1, 9
)
FAILURE = Failure(Stage.DELIVER, "http_400", "no such attribute", ("loans",))


def context(
    *,
    partitions: int = 12,
    max_bytes: int = 1_000_000,
    traceparent: str = "00-ab-cd-01",
    topic: str = "",
    first_failure: str = "",
) -> LetterContext:
    """Return a context read at 100.0, which is 2023-11-14T22:13:20Z."""
    return LetterContext(
        group="g",
        template="{group}.{topic}.dead-letters",
        partitions=partitions,
        max_bytes=max_bytes,
        mapping_set="abc",
        now=100.0,
        wall_ms=1_700_000_000_000,
        owners={"loans": "lending-data", "others": "lending-data"},
        topic=topic,
        first_failure=first_failure,
        traceparent=traceparent,
    )


def given_up(
    *,
    record: Record = RECORD,
    failure: Failure | None = FAILURE,
    delivered: tuple[str, ...] = ("0123456789abcdef", "fedcba9876543210"),
    first_failure: float | None = 39.5,
) -> Settlement:
    """Return how a record ended."""
    return Settlement(
        record,
        End.DEAD_LETTERED,
        ("loans", "others"),
        None,
        failure,
        3,
        first_failure,
        99.999,
        delivered,
    )


def test_a_letter_says_where_when_and_why() -> None:
    """The record is untouched, and every header of ours has its stated form."""
    letter = dead_letter(given_up(), context())
    assert (
        letter.topic,
        letter.partition,
        letter.key,
        letter.value,
    ) == ("g.crm.loans.dead-letters", 7, b"k", b"value")
    assert RECORD.headers == letter.headers[:2]
    assert dict(letter.headers[2:]) == {
        "dead-letter-version": b"1",
        "dead-letter-group": b"g",
        "dead-letter-stage": b"deliver",
        "dead-letter-reason": b"http_400",
        "dead-letter-message": b"no such attribute",
        "dead-letter-mappings": b"loans",
        "dead-letter-owner": b"lending-data",
        "dead-letter-mapping-set": b"abc",
        "dead-letter-topic": b"crm.loans",
        "dead-letter-partition": b"7",
        "dead-letter-offset": b"42",
        "dead-letter-timestamp": b"1700000000123",
        "dead-letter-attempts": b"3",
        "dead-letter-first-failure": b"2023-11-14T22:12:19.500Z",
        "dead-letter-last-failure": b"2023-11-14T22:13:19.999Z",
        "dead-letter-replays": b"0",
        "dead-letter-traceparent": b"00-ab-cd-01",
        "dead-letter-delivered": b"0123456789abcdef,fedcba9876543210",
    }


def test_a_letter_may_go_elsewhere_and_know_an_earlier_failure() -> None:
    """That of a replayed record goes to its source's letters, since its first failure."""
    since = "2023-11-01T00:00:00.000Z"
    letter = dead_letter(given_up(), context(topic="letters", first_failure=since))
    assert letter.topic == "letters"
    said = dict(letter.headers)
    assert said["dead-letter-first-failure"] == since.encode()
    assert said["dead-letter-last-failure"] == b"2023-11-14T22:13:19.999Z"


def test_what_is_not_known_is_not_said() -> None:
    """No trace, no failure time, no delivered profile: no header."""
    letter = dead_letter(
        given_up(delivered=(), first_failure=None), context(traceparent="")
    )
    names = {name for name, _ in letter.headers}
    assert not names & {
        "dead-letter-traceparent",
        "dead-letter-first-failure",
        "dead-letter-delivered",
        "dead-letter-payload-omitted",
    }


def test_without_mappings_of_its_own_a_failure_has_the_records() -> None:
    """An owner is named once, and a mapping without one adds none."""
    failure = Failure(Stage.DECODE, "truncated", "it ends too early")
    said = dict(dead_letter(given_up(failure=failure), context()).headers)
    assert said["dead-letter-mappings"] == b"loans,others"
    assert said["dead-letter-owner"] == b"lending-data"


def test_the_letter_partition_is_the_source_partition_modulo_the_count() -> None:
    """An existing letter topic may have any count."""
    assert dead_letter(given_up(), context(partitions=5)).partition == 2


def test_a_letter_topic_without_partitions_is_refused() -> None:
    """There is no modulo of nothing."""
    with pytest.raises(ValueError, match="at least one partition"):
        context(partitions=0)


def test_a_letter_too_large_is_written_without_the_value() -> None:
    """Its coordinates and its key still lead to the record."""
    large = Record(SOURCE, 42, 0, None, b"x" * 2_000, (), 1, 2_000)
    letter = dead_letter(given_up(record=large), context(max_bytes=2_000))
    assert letter.value is None
    assert letter.headers[-1] == ("dead-letter-payload-omitted", b"true")
    assert dead_letter(given_up(record=large), context()).value == large.value


def test_a_tombstone_has_no_value_to_omit() -> None:
    """A letter without value and without that header was a tombstone."""
    tombstone = Record(SOURCE, 42, 0, b"k", None, (), 1, 1)
    letter = dead_letter(given_up(record=tombstone), context(max_bytes=1))
    assert letter.value is None
    assert "dead-letter-payload-omitted" not in dict(letter.headers)


@pytest.mark.parametrize(("count", "named"), [(500, True), (501, False)])
def test_at_most_500_delivered_profiles_are_named(
    count: int,
    named: bool,  # noqa: FBT001 - parametrized
) -> None:
    """More are left out: a replay then offers all of them again."""
    digests = tuple(f"{number:016x}" for number in range(count))
    headers = dict(dead_letter(given_up(delivered=digests), context()).headers)
    assert named is ("dead-letter-delivered" in headers)


def test_text_that_is_no_utf8_is_replaced() -> None:
    """A lone surrogate in a target's message does not stop the letter."""
    failure = Failure(Stage.DELIVER, "http_400", "odd \ud800 text")
    headers = dict(dead_letter(given_up(failure=failure), context()).headers)
    assert headers["dead-letter-message"] == b"odd ? text"


def test_only_what_was_given_up_has_a_letter() -> None:
    """A delivered record is no dead letter."""
    with pytest.raises(ValueError, match=r"crm.loans\[7\]@42> was not given up"):
        dead_letter(given_up(failure=None), context())


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{group}.{topic}.dead-letters", "g.a{group}b.dead-letters"),
        ("letters-{group}", "letters-g"),
        ("all", "all"),
    ],
)
def test_only_group_and_topic_are_places(template: str, expected: str) -> None:
    """A name that was put in is not looked through again."""
    assert expected == letter_topic(template, "g", "a{group}b")


def test_a_letter_shows_no_value() -> None:
    """Its text ends in logs."""
    shown = repr(dead_letter(given_up(), context()))
    assert shown == "<DeadLetter g.crm.loans.dead-letters[7]>"
