"""The command line: one file for each command."""

from consumer.cli.program import main

__all__ = ["main"]
