"""The pauses that the bot holds, so that they outlive it and InvokeAI."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.queue import HeldPause
from bot.store.columns import insert_into
from bot.store.database import Database
from bot.store.schema import pauses


class HeldPauses:
    """At most one for each server."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, server: str) -> HeldPause | None:
        async with self._database.reading() as conn:
            found = await conn.execute(select(pauses).where(pauses.c.server == server))
            row = found.mappings().one_or_none()
            return None if row is None else HeldPause(**row)

    async def hold(self, conn: AsyncConnection, pause: HeldPause) -> None:
        """In the place of the server's pause before."""
        values = {
            "user_id": pause.user_id,
            "asked_at": pause.asked_at,
            "until": pause.until,
            "reason": pause.reason,
            "channel_id": pause.channel_id,
            "after_batch": pause.after_batch,
            "guild_id": pause.guild_id,
        }
        await conn.execute(
            insert_into(conn, pauses)
            .values(server=pause.server, **values)
            .on_conflict_do_update(index_elements=[pauses.c.server], set_=values)
        )

    async def end(self, conn: AsyncConnection, server: str) -> None:
        await conn.execute(delete(pauses).where(pauses.c.server == server))
