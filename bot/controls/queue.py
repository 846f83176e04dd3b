"""What is done to the queue and its processor: pause and resume, prune."""

from typing import Protocol

from bot.controls.results import Contents, ProcessorChange, Taken
from bot.domain.jobs import Job
from bot.domain.queue import QueueStatus


class QueueClient(Protocol):
    """What InvokeAI is asked; `InvokeAIClient` has it. Errors are InvokeAIError."""

    async def status(self) -> QueueStatus: ...
    async def running(self) -> list[Job]: ...
    async def pause(self) -> QueueStatus: ...
    async def resume(self) -> QueueStatus: ...
    async def free_vram(self) -> None: ...
    async def prune(self) -> int: ...


class QueueControls:
    def __init__(self, queue: QueueClient) -> None:
        self._queue = queue

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

    async def _by_number(self) -> list[Job]:
        """Summaries of all that run."""
        return sorted(await self._queue.running(), key=lambda job: job.number)
