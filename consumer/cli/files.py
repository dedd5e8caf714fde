"""The configuration of a command."""

from __future__ import annotations

import os

from consumer.config.load import Loaded, load

__all__ = ["load_settings"]


def load_settings(path: str) -> Loaded:
    """Load the configuration file with the environment of this process over it.

    Raises ConfigurationError with all that is wrong.
    """
    return load(path, os.environ)
