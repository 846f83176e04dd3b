"""Cancels: one job, or many."""

from bot.controls.outcomes import CancelledJob, Reach, Scope, Taken
from bot.controls.queue import Queue
from bot.errors import RequestRefused
from bot.events import Job, JobStatus


class Cancelling:
    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    async def job(self, number: int | None) -> CancelledJob:
        before = await self._named(number)
        if before.status.finished:
            return CancelledJob(before, before)
        return CancelledJob(before, await self._queue.cancel(before.number))

    async def reach(self, scope: Scope, number: int | None) -> Reach:
        """The jobs that would go now, by the same rules as in `many`."""
        job = await self._named(number) if scope in {Scope.BATCH, Scope.DESTINATION} else None
        _, unfinished = await self._queue.baseline()
        status = await self._queue.status()
        match scope:
            case Scope.BATCH if job is not None:
                taken = [one for one in unfinished if one.batch_id == job.batch_id]
            case Scope.DESTINATION if job is not None:
                destination = _destination(job)
                taken = [one for one in unfinished if one.destination == destination]
            case Scope.WAITING:
                taken = [one for one in unfinished if one.status is not JobStatus.IN_PROGRESS]
            case Scope.ALL:
                taken = unfinished
            case _:
                raise RequestRefused("One job is cancelled by its number.")
        return Reach(scope, status.server, len(taken), job)

    async def many(self, scope: Scope, number: int | None) -> Taken:
        match scope:
            case Scope.BATCH:
                count = await self._queue.cancel_batch((await self._named(number)).batch_id)
            case Scope.DESTINATION:
                count = await self._queue.cancel_destination(_destination(await self._named(number)))
            case Scope.WAITING:
                count = await self._queue.cancel_waiting()
            case Scope.ALL:
                count = await self._queue.cancel_waiting()
                for running in await self._queue.running():
                    after = await self._queue.cancel(running.number)
                    count += after.status is JobStatus.CANCELED
            case Scope.JOB:
                raise RequestRefused("One job is cancelled by its number.")
        return Taken(count, await self._queue.status())

    async def _named(self, number: int | None) -> Job:
        if number is not None:
            return await self._queue.job(number)
        running = await self._queue.current()
        if running is None:
            raise RequestRefused("No job is running now. Name one: /cancel job:812.")
        return running


def _destination(job: Job) -> str:
    if not job.destination:
        raise RequestRefused(f"#{job.number} has no destination. Use another scope.")
    return job.destination
