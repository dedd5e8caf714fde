"""Sets of mappings: which apply, how their items are joined, how a record is refused."""

from __future__ import annotations

import hashlib

import pytest

from consumer.errors import ConfigurationError
from consumer.mapping.loading import load
from consumer.mapping.mapping_set import MappingSet, TopicClaim
from consumer.model import (
    Decoded,
    Failure,
    IdKind,
    Item,
    Mapped,
    Priority,
    ProfileId,
    Record,
    SkipReason,
    Stage,
)
from tests.unit.mapping.kit import BASE, READERS, event, mapping, record, run

X = BASE + "  x: id\n"


def loaded(**files: str) -> MappingSet:
    """Return the set of some files."""
    return load({f"{name}.yaml": text for name, text in files.items()}, READERS, {}, {})


def mapped(
    mappings: MappingSet, one: Record | None = None, **changes: object
) -> Mapped:
    """Return what a set makes of an event that it does not refuse."""
    found = mappings.map(one or record(), Decoded(event(**changes), "t.Thing"))
    assert isinstance(found, Mapped)
    return found


def seen(item: Item) -> tuple[ProfileId, dict[str, str]]:
    """Return what an item does."""
    return item.profile, item.attributes


def test_a_record_becomes_an_item() -> None:
    """A mapping makes one item, which says where it comes from."""
    text = X.replace("owner: team", "occurred_at: at\nsend_within: 1.5m\npriority: low")
    [item] = mapped(mapping(text)).items
    assert seen(item) == (ProfileId(IdKind.THIRD_PARTY_ID, "C-1"), {"x": "C-1"})
    assert item.occurred_at_ms == 1_772_379_000_000
    assert item.route.mappings == ("thing",)
    assert item.route.send_within_seconds == 90.0
    assert item.route.priority is Priority.LOW


def test_routes_are_shared() -> None:
    """All items of a mapping carry the same route."""
    found = mapping(X)
    assert mapped(found).items[0].route is mapped(found).items[0].route


def test_versions_are_those_of_git() -> None:
    """A file's version is its git blob id, and the set's changes with it."""
    raw = X.encode()
    blob = hashlib.sha1(b"blob %d\0" % len(raw) + raw).hexdigest()  # noqa: S324 - git's
    found = mapping(X)
    assert found.files == {"thing.yaml": blob}
    assert mapped(found).items[0].route.versions == (blob,)
    assert found.version != mapping(X + "# more\n").version
    assert found.version == mapping(X).version


def test_a_condition_skips() -> None:
    """A record for which `when` is false is skipped, and the reason says so."""
    text = X.replace("owner: team", 'when: event.colour == "RED"')
    assert len(mapped(mapping(text)).items) == 1
    found = mapped(mapping(text), colour="BLUE")
    assert found == Mapped(items=(), skipped=SkipReason.WHEN, mappings=("thing",))


@pytest.mark.parametrize(
    ("profile", "nick", "expected"),
    [
        ("[{pc_id: nick}, {third_party_id: id}]", "N", [(IdKind.PC_ID, "N")]),
        (
            "[{pc_id: nick}, {third_party_id: id}]",
            None,
            [(IdKind.THIRD_PARTY_ID, "C-1")],
        ),
        ("[{pc_id: nick}, {third_party_id: id}]", "", [(IdKind.THIRD_PARTY_ID, "C-1")]),
        ("{pc_id: {from: nick, missing: {use: all}}}", None, [(IdKind.PC_ID, "all")]),
    ],
)
def test_the_first_profile_that_is_present_is_taken(
    profile: str, nick: str | None, expected: list[ProfileId]
) -> None:
    """Alternatives are tried in order; a null or an empty text is not present."""
    text = X.replace("{third_party_id: id}", profile)
    assert [item.profile for item in mapped(mapping(text), nick=nick).items] == expected


def test_all_profiles_may_be_written() -> None:
    """`profiles: all` makes one item for each that is present."""
    text = X.replace("{third_party_id: id}", "[{pc_id: nick}, {third_party_id: id}]")
    found = mapped(mapping(text.replace("owner: team", "profiles: all")), nick="N")
    assert [seen(item) for item in found.items] == [
        ((IdKind.PC_ID, "N"), {"x": "C-1"}),
        ((IdKind.THIRD_PARTY_ID, "C-1"), {"x": "C-1"}),
    ]


def test_without_a_profile_a_record_is_refused() -> None:
    """No profile rejects by default."""
    text = X.replace("{third_party_id: id}", "{pc_id: nick}")
    assert run(text) == Failure(
        stage=Stage.MAPPING,
        code="no_profile",
        message="thing: profile: The record names no profile.",
        mappings=("thing",),
        mapping_set=mapping(text).version,
    )


