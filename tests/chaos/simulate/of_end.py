"""What must hold in the end: promises 1, 3, 5 and 8, when all is drained."""

from __future__ import annotations

from collections.abc import Iterable

from tests.chaos.simulate.books import Entry
from tests.chaos.simulate.plan import Plan
from tests.chaos.simulate.process import Process
from tests.chaos.simulate.records import WITHOUT_ITEMS, Fate
from tests.chaos.simulate.scene import Scene

__all__ = ["judge_end"]

PROMPT_SECONDS = 0.5  # for a record whose profile is well, in a calm history


def judge_end(plan: Plan, scene: Scene, processes: Iterable[Process]) -> None:
    """Hold the end of a history against what was published."""
    judge_records(scene)
    judge_profiles(scene)
    for process in processes:
        judge_process(scene, process)
    if plan.knobs.is_calm:
        judge_promptness(plan, scene)


def judge_records(scene: Scene) -> None:
    """Each record has its end, and none has a letter that is owed none."""
    for entry in scene.judge.books.entries.values():
        fate = entry.draft.fate
        if not entry.is_finished:
            scene.verdict.broken(1, f"{entry} ({fate}) never came to an end")
        if fate in WITHOUT_ITEMS and entry.letters:
            scene.verdict.broken(8, f"{entry} ({fate}) has a letter")
        if fate is Fate.POISONED and entry.letters and entry.covered:
            scene.verdict.see("poisoned, kept and given up")


def judge_profiles(scene: Scene) -> None:
    """Every attribute is what its log says: the newest item that was not given up.

    A later one that was given up may stand there, if the target kept it at any time.
    """
    for partition, profile, entries in scene.judge.books.streams():
        has = scene.target.profiles.get(profile, {})
        for name, written in attributes_of(partition.topic, entries):
            allowed = allowed_values(profile, written)
            found = has.get(name)
            if allowed and found not in allowed:
                scene.verdict.broken(
                    3,
                    f"{profile}.{name} is {found}, not {' or '.join(sorted(allowed))}",
                )
            elif not allowed and found is not None and not was_kept(profile, written):
                scene.verdict.broken(3, f"{profile}.{name} is {found}, from nowhere")


def attributes_of(
    topic: str, entries: list[Entry]
) -> Iterable[tuple[str, list[Entry]]]:
    """Return each attribute's name and the records that write it, in order."""
    named = {f"{topic}Last": entries}
    for entry in entries:
        named.setdefault(f"{topic}{entry.draft.slot}", []).append(entry)
    return named.items()


def allowed_values(profile: str, written: list[Entry]) -> set[str]:
    """Return what may stand there."""
    allowed: set[str] = set()
    for entry in reversed(written):
        value = str(entry.draft.number)
        if entry.letters and profile not in entry.spared:
            if profile in entry.covered:
                allowed.add(value)
            continue
        allowed.add(value)
        return allowed
    return set()  # all were given up: anything that was kept, or nothing


def was_kept(profile: str, written: list[Entry]) -> bool:
    """Tell whether the target ever kept one of these."""
    return any(profile in entry.covered for entry in written)


def judge_process(scene: Scene, process: Process) -> None:
    """A process that drained has nothing left, and did not fail."""
    scene.judge.counts(process)
    task = process.task
    if process.main.is_dead or task is None:
        return
    error = None if task.cancelled() else task.exception()
    if error is not None:
        cause = error.__cause__ or error
        scene.verdict.broken(6, f"{process.name} failed: {cause!r}")
    said = process.statistics()
    if said.held or said.in_flight:
        scene.verdict.broken(8, f"{process.name} ended and holds {said.held} records")


def judge_promptness(plan: Plan, scene: Scene) -> None:
    """Where only a few profiles make trouble, all others go on at once."""
    for entry in scene.judge.books.entries.values():
        for profile in entry.draft.items:
            kept_at = entry.covered.get(profile)
            if (
                profile not in plan.bad_profiles
                and entry.draft.fate is Fate.LANDS
                and kept_at is not None
                and kept_at - entry.at > PROMPT_SECONDS
            ):
                scene.verdict.broken(
                    5, f"{entry} waits {kept_at - entry.at:.1f} s for other profiles"
                )
                return
