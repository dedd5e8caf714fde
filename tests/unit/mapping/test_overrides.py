"""An operator's overrides: what they change, and what is wrong with a file."""

from __future__ import annotations

import pytest

from consumer.errors import ConfigurationError
from consumer.mapping.loading import check
from consumer.mapping.mapping_set import MappingSet
from consumer.mapping.overrides import (
    Mode,
    Overrides,
    check_overrides,
    load_overrides,
    overridden,
)
from consumer.model import (
    Decoded,
    EndpointName,
    Failure,
    Mapped,
    Priority,
    SkipReason,
)
from tests.unit.mapping.kit import BASE, READERS, cases, event, record

OTHER = BASE.replace("topic: things", "topic: others")
BY_PATTERN = BASE.replace("topic: things", 'pattern: "thing.*"')
DELETES = """\
on_delete:
  profile: {third_party_id: meta.key}
  attributes: {gone: {value: "yes"}}
"""


def set_of(**texts: str) -> MappingSet:
    """Return mappings by name, `_` for `-`."""
    files = {}
    for name, text in texts.items():
        named = text.replace("name: thing", f"name: {name.replace('_', '-')}")
        files[f"{name}.yaml"] = f"{named}\n"
    found = check(files, READERS, {"others": "real-others"}, None)
    assert found.mappings is not None, found.faults
    return found.mappings


SET = set_of(
    one=f"{BASE}  a: id",
    two=f"{BASE}  b: id",
    far_off=f"{OTHER}  c: id",
)

FAULTS = cases("""
mappings: {onne: {mode: hold}}
M601 1:12 There is no mapping `onne`. | Did you mean `one`?

mappings: {far-off: {mod: hold}}
M101 1:22 There is no key `mod` here. | Did you mean `mode`?

mapings: {}
M101 1:1 There is no key `mapings` here. | Did you mean `mappings`?

mappings: {far-off: {mode: stop}}
M103 1:28 `mode` is none of the choices. | It is one of: live, shadow or hold.

mappings: {far-off: {mode: yes}}
Y109 1:28 `yes` is a truth value to some readers of YAML. | Quote it to make it a text, or write it as a plain number or as `true` or `false`.

mappings: {far-off: {priority: urgent}}
M103 1:32 `priority` is none of the choices. | It is one of: high, normal or low.

mappings: {far-off: {calls_per_day: 0}}
M104 1:37 `calls_per_day` has the wrong shape: write a whole number of at least 1; `mode: hold` sends none. | Compare it with `Overrides` in the README.

mappings: {far-off: {calls_per_day: true}}
M104 1:37 `calls_per_day` has the wrong shape: write a whole number of at least 1; `mode: hold` sends none. | Compare it with `Overrides` in the README.

mappings: {far-off: hold}
M104 1:21 `far-off` has the wrong shape: it must be keys with values. | Compare it with `Overrides` in the README.

mappings: [far-off]
M104 1:11 `mappings` has the wrong shape: it must be keys with values. | Compare it with `Overrides` in the README.

- far-off
M104 1:1 The file is not a mapping of keys to values. | Begin with `mappings:`, or leave the file empty.

mappings: {far-off: {endpoint: bulk}}
M105 1:22 `endpoint: bulk` is not built yet. | Leave it out for now.

mappings: {one: {endpoint: single}}
M404 1:28 `two` sends records of things by `auto`, this by `single`. | Name the same endpoint in all mappings of a topic.

mappings: {far-off: {mode: hold, mode: live}}
Y104 1:34 `mode` stands twice, first in line 1. | Keep one of them.
""")


@pytest.mark.parametrize(("text", "fault"), FAULTS)
def test_a_fault_has_its_place_and_mend(
    text: str, fault: tuple[str, int, int, str, str]
) -> None:
    """A file at fault overrides nothing, and each fault says where and what to do."""
    found = check_overrides(text, "o.yaml", SET)
    assert [
        (one.code, one.line, one.column, one.message, one.mend) for one in found.faults
    ] == [fault]
    assert found.overrides is None
    with pytest.raises(ConfigurationError):
        load_overrides(text, "o.yaml", SET)


def test_every_fault_is_said_at_once() -> None:
    """In the order of the file."""
    text = "mappings:\n  x: {mode: hold}\n  one: {endpoint: bulk}\n  y: {}\n"
    found = check_overrides(text, "o.yaml", SET)
    places = [(one.code, one.line, one.column) for one in found.faults]
    assert places == [("M601", 2, 3), ("M105", 3, 9), ("M601", 4, 3)]


@pytest.mark.parametrize("text", ["", "# none today\n", "mappings:\n", "mappings: {}"])
def test_an_empty_file_overrides_nothing(text: str) -> None:
    """Also when the entries are commented out and their key stands alone."""
    assert load_overrides(text, "o.yaml", SET).of == {}


def test_a_file_says_what_it_says() -> None:
    """All four keys; what is not said is None."""
    text = (
        "mappings:\n  far-off: {mode: hold}\n  one: {priority: low, calls_per_day: 5}"
    )
    found = load_overrides(text, "o.yaml", SET)
    assert (found.of["far-off"].mode, found.of["far-off"].priority) == (
        Mode.HOLD,
        None,
    )
    one = found.of["one"]
    assert (one.mode, one.priority, one.endpoint, one.calls_per_day) == (
        None,
        Priority.LOW,
        None,
        5,
    )
    assert found.names(Mode.HOLD) == {"far-off"}
    assert len(found.version) == 40
    assert found.only(set_of(one=f"{BASE}  a: id")).of.keys() == {"one"}


