"""What `try` shows: every step of every rule."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.mapping.explaining import RuleTrace, StepTrace, blame, explain
from consumer.model import Decoded, Failure, Mapped
from tests.unit.mapping.kit import BASE, event, mapping, record

WHOLE = (
    BASE.replace("owner: team", "when: event.count > 0\noccurred_at: at").replace(
        "{third_party_id: id}", "[{pc_id: nick}, {third_party_id: id}]"
    )
    + """\
  x: {from: type, apply: [trim, lowercase], translate: {t: tee}, otherwise: other}
  n: {from: nick, missing: skip, apply: [trim]}
  m: {from: nick, missing: {use: nobody}}
  p: {from: price, format: {decimal: 1, rounding: down}}
  c: {cel: 'string(event.count)'}
  v: {value: v}
cases:
  - when: event.ok
    attributes: {v: {value: w}}
"""
)


def steps(name: str, **changes: object) -> list[tuple[str, object]]:
    """Return the steps of one rule."""
    rules = explain(mapping(WHOLE).plans[0], event(**changes), record()).rules
    [found] = [rule for rule in rules if rule.name == name]
    return [(step.name, step.value) for step in found.steps]


def test_every_step_is_shown() -> None:
    """A rule shows its value after each step, in the one order."""
    assert steps("attribute x", type=" T ") == [
        ("from type", " T "),
        ("apply trim", "T"),
        ("apply lowercase", "t"),
        ("translate", "tee"),
    ]


def test_a_missing_value_is_shown() -> None:
    """What `missing` does is a step, and later ones are left out."""
    assert steps("attribute n") == [("from nick", None), ("missing skip", None)]
    assert steps("attribute m") == [("from nick", None), ("missing use", "nobody")]


def test_rules_are_shown_in_the_order_in_which_they_run() -> None:
    """Condition, profile alternatives up to the one taken, moment, case, attributes."""
    rules = explain(mapping(WHOLE).plans[0], event(), record()).rules
    assert [rule.name for rule in rules] == [
        "when",
        "profile pc_id",
        "profile third_party_id",
        "occurred_at",
        "case 0 when",
        "attribute x",
        "attribute n",
        "attribute m",
        "attribute p",
        "attribute c",
        "attribute v",
    ]


def test_a_condition_that_is_false_ends_it() -> None:
    """A record that `when` skips shows the condition only."""
    trace = explain(mapping(WHOLE).plans[0], event(count=0), record())
    assert trace.rules == (
        RuleTrace(
            name="when", steps=(StepTrace(name="cel", value=False),), result=False
        ),
    )


def test_a_refusal_ends_it() -> None:
    """The rule that refuses a record is the last that is shown, and says why."""
    plan = mapping(WHOLE).plans[0]
    rules = explain(plan, event(id=" ", nick=None, type=5), record()).rules
    assert (rules[-1].name, rules[-1].refused) == ("attribute x", "AttributeError")


@pytest.mark.parametrize(
    ("action", "refused"), [("skip", ""), ("reject", "no_profile: none is present")]
)
def test_a_record_without_a_profile_is_shown(action: str, refused: str) -> None:
    """That no profile is present is shown, and whether it refuses the record."""
    text = BASE.replace("owner: team", f"no_profile: {action}") + "  x: id\n"
    plan = mapping(text).plans[0]
    last = explain(plan, event(id=""), record()).rules[-1]
    assert (last.name, last.refused) == ("profile", refused)
    assert blame(plan, event(id=""), record()) == ("profile" if refused else None)


def test_a_tombstone_without_on_delete_shows_nothing() -> None:
    """A mapping that says nothing of tombstones has nothing to show."""
    assert explain(mapping(WHOLE).plans[0], None, record()).rules == ()


COMPILED = mapping(WHOLE)


@settings(deadline=None)  # the machine may be busy; nothing here is about time
@given(
    nick=st.none() | st.text(max_size=3),
    kind=st.sampled_from(["", " ", "T", "t ", "u"]),
    count=st.integers(-1, 3),
    ok=st.booleans(),
    ident=st.sampled_from(["", "C-1"]),
)
def test_what_is_shown_is_what_is_done(
    nick: str | None, kind: str, count: int, ident: str, *, ok: bool
) -> None:
    """The compiled function writes exactly the values that the steps show."""
    values = event(nick=nick, type=kind, count=count, ok=ok, id=ident)
    found = COMPILED.map(record(), Decoded(values, "t.Thing"))
    rules = explain(COMPILED.plans[0], values, record()).rules
    shown = {
        rule.name.removeprefix("attribute "): rule.result
        for rule in rules
        if rule.name.startswith("attribute ") and rule.result is not None
    }
    if isinstance(found, Failure):
        assert rules[-1].refused.startswith(found.code)
        return
    assert isinstance(found, Mapped)
    assert [item.attributes for item in found.items] == ([shown] if shown else [])
