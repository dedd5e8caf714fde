"""Unit tests of `consumer/transport`."""