@pytest.mark.parametrize("profiles", ["first", "all"])
def test_without_a_profile_a_record_may_be_skipped(profiles: str) -> None:
    """`no_profile: skip` skips, with its own reason."""
    text = X.replace("{third_party_id: id}", "{pc_id: nick}").replace(
        "owner: team", f"no_profile: skip\nprofiles: {profiles}"
    )
    assert mapped(mapping(text)).skipped is SkipReason.NO_PROFILE


def test_a_record_that_changes_nothing_is_skipped() -> None:
    """When every attribute is skipped there is nothing to send."""
    text = BASE + "  x: {from: nick, missing: skip}\n"
    assert mapped(mapping(text)).skipped is SkipReason.UNCHANGED


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (5, {"x": "small", "y": "C-1"}),
        (50, {"x": "C-1", "y": "C-1", "z": "z"}),
        (500, {"x": "C-1", "y": "C-1"}),
    ],
)
def test_the_first_case_that_holds_is_written(
    count: int, expected: dict[str, str]
) -> None:
    """A case adds to the common attributes, and replaces those of the same name."""
    text = f"""{BASE}  x: id
  y: id
cases:
  - when: event.count < 10
    attributes: {{x: {{value: small}}}}
  - when: event.count < 100
    attributes: {{z: {{value: z}}}}
"""
    assert mapped(mapping(text), count=count).items[0].attributes == expected


def test_a_case_without_a_condition_is_the_rest() -> None:
    """The last case may have no `when`; there need be no common attributes."""
    text = BASE.replace("attributes:\n", "") + (
        "cases:\n  - when: event.ok\n    attributes: {x: {value: yes!}}\n"
        "  - attributes: {x: {value: no!}}\n"
    )
    assert mapped(mapping(text), ok=False).items[0].attributes == {"x": "no!"}


def test_mappings_of_a_record_are_joined() -> None:
    """Items for one profile become one: later names win, the shortest hold, the best class."""
    a = X.replace(
        "name: thing", "name: a\nsend_within: 10s\npriority: low\noccurred_at: at"
    )
    b = (BASE + "  x: {value: b}\n  y: {value: b}\n").replace(
        "name: thing", "name: b\nsend_within: 5s\npriority: high"
    )
    mappings = loaded(z_file=a, a_file=b)
    found = mapped(mappings)
    [item] = found.items
    assert item.attributes == {"x": "b", "y": "b"}
    assert item.route.mappings == ("a", "b")
    assert len(item.route.versions) == 2
    assert item.route.send_within_seconds == 5.0
    assert item.route.priority is Priority.HIGH
    assert item.occurred_at_ms == 1_772_379_000_000
    assert found.mappings == ("a", "b")
    assert mapped(mappings).items[0].route is item.route


def test_items_for_different_profiles_stay_apart() -> None:
    """Mappings that name different profiles make an item each."""
    b = X.replace("name: thing", "name: b").replace(
        "{third_party_id: id}", "{pc_id: id}"
    )
    found = mapped(loaded(a=X, b=b))
    assert [item.route.mappings for item in found.items] == [("b",), ("thing",)]


def test_all_or_none() -> None:
    """When one of several mappings refuses a record, none of their items is made."""
    b = (BASE + "  y: {from: nick, missing: reject}\n").replace(
        "name: thing", "name: b"
    )
    found = loaded(a=X, b=b).map(record(), Decoded(event(), "t.Thing"))
    assert isinstance(found, Failure)
    assert (found.code, found.mappings) == ("missing", ("b",))
    assert found.message == "b: attribute y: The value is missing or empty."


def test_the_mapping_that_refuses_is_named() -> None:
    """Where the second of two mappings refuses, it is the one that is named."""
    second = (
        BASE.replace("name: thing", "name: z") + "  y: {from: nick, missing: reject}\n"
    )
    found = loaded(a=X, b=second).map(record(), Decoded(event(), "t.Thing"))
    assert isinstance(found, Failure)
    assert found.mappings == ("z",)


def test_all_skipped_is_skipped() -> None:
    """When every mapping skips a record, it is skipped for the first one's reason."""
    a = X.replace("owner: team", "when: event.count > 100")
    b = a.replace("name: thing", "name: b")
    found = mapped(loaded(a=a, b=b))
    assert (found.items, found.skipped) == ((), SkipReason.WHEN)


def test_what_nobody_claims_is_unmapped() -> None:
    """A record of another topic or schema is skipped as unmapped."""
    mappings = mapping(X)
    assert mapped(mappings, record("others")).skipped is SkipReason.UNMAPPED
    found = mappings.map(record(), Decoded({}, "t.Other"))
    assert found == Mapped(items=(), skipped=SkipReason.UNMAPPED, mappings=())


