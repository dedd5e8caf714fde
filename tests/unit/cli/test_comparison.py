"""What two sets of mappings make of the same records."""

from collections.abc import Mapping

from consumer.cli.comparison import Comparison, End, Example
from consumer.model import IdKind, ProfileId

ANN = ProfileId(IdKind.THIRD_PARTY_ID, "ann")
BOB = ProfileId(IdKind.PC_ID, "bob")


def sent(items: Mapping[ProfileId, Mapping[str, str]]) -> End:
    """Return the end of a record that makes items."""
    return End(name="delivered", items=items, calls=len(items))


def compared(before: End, after: End) -> Comparison:
    """Compare one record."""
    found = Comparison()
    found.add("t[0]@1", before, after)
    return found


def kinds(found: Comparison) -> dict[tuple[str, str], int]:
    """Return how many records differ in each attribute."""
    return {key: tally.records for key, tally in found.attributes.items()}


def test_nothing_differs() -> None:
    """The same items are no change."""
    found = compared(sent({ANN: {"a": "1"}}), sent({ANN: {"a": "1"}}))
    assert (found.is_changed, found.records, found.attributes) == (False, 1, {})


def test_gained_lost_and_changed() -> None:
    """Each attribute is counted by what becomes of it."""
    found = compared(
        sent({ANN: {"a": "1", "b": "2", "same": "s"}}),
        sent({ANN: {"b": "3", "c": "4", "same": "s"}}),
    )
    assert kinds(found) == {
        ("a", "lost"): 1,
        ("b", "changed"): 1,
        ("c", "gained"): 1,
    }
    assert found.by_attribute()["b"]["changed"].examples == [
        Example(record="t[0]@1", before="2", after="3")
    ]
    assert found.is_changed


def test_a_record_counts_once() -> None:
    """However many of its items differ in the same way."""
    found = compared(sent({ANN: {"a": "1"}, BOB: {"a": "1"}}), sent({}))
    assert kinds(found) == {("a", "lost"): 1}


def test_another_profile() -> None:
    """Another profile is noted once, and its attributes are compared all the same."""
    found = compared(sent({ANN: {"a": "1"}}), sent({BOB: {"a": "1"}}))
    assert kinds(found) == {}
    assert found.profiles.examples == [
        Example(record="t[0]@1 (third_party_id -> pc_id)", before="ann", after="bob")
    ]
    assert found.is_changed


def test_another_end() -> None:
    """A record that is given up loses what it wrote, with the reason."""
    end = End(name="dead letter: missing", message="x: attribute a: missing")
    found = compared(sent({ANN: {"a": "1"}}), end)
    assert kinds(found) == {("a", "lost"): 1}
    [(names, tally)] = found.ends.items()
    assert names == ("delivered", "dead letter: missing")
    assert tally.examples[0].after == "x: attribute a: missing"
    assert (found.calls_before, found.calls_after) == (1, 0)


def test_calls_alone_are_a_change() -> None:
    """More requests for the same items cost quota."""
    twice = End(name="delivered", items={ANN: {"a": "1"}}, calls=2)
    assert compared(sent({ANN: {"a": "1"}}), twice).is_changed


def test_a_few_examples_are_kept() -> None:
    """Every record is counted, and three are kept."""
    found = Comparison()
    for offset in range(5):
        found.add(f"t[0]@{offset}", sent({ANN: {"a": str(offset)}}), sent({ANN: {}}))
    tally = found.attributes["a", "lost"]
    assert (tally.records, [one.before for one in tally.examples]) == (
        5,
        ["0", "1", "2"],
    )
