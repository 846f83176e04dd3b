"""A waiting job put in front: queued anew there, and the old one canceled once the new one stands."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.domain.creation import Submitted
from bot.domain.jobs import Job, JobStatus
from bot.domain.submissions import Asker, Replacement, Step
from bot.errors import DatabaseTrouble, InvokeAIError, JobUnknown, RequestRefused
from bot.invokeai.requeue.batch import BatchBody
from bot.store.replacements import Replacements

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MAX_REST = 60.0
"""Seconds between two looks for what was broken off."""


class InFrontClient(Protocol):
    """What InvokeAI is asked; `InvokeAIClient` has it. Errors are InvokeAIError."""

    async def job(self, number: int) -> Job: ...
    async def cancel(self, number: int) -> Job: ...
    async def cancel_batch(self, batch_id: str) -> int: ...


class SameJob(Protocol):
    """`InvokeAIClient.reruns` has it."""

    async def same(self, number: int) -> BatchBody: ...


class Queueing(Protocol):
    """What is sent once, whatever breaks; `Feeder` has it."""

    @property
    def server(self) -> str: ...
    async def owner(self, job: Job) -> Asker | None: ...
    async def submit(
        self, asker: Asker, body: BatchBody, *, first: bool = False, replaces: int | None = None
    ) -> Submitted: ...


@dataclass(frozen=True, slots=True)
class RunsNext:
    """Job `number` runs next as `new`; None: InvokeAI does not tell the new number."""

    number: int
    new: int | None


class InFront:
    """Of one server. Each step is written down before it is taken: a job runs once, whatever crashes."""

    def __init__(self, client: InFrontClient, jobs: SameJob, queueing: Queueing, store: Replacements) -> None:
        self._client = client
        self._jobs = jobs
        self._queueing = queueing
        self._store = store
        self._one_at_a_time = asyncio.Lock()

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Endless: ends what was broken off in the middle."""
        while True:
            try:
                async with self._one_at_a_time:
                    for one in await self._store.open(self._queueing.server):
                        await self._finish(one)
            except (InvokeAIError, DatabaseTrouble) as error:
                log.warning("run_next_delayed", server=self._queueing.server, reason=str(error))
            await sleep(MAX_REST)

    async def next(self, number: int, asker: Asker) -> RunsNext:
        """It runs before all others that wait, under a new number, and stays whose it was; what nobody asked
        the bot for becomes the asker's.

        RequestRefused for one that does not wait; then nothing is queued twice.
        """
        async with self._one_at_a_time:
            job = await self._client.job(number)
            await self._require_waiting(job)
            body = await self._jobs.same(number)
            whose = await self._queueing.owner(job) or asker
            done = await self._queueing.submit(whose, body, first=True, replaces=number)
            [*_, one] = await self._store.of(self._queueing.server, number)
            if not await self._finish(one):
                raise RequestRefused(f"#{number} started or ended meanwhile. Nothing was queued twice.")
            return RunsNext(number, next(iter(done.numbers), None))

    async def _require_waiting(self, job: Job) -> None:
        if job.status is not JobStatus.PENDING:
            now = "running" if not job.status.finished else job.status
            raise RequestRefused(f"#{job.number} is {now}; only a job that has not started can run next.")
        if job.parent is not None:
            raise RequestRefused(f"#{job.number} is part of #{job.parent}, so it can't be moved by itself.")
        if any(one.step is not Step.DONE for one in await self._store.of(job.server, job.number)):
            raise RequestRefused(f"#{job.number} is on its way to the front already.")

    async def _finish(self, one: Replacement) -> bool:
        """Whether the new job takes the old one's place; else the new one is canceled. Nothing is done before
        the new one stands.
        """
        if not one.stands:
            return False
        if await self._canceled(one):
            await self._store.at(one, Step.DONE)
            return True
        await self._client.cancel_batch(one.batch_id)
        await self._store.at(one, Step.DONE)
        return False

    async def _canceled(self, one: Replacement) -> bool:
        """Whether we canceled the old job. One that is gone since we tried was canceled."""
        try:
            old = await self._client.job(one.number)
            if old.status is JobStatus.PENDING:
                await self._store.at(one, Step.CANCELING)
                return (await self._client.cancel(one.number)).status is JobStatus.CANCELED
        except JobUnknown:
            return one.step is Step.CANCELING
        return one.step is Step.CANCELING and old.status is JobStatus.CANCELED
