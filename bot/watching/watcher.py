"""Socket events wake, REST decides: hears what InvokeAI says, and catches up when something was missed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from bot.backoff import backoff, wait_at_most
from bot.domain.events import Left
from bot.domain.jobs import Job, JobStatus, Progress
from bot.domain.queue import QueueStatus
from bot.domain.queue_state import QueueState
from bot.errors import DatabaseTrouble, InvokeAIError, InvokeAIUnavailable, JobUnknown, LoginNeeded
from bot.invokeai.socket.events import (
    Connected,
    Disconnected,
    JobChanged,
    JobsQueued,
    QueueChanged,
    SocketEvent,
)
from bot.store.ledger import StrangeJob
from bot.watching.account import AccountWatch
from bot.watching.failure_breaker import FailureBreaker
from bot.watching.link import Link
from bot.watching.outages import Outages
from bot.watching.queue_empty import EndedBatch, QueueEmpty
from bot.watching.reconciler import QueueSource, Reconciler
from bot.watching.recorder import Recorder
from bot.watching.stalls import Stalls

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

POLL_INTERVAL = 60.0
"""Seconds between two looks at the counts while the socket says nothing."""
POLL_INTERVAL_WITHOUT_SOCKET = 5.0
WORK = frozenset({JobStatus.IN_PROGRESS, JobStatus.COMPLETED, JobStatus.FAILED})
"""What only a processor that works makes of a job."""
MESSAGE_FIRST = 0.1
"""Seconds that the notice of the queue's last job has for itself before the queue is looked at once more."""
MIN_RETRY, MAX_RETRY = 1.0, 60.0
"""Seconds until the next look after one that failed."""


class Events(Protocol):
    """What InvokeAI says by itself over its socket: the wake-up."""

    def events(self) -> AsyncIterator[SocketEvent]: ...


@dataclass(frozen=True, slots=True)
class Checks:
    """What is looked at after a reading. `breaker` None: the owner does not want that."""

    queue_empty: QueueEmpty
    outages: Outages
    stalls: Stalls
    account: AccountWatch
    breaker: FailureBreaker | None = None


