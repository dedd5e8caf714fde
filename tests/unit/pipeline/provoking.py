"""How each reason for a pause comes about in a running pipeline, and how it ends.

A new `PauseReason` needs an entry here: `test_pauses` fails until it has one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from consumer.config.settings import (
    GuardSettings,
    LimitSettings,
    RetrySettings,
    Settings,
)
from consumer.decode.readers import load_readers
from consumer.mapping.loading import load
from consumer.mapping.overrides import load_overrides
from consumer.model import Answer, PauseReason
from consumer.pipeline.material import Material
from consumer.source.values import SourceFault, SourceFaultKind
from tests.fake_transport import SUBMITTED
from tests.unit.pipeline.kit import (
    MAPPING,
    P0,
    Q0,
    UNRESOLVABLE,
    World,
    framed,
    material_of,
    settings_of,
)

__all__ = ["PROVOKED", "Provoked"]

BAD = b"\x00"
UNKNOWN_ID = 99
RESOLVABLE_ID, UNRESOLVABLE_ID = 1, 8
DAY_SECONDS = 86_400.0

Step = Callable[[World], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provoked:
    """One way into a pause and out of it.

    Attributes:
        begin: Brings its cause about.
        end: Takes the cause away.
        scope: What is paused, as `/status` names it.
        says: A part of what would end it.
        settings: Of the pipeline.
        within_seconds: How long after `begin` it shows, at most.
        over_seconds: How long after `end` it is gone, at most.
        is_whole: Whether it stops the whole, so that the state is `paused`.
        since_seconds: How exactly `since` is known.
        tick_seconds: How often the pipeline looks; more where it waits for long.
    """

    begin: Step
    end: Step
    scope: str
    says: str
    settings: Callable[[], Settings] = settings_of
    within_seconds: float = 5.0
    over_seconds: float = 5.0
    is_whole: bool = True
    since_seconds: float = 0.3
    tick_seconds: float = 0.02


def answering(world: World, answer: Answer) -> None:
    """Have the target answer every call with `answer`."""
    world.target.answer = lambda *_: answer


async def refuse_all(world: World) -> None:
    """Refuse every call, as with a token that has expired."""
    answering(world, Answer(401))
    world.publish(P0, "a", "b", "c")


async def fail_all(world: World) -> None:
    """Fail every call."""
    answering(world, Answer(500))
    world.publish(P0, "a", "b", "c", "d")


async def fail_many(world: World) -> None:
    """Fail the calls of many profiles."""
    answering(world, Answer(500))
    world.publish(P0, *(f"p{number}" for number in range(8)))


async def throttle(world: World) -> None:
    """Ask for half a minute."""
    answering(world, Answer(429, retry_after="30"))
    world.publish(P0, "a")


async def serve(world: World) -> None:
    """Serve every call again."""
    answering(world, SUBMITTED)


async def fill(world: World) -> None:
    """Have more records than may be held, while no call ends."""
    world.target.seconds = 1_000.0
    world.target.timeout_seconds = 4.0  # so what hangs is tried again
    world.publish(P0, *(f"p{number}" for number in range(40)))


async def empty(world: World) -> None:
    """Let calls end."""
    world.target.seconds = 0.005


async def spread(world: World) -> None:
    """Finish records behind one that waits, on a broker that takes small maps only."""
    world.source.metadata_bytes = 12
    world.target.answer = lambda profile, _: (
        Answer(500) if profile.startswith("slow") else SUBMITTED
    )
    world.publish(P0, *(f"{'slow' if n % 3 == 0 else 'p'}{n}" for n in range(60)))


async def reject_all(world: World) -> None:
    """Reject every call, as for a mapping that writes what the target does not take."""
    answering(world, Answer(400))
    count = GuardSettings().max_consecutive + 5
    world.publish(P0, *(f"p{number}" for number in range(count)))


def override(world: World, text: str) -> None:
    """Put an overrides file in force."""
    mappings = world.pipeline.in_force.material.mappings
    world.pipeline.override(load_overrides(text, "overrides.yaml", mappings))


async def hold_mapping(world: World) -> None:
    """An operator wants a mapping held."""
    override(world, "mappings: {ev: {mode: hold}}")
    world.publish(P0, "a")


async def let_mapping_go(world: World) -> None:
    """The operator takes it back."""
    override(world, "")


async def ask_for_unknown(world: World) -> None:
    """Name a schema that the registry does not have yet."""
    world.publish(P0, "a", schema_id=UNKNOWN_ID)


async def register(world: World) -> None:
    """Give the registry that schema."""
    world.registry.texts[UNKNOWN_ID] = world.registry.texts[RESOLVABLE_ID]


async def lose_registry(world: World) -> None:
    """Take the registry away when it is needed."""
    world.registry.is_down = True
    await register(world)
    await ask_for_unknown(world)


async def find_registry(world: World) -> None:
    """Bring it back."""
    world.registry.is_down = False


async def break_contract(world: World) -> None:
    """Publish with a schema that does not resolve to ours: its `n` is a text."""
    world.source.publish(P0, framed(UNRESOLVABLE_ID, b"\x02a\x02x\x00"))


async def mend_contract(world: World) -> None:
    """Deploy a reader's schema that it resolves to, and a mapping that fits it."""
    readers = load_readers({"t.Event.avsc": UNRESOLVABLE})
    text = MAPPING.format(name="ev", topic="events").replace("!= 13", '!= "13"')
    mappings = load({"ev.yaml": text}, readers, {}, {})
    world.pipeline.swap(Material(readers=readers, mappings=mappings, owners={}))


