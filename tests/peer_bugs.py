"""What went wrong in other consumers, and why it does not here.

Each bug is held away by tests that name it (`@pytest.mark.peer(NAME)`), or has its reason
why it cannot be here, or is said to be open in the README. `test_peers` sees to that.

A name is the project's and the number of its issue or pull request; a number of
"Parallel Consumer fork" is astubbs/parallel-consumer's, whose change log of 0.6.0 tells
the dozen mechanisms behind Parallel Consumer #857.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["BUGS", "Bug"]

FIXED_REQUEST = "The request is Target's own, and not for a user to shape."
README = "Open, and named in the README under what it does not do yet: "


class Bug(NamedTuple):
    """One known bug.

    Attributes:
        name: Project and number.
        what: What went wrong.
        why_not: Why it cannot be here, or where it is said that it is; empty when tests
            hold it away.
    """

    name: str
    what: str
    why_not: str = ""


BUGS = (
    # ------------------------------------------------ it silently stands still
    Bug("Parallel Consumer #547", "a counter of works in flight leaked at a rebalance"),
    Bug(
        "Parallel Consumer #606", "works of a gone epoch were counted as load for ever"
    ),
    Bug("Parallel Consumer #857", "paused after a rebalance until it was restarted"),
    Bug("Parallel Consumer #637", "commits refused in a rebalance that never ended"),
    Bug(
        "Parallel Consumer #809", "a commit's answer never came, and all waited for it"
    ),
    Bug("Parallel Consumer #402", "the same warning was written at every turn"),
    Bug("Parallel Consumer fork #29", "revocation and commit waited for each other"),
    Bug(
        "Parallel Consumer fork #100",
        "a commit refused in a rebalance ended the thread",
    ),
    Bug("Parallel Consumer fork #80", "while it drained it did not answer its group"),
    Bug("Parallel Consumer fork #477", "a dead thread left its client in the group"),
    Bug("Parallel Consumer fork #481", "a rebalance callback waited without a bound"),
    Bug(
        "Parallel Consumer fork #336", "counters of what is held drifted at revocations"
    ),
    Bug(
        "Parallel Consumer fork #346",
        "a late result changed the state of the next epoch",
    ),
    Bug("Parallel Consumer fork #437", "a retry nobody owned held a drain to its end"),
    Bug(
        "Parallel Consumer fork #345", "a success during a revocation ended the thread"
    ),
    Bug("Parallel Consumer fork #349", "a stale flag: what was due was not committed"),
    Bug("Parallel Consumer fork #469", "a stale flag: back-pressure never went away"),
    Bug("Parallel Consumer fork #342", "a record without a result was never finished"),
    Bug(
        "Parallel Consumer fork #376",
        "what was paused differed from what was thought so",
    ),
    Bug(
        "Vector #22006", "the second queue of a partition that came back was never read"
    ),
    Bug(
        "spring-kafka #4258",
        "a gap in the offsets: paused, waiting for what never comes",
    ),
    Bug("spring-kafka #4342", "acknowledged out of order: paused for ever"),
    Bug("spring-kafka #2410", "a refused record left its batch paused for ever"),
    Bug("spring-kafka #4708", "what stayed at a rebalance was never read again"),
    Bug("spring-kafka #813", "a pause was not known any more after a rebalance"),
    Bug("reactor-kafka #304", "after a commit that failed no other was made"),
    Bug("reactor-kafka #432", "a paused partition that stayed went on by itself"),
    Bug("franz-go #1272", "a pause outlived the assignment, and nobody ended it"),
    Bug("Faust #175", "consumers slowly died, one partition after the other"),
    Bug("Faust #523", "consumption ended with a rebalance"),
    Bug("Faust #532", "a heartbeat failed, the worker stopped, the process lived on"),
    Bug(
        "Faust robinhood #458", "consumption ended with a failed commit in a rebalance"
    ),
    Bug("FastStream #1414", "blocked for ever after a commit failed in a rebalance"),
    Bug("aiokafka #847", "consumption ended with a rebalance"),
    Bug("librdkafka #2933", "fetching waited for a commit that had failed"),
    Bug("librdkafka #1142", "fetching waited for a commit until the next rebalance"),
    # ------------------------------------------------------- it silently loses
    Bug(
        "Vector #24543", "a 401 or 403 lost the record: the next one's offset passed it"
    ),
    Bug(
        "Vector #24215",
        "a delivered record's offset passed an earlier one's that failed",
    ),
    Bug("Vector #19711", "an undelivered record's offset was committed"),
    Bug("Vector #10870", "403 and 404 of a wrong configuration dropped the events"),
    Bug("Redpanda Connect PR 4009", "a late answer put a revoked offset back"),
    Bug("Parallel Consumer #894", "offset and map were read at two moments"),
    Bug("Parallel Consumer fork #344", "the map's end was read after what it said"),
    Bug("Parallel Consumer #875", "a stale record in its place hid the one read anew"),
    Bug("Parallel Consumer #203", "a commit counted before the broker had answered"),
    Bug(
        "Parallel Consumer fork #108", "a commit refused to a stranger counted as done"
    ),
    Bug(
        "Parallel Consumer #326", "metadata that another program wrote ended the start"
    ),
    Bug("Parallel Consumer fork #207", "a damaged map made up thousands of offsets"),
    Bug(
        "Parallel Consumer fork #480",
        "a map reached beyond the end of the log",
        "A map carries a checksum over its base, and a committed offset beyond the log's "
        "end begins a new epoch without it. What is left is a log cut off between the "
        "two by an unclean election, which has lost acknowledged records already.",
    ),
    Bug("Parallel Consumer fork #296", "a pool that was full threw work away"),
    Bug("Adobe AEP sink #19", "offsets were committed though nothing reached Adobe"),
    Bug("spring-kafka #4505", "of two failing records of a partition one was lost"),
    Bug("Faust robinhood #682", "the second offset was committed while the first ran"),
    Bug(
        "Arroyo processor.py:431", "a dead letter that failed was logged and forgotten"
    ),
    Bug("Jepsen Bufstream 0.1.0", "committed offsets jumped back to zero"),
    # --------------------------------------------------- repeats, and slowness
    Bug("Aiven HTTP #265", "slow answers: the group took the partitions away"),
    Bug("Vector #12084", "at a rebalance what was under way was sent again"),
    Bug("Faust #502", "what was done before a rebalance was done again after it"),
    Bug("Parallel Consumer #777", "a crash repeated all beyond the lowest open offset"),
    # -------------------------------------------------- errors and dead letters
    Bug("Parallel Consumer #310", "no dead letters: a record failed for ever"),
    Bug(
        "Parallel Consumer #196",
        "no end to attempts: such records stopped all fetching",
    ),
    Bug("Vector #1772", "no dead letters"),
    Bug("Aiven HTTP #204", "one bad record stopped the task"),
    Bug("Aiven HTTP PR 304", "400 and 404 were tried again like 503"),
    Bug("Lenses #1819", "the dead-letter topic was not fed"),
    Bug("spring-kafka #4523", "dead letters cannot be replayed"),
    Bug("kafka-ui #1920", "dead letters cannot be replayed"),
    # ------------------------------------------------------ throttles and quota
    Bug("Redpanda Connect #1352", "Retry-After was not heard"),
    Bug("go-zero #5011", "calls were counted after they were sent"),
    Bug(
        "Parallel Consumer #24",
        "a limit of each process, where one of all was meant",
        README + "limits.calls_per_day is kept per process.",
    ),
    Bug(
        "Kafka Connect Elasticsearch #732",
        "a limit of each task, where one of all was meant",
        README + "limits.calls_per_day is kept per process.",
    ),
    Bug(
        "kafka-connect-http clescot #205",
        "a limit of each JVM, where one of all was meant",
        README + "limits.calls_per_day is kept per process.",
    ),
    Bug("kafka-connect-http clescot #387", "the limiter did not limit"),
    Bug("Benthos #77", "no breaker: every record met the outage for itself"),
    Bug("Redpanda Connect PR 1181", "no way to stop reading while the target is ill"),
    Bug("kafka-connect-http clescot #719", "no breaker"),
    Bug("Vector #7371", "concurrency that adapts stayed at a tenth"),
    Bug("Vector #21725", "one slow tenant lowered the limit of all"),
    Bug("Vector #8470", "a rate limit hid the latency from the limit"),
    Bug("Netflix #137", "equal time-outs read as no worse: up to the most"),
    # ------------------------------------------------------- order and offsets
    Bug("Redpanda Connect #1800", "no order per key with more than one at a time"),
    Bug("Redpanda Connect #2745", "no order per key with more than one at a time"),
    Bug("FastStream PR 2017", "order per partition only"),
    Bug(
        "KPipe #136", "order per key was wanted, and a key was not unique to one worker"
    ),
    Bug(
        "Parallel Consumer #329", "a gap of a transaction ended the encoding of the map"
    ),
    Bug(
        "Parallel Consumer #409", "offsets that compaction removed stayed open for ever"
    ),
    Bug("Faust robinhood #625", "a gap in the offsets ended all commits"),
    Bug("Pyrallel 1.0.0", "the committable offset waits for numbers that do not exist"),
    # ------------------------------------------------- requests, schemas, reload
    *(
        Bug(f"Aiven HTTP #{number}", what, FIXED_REQUEST)
        for number, what in (
            (45, "POST only"),
            (194, "no headers of a record's own"),
            (30, "no headers of a record's own"),
            (205, "no URL of a record's own"),
            (173, "not every kind of OAuth2"),
        )
    ),
    Bug("Vector #7434", "schemas of a registry were not read"),
    Bug("schema_registry_converter PR 194", "schema ids in headers were not read"),
    Bug("Redpanda Connect #1733", "a reload swallowed the first message"),
    Bug("Benthos #91", "nobody could tell whether a reload had worked"),
    Bug("Benthos #89", "the old configuration was shown after a reload"),
    # ------------------------------------------------------------------ tracing
    Bug("OpenTelemetry Java #3529", "a batch's spans had no, or the wrong, parent"),
    Bug("OpenTelemetry Java #14166", "a record's context was lost in a batch"),
    Bug("dd-trace-py #17980", "a batch had the first record's context alone"),
    Bug("OpenTelemetry Python PR 1678", "no links from a batch to its records"),
    Bug("Redpanda Connect #1415", "the publisher's trace was not continued"),
    Bug("Redpanda Connect #2690", "a batch was in one record's trace alone"),
    Bug("remoulade PR 410", "child or link could not be chosen"),
    # --------------------------------------------------------------- the client
    Bug("librdkafka #4059", "a commit in a rebalance threw the member out"),
    Bug("librdkafka #2782", "a rebalance reset an offset"),
    Bug("librdkafka #3891", "partitions were taken and given many times in a row"),
    Bug("librdkafka PR 5604", "a loss in a rebalance was told as a revocation"),
    Bug("librdkafka #5140", "what was prefetched grew while a partition was paused"),
    Bug("confluent-kafka-python #2322", "a commit in a callback waited for itself"),
    Bug("confluent-kafka-python #2211", "callbacks came on another event loop"),
    Bug("confluent-kafka-python #2212", "callbacks came on another event loop"),
    Bug(
        "confluent-kafka-python #185",
        "no asyncio: a poll blocked the loop",
        "The client has a thread of its own, which the loop never waits for.",
    ),
    Bug(
        "confluent-kafka-python #1017",
        "no asyncio: a poll blocked the loop",
        "The client has a thread of its own, which the loop never waits for.",
    ),
    Bug(
        "FastStream #2862",
        "the client's asyncio classes were not used",
        "Nor are they here: they are a pool of threads, and hang in a rebalance.",
    ),
)
