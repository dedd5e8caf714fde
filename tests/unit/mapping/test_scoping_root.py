"""`source.root`, and what `when` proves."""

from __future__ import annotations

import pytest

from consumer.mapping.explaining import explain
from consumer.model import Decoded, Failure
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


def test_what_is_proved_for_an_element_comes_too_late_for_the_root() -> None:
    """A guard in a part that looks at the element is judged after the root was read."""
    head = "for_each: {item: members}\nprofile: {third_party_id: item.id}\nwhen: "
    late = head + "(item.score > 3 && event.after != null)"
    assert [fault[0] for fault in faults(text(late, source=", root: after"))] == [
        "M203"
    ]
    early = head + "(item.score > 3) && (event.after != null)"
    assert items(text(early, source=", root: after"), after=None) == "skipped: when"


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
            "profile: {pc_id: op}\nfor_each: {item: [members]}",
            "",
            (
                "M104",
                5,
                11,
                (
                    "`for_each` has the wrong shape: write the path of a list, such as "
                    "`item: members`."
                ),
                "Compare it with the reference of mapping files.",
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


@pytest.mark.parametrize(
    ("head", "source", "changes", "message"),
    [
        (
            "when: event.deep.after != null\nprofile: {third_party_id: city}",
            ", root: deep.after",
            {"deep": "text"},
            "m: when: TypeError",
        ),
        (
            "profile: {third_party_id: op}",
            ", root: solid",
            {"solid": 5},
            "m: profile third_party_id: TypeError",
        ),
        (EACH, "", {"solid": "text"}, "m: for_each: TypeError"),
        (EACH, "", {"solid": {}}, "m: for_each: KeyError"),
        (EACH, "", {"solid": {"members": 5}}, "TypeError"),
        (
            EACH,
            "",
            {"solid": {"members": ["text"]}},
            "m: solid.members[0] profile third_party_id: TypeError",
        ),
    ],
)
def test_an_event_that_breaks_its_schema_is_refused(
    head: str, source: str, changes: dict[str, object], message: str
) -> None:
    """Whatever stands where root or list should be, the record is refused and no more."""
    path = "city" if source else "op"
    head = head.replace("third_party_id: op", "third_party_id: city")
    found = items(text(head, f"{{x: {path}}}", source=source), **changes)
    assert found == f"refused: {message}"


def test_an_event_without_its_root_is_refused() -> None:
    """A field that the schema promises and that is not there refuses the record."""
    head = "profile: {third_party_id: city}"
    event = change()
    del event["solid"]
    found = mappings(text(head, source=", root: solid")).map(
        record("t"), Decoded(event, "t.Change")
    )
    assert isinstance(found, Failure)
    assert found.message == "m: source.root: KeyError"
