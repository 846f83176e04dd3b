"""Cancels: one job, or many."""

from typing import Protocol

from bot.controls.results import CanceledJob, Reach, Scope, Taken
from bot.domain.jobs import Job, JobStatus
from bot.domain.queue import QueueStatus
from bot.errors import RequestRefused

ONE_JOB = "One job is canceled by its number."


class CancelClient(Protocol):
    """What the queue is asked; `InvokeAIClient` has it. Errors are InvokeAIError."""

    async def status(self) -> QueueStatus: ...
    async def running(self) -> list[Job]: ...
    async def baseline(self) -> tuple[int, list[Job]]: ...
    async def job(self, number: int) -> Job: ...
    async def cancel(self, number: int) -> Job: ...
    async def cancel_batch(self, batch_id: str) -> int: ...
    async def cancel_waiting(self) -> int: ...
    async def cancel_destination(self, destination: str) -> int: ...


class Cancelling:
    def __init__(self, queue: CancelClient) -> None:
        self._queue = queue

    async def one(self, number: int | None) -> CanceledJob:
        """That job, or the one that runs. One that has ended is left as it is, and shown so."""
        before = await self._named(number)
        if before.status.finished:
            return CanceledJob(before, before)
        return CanceledJob(before, await self._queue.cancel(before.number))

    async def reach(self, scope: Scope, number: int | None) -> Reach:
        """What `many` would take now. Without a number: the batch or destination of the job that runs."""
        if scope is Scope.JOB:
            raise RequestRefused(ONE_JOB)
        if scope in {Scope.WAITING, Scope.ALL}:
            status = await self._queue.status()
            running = status.in_progress if scope is Scope.ALL else 0
            return Reach(scope, status.server, running, status.not_started, None)
        job = await self._named(number)
        by_batch = scope is Scope.BATCH
        wanted = job.batch_id if by_batch else _destination(job)
        _, unfinished = await self._queue.baseline()
        taken = [one for one in unfinished if (one.batch_id if by_batch else one.destination) == wanted]
        running = sum(one.status is JobStatus.IN_PROGRESS for one in taken)
        return Reach(scope, job.server, running, len(taken) - running, job)

    async def many(self, scope: Scope, number: int | None) -> Taken:
        """A job's batch, all with its destination, all that wait, or everything."""
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
                raise RequestRefused(ONE_JOB)
        return Taken(count, await self._queue.status())

    async def _named(self, number: int | None) -> Job:
        if number is not None:
            return await self._queue.job(number)
        running = sorted(await self._queue.running(), key=lambda job: job.number)
        if not running:
            raise RequestRefused("No job is running now. Name one: /cancel job:812.")
        if len(running) > 1:
            numbers = ", ".join(f"#{job.number}" for job in running)
            raise RequestRefused(f"Several jobs run: {numbers}. Name one: /cancel job:{running[0].number}.")
        return running[0]


def _destination(job: Job) -> str:
    if not job.destination:
        raise RequestRefused(f"#{job.number} has no destination. Use another scope.")
    return job.destination
