"""What we saw becomes news: ledger and outbox change together, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.events import EventKind, JobEvent, Left
from bot.domain.failures import fingerprint
from bot.domain.jobs import Job, JobStatus, Purpose
from bot.domain.statistics import total_of
from bot.domain.submissions import Asker, Submission
from bot.store import hourly_totals, restarts
from bot.store.album_rows import album_key, channels_with_album, end_key
from bot.store.cancel_requests import canceled_by
from bot.store.database import Database
from bot.store.ledger import Ledger
from bot.store.links import link_of
from bot.store.outbox_writer import OutboxTransaction, OutboxWriter
from bot.store.related import Related, related_to
from bot.store.replacements import replaced
from bot.store.retries import asker_of_retry
from bot.store.submissions import submission_of
from bot.store.subscriptions import Subscriptions
from bot.watching.personal import tell_asker, tell_waiting

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

ENDS: Mapping[JobStatus, EventKind] = {
    JobStatus.COMPLETED: EventKind.COMPLETED,
    JobStatus.FAILED: EventKind.FAILED,
    JobStatus.CANCELED: EventKind.CANCELED,
}
UNKNOWN = Left()
MAX_SIZES = 30
"""An event of more images does not tell the size of each: it is read for each message of theirs."""


class Recorder:
    """Writes down the jobs of one server. DatabaseTrouble: nothing was written.

    `observers` are told of each job whose end is news, after that is committed and never for what was not.
    """

    def __init__(
        self,
        server: str,
        database: Database,
        ledger: Ledger,
        writer: OutboxWriter,
        subscriptions: Subscriptions,
        *,
        clock: Callable[[], datetime],
        observers: Sequence[Callable[[Job], None]] = (),
    ) -> None:
        self.server = server
        self._database = database
        self._ledger = ledger
        self._writer = writer
        self._subscriptions = subscriptions
        self._clock = clock
        self._observers = observers

    async def start(self, number: int) -> None:
        """It runs, as the socket told. That is no news, but its disappearance would be."""
        async with self._database.transaction() as transaction:
            await self._ledger.running(transaction, self.server, number, self._clock())

    async def end(
        self, job: Job, pending: int, left: Left = UNKNOWN, *, paused: bool = False, trusting: bool = True
    ) -> None:
        """Known from now on, and pending for each channel that wants it.

        `paused`: the processor was paused because of this job. Unless `trusting`, StrangeJob for one of
        another database than ours: nothing was written.
        """
        kind = _kind(job)
        news = False
        async with self._writer.transaction() as transaction:
            news = await self._ledger.record(transaction.conn, job, trusting=trusting)
            if news:
                end = JobEvent(kind, job, pending, left=left, paused=paused)
                related = await related_to(transaction.conn, job)
                end = await self._with_people(transaction.conn, end, related)
                if await replaced(transaction.conn, job):  # it runs as another one, which is told
                    await self._owe_batch_end(transaction, end)
                else:
                    await self._count(transaction.conn, end)
                    await self._owe(transaction, end, related)
        if not news:
            return
        log.info("job_ended", server=job.server, job=job.number, kind=kind, notices=transaction.added)
        for observe in self._observers:
            observe(job)

    async def poisonous(self, job: Job) -> bool:
        """Whether InvokeAI just restarted, and not for the first time lately, while jobs of its batch ran."""
        now = self._clock()
        if job.completed_at is not None and now - job.completed_at > restarts.NEAR:
            return False
        async with self._database.reading() as reading:
            return await restarts.recent_restarts(reading, job, now) > 1

    async def _with_people(self, conn: AsyncConnection, end: JobEvent, related: Related) -> JobEvent:
        """The end with who asked for the job, who canceled it, and all that is known of its batch."""
        job, restarted, by = end.job, 0, None
        asked = await submission_of(conn, job.server, job.batch_id) if related.asked else None
        if end.kind is EventKind.INTERRUPTED:
            restarted = await restarts.recent_restarts(conn, job, self._clock())
            await restarts.remember(conn, job, self._clock())
        if end.kind is EventKind.CANCELED:
            by = await canceled_by(conn, job, self._clock())
        retried = await asker_of_retry(conn, job) if related.retried else None
        asker = retried or (asked.asker if asked else None) or await _linked(conn, job)
        return replace(end, restarts=restarted, by=by, asker=asker, left=_with_unsent(end.left, asked))

    async def _count(self, conn: AsyncConnection, end: JobEvent) -> None:
        asker = end.asker.user_id if end.asker is not None else None
        await hourly_totals.count(conn, total_of(end.job, asker, self._clock()))

    async def _owe(self, transaction: OutboxTransaction, end: JobEvent, related: Related) -> None:
        job = end.job
        channels = await self._subscriptions.for_event(transaction.conn, end.kind, job.server, job)
        asked_in = await self._subscriptions.asked_in(transaction.conn, end)
        channels += [asked_in] if asked_in is not None else []
        for event in await self._untold(transaction.conn, end, related):
            await transaction.add(event, channels, coalescing_key=_coalescing_key(event))
        await tell_asker(transaction, self._subscriptions, end)
        if related.waited_for:
            await tell_waiting(transaction, self._subscriptions, end)
        await self._owe_batch_end(transaction, end)

    async def _owe_batch_end(self, transaction: OutboxTransaction, end: JobEvent) -> None:
        """After the last job of a batch, whatever became of it: where its pictures were told as one."""
        job, left = end.job, end.left
        several = left.counts is not None and left.counts.total > 1
        if left.batch != 0 or not several or job.retried_from is not None or job.parent is not None:
            return
        told = await self._subscriptions.for_server(transaction.conn, job.server)
        if end.asker is not None and end.asker.channel_id is not None:
            told.append(end.asker.channel_id)
        channels = await channels_with_album(transaction.conn, told, job.batch_id, job.server)
        bare = replace(job, images=(), outputs=(), failure=None)
        event = JobEvent(EventKind.BATCH_DONE, bare, left=left, asker=end.asker)
        await transaction.add(event, channels, coalescing_key=end_key(job.server, job.batch_id))

    async def _untold(self, conn: AsyncConnection, end: JobEvent, related: Related) -> Sequence[JobEvent]:
        """The job's events: of parent and children each tells only what has not been told already."""
        job = end.job
        if job.parent is not None and job.status is JobStatus.CANCELED:
            parent = await self._ledger.end(conn, job.server, job.parent)
            if parent is job.status:  # who cancels the parent cancels the child, and the parent ends first
                return []
        children = await self._ledger.children(conn, job.server, job.number) if related.children else []
        if children and end.kind is EventKind.COMPLETED:
            told = {name for child in children for name in child.images}
            job = replace(job, images=tuple(name for name in job.images if name not in told))
            if not job.images:
                return []
        elif any(child.status is job.status for child in children):
            return []
        return _events(replace(end, job=job))


