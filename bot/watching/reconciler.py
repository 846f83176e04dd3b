"""The truth over REST: the queue is compared with the ledger, and what was missed is recorded."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.events import BatchCounts, EventKind, Left, ServerEvent
from bot.domain.jobs import Job, JobPage, JobStatus
from bot.domain.queue import QueueStatus, ServerInfo
from bot.errors import AnswerUnreadable, InvokeAIRefused, InvokeAIUnavailable, JobUnknown
from bot.store.ledger import Ledger, Position
from bot.store.outbox_writer import OutboxWriter
from bot.watching.recorder import UNKNOWN, Recorder
from bot.watching.server_news import ServerNews

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MAX_NEW_JOBS = 100
"""So many jobs of a new database can be news; a longer history is not looked through."""
MAX_FAILURES = 3
"""So often is a job waited for that InvokeAI does not give: then the others go on without it."""
MAX_DEPTH = 10
"""So far is a job's line of parents followed."""


class QueueSource(Protocol):
    """What the watcher asks InvokeAI over REST: the truth."""

    async def connect(self) -> ServerInfo: ...
    async def status(self) -> QueueStatus: ...
    async def job(self, number: int) -> Job: ...
    async def jobs(self, *, before: int | None = None, limit: int = 10) -> JobPage: ...
    async def baseline(self) -> tuple[int, list[Job]]: ...
    async def jobs_changed(self, after: int, unfinished: Collection[int]) -> list[Job]: ...
    async def batch_counts(self, batch_id: str) -> BatchCounts | None: ...


