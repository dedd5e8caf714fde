"""librdkafka properties: ours, the user's, and which client each is for.

What is named per client comes from librdkafka's CONFIGURATION.md (2.16.0), column C/P:
a property of the other client's makes it log a warning at every start.
"""

from __future__ import annotations

from collections.abc import Mapping

from consumer.errors import ConfigurationError, FileFault
from consumer.source.values import Property

__all__ = [
    "client_properties",
    "consumer_properties",
    "is_consumer_protocol",
    "is_incremental",
    "masked",
    "producer_properties",
    "start_policy",
]

MASK = "***"
SECRET_WORDS = ("password", "secret", "key.pem", "token", "jaas", "oauthbearer.config")

# librdkafka's own prefetch is memory that our bounds do not see: 64 MiB by default, and
# it grows while a partition is paused (librdkafka #5140). With so small a queue its
# default wait of 1 s before a full queue is filled again is a ceiling: 20,000 records a
# second on 12 partitions of a local broker, 600,000 with 20 ms.
DEFAULTS: Mapping[str, Property] = {
    "queued.max.messages.kbytes": 4096,
    "queued.min.messages": 1000,
    "fetch.max.bytes": 4 * 1024 * 1024,
    "fetch.queue.backoff.ms": 20,
    "allow.auto.create.topics": False,
}
FORCED: Mapping[str, Property] = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
}
STRATEGY = "partition.assignment.strategy"
RESET = "auto.offset.reset"
EARLIEST = frozenset({"earliest", "smallest", "beginning"})
LATEST = frozenset({"latest", "largest", "end"})

CONSUMER_ONLY = frozenset({
    "group.id",
    "group.instance.id",
    STRATEGY,
    "session.timeout.ms",
    "heartbeat.interval.ms",
    "group.protocol.type",
    "group.protocol",
    "group.remote.assignor",
    "coordinator.query.interval.ms",
    "max.poll.interval.ms",
    "enable.auto.commit",
    "auto.commit.interval.ms",
    "enable.auto.offset.store",
    "queued.min.messages",
    "queued.max.messages.kbytes",
    "fetch.wait.max.ms",
    "fetch.queue.backoff.ms",
    "fetch.message.max.bytes",
    "max.partition.fetch.bytes",
    "fetch.max.bytes",
    "fetch.min.bytes",
    "fetch.error.backoff.ms",
    "offset.store.method",
    "isolation.level",
    "enable.partition.eof",
    "check.crcs",
    "client.rack",
    "allow.auto.create.topics",
    RESET,
})
PRODUCER_ONLY = frozenset({
    "transactional.id",
    "transaction.timeout.ms",
    "enable.idempotence",
    "enable.gapless.guarantee",
    "queue.buffering.max.messages",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.ms",
    "linger.ms",
    "message.send.max.retries",
    "retries",
    "queue.buffering.backpressure.threshold",
    "compression.codec",
    "compression.type",
    "compression.level",
    "batch.num.messages",
    "batch.size",
    "delivery.report.only.error",
    "sticky.partitioning.linger.ms",
    "request.required.acks",
    "acks",
    "request.timeout.ms",
    "message.timeout.ms",
    "delivery.timeout.ms",
    "partitioner",
})


def consumer_properties(kafka: Mapping[str, Property]) -> dict[str, Property]:
    """Return what the consumer is made with.

    Raises ConfigurationError when a property is ours to set, or has no meaning here.
    """
    check_forced(kafka)
    start_policy(kafka)
    own = {name: kafka[name] for name in kafka if name not in PRODUCER_ONLY}
    # Starts are resolved by us and committed as numbers, so librdkafka must never
    # choose one by itself: not even after an offset went out of range.
    properties = {**DEFAULTS, **own, **FORCED, RESET: "error"}
    if not is_consumer_protocol(kafka):
        properties.setdefault(STRATEGY, "cooperative-sticky")
    return plain(properties)


def producer_properties(kafka: Mapping[str, Property]) -> dict[str, Property]:
    """Return what a producer for the same cluster is made with."""
    return plain({name: kafka[name] for name in kafka if name not in CONSUMER_ONLY})


def client_properties(kafka: Mapping[str, Property]) -> dict[str, Property]:
    """Return what an administrative client for the same cluster is made with."""
    return plain({
        name: kafka[name] for name in kafka if name not in CONSUMER_ONLY | PRODUCER_ONLY
    })


def plain(properties: Mapping[str, Property]) -> dict[str, Property]:
    """Return `properties` as librdkafka reads them: its booleans are lower case."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in properties.items()
    }


def check_forced(kafka: Mapping[str, Property]) -> None:
    """Refuse a value that would commit what is not settled.

    Raises:
        ConfigurationError: There is one.
    """
    wrong = [
        fault(name, f"{name}: {kafka[name]} would commit what is not settled")
        for name in FORCED
        if str(kafka.get(name, False)).lower() not in {"false", "f", "0"}
    ]
    if wrong:
        raise ConfigurationError(tuple(wrong))


def start_policy(kafka: Mapping[str, Property]) -> str:
    """Return where a group without offsets begins: `earliest`, `latest` or `error`.

    Raises:
        ConfigurationError: `auto.offset.reset` is something else.
    """
    value = str(kafka.get(RESET, "earliest")).lower()
    if value in EARLIEST:
        return "earliest"
    if value in LATEST:
        return "latest"
    if value in {"error", "none"}:
        return "error"
    message = f"{RESET}: {value} is not earliest, latest or error"
    raise ConfigurationError((fault(RESET, message, "Use one of the three."),))


def fault(name: str, message: str, mend: str = "") -> FileFault:
    """Return a fault of one property."""
    return FileFault(
        code="K101",
        file=f"kafka.{name}",
        line=0,
        column=0,
        message=message,
        mend=mend or "Remove it: the consumer sets it itself.",
    )


def is_consumer_protocol(kafka: Mapping[str, Property]) -> bool:
    """Whether the group uses KIP-848 (`group.protocol: consumer`)."""
    return str(kafka.get("group.protocol", "classic")).lower() == "consumer"


def is_incremental(kafka: Mapping[str, Property]) -> bool:
    """Whether partitions come and go one by one, and not all at once.

    KIP-848 always does. In the classic protocol the assignors say; librdkafka refuses
    a list that mixes both kinds ("All partition.assignment.strategy ... assignors must
    have the same protocol type"), so one name is enough to know.
    """
    if is_consumer_protocol(kafka):
        return True
    return "cooperative" in str(kafka.get(STRATEGY, "cooperative-sticky"))


def masked(properties: Mapping[str, Property]) -> dict[str, Property]:
    """Return `properties` fit for a log: secrets are `***`."""
    return {
        name: MASK if any(word in name for word in SECRET_WORDS) else value
        for name, value in properties.items()
    }