async def _linked(conn: AsyncConnection, job: Job) -> Asker | None:
    """Who asked for it on InvokeAI's own page, as an admin said who that is."""
    link = await link_of(conn, job.server, job.account) if job.account is not None else None
    return Asker(link.user_id, link.guild_id, link.channel_id, linked=True) if link is not None else None


def _with_unsent(left: Left, asked: Submission | None) -> Left:
    """What is left with the jobs of the batch that InvokeAI's counts lack: its end comes after them.

    Those in flight may be there or not, and those sent may have come after the counts were made.
    """
    if asked is None:
        return left
    counts, missing = left.counts, asked.unsent
    if counts is not None:
        total = max(counts.total + asked.unsent - asked.in_flight, asked.jobs)
        missing, counts = total - counts.total, replace(counts, total=total)
    queue = left.queue + missing if left.queue is not None else None
    return Left(queue, left.batch + missing if left.batch is not None else None, counts)


def _coalescing_key(event: JobEvent) -> str | None:
    """Equal for the pictures of a batch, and for the same failure again in the same batch; never for those of
    two servers, one of which may have begun with a copy of the other's database.

    Retries keep their batch, but somebody waits for them: those asked for in one minute count anew.
    """
    job = event.job
    if event.joins_album:
        return album_key(job.server, job.batch_id)
    if event.kind is not EventKind.FAILED or job.failure is None or not job.batch_id:
        return None
    retry = f" {job.created_at:%Y-%m-%dT%H:%M}" if job.retried_from is not None else ""
    return f"{job.server} {job.batch_id} {fingerprint(job.failure)}{retry}"


def _kind(job: Job) -> EventKind:
    kind = ENDS[job.status]
    return EventKind.INTERRUPTED if kind is EventKind.CANCELED and job.interrupted else kind


def _events(end: JobEvent) -> Sequence[JobEvent]:
    """One event an image, so that an album can end anywhere; one for a job without images.

    The first one has all that the job made besides; of many images none has the others' sizes. Of a staging
    job it is the images that it staged: only channels that want these are told.
    """
    job, left = end.job, end.left
    if job.purpose is Purpose.STAGING:
        job = replace(job, images=tuple(each.name for each in job.outputs if each.staged and each.name))
    if end.kind is not EventKind.COMPLETED or not job.images:
        return [replace(end, job=job)]
    last = len(job.images) - 1
    names = frozenset(job.images)
    pictures = tuple(each for each in job.outputs if each.name in names)
    besides = tuple(each for each in job.outputs if each.name not in names)
    of_batch = Left(counts=left.counts)
    each_has = replace(job, outputs=pictures if len(pictures) <= MAX_SIZES else ())
    first = replace(job, outputs=(*each_has.outputs, *besides))
    return [
        replace(
            end,
            job=each_has if image else first,
            image=image,
            left=left if image == last else of_batch,
        )
        for image in range(len(job.images))
    ]
