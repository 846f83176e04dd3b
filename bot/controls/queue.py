"""The questions and orders, for one InvokeAI."""

from collections.abc import Callable, Collection, Mapping

from bot.controls.cancelling import Cancelling
from bot.controls.gallery import Gallery, GalleryControls
from bot.controls.ports import OutboxCounts, Queue, SuspendedChannels
from bot.controls.requeueing import Rerunning, Reruns
from bot.controls.results import (
    CanceledJob,
    Contents,
    ProcessorChange,
    Reach,
    RetriedBatch,
    RetriedJob,
    Scope,
    Taken,
)
from bot.controls.retrying import Retrying
from bot.domain.jobs import Job, JobPage, JobStatus, Progress
from bot.domain.queue import QueueStatus, QueueView, RunningJob, ServerInfo
from bot.errors import InvokeAIError, JobUnknown, RequestRefused
from bot.images.loader import ImageLoader
from bot.render.notices import Picture
from bot.render.queue_panel import MAX_RUNNING

SUGGESTIONS = 25
"""Discord shows no more choices than this."""
MAX_IMAGES = 10


class Controls:
    """`server` is our name for the InvokeAI; `progress` gives the newest progress by job number.

    `below` draws a whole number below its argument: new seeds.
    """

    def __init__(
        self,
        server: str,
        queue: Queue,
        outbox: OutboxCounts,
        suspensions: SuspendedChannels,
        progress: Callable[[], Mapping[int, Progress]],
        *,
        reruns: Reruns,
        gallery: Gallery,
        below: Callable[[int], int],
        ladder: ImageLoader,
    ) -> None:
        self.server = server
        self._queue = queue
        self._outbox = outbox
        self._suspensions = suspensions
        self._progress = progress
        self._ladder = ladder
        self._cancelling = Cancelling(queue)
        self._retrying = Retrying(queue, reruns)
        self.rerunning = Rerunning(queue, reruns, below)
        self.curating = GalleryControls(queue, gallery)
        self._rights: tuple[ServerInfo | None, bool, bool] | None = None

    async def queue(self) -> QueueView:
        status = await self._queue.status()
        running = await self._all_running(status)
        sees_all, doubtful = await self._asked_once_per_connect()
        return QueueView(
            status=status,
            info=self._queue.info,
            running=running,
            upcoming=await self._queue.next() if status.pending else None,
            pending_notices=await self._outbox.pending_count(),
            dead_letters=await self._outbox.dead_letter_count(),
            suspended=len(await self._suspensions.all()),
            sees_all=sees_all,
            doubtful_queue=doubtful and not Contents(status, ()).jobs,
        )

    async def contents(self) -> Contents:
        """All that a clear or a prune would find."""
        status = await self._queue.status()
        return Contents(status, tuple(await self._running()) if status.in_progress else ())

    async def jobs(self, status: JobStatus | None, before: int | None, limit: int) -> JobPage:
        return await self._queue.jobs(before=before, status=status, limit=limit)

    async def job(self, number: int) -> Job:
        return await self._queue.job(number)

    async def latest(self, status: JobStatus | None) -> Job:
        """The newest finished job (of that status); RequestRefused when there is none."""
        job = await self._queue.latest(status)
        if job is None:
            raise RequestRefused(f"No job has {status or 'finished'} yet.")
        return job

    async def pictures(self, job: Job, limit: int, room: int) -> list[Picture]:
        """The job's images for a panel, smaller where needed: `limit` bytes each at most, `room` together."""
        pictures: list[Picture] = []
        for name in job.images[:MAX_IMAGES]:
            picture = await self._ladder.picture(self.server, name, min(limit, room))
            room -= len(picture.data or b"")
            pictures.append(picture)
        return pictures

    async def cancel_job(self, number: int | None) -> CanceledJob:
        """Cancel that job, or the one that runs; a finished job is left as it is and shown so."""
        return await self._cancelling.job(number)

    async def reach(self, scope: Scope, number: int | None) -> Reach:
        """What a wider cancel would take now. Without a number the running job's batch or destination."""
        return await self._cancelling.reach(scope, number)

    async def cancel_many(self, scope: Scope, number: int | None) -> Taken:
        """Cancel a job's batch, all with its destination, all that wait, or everything."""
        return await self._cancelling.many(scope, number)

    async def retry_job(self, number: int) -> RetriedJob:
        """The same job once more. RequestRefused unless it failed or was cancelled and there is room."""
        return await self._retrying.job(number)

    async def retry_batch(self, number: int) -> RetriedBatch:
        """All failed jobs of that job's batch once more. RequestRefused if none failed or none was taken."""
        return await self._retrying.batch(number)

    async def clear(self) -> Taken:
        """Remove every job, those that run too."""
        return Taken(await self._queue.clear(), await self._queue.status())

    async def prune(self) -> Taken:
        """Remove every finished job."""
        return Taken(await self._queue.prune(), await self._queue.status())

    async def pause(self) -> ProcessorChange:
        """Let the running job finish and start nothing new."""
        before = await self._queue.status()
        after = before if before.paused else await self._queue.pause()
        return ProcessorChange(before, after, tuple(await self._running()) if after.in_progress else ())

    async def resume(self) -> ProcessorChange:
        """Take up the queue again."""
        before = await self._queue.status()
        after = await self._queue.resume() if before.paused else before
        return ProcessorChange(before, after, ())

    async def free_vram(self) -> QueueStatus:
        """Let InvokeAI drop the models that are not in use; how the queue is then."""
        await self._queue.free_vram()
        return await self._queue.status()

    async def suggest(self, typed: str, wanted: Collection[JobStatus]) -> list[Job]:
        """Jobs of those states whose number begins so, newest first; none when InvokeAI is away."""
        try:
            page = await self._queue.jobs(limit=4 * SUGGESTIONS)
        except InvokeAIError:
            return []
        matching = (
            job
            for job in page.jobs
            if job.status in wanted and str(job.number).startswith(typed.strip().lstrip("#"))
        )
        return list(matching)[:SUGGESTIONS]

    async def _all_running(self, status: QueueStatus) -> tuple[RunningJob, ...]:
        """Whole, as far as the panel shows them; one that is gone meanwhile as the list had it."""
        jobs: list[Job] = []
        if status.in_progress == 1:
            current = await self._queue.current()
            jobs = [current] if current else []
        elif status.in_progress:
            jobs = await self._running()
            for place, job in enumerate(jobs[:MAX_RUNNING]):
                try:
                    jobs[place] = await self._queue.job(job.number)
                except JobUnknown:
                    continue
        progress = self._progress()
        return tuple(RunningJob(job, progress.get(job.number)) for job in jobs)

    async def _running(self) -> list[Job]:
        return sorted(await self._queue.running(), key=lambda job: job.number)

    async def _asked_once_per_connect(self) -> tuple[bool, bool]:
        """Whether the account sees all jobs, and whether the queue's name is doubtful."""
        info = self._queue.info
        if self._rights is None or self._rights[0] is not info:
            self._rights = (info, await self._queue.is_admin(), await self._queue.unknown_queue())
        return self._rights[1], self._rights[2]