class Reconciler:
    """Compares one server's queue with the ledger. Raises InvokeAIError and DatabaseTrouble: then again.

    `pause` stops the processor when a job seems to make InvokeAI fall; None: the owner does not want that.
    """

    def __init__(
        self,
        client: QueueSource,
        recorder: Recorder,
        ledger: Ledger,
        writer: OutboxWriter,
        news: ServerNews,
        *,
        clock: Callable[[], datetime],
        pause: Callable[[], Awaitable[QueueStatus]] | None = None,
    ) -> None:
        self._server = recorder.server
        self._client = client
        self._recorder = recorder
        self._ledger = ledger
        self._writer = writer
        self._news = news
        self._clock = clock
        self._pause = pause
        self._gap = True
        self._strange = False
        self._failures: Counter[int] = Counter()
        """How often in a row a job could not be read, though InvokeAI answered just before."""

    def lost(self) -> None:
        """The connection was lost: jobs may have ended and vanished, and the database been replaced."""
        self._gap = True

    def met_stranger(self) -> None:
        """A job came from another database than ours: the next reconcile begins anew."""
        self._strange = True

    async def meets_stranger(self, job: Job) -> bool:
        """Whether the job comes from another database than ours: then the next reconcile begins anew."""
        self._strange = self._strange or await self._ledger.stranger(job)
        return self._strange

    async def reconcile(self, pending: int, *, connected: bool, left: Left = UNKNOWN) -> frozenset[int]:
        """The jobs that ended. `connected`: the socket stands, so from now on nothing happens unseen.

        `left`: what has not ended; that is told of the last job that did.
        """
        with self._writer.debounced():
            return await self._reconcile(pending, left, connected=connected)

    async def _reconcile(self, pending: int, left: Left, *, connected: bool) -> frozenset[int]:
        position = await self._ledger.position(self._server)
        if position is None:
            await self._begin()
            self._gap = not connected
            return frozenset()
        if self._strange or (self._gap and await self._replaced(position.highest)):
            position = await self._begin_anew()
        ended = await self._compare(position, pending, left)
        if self._strange:
            ended = await self._compare(await self._begin_anew(), pending, left, trusting=True)
        self._gap = not connected
        return ended

    async def _begin(self) -> None:
        highest, unfinished = await self._client.baseline()
        newest = (await self._client.jobs(limit=1)).jobs
        newest_at = newest[0].created_at if newest else None
        async with self._writer.transaction() as transaction:
            await self._ledger.begin(transaction.conn, self._server, highest, unfinished, newest_at)
        log.info("baseline_taken", server=self._server, highest=highest, unfinished=len(unfinished))

    async def _replaced(self, highest: int) -> bool:
        """Whether the newest of the jobs that we know of is not the one that we know."""
        newest = (await self._client.jobs(before=highest + 1, limit=1)).jobs
        if not newest:
            return False
        if await self._ledger.newest_at(self._server) is None:
            async with self._writer.transaction() as transaction:
                await self._ledger.raise_newest(transaction.conn, self._server, newest[0].created_at)
        try:
            whole = await self._whole(newest[0].number)  # a list does not tell the session
        except (JobUnknown, AnswerUnreadable):
            return False
        return await self._ledger.stranger(whole)

    async def _whole(self, number: int) -> Job:
        """AnswerUnreadable as well for a job whose whole InvokeAI itself can't read, try after try."""
        try:
            job = await self._client.job(number)
        except AnswerUnreadable:
            raise
        except InvokeAIUnavailable as error:
            self._failures[number] += 1
            if self._failures[number] < MAX_FAILURES:
                raise
            raise AnswerUnreadable(str(error)) from error
        del self._failures[number]
        return job

    async def _begin_anew(self) -> Position:
        """News are the newest jobs, back to the first that is older than what we saw of the old database.

        If that is not among MAX_NEW_JOBS, it is the database of another InvokeAI, and its past is not ours.
        """
        newest_at = await self._ledger.newest_at(self._server)
        page = await self._client.jobs(limit=MAX_NEW_JOBS)
        highest, unfinished = await self._client.baseline()
        readable = [job for job in page.jobs if job.status is not JobStatus.UNKNOWN]
        old = next((job for job in readable if newest_at is not None and job.created_at <= newest_at), None)
        if old is not None:
            highest = old.number
        elif page.before is None:
            highest = 0
        elif page.jobs:
            newest_at = page.jobs[0].created_at
        known = [job for job in unfinished if job.number <= highest]

        async def begin(conn: AsyncConnection) -> None:
            await self._ledger.begin(conn, self._server, highest, known, newest_at)

        event = ServerEvent(EventKind.NEW_DATABASE, self._server, self._clock())
        await self._news.tell(event, also=begin)
        log.warning("new_database", server=self._server, highest=highest, unfinished=len(known))
        self._strange = False
        return Position(highest, frozenset(job.number for job in known))

    async def _compare(
        self, position: Position, pending: int, left: Left, *, trusting: bool = False
    ) -> frozenset[int]:
        """The jobs that ended. Stops at a stranger, unless `trusting`."""
        jobs = await self._client.jobs_changed(position.highest, position.unfinished)
        news = [job for job in jobs if job.number not in position.ended]
        unread: list[Job] = []
        ended = _in_order(job for job in news if job.status.finished)
        lefts = _lefts(jobs, ended, left, await self._batch_counts(ended))
        for job in ended:
            try:
                whole = await self._whole(job.number)
            except JobUnknown:
                continue
            except AnswerUnreadable as error:
                log.warning("ended_job_read_failed", server=self._server, job=job.number, reason=str(error))
                unread.append(replace(job, status=JobStatus.UNKNOWN))
                continue
            if not trusting and await self.meets_stranger(whole):
                return frozenset()
            await self._record(whole, pending, lefts[job.number])
        gone = position.unfinished - {job.number for job in jobs}
        if self._gap and gone:
            for job in await self._vanished(gone):
                await self._record(job, pending)
        highest = max((job.number for job in jobs), default=position.highest)
        unfinished = [*unread, *(job for job in news if not job.status.finished)]
        await self._settle(unfinished, gone, highest)
        return gone | {job.number for job in ended if job not in unread}

    async def _batch_counts(self, ended: Iterable[Job]) -> Mapping[str, BatchCounts]:
        """Of the batches of these jobs, where InvokeAI tells."""
        found: dict[str, BatchCounts] = {}
        for batch_id in sorted({job.batch_id for job in ended if job.batch_id}):
            try:
                counts = await self._client.batch_counts(batch_id)
            except (AnswerUnreadable, InvokeAIRefused) as error:
                log.warning("batch_counts_read_failed", server=self._server, reason=str(error))
                continue
            if counts is not None:
                found[batch_id] = counts
        return found

    async def _vanished(self, numbers: Collection[int]) -> list[Job]:
        """Those that ran when the connection was lost, and are gone since: that is all we know."""
        found = await self._ledger.last_seen_running(self._server, frozenset(numbers))
        return [
            Job(self._server, number, JobStatus.CANCELED, "", None, created_at, interrupted=True)
            for number, created_at in found.items()
        ]

    async def _settle(self, unfinished: Sequence[Job], gone: Collection[int], highest: int) -> None:
        """What waits or runs is known, what vanished is closed, all up to `highest` was seen."""
        async with self._writer.transaction() as transaction:
            for job in unfinished:
                await self._ledger.record(transaction.conn, job)
            await self._ledger.forget(transaction.conn, self._server, frozenset(gone))
            await self._ledger.advance(transaction.conn, self._server, highest)

    async def _record(self, job: Job, pending: int, left: Left = UNKNOWN) -> None:
        """An end. At an interruption too many the processor is paused first, if that is wanted."""
        paused = False
        if self._pause is not None and job.interrupted and await self._recorder.poisonous(job):
            paused = await self._paused(job, self._pause)
        await self._recorder.end(job, pending, left, paused=paused)

    async def _paused(self, job: Job, pause: Callable[[], Awaitable[QueueStatus]]) -> bool:
        """Whether the processor is paused now; it is paused once, not for each job that a restart ended."""
        if (await self._client.status()).paused:
            return True
        try:
            paused = (await pause()).paused
        except InvokeAIRefused as error:
            log.error(  # noqa: TRY400 - InvokeAI's word, no fault of ours
                "pause_failed", server=job.server, job=job.number, reason=error.with_details
            )
            return False
        log.warning("paused_on_poison", server=job.server, job=job.number, batch=job.batch_id)
        return paused


