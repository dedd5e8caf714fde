"""Every name that telemetry uses, in one place: metrics, spans and attributes.

The table in the README is made from `METRICS`. Names follow OpenTelemetry's semantic
conventions 1.44.0 where there is one (`messaging_...`, `http_client_...`, as they read
in Prometheus); ours begin with `target_consumer_`. Labels never hold an id, a key, a
value or a URL; each takes its values from a closed set, from the mappings or from the
partitions assigned here.
"""

from __future__ import annotations

import enum

from consumer.telemetry.metric import LAG_BUCKETS, Metric, counter, gauge, seconds

__all__ = ["METRICS", "SCHEMA_URL", "Attribute", "table"]

SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0"

OURS = "target_consumer_"
PARTITION = ("topic", "partition")

# flow
CONSUMED = counter(
    "messaging_client_consumed_messages_total",
    "records",
    ("messaging_destination_name",),
    "Records read, each counted once when it is admitted.",
)
RECORDS = counter(
    f"{OURS}records_total",
    "records",
    ("outcome", "mapping"),
    "Records by how they ended: delivered, merged, skipped, dead_lettered, released.",
)
SKIPPED = counter(
    f"{OURS}records_skipped_total",
    "records",
    ("reason",),
    "Skipped records by reason: unmapped, tombstone, when, no_profile and others.",
)
ALREADY_DONE = counter(
    f"{OURS}records_already_done_total",
    "records",
    (),
    "Records read again that were known as done; they are not counted as consumed.",
)
KAFKA_TO_ACK = seconds(
    f"{OURS}kafka_to_ack_seconds",
    ("mapping",),
    "From the broker's timestamp to the target's answer.",
    LAG_BUCKETS,
)
QUEUE_WAIT = seconds(
    f"{OURS}queue_wait_seconds",
    (),
    "How long a work that was ready waited for its call.",
)
# progress
COMMITTED = gauge(
    f"{OURS}committed_offset", "", PARTITION, "The newest acknowledged commit."
)
UNCOMMITTED_SPAN = gauge(
    f"{OURS}uncommitted_span_offsets",
    "offsets",
    PARTITION,
    "From the lowest incomplete offset to the highest seen.",
)
EXPIRED = counter(
    f"{OURS}expired_in_kafka_total",
    "offsets",
    ("topic",),
    "Offsets that Kafka deleted before they were read.",
)
# in process
HELD_RECORDS = gauge(f"{OURS}queue_records", "records", (), "Records held, all told.")
HELD_BYTES = gauge(f"{OURS}inflight_bytes", "bytes", (), "Bytes of the records held.")
IN_FLIGHT = gauge(f"{OURS}inflight_records", "works", (), "Works on the wire.")
LIMIT = gauge(
    f"{OURS}concurrency_limit",
    "works",
    (),
    "How many works may be on the wire at once; below 1, one now and then.",
)
PAUSED = gauge(
    f"{OURS}paused_partitions", "partitions", (), "Partitions that are not fetched."
)
PAUSES = gauge(
    f"{OURS}pauses",
    "",
    ("reason",),
    "What is paused now, by reason; `/status` has more.",
)
ASSIGNED = gauge(
    f"{OURS}assigned_partitions",
    "partitions",
    (),
    "Partitions assigned to this process.",
)
SCATTERED = counter(
    f"{OURS}scattered_profiles_total",
    "profiles",
    ("topic",),
    "Watched profiles that a topic brought from a second partition: order is lost.",
)
STATE = gauge(
    f"{OURS}state", "", ("state",), "1 for the state of the process, 0 for the others."
)
# commits and membership
COMMITS = counter(
    f"{OURS}commit_total", "commits", ("result",), "Commits by result: ok or failed."
)
OPERATION_SECONDS = seconds(
    "messaging_client_operation_duration_seconds",
    ("messaging_operation_name",),
    "How long the broker took for an operation: commit or send.",
)
REBALANCES = counter(
    f"{OURS}rebalances_total",
    "",
    ("type",),
    "Changes of the assignment: assigned, revoked or lost.",
)
# target
REQUEST_SECONDS = seconds(
    "http_client_request_duration_seconds",
    (
        "http_request_method",
        "server_address",
        "http_response_status_code",
        "error_type",
    ),
    "Every call to the target, from its first byte to the end of its answer.",
)
RETRIES = counter(
    f"{OURS}retries_total", "works", ("reason",), "Works that were put back, by reason."
)
THROTTLED = counter(f"{OURS}throttled_total", "answers", (), "Answers with status 429.")
RETRY_AFTER = gauge(
    f"{OURS}retry_after_seconds", "seconds", (), "The newest `Retry-After`, clamped."
)
CIRCUIT = gauge(
    f"{OURS}circuit_state",
    "",
    ("endpoint",),
    "0 when the endpoint is well, 1 when it is halted or held, 2 while it is probed.",
)
QUOTA_USED = gauge(
    f"{OURS}quota_used_ratio",
    "",
    (),
    "Calls of the last 24 hours, of this process, as a share of `limits.calls_per_day`.",
)
# decode, mapping, dead letters
DECODE_FAILURES = counter(
    f"{OURS}decode_failures_total", "records", ("reason",), "Records that are no event."
)
MAPPING_ERRORS = counter(
    f"{OURS}mapping_errors_total",
    "records",
    ("mapping", "reason"),
    "Records that a rule of a mapping refused.",
)
CLOCK_SKEW = counter(
    f"{OURS}clock_skew_total",
    "items",
    ("mapping",),
    "Updates whose `occurred_at` was too far ahead; the record's timestamp stands for it.",
)
LETTERS = counter(
    f"{OURS}dlq_records_total",
    "records",
    ("reason",),
    "Dead letters that the broker confirmed, by reason.",
)
LETTER_FAILURES = counter(
    f"{OURS}dlq_produce_failures_total",
    "",
    (),
    "Dead letters that could not be written.",
)
LETTERS_SENT = counter(
    "messaging_client_sent_messages_total",
    "records",
    ("messaging_destination_name",),
    "Records written: the dead letters, by topic.",
)
# guards, overrides
GUARD_OPEN = gauge(
    f"{OURS}guard_open",
    "",
    ("kind", "name"),
    "1 while the guard of a mapping or a topic is open: it is broken, and held.",
)
GUARD_TRIPS = counter(
    f"{OURS}guard_trips_total",
    "",
    ("kind", "name"),
    "How often the guard of a mapping or a topic tripped.",
)
GUARD_PROBES = counter(
    f"{OURS}guard_probes_total",
    "records",
    ("kind", "name", "result"),
    "Records that were tried while a guard was open: passed or failed.",
)
GUARD_KEPT = gauge(
    f"{OURS}guard_kept_records",
    "records",
    ("topic",),
    "Records that are kept, neither sent nor given up, while a guard is open.",
)
OVERRIDDEN = gauge(
    f"{OURS}overridden",
    "",
    ("mapping", "mode"),
    "1 for each mapping that an operator overrides; the mode is empty if not said.",
)
OVERRIDE_RELOADS = counter(
    f"{OURS}overrides_reload_total",
    "reloads",
    ("result",),
    "Changes of the overrides file: swapped, unchanged or refused.",
)
MAPPING_CALLS = gauge(
    f"{OURS}mapping_calls",
    "calls",
    ("mapping",),
    "Calls of the last 24 hours, of this process, by mapping; a merged one in parts.",
)
SHADOW_VALUES = counter(
    f"{OURS}shadow_values_total",
    "values",
    ("mapping",),
    "Attribute values that a mapping in shadow would have written.",
)
SHADOW_CHANGES = counter(
    f"{OURS}shadow_changes_total",
    "values",
    ("mapping",),
    "Those of them that differ from what it made of the profile before.",
)
SHADOW_CALLS = counter(
    f"{OURS}shadow_calls_total",
    "calls",
    ("mapping",),
    "Calls that a mapping in shadow would have made, nothing merged.",
)
SHADOW_ERRORS = counter(
    f"{OURS}shadow_errors_total",
    "records",
    ("mapping", "reason"),
    "Records that a mapping in shadow would have rejected.",
)
# process
MAPPING_SET = gauge(
    f"{OURS}config_info", "", ("hash",), "1 for the version of the mapping set in use."
)
RELOADS = counter(
    f"{OURS}config_reload_total",
    "reloads",
    ("result",),
    "Changes of mapping or schema files: swapped, unchanged, refused or postponed.",
)
BUILD = gauge(f"{OURS}build_info", "", ("version",), "1 for the version that runs.")
LOOP_LAG = seconds(
    f"{OURS}event_loop_lag_seconds",
    (),
    "How late the event loop turned.",
)

