"""Who asked for a retry: it keeps the old batch in InvokeAI, and so is known by its number."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.jobs import Job
from bot.domain.submissions import Asker, Retry
from bot.store.asked_schema import retries
from bot.store.database import Database
from bot.store.schema import BATCH_SIZE


class Retries:
    """DatabaseTrouble: nothing was written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: Sequence[Retry]) -> Sequence[Retry]:
        """The same with their own ids."""
        rows = [
            {
                "server": one.server,
                **columns_of(one.asker),
                "asked_at": one.asked_at,
                "retried": one.retried,
                "above": one.above,
            }
            for one in new
        ]
        async with self._database.transaction() as conn:
            added = [await conn.execute(retries.insert().values(row).returning(retries)) for row in rows]
            return [_read(row.mappings().one()) for row in added]

    async def drop(self, ids: Collection[int]) -> None:
        """InvokeAI did not take them."""
        if ids:
            async with self._database.transaction() as conn:
                await conn.execute(delete(retries).where(retries.c.id.in_(list(ids))))

    async def numbered(self, numbers: Mapping[int, int]) -> None:
        """The numbers of the new jobs, by the retries' ids."""
        async with self._database.transaction() as conn:
            for one, number in numbers.items():
                await conn.execute(update(retries).where(retries.c.id == one).values(number=number))

    async def unended(self, server: str) -> Sequence[Retry]:
        """Those that may still wait or run, oldest first."""
        which = retries.c.server == server, retries.c.ended_at.is_(None)
        async with self._database.reading() as conn:
            rows = await conn.execute(select(retries).where(*which).order_by(retries.c.id))
            return [_read(row) for row in rows.mappings()]

    async def ended(self, ids: Collection[int], now: datetime) -> None:
        """They neither wait nor run any more, or never came."""
        if ids:
            async with self._database.transaction() as conn:
                gone = update(retries).where(retries.c.id.in_(list(ids)))
                await conn.execute(gone.values(ended_at=now))


async def prune_retries(conn: AsyncConnection, before: datetime, most: int = BATCH_SIZE) -> int:
    """Drops up to `most` that were asked for before then; how many."""
    old = select(retries.c.id).where(retries.c.asked_at < before).limit(most)
    return (await conn.execute(delete(retries).where(retries.c.id.in_(old)))).rowcount


async def asker_of_retry(conn: AsyncConnection, job: Job) -> Asker | None:
    """Who asked for that job as a retry. Where its number is not known yet: who asked last before it came."""
    mine = retries.c.server == job.server  # said twice, so that SQLite finds an index for each half
    known = mine & (retries.c.number == job.number)
    guessed = mine & (retries.c.retried == job.retried_from) & retries.c.number.is_(None)
    query = (
        select(retries)
        .where(or_(known, guessed & (retries.c.above < job.number)))
        .order_by(retries.c.number.is_(None), retries.c.above.desc())
        .limit(1)
    )
    row = (await conn.execute(query)).mappings().one_or_none()
    return None if row is None else read_asker(row)


def columns_of(asker: Asker) -> dict[str, Any]:
    return {
        "user_id": asker.user_id,
        "guild_id": asker.guild_id,
        "channel_id": asker.channel_id,
        "counted": asker.counted,
        "reply_to": asker.reply_to,
        "parent_id": asker.parent_id,
    }


def read_asker(row: RowMapping) -> Asker:
    return Asker(
        row["user_id"],
        row["guild_id"],
        row["channel_id"],
        row["counted"],
        row["reply_to"],
        row["parent_id"],
    )


def _read(row: RowMapping) -> Retry:
    return Retry(
        row["id"],
        row["server"],
        read_asker(row),
        row["asked_at"],
        row["retried"],
        row["above"],
        row["number"],
    )
