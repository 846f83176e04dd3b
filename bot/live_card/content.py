"""What runs now, for the live card: read from InvokeAI no more often than needed."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from bot.backoff import backoff
from bot.domain.jobs import Job, JobStatus, Progress
from bot.domain.queue import QueueStatus, RunningJob
from bot.domain.queue_state import QueueState
from bot.errors import InvokeAIError, JobUnknown
from bot.images.preview import preview
from bot.live_card.estimates import Estimates
from bot.render.card import MAX_RUNNING, card, unreachable
from bot.render.message import Panel
from bot.render.queue_panel import MIN_TOLD

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MIN_BUSY = timedelta(seconds=2)
"""A queue that is empty again so soon gets no card."""
MIN_RETRY_DELAY, MAX_RETRY_DELAY = timedelta(seconds=6), timedelta(minutes=1)
"""How long an InvokeAI that did not answer is not asked again."""


class Queue(Protocol):
    """What is asked of InvokeAI: at most once when something changed, and each running job once."""

    async def status(self) -> QueueStatus: ...
    async def running(self) -> list[Job]: ...
    async def job(self, number: int) -> Job: ...


class LiveCardContent:
    """One server's running jobs as a panel."""

    def __init__(
        self, state: QueueState, queue: Queue, estimates: Estimates, *, clock: Callable[[], datetime]
    ) -> None:
        self._state = state
        self._queue = queue
        self._estimates = estimates
        self._clock = clock
        self._version: int | None = None
        """The queue's, as it was read last."""
        self._failures = 0
        self._retry_at: datetime | None = None
        self._status: QueueStatus | None = None
        self._busy_since: datetime | None = None
        self._jobs: dict[int, Job] = {}
        self._empty_at: datetime | None = None
        self._previews: dict[int, tuple[str, bytes | None]] = {}

    @property
    def silent(self) -> bool:
        """Whether InvokeAI did not answer when it was last asked."""
        return self._retry_at is not None

    @property
    def premature(self) -> bool:
        """Whether a card is due soon, and no event may come till then."""
        return self._busy_since is not None and self._clock() - self._busy_since < MIN_BUSY

    async def refresh(self, *, retry: bool) -> None:
        """Read the queue if it changed; with `retry` also, now and then, while it does not answer."""
        now = self._clock()
        due = retry and self._retry_at is not None and now >= self._retry_at
        if self._version == self._state.version and not due:
            return
        self._version = self._state.version
        try:
            status = await self._queue.status()
            await self._read(await self._numbers(status))
        except InvokeAIError as error:
            self._status = None
            self._failures += 1
            self._retry_at = now + backoff(self._failures, MIN_RETRY_DELAY, MAX_RETRY_DELAY)
            log.debug("card_read_failed", server=self._state.server, reason=str(error))
            return
        self._retry_at, self._failures, self._status = None, 0, status
        busy = bool(status.pending or status.in_progress)
        self._busy_since = (self._busy_since or now) if busy else None
        self._empty_at = self._expected_end(status, now)

    async def panel(self) -> Panel | None:
        """What a card shall show; None: no card."""
        if self._status is None:
            return unreachable()
        if self._busy_since is None:
            return None
        progress = self._state.progress
        newest = {number: progress.get(number) for number in sorted(self._jobs)[:MAX_RUNNING]}
        await self._decode(newest)
        shown = [
            RunningJob(job, step, self._estimates.usual(job), self._previews.get(number, ("", None))[1])
            for number, step in newest.items()
            for job in (self._jobs[number],)
        ]
        return card(self._status, tuple(shown), empty_at=self._empty_at, held=self._state.held)

    async def _numbers(self, status: QueueStatus) -> list[int]:
        """As the socket told, or as InvokeAI says where that can't be all."""
        numbers = sorted(self._state.running)
        if len(numbers) != status.in_progress:
            numbers = sorted(job.number for job in await self._queue.running()) if status.in_progress else []
        return numbers

    async def _read(self, numbers: Collection[int]) -> None:
        """Each running job whole, once."""
        jobs: dict[int, Job] = {}
        for number in numbers:
            known = self._jobs.get(number)
            if known is None and len(jobs) < MAX_RUNNING:
                try:
                    known = await self._queue.job(number)
                except JobUnknown:
                    continue
            if known is not None and known.status is JobStatus.IN_PROGRESS:
                jobs[number] = known
        self._jobs = jobs

    def _expected_end(self, status: QueueStatus, now: datetime) -> datetime | None:
        """When nothing should be left, to the ten seconds; None if that is not known, or soon."""
        usual = self._estimates.any_job()
        if usual is None:
            return None
        left = timedelta(0)
        for job in self._jobs.values():
            whole = self._estimates.usual(job) or usual
            left = max(left, (job.started_at or now) + whole - now)
        left += usual * status.pending / max(status.in_progress, 1)
        if left <= MIN_TOLD:
            return None
        return datetime.fromtimestamp(round((now + left).timestamp(), -1), UTC)

    async def _decode(self, progress: Mapping[int, Progress | None]) -> None:
        """The pictures that are new, in a thread. A step without one keeps the last."""
        self._previews = {number: kept for number, kept in self._previews.items() if number in progress}
        for number, newest in progress.items():
            url = newest.preview if newest is not None else None
            if url is not None and self._previews.get(number, ("", None))[0] != url:
                self._previews[number] = (url, await asyncio.to_thread(preview, url))
