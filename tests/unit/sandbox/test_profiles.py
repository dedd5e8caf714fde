"""Profiles and their asynchronous update."""

import dataclasses

import pytest

from consumer.sandbox.errors import SandboxError
from consumer.sandbox.options import Switches
from consumer.sandbox.profiles import Profiles

NAME = "third_party_id:C-1"


def value(profiles: Profiles, now: float) -> str | None:
    """Return the attribute `a` of the profile."""
    profile = profiles.find(NAME, now)
    assert profile is not None
    return profile.attributes["a"].value if "a" in profile.attributes else None


def test_a_shorter_delay_does_not_overtake() -> None:
    """An update that is submitted later is applied later, whatever the delay is then."""
    slow = Switches(apply_delay_seconds=10.0)
    profiles = Profiles(slow)
    profiles.create("C-1", None, {}, 0.0)
    profiles.submit(NAME, {"a": "first"}, 0.0)
    profiles.switches = dataclasses.replace(slow, apply_delay_seconds=0.0)
    profiles.submit(NAME, {"a": "second"}, 1.0)
    assert value(profiles, 9.0) is None
    assert profiles.pending == 2
    assert value(profiles, 10.0) == "second"


def test_an_update_is_for_the_profile_of_its_application() -> None:
    """A profile created while its update waits gets it; one that is gone does not."""
    profiles = Profiles(Switches(apply_delay_seconds=10.0))
    profiles.submit(NAME, {"a": "1"}, 0.0)
    profiles.create("C-1", None, {}, 5.0)
    assert value(profiles, 10.0) == "1"
    profiles.submit(NAME, {"a": "2"}, 11.0)
    profiles.clear()
    profiles.create("C-1", None, {}, 12.0)
    assert value(profiles, 30.0) is None


def test_ids_are_linked_and_not_confused() -> None:
    """Two ids may name one profile; they may not name two."""
    profiles = Profiles(Switches())
    one = profiles.create("C-1", None, {"a": "1"}, 0.0)
    assert profiles.create("C-1", "7", {"b": "2"}, 0.0) is one
    assert profiles.find("pc_id:7", 0.0) is one
    assert len(profiles) == 1
    assert [profile.names for profile in profiles.all(0.0)] == [(NAME, "pc_id:7")]
    profiles.create("C-2", None, {}, 0.0)
    with pytest.raises(SandboxError, match="two profiles"):
        profiles.create("C-2", "7", {}, 0.0)
    with pytest.raises(SandboxError, match="has a third_party_id or a pc_id"):
        profiles.create(None, "", {}, 0.0)


def test_the_dead_are_not_listed() -> None:
    """A profile beyond its lifetime is not there any more, under neither id."""
    profiles = Profiles(Switches(lifetime_seconds=10.0))
    profiles.create("C-1", "7", {}, 0.0)
    assert len(list(profiles.all(10.0))) == 1
    assert list(profiles.all(11.0)) == []
    assert not profiles.exists("pc_id:7", 11.0)
