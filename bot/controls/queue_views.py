"""How the queue is: what runs, what is next, when it should be empty, what has failed of late."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.creation import Submitted
from bot.domain.estimates import Estimates
from bot.domain.jobs import BatchPlace, Job, JobPage, JobStatus
from bot.domain.queue import (
    Outlook,
    QueueStatus,
    QueueView,
    RecentFailures,
    RunningJob,
    ServerInfo,
    Undelivered,
    WaitingBatch,
)
from bot.domain.queue_state import QueueState
from bot.errors import InvokeAIError, InvokeAIUnavailable, JobUnknown
from bot.render.queue_panel import MAX_RUNNING

MAX_GROUPED = 50
"""In a longer queue only the next job is named, not the batches behind it."""
MAX_BATCHES = 3
MIN_RECENT = 30
"""So many jobs beside those that wait are looked through for failures."""
RECENT = timedelta(days=1)
GLANCE_TIMEOUT = 3.0
"""Seconds that one InvokeAI may take while others are shown beside it."""


class ViewClient(Protocol):
    """What InvokeAI is asked; `InvokeAIClient` has it. Errors are InvokeAIError."""

    @property
    def info(self) -> ServerInfo | None:
        """A new object with each connect."""
        ...

    async def status(self) -> QueueStatus: ...
    async def current(self) -> Job | None: ...
    async def next(self) -> Job | None: ...
    async def running(self) -> list[Job]: ...
    async def job(self, number: int) -> Job: ...
    async def jobs(
        self, *, before: int | None = None, status: JobStatus | None = None, limit: int = MIN_RECENT
    ) -> JobPage: ...
    async def is_admin(self) -> bool: ...

    async def unknown_queue(self) -> bool:
        """Whether the queue's name is perhaps mistyped."""
        ...


class BatchClient(Protocol):
    """What InvokeAI is asked; `InvokeAIClient.whole` has it. Errors are InvokeAIError."""

    async def many(self, numbers: Sequence[int]) -> list[Job]: ...
    async def batch_place(self, batch_id: str) -> BatchPlace | None: ...


