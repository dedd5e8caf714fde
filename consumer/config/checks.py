"""What must hold between values, each of which is right alone."""

from __future__ import annotations

from collections.abc import Callable

from consumer.config.entries import Faults, Where
from consumer.config.keys import Path
from consumer.config.settings import Settings

__all__ = ["check_together", "longest_lease_seconds"]

LEASE_CAP_SECONDS = 20.0


def check_together(
    settings: Settings, where: Callable[[Path], Where], faults: Faults
) -> None:
    """Note every pair of values that contradict each other."""
    check_lease(settings, where, faults)
    check_registry(settings, where, faults)
    check_letters(settings, where, faults)
    if settings.target.unknown_profiles == "check":
        faults.add(
            "C106",
            where(("target", "unknown_profiles")),
            "`target.unknown_profiles: check` is not built yet: asking Target whether "
            "it knows a profile comes later.",
            "Write `assume`, or remove it.",
        )
    retry = settings.retry
    if retry.base_seconds > retry.cap_seconds:
        faults.add(
            "C109",
            where(("retry", "base_seconds")),
            f"`retry.base_seconds` ({retry.base_seconds:g}) is more than "
            f"`retry.cap_seconds` ({retry.cap_seconds:g}).",
            "Make the cap the larger one.",
        )


def check_lease(
    settings: Settings, where: Callable[[Path], Where], faults: Faults
) -> None:
    """Note a lease that could outlive our membership of the group.

    The group gives our partitions away one session timeout after it last heard of us;
    a process that was stopped and wakes up must by then know that it may not send.
    """
    lease = settings.source.membership_lease_seconds
    session = settings.kafka.session_timeout_seconds
    most = longest_lease_seconds(session)
    if lease is not None and lease > most:
        faults.add(
            "C109",
            where(("source", "membership_lease_seconds")),
            f"`source.membership_lease_seconds` ({lease:g}) is more than {most:g}: "
            f"the smaller of 20 and half the session timeout ({session:g} s).",
            "Make it smaller, or remove it.",
        )


def check_letters(
    settings: Settings, where: Callable[[Path], Where], faults: Faults
) -> None:
    """Note replayed records that would go to a topic that has others."""
    replay = settings.dead_letters.replay_topic
    others = {
        settings.dead_letters.topic: "`dead_letters.topic`",
        "{topic}": "the source topic",
    }
    if replay in others:
        faults.add(
            "C109",
            where(("dead_letters", "replay_topic")),
            f"`dead_letters.replay_topic` is the same as {others[replay]}: what comes "
            "again has a topic of its own.",
            "Write another name, such as `{group}.{topic}.replay`.",
        )


def longest_lease_seconds(session_timeout_seconds: float) -> float:
    """Return the longest lease, which is also the default one."""
    return min(LEASE_CAP_SECONDS, session_timeout_seconds / 2)


def check_registry(
    settings: Settings, where: Callable[[Path], Where], faults: Faults
) -> None:
    """Note registry keys that say something only together."""
    registry = settings.registry
    pairs = (
        ("password", registry.password, "username", registry.username),
        ("username", registry.username, "password", registry.password),
        ("certificate_file", registry.certificate_file, "key_file", registry.key_file),
        ("key_file", registry.key_file, "certificate_file", registry.certificate_file),
        ("logical_cluster", registry.logical_cluster, "token", registry.token),
        ("identity_pool", registry.identity_pool, "token", registry.token),
    )
    if registry.token is not None and registry.username is not None:
        faults.add(
            "C109",
            where(("registry", "token")),
            "`registry.token` and `registry.username` are both set, and a request "
            "carries one of them only.",
            "Keep the token, or keep user and password.",
        )
    for name, value, other, needed in pairs:
        if value is not None and needed is None:
            faults.add(
                "C109",
                where(("registry", name)),
                f"`registry.{name}` stands without `registry.{other}`.",
                f"Set `registry.{other}` too, or remove `registry.{name}`.",
            )
    others = (
        registry.username,
        registry.token,
        registry.proxy,
        registry.ca_file,
        registry.key_file,
    )
    if registry.url is None and any(value is not None for value in others):
        faults.add(
            "C104",
            where(("registry", "url")),
            "`registry.url` is missing, but other keys of `registry` are set.",
            "Set it, or remove the section.",
        )
