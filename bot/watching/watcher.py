"""Socket events wake, REST decides: hears what InvokeAI says, and catches up when something was missed."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import replace
from typing import Protocol

import structlog

from bot.domain.events import Left
from bot.domain.jobs import JobStatus, Progress
from bot.domain.queue import QueueStatus
from bot.errors import DatabaseTrouble, InvokeAIError, InvokeAIUnavailable, JobUnknown
from bot.invokeai.socket.events import (
    Connected,
    Disconnected,
    JobChanged,
    JobsQueued,
    QueueChanged,
    SocketEvent,
)
from bot.watching.failure_breaker import FailureBreaker
from bot.watching.outages import Outages
from bot.watching.reconciler import Queue, Reconciler
from bot.watching.recorder import KINDS, Recorder

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

IDLE = 60.0
"""Seconds between two looks at the counts while the socket says nothing."""
WITHOUT_SOCKET = 5.0
"""The same, while there is no socket to say anything."""
MIN_RETRY = 1.0
REMEMBERED = 100
"""So many ended jobs are remembered, whose late progress is ignored: a node goes on to its next step."""


class Events(Protocol):
    """What InvokeAI says by itself over its socket: the wake-up."""

    def events(self) -> AsyncIterator[SocketEvent]: ...


def _nothing(*_: object) -> None:
    """Nobody wants to know."""


class Watcher:
    """Watches one InvokeAI.

    `changed` is called when the queue may look different, `progressed` when a running job came further,
    `looked` with each reading of the counts, and whether the connection had been lost before it.
    """

    def __init__(
        self,
        *,
        server: str,
        client: Queue,
        socket: Events,
        recorder: Recorder,
        reconciler: Reconciler,
        presence: Outages | None = None,
        streak: FailureBreaker | None = None,
        changed: Callable[[], None] = _nothing,
        progressed: Callable[[], None] = _nothing,
        looked: Callable[[QueueStatus, bool], None] = _nothing,
    ) -> None:
        self._server = server
        self._client = client
        self._socket = socket
        self._recorder = recorder
        self._reconciler = reconciler
        self._presence = presence
        self._streak = streak
        self._changed = changed
        self._progressed = progressed
        self._looked = looked
        self._one_at_a_time = asyncio.Lock()
        self._wake = asyncio.Event()
        self._behind = True
        self._relearn = False
        self._socket_lost = False
        self._lost = True
        self._counts: QueueStatus | None = None
        self._away = False
        self._ended: deque[int] = deque(maxlen=REMEMBERED)
        self.progress: dict[int, Progress] = {}
        """The newest progress of each running job, by job number."""
        self.running: set[int] = set()
        """The jobs that run, as far as the socket told."""

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
        wait = MIN_RETRY
        while True:
            if await self.catch_up():
                wait = WITHOUT_SOCKET if self._socket_lost else IDLE
            else:
                wait = min(wait * 2, IDLE)
            if await self._woken(wait):
                wait = MIN_RETRY

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
                self._lost = True
                self._fall_behind()
            case Disconnected(reason):
                self._socket_lost = self._lost = True
                self._reconciler.lost()
                self.progress.clear()
                self.running.clear()
                self._ended.clear()
                self._changed()
                log.warning("invokeai_socket_lost", server=self._server, reason=reason)
            case QueueChanged():
                self._fall_behind()
            case JobsQueued():
                log.debug("jobs_queued", server=self._server)
                self._changed()
            case JobChanged():
                await self._job_changed(event)
            case Progress():
                if event.number not in self._ended:
                    self.progress[event.number] = event
                    self._progressed()

    def _fall_behind(self) -> None:
        self._behind = True
        self._wake.set()

    async def _job_changed(self, event: JobChanged) -> None:
        number, status = event.number, event.status
        self.progress.pop(number, None)
        if status is JobStatus.IN_PROGRESS:
            self.running.add(number)
        else:
            self.running.discard(number)
        if status.finished:
            self._ended.append(number)
        self._changed()
        if status is not JobStatus.IN_PROGRESS and status not in KINDS:
            return
        async with self._one_at_a_time:
            try:
                await self._look_at(number, status, event.pending, event.left)
                await self._brake()
                if status.finished and event.pending == 0 and await self._recorder.much_done():
                    await self._look_whether_empty(await self._client.status())
            except InvokeAIError as error:
                self._say_away(error)
                self._fall_behind()
            except DatabaseTrouble as error:
                self._say_unwritten(error)
                self._fall_behind()

    async def _look_at(self, number: int, status: JobStatus, pending: int, left: Left) -> None:
        """Write down what REST says of it. While a reconcile is due, that finds it, in its order."""
        if not status.finished:
            await self._recorder.running(number)
            return
        if self._behind:
            return
        try:
            job = await self._client.job(number)
        except JobUnknown:
            return
        if await self._recorder.stranger(job):
            self._reconciler.met_stranger()
            self._fall_behind()
        elif job.status not in KINDS or (status.finished and not job.status.finished):
            self._fall_behind()  # REST decides, and does not know yet
        else:  # what the socket tells of was no restart: that is silent
            await self._recorder.record(replace(job, interrupted=False), pending, left)

    async def catch_up(self) -> bool:
        """Compare the counts, reconcile if they moved or if we may have missed something.

        False when InvokeAI gave no usable answer, or it could not be written down: then it is still due.
        """
        async with self._one_at_a_time:
            lost, self._lost = self._lost, False
            try:
                if self._relearn or self._counts is None:
                    info = await self._client.connect()
                    log.info("invokeai_connected", server=self._server, version=info.version)
                    self._relearn = False
                counts = await self._client.status()
                self._looked(counts, lost)
                lost = False
                if self._behind or counts != self._counts:
                    self._behind = False
                    self._changed()
                    self._ends(
                        await self._reconciler.reconcile(
                            counts.pending, connected=not self._socket_lost, left=_left(counts)
                        )
                    )
                self._counts = counts
                await self._brake()
                await self._look_whether_empty(counts)
                if self._presence is not None:
                    await self._presence.back()
            except InvokeAIError as error:
                self._behind = True
                self._lost = self._lost or lost or isinstance(error, InvokeAIUnavailable)
                self._say_away(error)
                if isinstance(error, InvokeAIUnavailable):
                    await self._note_absence()
                return False
            except DatabaseTrouble as error:
                self._behind = True
                self._lost = self._lost or lost
                self._say_unwritten(error)
                return False
        if self._away:
            self._away = False
            self._changed()
            log.info("invokeai_back", server=self._server)
        return True

    async def _brake(self) -> None:
        if self._streak is not None:
            await self._streak.act()

    async def _look_whether_empty(self, counts: QueueStatus) -> None:
        if not (self._behind or counts.pending or counts.in_progress or counts.waiting):
            await self._recorder.emptied()

    async def _note_absence(self) -> None:
        if self._presence is None:
            return
        try:
            await self._presence.away(self._counts.pending if self._counts is not None else 0)
        except DatabaseTrouble as error:
            self._say_unwritten(error)

    def _ends(self, numbers: Collection[int]) -> None:
        self._ended.extend(numbers)
        for number in numbers:
            self.progress.pop(number, None)
            self.running.discard(number)

    def _say_unwritten(self, error: DatabaseTrouble) -> None:
        log.error("not_written_down", server=self._server, reason=str(error))

    def _say_away(self, error: InvokeAIError) -> None:
        if isinstance(error, InvokeAIUnavailable):
            self._reconciler.lost()
        (log.debug if self._away else log.warning)(
            "invokeai_unavailable", server=self._server, reason=str(error)
        )
        self._away = True


def _left(counts: QueueStatus) -> Left:
    """An empty queue has no unfinished batch; of another one the counts do not tell."""
    queue = counts.pending + counts.in_progress + counts.waiting
    return Left(queue, None if queue else 0)
