"""A circuit breaker: the same failure again and again pauses the processor, if the owner wants that."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from bot.domain.events import EventKind, ServerEvent
from bot.domain.failures import fingerprint
from bot.domain.jobs import Job, JobStatus
from bot.domain.queue import QueueStatus
from bot.errors import InvokeAIRefused
from bot.watching.server_news import ServerNews

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MAX_AGE = timedelta(minutes=10)
"""A failure found out later than that is history, and pauses nothing."""


class FailureBreaker:
    """Trips once, at the `limit`-th equal failure in a row, of whatever batch; a success ends the row."""

    def __init__(
        self,
        limit: int,
        *,
        pause: Callable[[], Awaitable[QueueStatus]],
        news: ServerNews,
        clock: Callable[[], datetime],
    ) -> None:
        self._limit = limit
        self._pause = pause
        self._news = news
        self._clock = clock
        self._same = ""
        self._count = 0
        self._due: ServerEvent | None = None

    def observe(self, job: Job) -> None:
        """A job whose end is written down."""
        if job.parent is not None:
            return
        if job.status is JobStatus.COMPLETED:
            self._count = 0
        if job.status is not JobStatus.FAILED or job.failure is None:
            return
        now = self._clock()
        if now - (job.completed_at or job.created_at) > MAX_AGE:
            return
        same = fingerprint(job.failure)
        self._count = self._count + 1 if same == self._same else 1
        self._same = same
        if self._count == self._limit:
            about = job.failure.error_type
            self._due = ServerEvent(EventKind.FAILING, job.server, now, about=about, jobs=self._count)

    async def trip_if_due(self) -> None:
        """Pauses the processor and says so. InvokeAIUnavailable, DatabaseTrouble: still due."""
        event = self._due
        if event is None:
            return
        try:
            await self._pause()
        except InvokeAIRefused as error:
            log.error(  # noqa: TRY400 - InvokeAI's word, no fault of ours
                "pause_failed", server=event.server, reason=error.with_details
            )
        else:
            await self._news.tell(event)
            log.warning("paused_on_failures", server=event.server, jobs=event.jobs)
        self._due = None
