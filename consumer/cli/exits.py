"""How a command ends: the only place where an error becomes an exit code."""

from __future__ import annotations

import enum

from consumer.errors import (
    ConfigurationError,
    DependencyError,
    SchemaUnresolvableError,
    UsageError,
)
from consumer.sandbox.errors import SandboxError

__all__ = ["Exit", "exit_of"]


class Exit(enum.IntEnum):
    """The exit codes."""

    DONE = 0
    NO = 1  # ran to the end, and the answer is no
    USAGE = 2
    CONFIGURATION = 3
    DEPENDENCY = 4
    FAILED = 5
    INTERRUPTED = 130  # a second SIGINT cut the drain
    TERMINATED = 143  # a second SIGTERM cut the drain


CODES: tuple[tuple[type[Exception], Exit], ...] = (
    (UsageError, Exit.USAGE),
    (ConfigurationError, Exit.CONFIGURATION),
    (SchemaUnresolvableError, Exit.CONFIGURATION),
    (DependencyError, Exit.DEPENDENCY),
    (SandboxError, Exit.DEPENDENCY),
)


def exit_of(error: Exception) -> Exit:
    """Return the code of a command that `error` ended."""
    for kind, code in CODES:
        if isinstance(error, kind):
            return code
    return Exit.FAILED
