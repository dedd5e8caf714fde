"""How examples of the catalogue about services outside are run."""

from __future__ import annotations

import re
from pathlib import Path

from consumer.catalogue.section import Section
from consumer.deliver.answers import outcome_of
from consumer.errors import DependencyError, FileFault
from consumer.mapping.loading import check
from consumer.model import Answer, Fault, FaultKind
from consumer.pipeline.assembly import base_url
from consumer.pipeline.connection_faults import (
    forbidden,
    letters_missing,
    letters_small,
    nothing_matches,
    registry_silent,
    target_fault,
    unanswered,
)
from consumer.pipeline.topics import topics_of
from consumer.registry import place
from tests.unit.catalogue.framing import FRAMES, READERS, framed, settings

__all__ = ["in_letters", "in_patterns", "in_rights", "in_silence", "in_target"]


def in_silence(_: Section, text: str, folder: Path) -> tuple[FileFault, ...]:
    """Ask a cluster and a registry that are at one place only."""
    found = settings(text, folder, {})
    servers = found.kafka.properties["bootstrap.servers"]
    if servers not in {"broker:9092", "kafka:9092"}:
        error = DependencyError(f"the cluster at {servers}: no answer in time")
        return (unanswered(error),)
    url = found.registry.url
    if url not in {None, "https://registry:8081"}:
        return (registry_silent(DependencyError(f"{place(url)}: no answer in time")),)
    return ()


def in_rights(_: Section, text: str, __: Path) -> tuple[FileFault, ...]:
    """Read from a topic with the rights that a command gave."""
    given = frozenset(one.upper() for one in re.findall(r"--operation (\w+)", text))
    found = forbidden("topics/prod.loan-funded", ("READ", "DESCRIBE"), given)
    return () if found is None else (found,)


def in_letters(section: Section, text: str, folder: Path) -> tuple[FileFault, ...]:
    """Look at the topic for the letters of one with six partitions."""
    topic = "profiles.prod.loan-funded.dead-letters"
    if section.code == "K204":
        if settings(text, folder, {}).dead_letters.create:
            return ()
        return (letters_missing(topic, 6, "`dead_letters.create` is false"),)
    found = letters_small(topic, int(text.rsplit("=", 1)[1]), 1_048_576)
    return () if found is None else (found,)


def in_patterns(_: Section, text: str, folder: Path) -> tuple[FileFault, ...]:
    """Look for the topics of a mapping in a cluster with one topic."""
    mapping = framed(text, FRAMES["crm.LoanFunded"])
    checked = check({"example.yaml": mapping}, READERS, {}, None)
    assert checked.mappings is not None, checked.faults
    found = topics_of(settings("", folder, {}), checked.mappings, {"prod.loan-funded"})
    return () if found.sources else (nothing_matches(re.findall("'(.*)'", text)[0]),)


def in_target(section: Section, text: str, folder: Path) -> tuple[FileFault, ...]:
    """Ask a Target that is at its own place only, and wants a token."""
    found = settings(text, folder, {})
    host = base_url(found).removeprefix("https://")
    refused: Fault | Answer
    refused = Fault(
        FaultKind.CONNECT, "no connection to the target: connection refused"
    )
    if section.code == "T101" and found.target.base_url is None:
        return ()
    if section.code == "T102":
        if found.target.token is not None:
            return ()
        refused = Answer(403)
    return (target_fault(host, outcome_of(refused)),)