def test_mappings_of_a_topic_may_change_their_endpoint_together() -> None:
    """An override that keeps them alike is right."""
    text = "mappings: {one: {endpoint: single}, two: {endpoint: single}}"
    routes = overridden(SET, load_overrides(text, "o.yaml", SET)).plans
    assert [plan.route.endpoint for plan in routes] == [
        EndpointName.AUTO,
        EndpointName.SINGLE,
        EndpointName.SINGLE,
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "mappings: {one: {mode: hold}}",
            ["1:24 The hold of `one` also stops `two` on things."],
        ),
        ("mappings: {one: {mode: hold}, two: {mode: hold}}", []),
        ("mappings: {far-off: {mode: hold}}", []),
        ("mappings: {one: {mode: shadow}}", []),
        (
            "mappings: {two: {calls_per_day: 5}}",
            [
                (
                    "1:33 When its share is used up, the hold of `two` also stops `one` "
                    "on things."
                )
            ],
        ),
    ],
)
def test_a_hold_names_what_it_also_stops(text: str, expected: list[str]) -> None:
    """A warning for the mappings of the same topics that are not held anyhow."""
    found = check_overrides(text, "o.yaml", SET)
    assert [f"{f.line}:{f.column} {f.message}" for f in found.faults] == expected
    assert {fault.code for fault in found.faults} <= {"M602"}
    assert {fault.severity for fault in found.faults} <= {"warning"}
    assert found.overrides is not None


def test_topics_of_a_pattern_are_stopped_too() -> None:
    """A mapping by pattern shares each topic that it matches, and its own pattern."""
    mappings = set_of(
        one=f"{BASE}  a: id", by=f"{BY_PATTERN}  b: id", too=f"{BY_PATTERN}  c: id"
    )
    for held, expected in (
        ("one", ["`by`, `too` on things"]),
        ("by", ["`one` on things", "`too` on /thing.*/"]),
    ):
        found = check_overrides(f"mappings: {{{held}: {{mode: hold}}}}", "o", mappings)
        said = [one.message.rpartition("stops ")[2] for one in found.faults]
        assert said == [f"{one}." for one in expected]


def made(mappings: MappingSet, topic: str = "things") -> Mapped | Failure:
    """Return what a set makes of an event."""
    return mappings.map(record(topic), Decoded(event(), "t.Thing"))


def with_modes(mappings: MappingSet, **modes: str) -> MappingSet:
    """Return a set whose mappings are in these modes."""
    entries = ", ".join(f"{name}: {{mode: {mode}}}" for name, mode in modes.items())
    return overridden(
        mappings, load_overrides(f"mappings: {{{entries}}}", "o.yaml", mappings)
    )


def test_a_priority_stands_over_the_files() -> None:
    """Items are routed as the override says, and name the same set as before."""
    text = "mappings: {far-off: {priority: high}}"
    changed = overridden(SET, load_overrides(text, "o.yaml", SET))
    found = made(changed, "real-others")
    assert isinstance(found, Mapped)
    route = found.items[0].route
    assert (route.priority, route.mapping_set) == (Priority.HIGH, SET.version)
    before = made(SET, "real-others")
    assert isinstance(before, Mapped)
    assert before.items[0].route.priority is Priority.NORMAL


def test_of_live_and_shadow_only_the_live_items_are_made() -> None:
    """What the mapping in shadow makes stands beside it, by its name."""
    changed = with_modes(SET, two="shadow")
    found = made(changed)
    assert isinstance(found, Mapped)
    assert [item.attributes for item in found.items] == [{"a": "C-1"}]
    assert found.mappings == ("one",)
    [(name, beside)] = changed.shadowed(record(), Decoded(event(), "t.Thing"))
    assert isinstance(beside, Mapped)
    assert (name, beside.items[0].attributes) == ("two", {"b": "C-1"})
    assert changed.names("things") == ("one",)
    assert list(changed.shadowed(record("real-others"), Decoded({}, "t.Thing"))) == []


def test_a_record_of_shadows_alone_is_skipped_as_such() -> None:
    """It names the mappings that would have sent it."""
    changed = with_modes(SET, one="shadow", two="shadow")
    assert made(changed) == Mapped((), SkipReason.SHADOW, ("one", "two"))
    assert changed.rule("things") == SET.rule("things")


def test_an_error_in_shadow_rejects_nothing() -> None:
    """It is told beside, and the live mapping's item is made."""
    mappings = set_of(
        one=f"{BASE}  a: id", two=f"{BASE}  b: {{from: nick, missing: reject}}"
    )
    assert isinstance(made(mappings), Failure)
    changed = with_modes(mappings, two="shadow")
    assert isinstance(made(changed), Mapped)
    [(name, beside)] = changed.shadowed(record(), Decoded(event(), "t.Thing"))
    assert isinstance(beside, Failure)
    assert (name, beside.code, beside.mappings) == ("two", "missing", ("two",))


def test_tombstones_have_shadows_too() -> None:
    """`on_delete` of a mapping in shadow sends nothing, and is told beside."""
    mappings = set_of(one=f"{BASE}  a: id\n{DELETES}", two=f"{BASE}  b: id")
    changed = with_modes(mappings, one="shadow")
    gone = record(value=None)
    assert changed.map_tombstone(gone) == Mapped((), SkipReason.SHADOW, ("one",))
    [(name, beside)] = changed.shadowed(gone, None)
    assert isinstance(beside, Mapped)
    assert (name, beside.items[0].attributes) == ("one", {"gone": "yes"})


def test_no_overrides_change_nothing() -> None:
    """The value that stands for no file."""
    assert overridden(SET, Overrides()).plans == SET.plans
