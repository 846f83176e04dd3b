"""Which channel wants what."""

from dataclasses import replace

from sqlalchemy import ColumnElement, RowMapping, Text, delete, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.events import EventKind, JobEvent
from bot.domain.guilds import Served
from bot.domain.jobs import Job
from bot.domain.subscriptions import Preferences, Subscription
from bot.store.columns import insert_into
from bot.store.database import Database
from bot.store.preferences_json import preferences_from_json, preferences_to_json
from bot.store.schema import subscriptions


class Subscriptions:
    """At most one subscription for each channel. Of a guild that is not `served` they are kept, and told
    nothing. Without it every guild is.
    """

    def __init__(self, database: Database, served: Served | None = None) -> None:
        self._database = database
        self._served = served

    async def subscribe(self, conn: AsyncConnection, subscription: Subscription) -> None:
        """In the place of the channel's subscription before."""
        values = {
            "guild_id": subscription.guild_id,
            "server": subscription.servers,
            "kinds": subscription.kinds,
            "preferences": preferences_to_json(subscription.preferences),
        }
        await conn.execute(
            insert_into(conn, subscriptions)
            .values(channel_id=subscription.channel_id, **values)
            .on_conflict_do_update(index_elements=[subscriptions.c.channel_id], set_=values)
        )

    async def unsubscribe(self, conn: AsyncConnection, channel_id: int) -> bool:
        """Whether there was a subscription to end."""
        gone = delete(subscriptions).where(subscriptions.c.channel_id == channel_id)
        return (await conn.execute(gone)).rowcount > 0

    async def drop_guild(self, conn: AsyncConnection, guild_id: int) -> list[int]:
        """End all of the guild's subscriptions; the ids of their channels."""
        mine = subscriptions.c.guild_id == guild_id
        query = select(subscriptions.c.channel_id).where(mine).order_by(subscriptions.c.channel_id)
        ended = list(await conn.scalars(query))
        await conn.execute(delete(subscriptions).where(mine))
        return ended

    async def for_event(
        self, conn: AsyncConnection, kind: EventKind, server: str, job: Job | None = None
    ) -> list[int]:
        """The ids of the channels that want to hear of it, and of this job."""
        return [
            one.channel_id
            for one in await self._listening(conn, server)
            if (kind in one.kinds if job is None else one.tells(kind, job))
        ]

    async def for_empty_queue(self, conn: AsyncConnection, server: str) -> list[int]:
        """The ids of the channels that want to hear when nothing is left to do: who hears of all pictures."""
        return [
            one.channel_id
            for one in await self._listening(conn, server)
            if EventKind.COMPLETED in one.kinds
            and one.preferences.queue_empty
            and not one.preferences.filtered
        ]

    async def for_server(self, conn: AsyncConnection, server: str) -> list[int]:
        """The ids of the channels that want to hear anything of it."""
        return [one.channel_id for one in await self._listening(conn, server)]

    async def _listening(self, conn: AsyncConnection, server: str) -> list[Subscription]:
        """Without those of guilds that are not served, and those whose filters can't be read."""
        named = type_coerce(subscriptions.c.server, Text).contains(server, autoescape=True)
        listens = or_(subscriptions.c.server.is_(None), named)
        query = select(subscriptions).where(listens).order_by(subscriptions.c.channel_id)
        found = map(_subscription, (await conn.execute(query)).mappings())
        heard = (one for one in found if one.servers is None or server in one.servers)
        return [one for one in heard if self._serves(one) and not one.preferences.unreadable]

    async def of(self, conn: AsyncConnection, channel_id: int) -> Subscription | None:
        """What this channel wants; None: nothing."""
        query = select(subscriptions).where(subscriptions.c.channel_id == channel_id)
        row = (await conn.execute(query)).mappings().one_or_none()
        return None if row is None else _subscription(row)

    async def one(self, channel_id: int) -> Subscription | None:
        """As `of`, outside a transaction."""
        async with self._database.reading() as conn:
            return await self.of(conn, channel_id)

    async def around(
        self, conn: AsyncConnection, channel_id: int, parent_id: int | None
    ) -> Subscription | None:
        """The channel's; of a thread without its own that of the channel around it."""
        found = await self.of(conn, channel_id)
        return found if found is not None or parent_id is None else await self.of(conn, parent_id)

    async def asked_in(self, conn: AsyncConnection, end: JobEvent) -> int | None:
        """The channel where a person asked for the job, if it has no subscription and may be told of its end.

        A thread without its own is told what the channel around it is.
        """
        asker = end.asker
        if asker is None or asker.linked or asker.channel_id is None or end.by == asker.user_id:
            return None
        if asker.guild_id is None or not self.serves(asker.guild_id):
            return None
        found = await self.around(conn, asker.channel_id, asker.parent_id)
        if found is None:
            return None if end.job.silent else asker.channel_id
        told = found.hears_of(end.job.server) and found.tells(end.kind, end.job)
        return asker.channel_id if told and found.channel_id != asker.channel_id else None

    async def preferences(self, channel_id: int, parent_id: int | None = None) -> Preferences:
        """How the channel is told; the defaults for one that is told without a subscription.

        A thread without its own is told as the channel around it (`parent_id`), but mentions nobody else.
        """
        async with self._database.reading() as conn:
            found = await self.around(conn, channel_id, parent_id)
        if found is None:
            return Preferences()
        return (
            found.preferences if found.channel_id == channel_id else replace(found.preferences, mention=None)
        )

    async def in_guild(self, guild_id: int) -> list[Subscription]:
        return await self._where(subscriptions.c.guild_id == guild_id)

    async def all(self) -> list[Subscription]:
        return await self._where()

    async def served(self) -> list[Subscription]:
        """Those of guilds that are served."""
        return [one for one in await self._where() if self._serves(one)]

    async def unserved(self) -> list[Subscription]:
        """Those that are kept, and told nothing."""
        return [one for one in await self._where() if not self._serves(one)]

    def serves(self, guild_id: int) -> bool:
        return self._served is None or self._served.serves(guild_id)

    def _serves(self, one: Subscription) -> bool:
        return self.serves(one.guild_id)

    async def _where(self, *conditions: ColumnElement[bool]) -> list[Subscription]:
        query = select(subscriptions).where(*conditions).order_by(subscriptions.c.channel_id)
        async with self._database.reading() as conn:
            return [_subscription(row) for row in (await conn.execute(query)).mappings()]


def _subscription(row: RowMapping) -> Subscription:
    preferences = preferences_from_json(row["preferences"])
    return Subscription(row["channel_id"], row["guild_id"], row["server"], row["kinds"], preferences)
