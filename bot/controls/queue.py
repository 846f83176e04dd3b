"""The queue and its processor: how it is, pause and resume, prune."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from bot.controls.results import Contents, ProcessorChange, Taken
from bot.domain.jobs import Job, Progress
from bot.domain.queue import QueueStatus, QueueView, RunningJob, ServerInfo
from bot.errors import InvokeAIUnavailable, JobUnknown
from bot.render.queue_panel import MAX_RUNNING


class QueueClient(Protocol):
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
    async def pause(self) -> QueueStatus: ...
    async def resume(self) -> QueueStatus: ...
    async def free_vram(self) -> None: ...
    async def prune(self) -> int: ...
    async def is_admin(self) -> bool: ...

    async def unknown_queue(self) -> bool:
        """Whether the queue's name is perhaps mistyped."""
        ...


class OutboxCounts(Protocol):
    """The outbox, as far as the queue's panel tells of it."""

    async def pending_count(self) -> int: ...
    async def dead_letter_count(self) -> int: ...


class SuspendedChannels(Protocol):
    """The channels that take no messages for now."""

    async def all(self) -> Sequence[object]: ...


class QueueControls:
    """`progress` gives the newest progress by job number."""

    def __init__(
        self,
        queue: QueueClient,
        outbox: OutboxCounts,
        suspensions: SuspendedChannels,
        progress: Callable[[], Mapping[int, Progress]],
    ) -> None:
        self._queue = queue
        self._outbox = outbox
        self._suspensions = suspensions
        self._progress = progress
        self._rights: tuple[ServerInfo | None, bool, bool] | None = None

    async def view(self) -> QueueView:
        """Everything that the panel shows, but for a held pause."""
        status = await self._queue.status()
        running = await self._all_running(status)
        sees_all, doubtful = await self._asked_once_per_connect()
        return QueueView(
            status=status,
            info=self._queue.info,
            running=running,
            upcoming=await self._next() if status.pending else None,
            pending_notices=await self._outbox.pending_count(),
            dead_letters=await self._outbox.dead_letter_count(),
            suspended=len(await self._suspensions.all()),
            sees_all=sees_all,
            doubtful_queue=doubtful and not Contents(status, ()).jobs,
        )

    async def _next(self) -> Job | None:
        """None as well for one that InvokeAI itself can't read: the panel shows the rest."""
        try:
            return await self._queue.next()
        except InvokeAIUnavailable:
            return None

    async def contents(self) -> Contents:
        """All that a clear or a prune would find."""
        status = await self._queue.status()
        return Contents(status, tuple(await self._by_number()) if status.in_progress else ())

    async def prune(self) -> Taken:
        """Remove every finished job."""
        return Taken(await self._queue.prune(), await self._queue.status())

    async def pause(self) -> ProcessorChange:
        """Let the running job finish and start nothing new."""
        before = await self._queue.status()
        after = before if before.paused else await self._queue.pause()
        return ProcessorChange(before, after, tuple(await self._by_number()) if after.in_progress else ())

    async def resume(self) -> ProcessorChange:
        """Take up the queue again."""
        before = await self._queue.status()
        after = await self._queue.resume() if before.paused else before
        return ProcessorChange(before, after, ())

    async def free_vram(self) -> QueueStatus:
        """Let InvokeAI drop the models that are not in use; how the queue is then."""
        await self._queue.free_vram()
        return await self._queue.status()

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
        progress = self._progress()
        return tuple(RunningJob(job, progress.get(job.number)) for job in jobs)

    async def _by_number(self) -> list[Job]:
        """Summaries of all that run."""
        return sorted(await self._queue.running(), key=lambda job: job.number)

    async def _asked_once_per_connect(self) -> tuple[bool, bool]:
        """Whether the account sees all jobs, and whether the queue's name is doubtful."""
        info = self._queue.info
        if self._rights is None or self._rights[0] is not info:
            self._rights = (info, await self._queue.is_admin(), await self._queue.unknown_queue())
        return self._rights[1], self._rights[2]
