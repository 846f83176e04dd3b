"""Which channel wants what."""

from sqlalchemy import ColumnElement, RowMapping, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.events import EventKind
from bot.domain.jobs import Job
from bot.domain.subscriptions import Preferences, Subscription
from bot.store.columns import insert_into
from bot.store.database import Database
from bot.store.preferences_json import wishes_of, words_of
from bot.store.schema import guilds, subscriptions


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
            "wishes": words_of(subscription.wishes),
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

    async def for_event(
        self, conn: AsyncConnection, kind: EventKind, server: str, job: Job | None = None
    ) -> list[int]:
        """The ids of the channels that want to hear of it, and of this job."""
        query = select(subscriptions).where(_listens(server)).order_by(subscriptions.c.channel_id)
        found = [_subscription(row) for row in (await conn.execute(query)).mappings() if kind in row["kinds"]]
        return [one.channel_id for one in found if job is None or one.wishes.match(job)]

    async def for_empty_queue(self, conn: AsyncConnection, server: str) -> list[int]:
        """The ids of the channels that want to hear when nothing is left to do: who hears of all pictures."""
        query = select(subscriptions).where(_listens(server)).order_by(subscriptions.c.channel_id)
        found = map(_subscription, (await conn.execute(query)).mappings())
        return [
            one.channel_id
            for one in found
            if EventKind.COMPLETED in one.kinds and one.wishes.queue_empty and not one.wishes.filtered
        ]

    async def for_server(self, conn: AsyncConnection, server: str) -> list[int]:
        """The ids of the channels that want to hear anything of it."""
        query = select(subscriptions.c.channel_id).where(_listens(server))
        return list(await conn.scalars(query.order_by(subscriptions.c.channel_id)))

    async def of(self, conn: AsyncConnection, channel_id: int) -> Subscription | None:
        """What this channel wants; None: nothing."""
        query = select(subscriptions).where(subscriptions.c.channel_id == channel_id)
        row = (await conn.execute(query)).mappings().one_or_none()
        return None if row is None else _subscription(row)

    async def one(self, channel_id: int) -> Subscription | None:
        """As `of`, outside a transaction."""
        async with self._database.reading() as conn:
            return await self.of(conn, channel_id)

    async def wishes(self, channel_id: int) -> Preferences:
        """The manner in which it is told; a channel that is told without a subscription has no wishes."""
        found = await self.one(channel_id)
        return Preferences() if found is None else found.wishes

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
    return Subscription(
        row["channel_id"], row["guild_id"], row["server"], row["kinds"], wishes_of(row["wishes"])
    )


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
