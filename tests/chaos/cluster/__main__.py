"""Many faults on a real cluster, from a seed; judged from outside.

Three to five `consumer run` processes, 12 partitions, a tenth of the records about one
profile. Prints what happened, what was repeated and why, and what was broken. What each
process wrote, and the time line of the faults, are kept when something was.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.broker.downloads import kafka_jars, registry_jar
from tests.chaos.cluster.options import PROTOCOLS, Options, protocol_of
from tests.chaos.cluster.plan import Kind
from tests.chaos.cluster.report import Result, beside, command_of, lines
from tests.chaos.cluster.run import run


def asked(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.cluster", description=__doc__
    )
    parser.add_argument("--records", type=int, default=6000)
    parser.add_argument("--faults", type=int, default=8)
    parser.add_argument(
        "--seed", type=int, default=random.SystemRandom().getrandbits(31)
    )
    parser.add_argument("--rate", type=float, default=200.0, help="records a second")
    parser.add_argument("--protocol", choices=PROTOCOLS, help="else the seed chooses")
    parser.add_argument("--registry", choices=("real", "sandbox"), default="real")
    parser.add_argument(
        "--map",
        choices=("on", "off", "both"),
        default="on",
        help="off: the broker refuses offset maps; both: a second run without them",
    )
    parser.add_argument(
        "--kind",
        action="append",
        choices=[kind.name for kind in Kind],
        default=[],
        help="only such faults; may be repeated",
    )
    parser.add_argument(
        "--kafka",
        action="append",
        type=lambda text: text.split("=", 1),
        default=[],
        metavar="NAME=VALUE",
        help="a librdkafka property of the consumers, such as debug=cgrp,fetch",
    )
    parser.add_argument("--folder", type=Path, help="keep everything there")
    parser.add_argument("--trace", action="store_true", help="show the time line")
    return parser.parse_args(arguments)


def main() -> int:
    """Run what is asked; 1 when anything was broken."""
    found = asked()
    kafka_jars()
    registry_jar()
    results = []
    for has_map in {"on": [True], "off": [False], "both": [True, False]}[found.map]:
        options = Options(
            records=found.records,
            faults=found.faults,
            seed=found.seed,
            rate=found.rate,
            protocol=found.protocol or protocol_of(found.seed),
            has_real_registry=found.registry == "real",
            has_map=has_map,
            is_traced=found.trace,
            kinds=tuple(found.kind),
            kafka=dict(found.kafka),
        )
        results.append(one(options, found.folder))
    if len(results) > 1:
        for line in beside(*results):
            print(line)  # noqa: T201 - a command
    return 0 if all(result.is_well for result in results) else 1


def one(options: Options, kept: Path | None) -> Result:
    """Run once, print the report, and keep the folder when it is wanted or needed."""
    print(f"== {command_of(options)}", flush=True)  # noqa: T201 - a command
    folder = kept or Path(tempfile.mkdtemp(prefix="chaos-cluster-"))
    folder = folder if options.has_map or kept is None else folder / "without-map"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        result = run(options, folder)
    except BaseException:
        print(f"it broke off; logs and time line are in {folder}")  # noqa: T201
        raise
    for line in lines(result):
        print(line)  # noqa: T201 - a command
    if kept is not None or not result.is_well:
        print(f"logs and time line are in {folder}")  # noqa: T201 - a command
    else:
        shutil.rmtree(folder)
    return result


if __name__ == "__main__":
    sys.exit(main())
