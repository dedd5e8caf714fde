"""A whole installation on one machine: target, registry, publisher, consumers."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from consumer.sandbox.events import population_of
from consumer.sandbox.samples import KINDS
from tests.broker.kafka import Cluster
from tests.broker.mock import MockCluster
from tests.broker.process import free_ports
from tests.integration.settings import configuration, sections
from tests.processes import Process, consumer_command, get_json, post_json, until

__all__ = ["SandboxProcess", "Scene"]

PAGE = 10_000


class SandboxProcess(Process):
    """The sandbox as a process of its own, and its admin interface.

    Attributes:
        target: Where Target is, when it speaks no TLS.
        admin: Where the admin interface is.
        registry: Where the schema registry is.
        port: Target's port.
        registry_port: The registry's.
    """

    def __init__(self, folder: Path, *options: str, name: str = "sandbox") -> None:
        ports = free_ports(3)
        self.target, self.admin, self.registry = (
            f"http://127.0.0.1:{port}" for port in ports
        )
        self.port, _, self.registry_port = ports
        command = consumer_command(
            "sandbox",
            f"--port={ports[0]}",
            f"--admin-port={ports[1]}",
            f"--registry-port={ports[2]}",
            *options,
        )
        super().__init__(name, command, folder)

    def start_up(self) -> Self:
        """Return once it answers."""
        self.until_answers(f"{self.admin}/health")
        return self

    def create_profiles(self, records: int, seed: int) -> None:
        """Create the profiles that so many events of `seed` are about."""
        self.create(population_of(records, seed).names)

    def create(self, names: Iterable[str]) -> None:
        """Create profiles without attributes: `kind:id`."""
        profiles = []
        for name in names:
            kind, _, value = name.partition(":")
            profiles.append({kind: value, "attributes": {}})
        post_json(f"{self.admin}/profiles", {"profiles": profiles})

    def set_fault(self, **rule: object) -> None:
        """Set a fault rule."""
        post_json(f"{self.admin}/faults", rule)

    def clear_faults(self) -> None:
        """Take all fault rules back."""
        post_json(f"{self.admin}/faults", None, method="DELETE")

    def rotate_token(self, token: str) -> None:
        """Have another token from now on, and require it."""
        post_json(f"{self.admin}/token", {"token": token, "required": True})

    def set_switches(self, **switches: object) -> None:
        """Set switches."""
        post_json(f"{self.admin}/switches", switches, method="PATCH")

    def counter(self, name: str) -> int:
        """Return one of its counters."""
        found = get_json(f"{self.admin}/counters")
        assert isinstance(found, dict)
        return int(found.get(name, 0))

    def profiles(self) -> dict[str, dict[str, str]]:
        """Return every profile: `kind:id` to attributes."""
        found: dict[str, dict[str, str]] = {}
        after: int | None = 0
        while after is not None:
            page = get_json(f"{self.admin}/profiles?after={after}&limit={PAGE}")
            assert isinstance(page, dict)
            found.update(page["profiles"])
            after = page["next"]
        return found

    def calls(self) -> list[dict[str, object]]:
        """Return every update call, in the order in which they are applied."""
        found: list[dict[str, object]] = []
        after: int | None = 0
        while after is not None:
            page = get_json(f"{self.admin}/calls?after={after}&limit={PAGE}")
            assert isinstance(page, dict)
            found += page["calls"]
            after = page["next"]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One `consumer run`: its process and where it answers probes."""

    process: Process
    http: str

    def status(self) -> dict[str, object]:
        """Return its `/status`."""
        found = get_json(f"{self.http}/status")
        assert isinstance(found, dict)
        return found

    def counted(self, name: str) -> int:
        """Return one of the counters in `/status`."""
        counters = self.status()["counters"]
        assert isinstance(counters, dict)
        return int(counters[name])

    def pauses(self) -> dict[str, str]:
        """Return the reason of each pause in `/status`, and what would end it."""
        pauses = self.status()["pauses"]
        assert isinstance(pauses, list)
        return {pause["reason"]: pause["ends_when"] for pause in pauses}

    def until_paused(self, *reasons: str) -> dict[str, str]:
        """Wait until it is paused for all of `reasons`; return its pauses."""
        self.process.until_answers(f"{self.http}/livez")

        def is_so() -> bool:
            return set(reasons) <= set(self.pauses())

        until(is_so, f"paused: {reasons}", seconds=40)
        return self.pauses()

    def until_nothing_pauses(self) -> None:
        """Wait until `/status`, which is a little behind, names no pause."""
        until(lambda: not self.pauses(), "no pause", seconds=40)

    def until_counted(self, name: str, count: int) -> None:
        """Wait until one of the counters in `/status` is `count`."""
        until(lambda: self.counted(name) == count, f"{count} {name}", seconds=40)

    def until_ready(self) -> None:
        """Wait until it has joined its group."""
        self.process.until_answers(f"{self.http}/readyz")


