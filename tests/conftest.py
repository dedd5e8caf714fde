"""Fixtures for all tests, and what happens to tests that need a real broker.

Tests marked `kafka` run when Java 17 and Maven are found or `KAFKA_BOOTSTRAP` names a
broker. Else they are left out and the run's last line says so; with `CI=true` that is a
failure.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker.downloads import kafka_jars, missing, registry_jar
from tests.broker.kafka import Cluster, KafkaBroker
from tests.broker.mock import MockCluster
from tests.broker.registry import ApicurioRegistry
from tests.contract.simulated import SimulatedCluster

EXTERNAL = "KAFKA_BOOTSTRAP"
LEFT_OUT = pytest.StashKey[int]()


@pytest.hookimpl(trylast=True)  # after -m and -k have chosen
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out what this machine cannot run.

    Raises:
        pytest.UsageError: With `CI=true`: there, everything must run.
    """
    real = [item for item in items if item.get_closest_marker("kafka")]
    if not real or os.environ.get(EXTERNAL) or missing() is None:
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError(f"{len(real)} tests need {missing()}, and this is CI")
    config.stash[LEFT_OUT] = len(real)
    items[:] = [item for item in items if item not in real]
    config.hook.pytest_deselected(items=real)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Download the broker and the registry before any test's time begins to run."""
    real = any(item.get_closest_marker("kafka") for item in session.items)
    if real and missing() is None and not session.config.option.collectonly:
        if not os.environ.get(EXTERNAL):
            kafka_jars()
        registry_jar()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Say, as the last line, what was not run and what it needs."""
    count = config.stash.get(LEFT_OUT, 0)
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if count and reporter is not None:
        reporter.write_line(
            f"{count} tests were not run: they need {missing()}, or a broker named by "
            f"{EXTERNAL}."
        )


@pytest.fixture
def mock_cluster() -> Iterator[MockCluster]:
    """Give a cluster inside this process, empty, one for each test."""
    with MockCluster() as cluster:
        yield cluster


@pytest.fixture
def simulated_cluster() -> SimulatedCluster:
    """Give the simulation's cluster, which lives on the test's loop."""
    return SimulatedCluster()


@pytest.fixture(params=["simulated_cluster", "mock_cluster"])
def ill_cluster(request: pytest.FixtureRequest) -> MockCluster | SimulatedCluster:
    """Give each kind of cluster that fails when it is told to."""
    found: MockCluster | SimulatedCluster = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Give a real cluster, one for the whole run: tests make topics of their own."""
    if bootstrap := os.environ.get(EXTERNAL):
        yield Cluster(bootstrap)
        return
    with KafkaBroker(tmp_path_factory.mktemp("kafka")) as broker:
        broker.warm_up()
        yield broker


@pytest.fixture
def own_broker(kafka_broker: Cluster) -> KafkaBroker:
    """Give the real broker as a process that the test may stop and go on."""
    if not isinstance(kafka_broker, KafkaBroker):
        pytest.skip("the broker is not ours to stop")
    return kafka_broker


@pytest.fixture(scope="session")
def real_registry_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a real registry's Confluent API, one for the whole run."""
    with ApicurioRegistry(Path(tmp_path_factory.mktemp("registry"))) as registry:
        yield registry.url
