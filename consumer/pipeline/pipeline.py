"""The pipeline: records in, works out, settlements back, offsets committed.

Theory of operation: everything here runs on one event loop. The source's thread hands
batches over; `Intake` brings each record to the scheduler; `Dispatch` carries works to
the target; `SettlementDesk` ends records; a tick keeps time: it wakes what is due,
tells the source how much room there is, and commits. The scheduler is the only place
that knows what is held; nothing here keeps a count of its own.

A revocation has two steps. `on_revoking` fences the partitions (nothing of them is
taken any more), waits for the calls on the wire and names the offsets to commit;
`on_revoked` drops what is left. In between the source commits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from consumer.errors import PipelineFailedError
from consumer.model import Commit, Pause, PauseReason, Record, TopicPartition
from consumer.pipeline.dispatch import Dispatch
from consumer.pipeline.intake import Intake
from consumer.pipeline.ports import Source
from consumer.pipeline.schemas import SchemaDesk
from consumer.pipeline.settlement import WRITERS, SettlementDesk
from consumer.pipeline.states import Lifecycle, State
from consumer.schedule.scheduler import Scheduler
from consumer.source import Assigned, SourceFault

__all__ = ["Pipeline", "Rooms"]

TICK_SECONDS = 0.02

log = logging.getLogger(__name__)
