"""Jobs once more: as they were (a retry), or with new seeds, or with another prompt."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from bot.controls.requeue_parts import NEWEST, Desk, RequeueClient, RetryClient
from bot.controls.results import JobAgain, JobSmaller, RetriedBatch, RetriedJob
from bot.domain.actions import RETRIABLE
from bot.domain.creation import Again, Smaller
from bot.domain.failures import fingerprint
from bot.domain.jobs import Job, JobStatus
from bot.domain.limits import MAX_SEED
from bot.domain.submissions import Asker
from bot.errors import JobUnknown, RequestRefused
from bot.render.job_numbers import numbers_in_runs

SEEDS = MAX_SEED + 1


class Requeueing:
    """`below` draws a whole number from 0 to one less than its argument. All that is queued belongs to the
    `asker`, and counts in their quota: QuotaReached says where that is used up.
    """

    def __init__(
        self, queue: RetryClient, graphs: RequeueClient, desk: Desk, below: Callable[[int], int]
    ) -> None:
        self._queue = queue
        self._graphs = graphs
        self._desk = desk
        self._below = below
        self._one_at_a_time = asyncio.Lock()

    async def prompt(self, number: int) -> str | None:
        """The one prompt that can be changed; None if it can't be told."""
        return (await self._graphs.graph_of(number)).prompt

    async def again(
        self,
        asker: Asker,
        number: int,
        count: int = 1,
        *,
        seed: int | None = None,
        prompt: str | None = None,
        first: bool = False,
    ) -> JobAgain:
        """`count` new jobs. From a given seed they count up; a prompt as it was changes nothing.

        `first`: before all that waits. RequestRefused where the queue is full.
        """
        seeds = [self._below(SEEDS) if seed is None else (seed + step) % SEEDS for step in range(count)]
        if prompt is not None and _same(prompt, await self.prompt(number)):
            prompt = None
        self._desk.require_allowed(prompt)
        body = await self._graphs.again(number, seeds, prompt, chosen=seed is not None)
        submitted = await self._desk.submit(asker, body, first=first)
        return JobAgain(number, Again(submitted, body.seeds), await self._queue.status())

    async def retry(self, asker: Asker, number: int) -> RetriedJob:
        """The same job once more. RequestRefused unless it failed or was canceled and there is room.

        So it is while a retry of it waits or runs: a second tap changes nothing.
        """
        async with self._one_at_a_time:
            return await self._retry(asker, await self._ready(number))

    async def free_and_retry(self, asker: Asker, number: int) -> RetriedJob:
        """As `retry`, after InvokeAI has dropped the models that are not in use."""
        async with self._one_at_a_time:
            before = await self._ready(number)
            await self._queue.free_vram()
            return await self._retry(asker, before)

    async def smaller(self, asker: Asker, number: int) -> JobSmaller:
        """The same job once more with fewer pixels. RequestRefused unless it failed or was canceled and there
        is room.
        """
        await self._retriable(number)
        found = await self._graphs.smaller(number)
        submitted = await self._desk.submit(asker, found.body)
        return JobSmaller(Smaller(submitted, found.before, found.now), await self._queue.status())

    async def _retriable(self, number: int) -> Job:
        job = await self._queue.job(number)
        if job.status not in RETRIABLE:
            raise RequestRefused(
                f"#{number} is {_STATES.get(job.status, job.status)}; "
                "InvokeAI retries only failed and canceled jobs."
            )
        return job

    async def _ready(self, number: int) -> Job:
        """The job, which can be retried now."""
        job = await self._retriable(number)
        await self._graphs.check_inputs(number)
        for one in (await self._queue.jobs(limit=NEWEST)).jobs:
            later = one.number > number and one.created_at >= _retried_since(job)
            if later and one.batch_id == job.batch_id and not one.status.finished:
                whole = await self._queue.job(one.number)
                if whole.retried_from in _origins(job):
                    raise RequestRefused(f"#{number} is queued again already, as #{one.number}.")
        return job

    async def _retry(self, asker: Asker, before: Job) -> RetriedJob:
        number = before.number
        highest = await self._highest()
        taken = await self._desk.retry(asker, [before], highest, self._queue.retry)
        if number not in taken:
            await self._queue.job(number)  # gone meanwhile: JobUnknown says it better
            raise await self._no_room(f"#{number}")
        new = await self._new_one(before, highest)
        if new is not None:
            await self._desk.retried_as(taken[number], new)
        return RetriedJob(before, new)

    async def retry_failed(self, asker: Asker, number: int) -> RetriedBatch:
        """The failed jobs of that job's batch, but for those that were retried since.

        RequestRefused if there are none, or none was taken.
        """
        async with self._one_at_a_time:
            job = await self._queue.job(number)
            newest = await self._newest_tries(job)
            failed = [one for one in newest if one.status is JobStatus.FAILED]
            return await self._retry_all(asker, job, failed, newest)

    async def retry_alike(self, asker: Asker, number: int, count: int) -> RetriedBatch:
        """As `retry_failed`, of the jobs from `number` on the first `count` that failed as that one did."""
        async with self._one_at_a_time:
            job = await self._queue.job(number)
            newest = await self._newest_tries(job)
            left = [one for one in newest if one.status is JobStatus.FAILED]
            alike = [one for one in left if one.number >= number and _alike(one, job)]
            return await self._retry_all(asker, job, alike[:count], newest)

    async def _retry_all(
        self, asker: Asker, job: Job, jobs: Sequence[Job], newest: Sequence[Job]
    ) -> RetriedBatch:
        if not jobs:
            waiting = numbers_in_runs(one.number for one in newest if not one.status.finished)
            now = f"is queued again already, as {waiting}" if waiting else "was retried already"
            raise RequestRefused(f"Each failed job of #{job.number}'s batch {now}.")
        highest = await self._highest()
        taken = await self._desk.retry(asker, jobs, highest, self._queue.retry)
        if not taken:
            raise await self._no_room(f"a failed job of #{job.number}'s batch")
        new = [one.number for one in await self._newer(job, highest, NEWEST + len(taken))]
        status = await self._queue.status()
        return RetriedBatch(job, len(jobs), len(taken), _as_many(new, len(taken)), status)

    async def _newest_tries(self, job: Job) -> list[Job]:
        """The newest retry of each of the batch's failed jobs, or itself. RequestRefused if none failed.

        A retry of a retry names the first original, so all retries of one job have that number in common.
        """
        failed = await self._whole(await self._queue.failed_of(job.batch_id))
        if not failed:
            raise RequestRefused(f"No job of #{job.number}'s batch has failed.")
        jobs = {one.number: one for one in failed}
        jobs |= {one.number: one for one in await self._later(job.batch_id, failed)}
        newest: dict[int, int] = {}
        for number, one in sorted(jobs.items()):
            newest[one.retried_from or number] = number
        return [jobs[number] for number in sorted(newest.values())]

    async def _later(self, batch_id: str, failed: Sequence[Job]) -> list[Job]:
        """The batch's other jobs that may be newer retries, whole: they were queued after one of `failed`."""
        since = min(map(_retried_since, failed))
        known = {one.number for one in failed}
        found: list[Job] = []
        before: int | None = None
        while True:
            page = await self._queue.jobs(before=before, limit=NEWEST)
            later = [one for one in page.jobs if one.created_at >= since]
            found += [one for one in later if one.batch_id == batch_id and one.number not in known]
            before = page.before
            if before is None or len(later) < len(page.jobs):
                break
        return await self._whole(found)

    async def _whole(self, jobs: Sequence[Job]) -> list[Job]:
        """Each read whole, but for those that are gone meanwhile."""
        found: list[Job] = []
        for one in jobs:
            try:
                found.append(await self._queue.job(one.number))
            except JobUnknown:
                continue
        return found

    async def _highest(self) -> int:
        newest = (await self._queue.jobs(limit=1)).jobs
        return newest[0].number if newest else 0

    async def _newer(self, job: Job, highest: int, limit: int) -> list[Job]:
        """The batch's jobs above `highest`, by number."""
        page = await self._queue.jobs(limit=limit)
        newer = [one for one in page.jobs if one.number > highest and one.batch_id == job.batch_id]
        return sorted(newer, key=lambda one: one.number)

    async def _new_one(self, before: Job, highest: int) -> Job | None:
        """A retry of a retry names the first original, so that number is looked for too."""
        for candidate in await self._newer(before, highest, NEWEST):
            whole = await self._queue.job(candidate.number)
            if whole.retried_from in _origins(before):
                return whole
        return None

    async def _no_room(self, what: str) -> RequestRefused:
        status = await self._queue.status()
        return RequestRefused(
            f"InvokeAI did not take {what}: its queue is full ({status.pending:,} waiting). "
            "Try again when there is room."
        )


_STATES = {JobStatus.PENDING: "still waiting", JobStatus.IN_PROGRESS: "running"}


def _origins(job: Job) -> set[int]:
    """What a retry of it names."""
    return {job.number} if job.retried_from is None else {job.number, job.retried_from}


def _retried_since(job: Job) -> datetime:
    """No newer retry of it, or of its original, is older."""
    return job.created_at if job.retried_from else job.completed_at or job.created_at


def _same(typed: str, known: str | None) -> bool:
    """Discord drops white space around what was typed."""
    return known is not None and typed.strip() == known.strip()


def _alike(job: Job, other: Job) -> bool:
    """Whether both, read whole, failed for the same reason."""
    if job.failure is None or other.failure is None:
        return False
    return fingerprint(job.failure) == fingerprint(other.failure)


def _as_many(numbers: Sequence[int], taken: int) -> tuple[int, ...]:
    """None are named unless they are as many as were taken: others may have queued at that moment."""
    return tuple(numbers) if len(numbers) == taken else ()
