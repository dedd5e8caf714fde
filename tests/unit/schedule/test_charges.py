"""Calls by mapping, in any rolling 24 hours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.schedule.charges import CALL, Charges
from consumer.schedule.quota import WINDOW_SECONDS

DAY = WINDOW_SECONDS


def charges_of(**shares: int) -> Charges:
    """Return charges with these shares."""
    charges = Charges()
    charges.shares = shares
    return charges


def test_a_merged_call_is_charged_in_equal_parts() -> None:
    """Two mappings have half of it each; a mapping alone has all."""
    charges = charges_of()
    charges.spend(("a", "b"), 0.0)
    charges.spend(("a",), 0.0)
    assert charges.used(0.0) == {"a": 1.5, "b": 0.5}


def test_a_share_that_is_used_up_names_its_mapping() -> None:
    """The first of the mappings that has not its part left; others go on."""
    charges = charges_of(a=1, b=5)
    assert charges.spent(("a", "b"), 0.0) is None
    charges.spend(("a",), 0.0)
    assert charges.spent(("b", "a"), 0.0) == "a"
    assert charges.spent(("b", "c"), 0.0) is None
    assert not charges.may_go_on("a", 0.0)
    assert charges.may_go_on("b", 0.0)
    assert charges.may_go_on("unlimited", 0.0)


def test_calls_leave_after_a_day() -> None:
    """Then the mapping may go on, and nothing of it is remembered."""
    charges = charges_of(a=1)
    charges.spend(("a",), 30.0)
    assert charges.frees_at("a") == DAY + 60.0
    assert not charges.may_go_on("a", DAY + 59.0)
    assert charges.may_go_on("a", DAY + 60.0)
    assert charges.used(DAY + 60.0) == {}
    assert charges.frees_at("a") is None


def test_a_share_that_is_set_knows_the_day_before() -> None:
    """Calls are charged whether there is a share or not."""
    charges = charges_of()
    for second in range(10):
        charges.spend(("a",), float(second))
    charges.shares = {"a": 10}
    assert charges.spent(("a",), 20.0) == "a"
    charges.shares = {"a": 11}
    assert charges.spent(("a",), 20.0) is None


@pytest.mark.parametrize("together", [1, 2, 3, 7])
def test_parts_never_exceed_a_call(together: int) -> None:
    """Of a call that cannot be divided evenly a little is charged to nobody."""
    charges = charges_of()
    names = tuple("abcdefg"[:together])
    charges.spend(names, 0.0)
    total = sum(charges.used(0.0).values())
    assert 1 - together / CALL <= total <= 1


@given(
    st.lists(
        st.tuples(st.floats(0, 20_000), st.sampled_from([("a",), ("b",), ("a", "b")])),
        max_size=60,
    ),
    st.integers(1, 4),
)
def test_no_window_holds_more_than_the_share(
    course: list[tuple[float, tuple[str, ...]]], share: int
) -> None:
    """However calls are spread, any 24 hours hold at most the share of a mapping."""
    charges, now = charges_of(a=share), 0.0
    made: list[tuple[float, float]] = []
    for gap, mappings in course:
        now += gap
        if charges.spent(mappings, now) is None:
            charges.spend(mappings, now)
            made.append((now, ("a" in mappings) / len(mappings)))
    for end, _ in made:
        inside = [part for at, part in made if end - WINDOW_SECONDS < at <= end]
        assert sum(inside) <= share
