"""🔔 Tell me: a person waits for the end of a job or of its batch, or for an empty queue."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.domain.events import BatchCounts
from bot.domain.jobs import Job
from bot.domain.queue import QueueStatus
from bot.domain.waits import Wait
from bot.errors import JobUnknown, RequestRefused
from bot.store.waits import Waits

EMPTY = "The queue is empty already."


class TellingClient(Protocol):
    """What InvokeAI is asked; `InvokeAIClient` has it."""

    async def job(self, number: int) -> Job: ...
    async def status(self) -> QueueStatus: ...
    async def batch_counts(self, batch_id: str) -> BatchCounts | None: ...


@dataclass(frozen=True, slots=True)
class Telling:
    """Of one server. A second press takes it back: each answer says whether the person waits now.

    RequestRefused for what is over already, or one too many.
    """

    client: TellingClient
    waits: Waits
    clock: Callable[[], datetime]

    async def job(self, number: int, person: Wait) -> bool:
        job = await self._unfinished(number)
        wait = replace(person, number=job.number, created_at=job.created_at)
        waiting = await self.waits.toggle(wait, self.clock())
        if waiting:  # it may have ended before that was written down
            await self._look_again(wait, self._unfinished(number))
        return waiting

    async def batch(self, number: int, person: Wait) -> bool:
        """That job's, which may go on after it."""
        job = await self.client.job(number)
        if not job.batch_id:
            raise RequestRefused(f"InvokeAI does not tell the batch of #{number}.")
        await self._batch_goes_on(job)
        wait = replace(person, batch_id=job.batch_id)
        waiting = await self.waits.toggle(wait, self.clock())
        if waiting:
            await self._look_again(wait, self._batch_goes_on(job))
        return waiting

    async def empty(self, person: Wait) -> bool:
        await self._busy()
        waiting = await self.waits.toggle(person, self.clock())
        if waiting:
            await self._look_again(person, self._busy())
        return waiting

    async def _look_again(self, wait: Wait, look: Awaitable[object]) -> None:
        """RequestRefused if it is over, and nobody will tell."""
        try:
            await look
        except (JobUnknown, RequestRefused):
            if await self.waits.forget(wait):
                raise

    async def _unfinished(self, number: int) -> Job:
        job = await self.client.job(number)
        if job.status.finished:
            raise RequestRefused(f"#{number} has ended already.")
        return job

    async def _batch_goes_on(self, job: Job) -> None:
        counts = await self.client.batch_counts(job.batch_id)
        if counts is None:
            await self._unfinished(job.number)
        elif counts.left <= 0:
            raise RequestRefused(f"The batch of #{job.number} has ended already.")

    async def _busy(self) -> None:
        if not (await self.client.status()).unfinished:
            raise RequestRefused(EMPTY)
