"""Each test here runs on both loops: uvloop's connections and TLS are its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

from tests.certificates import Certificates, make_certificates
from tests.contract.transport.subjects import KINDS, REAL


def pytest_asyncio_loop_factories() -> Mapping[
    str, Callable[[], asyncio.AbstractEventLoop]
]:
    """Name the loops."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Return the kind of transport under test."""
    return str(request.param)


@pytest.fixture(params=REAL)
def real(request: pytest.FixtureRequest) -> str:
    """Return the kind of real transport under test."""
    return str(request.param)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Return a private authority's certificates."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))