class Watcher:
    """Watches one InvokeAI, whose `state` it keeps. `rounds` counts its looks at the counts."""

    def __init__(
        self,
        state: QueueState,
        client: QueueSource,
        socket: Events,
        *,
        recorder: Recorder,
        reconciler: Reconciler,
        checks: Checks,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._state = state
        self._client = client
        self._socket = socket
        self._recorder = recorder
        self._reconciler = reconciler
        self._checks = checks
        self._sleep = sleep
        self._one_at_a_time = asyncio.Lock()
        self._wake = asyncio.Event()
        self._link = Link.NEVER
        self.rounds = 0
        self._behind = True
        """Something may have been missed: a reconcile is due."""

    async def run(self) -> None:
        """Endless: one task hears the socket, one catches up whenever that is due."""
        self._behind = True
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(), name=f"socket {self._state.server}")
            tasks.create_task(self._keep_up(), name=f"reconcile {self._state.server}")

    async def _listen(self) -> None:
        async for event in self._socket.events():
            await self.hear(event)

    async def _keep_up(self) -> None:
        failures = 0
        while True:
            if await self.catch_up():
                failures = 0
                pause = POLL_INTERVAL_WITHOUT_SOCKET if self._link is Link.DOWN else POLL_INTERVAL
            else:
                failures += 1
                pause = backoff(failures, MIN_RETRY, MAX_RETRY)
            self.rounds += 1
            if await wait_at_most(self._wake, pause):
                self._wake.clear()
                failures = 0

    async def hear(self, event: SocketEvent) -> None:
        """What the socket said: write it down at once, or catch up soon."""
        match event:
            case Connected():
                self._link = self._link.after(event)
                self._state.connected()
                self._fall_behind()
            case Disconnected(reason):
                self._link = self._link.after(event)
                self._reconciler.lost()
                self._state.disconnected()
                self._fall_behind()  # InvokeAI itself may be away
                log.warning("invokeai_socket_lost", server=self._state.server, reason=reason)
            case QueueChanged():
                self._fall_behind()
            case JobsQueued():
                log.debug("jobs_queued", server=self._state.server)
                self._state.changed()
            case JobChanged():
                self._state.job_changed(event.number, event.status)
                if event.status in WORK:
                    self._checks.stalls.started()
                await self._write_down(event)
            case Progress():
                self._state.progressed(event)

    def _fall_behind(self) -> None:
        self._behind = True
        self._wake.set()

    async def _write_down(self, event: JobChanged) -> None:
        if event.status is not JobStatus.IN_PROGRESS and not event.status.finished:
            return
        async with self._one_at_a_time:
            try:
                if event.status.finished:
                    await self._write_down_end(event)
                else:
                    await self._recorder.start(event.number)
            except InvokeAIError as error:
                self._unanswered(error)
                self._fall_behind()
            except DatabaseTrouble as error:
                self._not_written(error)
                self._fall_behind()

    async def _write_down_end(self, event: JobChanged) -> None:
        job = await self._record(event)
        await self._trip_breaker()
        if event.pending == 0 and (event.left.queue == 0 or await self._checks.queue_empty.worth_telling()):
            ended = EndedBatch(job.batch_id, event.left.counts) if job and event.left.counts else None
            await self._sleep(MESSAGE_FIRST)
            await self._check_whether_empty(await self._client.status(), ended)

    async def _record(self, event: JobChanged) -> Job | None:
        """As REST says of it. None while a reconcile is due: that finds it, in its order."""
        if self._behind:
            return None
        try:
            job = await self._client.job(event.number)
        except JobUnknown:
            return None
        if not job.status.finished or self._checks.account.lost_sight(job):
            await self._reconciler.meets_stranger(job)
            self._fall_behind()  # REST decides, and if it does not know yet it will
            return None
        # What the socket tells of was no restart: that is silent.
        told = replace(job, interrupted=False)
        try:
            await self._recorder.end(told, event.pending, event.left, trusting=False)
        except StrangeJob:
            self._reconciler.met_stranger()
            self._fall_behind()
            return None
        return job

    async def catch_up(self) -> bool:
        """Compare the counts, reconcile if they moved or if we may have missed something.

        False when InvokeAI gave no usable answer, or it could not be written down: then it is still due.
        """
        async with self._one_at_a_time:
            try:
                await self._read_and_reconcile()
            except InvokeAIError as error:
                self._behind = True
                self._unanswered(error)
                await self._note(error)
                return False
            except DatabaseTrouble as error:
                self._behind = True
                self._not_written(error)
                return False
        if not self._state.reachable:
            self._state.reachable = True
            self._state.changed()
            log.info("invokeai_recovered", server=self._state.server)
        return True

    async def _read_and_reconcile(self) -> None:
        if self._link is Link.BACK or self._state.status is None:
            info = await self._client.connect()
            self._link = self._link.after(info)
            log.info("invokeai_connected", server=self._state.server, version=info.version)
        counts = await self._client.status()
        moved = counts != self._state.status
        self._state.read(counts)
        await self._checks.account.answered()
        if self._behind or moved:
            self._state.changed()
            self._behind = not await self._checks.account.sees_all()
            if not self._behind:
                await self._reconcile(counts)
        await self._trip_breaker()
        await self._check_whether_empty(counts)
        await self._checks.outages.back()
        await self._checks.stalls.look(counts)

    async def _reconcile(self, counts: QueueStatus) -> None:
        ended = await self._reconciler.reconcile(
            counts.pending, connected=self._link is not Link.DOWN, left=_left(counts)
        )
        self._state.ended(ended)

    async def _trip_breaker(self) -> None:
        if self._checks.breaker is not None:
            await self._checks.breaker.trip_if_due()

    async def _check_whether_empty(self, counts: QueueStatus, ended: EndedBatch | None = None) -> None:
        if not self._behind and not counts.unfinished:
            await self._checks.queue_empty.tell(ended)

    async def _note(self, trouble: InvokeAIError) -> None:
        counts = self._state.status
        self._checks.stalls.unanswered()
        try:
            if isinstance(trouble, InvokeAIUnavailable):
                await self._checks.outages.away(counts.pending if counts is not None else 0)
            elif isinstance(trouble, LoginNeeded):
                await self._checks.account.refused()
        except DatabaseTrouble as error:
            self._not_written(error)

    def _not_written(self, error: DatabaseTrouble) -> None:
        log.error("ledger_write_failed", server=self._state.server, reason=str(error))

    def _unanswered(self, error: InvokeAIError) -> None:
        if isinstance(error, InvokeAIUnavailable):
            self._state.interrupted()
            self._reconciler.lost()
        (log.warning if self._state.reachable else log.debug)(
            "invokeai_unavailable", server=self._state.server, reason=error.with_details
        )
        self._state.reachable = False


def _left(counts: QueueStatus) -> Left:
    """An empty queue has no unfinished batch; of another one the counts do not tell."""
    return Left(counts.unfinished, None if counts.unfinished else 0)
