"""Judges a run by its evidence: what was promised, and what was not kept.

Rules:
    - Lost is a record that must land and was never accepted, or a bad one without a dead
      letter. Wrong is a profile that does not hold what its records say.
    - First acceptances of a profile never decrease. After a crash an older record may be
      repeated, but then everything newer follows again: so the last acceptances do not
      decrease either.
    - What the newest commit calls done, by offset or by map, is not sent; and no commit
      calls done what was neither accepted, given up with a letter, nor skipped.
    - No call carries a record of a partition that the broker proves to have been somebody
      else's when the call's first byte came.

Theory of operation: each rule is a function that returns what breaks it, as texts for a
person. Broker, target and judge read one machine's clock; the broker's goes to the
millisecond below.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from tests.chaos.cluster.evidence import Call, Commit, Evidence, Stored
from tests.chaos.cluster.plan import Kind
from tests.chaos.cluster.records import BAD, Fate, Written, final_profiles
from tests.chaos.cluster.site import REAL_TOPIC
from tests.integration.group import Partition, stretches

__all__ = ["LAG_SECONDS", "RULES", "judged", "places_of"]

LAG_SECONDS = 60.0  # after the last fault all lag is gone
CLOCK_SECONDS = 0.005
MOMENT_SECONDS = 0.5

Places = Mapping[tuple[str, int], Stored]


def judged(evidence: Evidence, expected: Sequence[Written]) -> dict[str, list[str]]:
    """Return what broke each rule; no entry is empty, so no entry means all is well."""
    found = {name: list(rule(evidence, expected)) for name, rule in RULES.items()}
    return {name: texts for name, texts in found.items() if texts}


def places_of(evidence: Evidence) -> Places:
    """Return where the record of a profile and sequence stands."""
    return {
        (stored.record.profile, stored.record.sequence): stored
        for stored in evidence.records
    }


def not_published_once(
    evidence: Evidence, expected: Sequence[Written]
) -> Iterator[str]:
    """Yield the records that the topic does not have exactly once: a harness's fault."""
    counts = Counter(stored.record.number for stored in evidence.records)
    for record in expected:
        if counts[record.number] != 1:
            yield f"{record} stands in the topic {counts[record.number]} times"


def unnamed(evidence: Evidence, _: Sequence[Written]) -> Iterator[str]:
    """Yield calls that do not say which records they carry."""
    places = places_of(evidence)
    for call in evidence.calls:
        known = all((call.profile, each) in places for each in call.sequences)
        if not known or not call.sequences or call.latest != call.sequences[-1]:
            yield told(call)


def lost(evidence: Evidence, _: Sequence[Written]) -> Iterator[str]:
    """Yield the records that did not reach their end."""
    accepted = {
        (call.profile, sequence)
        for call in evidence.calls
        if call.is_accepted
        for sequence in call.sequences
    }
    letters = {(letter.partition, letter.offset) for letter in evidence.letters}
    for stored in evidence.records:
        record = stored.record
        known = record.profile, record.sequence
        if record.fate is Fate.LANDS and known not in accepted:
            yield f"{where(stored)} was never accepted"
        if record.fate in BAD and (stored.partition, stored.offset) not in letters:
            yield f"{where(stored)} has no dead letter"


def wrong_profiles(evidence: Evidence, expected: Sequence[Written]) -> Iterator[str]:
    """Yield the profiles that do not hold what their records say."""
    wanted = final_profiles(expected)
    for profile in sorted(wanted.keys() | evidence.profiles.keys()):
        must, has = wanted.get(profile, {}), evidence.profiles.get(profile, {})
        differing = [
            f"{name} is {has.get(name)} and must be {must.get(name)}"
            for name in sorted(must.keys() | has.keys())
            if must.get(name) != has.get(name)
        ]
        if differing:
            yield f"{profile}: {'; '.join(differing[:3])}"


