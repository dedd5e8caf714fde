"""Mapping files that change under `consumer run`: topics come and go."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from consumer.sandbox.events import generate
from consumer.sandbox.samples import KIOSK, LOAN, Kind
from tests.broker.kafka import Cluster
from tests.integration.scene import Member, Scene
from tests.integration.settings import ROOT
from tests.processes import until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

RECORDS = 120
SEED = 3


def count(kind: Kind) -> int:
    """Return how many of the events are of a kind."""
    return sum(event.kind is kind for event in generate(RECORDS, SEED))


def topics_of(member: Member) -> set[object]:
    """Return the topics whose partitions the process has, by `/status`."""
    partitions = member.status()["partitions"]
    assert isinstance(partitions, list)
    return {one["topic"] for one in partitions}


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_a_set_that_adds_and_drops_a_topic(
    kafka_broker: Cluster, tmp_path: Path, protocol: str
) -> None:
    """A new mapping's topic is read from its beginning; a dropped one is given back."""
    mappings = tmp_path / "mappings"
    shutil.copytree(ROOT / "schemas/mappings", mappings)
    kiosk, loan = mappings / "kiosk-accessed.yaml", mappings / "loan-funded.yaml"
    aside = kiosk.rename(tmp_path / "aside.yaml")
    scene = Scene(
        cluster=kafka_broker,
        folder=tmp_path,
        partitions=2,
        changes={"mappings": str(mappings), "kafka": {"group.protocol": protocol}},
    )
    with scene:
        scene.sandbox.create_profiles(RECORDS, SEED)
        member = scene.start("acme")
        member.until_ready()
        publisher = scene.publish(RECORDS, SEED)
        assert publisher.wait(40) == 0, publisher.text()
        member.until_counted("consumed", RECORDS - count(KIOSK))
        aside.rename(kiosk)
        member.until_counted("consumed", RECORDS)
        member.until_counted("held", 0)
        loan.unlink()
        until(
            lambda: scene.topics[LOAN.topic] not in topics_of(member),
            "the topic is given back",
        )
        assert member.counted("released") == 0
        text = loan.with_suffix(".broken.yaml")
        text.write_text("version: 9\n", encoding="utf-8")
        until(lambda: bool(refused(member)), "a refused set")
        assert topics_of(member) == {
            topic for name, topic in scene.topics.items() if name != LOAN.topic
        }
        assert member.process.terminate() == 0
    assert member.process.text().count('"mappings swapped"') == 2


def refused(member: Member) -> list[object]:
    """Return what `/status` says of a set that is refused."""
    mappings = member.status()["mappings"]
    assert isinstance(mappings, dict)
    found = mappings["refused"]
    assert isinstance(found, list)
    return found
