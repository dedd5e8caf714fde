"""Fault rules by themselves."""

import pytest

from consumer.sandbox.errors import SandboxError
from consumer.sandbox.faults import FaultKind, FaultRule, Faults

PATH = "/m2/acme/profile/update"


def test_latency_adds_to_a_fault() -> None:
    """A late fault is both; of two faults the first counts, and only it is spent."""
    faults = Faults()
    reset = FaultRule(kind=FaultKind.RESET)
    faults.add(FaultRule(kind=FaultKind.LATENCY, seconds=1.0), 0.0)
    faults.add(reset, 0.0)
    faults.add(FaultRule(kind=FaultKind.STATUS, count=1), 0.0)
    assert faults.strike(PATH, None, 1.0) == (1.0, reset)
    assert [rule["struck"] for rule in faults.to_json()] == [1, 1, 0]
    assert faults.strike("/rest/", None, 1.0) is None


def test_a_rule_survives_json() -> None:
    """A rule comes back from what the admin port shows of it."""
    rule = FaultRule(
        kind=FaultKind.STATUS,
        ratio=0.5,
        seed=3,
        profiles=frozenset({"pc_id:7"}),
        retry_after="3",
    )
    assert FaultRule.from_json(rule.to_json()) == rule


@pytest.mark.parametrize("kind", FaultKind)
def test_whether_a_call_is_applied(kind: FaultKind) -> None:
    """The kind says it unless the rule does."""
    applied = {
        FaultKind.LATENCY,
        FaultKind.TRUNCATED,
        FaultKind.DRIP,
        FaultKind.LOST_APPLIED,
    }
    assert FaultRule(kind=kind).applies == (kind in applied)
    assert FaultRule(kind=kind, applied=True).applies


def test_a_rule_knows_its_bounds() -> None:
    """A rule that cannot be is not made."""
    with pytest.raises(SandboxError, match="not below seconds"):
        FaultRule(kind=FaultKind.LATENCY, seconds=2, to_seconds=1)


def test_rules_end_when_taken_back() -> None:
    """Without rules there is nothing to ask for."""
    faults = Faults()
    assert not faults
    number = faults.add(FaultRule(kind=FaultKind.RESET), 0.0)
    assert faults
    assert faults.remove(number)
    assert not faults.remove(number)
    assert not faults
