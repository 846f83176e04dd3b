"""Retries that people asked for: InvokeAI queues them, and here it is known whose they are."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.jobs import Job
from bot.domain.submissions import Asker, Retry
from bot.errors import InvokeAIRefused, InvokeAIUnavailable, JobUnknown
from bot.invokeai.http_errors import NotReached
from bot.store.retries import Retries

UNDER_WAY = timedelta(minutes=2)
"""So long a retry whose new job is not known yet counts as one that waits."""

Retrier = Callable[[Sequence[int]], Awaitable[tuple[int, ...]]]


class RetriedClient(Protocol):
    """What InvokeAI is asked; `InvokeAIClient.batches` has it. Errors are InvokeAIError."""

    async def job(self, number: int) -> Job: ...
    async def many(self, numbers: Sequence[int]) -> list[Job]: ...

    async def retried(self, original: int, above: int) -> Job | None:
        """The first job above that number that names `original` as the one that it retries."""
        ...


class RetriedJobs:
    """Of one server."""

    def __init__(
        self, server: str, client: RetriedClient, store: Retries, clock: Callable[[], datetime]
    ) -> None:
        self._server = server
        self._client = client
        self._store = store
        self._clock = clock

    async def send(
        self, asker: Asker, jobs: Sequence[Job], above: int, retry: Retrier
    ) -> Mapping[int, Retry]:
        """What InvokeAI took of these jobs, by their old numbers. Each is written down before it is asked.

        Where its answer is lost they stay written down: they may be there.
        """
        now = self._clock()
        rows = await self._store.add(
            [Retry(0, self._server, asker, now, job.retried_from or job.number, above) for job in jobs]
        )
        try:
            taken = set(await retry([job.number for job in jobs]))
        except (NotReached, InvokeAIRefused):
            await self._store.drop([row.id for row in rows])
            raise
        by_number = {job.number: row for job, row in zip(jobs, rows, strict=True)}
        await self._store.drop([row.id for number, row in by_number.items() if number not in taken])
        return {number: row for number, row in by_number.items() if number in taken}

    async def named(self, row: Retry, new: Job) -> None:
        """The new job of that retry."""
        await self._store.numbered({row.id: new.number})

    async def unfinished(self) -> list[tuple[Retry, Job | None]]:
        """Those that wait or run. None: it is not known yet which job it is, or how it is."""
        rows = await self._store.unended(self._server)
        if not rows:
            return []
        rows = [await self._with_number(row) for row in rows]
        numbers = [row.number for row in rows if row.number is not None]
        there = {job.number: job for job in await self._client.many(numbers)}
        left: list[tuple[Retry, Job | None]] = []
        ended: list[int] = []
        for row in rows:
            job = there.get(row.number or 0)
            if await self._over(row, job):
                ended.append(row.id)
            else:
                left.append((row, job))
        await self._store.ended(ended, self._clock())
        return left

    async def _with_number(self, row: Retry) -> Retry:
        if row.number is not None:
            return row
        new = await self._client.retried(row.retried, row.above)
        if new is None:
            return row
        await self.named(row, new)
        return replace(row, number=new.number)

    async def _over(self, row: Retry, job: Job | None) -> bool:
        """Whether it has ended, is gone, or never came. What can't be read is there."""
        if job is not None:
            return job.status.finished
        if row.number is None:
            return self._clock() - row.asked_at > UNDER_WAY
        try:
            return (await self._client.job(row.number)).status.finished
        except JobUnknown:
            return True
        except InvokeAIUnavailable:
            return False
