"""Fixtures for tests against real servers."""

from __future__ import annotations

import pytest

from consumer.cli import cluster
from consumer.source import admin

PATIENCE_SECONDS = 60.0


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands in this process wait for servers that a busy machine makes slow."""
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", PATIENCE_SECONDS)
    monkeypatch.setattr(admin, "ANSWER_SECONDS", PATIENCE_SECONDS)
