"""The plain fold: what the events say."""

from collections import Counter

from consumer.sandbox.events import Fate, generate, population_of
from consumer.sandbox.fold import Fold, attributes_of

RECORDS = 2000


def test_later_events_win_attribute_by_attribute() -> None:
    """A profile is what its landed events wrote, the last one of each attribute."""
    population = population_of(RECORDS, 3)
    fold = Fold(population.names)
    wanted: dict[str, dict[str, str]] = {name: {} for name in population.names}
    for event in generate(RECORDS, 3, population):
        fold.add(event)
        if event.fate is Fate.LANDS and event.profile:
            wanted[event.profile] |= attributes_of(event)
    assert fold.profiles == wanted
    assert any(held for held in wanted.values())


def test_the_counts_add_up() -> None:
    """Each event is counted once, under its fate."""
    fold = Fold()
    for event in generate(RECORDS, 3):
        fold.add(event)
    assert fold.published == RECORDS == fold.landed + fold.skipped + fold.bad
    fates = Counter(event.fate for event in generate(RECORDS, 3))
    assert fold.fates == fates


def test_kinds_write_disjoint_attributes() -> None:
    """No two kinds write one attribute, so their order does not matter."""
    written: dict[str, set[str]] = {}
    for event in generate(RECORDS, 3):
        if event.fate is Fate.LANDS:
            held = written.setdefault(event.kind.topic, set())
            held |= set(attributes_of(event))
    assert len(written) == 3
    assert len(set().union(*written.values())) == sum(map(len, written.values()))
