"""Topics that need not exist when reading begins: looked for, and read once they are there.

Theory of operation: each is asked for by its own name, a few bytes, and not by a pattern,
for which a client of the classic protocol lists every topic of the cluster and finds a new
one only when it refreshes its metadata (300 s by default). The consumer itself is asked,
because it never creates what it asks for (`allow.auto.create.topics`, which librdkafka has
for consumers only; an administrative client that asked for a missing topic made it, seen with
2.16.1 and `auto.create.topics.enable`).
"""

from __future__ import annotations

import logging
from collections.abc import Set as AbstractSet

from confluent_kafka import Consumer, KafkaError, KafkaException

__all__ = ["Arrivals"]

log = logging.getLogger(__name__)

REQUEST_SECONDS = 1.0
REFUSED = frozenset({
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
})


class Arrivals:
    """Knows which of the optional topics exist. Owned by the consumer's thread.

    Attributes:
        found: Those that exist, as far as is known, in the order in which they are named.
    """

    def __init__(self, consumer: Consumer, every_seconds: float) -> None:
        self.found: tuple[str, ...] = ()
        self._consumer = consumer
        self._every_seconds = every_seconds
        self._wanted: tuple[str, ...] = ()
        self._look_at = 0.0
        self._refused: set[str] = set()

    def want(self, topics: tuple[str, ...], known: AbstractSet[str]) -> None:
        """Look for exactly `topics` from now on; of them `known` exist.

        Those found before stay found.
        """
        self.found = tuple(
            name for name in topics if name in known or name in self.found
        )
        self._wanted = topics
        self._look_at = 0.0

    def check(self, now: float) -> bool:
        """Look, when it is time; return whether `found` is another one now.

        Blocks for a second at most while no broker answers.
        """
        if not self._wanted or now < self._look_at:
            return False
        self._look_at = now + self._every_seconds
        try:
            found = tuple(name for name in self._wanted if self._is_there(name))
        except KafkaException:  # no broker answers, which the source tells by itself
            return False
        is_changed = found != self.found
        self.found = found
        return is_changed

    def _is_there(self, name: str) -> bool:
        topics = self._consumer.list_topics(name, timeout=REQUEST_SECONDS).topics
        error = topics[name].error
        if error is None:
            self._refused.discard(name)
            return True
        if error.code() in REFUSED and name not in self._refused:
            self._refused.add(name)
            log.info(
                "we may not see whether a topic is there: grant Describe and Read on it",
                extra={"topic": name},
            )
        return False
