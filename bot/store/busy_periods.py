"""A server's busy periods: what ended between two moments at which its queue was empty."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.events import Tally
from bot.domain.jobs import JobStatus
from bot.store.schema import jobs, servers

ENDS = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED)
"""In the order of a tally's fields."""


@dataclass(frozen=True, slots=True)
class BusyPeriod:
    """What ended since the queue was last empty, when the first of it was queued, and when the last ended."""

    tally: Tally
    since: datetime
    until: datetime


async def current(conn: AsyncConnection, server: str) -> BusyPeriod | None:
    """Jobs that another one called are part of that one; None: nothing ended of which people are told."""
    emptied_at = await conn.scalar(select(servers.c.emptied_at).where(servers.c.server == server))
    since = jobs.c.closed_at.is_not(None) if emptied_at is None else jobs.c.closed_at > emptied_at
    mine = jobs.c.server == server, since, jobs.c.parent.is_(None), jobs.c.status.in_(ENDS)
    columns = jobs.c.status, func.count(), func.min(jobs.c.created_at), func.max(jobs.c.closed_at)
    found = (await conn.execute(select(*columns).where(*mine).group_by(jobs.c.status))).all()
    if not found:
        return None
    counts = {status: count for status, count, _, _ in found}
    tally = Tally(*(counts.get(status.value, 0) for status in ENDS))
    return BusyPeriod(tally, min(row[2] for row in found), max(row[3] for row in found))


async def end(conn: AsyncConnection, server: str, until: datetime) -> None:
    """The queue is empty; what ended up to `until` is over."""
    await conn.execute(update(servers).where(servers.c.server == server).values(emptied_at=until))
