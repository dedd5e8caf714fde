"""`consumer check --connect` against a real broker with rights, and a real registry."""

from __future__ import annotations

import itertools
import json
import shlex
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
)
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from consumer.cli.exits import Exit
from tests.broker.kafka import KafkaBroker
from tests.integration.settings import ROOT, configuration
from tests.processes import Process, consumer_command, until
from tests.unit.cli.command import Ended, run
from tests.unit.cli.events import PATH
from tests.unit.cli.outside import outside

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.timeout(120),
    pytest.mark.usefixtures("patience"),
]

JSON = ("--connect", "--output", "json")
LOANS = "crm.loan-funded.v1"
PASSWORD = "canary-of-the-broker"
SECONDS = 10.0
OPERATIONS = {
    "Read": "READ",
    "Write": "WRITE",
    "Describe": "DESCRIBE",
    "DescribeConfigs": "DESCRIBE_CONFIGS",
    "Create": "CREATE",
}
MAPPING = """\
version: 1
name: loans
source: {topic: crm.loan-funded.v1, schema: crm.LoanFunded}
profile: {third_party_id: customer.crm_id}
attributes: {borrower: {value: "true"}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A topic behind rights, and a user who has none yet. Owned by the test."""

    broker: KafkaBroker
    user: str
    topic: str
    group: str
    check: Callable[..., Ended]
    admin: AdminClient
    file: Path

    @property
    def letters(self) -> str:
        """The topic of its dead letters."""
        return f"{self.group}.{self.topic}.dead-letters"

    def grant(self, command: str) -> None:
        """Do what a `kafka-acls` command does."""
        words = shlex.split(command)
        given: dict[str, list[str]] = {}
        for word, value in itertools.pairwise(words):
            given.setdefault(word, []).append(value)
        kind = "topic" if "--topic" in given else "group"
        bindings = [
            AclBinding(
                ResourceType[kind.upper()],
                given[f"--{kind}"][0],
                ResourcePatternType.LITERAL,
                given["--allow-principal"][0],
                "*",
                AclOperation[OPERATIONS[one]],
                AclPermissionType.ALLOW,
            )
            for one in given["--operation"]
        ]
        for answer in self.admin.create_acls(bindings).values():
            answer.result(SECONDS)

    def close(self, kind: str, name: str) -> None:
        """Let nobody else but a stranger do anything: rules make a resource closed."""
        self.grant(
            f"kafka-acls --allow-principal User:stranger --operation Read --{kind} {name}"
        )

    @contextmanager
    def closed_cluster(self) -> Iterator[None]:
        """Let nobody create topics by a right on the whole cluster."""
        binding = AclBinding(
            ResourceType.BROKER,
            "kafka-cluster",
            ResourcePatternType.LITERAL,
            "User:stranger",
            "*",
            AclOperation.CREATE,
            AclPermissionType.ALLOW,
        )
        (answer,) = self.admin.create_acls([binding]).values()
        answer.result(SECONDS)
        try:
            yield
        finally:
            wanted = AclBindingFilter(
                ResourceType.BROKER,
                "kafka-cluster",
                ResourcePatternType.LITERAL,
                "User:stranger",
                "*",
                AclOperation.CREATE,
                AclPermissionType.ALLOW,
            )
            (deleted,) = self.admin.delete_acls([wanted]).values()
            assert len(deleted.result(SECONDS)) == 1


@pytest.fixture
def door(
    capsys: pytest.CaptureFixture[str],
    own_broker: KafkaBroker,
    real_registry_url: str,
    tmp_path: Path,
) -> Iterator[Door]:
    """Give a topic of three partitions; the user comes in by TLS and password."""
    name = uuid.uuid4().hex[:8]
    user, topic, group = f"user-{name}", f"loans-{name}", f"group-{name}"
    own_broker.add_user(user, PASSWORD)
    own_broker.create_topic(topic, partitions=3)
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "loans.yaml").write_text(MAPPING)
    with outside() as box:
        file = configuration(
            tmp_path / "consumer.yaml",
            {
                "kafka": {
                    "bootstrap.servers": own_broker.secure,
                    "group.id": group,
                    "security.protocol": "SASL_SSL",
                    "ssl.ca.location": own_broker.ca_file,
                    "sasl.mechanism": "SCRAM-SHA-512",
                    "sasl.username": user,
                    "sasl.password": PASSWORD,
                },
                "registry": {"url": real_registry_url, "timeout_seconds": 60},
                "schemas": str(ROOT / "schemas/avro"),
                "mappings": str(tmp_path / "mappings"),
                "topics": {LOANS: topic},
                "http": {"listen": "127.0.0.1:0"},
                "target": {
                    "client": "acme",
                    "base_url": box.addresses.target,
                    "timeout_seconds": 60,
                },
            },
        )

        def check(*arguments: str) -> Ended:
            return run(capsys, "check", "--config", file, *arguments)

        door = Door(
            broker=own_broker,
            user=user,
            topic=topic,
            group=group,
            check=check,
            file=Path(file),
            admin=AdminClient({"bootstrap.servers": own_broker.bootstrap}),
        )
        for each in (topic, door.letters, f"{group}.{topic}.replay"):
            door.close("topic", each)
        door.close("group", group)
        yield door


