"""Unit tests of the source."""
