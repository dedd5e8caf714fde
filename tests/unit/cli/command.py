"""Run a command in this process, as the shell would see it."""

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from consumer.cli import main

__all__ = ["Ended", "run"]


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        code: The exit code.
        out: Standard output.
        err: Standard error.
    """

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        """The one JSON value on standard output."""
        found = msgspec.json.decode(self.out)
        assert isinstance(found, dict)
        return found

    def listed(self, name: str) -> list[dict[str, Any]]:
        """One list of objects in the JSON value."""
        found = self.json[name]
        assert isinstance(found, list)
        return found


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    """Run `consumer` with `arguments`."""
    code = main(arguments)
    out, err = capsys.readouterr()
    return Ended(int(code), out, err)
