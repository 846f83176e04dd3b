"""The guilds that were adopted: only their members are answered."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.insert import insert_into
from bot.store.schema import guilds


class Guilds:
    """Adopted guilds, by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def adopt(self, conn: AsyncConnection, guild_id: int) -> None:
        """May be done twice."""
        await conn.execute(insert_into(conn, guilds).values(guild_id=guild_id).on_conflict_do_nothing())

    async def adopted(self) -> frozenset[int]:
        async with self._database.reading() as conn:
            return frozenset(await conn.scalars(select(guilds.c.guild_id)))
