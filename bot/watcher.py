"""Socket events wake, REST decides: what happened to a job goes to ledger and outbox in one transaction."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import structlog

from bot.errors import InvokeAIError, JobUnknown
from bot.events import EventKind, Job, JobEvent, JobStatus, Progress, QueueStatus, ServerInfo
from bot.invokeai.signals import (
    Connected,
    Disconnected,
    JobChanged,
    JobsQueued,
    QueueChanged,
    SocketEvent,
)
from bot.store.database import Database
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.subscriptions import Subscriptions

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

IDLE = 60.0
"""Seconds between two looks at the counts while the socket says nothing."""
WITHOUT_SOCKET = 5.0
"""The same, while there is no socket to say anything."""
FIRST_RETRY = 1.0

KINDS: Mapping[JobStatus, EventKind] = {
    JobStatus.IN_PROGRESS: EventKind.STARTED,
    JobStatus.COMPLETED: EventKind.COMPLETED,
    JobStatus.FAILED: EventKind.FAILED,
    JobStatus.CANCELED: EventKind.CANCELED,
}


class Queue(Protocol):
    """What the watcher asks InvokeAI over REST: the truth."""

    async def connect(self) -> ServerInfo: ...
    async def status(self) -> QueueStatus: ...
    async def job(self, number: int) -> Job: ...
    async def baseline(self) -> tuple[int, list[Job]]: ...
    async def jobs_changed(self, after: int, unfinished: Collection[int]) -> list[Job]: ...


class Events(Protocol):
    """What InvokeAI says by itself over its socket: the wake-up."""

    def events(self) -> AsyncIterator[SocketEvent]: ...


class Watcher:
    """Watches one InvokeAI. `owed` is called after each commit that owes a channel something."""

    def __init__(
        self,
        *,
        server: str,
        client: Queue,
        socket: Events,
        database: Database,
        ledger: Ledger,
        outbox: Outbox,
        subscriptions: Subscriptions,
        clock: Callable[[], datetime],
        owed: Callable[[], None],
    ) -> None:
        self._server = server
        self._client = client
        self._socket = socket
        self._database = database
        self._ledger = ledger
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._clock = clock
        self._owed = owed
        self._one_at_a_time = asyncio.Lock()
        self._wake = asyncio.Event()
        self._behind = True
        self._relearn = False
        self._socket_lost = False
        self._counts: QueueStatus | None = None
        self._away = False
        self.progress: dict[int, Progress] = {}
        """The newest progress of each running job, by job number."""

    @property
    def reachable(self) -> bool:
        """Whether InvokeAI answered when it was last asked."""
        return not self._away

    async def run(self) -> None:
        """Endless: one task hears the socket, one catches up whenever that is due."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(), name=f"socket {self._server}")
            tasks.create_task(self._keep_up(), name=f"reconcile {self._server}")

    async def _listen(self) -> None:
        async for event in self._socket.events():
            await self.hear(event)

    async def _keep_up(self) -> None:
        wait = FIRST_RETRY
        while True:
            if await self.catch_up():
                wait = WITHOUT_SOCKET if self._socket_lost else IDLE
            else:
                wait = min(wait * 2, IDLE)
            if await self._woken(wait):
                wait = FIRST_RETRY

    async def _woken(self, seconds: float) -> bool:
        """True if something woke us within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return False
        self._wake.clear()
        return True

    async def hear(self, event: SocketEvent) -> None:
        """What the socket said: write it down at once, or catch up soon."""
        match event:
            case Connected():
                self._relearn = self._relearn or self._socket_lost
                self._socket_lost = False
                self._fall_behind()
            case Disconnected(reason):
                self._socket_lost = True
                self.progress.clear()
                log.warning("invokeai_socket_lost", server=self._server, reason=reason)
            case QueueChanged():
                self._fall_behind()
            case JobsQueued():
                log.debug("jobs_queued", server=self._server)
            case JobChanged(number, status, pending):
                await self._job_changed(number, status, pending)
            case Progress():
                self.progress[event.number] = event

    def _fall_behind(self) -> None:
        self._behind = True
        self._wake.set()

    async def _job_changed(self, number: int, status: JobStatus, pending: int) -> None:
        self.progress.pop(number, None)
        if status not in KINDS:
            return
        if not status.finished and not await self._wanted(EventKind.STARTED):
            return
        async with self._one_at_a_time:
            if self._behind:
                return  # the reconcile that is due finds it, in its order
            try:
                job = await self._client.job(number)
            except JobUnknown:
                return
            except InvokeAIError as error:
                self._say_away(error)
                self._fall_behind()
                return
            if job.status not in KINDS or (status.finished and not job.status.finished):
                self._fall_behind()  # REST decides, and does not know yet
                return
            if await self._record(job, pending):
                self._owed()

    async def _wanted(self, kind: EventKind) -> bool:
        async with self._database.reading() as reading:
            return bool(await self._subscriptions.for_event(reading, kind, self._server))

    async def catch_up(self) -> bool:
        """Compare the counts, reconcile if they moved or if we may have missed something.

        False when InvokeAI gave no usable answer: then it is still due.
        """
        async with self._one_at_a_time:
            try:
                if self._relearn or self._counts is None:
                    info = await self._client.connect()
                    log.info("invokeai_connected", server=self._server, version=info.version)
                    self._relearn = False
                counts = await self._client.status()
                if self._behind or counts != self._counts:
                    self._behind = False
                    await self._reconcile(counts.pending)
                self._counts = counts
            except InvokeAIError as error:
                self._behind = True
                self._say_away(error)
                return False
        if self._away:
            self._away = False
            log.info("invokeai_back", server=self._server)
        return True

    def _say_away(self, error: InvokeAIError) -> None:
        (log.debug if self._away else log.warning)(
            "invokeai_unavailable", server=self._server, reason=str(error)
        )
        self._away = True

    async def _reconcile(self, pending: int) -> None:
        position = await self._ledger.position(self._server)
        if position is None:
            highest, unfinished = await self._client.baseline()
            async with self._database.transaction() as transaction:
                await self._ledger.begin(transaction, self._server, highest, unfinished)
            log.info("baseline_taken", server=self._server, highest=highest, unfinished=len(unfinished))
            return
        jobs = await self._client.jobs_changed(position.highest, position.unfinished)
        news = [job for job in jobs if job.number not in position.ended]
        await self._record_all(news, pending)
        async with self._database.transaction() as transaction:
            for job in news:
                if not job.status.finished:
                    await self._ledger.record(transaction, job)
            await self._ledger.forget(
                transaction, self._server, position.unfinished - {job.number for job in jobs}
            )
            await self._ledger.advance(
                transaction, self._server, max((job.number for job in jobs), default=position.highest)
            )

    async def _record_all(self, news: Sequence[Job], pending: int) -> None:
        """The ends in their order, then what has begun. Told of at the end, so that it makes albums."""
        added = 0
        try:
            for job in sorted((job for job in news if job.status.finished), key=_ending):
                try:
                    whole = await self._client.job(job.number)
                except JobUnknown:
                    continue
                added += await self._record(whole, pending)
            for job in news:
                if job.status is JobStatus.IN_PROGRESS:
                    added += await self._record(job, pending)
        finally:
            if added:
                self._owed()

    async def _record(self, job: Job, pending: int) -> int:
        """One transaction: the ledger knows what happened, and each subscribed channel is owed it.

        How many rows that was.
        """
        added = 0
        async with self._database.transaction() as transaction:
            kind = KINDS[job.status]
            see = self._ledger.started if kind is EventKind.STARTED else self._ledger.record
            if await see(transaction, job):
                channels = await self._subscriptions.for_event(transaction, kind, job.server)
                for event in _events(kind, job, pending):
                    added += await self._outbox.add(transaction, event, channels, self._clock())
                log.info("job_changed", server=job.server, job=job.number, status=job.status, owed=added)
        return added


def _events(kind: EventKind, job: Job, pending: int) -> Sequence[JobEvent]:
    """One event an image, so that an album can end anywhere; one for a job without images."""
    if kind is EventKind.COMPLETED and job.images:
        return [JobEvent(kind, job, pending, image) for image in range(len(job.images))]
    return [JobEvent(kind, job, pending)]


def _ending(job: Job) -> tuple[datetime, int]:
    return job.completed_at or job.created_at, job.number
