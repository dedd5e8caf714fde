"""A configuration file that is right, and how the tests read one."""

from pathlib import Path

import pytest

from consumer.config.load import Loaded, parse
from consumer.config.settings import Settings
from consumer.errors import ConfigurationError

LEAST = """\
kafka:
  bootstrap.servers: 127.0.0.1:9092
  group.id: offline-profiles
target:
  client: acme
"""


def read(folder: Path, text: str, **environ: str) -> Loaded:
    return parse(text, "c.yaml", environ, folder)


def settings(folder: Path, text: str = LEAST, **environ: str) -> Settings:
    return read(folder, text, **environ).settings


def faults(folder: Path, text: str, **environ: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, text, **environ)
    return [
        f"{fault.line}:{fault.column} {fault.code} {fault.message} {fault.mend}"
        if fault.line
        else f"{fault.file} {fault.code} {fault.message} {fault.mend}"
        for fault in caught.value.faults
    ]
