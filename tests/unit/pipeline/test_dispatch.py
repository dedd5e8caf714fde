"""Works out: calls, splits, quota, lease and the order of those who wait."""

import asyncio

import pytest

from consumer.config.settings import LimitSettings, RetrySettings, TargetSettings
from consumer.deliver.endpoint import Endpoint
from consumer.model import Answer, Outcome, PauseReason, Request, Work
from tests.fake_transport import SUBMITTED
from tests.unit.pipeline.kit import P0, P1, World, event, settings_of
from tests.virtual_time import virtual

REFUSED = Answer(401)
TOO_LARGE = Answer(413)
DAY_SECONDS = 86_400.0


def limited(calls: int = 4, **limits: int) -> LimitSettings:
    return LimitSettings(
        max_in_flight=calls, merged_items=1, adaptive=False, breaker=False, **limits
    )


@virtual
async def test_no_more_calls_at_once_than_configured() -> None:
    """The number of calls on the wire is the configured one, and no less."""
    async with World.begun(settings_of(limits=limited(4))) as world:
        world.target.seconds = 1.0
        world.publish(P0, *"abcdefgh")
        await asyncio.sleep(0.5)
        assert len(world.target.calls) == 4
        await asyncio.sleep(1.0)
        assert len(world.target.calls) == 8


@virtual
async def test_a_slow_profile_delays_itself_only() -> None:
    """Items of one profile wait for each other; those of others pass them."""
    async with World.begun(settings_of(limits=limited(2))) as world:
        world.target.seconds = 1.0
        world.publish(P0, "a", "a", "a", "b", "c")
        await world.settle(3.5)
        assert world.order("a") == ["100", "101", "102"]
        assert [profile for profile, _ in world.target.calls[:2]] == ["a", "b"]
        assert world.statistics.delivered == 5


@virtual
async def test_a_work_that_the_target_finds_too_large_is_halved_in_order() -> None:
    """A 413 for a call of several attributes sends each half, in order, once."""
    async with World.begun() as world:

        def answer(_: str, __: float) -> Answer:
            return TOO_LARGE if len(world.target.calls[-1][1]) > 1 else SUBMITTED

        world.target.answer = answer
        world.source.publish(P0, event("a", 1, note="hello"))
        await world.settle()
        assert [sorted(fields) for _, fields in world.target.calls] == [
            ["profile.evN", "profile.evNote"],
            ["profile.evN"],
            ["profile.evNote"],
        ]
        assert world.statistics.delivered == 1


@virtual
async def test_one_attribute_that_is_too_large_alone_is_rejected() -> None:
    """A 413 for a single attribute is the record's fault: a dead letter."""
    async with World.begun() as world:
        world.target.answer = lambda *_: TOO_LARGE
        world.publish(P0, "a")
        await world.settle()
        assert len(world.target.calls) == 1
        assert world.statistics.dead_lettered == 1


@virtual
async def test_a_half_that_fails_stops_the_other_and_both_are_sent_again() -> None:
    """A retry of one half is a retry of the work: no half is sent past another."""
    async with World.begun() as world:
        calls: list[Answer] = [TOO_LARGE, Answer(500)]

        def answer(_: str, __: float) -> Answer:
            return calls.pop(0) if calls else SUBMITTED

        world.target.answer = answer
        world.source.publish(P0, event("a", 1, note="hello"))
        await world.settle(3)
        assert [sorted(fields) for _, fields in world.target.calls] == [
            ["profile.evN", "profile.evNote"],
            ["profile.evN"],
            ["profile.evN", "profile.evNote"],
        ]
        assert world.statistics.delivered == 1


@virtual
async def test_a_value_that_may_not_be_sent_is_rejected_without_a_call() -> None:
    """What cannot be encoded is a dead letter and costs no quota."""
    target = TargetSettings(client="acme", value_chars=4)
    async with World.begun(settings_of(target=target)) as world:
        world.source.publish(P0, event("a", 1, note="hello"))
        await world.settle()
        assert world.target.calls == []
        assert world.letters.reasons == ["value_too_long"]
        assert world.pipeline.quota.used(0.0) == 0


@pytest.mark.peer("go-zero #5011")
@virtual
async def test_calls_taken_at_once_do_not_exceed_the_quota() -> None:
    """Bug: each waiting call saw the same calls left, and all of them went out."""
    limits = limited(8, calls_per_day=3)
    async with World.begun(settings_of(limits=limits)) as world:
        world.target.connect_seconds = 0.5
        world.publish(P0, *"abcdefgh")
        await world.settle(5)
        assert len(world.target.calls) == 3
        assert world.statistics.held == 5
        (pause,) = world.pipeline.pauses()
        assert pause.reason is PauseReason.QUOTA
        assert world.pipeline.lifecycle.state.value == "paused"


