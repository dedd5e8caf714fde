"""The lock files install on a machine that has pip alone."""

from __future__ import annotations

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "tests/requirements.lock")


def pins(lock: str) -> list[Requirement]:
    """Return what `lock` pins on this machine."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    lines = re.findall(r"^([a-z][^\n\\#]*?)\s*\\?$", text, flags=re.MULTILINE)
    found = [Requirement(line) for line in lines]
    return [one for one in found if one.marker is None or one.marker.evaluate()]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_the_extras_that_its_packages_ask_for(lock: str) -> None:
    """A newer release of `a[extra]` does not break an install that pins `a` alone.

    pip takes `coverage[toml]` and `coverage==7.17.3` for two requirements: it tries the
    newest release for the first, which has no hash, and ends.
    """
    pinned = {canonicalize_name(one.name): one.extras for one in pins(lock)}
    assert len(pinned) > 20
    missing = {
        f"{owner} asks for {wanted}"
        for owner in pinned
        for text in distribution(owner).requires or ()
        if (wanted := Requirement(text)).extras
        and (wanted.marker is None or wanted.marker.evaluate({"extra": ""}))
        and not wanted.extras <= pinned[canonicalize_name(wanted.name)]
    }
    assert missing == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_by_version_and_hash(lock: str) -> None:
    """Every package has one version and a hash, and no file says where it comes from."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert all(str(one.specifier).startswith("==") for one in pins(lock))
    blocks = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text
