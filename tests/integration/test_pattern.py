"""Topics that a pattern matches: read as they are there, with topics for their letters."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka import Producer

from consumer.sandbox.samples import LOAN
from tests.broker.kafka import Cluster
from tests.integration.kafka_log import everything
from tests.integration.scene import Scene

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(90)]

PARTITIONS = 3
MAPPING = """\
version: 1
name: loans
owner: lending-data
source: {{pattern: '{pattern}', schema: crm.LoanFunded}}
profile: {{third_party_id: customer.crm_id}}
attributes: {{borrower: {{value: "true"}}}}
"""


def test_letters_of_a_matched_topic(kafka_broker: Cluster, tmp_path: Path) -> None:
    """Its topic of letters is created like it, and each letter keeps its partition."""
    mappings = tmp_path / "mappings"
    mappings.mkdir()
    scene = Scene(
        cluster=kafka_broker,
        folder=tmp_path,
        partitions=PARTITIONS,
        changes={"mappings": str(mappings)},
    )
    topic = scene.topics[LOAN.topic]
    text = MAPPING.format(pattern=topic.replace(".", "[.]"))
    (mappings / "loans.yaml").write_text(text)
    with scene:
        member = scene.start("acme")
        member.until_ready()
        producer = Producer({"bootstrap.servers": kafka_broker.bootstrap})
        for partition in range(PARTITIONS):
            producer.produce(topic, b"no event", partition=partition)
        assert producer.flush(10) == 0
        member.until_counted("dead_lettered", PARTITIONS)
        found = everything(
            kafka_broker.bootstrap, f"{scene.group}.{topic}.dead-letters"
        )
        told = [
            (one.partition(), dict(one.headers() or ())["dead-letter-partition"])
            for one in found
        ]
        assert sorted(told) == [(0, b"0"), (1, b"1"), (2, b"2")]
        assert member.process.terminate() == 0
