"""Bytes become an event: framing, schemas, limits. Pure."""
