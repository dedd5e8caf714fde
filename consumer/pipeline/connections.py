"""The services that this program needs: are they there, and do they let us in?

One place for `check --connect`, which asks before a deployment, and for the service,
which asks at its start and writes down what is wrong.

Rules:
    - Nothing is changed: no topic is created, no group joined, no profile updated. A topic
      that would be created is judged by the broker without being created; Target is asked
      for a profile that nobody has (the fetch API is not metered).
    - What a broker does not tell is "not told", never "fine" and never "wrong".
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from consumer.config.settings import Settings
from consumer.errors import DependencyError, FileFault
from consumer.model import IdKind, Outcome, ProfileId
from consumer.pipeline.connection_faults import registry_silent, target_fault
from consumer.pipeline.fetcher import Fetcher
from consumer.pipeline.findings import Finding, Needs
from consumer.pipeline.kafka_findings import kafka_findings
from consumer.pipeline.subjects import no_version, subjects_of
from consumer.registry import Registry

__all__ = ["begin_to_look", "connections"]

log = logging.getLogger(__name__)

UNDER_WAY: set[asyncio.Task[None]] = set()  # a loop forgets a task that nobody holds
T = TypeVar("T")
NO_VERSION = "S107"
NOBODY = ProfileId(IdKind.THIRD_PARTY_ID, "consumer-check-connect")


async def connections(needs: Needs) -> list[Finding]:
    """Return what was found, in the order in which a person mends it.

    Raises ConfigurationError when a client cannot be made: a certificate, a property.
    """
    kafka, registry, target = await asyncio.gather(
        in_thread(lambda: list(kafka_findings(needs))),
        registry_findings(needs),
        target_findings(needs.settings),
    )
    return [*kafka, *registry, *target]


def begin_to_look(needs: Needs) -> None:
    """Begin to write down what is wrong outside; the service runs all the same.

    An error of our own ends the look and not the service, and is written down too.
    """
    looking = asyncio.create_task(tell_faults(needs))
    UNDER_WAY.add(looking)
    looking.add_done_callback(looked)


async def tell_faults(needs: Needs) -> None:
    """Write down what is wrong outside.

    How publishers name their subjects is not known then, so those are not told. Raises
    what `connections` raises.
    """
    for one in await connections(needs):
        fault = one.fault
        if fault is None or fault.code == NO_VERSION:
            continue
        # The text differs from fault to fault, or all but one would be held back.
        message = f"outside: {one.subject}: {fault.message}"
        log.warning(message, extra={"code": fault.code, "mend": fault.mend})


def looked(task: asyncio.Task[None]) -> None:
    """Note that a look is over."""
    UNDER_WAY.discard(task)
    if not task.cancelled() and task.exception() is not None:
        log.error("the services outside were not looked at", exc_info=task.exception())


async def in_thread(work: Callable[[], T]) -> T:
    """Return what `work` returns, in a thread that keeps no process from ending.

    The loop's own threads are waited for at its end, however long a broker is silent.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(result)  # type: ignore[arg-type] # of `work`
        else:
            answer.set_exception(error)

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except Exception as found:  # noqa: BLE001 - handed to whoever waits
            error = found
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:
            log.info("the event loop is closed: nobody is told what was found")

    threading.Thread(target=run, name="connections", daemon=True).start()
    return await answer


async def registry_findings(needs: Needs) -> list[Finding]:
    """Return what is found of the registry and the subjects of the mappings' events."""
    settings = needs.settings.registry
    if settings.url is None:
        return [Finding("registry", "none is configured: all schemas are local ones")]
    registry = Registry(settings)
    try:
        found = [
            Finding(f"subject {subject}", said, wrong)
            for subject, said, wrong in [
                await subject_of(registry, names) for names in subjects(needs)
            ]
        ]
    except DependencyError as error:
        return [Finding("registry", "", registry_silent(error))]
    finally:
        await registry.aclose()
    return [Finding("registry", "answers"), *found]


def subjects(needs: Needs) -> tuple[tuple[str, ...], ...]:
    """Return the subjects that have to be there; of several together, one.

    Topics that a pattern matches are left out: which there will be, nobody knows.
    """
    found = [
        some
        for plan in needs.mappings.plans
        for some in subjects_of(
            plan,
            needs.readers[plan.spec.source.schema_],
            needs.mappings,
            needs.naming,
            list,
        )
    ]
    return tuple(dict.fromkeys(found))


async def subject_of(
    registry: Registry, names: tuple[str, ...]
) -> tuple[str, str, FileFault | None]:
    """Return the first subject that is registered, else what is wrong."""
    for name in names:
        newest = await registry.newest(name)
        if newest is not None:
            return name, f"newest version: {newest}", None
    return names[0], "", no_version(names[0])


# ----------------------------------------------------------------------------- Target


async def target_findings(settings: Settings) -> list[Finding]:
    """Return whether Target is there and lets us in."""
    async with Fetcher(settings) as fetcher:
        found = await fetcher.ask(NOBODY)
        subject = f"target {fetcher.host}"
        if isinstance(found, Outcome):
            return [Finding(subject, "", target_fault(fetcher.host, found))]
    client = f"answers for the client {settings.target.client}"
    if settings.target.token is None:
        return [Finding(subject, f"{client}, asks for no token")]
    target = replace(settings.target, token=None)
    async with Fetcher(replace(settings, target=target)) as stranger:
        is_open = not isinstance(await stranger.ask(NOBODY), Outcome)
    token = "asks for no token, though one is set" if is_open else "takes the token"
    return [Finding(subject, f"{client}, {token}")]
