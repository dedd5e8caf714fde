"""`for_each`: one item for each element of a list."""

from __future__ import annotations

import datetime as dt

import pytest

from consumer.mapping.explaining import explain
from tests.unit.mapping.kit import record
from tests.unit.mapping.nested import (
    change,
    house,
    items,
    mappings,
    member,
    text,
)

EACH = "for_each: {item: solid.members}\nprofile: {third_party_id: item.id}"


def test_each_element_makes_an_item() -> None:
    """An element has a profile and attributes of its own, beside those of the event."""
    file = text(EACH, "{role: item.role, city: event.solid.city, op: op}")
    both = house(member("a"), member("b", role="child"))
    assert items(file, solid=both) == [
        ("a", {"role": "adult", "city": "Bern", "op": "u"}),
        ("b", {"role": "child", "city": "Bern", "op": "u"}),
    ]


def test_the_name_is_chosen() -> None:
    """`for_each: {who: members}` reads: for each who in members."""
    file = text(EACH.replace("item", "who"), "{role: who.role}")
    assert items(file, solid=house(member("a"))) == [("a", {"role": "adult"})]


def test_items_for_one_profile_are_joined_in_order() -> None:
    """Of two elements for one profile the later one's values win."""
    file = text(EACH, "{role: item.role, since: {from: item.since, missing: skip}}")
    twice = house(member("a", since=dt.date(2020, 1, 2)), member("a", role="child"))
    assert items(file, solid=twice) == [("a", {"role": "child", "since": "2020-01-02"})]


def test_an_error_in_one_element_rejects_the_record() -> None:
    """No item is made, and the message names the element and the rule."""
    file = text(
        EACH + "\nno_profile: skip", "{since: {from: item.since, missing: reject}}"
    )
    some = house(member("a", since=dt.date(2020, 1, 2)), member("b"))
    assert items(file, solid=some) == (
        "refused: m: solid.members[1] attribute since: The value is missing or empty."
    )


@pytest.mark.parametrize(
    ("extra", "found"),
    [
        ("", "refused: m: solid.members[0] profile: The record names no profile."),
        ("\nno_profile: skip", [("b", {"role": "adult"})]),
    ],
)
def test_no_profile_is_judged_for_each_element(extra: str, found: object) -> None:
    """An element without a profile rejects the record, or is left out."""
    both = house(member(None), member("b"))
    assert items(text(EACH + extra, "{role: item.role}"), solid=both) == found


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (EACH, "empty"),
        (
            EACH.replace("solid.members", "solid.pets").replace("item.id", "item"),
            "empty",
        ),
    ],
)
def test_a_list_without_elements_is_skipped(head: str, reason: str) -> None:
    """No element, or no list at all, makes no item and counts with a reason."""
    assert items(text(head, "{role: op}")) == f"skipped: {reason}"


def test_elements_need_not_be_records() -> None:
    """An element of a list of texts is a path of its own."""
    file = text(EACH.replace("members", "pets").replace("item.id", "item"), "{x: item}")
    assert items(file, solid=house(pets=["rex"])) == [("rex", {"x": "rex"})]


def test_cel_sees_the_element() -> None:
    """Expressions name the element's fields; `when` is judged for each of them."""
    file = text(
        'when: event.op == "u" && item.score > 3 // only these\n' + EACH,
        '{band: {cel: \'item.score > 7 ? "high" : "low"\'}}',
    )
    some = house(member("a", 1), member("b", 4), member("c", 9))
    assert items(file, solid=some) == [("b", {"band": "low"}), ("c", {"band": "high"})]
    assert items(file, solid=house(member("a", 1))) == "skipped: when"
    assert items(file, op="d", solid=some) == "skipped: when"
    pets = EACH.replace("members", "pets").replace("item.id", "item")
    file = text(f'when: item == "rex"\n{pets}', "{x: item}")
    assert items(file, solid=house(pets=["rex", "tom"])) == [("rex", {"x": "rex"})]


def test_a_condition_is_taken_apart_only_where_that_changes_nothing() -> None:
    """With `||` the whole of it is judged for each element."""
    file = text('when: item.score > 3 || event.op == "d"\n' + EACH, "{x: op}")
    some = house(member("a", 1), member("b", 4))
    assert items(file, solid=some) == [("b", {"x": "u"})]
    assert items(file, solid=some, op="d") == [("a", {"x": "d"}), ("b", {"x": "d"})]


def test_every_profile_of_every_element() -> None:
    """`profiles: all` holds within an element, too."""
    head = (
        "for_each: {item: solid.members}\nprofiles: all\nprofile:\n"
        "  - third_party_id: item.id\n  - pc_id: solid.city"
    )
    assert items(text(head, "{x: item.score}"), solid=house(member("a", 5))) == [
        ("a", {"x": "5"}),
        ("Bern", {"x": "5"}),
    ]


def test_an_element_without_attributes_makes_no_item() -> None:
    """Where every attribute is skipped the element is left out."""
    file = text(EACH, "{since: {from: item.since, missing: skip}}")
    one = house(member("a"), member("b", since=dt.date(2020, 1, 2)))
    assert items(file, solid=one) == [("b", {"since": "2020-01-02"})]
    assert items(file, solid=house(member("a"))) == "skipped: unchanged"


def test_the_steps_name_the_element() -> None:
    """An explanation walks through each element."""
    plan = mappings(text(EACH, "{role: item.role}")).plans[0]
    event = change(solid=house(member("a"), member("b")))
    found = explain(plan, event, record()).rules
    assert [(rule.element, rule.name, rule.result) for rule in found] == [
        ("solid.members[0]", "profile third_party_id", "a"),
        ("solid.members[0]", "attribute role", "adult"),
        ("solid.members[1]", "profile third_party_id", "b"),
        ("solid.members[1]", "attribute role", "adult"),
    ]


def test_the_steps_skip_what_the_condition_leaves_out() -> None:
    """An element that `when` leaves out has that one step."""
    file = text("when: item.score > 3\n" + EACH, "{role: item.role}")
    event = change(solid=house(member("a", 1), member("b", 5)))
    found = explain(mappings(file).plans[0], event, record()).rules
    assert [(rule.element[-3:], rule.name) for rule in found] == [
        ("[0]", "when"),
        ("[1]", "when"),
        ("[1]", "profile third_party_id"),
        ("[1]", "attribute role"),
    ]
