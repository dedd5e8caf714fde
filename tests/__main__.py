"""Run the tests against the installed package: `python -m tests [pytest options]`.

The checkout's own `consumer/` must not shadow what was installed, or the wheel would
never be tested. So the tests run from a scratch folder that holds everything but it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CI_SEED = "20261123"  # of the order of tests; elsewhere each run has its own
ROOT = Path(__file__).resolve().parent.parent
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", ".hypothesis")


def copy_into(scratch: Path) -> None:
    """Copy the checkout to `scratch`, without the package and the hidden caches."""
    for entry in ROOT.iterdir():
        if entry.name in {"consumer", "build", "dist"} or entry.name.startswith(".v"):
            continue
        if entry.name.startswith(".") and entry.name not in {".ci", ".github"}:
            continue
        if entry.is_dir():
            shutil.copytree(entry, scratch / entry.name, ignore=LEFT_BEHIND)
        else:
            shutil.copy2(entry, scratch / entry.name)


def main() -> int:
    """Run pytest in a scratch folder and return its exit code."""
    with tempfile.TemporaryDirectory(prefix="consumer-tests-") as folder:
        scratch = Path(folder)
        copy_into(scratch)
        order = ["--randomly-seed", CI_SEED] if os.environ.get("CI") else []
        command = [sys.executable, "-P", "-m", "pytest", *order, *sys.argv[1:]]
        return subprocess.call(command, cwd=scratch)  # noqa: S603 - our own command


if __name__ == "__main__":
    sys.exit(main())
