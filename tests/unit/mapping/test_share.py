"""`share` and `stamp`: which profiles, and when it happened."""

from __future__ import annotations

import hashlib

import pytest

from consumer.mapping.explaining import explain
from consumer.mapping.share import Share, number_of, share_named
from consumer.model import IdKind, Mapped, SkipReason
from tests.unit.mapping.kit import record
from tests.unit.mapping.nested import (
    AT,
    change,
    faults,
    house,
    items,
    mappings,
    member,
    run,
    text,
)

PROFILE = "profile: {third_party_id: op}"
STAMPED = "occurred_at: at\nstamp: asOf\n"


def test_the_number_of_a_profile_is_as_written() -> None:
    """It is the first 8 bytes, big-endian, of SHA-256 of `kind:id`, modulo 100."""
    whole = int(hashlib.sha256(b"third_party_id:C-1").hexdigest()[:16], 16)
    assert number_of(IdKind.THIRD_PARTY_ID, "C-1") == whole % 100 == 85


def test_both_ends_of_a_share_belong_to_it() -> None:
    """A profile is in the share from its number to its number."""
    assert Share(85, 85).has(IdKind.THIRD_PARTY_ID, "C-1")
    assert not Share(86, 99).has(IdKind.THIRD_PARTY_ID, "C-1")
    assert not Share(0, 84).has(IdKind.THIRD_PARTY_ID, "C-1")


def test_shares_split_profiles_evenly() -> None:
    """A tenth of the numbers is about a tenth of the profiles."""
    share = share_named("0-9")
    taken = sum(share.has(IdKind.PC_ID, f"p-{n}") for n in range(10_000))
    assert 900 < taken < 1100


@pytest.mark.parametrize("share", ["9-0", "0-100", "10", "-1-5", "0 - 9", "a-b"])
def test_a_share_is_a_range(share: str) -> None:
    """Anything but a rising range within 0 to 99 is refused at its place."""
    assert faults(text(f'{PROFILE}\nshare: "{share}"', "{x: op}")) == [
        (
            "M104",
            5,
            8,
            '`share` has the wrong shape: write a range from 0 to 99, such as "0-9".',
            "Compare it with the reference of mapping files.",
        )
    ]


def test_items_of_other_profiles_are_skipped() -> None:
    """A profile that is in another share gets nothing, and the record counts as such."""
    file = text(f"{PROFILE}\nshare: 0-84", "{x: op}")
    assert items(file, op="C-1") == "skipped: share"
    file = text(f"{PROFILE}\nshare: 85-99", "{x: op}")
    assert items(file, op="C-1") == [("C-1", {"x": "C-1"})]


def test_a_share_judges_each_item() -> None:
    """Of several profiles of a record only those of the share get an item."""
    head = "share: 85-85\nfor_each: {item: solid.members}\nprofile: {third_party_id: item.id}"
    file = text(head, "{x: op}")
    assert items(file, solid=house(member("C-2"), member("C-1"))) == [
        ("C-1", {"x": "u"})
    ]
    head = (
        "share: 85-85\nprofiles: all\nprofile:\n  - pc_id: op\n  - third_party_id: op"
    )
    assert items(text(head, "{x: op}"), op="C-1") == [("C-1", {"x": "C-1"})]
    assert items(text(head, "{x: op}"), op="C-2") == "skipped: share"


def test_a_share_holds_for_tombstones() -> None:
    """A record without a value is for the profiles of the share, too."""
    deleting = (
        "on_delete: {profile: {third_party_id: meta.key}, attributes: {x: clear}}"
    )
    found = mappings(text(f"{PROFILE}\nshare: 85-85\n{deleting}", "{x: op}"))
    mine = found.map_tombstone(record("t", key=b"C-1"))
    assert isinstance(mine, Mapped)
    assert [item.attributes for item in mine.items] == [{"x": "none"}]
    other = found.map_tombstone(record("t", key=b"C-2"))
    assert isinstance(other, Mapped)
    assert other.skipped is SkipReason.SHARE


def test_a_share_is_one_of_the_steps() -> None:
    """An explanation says whether the profile is in the share, and ends if not."""
    plan = mappings(text(f"{PROFILE}\nshare: 85-85", "{x: op}")).plans[0]
    for id_, found in [
        ("C-1", ["share 85-85", "attribute x"]),
        ("C-2", ["share 85-85"]),
    ]:
        rules = explain(plan, change(op=id_), record()).rules
        assert [rule.name for rule in rules[1:]] == found
        assert rules[1].result is (id_ == "C-1")


def other(head: str, attributes: str, topic: str = "t") -> str:
    """Return a second file, of the same topic or another."""
    file = text(head, attributes).replace("name: m", "name: n")
    return file.replace("topic: t", f"topic: {topic}")


def test_shares_that_meet_are_named() -> None:
    """Shares of one topic that write one attribute must not meet."""
    first = text(f"{PROFILE}\nshare: 0-9", "{x: op, y: op}")
    assert faults(first, other(f"{PROFILE}\nshare: 10-99", "{x: op}")) == []
    assert faults(first, other(f"{PROFILE}\nshare: 5-20", "{z: op}")) == []
    assert faults(first, other(f"{PROFILE}\nshare: 5-20", "{x: op, y: op}")) == [
        (
            "M422",
            5,
            8,
            (
                "The profiles of 5-9 are in the share of `m` (0-9), too, and both write "
                "`x`, `y`."
            ),
            "Choose shares that do not meet; a mapping without `share` has all of 0-99.",
        )
    ]
    assert [f[3][:30] for f in faults(first, other(PROFILE, "{x: op}"))] == [
        "The profiles of 0-9 are in the"
    ]


