"""Channels that take no messages until a person fixes them: why, since when, and the next attempt."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.backoff import backoff
from bot.domain.queue import Suspension
from bot.store.database import Database
from bot.store.schema import BATCH_SIZE, PENDING, outbox, subscriptions, suspensions

MIN_RETRY_DELAY = timedelta(minutes=1)
MAX_RETRY_DELAY = timedelta(hours=1)
_WAITS = exists().where(PENDING, outbox.c.channel_id == suspensions.c.channel_id)
"""Something is pending for the channel."""


async def suspend(conn: AsyncConnection, channel_id: int, reason: str, now: datetime) -> bool:
    """Until the next attempt, which comes ever later, from a minute to an hour. Whether that is news: the
    suspension began, or has another reason now.
    """
    this = suspensions.c.channel_id == channel_id
    before = (await conn.execute(select(suspensions).where(this))).mappings().one_or_none()
    attempts = before["attempts"] if before else 0
    next_attempt_at = now + backoff(attempts + 1, MIN_RETRY_DELAY, MAX_RETRY_DELAY)
    row = {"reason": reason, "attempts": attempts + 1, "next_attempt_at": next_attempt_at}
    if before is None:
        await conn.execute(suspensions.insert().values(channel_id=channel_id, since=now, **row))
    else:
        await conn.execute(update(suspensions).where(this).values(row))
    return before is None or before["reason"] != reason


async def lift(conn: AsyncConnection, channel_id: int) -> bool:
    """The channel takes messages, or gets none any more; whether it was suspended."""
    ended = await conn.execute(delete(suspensions).where(suspensions.c.channel_id == channel_id))
    return ended.rowcount > 0


async def lift_idle(conn: AsyncConnection, before: datetime, most: int = BATCH_SIZE) -> int:
    """Forgets up to `most` that are older, of channels without a subscription and without anything pending:
    nobody would see or fix them. How many.
    """
    idle = (
        select(suspensions.c.channel_id)
        .where(
            suspensions.c.since < before,
            suspensions.c.channel_id.not_in(select(subscriptions.c.channel_id)),
            ~_WAITS,
        )
        .limit(most)
    )
    return (await conn.execute(delete(suspensions).where(suspensions.c.channel_id.in_(idle)))).rowcount


async def retry_all(conn: AsyncConnection, now: datetime, channels: Collection[int] | None = None) -> None:
    """What these suspended channels (all without any) have pending is due now."""
    due = update(suspensions).values(next_attempt_at=now, attempts=0)
    await conn.execute(due if channels is None else due.where(suspensions.c.channel_id.in_(channels)))


class Suspensions:
    """At most one for each channel. The next delivered message ends it (`Outbox.settle`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def retry_now(self, now: datetime, channels: Collection[int]) -> list[int]:
        """These channels seem fixed: they are due now, and no longer suspended where nothing is pending.

        Which of them were suspended.
        """
        query = select(suspensions.c.channel_id).where(suspensions.c.channel_id.in_(channels))
        async with self._database.reading() as conn:
            found = list(await conn.scalars(query.order_by(suspensions.c.channel_id)))
        if found:
            these = suspensions.c.channel_id.in_(found)
            async with self._database.transaction() as conn:
                await conn.execute(delete(suspensions).where(these, ~_WAITS))
                await retry_all(conn, now, found)
        return found

    async def in_guild(self, guild_id: int) -> list[Suspension]:
        """Those of the guild's subscribed channels."""
        mine = select(subscriptions.c.channel_id).where(subscriptions.c.guild_id == guild_id)
        return await self._read(_all().where(suspensions.c.channel_id.in_(mine)))

    async def all(self) -> list[Suspension]:
        return await self._read(_all())

    async def _read(self, query: Select[Any, Any, Any, Any, int]) -> list[Suspension]:
        async with self._database.reading() as conn:
            return [Suspension(*row) for row in (await conn.execute(query)).all()]


def _all() -> Select[Any, Any, Any, Any, int]:
    s = suspensions.c
    pending = (
        select(func.count())
        .select_from(outbox)
        .where(PENDING, outbox.c.channel_id == s.channel_id)
        .scalar_subquery()
    )
    return select(s.channel_id, s.reason, s.since, s.next_attempt_at, pending).order_by(s.channel_id)
