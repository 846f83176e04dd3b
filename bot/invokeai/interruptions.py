"""Whether InvokeAI's restart ended a canceled job, or a person did (docs/decisions/0008)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from bot.domain.jobs import Job
from bot.domain.queue import QueueStatus


class Client(Protocol):
    """What InvokeAI is asked; summaries are enough."""

    async def status(self) -> QueueStatus: ...
    async def running_of(self, counts: QueueStatus) -> Sequence[Job]: ...
    async def ended_last(self) -> Job | None: ...
    async def read(self, number: int) -> Job: ...


async def confirmed(job: Job, client: Client) -> Job:
    """The job, still called interrupted only if nothing of it can be running.

    A job that a person canceled looks interrupted until its node has stopped.
    """
    counts = await client.status()
    if counts.processing:
        others = await client.running_of(counts)
        if not others:  # between two jobs, or the canceled one's node goes on
            last = await client.ended_last()
            others = [] if last is None else [last]
        if not others or any(_started_before(other, job) for other in others):
            return replace(job, interrupted=False)
    return await client.read(job.number)


def _started_before(other: Job, job: Job) -> bool:
    return other.started_at is None or job.completed_at is None or other.started_at < job.completed_at
