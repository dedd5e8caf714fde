"""What to order of those who run the cluster."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from consumer.cli.acls import Orders, principal_of
from consumer.config.load import parse
from consumer.config.settings import Settings
from consumer.mapping.loading import load
from consumer.mapping.mapping_set import MappingSet
from tests.unit.catalogue.framing import FRAMES, READERS, framed

GROUP = "profiles"


def settings(**changes: str) -> Settings:
    """Return a configuration with some lines changed."""
    lines = {
        "kafka": "{bootstrap.servers: 'b:9092', group.id: profiles}",
        "target": "{client: acme}",
        "schemas": str(Path.cwd()),
        "mappings": str(Path.cwd()),
    } | changes
    text = "".join(f"{name}: {value}\n" for name, value in lines.items())
    return parse(text, "consumer.yaml", {}, folder=Path.cwd()).settings


def mappings(source: str) -> MappingSet:
    """Return a set of one mapping that reads `source`."""
    text = framed(
        f"source: {{{source}, schema: crm.LoanFunded}}", FRAMES["crm.LoanFunded"]
    )
    return load({"example.yaml": text}, READERS, {}, None)


def resources(source: str, **changes: str) -> list[tuple[str, str, str]]:
    """Return the resources that are ordered for one mapping."""
    orders = Orders(settings(**changes), mappings(source), None)
    return [(one.resource, one.name, one.pattern) for one in orders.wanted]


def test_a_topic() -> None:
    """The topic, its letters, its replays, and the group; each command is whole."""
    orders = Orders(settings(), mappings("topic: loans"), "me")
    assert list(orders.commands())[1:] == [
        (
            "kafka-acls --bootstrap-server b:9092 --command-config admin.properties "
            "--add --allow-principal User:me --operation Read --operation Write "
            "--operation Describe --operation DescribeConfigs --operation Create "
            "--topic profiles.loans.dead-letters"
        ),
        (
            "kafka-acls --bootstrap-server b:9092 --command-config admin.properties "
            "--add --allow-principal User:me --operation Read --operation Write "
            "--operation Describe --operation DescribeConfigs --operation Create "
            "--topic profiles.loans.replay"
        ),
        (
            "kafka-acls --bootstrap-server b:9092 --command-config admin.properties "
            "--add --allow-principal User:me --operation Read --operation Describe "
            "--group profiles"
        ),
    ]
    lines = list(orders.lines())
    assert lines[0].split() == ["resource", "name", "pattern", "operations", "for"]
    assert "topic     loans " in lines[1]
    assert orders.value()["principal"] == "User:me"


def test_letters_of_all_topics_in_one() -> None:
    """A resource is ordered once."""
    letters = "{topic: all-letters}"
    found = resources("topics: [a, b]", dead_letters=letters)
    assert found.count(("topic", "all-letters", "literal")) == 1
    assert [name for _, name, _ in found] == [
        *("a", "all-letters", "profiles.a.replay", "b", "profiles.b.replay", GROUP)
    ]


@pytest.mark.parametrize(
    ("pattern", "name", "kind"),
    [
        (r"prod\.loan[.].*", "prod.loan.", "prefixed"),
        ("^crm-[a-z]+", "crm-", "prefixed"),
        ("[a-z]+", "*", "literal"),
    ],
)
def test_a_pattern(pattern: str, name: str, kind: str) -> None:
    """What begins as its topics do; letters and replays begin with the group's name."""
    assert resources(f"pattern: '{pattern}'") == [
        ("topic", name, kind),
        ("topic", "profiles.", "prefixed"),
        ("group", GROUP, "literal"),
    ]


def test_letters_that_begin_with_their_topic() -> None:
    """Nobody knows how such names begin, so the owner has to choose."""
    found = resources("pattern: 'a[.]*'", dead_letters="{topic: '{topic}.letters'}")
    assert ("topic", "*", "literal") in found


def test_only_a_new_group_has_settings() -> None:
    """The right to see them is ordered for KIP-848 only: older tools refuse it."""
    kafka = "{bootstrap.servers: b, group.id: g, group.protocol: consumer}"
    orders = Orders(settings(kafka=kafka), mappings("topic: loans"), None)
    assert orders.wanted[-1].operations == ("Read", "Describe", "DescribeConfigs")
    assert shlex.split(list(orders.commands())[-1])[-2:] == ["--group", "g"]


@pytest.mark.parametrize(
    ("kafka", "named", "expected"),
    [
        ("", None, "User:PRINCIPAL"),
        ("", "me", "User:me"),
        ("", "Group:us", "Group:us"),
        (", sasl.mechanism: SCRAM-SHA-512, sasl.username: it", None, "User:it"),
        (", sasl.mechanisms: plain, sasl.username: it", "me", "User:me"),
        (", sasl.mechanism: OAUTHBEARER, sasl.username: it", None, "User:PRINCIPAL"),
    ],
)
def test_whom_to_give_them_to(kafka: str, named: str | None, expected: str) -> None:
    """Who is named, else who logs in by name; nobody knows here whose a token is."""
    found = settings(kafka=f"{{bootstrap.servers: b, group.id: g{kafka}}}")
    assert principal_of(found, named) == expected
