"""librdkafka's mock cluster in a process of its own.

Run: `python -m tests.bench.mockbroker topic=partitions ...`. It prints its address and
ends when its standard input does. Each partition keeps 100,000 messages or 5 MiB.
"""

import sys

from tests.broker.mock import MockCluster

if __name__ == "__main__":
    with MockCluster() as cluster:
        for argument in sys.argv[1:]:
            name, partitions = argument.rsplit("=", 1)
            cluster.create_topic(name, int(partitions))
        sys.stdout.write(f"{cluster.bootstrap}\n")
        sys.stdout.flush()
        sys.stdin.read()