def wrong_letters(evidence: Evidence, _: Sequence[Written]) -> Iterator[str]:
    """Yield the letters about records that are not bad, and those without a value.

    All fit whole. The bound that refuses letters for a while refuses those without a
    value too; one that is tried in the very moment of its end may slip through.
    """
    refused = [
        (each.begun, each.ended + MOMENT_SECONDS)
        for each in evidence.happened
        if each.fault.kind is Kind.LETTERS
    ]
    bad = {
        (stored.partition, stored.offset): stored
        for stored in evidence.records
        if stored.record.fate in BAD
    }
    for letter in evidence.letters:
        if (letter.partition, letter.offset) not in bad:
            yield f"partition {letter.partition} offset {letter.offset} has a letter"
        elif not letter.is_whole and not any(
            begun <= letter.at <= ended for begun, ended in refused
        ):
            yield f"partition {letter.partition} offset {letter.offset} lacks its value"


def out_of_order(evidence: Evidence, _: Sequence[Written]) -> Iterator[str]:
    """Yield the acceptances that came too late or too early."""
    first: dict[tuple[str, int], Call] = {}
    last: dict[tuple[str, int], Call] = {}
    for call in evidence.calls:
        if call.is_accepted:
            for sequence in call.sequences:
                first.setdefault((call.profile, sequence), call)
                last[call.profile, sequence] = call
    for word, acceptances in (("first", first), ("last", last)):
        newest: dict[str, int] = {}
        for known, call in sorted(
            acceptances.items(), key=lambda item: (item[1].place, item[0][1])
        ):
            profile, sequence = known
            if sequence < newest.get(profile, 0):
                yield (
                    f"{profile} {sequence} was {word} accepted behind "
                    f"{newest[profile]}: {told(call)}"
                )
            newest[profile] = max(sequence, newest.get(profile, 0))


def sent_after_done(evidence: Evidence, _: Sequence[Written]) -> Iterator[str]:
    """Yield what was sent although the newest commit called it done."""
    places = places_of(evidence)
    commits: dict[int, list[Commit]] = defaultdict(list)
    for commit in evidence.commits:
        commits[commit.partition].append(commit)
    sent: dict[int, list[tuple[Call, Stored]]] = defaultdict(list)
    for call in evidence.calls:
        for sequence in call.sequences:
            stored = places.get((call.profile, sequence))
            if stored is not None:
                sent[stored.partition].append((call, stored))
    for partition, of_it in sent.items():
        of_it.sort(key=lambda each: each[0].first_byte_at)
        left = iter(commits[partition])
        following = next(left, None)
        newest: Commit | None = None
        for call, stored in of_it:
            until = call.first_byte_at - CLOCK_SECONDS
            while following is not None and following.at <= until:
                newest, following = following, next(left, None)
            if newest is not None and calls_done(newest, stored.offset):
                yield f"{where(stored)} was done by {newest.at:.3f}: {told(call)}"


def committed_too_early(evidence: Evidence, _: Sequence[Written]) -> Iterator[str]:
    """Yield what a commit called done that had not reached its end."""
    ends = ends_of(evidence)
    stored_at: dict[int, dict[int, Stored]] = defaultdict(dict)
    for stored in evidence.records:
        stored_at[stored.partition][stored.offset] = stored
    checked: dict[int, set[int]] = defaultdict(set)
    below: dict[int, int] = defaultdict(int)
    for commit in evidence.commits:
        of_it, seen = stored_at[commit.partition], checked[commit.partition]
        new = {*range(below[commit.partition], commit.offset), *commit.marked} - seen
        below[commit.partition] = max(below[commit.partition], commit.offset)
        seen |= new
        for offset in sorted(new & of_it.keys()):
            end = ends.get(of_it[offset].record.number)
            if end is None or end > commit.at + CLOCK_SECONDS:
                yield f"{where(of_it[offset])} by {commit.at:.3f}, and ended at {end}"


