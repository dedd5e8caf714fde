"""A whole run that follows an overrides file."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from consumer.errors import ConfigurationError
from consumer.pipeline.service import serve
from tests.broker.mock import MockCluster
from tests.fake_transport import SUBMITTED
from tests.scripted_server import scripted_server
from tests.unit.pipeline.test_service import (
    MATERIAL_OF_ONE,
    PATIENCE_SECONDS,
    Served,
    answered,
    committed,
    create_topics,
    get,
    publish,
    serving,
    settings_for,
    single_object,
    until,
)

Status: TypeAlias = dict[str, Any]
HOLD = "mappings: {ev: {mode: hold}}\n"


async def shown(served: Served, is_so: Callable[[Status], bool]) -> Status:
    """Return `/status` once something is so in it; it is taken twice a second."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            await asyncio.sleep(0.05)
            if served.pipeline is None:  # it has not begun
                continue
            _, text = await asyncio.to_thread(get, served.port, "/status")
            found: Status = json.loads(text)
            if is_so(found):
                return found


async def test_a_hold_stands_from_the_start_until_the_file_is_empty(
    mock_cluster: MockCluster, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is held is committed by nobody; `/status` says so; then it is delivered."""
    create_topics(mock_cluster)
    publish(mock_cluster, single_object("a", 1), single_object("b", 2))
    file = tmp_path / "overrides.yaml"
    file.write_text(HOLD)
    async with scripted_server([answered(200, SUBMITTED.body)] * 2) as target:
        settings = dataclasses.replace(
            settings_for(mock_cluster.bootstrap, target.port), overrides=file
        )
        async with serving(settings, caplog) as served:
            status = await shown(served, lambda one: one["counters"]["held"] == 2)
            (listed,), (pause,) = status["overrides"], status["pauses"]
            assert (listed["mapping"], listed["mode"]) == ("ev", "hold")
            assert (pause["reason"], pause["scope"]) == ("override", "mapping ev")
            assert (served.delivered, target.requests) == (0, [])
            assert await asyncio.to_thread(committed, mock_cluster) == 0
            file.write_text("# nothing any more\n")
            await until(served, 2)
        assert await asyncio.to_thread(committed, mock_cluster) == 2


async def test_a_file_at_fault_is_refused_at_the_start(
    tmp_path: Path,
) -> None:
    """As mappings are: nothing is connected to, and every fault is named."""
    file = tmp_path / "overrides.yaml"
    file.write_text("mappings: {evv: {mode: hold}}\n")
    settings = dataclasses.replace(settings_for("127.0.0.1:1"), overrides=file)
    with pytest.raises(ConfigurationError, match="There is no mapping `evv`"):
        await serve(settings, MATERIAL_OF_ONE, {}, asyncio.Event())
