"""Offline actions from Kafka become Adobe Target profile updates."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("target-profile-consumer")
