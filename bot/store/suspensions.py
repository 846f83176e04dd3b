"""Channels that take no messages until a person mends them: why, since when, and when to look again."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.backoff import backoff
from bot.domain.queue import Suspension
from bot.store.channel_heads import OWED
from bot.store.database import Database
from bot.store.schema import outbox, subscriptions, suspensions

MIN_RETRY_DELAY = timedelta(minutes=1)
MAX_RETRY_DELAY = timedelta(hours=1)
BATCH_SIZE = 1_000


class Suspensions:
    """At most one for each channel. The next delivered message ends it (`Outbox.delivered`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def suspend(self, channel_id: int, group: str, reason: str, now: datetime) -> bool:
        """Gives the group back, as if it had not been tried. The pauses between two looks grow from a minute
        to an hour. Whether that is news: the suspension began, or has another reason now.
        """
        this = suspensions.c.channel_id == channel_id
        async with self._database.transaction() as conn:
            await conn.execute(
                update(outbox)
                .where(outbox.c.group_id == group)
                .values(lease_until=None, attempts=outbox.c.attempts - 1)
            )
            before = (await conn.execute(select(suspensions).where(this))).mappings().one_or_none()
            looks = before["looks"] if before else 0
            look_at = now + backoff(looks + 1, MIN_RETRY_DELAY, MAX_RETRY_DELAY)
            row = {"reason": reason, "looks": looks + 1, "look_at": look_at}
            if before is None:
                await conn.execute(suspensions.insert().values(channel_id=channel_id, since=now, **row))
            else:
                await conn.execute(update(suspensions).where(this).values(row))
        return before is None or before["reason"] != reason

    async def look_now(self, now: datetime, channels: Collection[int] | None = None) -> list[int]:
        """These channels (all without any) seem mended: they are due now. Those that are owed nothing are
        suspended no more. Which of them were suspended.
        """
        waiting = select(outbox.c.channel_id).where(OWED)
        query = select(suspensions.c.channel_id)
        if channels is not None:
            query = query.where(suspensions.c.channel_id.in_(channels))
        async with self._database.reading() as conn:
            found = list(await conn.scalars(query.order_by(suspensions.c.channel_id)))
        if found:
            these = suspensions.c.channel_id.in_(found)
            async with self._database.transaction() as conn:
                if channels is not None:
                    over = delete(suspensions).where(these, suspensions.c.channel_id.not_in(waiting))
                    await conn.execute(over)
                await conn.execute(update(suspensions).where(these).values(look_at=now, looks=0))
        return found

    async def in_guild(self, guild_id: int) -> list[Suspension]:
        """Those of the guild's subscribed channels."""
        mine = select(subscriptions.c.channel_id).where(subscriptions.c.guild_id == guild_id)
        return await self._read(_all().where(suspensions.c.channel_id.in_(mine)))

    async def all(self) -> list[Suspension]:
        return await self._read(_all())

    async def prune(self, conn: AsyncConnection, before: datetime, most: int = BATCH_SIZE) -> int:
        """Drops up to `most` rows that suspended channels have been owed since before then; how many."""
        suspended = select(suspensions.c.channel_id)
        old = (
            select(outbox.c.id)
            .where(OWED, outbox.c.channel_id.in_(suspended), outbox.c.added_at < before)
            .order_by(outbox.c.id)
            .limit(most)
        )
        return (await conn.execute(delete(outbox).where(outbox.c.id.in_(old)))).rowcount

    async def _read(self, query: Select[Any, Any, Any, Any, int]) -> list[Suspension]:
        async with self._database.reading() as conn:
            return [Suspension(*row) for row in (await conn.execute(query)).all()]


def _all() -> Select[Any, Any, Any, Any, int]:
    s = suspensions.c
    owed = (
        select(func.count())
        .select_from(outbox)
        .where(OWED, outbox.c.channel_id == s.channel_id)
        .scalar_subquery()
    )
    return select(s.channel_id, s.reason, s.since, s.look_at, owed).order_by(s.channel_id)