LOG_LINES = counter(
    f"{OURS}log_lines_total", "lines", ("level",), "Log lines, also those held back."
)

METRICS: tuple[Metric, ...] = tuple(
    value for value in list(vars().values()) if isinstance(value, Metric)
)


class Attribute(enum.StrEnum):
    """Attributes of spans."""

    SYSTEM = "messaging.system"
    OPERATION = "messaging.operation.name"
    OPERATION_TYPE = "messaging.operation.type"
    DESTINATION = "messaging.destination.name"
    PARTITION = "messaging.destination.partition.id"
    GROUP = "messaging.consumer.group.name"
    OFFSET = "messaging.kafka.offset"
    TOMBSTONE = "messaging.kafka.message.tombstone"
    METHOD = "http.request.method"
    RESENDS = "http.request.resend_count"
    STATUS = "http.response.status_code"
    ADDRESS = "server.address"
    PORT = "server.port"
    URL = "url.full"
    ERROR = "error.type"
    QUEUE_WAIT = "target_consumer.queue_wait_seconds"
    ATTEMPTS = "target_consumer.attempts"
    OUTCOME = "target_consumer.outcome"
    REASON = "target_consumer.reason"
    MAPPINGS = "target_consumer.mappings"
    MAPPING_SET = "target_consumer.mapping_set"
    ITEMS = "target_consumer.items"
    PROBE = "target_consumer.probe"


def table() -> str:
    """Return the markdown table of all metrics."""
    lines = [
        "| metric | type | unit | labels | meaning |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{one.name}` | {one.kind} | {one.unit} "
        f"| {' '.join(f'`{label}`' for label in one.labels)} | {one.help} |"
        for one in METRICS
    ]
    return "\n".join(lines) + "\n"
