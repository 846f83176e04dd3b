"""What we saw becomes news: ledger and outbox change together, in one transaction."""

from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.events import EventKind, JobEvent, Left, ServerEvent
from bot.domain.failures import fingerprint
from bot.domain.jobs import Job, JobStatus
from bot.store import busy_periods, restarts
from bot.store.database import Database
from bot.store.ledger import Ledger, Position
from bot.store.outbox import Outbox
from bot.store.subscriptions import Subscriptions

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

KINDS: Mapping[JobStatus, EventKind] = {
    JobStatus.COMPLETED: EventKind.COMPLETED,
    JobStatus.FAILED: EventKind.FAILED,
    JobStatus.CANCELED: EventKind.CANCELED,
}

MIN_JOBS = 2
MANY_JOBS = 5
LONG_BUSY = timedelta(minutes=5)
"""That the queue is empty is told after many jobs, or after a few that took long; never after one."""
UNKNOWN = Left()


class Recorder:
    """Writes down what is seen of one server. `owed` is called after each commit that owes something.

    `learn` is told of each job that is news.
    `admin_channel` hears of what concerns the server itself; without one, every channel subscribed to it.
    Everything here may raise DatabaseTrouble: then nothing was written.
    """

    def __init__(
        self,
        *,
        server: str,
        database: Database,
        ledger: Ledger,
        outbox: Outbox,
        subscriptions: Subscriptions,
        clock: Callable[[], datetime],
        owed: Callable[[], None],
        admin_channel: int | None = None,
        learn: Callable[[Job], None] = lambda _: None,
    ) -> None:
        self.server = server
        self._database = database
        self._ledger = ledger
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._clock = clock
        self._owed = owed
        self._admin_channel = admin_channel
        self._learn = learn
        self._gathering = False
        self._gathered = False

    @contextmanager
    def together(self) -> Generator[None]:
        """What is recorded within is told of at the end at once, so that it makes albums."""
        self._gathering = True
        try:
            yield
        finally:
            self._gathering = False
            if self._gathered:
                self._gathered = False
                self._owed()

    async def position(self) -> Position | None:
        return await self._ledger.position(self.server)

    async def newest_at(self) -> datetime | None:
        return await self._ledger.newest_at(self.server)

    async def learn_newest(self, created_at: datetime) -> None:
        """How far the database that we know reaches: an older bot did not write it down."""
        async with self._database.transaction() as transaction:
            await self._ledger.raise_newest(transaction, self.server, created_at)

    async def stranger(self, job: Job) -> bool:
        """Whether the job comes from another database than the one that we know."""
        return await self._ledger.stranger(job)

    async def poisonous(self, job: Job) -> bool:
        """Whether InvokeAI just restarted, and not for the first time lately, while jobs of its batch ran."""
        now = self._clock()
        if job.completed_at is not None and now - job.completed_at > restarts.NEAR:
            return False
        async with self._database.reading() as reading:
            return await restarts.recent_restarts(reading, job, now) > 1

    async def record(self, job: Job, pending: int, left: Left = UNKNOWN, *, paused: bool = False) -> None:
        """An end: known from now on, and owed to each channel that wants it.

        `paused`: the processor was paused because of this job.
        """
        kind = _kind(job)
        added = 0
        async with self._database.transaction() as transaction:
            if await self._ledger.record(transaction, job):
                self._learn(job)
                channels = await self._subscriptions.for_event(transaction, kind, job.server, job)
                count = 0
                if kind is EventKind.INTERRUPTED:
                    count = await restarts.recent_restarts(transaction, job, self._clock())
                    await restarts.remember(transaction, job, self._clock())
                for told in await self._news(transaction, kind, job, pending, left):
                    event = replace(told, restarts=count, paused=paused)
                    now = self._clock()
                    added += await self._outbox.add(transaction, event, channels, now, fold=_fold(event))
                log.info("job_changed", server=job.server, job=job.number, kind=kind, owed=added)
        self._tell(added)

    async def running(self, number: int) -> None:
        """A start: that is no news."""
        async with self._database.transaction() as transaction:
            await self._ledger.running(transaction, self.server, number, self._clock())

    async def vanished(self, numbers: Iterable[int]) -> list[Job]:
        """Those that ran when the connection was lost, and are gone since: that is all we know."""
        found = await self._ledger.last_seen_running(self.server, frozenset(numbers))
        return [
            Job(self.server, number, JobStatus.CANCELED, "", None, created_at, interrupted=True)
            for number, created_at in found.items()
        ]

    async def settle(self, unfinished: Sequence[Job], gone: Iterable[int], highest: int) -> None:
        """The end of a reconcile: what waits is known, what vanished is closed, all to `highest` was seen."""
        async with self._database.transaction() as transaction:
            for job in unfinished:
                await self._ledger.record(transaction, job)
            await self._ledger.forget(transaction, self.server, frozenset(gone))
            await self._ledger.advance(transaction, self.server, highest)

    async def begin(self, highest: int, unfinished: Sequence[Job], newest_at: datetime | None) -> None:
        """The first sight of this server."""
        async with self._database.transaction() as transaction:
            await self._ledger.begin(transaction, self.server, highest, unfinished, newest_at)
        log.info("baseline_taken", server=self.server, highest=highest, unfinished=len(unfinished))

    async def begin_anew(self, highest: int, unfinished: Sequence[Job], newest_at: datetime | None) -> None:
        """The server has another database: a new baseline, and the people hear of it."""
        now = self._clock()
        event = ServerEvent(EventKind.NEW_DATABASE, self.server, now)
        async with self._database.transaction() as transaction:
            await self._ledger.begin(transaction, self.server, highest, unfinished, newest_at)
            channels = await self._admins(transaction)
            added = await self._outbox.add(transaction, event, channels, now)
        log.warning("new_database", server=self.server, highest=highest, unfinished=len(unfinished))
        self._tell(added)

    async def tell(
        self,
        event: ServerEvent,
        *,
        fold: str | None = None,
        also: Callable[[AsyncConnection], Awaitable[None]] | None = None,
    ) -> None:
        """Owes a server's news to whom it concerns; `also` writes in the same transaction."""
        now = self._clock()
        async with self._database.transaction() as transaction:
            if event.kind is EventKind.FAILING:
                channels = await self._subscriptions.for_event(transaction, EventKind.FAILED, self.server)
            else:
                channels = await self._admins(transaction)
            added = await self._outbox.add(transaction, event, channels, now, fold=fold)
            if also is not None:
                await also(transaction)
        log.info("server_changed", server=self.server, kind=event.kind, owed=added)
        self._tell(added)

    async def much_done(self) -> bool:
        """Whether it is worth a word, once the queue is empty, what ended since it last was."""
        async with self._database.reading() as reading:
            return _worth_telling(await busy_periods.spell(reading, self.server))

    async def emptied(self) -> None:
        """The queue is empty. Who hears of all finished images hears of that too, if much was done."""
        async with self._database.reading() as reading:
            if await busy_periods.spell(reading, self.server) is None:
                return
        added = 0
        async with self._database.transaction() as transaction:
            spell = await busy_periods.spell(transaction, self.server)
            if spell is None:
                return
            await busy_periods.end(transaction, self.server, spell.until)
            if _worth_telling(spell):
                channels = await self._subscriptions.for_empty_queue(transaction, self.server)
                event = ServerEvent(
                    EventKind.QUEUE_EMPTY, self.server, spell.until, since=spell.since, tally=spell.tally
                )
                added = await self._outbox.add(transaction, event, channels, self._clock())
        self._tell(added)

    def _tell(self, added: int) -> None:
        if added and self._gathering:
            self._gathered = True
        elif added:
            self._owed()

    async def _admins(self, conn: AsyncConnection) -> list[int]:
        if self._admin_channel is not None:
            return [self._admin_channel]
        return await self._subscriptions.for_server(conn, self.server)

    async def _news(
        self, conn: AsyncConnection, kind: EventKind, job: Job, pending: int, left: Left
    ) -> Sequence[JobEvent]:
        """The job's events: of parent and children each tells only what has not been told already."""
        if job.parent is not None and job.status is JobStatus.CANCELED:
            parent = await self._ledger.end(conn, job.server, job.parent)
            if parent is job.status:  # who cancels the parent cancels the child, and the parent ends first
                return []
        children = await self._ledger.children(conn, job.server, job.number) if job.status.finished else ()
        if children and kind is EventKind.COMPLETED:
            told = {name for child in children for name in child.images}
            job = replace(job, images=tuple(name for name in job.images if name not in told))
            if not job.images:
                return []
        elif any(child.status is job.status for child in children):
            return []
        return _events(kind, job, pending, left)


