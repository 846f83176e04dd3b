"""Who waits for what, until it was told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.jobs import Job
from bot.domain.waits import MAX_WAITS, Wait
from bot.errors import RequestRefused
from bot.store.columns import insert_into
from bot.store.database import Database
from bot.store.people_tables import waits
from bot.store.schema import BATCH_SIZE

TOO_MANY = f"You wait for {MAX_WAITS} things already. Press 🔔 again on one of them to take it back."


class Waits:
    """DatabaseTrouble: nothing was written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def toggle(self, wait: Wait, now: datetime) -> bool:
        """Whether the person waits for it now: they did not before. RequestRefused for one too many."""
        async with self._database.transaction() as conn:
            if (await conn.execute(delete(waits).where(_same(wait)))).rowcount:
                return False
            mine = select(func.count()).select_from(waits).where(waits.c.user_id == wait.user_id)
            if (await conn.execute(mine)).scalar_one() >= MAX_WAITS:
                raise RequestRefused(TOO_MANY)
            values = {
                "server": wait.server,
                "user_id": wait.user_id,
                "guild_id": wait.guild_id,
                "channel_id": wait.channel_id,
                "parent_id": wait.parent_id,
                "number": wait.number,
                "created_at": wait.created_at,
                "batch_id": wait.batch_id,
                "asked_at": now,
            }
            await conn.execute(insert_into(conn, waits).values(values).on_conflict_do_nothing())
        return True

    async def forget(self, wait: Wait) -> bool:
        """Whether the person still waited for it."""
        async with self._database.transaction() as conn:
            return (await conn.execute(delete(waits).where(_same(wait)))).rowcount > 0


async def take_waits(conn: AsyncConnection, job: Job, *, batch_over: bool) -> Sequence[Wait]:
    """Those that the job's end ends, each once."""
    over = and_(waits.c.number == job.number, waits.c.created_at == job.created_at)
    if batch_over and job.batch_id:
        over = or_(over, waits.c.batch_id == job.batch_id)
    return await _taken(conn, waits.c.server == job.server, over)


async def take_all_waits(conn: AsyncConnection, server: str) -> Sequence[Wait]:
    """Those for anything of a server that has nothing more to do."""
    return await _taken(conn, waits.c.server == server)


async def any_waits(conn: AsyncConnection, server: str) -> bool:
    return await conn.scalar(select(waits.c.id).where(waits.c.server == server).limit(1)) is not None


async def drop_waits(conn: AsyncConnection, guild_id: int) -> None:
    """Those that somebody asked for in that guild."""
    await conn.execute(delete(waits).where(waits.c.guild_id == guild_id))


async def prune_waits(conn: AsyncConnection, before: datetime, most: int = BATCH_SIZE) -> int:
    """Drops up to `most` that were asked for before then; how many."""
    old = select(waits.c.id).where(waits.c.asked_at < before).limit(most)
    return (await conn.execute(delete(waits).where(waits.c.id.in_(old)))).rowcount


async def _taken(conn: AsyncConnection, *which: ColumnElement[bool]) -> Sequence[Wait]:
    rows = await conn.execute(delete(waits).where(*which).returning(waits))
    return [_read(row) for row in sorted(rows.mappings(), key=lambda row: row["id"])]


def _same(wait: Wait) -> ColumnElement[bool]:
    return and_(
        waits.c.server == wait.server,
        waits.c.user_id == wait.user_id,
        waits.c.number == wait.number,
        waits.c.batch_id == wait.batch_id,
    )


def _read(row: RowMapping) -> Wait:
    return Wait(
        row["server"],
        row["user_id"],
        row["guild_id"],
        row["channel_id"],
        row["parent_id"],
        row["number"],
        row["created_at"],
        row["batch_id"],
    )
