"""Fixtures and the tests that name them: what is missing, and what nobody names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from posixpath import dirname, join, normpath

from consumer.errors import FileFault
from consumer.mapping.checking import Checked
from consumer.mapping.faults import FaultCode, did_you_mean

__all__ = ["check_fixtures"]


def check_fixtures(
    checked: Sequence[Checked], files: Mapping[str, str]
) -> list[FileFault]:
    """Note fixtures that are not there, and return those that no test names.

    Args:
        checked: The mapping files of the set.
        files: Path to text of all files; without any fixture nothing is said, because
            a run reads mapping files only.
    """
    fixtures = {plain(path): path for path in files if path.endswith(".json")}
    if not fixtures:
        return []
    there = fixtures | {plain(path): path for path in files}
    named: set[str] = set()
    for one in checked:
        named |= named_by(one, there)
    is_whole = all(one.spec is not None for one in checked)
    unused = sorted(fixtures.keys() - named) if is_whole else []
    return [unused_fault(fixtures[path]) for path in unused]


def named_by(checked: Checked, there: Mapping[str, str]) -> set[str]:
    """Return the fixtures that the tests of a file name, noting what is not there."""
    spec, faults = checked.spec, checked.notes
    named: set[str] = set()
    if spec is None or faults is None:
        return named
    folder = dirname(plain(faults.document.file))
    for index, test in enumerate(spec.tests):
        if test.base is None:
            continue
        path = normpath(join(folder, test.base))
        named.add(path)
        if path not in there:
            near = {known.removeprefix(f"{folder}/") for known in there}
            faults.add(
                FaultCode.NO_FIXTURE,
                ("tests", index, "base"),
                f"There is no fixture `{test.base}`.",
                did_you_mean(test.base, near),
            )
    return named


def plain(path: str) -> str:
    """Return a path with `/` between folders and nothing that leads back."""
    return normpath(path.replace("\\", "/"))


def unused_fault(path: str) -> FileFault:
    """Return the warning about one fixture."""
    return FileFault(
        code=str(FaultCode.UNUSED_FIXTURE),
        file=path,
        line=0,
        column=0,
        message="No test names this fixture.",
        mend="Name it as `base` of a test, or remove it.",
        severity="warning",
    )
