"""What we know of each server's jobs: so that each end is news exactly once."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, RowMapping, bindparam, case, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.jobs import FINISHED, Job, JobStatus
from bot.store.columns import insert_into
from bot.store.database import Database
from bot.store.schema import BATCH_SIZE, jobs, servers

GONE = "gone"
"""The status of a job that vanished before we saw its end, whether that was told or not."""

SILENT = "silent"
"""The status of a job that ended and that nobody is told of."""

CLOCK_STEP = timedelta(minutes=1)
"""A server's clock may step back this far without looking like a new database."""


@dataclass(frozen=True, slots=True)
class Position:
    """Every job up to `highest` was seen; `unfinished` are those whose end was not.

    `ended`: jobs above `highest` whose end was news already.
    """

    highest: int
    unfinished: frozenset[int]
    ended: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Child:
    """How a job ended that another one had called, and the names of its images."""

    status: JobStatus
    images: tuple[str, ...]


class StrangeJob(Exception):
    """It comes from another database than the one that the ledger knows: the server has a new one."""


class Ledger:
    """Jobs by (server, number). A finish is final: what comes after it is no news.

    `record` needs a baseline (`begin`); LookupError without.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def position(self, server: str) -> Position | None:
        """None: this server was never seen, a baseline is due."""
        numbers = select(jobs.c.number).where(jobs.c.server == server)
        async with self._database.reading() as conn:
            highest = await conn.scalar(select(servers.c.highest).where(servers.c.server == server))
            if highest is None:
                return None
            unfinished = await conn.scalars(numbers.where(jobs.c.closed_at.is_(None)))
            closed = jobs.c.status.in_((*FINISHED, SILENT))
            ended = await conn.scalars(numbers.where(jobs.c.number > highest, closed))
            return Position(highest, frozenset(unfinished), frozenset(ended))

    async def begin(
        self,
        conn: AsyncConnection,
        server: str,
        highest: int,
        unfinished: Iterable[Job],
        newest_at: datetime | None = None,
    ) -> None:
        """The baseline: what stands there now is no news, but the end of each `unfinished` job will be.

        Forgets what was known of this server, and begins its next epoch. `newest_at`: created_at of job
        `highest`, if known.
        """
        waiting = list(unfinished)
        seen = [at for at in (newest_at, *(job.created_at for job in waiting)) if at is not None]
        await conn.execute(delete(jobs).where(jobs.c.server == server))
        row = {"highest": highest, "floor": highest, "newest_at": max(seen, default=None)}
        await conn.execute(
            insert_into(conn, servers)
            .values(server=server, **row)
            .on_conflict_do_update(
                index_elements=[servers.c.server], set_=row | {"epoch": servers.c.epoch + 1}
            )
        )
        if waiting:
            rows = [_values(job) for job in waiting]
            await conn.execute(jobs.insert(), rows)

    async def record(self, conn: AsyncConnection, job: Job, *, trusting: bool = True) -> bool:
        """Writes down what we saw. True exactly once for each job: when its end is news.

        Unless `trusting`, StrangeJob as `stranger` has it.
        """
        known = await _find(conn, job.server, job.number)
        if known is None:
            raise LookupError(f"the ledger has no baseline of the server {job.server!r}: begin() comes first")
        if not trusting and _strange(known, job):
            raise StrangeJob
        if known["status"] is None:
            if job.number <= known["floor"]:
                return False
            await conn.execute(jobs.insert(), _values(job))
        elif known["closed_at"] is not None and known["status"] != GONE:
            return False
        else:  # unfinished, or called gone and there after all
            values = _values(job)
            values["session_id"] = known["session_id"] or values["session_id"]
            this = jobs.c.server == job.server, jobs.c.number == job.number
            await conn.execute(update(jobs).where(*this).values(values))
        if known["newest_at"] is None or known["newest_at"] < job.created_at:
            await self.raise_newest(conn, job.server, job.created_at)
        return job.status.finished

    async def running(self, conn: AsyncConnection, server: str, number: int, now: datetime) -> None:
        """Writes down that it runs, all that the socket tells. No news; nothing without a baseline."""
        known = await _find(conn, server, number)
        if known is None or (known["closed_at"] is not None and known["status"] != GONE):
            return
        if known["status"] is None:
            if number > known["floor"]:
                seen = Job(server, number, JobStatus.IN_PROGRESS, "", None, created_at=now)
                await conn.execute(jobs.insert(), _values(seen))
            return
        this = jobs.c.server == server, jobs.c.number == number
        await conn.execute(
            update(jobs).where(*this).values(status=JobStatus.IN_PROGRESS.value, closed_at=None)
        )

    async def last_seen_running(self, server: str, numbers: Collection[int]) -> dict[int, datetime]:
        """Those of `numbers` that were in progress when they were last seen, and when each was created."""
        query = select(jobs.c.number, jobs.c.created_at).where(
            jobs.c.server == server,
            jobs.c.closed_at.is_(None),
            jobs.c.status == JobStatus.IN_PROGRESS.value,
        )
        async with self._database.reading() as conn:
            found = (await conn.execute(query.order_by(jobs.c.number))).all()
        return {number: created_at for number, created_at in found if number in numbers}

    async def children(self, conn: AsyncConnection, server: str, number: int) -> list[Child]:
        """The ends of the jobs that this one had called."""
        query = select(jobs.c.status, jobs.c.images).where(
            jobs.c.server == server, jobs.c.parent == number, jobs.c.status.in_(FINISHED)
        )
        found = (await conn.execute(query)).all()
        return [Child(JobStatus(status), tuple(json.loads(names or "[]"))) for status, names in found]

    async def end(self, conn: AsyncConnection, server: str, number: int) -> JobStatus | None:
        """How that job ended, if it has and we know how."""
        known = await _find(conn, server, number)
        if known is None or known["closed_at"] is None or known["status"] in (GONE, SILENT):
            return None
        return JobStatus(known["status"])

    async def newest_at(self, server: str) -> datetime | None:
        """The latest created_at that we have seen there."""
        async with self._database.reading() as conn:
            return await conn.scalar(select(servers.c.newest_at).where(servers.c.server == server))

    async def raise_newest(self, conn: AsyncConnection, server: str, created_at: datetime) -> None:
        """A job of that time was seen."""
        later = or_(servers.c.newest_at.is_(None), servers.c.newest_at < created_at)
        mine = servers.c.server == server, later
        await conn.execute(update(servers).where(*mine).values(newest_at=created_at))

    async def stranger(self, job: Job) -> bool:
        """Whether this job can't come from the database that we know: the server has a new one.

        Its number belongs to another session; or it is not new, and yet created after all we saw.
        """
        async with self._database.reading() as conn:
            known = await _find(conn, job.server, job.number)
        return known is not None and _strange(known, job)

    async def advance(self, conn: AsyncConnection, server: str, highest: int) -> None:
        """Every job up to that number is written down now; only a reconcile can say so."""
        behind = servers.c.server == server, servers.c.highest < highest
        await conn.execute(update(servers).where(*behind).values(highest=highest))

    async def forget(self, conn: AsyncConnection, server: str, numbers: Collection[int]) -> None:
        """Closes vanished jobs without noise. Should one be there after all, its end is news."""
        closed_at = func.coalesce(jobs.c.closed_at, jobs.c.created_at)
        close = update(jobs).where(jobs.c.server == server).values(status=GONE, closed_at=closed_at)
        ascending = sorted(numbers)
        for at in range(0, len(ascending), BATCH_SIZE):
            await conn.execute(close.where(jobs.c.number.in_(ascending[at : at + BATCH_SIZE])))

    async def prune(self, conn: AsyncConnection, before: datetime, most: int = BATCH_SIZE) -> int:
        """Drops up to `most` closed jobs that ended before then; how many. They are never news again."""
        dropped = 0
        known = (await conn.execute(select(servers.c.server, servers.c.highest))).all()
        for server, highest in known:
            mine = jobs.c.server == server
            old = select(jobs.c.number).where(mine, jobs.c.closed_at < before, jobs.c.number <= highest)
            numbers = list(await conn.scalars(old.limit(most - dropped)))
            if numbers:
                top = max(numbers)
                raised = case((servers.c.floor > top, servers.c.floor), else_=top)
                await conn.execute(update(servers).where(servers.c.server == server).values(floor=raised))
                await conn.execute(delete(jobs).where(mine, jobs.c.number.in_(numbers)))
            dropped += len(numbers)
        return dropped


_FOUND = (
    select(servers.c.highest, servers.c.floor, servers.c.newest_at)
    .add_columns(jobs.c.session_id, jobs.c.status, jobs.c.closed_at)
    .select_from(
        servers.outerjoin(
            jobs,
            (jobs.c.server == servers.c.server) & (jobs.c.number == bindparam("number", type_=BigInteger)),
        )
    )
    .where(servers.c.server == bindparam("server", type_=servers.c.server.type))
)
"""Built once: building it takes longer than SQLite takes to answer it."""


async def _find(conn: AsyncConnection, server: str, number: int) -> RowMapping | None:
    """The server's row, and the job's beside it (NULLs if unknown). None: the server is unknown."""
    return (await conn.execute(_FOUND, {"server": server, "number": number})).mappings().one_or_none()


def _strange(known: RowMapping, job: Job) -> bool:
    if job.session_id and known["session_id"] and job.session_id != known["session_id"]:
        return True
    return (
        job.number <= known["highest"]
        and known["newest_at"] is not None
        and job.created_at > known["newest_at"] + CLOCK_STEP
    )


def _values(job: Job) -> dict[str, Any]:
    ended = (job.completed_at or job.created_at) if job.status.finished else None
    return {
        "server": job.server,
        "number": job.number,
        "session_id": job.session_id or "",
        "status": SILENT if job.silent else job.status.value,
        "created_at": job.created_at,
        "closed_at": ended,
        "parent": job.parent,
        "images": json.dumps(job.images) if job.parent is not None and job.images else None,
    }
