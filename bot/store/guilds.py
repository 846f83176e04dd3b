"""The guilds that the owner adopted, and the channels that `DISCORD_CHANNEL_ID` has named."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.columns import insert_into
from bot.store.database import Database
from bot.store.key_values import KeyValues
from bot.store.schema import guilds

_FIRST = "first channel "


class Guilds:
    """Adopted guilds, by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def adopt(self, conn: AsyncConnection, guild_id: int) -> None:
        """May be done twice."""
        await conn.execute(insert_into(conn, guilds).values(guild_id=guild_id).on_conflict_do_nothing())

    async def drop(self, conn: AsyncConnection, guild_id: int) -> bool:
        """Whether it was adopted."""
        gone = delete(guilds).where(guilds.c.guild_id == guild_id)
        return (await conn.execute(gone)).rowcount > 0

    async def adopted(self) -> frozenset[int]:
        async with self._database.reading() as conn:
            return frozenset(await conn.scalars(select(guilds.c.guild_id)))


class FirstChannels:
    """Each channel that the setting has named was subscribed once; a later `/notify stop` lasts."""

    def __init__(self, database: Database) -> None:
        self._key_values = KeyValues(database)

    async def all(self) -> dict[int, int | None]:
        """Their ids, each with its guild's, as far as that was known."""
        found = await self._key_values.starting_with(_FIRST)
        return {
            int(key.removeprefix(_FIRST)): int(value) if value.isdecimal() else None
            for key, value in found.items()
        }

    async def remember(self, conn: AsyncConnection, channel_id: int, guild_id: int) -> None:
        await self._key_values.set(conn, f"{_FIRST}{channel_id}", str(guild_id))