@dataclass(slots=True, kw_only=True)
class Scene:
    """A cluster's topics, a sandbox, and the processes that a test starts.

    Owned by the test; the end of its block ends every process.

    Attributes:
        topics: Logical to real topic names, of this scene alone.
        group: The consumer group.
        changes: What the configuration has beside the usual.
        registry: Another registry than the sandbox's.
        sandbox_options: Of the command `consumer sandbox`.
        environment: What consumers have in theirs, beside ours.
    """

    cluster: Cluster
    folder: Path
    partitions: int
    changes: Mapping[str, object] = field(default_factory=dict)
    registry: str | None = None
    sandbox_options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    name: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    stack: ExitStack = field(default_factory=ExitStack)
    sandbox: SandboxProcess = field(init=False)
    started: int = 0

    @property
    def group(self) -> str:
        """The consumer group."""
        return f"group-{self.name}"

    @property
    def topics(self) -> dict[str, str]:
        """Logical to real topic names."""
        return {kind.topic: f"{kind.topic}.{self.name}" for kind in KINDS}

    @property
    def letter_topics(self) -> list[str]:
        """The dead-letter topics, by the default template."""
        return [f"{self.group}.{topic}.dead-letters" for topic in self.topics.values()]

    def __enter__(self) -> Self:
        self.stack.__enter__()
        sandbox = SandboxProcess(self.folder, *self.sandbox_options)
        self.sandbox = self.stack.enter_context(sandbox).start_up()
        for topic in self.topics.values():
            self.cluster.create_topic(topic, self.partitions)
        if isinstance(self.cluster, MockCluster):  # it lets nobody else create topics
            for topic in self.letter_topics:
                self.cluster.create_topic(topic, self.partitions)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stack.__exit__(kind, error, trace)

    def configuration(
        self, name: str, http: int = 0, changes: Mapping[str, object] | None = None
    ) -> str:
        """Write the configuration file of the process `name`; return its path."""
        base = sections(
            self.cluster.bootstrap,
            self.sandbox.target,
            f"127.0.0.1:{http}",
            self.group,
        )
        own = {
            "kafka": {"client.id": name},
            "registry": {"url": self.registry or self.sandbox.registry},
            "topics": self.topics,
            "target": {"client": name},
            "limits": {
                "merged_items": 1
            },  # each event is a call, to be matched with it
        }
        file = self.folder / f"{name}.yaml"
        merged = json.loads(Path(configuration(file, base, own)).read_text())
        merged = json.loads(Path(configuration(file, merged, self.changes)).read_text())
        return configuration(file, merged, changes)

    def start(self, name: str, **changes: object) -> Member:
        """Start a `consumer run` whose client id and client code are `name`.

        `changes` are of its configuration alone, section by section.
        """
        (http,) = free_ports(1)
        file = self.configuration(name, http, changes)
        command = consumer_command("run", "--config", file)
        process = Process(name, command, self.folder, self.environment)
        self.stack.enter_context(process)
        return Member(process=process, http=f"http://127.0.0.1:{http}")

    def publish(self, records: int, seed: int, rate: float | None = None) -> Process:
        """Start `consumer publish`; what it says is in the process's `out`."""
        arguments = ["--records", str(records), "--seed", str(seed)]
        arguments += ["--rate", str(rate)] if rate else []
        command = consumer_command(
            "publish",
            "--config",
            self.configuration("publisher"),
            *arguments,
            "--output",
            "json",
        )
        return self.stack.enter_context(Process("publish", command, self.folder))
