"""Likely personal data: what is named, and what is left alone."""

from __future__ import annotations

import json

import pytest

from consumer.mapping.loading import check
from consumer.mapping.personal import is_personal_name
from tests.unit.mapping.kit import FakeReader

NULLABLE = ["null", "string"]
SCHEMA: dict[str, object] = {
    "type": "record",
    "name": "t.Thing",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "eMail", "type": NULLABLE, "default": None},
        {"name": "email_verified", "type": "boolean"},
        {"name": "phone", "type": ["null", "boolean"]},
        {"name": "mobile", "type": {"type": "enum", "name": "Has", "symbols": ["Y"]}},
        {"name": "fax", "type": "Has"},
        {"name": "shoe", "type": "string", "pii": True},
        {"name": "hat", "type": {"type": "string", "confluent:tags": ["PII"]}},
        {"name": "coat", "type": "string", "tags": "sensitive"},
        {"name": "glove", "doc": "Personal: the size of a hand.", "type": "string"},
        {"name": "scarf", "doc": "Of personal taste.", "type": "string", "tags": []},
        {
            "name": "home",
            "type": {
                "type": "record",
                "name": "Home",
                "fields": [{"name": "street", "type": "string"}],
            },
        },
        {"name": "work", "type": ["null", "Home"]},
        {"name": "all", "type": {"type": "array", "items": "Home"}},
        {"name": "ids", "type": {"type": "map", "values": "string"}, "pii": True},
        {"name": "marks", "type": {"type": "map", "values": "string"}},
    ],
}
FILE = """\
version: 1
name: thing
source: {{topic: things, schema: t.Thing}}
profile: {{third_party_id: {profile}}}
attributes:
  x: {rule}
"""


def warned(rule: str, profile: str = "id") -> list[tuple[int, str]]:
    """Return line and message of each warning about personal data."""
    text = FILE.format(rule=rule, profile=profile)
    found = check({"a.yaml": text}, {"t.Thing": FakeReader(SCHEMA)}, {}, None).faults
    assert [one.code for one in found if one.severity == "error"] == []
    return [(one.line, one.message) for one in found if one.code == "M506"]


@pytest.mark.parametrize(
    ("rule", "path", "why"),
    [
        ("{from: eMail, missing: skip}", "eMail", "its name"),
        ("{from: event.eMail, missing: skip}", "eMail", "its name"),
        ("{from: eMail, missing: skip, apply: [trim]}", "eMail", "its name"),
        ("{cel: 'event.home.street + \"!\"'}", "home.street", "its name"),
        ("home.street", "home.street", "its name"),
        ("{from: work.street, missing: skip}", "work.street", "its name"),
        ("{from: all, apply: [{pluck: street}, join]}", "all.street", "its name"),
        ("shoe", "shoe", "its schema says so"),
        ("hat", "hat", "its schema says so"),
        ("coat", "coat", "its schema says so"),
        ("glove", "glove", "its `doc` says so"),
        ("{from: ids.passport, missing: skip}", "ids.passport", "its schema says so"),
    ],
)
def test_what_looks_personal_is_named(rule: str, path: str, why: str) -> None:
    """A value that its name, its schema or its `doc` calls personal is warned of."""
    message = f"`x` writes `{path}`, which looks like personal data ({why})."
    assert warned(rule) == [(6, message)]


@pytest.mark.parametrize(
    "rule",
    [
        "id",
        "email_verified",
        "{from: phone, missing: skip}",
        "mobile",
        "fax",
        "scarf",
        "{from: marks.maths, missing: skip}",
        "{from: meta.key, missing: skip}",
        "{from: eMail, missing: skip, personal: true}",
        "{from: eMail, missing: skip, personal: false}",
        "{from: eMail, missing: skip, apply: [trim, sha256]}",
        "{from: eMail, missing: skip, apply: [{hmac_sha256: {key: k}}]}",
        "{from: eMail, missing: skip, translate: {a: b}, otherwise: c}",
        '{cel: \'event.eMail != null ? "known" : "unknown"\'}',
        "{cel: 'event.home.street.size()'}",
        "{from: all, apply: [count]}",
        '{value: "1"}',
    ],
)
def test_what_is_not_written_or_was_thought_about_is_left_alone(rule: str) -> None:
    """A hash, a count, a table or a word of the author is enough."""
    assert warned(rule) == []


def test_an_id_is_looked_at_as_well() -> None:
    """An e-mail address as the profile's id is on its way to Target, too."""
    message = (
        "`third_party_id` writes `eMail`, which looks like personal data (its name)."
    )
    assert warned("id", profile="eMail") == [(4, message)]


def test_a_path_begins_at_the_root() -> None:
    """With `root` a path is looked up below it."""
    text = FILE.format(rule="street", profile="event.id")
    text = text.replace("schema:", "root: home, schema:")
    found = check({"a.yaml": text}, {"t.Thing": FakeReader(SCHEMA)}, {}, None).faults
    assert [one.line for one in found if one.code == "M506"] == [6]


@pytest.mark.parametrize(
    ("name", "is_personal"),
    [
        ("email", True),
        ("customerEmail", True),
        ("e-mail", True),
        ("phone2", True),
        ("home_phone_number", True),
        ("dateOfBirth", True),
        ("birth_year", True),
        ("iban", True),
        ("firstName", True),
        ("surname", True),
        ("email_hash", False),
        ("emailDomain", False),
        ("phone_consent", False),
        ("telephony", False),
        ("product_name", False),
        ("birthplace_tier", False),
        ("panel", False),
        ("streetcar", False),
    ],
)
def test_names_are_read_word_by_word(name: str, *, is_personal: bool) -> None:
    """A word counts as a whole, and some words say that it is not the thing itself."""
    assert is_personal_name(name) is is_personal


def test_names_of_types_are_found_in_other_files() -> None:
    """A type that stands in another file is followed."""
    home = {
        "type": "record",
        "name": "t.Home",
        "fields": [{"name": "iban", "type": "string"}],
    }
    thing = json.loads(json.dumps(SCHEMA))
    thing["fields"].append({"name": "bank", "type": "t.Home"})
    del thing["fields"][11:14]
    text = FILE.format(rule="bank.iban", profile="id")
    readers = {"t.Thing": FakeReader(thing), "t.Home": FakeReader(home)}
    found = check({"a.yaml": text}, readers, {}, None).faults
    assert [one.code for one in found] == ["M506"]