def _lefts(
    jobs: Sequence[Job], ended: Sequence[Job], left: Left, counts: Mapping[str, BatchCounts]
) -> Mapping[int, Left]:
    """What each of the jobs that `ended`, in this order, left: the last of all, and the last of each batch.

    A batch of which one of `jobs` goes on was counted a moment later, and has not ended for us.
    """
    going_on = {job.batch_id for job in jobs if not job.status.finished}
    last = {job.batch_id: job.number for job in ended}
    told: dict[int, Left] = {}
    for job in ended:
        alone = left if job is ended[-1] else UNKNOWN
        batch = counts.get(job.batch_id)
        if batch is not None:
            sure = last[job.batch_id] == job.number and (batch.left > 0 or job.batch_id not in going_on)
            alone = Left(alone.queue, batch.left if sure else None, batch)
        told[job.number] = alone
    return told


def _in_order(ended: Iterable[Job]) -> list[Job]:
    """As they ended; of those that ended at once, children come before their parents."""
    jobs = {job.number: job for job in ended}

    def order(job: Job) -> tuple[datetime, int, int]:
        return job.completed_at or job.created_at, -_depth(job, jobs), job.number

    return sorted(jobs.values(), key=order)


def _depth(job: Job, jobs: Mapping[int, Job]) -> int:
    depth = 0
    parent = job.parent
    while parent is not None and depth < MAX_DEPTH:
        depth += 1
        above = jobs.get(parent)
        parent = above.parent if above is not None else None
    return depth