async def drop_topic(world: World) -> None:
    """Put a set in force that names one topic no more, while its records come."""
    world.source.assign(Q0)
    world.pipeline.swap(material_of(ev="events"))
    world.publish(Q0, "a")


async def give_topic_back(world: World) -> None:
    """Lose its partitions, as the change of the subscription does."""
    await world.source.revoke(Q0)


async def lose_broker(world: World) -> None:
    """Have no commit answered."""
    world.source.is_down = True


async def find_broker(world: World) -> None:
    """Answer them."""
    world.source.is_down = False


async def refuse_commits(world: World) -> None:
    """Answer commits as to a member that the group does not know."""
    world.source.failing = 25
    world.publish(P0, "a")


async def take_commits(world: World) -> None:
    """Take them."""
    world.source.failing = None


async def refuse_letters(world: World) -> None:
    """Owe a letter that nobody confirms."""
    world.letters.is_down = True
    world.source.publish(P0, BAD)


async def take_letters(world: World) -> None:
    """Confirm it."""
    world.letters.is_down = False


async def use_quota(world: World) -> None:
    """Have more to send than calls are left."""
    world.publish(P0, "a", "b", "c")


async def nothing(_: World) -> None:
    """Wait: time ends it."""


def faulty(kind: SourceFaultKind, *, is_over: bool) -> Step:
    """Return the step at which the source tells a fault of partition 0, or its end."""

    async def step(world: World) -> None:
        world.pipeline.on_fault(
            SourceFault(
                kind=kind,
                message="told by the broker",
                mend="Set the group's offset.",
                partition=P0 if kind in OF_A_PARTITION else None,
                is_over=is_over,
            )
        )

    return step


OF_A_PARTITION = {SourceFaultKind.OUT_OF_RANGE}


def told(kind: SourceFaultKind, scope: str, *, is_whole: bool) -> Provoked:
    """Return the way of a pause that the source tells."""
    return Provoked(
        begin=faulty(kind, is_over=False),
        end=faulty(kind, is_over=True),
        scope=scope,
        says="Set the group's offset.",
        is_whole=is_whole,
    )


