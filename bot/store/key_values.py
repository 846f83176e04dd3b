"""Small things to remember from one start to the next, such as the hash of the commands last synced."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.columns import insert_into
from bot.store.database import Database
from bot.store.schema import key_values


class KeyValues:
    """A value for each key. `check` writes and deletes the key `check`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str) -> str | None:
        async with self._database.reading() as conn:
            return await conn.scalar(select(key_values.c.value).where(key_values.c.key == key))

    async def set(self, conn: AsyncConnection, key: str, value: str) -> None:
        await conn.execute(
            insert_into(conn, key_values)
            .values(key=key, value=value)
            .on_conflict_do_update(index_elements=[key_values.c.key], set_={"value": value})
        )