def ends_of(evidence: Evidence) -> dict[int, float]:
    """Return when each record reached its end first: number to Unix seconds."""
    places, found = places_of(evidence), {}
    for call in reversed(evidence.calls):
        if call.is_accepted:
            for sequence in call.sequences:
                stored = places.get((call.profile, sequence))
                if stored is not None:
                    found[stored.record.number] = call.read_at
    by_offset = {(each.partition, each.offset): each for each in evidence.records}
    for letter in reversed(evidence.letters):
        stored = by_offset.get((letter.partition, letter.offset))
        if stored is not None:
            found[stored.record.number] = letter.at
    for stored in evidence.records:
        if stored.record.fate is Fate.TOMBSTONE:
            found[stored.record.number] = stored.at
    return found


def commits_that_go_back(evidence: Evidence, _: Sequence[Written]) -> Iterator[str]:
    """Yield the commits of an offset below one that was committed before."""
    newest: dict[int, Commit] = {}
    for commit in evidence.commits:
        known = newest.setdefault(commit.partition, commit)
        if commit.offset < known.offset:
            yield f"partition {commit.partition}: {known.offset} to {commit.offset}"
        newest[commit.partition] = commit


def calls_of_others(evidence: Evidence, _: Sequence[Written]) -> Iterator[str]:
    """Yield the calls that carry a record of somebody else's partition."""
    places = places_of(evidence)
    by_partition: dict[int, list[tuple[Call, Stored]]] = defaultdict(list)
    for call in evidence.calls:
        stored = places.get((call.profile, call.latest))
        if stored is not None:
            by_partition[stored.partition].append((call, stored))
    pictures = list(evidence.pictures)
    for partition, of_it in by_partition.items():
        for stretch in stretches(pictures, Partition(REAL_TOPIC, partition)):
            for call, stored in of_it:
                is_then = stretch.since <= call.first_byte_at <= stretch.until
                if is_then and call.process != stretch.owner:
                    yield f"{where(stored)} was {stretch.owner}'s: {told(call)}"


def ended_by_themselves(evidence: Evidence, _: Sequence[Written]) -> Iterator[str]:
    """Yield the processes that ended when they should not, or not in order."""
    for end in evidence.ended:
        if not end.is_wanted:
            yield f"{end.name} ended with {end.code}"


def late(evidence: Evidence, _: Sequence[Written]) -> Iterator[str]:
    """Yield that lag was left when it should have been gone."""
    if evidence.done_at is None:
        yield "it was never gone"
    elif evidence.done_at - evidence.faults_over_at > LAG_SECONDS:
        seconds = evidence.done_at - evidence.faults_over_at
        yield f"it was gone {seconds:.1f} s after the last fault"


def calls_done(commit: Commit, offset: int) -> bool:
    """Whether a commit calls an offset done."""
    return offset < commit.offset or offset in commit.marked


def where(stored: Stored) -> str:
    """Return a record and its place for a person."""
    record = stored.record
    return (
        f"{record.profile} {record.sequence} ({record.fate}, partition "
        f"{stored.partition} offset {stored.offset})"
    )


def told(call: Call) -> str:
    """Return a call for a person."""
    end = "accepted" if call.is_accepted else "refused"
    few = ", ".join(str(each) for each in call.sequences[:5])
    more = f" and {len(call.sequences) - 5} more" if len(call.sequences) > 5 else ""
    fault = f", struck by {call.fault}" if call.fault else ""
    return (
        f"call {call.place} of {call.process} at {call.first_byte_at:.3f} for "
        f"{call.profile} with {few}{more}, {end}{fault}"
    )


RULES: Mapping[str, Callable[[Evidence, Sequence[Written]], Iterator[str]]] = (
    MappingProxyType({
        "not published once": not_published_once,
        "calls without names": unnamed,
        "lost": lost,
        "wrong profiles": wrong_profiles,
        "wrong letters": wrong_letters,
        "out of order": out_of_order,
        "sent after it was done": sent_after_done,
        "committed too early": committed_too_early,
        "commits that go back": commits_that_go_back,
        "calls of others": calls_of_others,
        "processes that ended by themselves": ended_by_themselves,
        "lag left": late,
    })
)
