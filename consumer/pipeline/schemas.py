"""Writers' schemas that records wait for: one question under way for each id.

Rules:
    - A registry that gives no answer is asked again, with longer and longer waits, for
      as long as it takes: an outage of the registry is no fault of a record.
    - An id that the registry says it does not have is asked again every tenth of the
      grace, counted from when the id was first seen (a publisher's registration may be
      slower than its first record); then records that name it are undecodable.
    - An id found to be unknown is asked again once a minute, without holding anything,
      for the last `MOST_RECHECKED` of them: made-up ids must not fill the memory. One
      that falls out begins anew when a record names it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

from consumer.decode.decoder import Decoder
from consumer.errors import RegistryUnreachableError, SchemaError
from consumer.model import Pause, PauseReason, SchemaId
from consumer.pipeline.ports import Registry

__all__ = ["MOST_RECHECKED", "RECHECK_SECONDS", "SchemaDesk"]

RECHECK_SECONDS = 60.0
MOST_RECHECKED = 1000
UNREACHABLE_FIRST_SECONDS = 0.5
UNREACHABLE_CAP_SECONDS = 10.0

log = logging.getLogger(__name__)


class SchemaDesk:
    """Asks the registry, and tells the decoder what it answered.

    Owned by the pipeline; lives on its loop.

    Attributes:
        unreachable_since: When the registry stopped answering; None while it answers.
    """

    def __init__(
        self,
        registry: Registry | None,
        decoder: Decoder,
        grace_seconds: float,
    ) -> None:
        self._registry = registry
        self._decoder = decoder
        self._grace_seconds = grace_seconds
        self._asking: dict[SchemaId, asyncio.Task[None]] = {}
        self._then: dict[SchemaId, list[Callable[[SchemaId], None]]] = {}
        self._unknown: dict[SchemaId, None] = {}
        self._rechecking: asyncio.Task[None] | None = None
        self._failed = asyncio.Event()
        self._error: BaseException | None = None
        self._why = ""
        self.unreachable_since: float | None = None

    def want(self, schema_id: SchemaId, then: Callable[[SchemaId], None]) -> None:
        """See to it that `then` is called, once, when the decoder knows `schema_id`."""
        waiting = self._then.setdefault(schema_id, [])
        if then not in waiting:
            waiting.append(then)
        if schema_id not in self._asking:
            self._asking[schema_id] = self._begin(self._ask(schema_id))

    async def watch(self) -> None:
        """Raise what a question raised that should not; else never return."""
        await self._failed.wait()
        if self._error is not None:
            raise self._error

    def pauses(self) -> list[Pause]:
        """Name the pause while the registry gives no answer."""
        if self.unreachable_since is None:
            return []
        return [
            Pause(
                reason=PauseReason.REGISTRY,
                scope="registry",
                since=self.unreachable_since,
                ends_when=(
                    f"the schema registry answers; now {self._why}. Check registry.url."
                ),
            )
        ]

    async def aclose(self) -> None:
        """Stop asking."""
        tasks = list(self._asking.values())
        if self._rechecking is not None:
            tasks.append(self._rechecking)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, question: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(question)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._error = error
            self._failed.set()

    async def _ask(self, schema_id: SchemaId) -> None:
        clock = asyncio.get_running_loop().time
        give_up_at = clock() + self._grace_seconds
        while not await self._is_found(schema_id):
            if clock() >= give_up_at:
                self._give_up(schema_id)
                break
            await asyncio.sleep(self._grace_seconds / 10)
        # From here on nothing waits, and the question is over before anybody is told:
        # who is told may want the same id again, and that is a new question then.
        del self._asking[schema_id]
        for then in self._then.pop(schema_id, ()):
            then(schema_id)

    def _give_up(self, schema_id: SchemaId) -> None:
        log.warning("the registry has no schema", extra={"schema": str(schema_id)})
        self._decoder.unknown(schema_id)
        self._unknown[schema_id] = None
        if len(self._unknown) > MOST_RECHECKED:
            oldest = next(iter(self._unknown))
            del self._unknown[oldest]
            self._decoder.forget_unknown(oldest)
        if self._rechecking is None or self._rechecking.done():
            self._rechecking = self._begin(self._recheck())

    async def _recheck(self) -> None:
        """Ask again for what is unknown, once a minute, until nothing is."""
        while self._unknown:
            await asyncio.sleep(RECHECK_SECONDS)
            for schema_id in tuple(self._unknown):
                if await self._is_found(schema_id):
                    self._unknown.pop(schema_id, None)

    async def _is_found(self, schema_id: SchemaId) -> bool:
        """Ask until there is an answer; True when it was a schema."""
        if self._registry is None:
            return False
        wait_seconds = UNREACHABLE_FIRST_SECONDS
        while True:
            try:
                found = await self._registry.schema(schema_id)
            except RegistryUnreachableError as error:
                if self.unreachable_since is None:
                    self.unreachable_since = asyncio.get_running_loop().time()
                self._why = str(error)
                log.warning("registry unreachable", extra={"detail": self._why})
                await asyncio.sleep(wait_seconds)
                wait_seconds = min(wait_seconds * 2, UNREACHABLE_CAP_SECONDS)
                continue
            self.unreachable_since = None
            if found is None:
                return False
            try:
                self._decoder.learn(
                    schema_id,
                    found.text,
                    found.references,
                    is_encrypted=found.is_encrypted,
                )
            except SchemaError as error:
                log.warning(
                    "schema not admitted",
                    extra={"schema": str(schema_id), "detail": str(error)},
                )
            return True
