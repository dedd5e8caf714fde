"""The outside judge."""

from typing import NamedTuple

from consumer.sandbox.check import Comparison, compare, order_violations


class Seen(NamedTuple):
    """A call as a log shows it."""

    profile: str
    attributes: dict[str, str]
    accepted: bool = True


def test_every_profile_is_compared() -> None:
    """Different, missing and surplus profiles are all different."""
    expected = {"a": {"x": "1"}, "b": {"x": "1", "y": "2"}, "c": {}, "d": {}}
    actual = {"a": {"x": "1"}, "b": {"x": "2", "z": "3"}, "c": {}, "e": {}}
    assert compare(expected, actual) == Comparison(
        4, 2, 3, (("b", ("x", "y", "z")), ("d", ()), ("e", ()))
    )


def test_what_others_wrote_may_be_passed_over() -> None:
    """With `only_expected`, foreign profiles and attributes do not count."""
    expected = {"a": {"x": "1"}, "b": {"x": "1"}}
    actual = {"a": {"x": "1", "foreign": "1"}, "foreign": {}}
    found = compare(expected, actual, only_expected=True)
    assert found == Comparison(2, 1, 1, (("b", ("x",)),))


def test_a_sequence_that_falls_is_a_violation() -> None:
    """Only accepted calls count, per profile and kind; repeats are none."""
    calls = [
        Seen("a", {"loanSequence": "1", "kioskSequence": "9"}),
        Seen("a", {"loanSequence": "3"}),
        Seen("a", {"loanSequence": "3", "other": "1"}),
        Seen("b", {"loanSequence": "1"}),
        Seen("a", {"loanSequence": "2"}, accepted=False),
        Seen("a", {"loanSequence": "x"}),
    ]
    assert order_violations(calls) == 0
    assert order_violations([*calls, Seen("a", {"loanSequence": "2"})]) == 1