def _worth_telling(spell: busy_periods.BusyPeriod | None) -> bool:
    """A lone picture, or what somebody cleared away, needs no second message."""
    if spell is None or spell.tally.all == spell.tally.canceled or spell.tally.all < MIN_JOBS:
        return False
    return spell.tally.all >= MANY_JOBS or spell.until - spell.since >= LONG_BUSY


def _fold(event: JobEvent) -> str | None:
    """Equal for the same failure again in the same batch.

    Retries keep their batch, but somebody waits for them: those asked for in one minute count anew.
    """
    job = event.job
    if event.kind is not EventKind.FAILED or job.failure is None or not job.batch_id:
        return None
    retry = f" {job.created_at:%Y-%m-%dT%H:%M}" if job.retried_from is not None else ""
    return f"{job.batch_id} {fingerprint(job.failure)}{retry}"


def _kind(job: Job) -> EventKind:
    kind = KINDS[job.status]
    return EventKind.INTERRUPTED if kind is EventKind.CANCELED and job.interrupted else kind


def _events(kind: EventKind, job: Job, pending: int, left: Left) -> Sequence[JobEvent]:
    """One event an image, so that an album can end anywhere; one for a job without images."""
    if kind is EventKind.COMPLETED and job.images:
        last = len(job.images) - 1
        return [
            JobEvent(kind, job, pending, image, left if image == last else UNKNOWN)
            for image in range(len(job.images))
        ]
    return [JobEvent(kind, job, pending, left=left)]
