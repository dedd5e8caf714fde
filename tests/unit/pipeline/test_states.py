"""The table of states."""

import itertools

import pytest

from consumer.errors import PipelineFailedError
from consumer.pipeline.states import MOVES, Lifecycle, State

ALLOWED = [(one, other) for one in State for other in MOVES[one]]
REFUSED = [
    (one, other)
    for one, other in itertools.product(State, State)
    if other not in MOVES[one] and one is not other
]


def at(state: State) -> Lifecycle:
    life = Lifecycle(1.0)
    life.state = state
    return life


@pytest.mark.parametrize(("state", "following"), ALLOWED)
def test_the_table_allows_its_moves(state: State, following: State) -> None:
    """A move of the table is made, and its time is kept."""
    life = at(state)
    life.move(following, 7.0)
    assert (life.state, life.since) == (following, 7.0)


@pytest.mark.parametrize(("state", "following"), REFUSED)
def test_every_other_move_is_a_fault_of_ours(state: State, following: State) -> None:
    """A move that is not in the table raises and changes nothing."""
    life = at(state)
    with pytest.raises(PipelineFailedError, match=f"no way from {state}"):
        life.move(following, 7.0)
    assert (life.state, life.since) == (state, 1.0)


@pytest.mark.parametrize("state", list(State))
def test_going_where_one_is_changes_nothing(state: State) -> None:
    """A repeated move keeps the time at which the state was reached."""
    life = at(state)
    life.move(state, 7.0)
    assert (life.state, life.since) == (state, 1.0)


def test_only_closed_and_failed_are_the_end() -> None:
    """Everything else has a way on, and new, running and paused are alive."""
    over = {state for state in State if at(state).is_over}
    live = {state for state in State if at(state).is_live}
    assert over == {State.CLOSED, State.FAILED}
    assert live == {State.NEW, State.RUNNING, State.PAUSED}
