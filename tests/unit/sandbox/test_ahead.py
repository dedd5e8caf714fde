"""How far a publisher may run ahead."""

from collections.abc import Collection, Mapping

from consumer.sandbox.ahead import Ahead, Partition

PLACE = ("t", 0)


class Group:
    """A group whose commits the test sets."""

    def __init__(self) -> None:
        self.offsets: dict[Partition, int] = {}
        self.asked = 0

    def __call__(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        """Return the commits."""
        assert set(partitions) >= set(self.offsets)
        self.asked += 1
        return self.offsets


def test_the_fullest_partition_counts() -> None:
    """One full partition is enough to wait; commits make room again."""
    group = Group()
    ahead = Ahead(group, max_bytes=100)
    for offset in range(9):
        ahead.produced(PLACE, offset, 10)
        ahead.produced(("t", 1), offset, 1)
    assert not ahead.is_full()
    assert group.asked == 0
    ahead.produced(PLACE, 9, 10)
    assert ahead.is_full()
    group.offsets = {PLACE: 1}
    assert not ahead.is_full()
    assert ahead.is_full(unconfirmed_bytes=10)
    group.offsets = {PLACE: 10}
    assert not ahead.is_full(unconfirmed_bytes=90)


def test_records_are_bounded_too() -> None:
    """Many small records are as far ahead as few large ones."""
    group = Group()
    ahead = Ahead(group, max_records=3)
    for offset in range(3):
        ahead.produced(PLACE, offset, 1)
    assert ahead.is_full()
    group.offsets = {PLACE: 2}
    assert not ahead.is_full()
    assert ahead.is_full(unconfirmed=2)
    fresh = Group()
    assert Ahead(fresh, max_records=3).is_full(unconfirmed=3)
    assert fresh.asked == 0
