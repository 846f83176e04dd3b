"""The same failure again and again: the processor is paused, if the owner wants that."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from bot.domain.events import EventKind, ServerEvent
from bot.domain.failures import fingerprint
from bot.domain.jobs import Job, JobStatus
from bot.domain.queue import QueueStatus
from bot.errors import InvokeAIRefused

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

FRESH = timedelta(minutes=10)
"""A failure found out later than that is history, and pauses nothing."""


class FailureBreaker:
    """Equal failures in a row, of whatever batch; a finished job ends the row. `most` of them pause, once."""

    def __init__(
        self,
        most: int,
        *,
        pause: Callable[[], Awaitable[QueueStatus]],
        tell: Callable[[ServerEvent], Awaitable[None]],
        clock: Callable[[], datetime],
    ) -> None:
        self._most = most
        self._pause = pause
        self._tell = tell
        self._clock = clock
        self._same = ""
        self._count = 0
        self._due: ServerEvent | None = None

    def saw(self, job: Job) -> None:
        """A job's news."""
        if job.parent is not None:
            return
        if job.status is JobStatus.COMPLETED:
            self._count = 0
        if job.status is not JobStatus.FAILED or job.failure is None:
            return
        now = self._clock()
        if now - (job.completed_at or job.created_at) > FRESH:
            return
        same = fingerprint(job.failure)
        self._count = self._count + 1 if same == self._same else 1
        self._same = same
        if self._count == self._most:
            about = job.failure.error_type
            self._due = ServerEvent(EventKind.FAILING, job.server, now, about=about, jobs=self._count)

    async def act(self) -> None:
        """Pauses, if that is due, and says so. InvokeAIUnavailable, DatabaseTrouble: still due."""
        event = self._due
        if event is None:
            return
        try:
            await self._pause()
        except InvokeAIRefused as error:
            log.error(  # noqa: TRY400 - InvokeAI's word, no fault of ours
                "pause_refused", server=event.server, reason=str(error)
            )
        else:
            await self._tell(event)
            log.warning("paused_on_failures", server=event.server, jobs=event.jobs)
        self._due = None
