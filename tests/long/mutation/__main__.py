"""Mutate the core and count what its tests notice: `python -m tests.long.mutation`.

Mutated are the offsets, the offset map, the shards and the retries (`pyproject.toml`,
`tool.mutmut`); run against each mutant are the unit tests of the scheduler and some
seeded histories. At least nine in ten are to be noticed, and each of the others is
listed in `survivors.txt` with the reason why it may live. Ends with 1 else.

mutmut and what it needs are pinned in `requirements.lock` beside this file, and are
installed into an environment of their own: no other test needs them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
LEAST_KILLED = 0.9
LEFT_BEHIND = shutil.ignore_patterns(
    ".git",
    ".venv",
    ".*_cache",
    ".hypothesis",
    "__pycache__",
    "mutants",
    "build",
    "dist",
)


def environment(folder: Path) -> Path:
    """Make an environment with what is pinned and the checkout; return its programs."""
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / "bin"
    pip = [str(programs / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.check_call([*pip, "-r", str(HERE / "requirements.lock")])  # noqa: S603 - our own
    checkout = ["--no-deps", "--no-build-isolation", "-e", str(folder / "checkout")]
    subprocess.check_call([*pip, *checkout])  # noqa: S603 - our own
    return programs


def survivors(programs: Path, checkout: Path) -> tuple[int, list[str]]:
    """Run all mutants; return how many there are, and those that nobody noticed.

    Raises:
        SystemExit: There was nothing to mutate.
    """
    mutmut = str(programs / "mutmut")
    subprocess.call([mutmut, "run"], cwd=checkout)  # noqa: S603 - our own
    told = subprocess.check_output(  # noqa: S603 - our own
        [mutmut, "results", "--all", "true"], cwd=checkout, text=True
    )
    results = re.findall(r"^\s*(\S+): (.+)$", told, flags=re.MULTILINE)
    if not results:
        raise SystemExit("mutmut made no mutants")
    alive = [name for name, result in results if result not in {"killed", "timeout"}]
    return len(results), [change(mutmut, name, checkout) for name in alive]


def change(mutmut: str, name: str, checkout: Path) -> str:
    """Return a mutant as `module: old -> new`."""
    told = subprocess.check_output([mutmut, "show", name], cwd=checkout, text=True)  # noqa: S603 - our own
    old, new = (
        " ".join(
            line[1:].strip()
            for line in told.splitlines()
            if line.startswith(sign) and not line.startswith(sign * 3)
        )
        for sign in "-+"
    )
    module = name.partition(".x")[0]
    return f"{module}: {old} -> {new}"


def reasons() -> dict[str, str]:
    """Return the mutants that may live, each with its reason."""
    found: dict[str, str] = {}
    reason = ""
    for line in (HERE / "survivors.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            reason = line.removeprefix("# ")
        elif line:
            found[line] = reason
    return found


def main() -> int:
    """Run it all; 0 when enough are noticed and the others are known."""
    with tempfile.TemporaryDirectory(prefix="consumer-mutants-") as name:
        folder = Path(name)
        shutil.copytree(ROOT, folder / "checkout", ignore=LEFT_BEHIND)
        programs = environment(folder)
        count, alive = survivors(programs, folder / "checkout")
    known = reasons()
    share = 1 - len(alive) / count
    unknown = [one for one in alive if one not in known]
    for one in alive:
        print(f"{one}\n    {known.get(one, 'NOT LISTED')}")  # noqa: T201 - a command
    print(f"{count} mutants, {share:.1%} noticed, {len(unknown)} not listed")  # noqa: T201 - a command
    return 0 if share >= LEAST_KILLED and not unknown else 1


if __name__ == "__main__":
    sys.exit(main())
