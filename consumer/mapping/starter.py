"""A mapping file to begin with, made from the Avro schema of an event.

Rules:
- It passes the check as it is, and its one test passes: what is expected there is what
  came out when it was made.
- Every guess says that it is one.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from consumer.mapping.checking import Readers
from consumer.mapping.examples import outcome, record_of
from consumer.mapping.names import is_attribute, reserved_by
from consumer.mapping.personal import Fields
from consumer.mapping.plan import Plan
from consumer.mapping.record_json import event_of
from consumer.mapping.sample import sample_of
from consumer.mapping.starter_rules import Leaf, leaves, quoted, suggestion, words
from consumer.mapping.value_type import Kind, from_avro

__all__ = ["Draft", "begin", "topic_of", "with_test"]

WIDTH = 100
LONGEST_NAME = 120  # of the 128 characters that Target takes
KEY = "C-1"
ID = "C-1"
BROWSER_ID = "3f9a2c7e51d84b06.35_0"
PC_ID = frozenset({"pcid", "mboxpc", "tntid", "targetpcid", "targettntid"})
THIRD_PARTY_ID = ("mbox3rdpartyid", "thirdpartyid", "crmid", "customerid", "memberid")
PERSON = frozenset({"customer", "member", "user", "visitor", "person", "client"})
ID_KINDS = frozenset({Kind.TEXT, Kind.UUID, Kind.INTEGER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mapping without its test.

    Attributes:
        text: The mapping file.
        schema: Full name of its schema.
        event: An example of an event, as JSON writes it.
    """

    text: str
    schema: str
    event: object

    @property
    def fixture(self) -> str:
        """The text of the fixture: the example."""
        return json.dumps(self.event, indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One guess at who the event is about.

    Attributes:
        kind: Which of Target's ids.
        rule: What reads it.
        path: The field; empty for the record's key.
        value: What the example has there.
    """

    kind: str
    rule: str
    path: str
    value: str


def topic_of(schema: str) -> str:
    """Return the topic that events of a schema are likely to come from."""
    space, _, name = schema.rpartition(".")
    topic = f"{space}.{'-'.join(words(name))}.v1".strip(".")
    return re.sub(r"[^A-Za-z0-9._-]", "-", topic)[:200]


def begin(
    name: str,
    schema: str,
    readers: Readers,
    *,
    topic: str,
    taken: Collection[str] = (),
) -> Draft:
    """Return a mapping of the events of one schema, without a test.

    Args:
        name: Of the mapping.
        schema: Full name of the reader's schema.
        readers: Readers' schemas by full name.
        topic: Where the events come from.
        taken: Attributes that other mappings write.
    """
    others = {full: reader.schema for full, reader in readers.items()}
    found = list(leaves(from_avro(others[schema], others), schema))
    fields = Fields.of(others[schema], others)
    profiles = guessed(found)
    ids = {one.path: one.value for one in profiles if one.path}
    lines = [
        *heading(name, schema, topic, docs_of(others[schema])),
        *profile_lines(profiles),
        *moment_lines(found),
        *attribute_lines(name, without(found, profiles), fields, taken),
    ]
    event = sample_of(others[schema], others, ids)
    return Draft(text="\n".join(lines) + "\n", schema=schema, event=event)


def with_test(draft: Draft, plan: Plan, readers: Readers, fixture: str) -> str:
    """Return the mapping file with a test: what comes out now is what is expected.

    Args:
        draft: The mapping.
        plan: The same, checked.
        readers: Readers' schemas by full name.
        fixture: Path of the fixture, from the mapping file.
    """
    others = {full: reader.schema for full, reader in readers.items()}
    event = event_of(draft.event, others[draft.schema], others)
    found = outcome(plan, event, record_of(plan, {"key": KEY}))
    expected = found if isinstance(found, dict) else {}
    return draft.text + "\n".join(example_lines(fixture, expected)) + "\n"


def docs_of(schema: object) -> str:
    """Return what a schema says of itself."""
    return str(schema.get("doc", "")) if isinstance(schema, Mapping) else ""


# ----------------------------------------------------------------------------- parts


def heading(name: str, schema: str, topic: str, doc: str) -> Iterator[str]:
    """Give what stands above the rules."""
    yield f"# Begun by `consumer init` from the schema {schema}. Keep what a page needs,"
    yield "# drop the rest, and read every comment: what is guessed says so."
    yield "version: 1"
    yield f"name: {name}"
    yield "# owner: TEAM  # who is asked when a record is refused"
    text = " ".join(doc.split()) or f"What a {schema} event does to a profile."
    yield f"description: {json.dumps(text, ensure_ascii=not text.isprintable())}"
    yield "source:"
    yield f"  topic: {quoted(topic)}  # make sure that the events come from here"
    yield f"  schema: {quoted(schema)}"
    yield '# when: event.FIELD == "VALUE"  # a condition (CEL): other records are skipped'


def guessed(found: list[Leaf]) -> list[Profile]:
    """Return who the event is about, guessed from the names of its fields."""
    profiles = []
    third = best(found)
    if third is not None:
        profiles.append(profile("third_party_id", third, ID))
    for leaf in found:
        if "".join(words(leaf.names[-1])) in PC_ID and is_id(leaf):
            profiles.append(profile("pc_id", leaf, BROWSER_ID))
            break
    key = Profile(kind="third_party_id", rule="meta.key", path="", value=KEY)
    return profiles or [key]


def profile(kind: str, leaf: Leaf, value: str) -> Profile:
    """Return the guess that a field is an id."""
    is_text = leaf.type is not None and leaf.type.kind is Kind.TEXT
    path = quoted(leaf.path)
    rule = f"{{from: {path}, apply: [trim]}}" if is_text else path
    return Profile(kind=kind, rule=rule, path=".".join(leaf.names), value=value)


def best(found: list[Leaf]) -> Leaf | None:
    """Return the field that looks most like the id of a customer."""
    ranked = [(rank(leaf), index) for index, leaf in enumerate(found) if is_id(leaf)]
    known = [(place, index) for place, index in ranked if place is not None]
    return found[min(known)[1]] if known else None


def is_id(leaf: Leaf) -> bool:
    """Return whether a field's value can be an id."""
    return leaf.type is not None and leaf.type.kind in ID_KINDS


def rank(leaf: Leaf) -> int | None:
    """Return how much a field looks like the id of a customer; 0 is most."""
    own = words(leaf.names[-1])
    joined = "".join(own)
    if joined in THIRD_PARTY_ID:
        return THIRD_PARTY_ID.index(joined)
    above = set(words(leaf.names[-2])) if len(leaf.names) > 1 else set(own[:-1])
    is_number = bool(own) and own[-1] in {"id", "number"}
    return len(THIRD_PARTY_ID) if is_number and above & PERSON else None


def profile_lines(profiles: list[Profile]) -> Iterator[str]:
    """Give the profile."""
    yield "profile:"
    if profiles[0].path:
        yield "  # guessed from the names of the fields: who is the event about?"
    else:
        yield "  # no field looks like an id of a customer, so this is the record's key"
    for one in profiles:
        yield f"  - {one.kind}: {one.rule}"
    yield "# no_profile: skip  # if events without an id are no fault"


def without(found: list[Leaf], profiles: list[Profile]) -> list[Leaf]:
    """Return the fields but for those that name the profile: it is known by them."""
    ids = {one.path for one in profiles}
    return [leaf for leaf in found if ".".join(leaf.names) not in ids]


def moment_lines(found: list[Leaf]) -> Iterator[str]:
    """Give when it happened, if a field looks like it."""
    moments = [
        leaf
        for leaf in found
        if leaf.type is not None and leaf.type.kind is Kind.TIMESTAMP
    ]
    if moments:
        first = min(moments, key=lambda leaf: len(leaf.names))
        yield f"occurred_at: {quoted(first.path)}  # guessed: the first timestamp"


def attribute_lines(
    name: str, found: list[Leaf], fields: Fields, taken: Collection[str]
) -> Iterator[str]:
    """Give the attributes, what the schema says of each field above its rule."""
    yield "attributes:"
    used = set(taken)
    is_empty = True
    for leaf in found:
        wanted = suggestion(leaf, fields.why(list(leaf.names)))
        yield from comment(fields.doc(".".join(leaf.names)))
        if not wanted.rule:
            yield from comment(f"{'.'.join(leaf.names)} is left out: {wanted.note}")
            continue
        is_empty = False
        attribute = attribute_name(name, leaf.names, used)
        used.add(attribute)
        note = f"  # {wanted.note}" if wanted.note else ""
        yield f"  {quoted(attribute)}: {wanted.rule}{note}"
    if is_empty:
        yield from comment("no field has a text, so this says only that it happened")
        yield f'  {quoted(attribute_name(name, ("seen",), used))}: {{value: "true"}}'


def comment(text: str) -> Iterator[str]:
    """Give a text as lines of comment."""
    shown = "".join(one if one.isprintable() else " " for one in text)
    for line in textwrap.wrap(shown, WIDTH):
        yield f"  # {line}"


def attribute_name(mapping: str, names: tuple[str, ...], used: Collection[str]) -> str:
    """Return a name that nobody else writes: the mapping's, then the field's."""
    first, *rest = (*words(mapping), *(word for one in names for word in words(one)))
    name = (first + "".join(word.capitalize() for word in rest))[:LONGEST_NAME]
    if not is_attribute(name) or reserved_by(name):
        name = f"event{name[:1].upper()}{name[1:]}"
    found, number = name, 2
    while found in used:
        found, number = f"{name}{number}", number + 1
    return found


def example_lines(fixture: str, expected: Mapping[str, object]) -> Iterator[str]:
    """Give the test: what comes out now is what is expected."""
    yield "tests:"
    yield "  # what came out when this file was made; write what you mean"
    yield "  - name: an example"
    yield f"    base: {quoted(fixture)}"
    yield f"    meta: {{key: {KEY}}}"
    yield "    expect:"
    for part, values in expected.items():
        yield f"      {part}:"
        for name, value in values.items() if isinstance(values, dict) else ():
            yield f"        {quoted(name)}: {json.dumps(value, ensure_ascii=False)}"
