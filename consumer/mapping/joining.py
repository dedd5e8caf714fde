"""Several items of one record for one profile become one.

Rules:
- They are joined in their order: mapping by mapping, and element by element.
- Later values win; the hold is the shortest, the priority the highest, and all the
  mappings are named. It happened when the latest of them did.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from consumer.model import Item, Priority, ProfileId, Route

__all__ = ["one_each"]

RANK = {Priority.HIGH: 0, Priority.NORMAL: 1, Priority.LOW: 2}


def one_each(items: Iterable[Item]) -> tuple[Item, ...]:
    """Return one item for each profile, in the order in which profiles first come."""
    by_profile: dict[ProfileId, list[Item]] = {}
    for item in items:
        by_profile.setdefault(item.profile, []).append(item)
    return tuple([joined(of_one) for of_one in by_profile.values()])


def joined(items: list[Item]) -> Item:
    """Return one item of several for one profile."""
    if len(items) == 1:
        return items[0]
    attributes: dict[str, str] = {}
    for item in items:
        attributes.update(item.attributes)
    moments = [i.occurred_at_ms for i in items if i.occurred_at_ms is not None]
    # Items of one mapping share their route.
    routes = tuple(dict.fromkeys(item.route for item in items))
    return Item(
        profile=items[0].profile,
        attributes=attributes,
        route=routes[0] if len(routes) == 1 else joined_route(routes),
        occurred_at_ms=max(moments, default=None),
        skewed=any(item.skewed for item in items),
    )


@functools.lru_cache(maxsize=1024)
def joined_route(routes: Sequence[Route]) -> Route:
    """Return the route of an item that several mappings made."""
    return Route(
        mappings=tuple(name for route in routes for name in route.mappings),
        versions=tuple(version for route in routes for version in route.versions),
        endpoint=routes[0].endpoint,
        priority=min((route.priority for route in routes), key=RANK.__getitem__),
        send_within_seconds=min(route.send_within_seconds for route in routes),
        window=all(route.window for route in routes),
        mapping_set=routes[0].mapping_set,
        by_event_time=routes[0].by_event_time,
    )
