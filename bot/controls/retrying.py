"""Retries: the same job once more, under a new number."""

from collections.abc import Sequence

from bot.controls.ports import Queue
from bot.controls.requeueing import Reruns
from bot.controls.results import RetriedBatch, RetriedJob
from bot.domain.jobs import Job, JobStatus
from bot.errors import RequestRefused

RETRIABLE = frozenset({JobStatus.FAILED, JobStatus.CANCELED})
NEWEST = 50
"""So many of the newest jobs are looked through for the new one."""


class Retrying:
    def __init__(self, queue: Queue, reruns: Reruns) -> None:
        self._queue = queue
        self._reruns = reruns

    async def job(self, number: int) -> RetriedJob:
        before = await self._queue.job(number)
        if before.status not in RETRIABLE:
            raise RequestRefused(
                f"#{number} is {_STATES.get(before.status, before.status)}; "
                "InvokeAI retries only failed and canceled jobs."
            )
        await self._reruns.check_inputs(number)
        highest = await self._highest()
        if number not in await self._queue.retry([number]):
            await self._queue.job(number)  # gone meanwhile: JobUnknown says it better
            raise await self._no_room(f"#{number}")
        return RetriedJob(before, await self._new_one(before, highest))

    async def batch(self, number: int) -> RetriedBatch:
        job = await self._queue.job(number)
        failed = await self._queue.failed_of(job.batch_id)
        if not failed:
            raise RequestRefused(f"No job of #{number}'s batch has failed.")
        highest = await self._highest()
        taken = await self._queue.retry(sorted(one.number for one in failed))
        if not taken:
            raise await self._no_room(f"a failed job of #{number}'s batch")
        new = [one.number for one in await self._newer(job, highest, NEWEST + len(taken))]
        return RetriedBatch(
            job, len(failed), len(taken), _as_many(new, len(taken)), await self._queue.status()
        )

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
        origins = {before.number, before.retried_from}
        for candidate in await self._newer(before, highest, NEWEST):
            whole = await self._queue.job(candidate.number)
            if whole.retried_from in origins:
                return whole
        return None

    async def _no_room(self, what: str) -> RequestRefused:
        status = await self._queue.status()
        return RequestRefused(
            f"InvokeAI did not take {what}: its queue is full ({status.pending:,} waiting). "
            "Try again when there is room."
        )


_STATES = {JobStatus.PENDING: "still waiting", JobStatus.IN_PROGRESS: "running"}


def _as_many(numbers: Sequence[int], taken: int) -> tuple[int, ...]:
    """None are named unless they are as many as were taken: others may have queued at that moment."""
    return tuple(numbers) if len(numbers) == taken else ()