class TestTombstones:
    """Records without a value."""

    deleting = X + (
        "on_delete: {profile: {third_party_id: meta.key}, attributes: {x: clear}}\n"
    )

    def test_they_are_skipped(self) -> None:
        """Without `on_delete` a tombstone is skipped."""
        found = mapping(X).map_tombstone(record())
        assert found == Mapped(items=(), skipped=SkipReason.TOMBSTONE, mappings=())

    def test_they_may_write(self) -> None:
        """`on_delete` makes an item of what Kafka says of the record."""
        found = mapping(self.deleting).map_tombstone(record())
        assert isinstance(found, Mapped)
        assert [seen(item) for item in found.items] == [
            ((IdKind.THIRD_PARTY_ID, "K-1"), {"x": "none"})
        ]

    @pytest.mark.parametrize(("key", "code"), [(None, "no_profile"), (b"\xff", "meta")])
    def test_they_may_be_refused(self, key: bytes | None, code: str) -> None:
        """A tombstone that names no profile is refused like any record."""
        found = mapping(self.deleting).map_tombstone(record(key=key))
        assert isinstance(found, Failure)
        assert found.code == code


class TestTopics:
    """Logical names, real names and patterns."""

    def test_logical_names_become_real_ones(self) -> None:
        """The configuration says what a topic is called here."""
        mappings = load({"a.yaml": X}, READERS, {"things": "test.things"}, {})
        assert mappings.topics == {"test.things"}
        assert len(mapped(mappings, record("test.things")).items) == 1
        assert mapped(mappings, record("things")).skipped is SkipReason.UNMAPPED

    def test_several_topics(self) -> None:
        """A mapping may name several topics."""
        mappings = mapping(X.replace("topic: things", "topics: [a, b]"))
        assert mappings.topics == {"a", "b"}
        assert len(mapped(mappings, record("b")).items) == 1

    def test_patterns(self) -> None:
        """A pattern claims whole real names."""
        mappings = mapping(X.replace("topic: things", 'pattern: "crm\\\\..*"'))
        assert (mappings.topics, mappings.patterns) == (frozenset(), (r"^(crm\..*)$",))
        assert len(mapped(mappings, record("crm.a")).items) == 1
        assert mapped(mappings, record("a.crm.a")).skipped is SkipReason.UNMAPPED

    def test_what_a_topic_claims(self) -> None:
        """Framing and readers of a topic are those of its mappings."""
        mappings = mapping(X.replace("schema:", "framing: bare, schema:"))
        assert mappings.rule("things") == TopicClaim(
            framing="bare", readers=("t.Thing",)
        )
        assert mappings.rule("others") == TopicClaim(framing="auto", readers=())

    def test_owners(self) -> None:
        """The owners of mappings are named once each."""
        b = X.replace("name: thing", "name: b")
        c = X.replace("name: thing", "name: c").replace("owner: team\n", "")
        mappings = loaded(a=X, b=b, c=c)
        assert mappings.owner(("thing", "b", "c")) == "team"
        assert mappings.owner(("c",)) == ""


def test_loading_names_every_fault() -> None:
    """A set with a fault is not made; the exception has them all."""
    with pytest.raises(ConfigurationError) as caught:
        loaded(a=BASE + "  x: nope\n", b="- 1\n")
    assert [(f.file, f.code) for f in caught.value.faults] == [
        ("a.yaml", "M202"),
        ("b.yaml", "M104"),
    ]


def test_other_files_are_no_mappings() -> None:
    """Fixtures and hidden files beside mappings are left alone."""
    files = {"m/a.yml": X, "m/f/x.json": "{", "m/_part.yaml": "-", "m/.b.yaml": "-"}
    assert set(load(files, READERS, {}, {}).files) == {"m/a.yml"}


def test_an_event_that_breaks_its_schema_is_refused() -> None:
    """An event without a promised field is a failure that names the rule, not a crash."""
    found = mapping(X).map(record(), Decoded({}, "t.Thing"))
    assert found == Failure(
        stage=Stage.MAPPING,
        code="unexpected",
        message="thing: profile third_party_id: KeyError",
        mappings=("thing",),
        mapping_set=mapping(X).version,
    )


def test_no_value_is_in_a_failure() -> None:
    """The message of a refusal names the rule and carries nothing of the record."""
    found = run(BASE + "  x: {from: id, parse: integer}\n", id="secret-7")
    assert isinstance(found, Failure)
    assert found.message == "thing: attribute x: The value cannot be read as integer."
