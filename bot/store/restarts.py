"""Which batches' jobs InvokeAI's restarts ended lately: a job that makes it fall does so again."""

from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.jobs import Job
from bot.store.columns import insert_into
from bot.store.schema import restarts

NEAR = timedelta(minutes=10)
"""Restarts within this time, in which jobs of one batch ran, look as if a job of it were the cause."""
ONE_RESTART = timedelta(seconds=3)
"""A restart ends all that ran at once; no second one comes this soon."""


async def recent_restarts(conn: AsyncConnection, job: Job, now: datetime) -> int:
    """How often InvokeAI restarted within NEAR while jobs of this one's batch ran, with the restart that
    ended this one. Jobs whose batch is not known count as one batch.
    """
    at = _ended(job, now)
    i = restarts.c
    same = i.server == job.server, i.batch_id == job.batch_id, i.number != job.number
    query = select(i.at).where(*same, i.at.between(at - NEAR, at + NEAR))
    moments = sorted([at, *await conn.scalars(query)])
    return 1 + sum(later - earlier > ONE_RESTART for earlier, later in pairwise(moments))


async def remember(conn: AsyncConnection, job: Job, now: datetime) -> None:
    """May be done twice. What can't be near to anything any more is forgotten."""
    old = restarts.c.server == job.server, restarts.c.at < _ended(job, now) - NEAR
    await conn.execute(delete(restarts).where(*old))
    row = {"server": job.server, "number": job.number, "batch_id": job.batch_id, "at": _ended(job, now)}
    again = {"batch_id": row["batch_id"], "at": row["at"]}
    await conn.execute(
        insert_into(conn, restarts)
        .values(row)
        .on_conflict_do_update(index_elements=[restarts.c.server, restarts.c.number], set_=again)
    )


def _ended(job: Job, now: datetime) -> datetime:
    return job.completed_at or now
