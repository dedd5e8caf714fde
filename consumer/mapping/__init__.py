"""Mapping files become one plain function each: an event in, items out. Pure."""
