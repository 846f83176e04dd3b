"""What people asked to cancel, written down before InvokeAI is asked: its end is told once, with a name."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.cancel_requests import CancelRequest
from bot.domain.jobs import Job
from bot.errors import DatabaseTrouble
from bot.store.busy_periods import BusyPeriod
from bot.store.database import Database
from bot.store.schema import cancel_requests

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

KEPT = timedelta(hours=1)
"""So long after it was asked for a job's end may still be heard of."""
_COLUMNS = [column for column in cancel_requests.c if column.name not in ("id", "ended_at")]


class CancelRequests:
    """Each kept for an hour. A request that is lost costs no more than a name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember(self, request: CancelRequest) -> None:
        """Forgets old ones. A database that can't be written stops nobody: the log says so."""
        old = cancel_requests.c.asked_at < request.asked_at - KEPT
        values = {column.name: getattr(request, column.name) for column in _COLUMNS}
        try:
            async with self._database.transaction() as conn:
                await conn.execute(delete(cancel_requests).where(old))
                await conn.execute(cancel_requests.insert().values(values))
        except DatabaseTrouble as error:
            log.warning("cancel_request_failed", server=request.server, reason=str(error))


async def canceled_by(conn: AsyncConnection, job: Job, now: datetime) -> int | None:
    """Who asked for this job's end, by their Discord id; it is noted that it came. None: nobody did, or it
    is not known.
    """
    row, mine = cancel_requests.c, cancel_requests.c.server == job.server
    recent = select(row.id, *_COLUMNS).where(mine, row.asked_at > now - KEPT).order_by(row.id.desc())
    for found in (await conn.execute(recent)).mappings().all():
        request = CancelRequest(**{column.name: found[column.name] for column in _COLUMNS})
        if request.takes(job):
            ended_at = job.completed_at or job.created_at
            later = row.id == found["id"], or_(row.ended_at.is_(None), row.ended_at < ended_at)
            await conn.execute(update(cancel_requests).where(*later).values(ended_at=ended_at))
            return request.user_id
    return None


async def emptied_queue(conn: AsyncConnection, server: str, busy: BusyPeriod) -> bool:
    """Whether that period was ended by a person: the last end was a cancel, or what was left was cleared."""
    row, mine = cancel_requests.c, cancel_requests.c.server == server
    cleared = and_(row.clear, row.asked_at >= busy.since)
    last = select(row.id).where(mine, or_(row.ended_at >= busy.until, cleared)).limit(1)
    return await conn.scalar(last) is not None
