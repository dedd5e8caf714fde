"""Unit tests of `consumer/deliver`."""
