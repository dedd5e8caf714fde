"""A broker with TLS and a password, as production has: from publisher to profile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.broker.kafka import KafkaBroker
from tests.integration.scene import Scene

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

RECORDS = 200
SEED = 11
PASSWORD = "canary-of-the-broker"


@pytest.fixture
def scene(own_broker: KafkaBroker, tmp_path: Path) -> Scene:
    """Give an installation whose processes come in by the secured door only."""
    own_broker.add_user("offline", PASSWORD)
    secret = tmp_path / "kafka-password"
    secret.write_text(PASSWORD, encoding="utf-8")
    kafka = {
        "bootstrap.servers": own_broker.secure,
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": own_broker.ca_file,
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "offline",
        "sasl.password": {"file": str(secret)},
    }
    return Scene(
        cluster=own_broker, folder=tmp_path, partitions=2, changes={"kafka": kafka}
    )


def test_events_reach_profiles_through_tls_and_sasl(scene: Scene) -> None:
    """Consumer, publisher and dead letters log in, and nobody writes the password."""
    with scene:
        scene.sandbox.create_profiles(RECORDS, SEED)
        publisher = scene.publish(RECORDS, SEED)
        assert publisher.wait(40) == 0, publisher.text()
        said = json.loads(publisher.out.read_text())
        member = scene.start("acme")
        member.until_ready()
        member.until_counted("consumed", RECORDS)
        member.until_counted("held", 0)
        held = {name: has for name, has in scene.sandbox.profiles().items() if has}
        assert said["profiles"] == held
        assert member.counted("dead_lettered") > 0
        assert member.process.terminate() == 0
        for process in (member.process, publisher):
            assert PASSWORD not in process.text() + process.out.read_text()
