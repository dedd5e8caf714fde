"""The judge of the cluster's chaos finds each thing that it is there to find.

A small run in which all went well is made by hand; then one thing in it is broken.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from tests.chaos.cluster.evidence import Call, Commit, Evidence, LetterSeen, Stored
from tests.chaos.cluster.faults import Happened
from tests.chaos.cluster.judge import RULES, judged
from tests.chaos.cluster.measures import longest_stall
from tests.chaos.cluster.members import Ended
from tests.chaos.cluster.offsets_log import commit_of
from tests.chaos.cluster.plan import Fault, Kind
from tests.chaos.cluster.records import Fate, Written, final_profiles
from tests.chaos.cluster.repeats import LATE, UNEXPLAINED, repeats_of
from tests.chaos.cluster.site import REAL_TOPIC
from tests.integration.group import Partition, Picture

FATES = (Fate.LANDS, Fate.LANDS, Fate.REFUSED, Fate.LANDS, Fate.TOMBSTONE, Fate.LANDS)
RECORDS = [Written(n, "P-1", n + 1, fate) for n, fate in enumerate(FATES)]
OWNED = {Partition(REAL_TOPIC, 0): "a1"}


def call(place: int, *sequences: int, at: float, **changes: object) -> Call:
    """Return an accepted call of `a1`."""
    made = Call(place, "P-1", sequences, sequences[-1], "a1", at, at, True, "")  # noqa: FBT003 - a value of the log
    return made._replace(**changes)  # type: ignore[arg-type]  # the test's own names


def killed(victim: str, at: float) -> Happened:
    """Return that a process was killed, and another started a second later."""
    return Happened(Fault(1, Kind.KILL, at, 1.0, 0, {}), victim, at, at + 1)


# Record n is published at n seconds and stands at offset n.
GOOD = Evidence(
    records=[Stored(each, 0, each.number, float(each.number)) for each in RECORDS],
    calls=[
        call(1, 1, 2, at=2.0),
        call(2, 3, 4, at=4.0, is_accepted=False),  # the poisoned one, merged
        call(3, 3, at=4.1, is_accepted=False),
        call(4, 4, at=4.2),
        call(5, 6, at=6.0),
    ],
    profiles=final_profiles(RECORDS),
    commits=[
        Commit(0.0, 0, 0, frozenset()),
        Commit(3.0, 0, 2, frozenset()),
        Commit(4.3, 0, 2, frozenset({3})),
        Commit(7.0, 0, 6, frozenset()),
    ],
    letters=[LetterSeen(0, 2, 4.5, is_whole=True)],
    pictures=[Picture(n / 2, n / 2 + 0.1, OWNED) for n in range(20)],
    ended=[Ended("a1", 0, is_wanted=True)],
    happened=[],
    published_at=6.0,
    done_at=7.0,
)
SEQUENCE_LOST = {"sequence": "4", **{f"mark00{n}": f"{n}" for n in (1, 2, 4)}}

BROKEN: dict[str, tuple[str, Callable[[Evidence], Evidence]]] = {
    "a record is missing in the topic": (
        "not published once",
        lambda good: good._replace(records=good.records[1:]),
    ),
    "a call leaves another sequence than its newest record's": (
        "calls without names",
        lambda good: good._replace(calls=[*good.calls, call(6, 4, 6, at=8, latest=4)]),
    ),
    "a call carries what nobody published": (
        "calls without names",
        lambda good: good._replace(calls=[*good.calls, call(6, 9, at=8)]),
    ),
    "a record was never accepted": (
        "lost",
        lambda good: good._replace(calls=good.calls[:-1]),
    ),
    "a bad record has no letter": ("lost", lambda good: good._replace(letters=[])),
    "a profile holds an old value": (
        "wrong profiles",
        lambda good: good._replace(profiles={"P-1": SEQUENCE_LOST}),
    ),
    "a profile that nobody wrote to holds something": (
        "wrong profiles",
        lambda good: good._replace(profiles={**good.profiles, "P-2": {"a": "1"}}),
    ),
    "a good record has a letter": (
        "wrong letters",
        lambda good: good._replace(
            letters=[*good.letters, LetterSeen(0, 0, 5.0, is_whole=True)]
        ),
    ),
    "a letter came without the value that would have fitted": (
        "wrong letters",
        lambda good: good._replace(letters=[LetterSeen(0, 2, 4.5, is_whole=False)]),
    ),
    "a newer record was accepted first": (
        "out of order",
        lambda good: good._replace(
            calls=[
                call(1, 2, at=2.0),
                call(2, 1, at=2.1),
                call(3, 2, at=2.2),
                *good.calls[3:],
            ]
        ),
    ),
    "an older record was repeated and nothing newer behind it": (
        "out of order",
        lambda good: good._replace(calls=[*good.calls, call(6, 1, at=6.5)]),
    ),
    "what the committed offset says was sent again": (
        "sent after it was done",
        lambda good: good._replace(calls=[*good.calls, call(6, 1, 2, 4, 6, at=6.5)]),
    ),
    "what the map says was sent again": (
        "sent after it was done",
        lambda good: good._replace(calls=[*good.calls[:4], call(5, 4, 6, at=6.0)]),
    ),
    "a refused repeat was sent, too": (
        "sent after it was done",
        lambda good: good._replace(
            calls=[*good.calls, call(6, 1, at=8.0, is_accepted=False)]
        ),
    ),
    "an offset was committed before its record was accepted": (
        "committed too early",
        lambda good: good._replace(
            commits=[*good.commits[:2], Commit(5.0, 0, 6, frozenset())]
        ),
    ),
    "a map marked a record before it was accepted": (
        "committed too early",
        lambda good: good._replace(
            commits=[Commit(3.0, 0, 2, frozenset({3})), *good.commits[3:]]
        ),
    ),
    "an offset was committed before its letter was written": (
        "committed too early",
        lambda good: good._replace(letters=[LetterSeen(0, 2, 7.5, is_whole=True)]),
    ),
    "a commit went back": (
        "commits that go back",
        lambda good: good._replace(
            commits=[*good.commits, Commit(8.0, 0, 5, frozenset())]
        ),
    ),
    "somebody sent what was another's": (
        "calls of others",
        lambda good: good._replace(
            calls=[*good.calls[:4], call(5, 6, at=6.0, process="b1")]
        ),
    ),
    "a process ended by itself": (
        "processes that ended by themselves",
        lambda good: good._replace(ended=[Ended("b1", -6, is_wanted=False)]),
    ),
    "the lag was gone too late": (
        "lag left",
        lambda good: good._replace(done_at=66.5),
    ),
    "the lag was never gone": ("lag left", lambda good: good._replace(done_at=None)),
}


def test_a_good_run_breaks_nothing() -> None:
    """A refused merged call, its halves and a mark in a map are as they should be."""
    assert judged(GOOD, RECORDS) == {}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_promise_is_found(what: str) -> None:
    """Whatever is broken is found, by the rule that is about it."""
    rule, breaking = BROKEN[what]
    assert rule in judged(breaking(GOOD), RECORDS)


def test_every_rule_is_broken_once() -> None:
    """There is no rule that cannot fail."""
    assert {rule for rule, _ in BROKEN.values()} == set(RULES)


def test_a_repeat_behind_a_crash_is_no_fault() -> None:
    """What no commit had said is sent again, with everything newer behind it."""
    calls = [
        call(1, 1, 2, at=2.0),
        *GOOD.calls[1:4],
        call(5, 6, at=6.0),
        call(6, 4, 6, at=9.0, process="b1"),
    ]
    evidence = GOOD._replace(
        calls=calls,
        commits=[*GOOD.commits[:2], Commit(9.5, 0, 6, frozenset())],
        pictures=[],
        happened=[killed("a1", 6.5)],
    )
    assert judged(evidence, RECORDS) == {}
    causes = [(each.sequence, each.cause) for each in repeats_of(evidence)]
    assert causes == [(4, "process killed"), (6, "process killed")]


@pytest.mark.parametrize(
    ("changes", "happened", "cause"),
    [
        ({"fault": "drip"}, killed("a1", 6.5), "answer spoilt: drip"),
        ({"process": "c1"}, killed("b1", 6.5), "partitions moved: process killed"),
        ({}, killed("a1", 9.5), LATE),
        ({"process": "b1"}, killed("a1", 9.5), UNEXPLAINED),
        (
            {},
            Happened(Fault(1, Kind.BROKER_STOP, 5.0, 2.0, -1, {}), "", 5.0, 7.0),
            "broker stopped",
        ),
    ],
)
def test_a_repeat_has_its_cause(
    changes: dict[str, object], happened: Happened, cause: str
) -> None:
    """By the answer, by whose process it was and when; never by what came later."""
    calls = [call(1, 6, at=6.0, **changes), call(2, 6, at=9.0)]
    evidence = GOOD._replace(calls=calls, happened=[happened])
    assert [each.cause for each in repeats_of(evidence)] == [cause]


def test_a_stall_counts_only_while_something_waits() -> None:
    """From the last fault on: a pause without work is none, one with work is."""
    records = [Stored(Written(n, "P-1", n + 1, Fate.LANDS), 0, n, at) for n, at in enumerate((1.0, 20.0, 30.0))]  # fmt: skip
    evidence = GOOD._replace(
        records=records,
        calls=[call(1, 1, at=12.0), call(2, 2, at=21.0), call(3, 3, at=33.0)],
        published_at=10.0,
    )
    assert longest_stall(evidence) == 3.0
    assert longest_stall(evidence._replace(published_at=5.0)) == 7.0


def test_a_commit_is_read_as_the_broker_wrote_it() -> None:
    """Versions 3 and 4, with the zero byte of the client; other entries are passed by."""
    key = b"\x00\x01\x00\x01g\x00\x01t" + struct.pack(">i", 7)
    text = b"M1OqKYeAAAAAAAAAAqU2AAggUMDEwMDgwMDg6CAA\x00"
    head = struct.pack(">qi", 42, -1)
    new = b"\x00\x04" + head + bytes([len(text) + 1]) + text + bytes(9)
    old = b"\x00\x03" + head + struct.pack(">h", len(text)) + text + bytes(8)
    found = commit_of(key, new, 5.0)
    assert found is not None
    assert found == commit_of(key, old, 5.0)
    assert found[:2] == ("g", "t")
    assert found[2][:3] == (5.0, 7, 42)
    assert min(found[2].marked) > 42
    assert commit_of(b"\x00\x02\x00\x01g", b"\x00\x03", 5.0) is None
    with pytest.raises(ValueError, match="version 5"):
        commit_of(key, b"\x00\x05" + head + bytes(10), 5.0)