@virtual
async def test_the_quota_comes_back_after_a_day() -> None:
    """Calls that leave the rolling window are made, without anybody's doing."""
    limits = limited(8, calls_per_day=1)
    async with World.begun(settings_of(limits=limits)) as world:
        world.publish(P0, "a", "b")
        await world.settle()
        # The calls stand in minutes: this is as if they had been made a day ago.
        quota = world.pipeline.quota
        quota._buckets[0][0] -= int(DAY_SECONDS // 60) + 1
        await world.settle()
        assert world.statistics.delivered == 2


@virtual
async def test_a_split_work_spends_a_call_for_each_request() -> None:
    """Requests that one work is split into are counted one by one."""
    async with World.begun() as world:
        calls = [TOO_LARGE]
        world.target.answer = lambda *_: calls.pop() if calls else SUBMITTED
        world.source.publish(P0, event("a", 1, note="hello"))
        await world.settle()
        assert world.pipeline.quota.used(0.0) == 3


@virtual
async def test_nothing_is_sent_before_the_first_commit_is_acknowledged() -> None:
    """An assignment proves nothing: the first call waits for the lease."""
    world = World()
    world.source.answer_seconds = 3.0
    world.start()
    world.source.assign(P0)
    world.publish(P0, "a")
    await world.settle(2)
    assert world.target.calls == []
    assert world.reasons == {PauseReason.LEASE}
    await world.settle(2)
    assert world.order("a") == ["100"]
    await world.end()


@virtual
async def test_a_lapsed_lease_stops_calls_until_a_commit_is_acknowledged() -> None:
    """Nothing is sent twenty seconds after the last acknowledged commit was sent."""
    async with World.begun() as world:
        world.source.is_down = True
        await world.settle(25)
        world.publish(P0, "a")
        await world.settle(5)
        assert world.target.calls == []
        assert PauseReason.LEASE in world.reasons
        world.source.is_down = False
        await world.settle(2)
        assert world.order("a") == ["100"]
        assert world.reasons == set()


@virtual
async def test_a_work_refused_at_its_first_byte_goes_back_uncounted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was taken and may not be sent any more is sent later, as a first attempt."""
    async with World.begun() as world:
        pipeline = world.pipeline
        dispatch = pipeline._rooms.dispatch
        monkeypatch.setattr(dispatch, "_may_send", lambda _: False)
        world.publish(P0, "a")
        await asyncio.sleep(0.001)
        assert world.target.calls == []
        monkeypatch.undo()  # the lease was renewed
        await world.settle()
        assert world.order("a") == ["100"]
        assert pipeline.quota.used(0.0) == 1
        assert world.statistics.delivered == 1


@virtual
async def test_a_refused_token_is_read_again() -> None:
    """A 401 and a 403 ask for the token's file to be read, others do not."""
    async with World.begun() as world:
        answers = [Answer(403), REFUSED, Answer(500)]
        world.target.answer = lambda *_: answers.pop() if answers else SUBMITTED
        world.publish(P0, "a")
        await world.settle(5)
        assert world.refused == 2
        assert world.statistics.delivered == 1


@virtual
async def test_a_work_given_to_a_waiting_call_as_it_closes_is_sent() -> None:
    """A work that was taken before the drain began is finished, not lost in between."""
    world = World()
    world.start()
    world.source.assign(P0)
    world.publish(P0, "a")
    await world.settle(0.3)
    world.publish(P0, "b")
    world.source._pump()  # the work is in a future that nobody has looked at yet
    assert world.statistics.in_flight == 1
    await world.end()
    assert world.statistics.delivered == 2
    assert world.source.committed[P0] == 2


@pytest.mark.peer("Parallel Consumer fork #296")
@virtual
async def test_every_waiting_call_gets_work_when_there_is_enough() -> None:
    """One batch wakes as many calls as it has profiles, at once."""
    async with World.begun(settings_of(limits=limited(6))) as world:
        world.target.seconds = 1.0
        world.publish(P0, *"abc")
        world.publish(P1, *"def")
        await asyncio.sleep(0.1)
        assert len(world.target.calls) == 6
        assert len(set(world.target.times)) == 1


@virtual
async def test_a_retry_gives_its_slot_to_others() -> None:
    """While one profile waits for its retry, all calls carry the works of others."""
    retry = RetrySettings(base_seconds=60, cap_seconds=60)
    async with World.begun(settings_of(limits=limited(1), retry=retry)) as world:
        world.target.answer = lambda profile, _: (
            Answer(500) if profile == "a" else SUBMITTED
        )
        world.publish(P0, "a", "b", "c", "d")
        await world.settle(0.5)
        assert [profile for profile, _ in world.target.calls] == list("abcd")
        assert world.statistics.held == 1


@virtual
async def test_the_end_of_a_halt_wakes_every_call_at_once() -> None:
    """A probe that is delivered lets all that waits go, not one call and then a tick."""
    async with World.begun(settings_of(limits=limited(6))) as world:
        world.target.answer = lambda *_: REFUSED
        world.publish(P0, *"abcdefghij")
        await world.settle(10)
        assert PauseReason.HALTED in world.reasons
        world.target.answer = lambda *_: SUBMITTED
        before = len(world.target.calls)
        await world.settle(40)
        probe, *others = world.target.times[before:]
        assert len(others) == 9
        assert [round(at - probe, 3) for at in others[:6]] == [world.target.seconds] * 6


class OneByOne:
    """An endpoint that takes one attribute in each request."""

    def __init__(self, inner: Endpoint) -> None:
        self.judge = inner.judge
        self.halve = inner.halve
        self._inner = inner

    def encode(self, work: Work) -> tuple[Request, ...] | Outcome:
        """Return a request for each attribute."""
        requests: list[Request] = []
        for part in self.halve(work):
            found = self._inner.encode(part)
            if isinstance(found, Outcome):
                return found
            requests += found
        return tuple(requests)


@virtual
async def test_a_request_that_fails_stops_those_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of several requests none is sent past one that failed; all are sent again."""
    async with World.begun() as world:
        dispatch = world.pipeline._rooms.dispatch
        monkeypatch.setattr(dispatch, "_endpoint", OneByOne(dispatch._endpoint))
        answers = [Answer(500)]
        world.target.answer = lambda *_: answers.pop() if answers else SUBMITTED
        world.source.publish(P0, event("a", 1, note="hello"))
        await world.settle()
        assert [next(iter(fields)) for _, fields in world.target.calls] == [
            "profile.evN",
            "profile.evN",
            "profile.evNote",
        ]
        assert world.statistics.delivered == 1
