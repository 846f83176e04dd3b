"""What people may ask of a queue. Answers say what is, re-read from InvokeAI after each change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import ImageUnusable, InvokeAIError, RequestRefused
from bot.events import Job, JobPage, JobStatus, Progress, QueueStatus, ServerInfo
from bot.invokeai.client import InvokeAIClient
from bot.render.notices import Picture
from bot.store.outbox import Outbox

SUGGESTIONS = 25
"""Discord shows no more choices than this."""
SHOWN_IMAGES = 10


class Scope(StrEnum):
    """How much a cancel takes."""

    JOB = "job"
    BATCH = "batch"
    WAITING = "waiting"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class QueueView:
    """Everything that the queue's panel shows. `owed`: notices not yet delivered."""

    status: QueueStatus
    info: ServerInfo | None
    running: Job | None
    progress: Progress | None
    upcoming: Job | None
    owed: int


@dataclass(frozen=True, slots=True)
class CancelledJob:
    """One job before and after."""

    before: Job
    after: Job


@dataclass(frozen=True, slots=True)
class CancelledMany:
    """How many jobs a wider scope took, and how the queue is now."""

    scope: Scope
    count: int
    after: QueueStatus


@dataclass(frozen=True, slots=True)
class ProcessorChange:
    """The processor before and after; `running` is the job that a pause lets finish."""

    before: QueueStatus
    after: QueueStatus
    running: Job | None


class Controls:
    """The questions and orders, for one InvokeAI. `progress` gives the newest progress by job number."""

    def __init__(
        self, client: InvokeAIClient, outbox: Outbox, progress: Callable[[], Mapping[int, Progress]]
    ) -> None:
        self._client = client
        self._outbox = outbox
        self._progress = progress

    async def queue(self) -> QueueView:
        status = await self._client.status()
        running = await self._client.current() if status.in_progress else None
        upcoming = await self._client.next() if status.pending else None
        return QueueView(
            status,
            self._client.info,
            running,
            self._progress().get(running.number) if running else None,
            upcoming,
            await self._outbox.owed_count(),
        )

    async def jobs(self, status: JobStatus | None, before: int | None, limit: int) -> JobPage:
        return await self._client.jobs(before=before, status=status, limit=limit)

    async def job(self, number: int) -> Job:
        return await self._client.job(number)

    async def latest(self, status: JobStatus | None) -> Job:
        """The newest finished job (of that status); RequestRefused when there is none."""
        job = await self._client.latest(status)
        if job is None:
            raise RequestRefused(f"No job has {status or 'finished'} yet.")
        return job

    async def pictures(self, job: Job, limit: int, room: int) -> list[Picture]:
        """The job's images for a panel: each at most `limit` bytes, `room` bytes together."""
        pictures: list[Picture] = []
        for name in job.images[:SHOWN_IMAGES]:
            try:
                data = await self._client.image(name, min(limit, room))
                room -= len(data)
                pictures.append(Picture(name, data, None))
            except ImageUnusable as error:
                pictures.append(Picture(name, None, str(error)))
        return pictures

    async def cancel_job(self, number: int | None) -> CancelledJob:
        """Cancel that job, or the running one; a finished job is left as it is and shown so."""
        before = await (self._client.job(number) if number is not None else self._running())
        if before.status.finished:
            return CancelledJob(before, before)
        return CancelledJob(before, await self._client.cancel(before.number))

    async def cancel_many(self, scope: Scope, number: int | None) -> CancelledMany:
        """Cancel a job's batch, all that wait, or everything."""
        count = 0
        match scope:
            case Scope.BATCH:
                job = await (self._client.job(number) if number is not None else self._running())
                count = await self._client.cancel_batch(job.batch_id)
            case Scope.WAITING:
                count = await self._client.cancel_waiting()
            case Scope.ALL:
                count = await self._client.cancel_waiting()
                running = await self._client.current()
                if running is not None and not running.status.finished:
                    after = await self._client.cancel(running.number)
                    count += after.status is JobStatus.CANCELED
            case Scope.JOB:
                raise RequestRefused("One job is cancelled by its number.")
        return CancelledMany(scope, count, await self._client.status())

    async def pause(self) -> ProcessorChange:
        """Let the running job finish and start nothing new."""
        before = await self._client.status()
        after = before if before.paused else await self._client.pause()
        return ProcessorChange(before, after, await self._client.current() if after.in_progress else None)

    async def resume(self) -> ProcessorChange:
        """Take up the queue again."""
        before = await self._client.status()
        after = await self._client.resume() if before.paused else before
        return ProcessorChange(before, after, None)

    async def suggest(self, typed: str, *, unfinished: bool) -> list[Job]:
        """Jobs whose number begins with what was typed, newest first; none when InvokeAI is away."""
        try:
            page = await self._client.jobs(limit=4 * SUGGESTIONS)
        except InvokeAIError:
            return []
        matching = (
            job
            for job in page.jobs
            if str(job.number).startswith(typed.strip().lstrip("#"))
            and not (unfinished and job.status.finished)
        )
        return list(matching)[:SUGGESTIONS]

    async def _running(self) -> Job:
        running = await self._client.current()
        if running is None:
            raise RequestRefused("No job is running now. Name one: /cancel job:812.")
        return running
