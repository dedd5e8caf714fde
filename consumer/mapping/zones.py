"""Time zones by name, remembered: looking one up reads the zone database once."""

from __future__ import annotations

import functools
import re
import zoneinfo

from consumer.errors import MappingError

__all__ = ["UnknownZoneError", "zone_named", "zone_of"]

# What the database calls zones; keeps a record's text from naming a path of ours.
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")


class UnknownZoneError(Exception):
    """There is no such zone.

    Attributes:
        known: The names that there are.
    """

    def __init__(self, known: frozenset[str]) -> None:
        """Keep `known`."""
        super().__init__("unknown zone")
        self.known = known


@functools.lru_cache(maxsize=1024)
def find(name: str) -> zoneinfo.ZoneInfo | None:
    """Return the zone, or None."""
    if NAME.fullmatch(name) is None:
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_named(name: str) -> zoneinfo.ZoneInfo:
    """Return the zone that a mapping file names.

    Raises:
        UnknownZoneError: There is none.
    """
    found = find(name)
    if found is None:
        raise UnknownZoneError(frozenset(zoneinfo.available_timezones()))
    return found


def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """Return the zone that a record names.

    Raises:
        MappingError: There is none.
    """
    found = find(name)
    if found is None:
        raise MappingError("zone", "The record names a time zone that does not exist.")
    return found
