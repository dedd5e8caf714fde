"""`for_each` and `source.root`: where paths begin, and what `when` proves."""

from __future__ import annotations

import datetime as dt

import pytest

from consumer.mapping.explaining import explain
from tests.unit.mapping.kit import record
from tests.unit.mapping.nested import (
    change,
    faults,
    house,
    items,
    mappings,
    member,
    text,
)

EACH = "for_each: {item: solid.members}\nprofile: {third_party_id: item.id}"
GUARD = "when: event.after != null\nprofile: {third_party_id: city}"

# ------------------------------------------------------------------------- for_each


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


# ----------------------------------------------------------------------------- root


def test_paths_begin_at_the_root() -> None:
    """The event stays reachable through `event.`, whatever the root's fields are."""
    file = text(GUARD, "{city: city, op: event.op, x: event.event.x}", source="")
    assert faults(file) != []
    file = text(GUARD, "{city: city, op: event.op}", source=", root: after")
    assert items(file, after=house(city="Genf")) == [
        ("Genf", {"city": "Genf", "op": "u"})
    ]
    assert items(file, after=None) == "skipped: when"


@pytest.mark.parametrize(
    ("guard", "root"),
    [
        ("event.after != null", "after"),
        ("null != event.after", "after"),
        ('event.op == "u" && event.after != null', "after"),
        ('(event.op == "u" && (event.after != null))', "event.after"),
        ("event.deep.after != null", "deep.after"),
        ('event.op != "d" && event . after != null // it is', "after"),
        (None, "solid"),
    ],
)
def test_a_guard_removes_nullability(guard: str | None, root: str) -> None:
    """What `when` proves not to be null needs no `missing`."""
    when = "" if guard is None else f"when: |\n  {guard}\n"
    head = f"{when}profile: {{third_party_id: city}}"
    there = {"after": house(), "deep": {"after": house()}}
    assert items(text(head, source=f", root: {root}"), **there) == [
        ("Bern", {"x": "Bern"})
    ]


@pytest.mark.parametrize(
    "guard",
    [
        'event.op == "u"',
        'event.op == "u" || event.after != null',
        "event.op == 'u' ? event.after != null : true",
        "(event.after != null && event.op == 'u') == (event.op == 'd')",
        "!(event.after != null)",
        "event.after == null",
        "event.before != null",
        'event.op == "event.after != null"',
    ],
)
def test_the_root_needs_a_guard(guard: str) -> None:
    """Without a proof that the root is there, the check demands it at its place."""
    head = f"when: >-\n  {guard}\nprofile: {{third_party_id: city}}"
    assert faults(text(head, source=", root: after")) == [
        (
            "M203",
            3,
            44,
            "`after` may be null, and `when` does not say that it is not.",
            "Write `when: event.after != null`, or add it to `when` with `&&`.",
        )
    ]


def test_any_null_guard_counts() -> None:
    """A guard on a field, in `when` or in a case, spares its rules the `missing`."""
    file = text(
        "when: event.after != null && event.after.nick != null\n"
        "profile: {third_party_id: city}",
        "{nick: nick}",
        source=", root: after",
    )
    assert items(file, after=house(nick="den")) == [("Bern", {"nick": "den"})]
    file = text(
        "profile: {third_party_id: op}\ncases:\n"
        "  - when: event.after != null\n    attributes: {city: event.after.city}",
        "{op: op}",
    )
    assert items(file, after=None) == [("u", {"op": "u"})]
    assert items(file) == [("u", {"op": "u", "city": "Bern"})]
    file = text("when: item.id != null\n" + EACH, "{id: item.id}")
    assert items(file, solid=house(member(None), member("a"))) == [("a", {"id": "a"})]


def test_a_list_below_the_root() -> None:
    """Root and list work together: the root is proved before the list is read."""
    file = text(
        "when: event.after != null && item.score > 3\n"
        "for_each: {item: members}\nprofile: {third_party_id: item.id}",
        "{role: item.role, city: city}",
        source=", root: after",
    )
    assert items(file, after=None) == "skipped: when"
    assert items(file, after=house(member("a", 1), member("b", 5))) == [
        ("b", {"role": "adult", "city": "Bern"})
    ]
    plan = mappings(file).plans[0]
    names = [r.name for r in explain(plan, change(after=house()), record()).rules]
    assert names == ["when"]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("event.after == true", "found no matching overload"),
        ("event.after.nope == 1", "cannot be the operand of a select"),
        ("item.score > 1", "undeclared reference to 'item"),
    ],
)
def test_a_record_is_compared_with_null_only(condition: str, message: str) -> None:
    """All else that is done with a whole record is a fault of the file."""
    [fault] = faults(
        text(f"when: {condition}\nprofile: {{third_party_id: op}}", "{x: op}")
    )
    assert (fault[0], message in fault[3]) == ("M301", True)


@pytest.mark.parametrize(
    ("head", "source", "fault"),
    [
        (
            GUARD,
            ", root: afer",
            ("M202", 3, 44, "`t.Change` has no field `afer`.", "Did you mean `after`?"),
        ),
        (
            GUARD,
            ", root: op",
            (
                "M204",
                3,
                44,
                "`op` is a text; a root is a record of the event.",
                "Name a field that is a record.",
            ),
        ),
        (
            "profile: {pc_id: op}\nfor_each: {item: op}",
            "",
            (
                "M204",
                5,
                18,
                "`op` is a text, not a list.",
                "Name a list: each of its elements makes an item.",
            ),
        ),
        (
            "profile: {pc_id: op}\nfor_each: {item: solid.member}",
            "",
            (
                "M202",
                5,
                18,
                "`solid` has no field `member`.",
                "Did you mean `members`?",
            ),
        ),
        (
            "profile: {pc_id: op}\nfor_each: {event: solid.members}",
            "",
            (
                "M401",
                5,
                12,
                "`event` cannot name an element.",
                (
                    "Choose a word of letters, digits and `_`, such as `item`; `event`, "
                    "`meta`, `clear` and the words of CEL mean something else."
                ),
            ),
        ),
        (
            "profile: {pc_id: op}\nfor_each: members",
            "",
            (
                "M104",
                5,
                11,
                (
                    "`for_each` has the wrong shape: write one key, such as `item: "
                    "members`."
                ),
                "Compare it with the reference of mapping files.",
            ),
        ),
    ],
)
def test_what_cannot_be_a_ground(head: str, source: str, fault: object) -> None:
    """A root that is no record, and a list that is none, are named at their place."""
    assert faults(text(head, "{x: op}", source=source)) == [fault]
