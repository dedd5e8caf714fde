"""One run: build, publish, fail, wait, collect, judge."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.chaos.cluster.collecting import (
    calls_in,
    letters_in,
    profiles_in,
    stored_in,
)
from tests.chaos.cluster.evidence import Evidence
from tests.chaos.cluster.faults import Injector
from tests.chaos.cluster.judge import LAG_SECONDS, judged
from tests.chaos.cluster.members import Members
from tests.chaos.cluster.offsets_log import commits_of
from tests.chaos.cluster.options import Options
from tests.chaos.cluster.plan import Kind, members_of, planned
from tests.chaos.cluster.publisher import Publisher
from tests.chaos.cluster.records import written
from tests.chaos.cluster.repeats import clock, details, repeats_of
from tests.chaos.cluster.report import Result, command_of, lines
from tests.chaos.cluster.site import GROUP, REAL_TOPIC, Site
from tests.chaos.cluster.timeline import TimeLine
from tests.integration import kafka_log
from tests.integration.group import GroupWatch

__all__ = ["TIME_LINE", "run"]

TIME_LINE = "timeline.txt"
BETWEEN_PICTURES_SECONDS = 0.05
ASK_SECONDS = 0.25
# Past the bar, to tell what is late from what is stuck.
STUCK_SECONDS = LAG_SECONDS + 60.0


def run(options: Options, folder: Path) -> Result:
    """Run and judge; all that is written goes into `folder`, which must be empty."""
    began = time.monotonic()
    timeline = TimeLine(folder / TIME_LINE, is_shown=options.is_traced)
    timeline.say(command_of(options))
    expected = written(options.records, options.seed)
    kinds = [Kind[name] for name in options.kinds]
    plan = planned(options.seed, options.faults, options.seconds, kinds)
    versions = 1 + sum(fault.kind is Kind.REGISTRY for fault in plan)
    with (
        Site(options, folder) as site,
        Members(site, timeline, members_of(options.seed)) as members,
        GroupWatch(site.broker.bootstrap, GROUP, BETWEEN_PICTURES_SECONDS) as watch,
        Publisher(site, expected, options.rate, versions) as publisher,
        Injector(site, members, timeline, publisher.new_schema) as injector,
    ):
        members.start_all()
        start = timeline.begin()
        timeline.say("the first record")
        publisher.start()
        injector.start(plan, start)
        publisher.join()
        timeline.say("the last record is there")
        injector.join()
        timeline.say("the last fault is mended")
        done_at = until_done(site, members, timeline)
        members.drain_all()
        timeline.say("all processes are drained")
        evidence = Evidence(
            records=list(stored_in(site.broker.bootstrap, expected)),
            calls=list(calls_in(site.sandbox.calls())),
            profiles=profiles_in(site.sandbox.profiles()),
            commits=list(commits_of(site.broker.bootstrap, GROUP, REAL_TOPIC)),
            letters=list(letters_in(site.broker.bootstrap)),
            pictures=watch.pictures,
            ended=members.ended,
            happened=injector.happened,
            published_at=publisher.ended_at,
            done_at=done_at,
        )
    seconds = time.monotonic() - began
    broken = judged(evidence, expected)
    result = Result(options, evidence, broken, seconds)
    (folder / "report.txt").write_text("\n".join(lines(result)) + "\n")
    repeats = list(repeats_of(evidence))
    (folder / "repeats.txt").write_text("\n".join(details(repeats, evidence)) + "\n")
    commits = "\n".join(
        f"{clock(each.at)} partition {each.partition}: {each.offset}, "
        f"{len(each.marked)} marked"
        for each in evidence.commits
    )
    (folder / "commits.txt").write_text(f"{commits}\n")
    return result


def until_done(site: Site, members: Members, timeline: TimeLine) -> float | None:
    """Return when the group had committed the end of every partition, Unix seconds.

    Returns:
        None when it had not, long after the bar; what each process says of itself then
        stands in the folder.
    """
    end = time.monotonic() + STUCK_SECONDS
    while time.monotonic() < end:
        members.settle_all()
        if kafka_log.is_done(site.broker.bootstrap, GROUP, [REAL_TOPIC]):
            timeline.say("the group has committed the end of every partition")
            return time.time()
        time.sleep(ASK_SECONDS)
    timeline.say("lag is left")
    text = json.dumps(members.statuses(), indent=1)
    (site.folder / "statuses.json").write_text(text)
    return None
