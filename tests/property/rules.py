"""What happens next in a history: one set of rules, whoever draws.

`random.Random` draws the seeded histories, which are many and long; Hypothesis draws
the same rules to make a broken one short.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeVar

from consumer.model import Priority
from tests.property.kafka import (
    COORDINATOR_LOADING,
    OUTCOMES,
    PARTITIONS,
    PROFILES,
    Draft,
    Fetch,
    Revocation,
)
from tests.property.world import World

__all__ = ["RULES", "Draw", "begin", "step"]

T = TypeVar("T")

# Deliveries are likely, so that endpoints are well and items come to be blamed.
KINDS = (*OUTCOMES, *["delivered"] * 4, *["retry", "refused"] * 2)
CLASSES = (*Priority, "normal", "held", "timed")
PAUSES = (0.05, 0.11, 0.5, 2.0, 9.0, 21.0, 301.0)


class Draw(Protocol):
    """Where decisions come from."""

    def one(self, of: Sequence[T]) -> T:
        """Return one of these."""

    def number(self, low: int, high: int) -> int:
        """Return a number from `low` to `high`, both included."""


class Rule(NamedTuple):
    """Something that happens.

    Attributes:
        weight: How often, beside the others.
        run: Does it.
    """

    weight: int
    run: Callable[[World, Draw], None]


def flag(draw: Draw) -> bool:
    """Return True or False."""
    return draw.one((False, True))


def kinds(draw: Draw, low: int, high: int) -> list[str]:
    """Return that many answers of the target."""
    return [draw.one(KINDS) for _ in range(draw.number(low, high))]


def draft(draw: Draw, low: int = 0) -> Draft:
    """Return the items of a record: whose and of which class, each profile once."""
    whom = list(PROFILES)
    return [
        (whom.pop(draw.number(0, len(whom) - 1)), draw.one(CLASSES))
        for _ in range(draw.number(low, 3))
    ]


def backlog(draw: Draw) -> list[Draft]:
    """Return records that are published at once, each about somebody."""
    return [draft(draw, low=1) for _ in range(draw.number(3, 6))]


def fetch(draw: Draw) -> Fetch:
    """Return how the source reads."""
    return Fetch(
        gap=draw.one((0, 0, 0, 1, 3)),
        several=draw.number(1, 6),
        decoded=draw.number(0, 12),
        bad=draw.number(0, 6),
    )


def read(world: World, draw: Draw) -> None:
    """Records come from one partition."""
    world.read(draw.one(PARTITIONS), items=draft(draw), fetch=fetch(draw))


def assign(world: World, draw: Draw) -> None:
    """A partition comes."""
    if len(world.assigned) < len(PARTITIONS):
        world.assign(draw.one(PARTITIONS))


def fence(world: World, draw: Draw) -> None:
    """A revocation begins."""
    world.fence(draw.one(PARTITIONS))


def revoke(world: World, draw: Draw) -> None:
    """A partition goes, one way or another."""
    course = Revocation(
        lost=flag(draw),
        again=flag(draw),
        commit_is_out=flag(draw),
        codes=[draw.one((COORDINATOR_LOADING, 22))] if flag(draw) else [],
        late_answers=kinds(draw, 0, 3),
    )
    world.revoke(draw.one(PARTITIONS), course)


def crash(world: World, draw: Draw) -> None:
    """The process dies, and another one takes over."""
    world.crash(applied=flag(draw))
    begin(world, draw)


def decode(world: World, draw: Draw) -> None:
    """A record that waited for its schema goes on."""
    world.decode(draw.one(PARTITIONS), bad=draw.number(0, 3) == 0)


def answer(world: World, draw: Draw) -> None:
    """The target answers any one call."""
    if world.model.flights:
        world.answer_one(draw.one(sorted(world.model.flights)), draw.one(KINDS))


def serve_well(world: World, draw: Draw) -> None:
    """Works are taken and delivered."""
    world.serve_well(draw.number(1, 8), [flag(draw) for _ in range(draw.number(0, 6))])


def serve(world: World, draw: Draw) -> None:
    """Works are taken and answered one by one."""
    world.serve(kinds(draw, 1, 8), confirmed=flag(draw))


def confirm(world: World, draw: Draw) -> None:
    """The broker has a letter."""
    if world.letters:
        place = draw.number(0, len(world.letters) - 1)
        world.confirm(world.letters.pop(place))


def pass_time(world: World, draw: Draw) -> None:
    """Time passes; mostly the membership is renewed after it."""
    world.pass_time(draw.one(PAUSES), member=draw.number(0, 2) > 0)


def answer_commit(world: World, draw: Draw) -> None:
    """The broker answers a commit, for some partitions with an error."""
    codes = (COORDINATOR_LOADING, 22, 27)
    world.answer_commit([
        (draw.one(PARTITIONS), draw.one(codes)) for _ in range(draw.number(0, 3))
    ])


RULES = (
    Rule(1, lambda world, draw: world.publish(backlog(draw))),
    Rule(1, assign),
    Rule(1, fence),
    Rule(2, revoke),
    Rule(3, read),
    Rule(
        1, lambda world, draw: world.read_again(draw.one(PARTITIONS), draw.number(1, 4))
    ),
    Rule(2, decode),
    Rule(2, lambda world, draw: world.take(draw.number(0, 4))),
    Rule(3, answer),
    Rule(2, serve_well),
    Rule(3, serve),
    Rule(2, confirm),
    Rule(2, pass_time),
    Rule(1, lambda world, _: world.wait_for_next()),
    Rule(1, lambda world, _: world.renew()),
    Rule(1, lambda world, _: world.send_commit()),
    Rule(1, answer_commit),
)
SELDOM = Rule(1, crash)
TABLE = [rule for rule in RULES for _ in range(rule.weight)]


def begin(world: World, draw: Draw) -> None:
    """Most histories are about a member that has partitions and work."""
    for name in PARTITIONS:
        world.assign(name)
    world.renew()
    world.publish(backlog(draw))


def step(world: World, draw: Draw) -> None:
    """Let one thing happen, and look at the books."""
    rule = draw.one(TABLE) if draw.number(0, 49) else SELDOM
    rule.run(world, draw)
    world.check_bounds()
    world.check_books()