def codes(ended: Ended) -> list[tuple[str, str]]:
    """Return code and place of each fault."""
    return [(one["code"], one["file"]) for one in ended.listed("faults")]


def test_rights_from_none_to_all(door: Door, real_registry_url: str) -> None:
    """Each right that is missing is named; those that are printed are enough."""
    ended = door.check(*JSON)
    group = ("K203", f"groups/{door.group}")
    subject = ("S107", f"subjects/{door.topic}-value")
    assert codes(ended) == [("K201", "topics"), group, subject]
    assert ended.code == Exit.DEPENDENCY
    assert PASSWORD not in ended.out
    allow = f"kafka-acls --allow-principal User:{door.user}"
    door.grant(f"{allow} --operation Describe --topic {door.topic}")
    letters = ("K204", f"topics/{door.letters}")
    with door.closed_cluster():
        ended = door.check(*JSON)
    assert codes(ended) == [("K203", f"topics/{door.topic}"), letters, group, subject]
    assert "Authorization failed" in str(ended.listed("faults")[1]["message"])
    with SchemaRegistryClient({"url": real_registry_url}) as registry:
        text = PATH.read_text(encoding="utf-8")
        registry.register_schema(f"{door.topic}-value", Schema(text, "AVRO"))
    acls = door.check("--print-acls", "--output", "json").json["acls"]
    assert isinstance(acls, dict)
    assert acls["principal"] == f"User:{door.user}"
    for command in acls["commands"]:
        door.grant(command)
    with door.closed_cluster():
        ended = door.check("--connect")
    assert ended.out.splitlines()[1:-1] == [
        f"topic {door.topic}: OK, partitions: 3",
        f"topic {door.letters}: OK, does not exist yet; run creates it with partitions: 3",
        f"group {door.group}: OK, does not exist yet, members: 0",
        "registry: OK, answers",
        f"subject {door.topic}-value: OK, newest version: 1",
    ]
    assert (ended.code, ended.err) == (Exit.DONE, "ok\n")


def test_letters_that_are_small_or_not_ours(door: Door) -> None:
    """A topic of letters is judged by its size, and by whether we may write to it."""
    allow = f"kafka-acls --allow-principal User:{door.user}"
    read = "--operation Read --operation Describe --operation DescribeConfigs"
    door.grant(f"{allow} {read} --topic {door.topic}")
    door.grant(f"{allow} {read} --topic {door.letters}")
    door.grant(f"{allow} {read} --group {door.group}")
    settings = {"max.message.bytes": "100000"}
    door.broker.create_topic(door.letters, settings=settings)
    ended = door.check(*JSON)
    place = f"topics/{door.letters}"
    assert codes(ended)[:2] == [("K203", place), ("K205", place)]
    found = ended.listed("faults")
    assert found[0]["message"] == "we have no right to write it"
    assert found[1]["message"].startswith("dead letters may have 100000 bytes, and rec")
    door.grant(f"{allow} --operation Write --topic {door.letters}")
    command = consumer_command("run", "--config", str(door.file))
    with Process("run", command, door.file.parent) as process:
        until(lambda: '"code": "K205"' in process.text(), "the fault is written down")
        assert process.terminate() == 0
        lines = [json.loads(line) for line in process.text().splitlines()]
    (line,) = [one for one in lines if one.get("code") == "K205"]
    assert line["message"].startswith(
        f"outside: topic {door.letters}: dead letters may"
    )
    assert line["mend"].startswith("Raise max.message.bytes of the topic")


def test_a_wrong_password(door: Door, tmp_path: Path) -> None:
    """The cluster says that it does not know us, and the password is not shown."""
    file = tmp_path / "consumer.yaml"
    file.write_text(file.read_text().replace(PASSWORD, "canary-of-nobody"))
    ended = door.check("--connect")
    assert ended.code == Exit.DEPENDENCY
    assert "error K202: the cluster at" in ended.out
    assert "Set kafka.sasl.mechanism, username and password." in ended.out
    assert "canary" not in ended.out