class QueueViews:
    """`undelivered` counts the notices that reach nobody."""

    def __init__(
        self,
        queue: ViewClient,
        whole: BatchClient,
        state: QueueState,
        *,
        estimates: Estimates,
        undelivered: Callable[[], Awaitable[Undelivered]],
        clock: Callable[[], datetime],
    ) -> None:
        self._queue = queue
        self._whole = whole
        self._state = state
        self._estimates = estimates
        self._undelivered = undelivered
        self._clock = clock
        self._rights: tuple[ServerInfo | None, bool, bool] | None = None

    @property
    def state(self) -> QueueState:
        """What is known without asking."""
        return self._state

    def usual(self) -> timedelta | None:
        """How long the last jobs ran; None where that is not known."""
        return self._estimates.any_job()

    async def running(self) -> tuple[RunningJob, ...]:
        """All that run now."""
        return await self._all_running(await self._queue.status())

    async def glance(self) -> QueueView | None:
        """What runs and how many wait, in two requests; None where InvokeAI does not answer in time."""
        if not self._state.reachable:
            return None
        try:
            async with asyncio.timeout(GLANCE_TIMEOUT):
                status = await self._queue.status()
                running = await self._all_running(status)
        except (InvokeAIError, TimeoutError):
            return None
        jobs, now = [one.job for one in running], self._clock()
        empty_at = None if status.paused else self._estimates.queue_empty_at(status, jobs, now)
        return QueueView(status, running, empty_at=empty_at, held=self._state.held)

    async def view(self) -> QueueView:
        """Everything that the panel shows."""
        status = await self._queue.status()
        running = await self._all_running(status)
        sees_all, doubtful = await self._asked_once_per_connect()
        jobs, now = [one.job for one in running], self._clock()
        recent: Sequence[Job] = ()
        if status.pending > 1 or status.failed:
            limit = min(status.pending, MAX_GROUPED) + MIN_RECENT
            recent = (await self._queue.jobs(limit=limit)).jobs
        return QueueView(
            status=status,
            running=await self._placed(running),
            waiting=await self._next_batches(status, recent) if status.pending else (),
            empty_at=None if status.paused else self._estimates.queue_empty_at(status, jobs, now),
            failures=_failures(recent, now - RECENT),
            undelivered=await self._undelivered(),
            sees_all=sees_all,
            doubtful_queue=doubtful and not status.total,
            held=self._state.held,
        )

    async def outlook(self, submitted: Submitted, *, first: bool) -> Outlook | None:
        """Of what was queued just now, `first` of all or last; None where InvokeAI does not tell."""
        try:
            status = await self._queue.status()
            running = [] if status.paused else [one.job for one in await self._all_running(status)]
        except InvokeAIError:
            return None
        jobs = submitted.submission.jobs
        mine = jobs - submitted.submission.unsent
        if status.paused or mine < jobs:
            return Outlook(status.paused, max(status.pending - mine, 0) + 1 if mine else None)
        waiting = min(mine, status.pending) if first else status.pending
        done_at = self._estimates.done_at(waiting, status.in_progress, running, self._clock())
        return Outlook(paused=False, place=max(waiting - mine, 0) + 1, done_at=done_at)

    async def _placed(self, running: tuple[RunningJob, ...]) -> tuple[RunningJob, ...]:
        """One that runs alone with how far its batch has come; of several nobody could say which is which."""
        if len(running) != 1:
            return running
        [one] = running
        try:
            return (replace(one, place=await self._whole.batch_place(one.job.batch_id)),)
        except InvokeAIUnavailable:
            return running

    async def _next_batches(self, status: QueueStatus, recent: Sequence[Job]) -> tuple[WaitingBatch, ...]:
        """The job whose turn is next, and of the batches behind it the first few; alone in a long queue."""
        first = await self._next()
        if first is None:
            return ()
        waiting = sorted(
            (job for job in recent if job.status is JobStatus.PENDING), key=lambda job: job.number
        )
        if len(waiting) < status.pending:
            return (WaitingBatch(first, 1),)
        counts = Counter(_batch(job) for job in waiting)
        others: dict[str, Job] = {}
        for job in waiting:
            if _batch(job) != _batch(first):
                others.setdefault(_batch(job), job)
        shown = list(others.values())[: MAX_BATCHES - 1]
        whole = {job.number: job for job in await self._whole.many([job.number for job in shown])}
        return tuple(
            WaitingBatch(whole.get(job.number, job), counts[_batch(job)] or 1) for job in (first, *shown)
        )

    async def _next(self) -> Job | None:
        """None as well for one that InvokeAI itself can't read: the panel shows the rest."""
        try:
            return await self._queue.next()
        except InvokeAIUnavailable:
            return None

    async def _all_running(self, status: QueueStatus) -> tuple[RunningJob, ...]:
        """Whole, as far as the panel shows them; one that is gone meanwhile as the list had it."""
        jobs: list[Job] = []
        if status.in_progress == 1:
            current = await self._queue.current()
            jobs = [current] if current else []
        elif status.in_progress:
            jobs = await self._by_number()
            for place, job in enumerate(jobs[:MAX_RUNNING]):
                try:
                    jobs[place] = await self._queue.job(job.number)
                except JobUnknown:
                    continue
        progress = self._state.progress
        return tuple(RunningJob(job, progress.get(job.number), self._estimates.usual(job)) for job in jobs)

    async def _by_number(self) -> list[Job]:
        """Summaries of all that run."""
        return sorted(await self._queue.running(), key=lambda job: job.number)

    async def _asked_once_per_connect(self) -> tuple[bool, bool]:
        """Whether the account sees all jobs, and whether the queue's name is doubtful."""
        info = self._queue.info
        if self._rights is None or self._rights[0] is not info:
            self._rights = (info, await self._queue.is_admin(), await self._queue.unknown_queue())
        return self._rights[1], self._rights[2]


def _batch(job: Job) -> str:
    """What others queue has no batch that we know: each of those stands alone."""
    return job.batch_id or f"#{job.number}"


def _failures(recent: Sequence[Job], after: datetime) -> RecentFailures | None:
    ends = [
        job.completed_at
        for job in recent
        if job.status is JobStatus.FAILED and job.completed_at is not None and job.completed_at > after
    ]
    return RecentFailures(len(ends), min(ends)) if ends else None
