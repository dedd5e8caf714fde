"""How records end."""

from consumer.model import End
from consumer.schedule.dispatch import Ended
from consumer.schedule.ends import Ends, ended_item, settlement
from tests.unit.schedule.desk import Desk, mapped


def test_an_item_that_went_out_in_anothers_work_is_merged() -> None:
    """Promise 8: delivered is whose item was the last of its work."""
    desk = Desk()
    desk.put(0, "a")
    desk.put(1, "b")
    entries = [
        desk.scheduler._dispatch.shards.by_profile[work.profile].flying[0]
        for work in desk.scheduler.take(2, 0.0)
    ]
    ends = []
    for entry in entries:
        is_last = entry is entries[-1]
        ticket = ended_item(Ended(entry, is_last=is_last))
        assert ticket is not None
        ends.append(settlement(ticket, mapped("x")).end)
    assert ends == [End.MERGED, End.DELIVERED]


def test_each_end_has_its_counter() -> None:
    """Every record is counted once."""
    ends = Ends()
    for end in End:
        ends.count(end)
    assert Ends(delivered=1, merged=1, skipped=1, dead_lettered=1) == ends
