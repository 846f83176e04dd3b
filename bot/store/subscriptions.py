"""Which channel wants what."""

from sqlalchemy import ColumnElement, RowMapping, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.events import EventKind, Subscription
from bot.store.database import Database
from bot.store.insert import insert_into
from bot.store.schema import subscriptions


class Subscriptions:
    """At most one subscription for each channel."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def subscribe(self, conn: AsyncConnection, subscription: Subscription) -> None:
        """In the place of what the channel wanted before."""
        wish = {
            "guild_id": subscription.guild_id,
            "server": subscription.server,
            "kinds": subscription.kinds,
        }
        await conn.execute(
            insert_into(conn, subscriptions)
            .values(channel_id=subscription.channel_id, **wish)
            .on_conflict_do_update(index_elements=[subscriptions.c.channel_id], set_=wish)
        )

    async def unsubscribe(self, conn: AsyncConnection, channel_id: int) -> bool:
        """Whether there was a subscription to end."""
        gone = delete(subscriptions).where(subscriptions.c.channel_id == channel_id)
        return (await conn.execute(gone)).rowcount > 0

    async def for_event(self, conn: AsyncConnection, kind: EventKind, server: str) -> list[int]:
        """The ids of the channels that want to hear of it."""
        query = select(subscriptions).where(_listens(server)).order_by(subscriptions.c.channel_id)
        return [row["channel_id"] for row in (await conn.execute(query)).mappings() if kind in row["kinds"]]

    async def for_server(self, conn: AsyncConnection, server: str) -> list[int]:
        """The ids of the channels that want to hear anything of it."""
        query = select(subscriptions.c.channel_id).where(_listens(server))
        return list(await conn.scalars(query.order_by(subscriptions.c.channel_id)))

    async def in_guild(self, guild_id: int) -> list[Subscription]:
        return await self._where(subscriptions.c.guild_id == guild_id)

    async def all(self) -> list[Subscription]:
        return await self._where()

    async def _where(self, *conditions: ColumnElement[bool]) -> list[Subscription]:
        query = select(subscriptions).where(*conditions).order_by(subscriptions.c.channel_id)
        async with self._database.reading() as conn:
            return [_subscription(row) for row in (await conn.execute(query)).mappings()]


def _listens(server: str) -> ColumnElement[bool]:
    return or_(subscriptions.c.server.is_(None), subscriptions.c.server == server)


def _subscription(row: RowMapping) -> Subscription:
    return Subscription(row["channel_id"], row["guild_id"], row["server"], row["kinds"])