def test_shares_that_never_meet_need_no_stamp() -> None:
    """Mappings of two topics may write one attribute, each for its own profiles."""
    first = text(f"{PROFILE}\nshare: 0-9", "{x: op}")
    assert faults(first, other(f"{PROFILE}\nshare: 10-99", "{x: op}", "u")) == []
    assert [f[0] for f in faults(first, other(PROFILE, "{x: op}", "u"))] == ["M406"]


def test_mappings_of_one_pattern_are_of_one_topic() -> None:
    """Two files with the same pattern are compared as those of one topic are."""
    first = text(f"{PROFILE}\nshare: 0-9", "{x: op}").replace(
        "topic: t", 'pattern: "t.*"'
    )
    second = first.replace("name: m", "name: n")
    assert [fault[0] for fault in faults(first, second)] == ["M422"]


def test_an_attribute_is_named_once() -> None:
    """An attribute that a file writes in two places is one complaint."""
    cases = "cases: [{when: 'event.op == \"u\"', attributes: {x: op}}]"
    second = other(f"{PROFILE}\n{cases}", "{x: op}", "u")
    assert [f[0] for f in faults(text(PROFILE, "{x: op}"), second)] == ["M406"]


# ---------------------------------------------------------------------------- stamp


def test_a_stamp_says_when_it_happened() -> None:
    """The moment is one more attribute, in UTC, with milliseconds, cut and not rounded."""
    file = text(STAMPED + PROFILE, "{x: op}")
    assert items(file) == [("u", {"x": "u", "asOf": "2026-03-01T15:30:00.250Z"})]
    found = run(file)
    assert isinstance(found, Mapped)
    assert found.items[0].occurred_at_ms == 1_772_379_000_250


def test_stamps_compare_as_texts() -> None:
    """Of two stamps the greater text is the later moment, whatever their digits."""
    file = text(STAMPED + PROFILE, "{x: op}")
    moments = [
        AT.replace(year=999),
        AT.replace(microsecond=0),
        AT,
        AT.replace(minute=33),
    ]
    found = [run(file, at=moment) for moment in moments]
    stamps = [
        one.items[0].attributes["asOf"] for one in found if isinstance(one, Mapped)
    ]
    assert stamps == sorted(set(stamps))
    assert {len(stamp) for stamp in stamps} == {24}


def test_a_stamp_alone_makes_no_item() -> None:
    """Where every attribute is skipped there is nothing to stamp."""
    file = text(STAMPED + PROFILE, "{x: {from: event.deep.after.city, missing: skip}}")
    assert items(file) == "skipped: unchanged"


def test_a_stamp_is_one_of_the_steps() -> None:
    """An explanation shows what the stamp writes."""
    plan = mappings(text(STAMPED + PROFILE, "{x: op}")).plans[0]
    rules = explain(plan, change(), record()).rules
    assert ("stamp asOf", "2026-03-01T15:30:00.250Z") in [
        (rule.name, rule.result) for rule in rules
    ]


def test_stamps_let_two_topics_write_one_attribute() -> None:
    """The complaint goes when both mappings stamp what they write."""
    first = text(STAMPED + PROFILE, "{x: op}")
    assert faults(first, other(STAMPED + PROFILE, "{x: op}", "u")) == []
    assert [f[0] for f in faults(first, other(PROFILE, "{x: op}", "u"))] == ["M406"]


@pytest.mark.parametrize(
    ("head", "attributes", "fault"),
    [
        (
            f"stamp: asOf\n{PROFILE}",
            "{x: op}",
            (
                "M421",
                4,
                8,
                "`stamp` writes when it happened, and the file does not say when.",
                "Add `occurred_at`.",
            ),
        ),
        (
            STAMPED + PROFILE,
            "{asOf: op}",
            (
                "M421",
                7,
                14,
                "`asOf` is the `stamp`, which is written by itself.",
                "Choose another name for one of them.",
            ),
        ),
        (
            (STAMPED + PROFILE).replace("asOf", "mboxAsOf"),
            "{x: op}",
            (
                "M402",
                5,
                1,
                "`mboxAsOf` is reserved: internal parameters begin so.",
                "Choose another name.",
            ),
        ),
        (
            (STAMPED + PROFILE).replace("at: at", "at: {from: meta.timestamp}"),
            "{x: op}",
            (
                "M203",
                4,
                14,
                (
                    "`occurred_at` may find nothing (from meta.timestamp is timestamp or "
                    "null), and `stamp` needs it."
                ),
                "Write `missing: reject` in `occurred_at`.",
            ),
        ),
        (
            (STAMPED + PROFILE).replace("at: at", "at: {from: at, missing: clear}"),
            "{x: op}",
            (
                "M204",
                4,
                34,
                "`occurred_at` is a timestamp: no text can take its place.",
                "Write `missing: skip` or `missing: reject`.",
            ),
        ),
    ],
)
def test_a_stamp_needs_a_moment_and_a_name(
    head: str, attributes: str, fault: object
) -> None:
    """What a stamp cannot write, or not under that name, is named at its place."""
    assert faults(text(head, attributes)) == [fault]