PROVOKED: Mapping[PauseReason, Provoked] = {
    PauseReason.BREAKER: Provoked(
        begin=fail_many,
        end=serve,
        scope="single",
        says="a probe is delivered: most of the last answers were failures",
        settings=lambda: settings_of(limits=LimitSettings(max_in_flight=8)),
        over_seconds=60.0,
    ),
    PauseReason.GUARD: Provoked(
        begin=reject_all,
        end=serve,
        scope="mapping ev",
        says="three records in a row pass",
        over_seconds=4 * GuardSettings().probe_seconds,
        is_whole=False,
        since_seconds=5.0,
    ),
    PauseReason.OVERRIDE: Provoked(
        begin=hold_mapping,
        end=let_mapping_go,
        scope="mapping ev",
        says="overrides",
        is_whole=False,
    ),
    PauseReason.HELD: Provoked(
        begin=fill,
        end=empty,
        scope="events[0]",
        says="its held records are settled",
        settings=lambda: settings_of(
            limits=LimitSettings(max_in_flight=8, held_records=20)
        ),
        over_seconds=60.0,
        is_whole=False,
    ),
    PauseReason.OFFSET_MAP: Provoked(
        begin=spread,
        end=serve,
        scope="events[0]",
        says="the record at offset 0 ends",
        settings=lambda: settings_of(  # so few fail that the target is not in trouble
            retry=RetrySettings(base_seconds=600.0, cap_seconds=600.0)
        ),
        within_seconds=20.0,
        over_seconds=700.0,
        is_whole=False,
        since_seconds=20.0,  # the broker's limit is found out step by step
    ),
    PauseReason.SCHEMA: Provoked(
        begin=ask_for_unknown,
        end=register,
        scope="events[0]",
        says="the registry gives id 99",
        over_seconds=10.0,
        is_whole=False,
    ),
    PauseReason.UNRESOLVABLE: Provoked(
        begin=break_contract,
        end=mend_contract,
        scope="events",
        says="n: string cannot be read as long",
        is_whole=False,
    ),
    PauseReason.UNMAPPED: Provoked(
        begin=drop_topic,
        end=give_topic_back,
        scope="visits[0]",
        says="it is given back",
        is_whole=False,
    ),
    PauseReason.HALTED: Provoked(
        begin=refuse_all,
        end=serve,
        scope="single",
        says="a probe is delivered",
        over_seconds=60.0,
    ),
    PauseReason.TARGET: Provoked(
        begin=fail_all,
        end=serve,
        scope="single",
        says="a call is delivered; now http_500",
        over_seconds=60.0,
    ),
    PauseReason.THROTTLED: Provoked(
        begin=throttle,
        end=serve,
        scope="single",
        says="the target's Retry-After ends in",
        over_seconds=40.0,
        is_whole=False,
    ),
    PauseReason.LEASE: Provoked(
        begin=lose_broker,
        end=find_broker,
        scope="all partitions",
        says="the broker acknowledges a commit",
        within_seconds=25.0,
        since_seconds=25.0,  # it begins when the last one acknowledged has lapsed
    ),
    PauseReason.COMMIT: Provoked(
        begin=refuse_commits,
        end=take_commits,
        scope="events[0]",
        says="a commit is acknowledged (now broker error 25)",
        is_whole=False,
        since_seconds=1.0,  # the next commit is the one that is refused
    ),
    PauseReason.DEAD_LETTERS: Provoked(
        begin=refuse_letters,
        end=take_letters,
        scope="pipeline",
        says="the broker confirms 1 dead letter",
        over_seconds=31.0,
    ),
    PauseReason.QUOTA: Provoked(
        begin=use_quota,
        end=nothing,
        scope="single",
        says="calls leave the rolling window in",
        settings=lambda: settings_of(
            limits=LimitSettings(max_in_flight=8, calls_per_day=2)
        ),
        over_seconds=DAY_SECONDS + 120.0,
        tick_seconds=5.0,
        since_seconds=60.0,  # calls are counted by the minute
    ),
    PauseReason.OUT_OF_RANGE: told(
        SourceFaultKind.OUT_OF_RANGE, "events[0]", is_whole=False
    ),
    PauseReason.REGISTRY: Provoked(
        begin=lose_registry,
        end=find_registry,
        scope="registry",
        says="the schema registry answers; now registry.test: refused",
        over_seconds=15.0,
        is_whole=False,
    ),
    PauseReason.BROKER: told(SourceFaultKind.BROKERS_DOWN, "source", is_whole=True),
}
