"""Small things to remember from one start to the next, such as the hash of the commands last synced."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.columns import insert_into
from bot.store.database import Database
from bot.store.schema import key_values


class OperationsByVersion:
    """What an InvokeAI newer than the bot once said that it can do."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._key_values = KeyValues(database)

    async def get(self, version: str) -> str | None:
        return await self._key_values.get(f"invokeai_operations:{version}")

    async def put(self, version: str, operations: str) -> None:
        await self._key_values.put(f"invokeai_operations:{version}", operations)


class KeyValues:
    """A value for each key. `check` writes and deletes the key `check`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str) -> str | None:
        async with self._database.reading() as conn:
            return await conn.scalar(select(key_values.c.value).where(key_values.c.key == key))

    async def starting_with(self, prefix: str) -> dict[str, str]:
        """Every key that begins so, with its value."""
        query = select(key_values.c.key, key_values.c.value).where(
            key_values.c.key.startswith(prefix, autoescape=True)
        )
        async with self._database.reading() as conn:
            return {row.key: row.value for row in await conn.execute(query)}

    async def put(self, key: str, value: str) -> None:
        """`set` in a transaction of its own."""
        async with self._database.transaction() as conn:
            await self.set(conn, key, value)

    async def set(self, conn: AsyncConnection, key: str, value: str) -> None:
        await conn.execute(
            insert_into(conn, key_values)
            .values(key=key, value=value)
            .on_conflict_do_update(index_elements=[key_values.c.key], set_={"value": value})
        )
