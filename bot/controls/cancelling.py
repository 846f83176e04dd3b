"""Cancels: one job, many, or all that the queue holds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bot.controls.results import CanceledJob, Reach, Scope, Taken
from bot.domain.cancel_requests import CancelRequest
from bot.domain.jobs import Job, JobPage, JobStatus
from bot.domain.queue import QueueStatus
from bot.errors import RequestRefused

ONE_JOB = "One job is canceled by its number."


class CancelClient(Protocol):
    """What the queue is asked; `InvokeAIClient` has it. Errors are InvokeAIError."""

    async def status(self) -> QueueStatus: ...
    async def running(self) -> list[Job]: ...
    async def baseline(self) -> tuple[int, list[Job]]: ...
    async def job(self, number: int) -> Job: ...
    async def jobs(
        self, *, before: int | None = None, status: JobStatus | None = None, limit: int = 1
    ) -> JobPage: ...
    async def cancel(self, number: int) -> Job: ...
    async def cancel_batch(self, batch_id: str) -> int: ...
    async def cancel_waiting(self) -> int: ...
    async def cancel_destination(self, destination: str) -> int: ...
    async def clear(self) -> int: ...


class RequestLog(Protocol):
    """Where it is written down who asked for what, before InvokeAI is asked."""

    async def remember(self, request: CancelRequest) -> None: ...


class Unsent(Protocol):
    """What people asked for and InvokeAI does not have yet; `Feeder` has it."""

    async def drop(self, *, batch_id: str | None = None, destination: str | None = None) -> int:
        """Of that batch, with that destination, or of all: never sent. How many jobs that are."""
        ...


class Cancelling:
    """`by` is always the Discord id of who asks."""

    def __init__(
        self, queue: CancelClient, requests: RequestLog, unsent: Unsent, clock: Callable[[], datetime]
    ) -> None:
        self._queue = queue
        self._requests = requests
        self._unsent = unsent
        self._clock = clock

    async def one(self, number: int | None, *, by: int) -> CanceledJob:
        """That job, or the one that runs. One that has ended is left as it is, and shown so."""
        before = await self.named(number)
        if before.status.finished:
            return CanceledJob(before, before)
        request = CancelRequest(before.server, by, self._clock(), before.number, before.number)
        await self._requests.remember(request)
        return CanceledJob(before, await self._queue.cancel(before.number))

    async def reach(self, scope: Scope, number: int | None) -> Reach:
        """What `many` would take now. Without a number: the batch or destination of the job that runs."""
        if scope is Scope.JOB:
            raise RequestRefused(ONE_JOB)
        if scope in {Scope.WAITING, Scope.ALL}:
            status = await self._queue.status()
            running = status.in_progress if scope is Scope.ALL else 0
            return Reach(scope, status.server, running, status.not_started, None)
        job = await self.named(number)
        by_batch = scope is Scope.BATCH
        wanted = job.batch_id if by_batch else _destination(job)
        _, unfinished = await self._queue.baseline()
        taken = [one for one in unfinished if (one.batch_id if by_batch else one.destination) == wanted]
        taken.sort(key=lambda one: (one.status is not JobStatus.IN_PROGRESS, one.number))
        running = sum(one.status is JobStatus.IN_PROGRESS for one in taken)
        return Reach(scope, job.server, running, len(taken) - running, job, tuple(taken))

    async def many(self, scope: Scope, number: int | None, *, by: int) -> Taken:
        """A job's batch, all with its destination, all that wait, or everything."""
        if scope is Scope.JOB:
            raise RequestRefused(ONE_JOB)
        if scope in {Scope.WAITING, Scope.ALL}:
            count = await self._all(by, and_running=scope is Scope.ALL)
        else:
            job = await self.named(number)
            request = await self._request(job.server, by)
            if scope is Scope.BATCH:
                await self._requests.remember(replace(request, batch_id=job.batch_id))
                count = await self._unsent.drop(batch_id=job.batch_id)
                count += await self._queue.cancel_batch(job.batch_id)
            else:
                destination = _destination(job)
                await self._requests.remember(replace(request, destination=destination))
                count = await self._unsent.drop(destination=destination)
                count += await self._queue.cancel_destination(destination)
        return Taken(count, await self._queue.status())

    async def clear(self, *, by: int) -> Taken:
        """Remove every job, those that run too."""
        server = (await self._queue.status()).server
        await self._requests.remember(replace(await self._request(server, by), clear=True))
        count = await self._unsent.drop()
        return Taken(count + await self._queue.clear(), await self._queue.status())

    async def _all(self, by: int, *, and_running: bool) -> int:
        server = (await self._queue.status()).server
        await self._requests.remember(replace(await self._request(server, by), not_started=not and_running))
        count = await self._unsent.drop() + await self._queue.cancel_waiting()
        if and_running:
            for running in await self._queue.running():
                after = await self._queue.cancel(running.number)
                count += after.status is JobStatus.CANCELED
        return count

    async def _request(self, server: str, by: int) -> CancelRequest:
        """Of every job that there is now."""
        newest = (await self._queue.jobs(limit=1)).jobs
        return CancelRequest(server, by, self._clock(), newest[0].number if newest else 0)

    async def named(self, number: int | None) -> Job:
        """That job, or the one that runs. RequestRefused where none runs, or several do."""
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
